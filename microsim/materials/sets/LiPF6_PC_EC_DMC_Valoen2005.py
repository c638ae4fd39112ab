"""LiPF6 in PC:EC:DMC 10:27:63 by volume with its own thermodynamic factor: Valoen & Reimers (2005)."""

import numpy as np

from .. import Electrolyte
from .LiPF6_PC_EC_DMC import VALOEN, D_e, kappa

T_PLUS = 0.38


def tdf(c_e, T):
    """Thermodynamic factor: (0.601 - 0.24 c^1/2 + 0.982 (1 - 0.0052 (T - 294)) c^3/2) / (1 - t_plus), c in
    mol/l."""
    root = np.sqrt(np.maximum(c_e, 0) / 1000)
    return (0.601 - 0.24 * root + 0.982 * (1 - 0.0052 * (T - 294.0)) * (root * root * root)) / (1 - T_PLUS)


material = Electrolyte(
    name="LiPF6_PC_EC_DMC_Valoen2005",
    kappa=kappa,
    D_e=D_e,
    tdf=tdf,
    t_plus=T_PLUS,
    c_e_0=1000.0,
    c_e_window=(10.0, 3000.0),
    temperature="the paper's own functions of T",
    sources={
        "kappa": VALOEN + " eq. 17",
        "D_e": VALOEN + " eq. 14",
        "t_plus": VALOEN,
        "tdf": VALOEN + "; as in PyBaMM parameter set Ai2020, which counts T from 298.15 K",
    },
)
