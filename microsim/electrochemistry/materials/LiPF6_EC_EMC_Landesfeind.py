"""LiPF6 in EC:EMC 3:7 by weight, all four properties over c_e and T: Landesfeind & Gasteiger (2019), as in ORegan2022."""

import numpy as np

from . import Electrolyte

SOURCE = "Landesfeind & Gasteiger, J. Electrochem. Soc. 166 (2019) A3079; PyBaMM parameter set ORegan2022"


def kappa(c_e, T):
    """Ionic conductivity (S m-1), c in mol/l."""
    p, c = (0.521, 228.0, -1.06, 0.353, -0.00359, 0.00148), np.maximum(c_e, 0) / 1000
    e = np.exp(1000 / T)
    return 0.1 * p[0] * (1 + (T - p[1])) * c * (1 + p[2] * np.sqrt(c) + p[3] * (1 + p[4] * e) * c) / (1 + c**4 * p[5] * e)


def D_e(c_e, T):
    """Salt diffusivity (m2 s-1), c in mol/l."""
    c = c_e / 1000
    return 1010.0e-10 * np.exp(1.01 * c) * np.exp(-1560.0 / T) * np.exp(-487.0 * c / T)


def _polynomial(p, c_e, T):
    c = c_e / 1000
    return (p[0] + p[1] * c + p[2] * T + p[3] * c**2 + p[4] * c * T + p[5] * T**2 + p[6] * c**3 + p[7] * c**2 * T
            + p[8] * c * T**2)


def t_plus(c_e, T):
    """Transference number of lithium."""
    return _polynomial((-12.8, -6.12, 0.0821, 0.904, 0.0318, -0.000127, 0.0175, -0.00312, -3.96e-05), c_e, T)


def tdf(c_e, T):
    """Thermodynamic factor 1 + dln f/dln c."""
    return _polynomial((25.7, -45.1, -0.177, 1.94, 0.295, 0.000308, 0.259, -0.00946, -0.000454), c_e, T)


material = Electrolyte(
    name="LiPF6_EC_EMC_Landesfeind", kappa=kappa, D_e=D_e, tdf=tdf, t_plus=t_plus, c_e_0=1000.0,
    c_e_window=(100.0, 3000.0), sources={"kappa": SOURCE, "D_e": SOURCE, "t_plus": SOURCE, "tdf": SOURCE})
