"""NMC532 half cell of Xu et al., J. Electrochem. Soc. 166 (2019) A3456, as in PyBaMM's set Xu2019 (OCP: Mohtat 2020)."""

import numpy as np

from ..constants import F
from . import ActiveMaterial

XU = "Xu et al., J. Electrochem. Soc. 166 (2019) A3456; PyBaMM parameter set Xu2019"
MOHTAT = "Mohtat et al., J. Electrochem. Soc. 167 (2020) 110561, as in PyBaMM parameter set Xu2019"
C_S_MAX = 48230.0


def U(sto):
    """Open-circuit potential (V): a polynomial and an exponential end; a steep end, 3 V at 0.9974."""
    return (4.3452 - 1.6518 * sto + 1.6225 * sto**2 - 2.0843 * sto**3 + 3.5146 * sto**4 - 2.2166 * sto**5
            - 0.5623e-4 * np.exp(109.451 * sto - 100.006))


def dU(sto):
    """Slope dU/dsto (V)."""
    return (-1.6518 + 2 * 1.6225 * sto - 3 * 2.0843 * sto**2 + 4 * 3.5146 * sto**3 - 5 * 2.2166 * sto**4
            - 0.5623e-4 * 109.451 * np.exp(109.451 * sto - 100.006))


def D_s(sto, T):
    """Lithium diffusivity (m2 s-1), constant."""
    return 1e-14 + 0 * sto


def i0(c_e, sto, T):
    """Exchange current density (A m-2): 5.76e-11 F c_e^1/2 c_s^1/2 (c_s_max - c_s)^1/2."""
    return 5.76e-11 * F * C_S_MAX * np.sqrt(np.maximum(c_e, 0) * np.clip(sto * (1 - sto), 1e-8, None))


material = ActiveMaterial(
    name="NMC532_Xu2019", U=U, dU=dU, D_s=D_s, i0=i0, c_s_max=C_S_MAX, sigma=100.0, density=4700.0,
    molar_mass=0.09655, sto_window=(0.0, 0.9974), sto_0=0.978, sto_100=0.096,
    sources={
        "U": MOHTAT, "D_s": XU, "i0": XU, "c_s_max": XU, "sigma": XU,
        "density": "about c_s_max times molar mass (4657); crystal density of NMC532, recalled, not re-read",
        "molar_mass": "LiNi0.5Mn0.3Co0.2O2 from atomic masses",
        "sto_0": MOHTAT + "; where U meets 3.5 V", "sto_100": XU + " (4631 / 48230)",
    })
