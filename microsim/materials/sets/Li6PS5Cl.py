"""Li6PS5Cl (LPSCl, argyrodite): a solid electrolyte in which only lithium moves, t_plus = 1."""

import numpy as np

from ...base.constants import F, R
from .. import Electrolyte
from ..laws import T_REF

LI = "Li et al., J. Am. Chem. Soc. 145 (2023) 11701: 2.19e-3 S cm-1 at 25 C, cold-pressed"
KAPPA = 0.219


def kappa(c_e, T):
    """Ionic conductivity (S m-1) at 25 C."""
    return KAPPA + 0 * np.asarray(c_e, float)


def D_e(c_e, T):
    """Nernst-Einstein diffusivity R T kappa / (F^2 c_e) at 1000 mol m-3 (m2 s-1); without effect, nothing
    changes c_e."""
    return R * T_REF * KAPPA / (F**2 * 1000.0) + 0 * np.asarray(c_e, float)


material = Electrolyte(
    name="Li6PS5Cl",
    kappa=kappa,
    D_e=D_e,
    tdf=1.0,
    t_plus=1.0,
    c_e_0=1000.0,
    c_e_window=(100.0, 3000.0),
    note=(
        "c_e stands at 1000 mol m-3, the reference of the exchange currents, which were measured in liquid"
        " electrolytes; kappa holds at 25 C only"
    ),
    sources={
        "kappa": LI,
        "D_e": "Nernst-Einstein from kappa; set to something positive, it has no effect at t_plus = 1",
        "t_plus": "a single-ion conductor: only Li+ moves; set to 1",
        "tdf": "set to 1; has no effect at t_plus = 1",
    },
)
