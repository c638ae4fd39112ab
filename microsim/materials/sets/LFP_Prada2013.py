"""LFP as a solid solution: Prada et al. (2013) with the OCP of Afshar et al. (2017), as in PyBaMM's set
Prada2013."""

from .. import ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, SumOfTerms

PRADA = "Prada et al., J. Electrochem. Soc. 160 (2013) A616; PyBaMM parameter set Prada2013"
AFSHAR = "Afshar et al., arXiv:1709.03970 (2017); PyBaMM parameter set Prada2013"
KASHKOOLI = "Kashkooli et al. (2017), as in PyBaMM parameter set Prada2013; activation energy 39.57 kJ mol-1"
C_S_MAX = 22806.0

U = SumOfTerms(polynomial=(3.4077, -0.020269), exponentials=((0.5, -150.0, 0.0), (-0.9, 30.0, 1.0)))

material = ActiveMaterial(
    name="LFP_Prada2013",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(5.9e-18),
    i0=ExchangeCurrent(6e-7, C_S_MAX, energy=39570.0),
    c_s_max=C_S_MAX,
    sigma=0.33795074,
    density=3600.0,
    molar_mass=0.15776,
    sto_window=(0.0005, 0.9995),
    sto_0=0.95,
    sto_100=0.0038,
    temperature="Arrhenius factor of i0; its range is not stated",
    note=(
        "a solid solution: LFP separates into a lithium-rich and a lithium-poor phase, which this set does"
        " not resolve; voltage curves are sound, lithiation maps inside particles and between them are not"
    ),
    sources={
        "U": AFSHAR,
        "D_s": PRADA + "; for particles of 50 nm radius",
        "i0": KASHKOOLI,
        "c_s_max": PRADA,
        "sigma": PRADA,
        "density": "crystal density of LiFePO4; recalled, not re-read",
        "molar_mass": "LiFePO4 from atomic masses",
        "sto_0": "set to 0.95: U is 3.19 V there",
        "sto_100": PRADA + ", its initial state (0.0038)",
    },
)
