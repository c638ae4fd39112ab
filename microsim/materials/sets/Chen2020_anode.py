"""Graphite-SiOx anode of the LG M50 cell as a homogenised porous electrode: Chen et al. (2020), PyBaMM's set
Chen2020."""

from .. import PorousElectrode
from .Graphite_Chen2020 import material as active
from .NMC811_Chen2020 import CHEN

material = PorousElectrode(
    name="Chen2020_anode",
    active=active,
    porosity=0.25,
    transport_efficiency=0.25**1.5,
    active_fraction=0.75,
    radius=5.86e-6,
    sigma=215.0,
    sources={
        "active": CHEN,
        "porosity": CHEN,
        "active_fraction": CHEN,
        "radius": CHEN,
        "sigma": CHEN + "; effective",
        "transport_efficiency": "Bruggeman exponent 1.5, as in PyBaMM's Chen2020; customary",
    },
)
