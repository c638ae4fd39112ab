"""LiPF6 in EC:EMC 3:7 by weight, all four properties over c_e and T: Landesfeind & Gasteiger (2019), as in
ORegan2022."""

from .. import Electrolyte
from ..laws import landesfeind

SOURCE = "Landesfeind & Gasteiger, J. Electrochem. Soc. 166 (2019) A3079; PyBaMM parameter set ORegan2022"
MEASURED = "the paper's own functions of T; measured from -10 to 50 C (recalled, not re-read)"

kappa, D_e, t_plus, tdf = landesfeind(
    kappa=(0.521, 228.0, -1.06, 0.353, -0.00359, 0.00148),
    D_e=(1010.0, 1.01, -1560.0, -487.0),
    t_plus=(-12.8, -6.12, 0.0821, 0.904, 0.0318, -0.000127, 0.0175, -0.00312, -3.96e-05),
    tdf=(25.7, -45.1, -0.177, 1.94, 0.295, 0.000308, 0.259, -0.00946, -0.000454),
)

material = Electrolyte(
    name="LiPF6_EC_EMC_Landesfeind",
    kappa=kappa,
    D_e=D_e,
    tdf=tdf,
    t_plus=t_plus,
    c_e_0=1000.0,
    c_e_window=(100.0, 3000.0),
    temperature=MEASURED,
    sources={"kappa": SOURCE, "D_e": SOURCE, "t_plus": SOURCE, "tdf": SOURCE},
)
