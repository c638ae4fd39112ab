"""LiPF6 in EC:DMC: data of Capiglia et al. (1999), fit of Dualfoil, as in PyBaMM's set Marquis2019."""

import numpy as np

from .. import Electrolyte
from ..laws import arrhenius

CAPIGLIA = (
    "Capiglia et al., J. Power Sources 81 (1999) 859, fit of Dualfoil; PyBaMM parameter set Marquis2019"
)


def kappa(c_e, T):
    """Ionic conductivity (S m-1): 0.0911 + 1.9101 c - 1.052 c^2 + 0.1554 c^3, c in mol/l; proportional to c
    below 0.1."""
    c = np.maximum(c_e, 0) / 1000
    fit = 0.0911 + 1.9101 * c - 1.052 * c**2 + 0.1554 * (c * c * c)
    dilute = c / 0.1 * 0.2717454  # the fit's value at 0.1
    return np.where(c < 0.1, dilute, fit) * arrhenius(34700.0, T)


def D_e(c_e, T):
    """Salt diffusivity (m2 s-1): 5.34e-10 exp(-0.65 c), c in mol/l."""
    return 5.34e-10 * np.exp(-0.65 * c_e / 1000) * arrhenius(37040.0, T)


material = Electrolyte(
    name="LiPF6_EC_DMC_Capiglia1999",
    kappa=kappa,
    D_e=D_e,
    tdf=1.0,
    t_plus=0.4,
    c_e_0=1000.0,
    c_e_window=(100.0, 2000.0),
    temperature="Arrhenius factors of kappa and D_e; their range is not stated",
    sources={
        "kappa": (
            CAPIGLIA
            + "; activation energy 34.7 kJ mol-1; below 100 mol m-3 proportional to c_e (the fit does not "
            "vanish at 0)"
        ),
        "D_e": CAPIGLIA + "; activation energy 37.04 kJ mol-1",
        "t_plus": CAPIGLIA,
        "tdf": "set to 1 in PyBaMM's Marquis2019; kept so that results compare",
    },
)
