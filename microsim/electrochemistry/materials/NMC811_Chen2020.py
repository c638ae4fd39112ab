"""NMC811 of the LG M50 cell: Chen et al., J. Electrochem. Soc. 167 (2020) 080534, as in PyBaMM's set Chen2020."""

import numpy as np

from ..constants import R
from . import ActiveMaterial

CHEN = "Chen et al., J. Electrochem. Soc. 167 (2020) 080534; PyBaMM parameter set Chen2020"
C_S_MAX = 63104.0
E_ACT = 17800.0


def U(sto):
    """Open-circuit potential (V), a fit of Chen et al. (2020) eq. 8."""
    return (-0.8090 * sto + 4.4875 - 0.0428 * np.tanh(18.5138 * (sto - 0.5542))
            - 17.7326 * np.tanh(15.7890 * (sto - 0.3117)) + 17.5842 * np.tanh(15.9308 * (sto - 0.3120)))


def dU(sto):
    """Slope dU/dsto (V)."""
    def bump(a, b, c):
        return a * b * (1 - np.tanh(b * (sto - c)) ** 2)
    return -0.8090 - bump(0.0428, 18.5138, 0.5542) - bump(17.7326, 15.7890, 0.3117) + bump(17.5842, 15.9308, 0.3120)


def D_s(sto, T):
    """Lithium diffusivity (m2 s-1), constant."""
    return 4e-15 + 0 * sto


def i0(c_e, sto, T):
    """Exchange current density (A m-2): 3.42e-6 exp(E/R (1/298.15 - 1/T)) c_e^1/2 c_s^1/2 (c_s_max - c_s)^1/2."""
    arrhenius = np.exp(E_ACT / R * (1 / 298.15 - 1 / T))
    return 3.42e-6 * arrhenius * C_S_MAX * np.sqrt(np.maximum(c_e, 0) * np.clip(sto * (1 - sto), 1e-8, None))


material = ActiveMaterial(
    name="NMC811_Chen2020", U=U, dU=dU, D_s=D_s, i0=i0, c_s_max=C_S_MAX, sigma=0.18, density=4800.0,
    molar_mass=0.09728, sto_window=(0.2, 0.9999), sto_0=0.9084, sto_100=0.27,
    sources={
        "U": CHEN, "D_s": CHEN, "i0": CHEN, "c_s_max": CHEN,
        "sigma": CHEN + "; given there for the electrode (Bruggeman exponent 0), used here for the particle",
        "density": "Sturm et al., J. Power Sources 412 (2019) 204: c_s_max times molar mass, 4800 kg m-3",
        "molar_mass": "LiNi0.8Mn0.1Co0.1O2 from atomic masses",
        "sto_0": CHEN, "sto_100": CHEN + " (17038 / 63104)",
    })
