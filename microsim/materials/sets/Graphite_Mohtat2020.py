"""Graphite of a graphite/NMC532 pouch cell with temperature: Mohtat et al. (2020), as in PyBaMM's set
Mohtat2020."""

from .. import ARRHENIUS, ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, SumOfTerms
from .Graphite_Chen2020 import C6, DENSITY
from .NMC532_Mohtat2020 import BALANCE, MOHTAT

C_S_MAX = 28746.0

U = SumOfTerms(
    polynomial=(0.063,),
    exponentials=((0.8, -75.0, -0.001),),
    steps=(
        (-0.012, 1 / 0.016, 0.127),
        (-0.0118, 1 / 0.016, 0.155),
        (-0.0035, 1 / 0.02, 0.22),
        (-0.0095, 1 / 0.013, 0.19),
        (-0.0145, 1 / 0.02, 0.49),
        (-0.08, 1 / 0.055, 1.03),
    ),
)

material = ActiveMaterial(
    name="Graphite_Mohtat2020",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(5e-15, energy=42770.0),
    i0=ExchangeCurrent(1.061e-6, C_S_MAX, energy=37480.0),
    c_s_max=C_S_MAX,
    sigma=100.0,
    density=2260.0,
    molar_mass=0.07207,
    sto_window=(0.0005, 0.9995),
    sto_0=0.0015,
    sto_100=0.8334,
    temperature=ARRHENIUS,
    sources={
        "U": MOHTAT,
        "D_s": MOHTAT + "; activation energy 42.77 kJ mol-1",
        "i0": MOHTAT + "; activation energy 37.48 kJ mol-1",
        "c_s_max": MOHTAT,
        "sigma": MOHTAT,
        "density": DENSITY,
        "molar_mass": C6,
        "sto_0": BALANCE,
        "sto_100": BALANCE,
    },
)
