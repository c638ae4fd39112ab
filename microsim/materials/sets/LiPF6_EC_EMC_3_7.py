"""1 M LiPF6 in EC:EMC 3:7 by weight: Nyman et al., Electrochim. Acta 53 (2008) 6356, as in PyBaMM's set
Chen2020."""

import numpy as np

from .. import Electrolyte
from ..laws import arrhenius

NYMAN = "Nyman, Behm, Lindbergh, Electrochim. Acta 53 (2008) 6356; PyBaMM parameter set Chen2020"
ENERGY = 17100.0  # J mol-1
FACTOR = (
    f"{NYMAN}; activation energy 17.1 kJ mol-1: Ecker et al. (2015), as in the BPX examples of About:Energy"
    " (2022)"
)


def kappa(c_e, T):
    """Ionic conductivity (S m-1): 0.1297 c^3 - 2.51 c^1.5 + 3.329 c at 298.15 K, c in mol/l."""
    c = np.maximum(c_e, 0) / 1000
    # c**3 takes twenty times as long as products
    return (0.1297 * (c * c * c) - 2.51 * c * np.sqrt(c) + 3.329 * c) * arrhenius(ENERGY, T)


def D_e(c_e, T):
    """Salt diffusivity (m2 s-1): 8.794e-11 c^2 - 3.972e-10 c + 4.862e-10 at 298.15 K, c in mol/l."""
    c = c_e / 1000
    return (8.794e-11 * c**2 - 3.972e-10 * c + 4.862e-10) * arrhenius(ENERGY, T)


material = Electrolyte(
    name="LiPF6_EC_EMC_3_7",
    kappa=kappa,
    D_e=D_e,
    tdf=1.0,
    t_plus=0.2594,
    c_e_0=1000.0,
    c_e_window=(10.0, 2200.0),
    temperature="Arrhenius factors of kappa and D_e; their range is not stated",
    sources={
        "kappa": FACTOR,
        "D_e": FACTOR,
        "t_plus": NYMAN,
        "tdf": "set to 1 in PyBaMM's Chen2020; kept so that results compare",
    },
)
