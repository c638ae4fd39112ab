"""LiPF6 in EC:DMC 1:1 by weight, all four properties over c_e and T: Landesfeind & Gasteiger (2019)."""

from .. import Electrolyte
from ..laws import landesfeind
from .LiPF6_EC_EMC_Landesfeind import MEASURED

SOURCE = (
    "Landesfeind & Gasteiger, J. Electrochem. Soc. 166 (2019) A3079; PyBaMM before 2022, set"
    " EC_DMC_1_1_Landesfeind2019"
)

kappa, D_e, t_plus, tdf = landesfeind(
    kappa=(0.798, 228.0, -1.22, 0.509, -0.004, 0.00379),
    D_e=(1470.0, 1.33, -1690.0, -563.0),
    t_plus=(-7.91, 0.245, 0.0528, 0.698, -0.0108, -8.21e-5, 7.43e-4, -0.00222, 3.07e-5),
    tdf=(-5.58, 7.17, 0.038, 1.91, -0.0665, -5.08e-5, 0.11, -0.0061, 1.51e-4),
)

material = Electrolyte(
    name="LiPF6_EC_DMC_Landesfeind",
    kappa=kappa,
    D_e=D_e,
    tdf=tdf,
    t_plus=t_plus,
    c_e_0=1000.0,
    c_e_window=(100.0, 3000.0),
    temperature=MEASURED,
    sources={"kappa": SOURCE, "D_e": SOURCE, "t_plus": SOURCE, "tdf": SOURCE},
)
