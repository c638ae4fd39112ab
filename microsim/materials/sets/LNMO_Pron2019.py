"""LNMO (LiNi0.5Mn1.5O4 spinel): OCP of Pron et al. (2019), the rest of Schmitt et al. (2026) and BattMo."""

from ...base.constants import F
from .. import ARRHENIUS, ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, Sites

PRON = (
    "Pron et al., J. Electrochem. Soc. 166 (2019) A2255, as tabulated in BattMo; fitted here by five kinds of"
    " sites, 4 mV rms from 0.02 to 0.99, up to 23 mV in the step at 0.93"
)
SCHMITT = "Schmitt et al., arXiv:2601.10507 (2026), model of a graphite/LNMO pouch cell"
C_S_MAX = 23761.0

U = Sites(
    potentials=(4.78326, 4.75760, 4.74143, 4.65432, 4.10602),
    shares=(0.31044, 0.25177, 0.27957, 0.07887, 0.07935),
    widths=(0.21082, 1.21073, 0.21484, 3.81253, 2.68277),
)

material = ActiveMaterial(
    name="LNMO_Pron2019",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(2.82e-14, energy=5630.0),
    i0=ExchangeCurrent(2.33e-11 * F, C_S_MAX, energy=5000.0),
    c_s_max=C_S_MAX,
    sigma=18.0,
    density=4200.0,
    molar_mass=0.18269,
    sto_window=(0.019, 0.99),
    sto_0=0.98,
    sto_100=0.02,
    temperature=ARRHENIUS,
    note="lithium above 1 per formula (below 4 V) is left out",
    sources={
        "U": PRON,
        "D_s": SCHMITT + ", fitted at 2C; activation energy 5.63 kJ mol-1",
        "c_s_max": SCHMITT,
        "i0": (
            "BattMo's set LNMO_Pron (2019): rate constant 2.33e-11 m2.5 mol-0.5 s-1, activation energy 5 kJ"
            " mol-1"
        ),
        "sigma": SCHMITT + "; of the coating, used here for the particle",
        "density": SCHMITT,
        "molar_mass": "LiNi0.5Mn1.5O4 from atomic masses",
        "sto_0": "set to 0.98: U is 4.0 V there",
        "sto_100": "set to 0.02: U is 4.86 V there",
    },
)
