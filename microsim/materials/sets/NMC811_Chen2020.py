"""NMC811 of the LG M50 cell: Chen et al., J. Electrochem. Soc. 167 (2020) 080534, as in PyBaMM's set
Chen2020."""

from .. import ARRHENIUS, ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, SumOfTerms

CHEN = "Chen et al., J. Electrochem. Soc. 167 (2020) 080534; PyBaMM parameter set Chen2020"
OKANE = "O'Kane et al., Phys. Chem. Chem. Phys. 24 (2022) 7909; PyBaMM parameter set OKane2022"
C_S_MAX = 63104.0

U = SumOfTerms(
    polynomial=(4.4875, -0.8090),
    steps=((-0.0428, 18.5138, 0.5542), (-17.7326, 15.7890, 0.3117), (17.5842, 15.9308, 0.3120)),
)

material = ActiveMaterial(
    name="NMC811_Chen2020",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(4e-15, energy=25000.0),
    i0=ExchangeCurrent(3.42e-6, C_S_MAX, energy=17800.0),
    c_s_max=C_S_MAX,
    sigma=0.18,
    density=4800.0,
    molar_mass=0.09728,
    sto_window=(0.2, 0.9999),
    sto_0=0.9084,
    sto_100=0.27,
    temperature=ARRHENIUS,
    sources={
        "U": CHEN + ", eq. 8; data from 0.25 to 1",
        "D_s": f"{CHEN}; activation energy 25 kJ mol-1: {OKANE}",
        "i0": CHEN + "; activation energy 17.8 kJ mol-1",
        "c_s_max": CHEN,
        "sigma": CHEN + "; given there for the electrode (Bruggeman exponent 0), used here for the particle",
        "density": "Sturm et al., J. Power Sources 412 (2019) 204: c_s_max times molar mass, 4800 kg m-3",
        "molar_mass": "LiNi0.8Mn0.1Co0.1O2 from atomic masses",
        "sto_0": CHEN,
        "sto_100": CHEN + " (17038 / 63104)",
    },
)
