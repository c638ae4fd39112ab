"""LiPF6 in PC:EC:DMC 10:27:63 by volume: Valoen & Reimers, J. Electrochem. Soc. 152 (2005) A882, as in
PyBaMM's Xu2019."""

import numpy as np

from .. import Electrolyte

VALOEN = "Valoen & Reimers, J. Electrochem. Soc. 152 (2005) A882"


def kappa(c_e, T):
    """Ionic conductivity (S m-1), eq. 17; c in mol/l."""
    c = np.maximum(c_e, 0) / 1000
    root = (
        (-10.5 + 0.0740 * T - 6.96e-5 * T**2)
        + c * (0.668 - 0.0178 * T + 2.80e-5 * T**2)
        + c**2 * (0.494 - 8.86e-4 * T)
    )
    return 0.1 * c * root**2


def D_e(c_e, T):
    """Salt diffusivity (m2 s-1), eq. 14, with the logarithm to base 10; c in mol/l."""
    c = c_e / 1000
    return 1e-4 * 10 ** (-4.43 - 54 / (T - 229 - 5 * c) - 0.22 * c)


material = Electrolyte(
    name="LiPF6_PC_EC_DMC",
    kappa=kappa,
    D_e=D_e,
    tdf=1.0,
    t_plus=0.38,
    c_e_0=1000.0,
    c_e_window=(10.0, 3000.0),
    temperature="the paper's own functions of T",
    sources={
        "kappa": VALOEN + " eq. 17",
        "D_e": VALOEN + " eq. 14",
        "t_plus": VALOEN,
        "tdf": "set to 1 in PyBaMM's Xu2019; kept so that results compare",
    },
)
