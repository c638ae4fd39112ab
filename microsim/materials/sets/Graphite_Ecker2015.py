"""Graphite of a Kokam SLPB 75106100 cell with measured D_s: Ecker et al. (2015), as in PyBaMM's set
Ecker2015."""

import numpy as np

from ...base.constants import F
from .. import ARRHENIUS, ActiveMaterial
from ..laws import ExchangeCurrent, SumOfTerms, arrhenius
from .Graphite_Chen2020 import C6, DENSITY

ECKER = "Ecker et al., J. Electrochem. Soc. 162 (2015) A1836; PyBaMM parameter set Ecker2015"
FIT = ECKER + "; fit by O'Kane in Richardson et al., Electrochim. Acta 339 (2020) 135862"
C_S_MAX = 31920.0

U = SumOfTerms(
    polynomial=(0.140031,),
    exponentials=((0.716502, -369.028, 0.0), (0.12193, -35.6478, 0.0530947), (-0.931153, 36.328, 1.10743)),
    steps=((-0.0189193, 21.1967, 0.196176), (-0.0169644, 27.1365, 0.312832), (-0.0199313, 28.5697, 0.614221)),
)


def D_s(sto, T):
    """Lithium diffusivity (m2 s-1): 8.4e-13 exp(-11.3 sto) + 8.2e-15 at 296 K."""
    return (8.4e-13 * np.exp(-11.3 * sto) + 8.2e-15) * arrhenius(30300.0, T, 296.0)


material = ActiveMaterial(
    name="Graphite_Ecker2015",
    U=U,
    dU=U.slope,
    D_s=D_s,
    i0=ExchangeCurrent(1.11e-10 * F, C_S_MAX, energy=53400.0, reference=296.15),
    c_s_max=C_S_MAX,
    sigma=14.0,
    density=2260.0,
    molar_mass=0.07207,
    sto_window=(0.0015, 0.9999),
    sto_0=0.00355,
    sto_100=0.8484,
    temperature=ARRHENIUS,
    sources={
        "U": FIT,
        "D_s": FIT + "; measured from 0.04 to 1; activation energy 30.3 kJ mol-1",
        "i0": FIT + "; activation energy 53.4 kJ mol-1",
        "c_s_max": ECKER,
        "sigma": ECKER + "; effective, of the electrode",
        "density": DENSITY,
        "molar_mass": C6,
        "sto_0": ECKER + ", balance of its electrodes at 2.5 V",
        "sto_100": ECKER + ", balance of its electrodes at 4.2 V",
    },
)
