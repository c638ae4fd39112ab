"""Graphite-SiOx of the LG M50 cell: Chen et al., J. Electrochem. Soc. 167 (2020) 080534, as in PyBaMM's set
Chen2020."""

from .. import ARRHENIUS, ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, SumOfTerms
from .NMC811_Chen2020 import CHEN, OKANE

C_S_MAX = 33133.0
DENSITY = "crystal density of graphite; recalled, not re-read"
C6 = "C6 from atomic masses"

U = SumOfTerms(
    polynomial=(0.2482,),
    exponentials=((1.9793, -39.3631, 0.0),),
    steps=((-0.0909, 29.8538, 0.1234), (-0.04478, 14.9159, 0.2769), (-0.0205, 30.4444, 0.6103)),
)

material = ActiveMaterial(
    name="Graphite_Chen2020",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(3.3e-14, energy=30300.0),
    i0=ExchangeCurrent(6.48e-7, C_S_MAX, energy=35000.0),
    c_s_max=C_S_MAX,
    sigma=215.0,
    density=2260.0,
    molar_mass=0.07207,
    sto_window=(0.005, 0.9999),
    sto_0=0.0279,
    sto_100=0.9014,
    temperature=ARRHENIUS,
    sources={
        "U": CHEN + ", eq. 9",
        "D_s": f"{CHEN}; activation energy 30.3 kJ mol-1: {OKANE}",
        "i0": CHEN + "; activation energy 35 kJ mol-1",
        "c_s_max": CHEN,
        "sigma": CHEN,
        "density": DENSITY,
        "molar_mass": C6,
        "sto_0": CHEN,
        "sto_100": CHEN + " (29866 / 33133)",
    },
)
