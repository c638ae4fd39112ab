"""NMC532 cathode of Xu et al. (2019) as a homogenised porous electrode, as in PyBaMM's set Xu2019."""

from .. import PorousElectrode
from .NMC532_Xu2019 import XU
from .NMC532_Xu2019 import material as active

material = PorousElectrode(
    name="Xu2019_cathode",
    active=active,
    porosity=0.331,
    transport_efficiency=0.331**1.5,
    active_fraction=0.518,
    radius=5.3e-6,
    sigma=100.0 * (1 - 0.331) ** 1.5,
    sources={
        "active": XU,
        "porosity": XU,
        "active_fraction": XU,
        "radius": XU,
        "sigma": XU + "; 100 S m-1 times (1 - porosity)^1.5, as PyBaMM takes it",
        "transport_efficiency": "Bruggeman exponent 1.5, as in PyBaMM's Xu2019; customary",
    },
)
