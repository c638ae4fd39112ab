"""Cathode of the LG M50 cell as a homogenised porous electrode: Chen et al. (2020), as in PyBaMM's set
Chen2020."""

from .. import PorousElectrode
from .NMC811_Chen2020 import CHEN
from .NMC811_Chen2020 import material as active

material = PorousElectrode(
    name="Chen2020_cathode",
    active=active,
    porosity=0.335,
    transport_efficiency=0.335**1.5,
    active_fraction=0.665,
    radius=5.22e-6,
    sigma=0.18,
    sources={
        "active": CHEN,
        "porosity": CHEN,
        "active_fraction": CHEN,
        "radius": CHEN,
        "sigma": CHEN + "; effective",
        "transport_efficiency": "Bruggeman exponent 1.5, as in PyBaMM's Chen2020; customary",
    },
)
