"""1 M LiPF6 in EC:EMC 3:7 by weight: Nyman et al., Electrochim. Acta 53 (2008) 6356, as in PyBaMM's set Chen2020."""

import numpy as np

from . import Electrolyte

NYMAN = "Nyman, Behm, Lindbergh, Electrochim. Acta 53 (2008) 6356; PyBaMM parameter set Chen2020"


def kappa(c_e, T):
    """Ionic conductivity (S m-1) at 298.15 K: 0.1297 c^3 - 2.51 c^1.5 + 3.329 c, c in mol/l."""
    c = np.maximum(c_e, 0) / 1000
    return 0.1297 * c**3 - 2.51 * c * np.sqrt(c) + 3.329 * c


def D_e(c_e, T):
    """Salt diffusivity (m2 s-1) at 298.15 K: 8.794e-11 c^2 - 3.972e-10 c + 4.862e-10, c in mol/l."""
    c = c_e / 1000
    return 8.794e-11 * c**2 - 3.972e-10 * c + 4.862e-10


material = Electrolyte(
    name="LiPF6_EC_EMC_3_7", kappa=kappa, D_e=D_e, tdf=1.0, t_plus=0.2594, c_e_0=1000.0, c_e_window=(10.0, 2200.0),
    sources={"kappa": NYMAN, "D_e": NYMAN, "t_plus": NYMAN,
             "tdf": "set to 1 in PyBaMM's Chen2020; kept so that results compare"})
