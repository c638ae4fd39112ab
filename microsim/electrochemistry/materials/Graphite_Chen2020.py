"""Graphite-SiOx of the LG M50 cell: Chen et al., J. Electrochem. Soc. 167 (2020) 080534, as in PyBaMM's set Chen2020."""

import numpy as np

from ..constants import R
from . import ActiveMaterial
from .NMC811_Chen2020 import CHEN

C_S_MAX = 33133.0
E_ACT = 35000.0


def U(sto):
    """Open-circuit potential (V), a fit of Chen et al. (2020) eq. 9."""
    return (1.9793 * np.exp(-39.3631 * sto) + 0.2482 - 0.0909 * np.tanh(29.8538 * (sto - 0.1234))
            - 0.04478 * np.tanh(14.9159 * (sto - 0.2769)) - 0.0205 * np.tanh(30.4444 * (sto - 0.6103)))


def dU(sto):
    """Slope dU/dsto (V)."""
    def bump(a, b, c):
        return a * b * (1 - np.tanh(b * (sto - c)) ** 2)
    return (-1.9793 * 39.3631 * np.exp(-39.3631 * sto) - bump(0.0909, 29.8538, 0.1234)
            - bump(0.04478, 14.9159, 0.2769) - bump(0.0205, 30.4444, 0.6103))


def D_s(sto, T):
    """Lithium diffusivity (m2 s-1), constant."""
    return 3.3e-14 + 0 * sto


def i0(c_e, sto, T):
    """Exchange current density (A m-2): 6.48e-7 exp(E/R (1/298.15 - 1/T)) c_e^1/2 c_s^1/2 (c_s_max - c_s)^1/2."""
    arrhenius = np.exp(E_ACT / R * (1 / 298.15 - 1 / T))
    return 6.48e-7 * arrhenius * C_S_MAX * np.sqrt(np.maximum(c_e, 0) * np.clip(sto * (1 - sto), 1e-8, None))


material = ActiveMaterial(
    name="Graphite_Chen2020", U=U, dU=dU, D_s=D_s, i0=i0, c_s_max=C_S_MAX, sigma=215.0, density=2260.0,
    molar_mass=0.07207, sto_window=(0.005, 0.9999), sto_0=0.0279, sto_100=0.9014,
    sources={
        "U": CHEN, "D_s": CHEN, "i0": CHEN, "c_s_max": CHEN, "sigma": CHEN,
        "density": "crystal density of graphite; recalled, not re-read", "molar_mass": "C6 from atomic masses",
        "sto_0": CHEN, "sto_100": CHEN + " (29866 / 33133)",
    })
