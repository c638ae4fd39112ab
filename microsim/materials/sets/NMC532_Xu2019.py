"""NMC532 half cell of Xu et al., J. Electrochem. Soc. 166 (2019) A3456, as in PyBaMM's set Xu2019 (OCP:
Mohtat 2020)."""

from ...base.constants import F
from .. import ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, SumOfTerms

XU = "Xu et al., J. Electrochem. Soc. 166 (2019) A3456; PyBaMM parameter set Xu2019"
MOHTAT = "Mohtat et al., J. Electrochem. Soc. 167 (2020) 110561, as in PyBaMM parameter set Xu2019"
CRYSTAL = "about c_s_max times molar mass (4657); crystal density of NMC532, recalled, not re-read"
LINIMNCO = "LiNi0.5Mn0.3Co0.2O2 from atomic masses"
C_S_MAX = 48230.0

# a steep end, 3 V at 0.9974
U = SumOfTerms(
    polynomial=(4.3452, -1.6518, 1.6225, -2.0843, 3.5146, -2.2166),
    exponentials=((-0.5623e-4, 109.451, 100.006 / 109.451),),
)

material = ActiveMaterial(
    name="NMC532_Xu2019",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(1e-14),
    i0=ExchangeCurrent(5.76e-11 * F, C_S_MAX),
    c_s_max=C_S_MAX,
    sigma=100.0,
    density=4700.0,
    molar_mass=0.09655,
    sto_window=(0.0, 0.9974),
    sto_0=0.978,
    sto_100=0.096,
    sources={
        "U": MOHTAT,
        "D_s": XU,
        "i0": XU,
        "c_s_max": XU,
        "sigma": XU,
        "density": CRYSTAL,
        "molar_mass": LINIMNCO,
        "sto_0": MOHTAT + "; where U meets 3.5 V",
        "sto_100": XU + " (4631 / 48230)",
    },
)
