"""Lithium metal counter electrode, as in PyBaMM's parameter set Xu2019."""

from ...base.constants import F
from .. import LithiumMetal

C_LI = 76923.07692307692  # mol m-3, 1 / partial molar volume


def i0(c_e, T):
    """Exchange current density (A m-2): 3.5e-8 F c_Li^0.7 c_e^0.3; 70.6 at 1000 mol m-3."""
    return 3.5e-8 * F * C_LI**0.7 * c_e**0.3


material = LithiumMetal(
    name="lithium",
    i0=i0,
    sources={"i0": "Xu et al., J. Electrochem. Soc. 166 (2019) A3456; PyBaMM parameter set Xu2019"},
)
