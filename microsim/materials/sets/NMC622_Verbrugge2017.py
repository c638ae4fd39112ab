"""NMC622: equilibrium of Verbrugge et al. (2017); kinetics and diffusion as PyBaMM's MSMR_example_set assumes
them."""

from .. import ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, Sites

VERBRUGGE = (
    "Verbrugge et al., J. Electrochem. Soc. 164 (2017) E3243, table 1; PyBaMM parameter set MSMR_example_set"
)
ASSUMED = (
    "estimate: Verbrugge et al. (2017) give none; PyBaMM's MSMR_example_set puts the value of NMC811 (Chen et"
    " al. 2020) here"
)
C_S_MAX = 48490.0

U = Sites(
    potentials=(3.62274, 3.72645, 3.90575, 4.22955),
    shares=(0.13442, 0.32460, 0.21118, 0.32980),
    widths=(0.96710, 1.39712, 3.50500, 5.52757),
)

material = ActiveMaterial(
    name="NMC622_Verbrugge2017",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(4e-15),
    i0=ExchangeCurrent(10 / (C_S_MAX * 1000**0.5), C_S_MAX),
    c_s_max=C_S_MAX,
    sigma=0.18,
    density=4700.0,
    molar_mass=0.09693,
    sto_window=(0.15, 0.995),
    sto_0=0.95,
    sto_100=0.2,
    note="only U is measured; D_s, i0 and sigma stand in from NMC811",
    sources={
        "U": VERBRUGGE,
        "D_s": ASSUMED,
        "sigma": ASSUMED,
        "i0": ASSUMED + ": 5 A m-2 half lithiated at 1000 mol m-3",
        "c_s_max": "estimate: density over molar mass (from atomic masses), 4700 / 0.09693",
        "density": "estimate: crystal density of layered NMC, as in NMC532_Xu2019; recalled, not re-read",
        "molar_mass": "LiNi0.6Mn0.2Co0.2O2 from atomic masses",
        "sto_0": "set to 0.95: U is 3.59 V there",
        "sto_100": "set to 0.2: U is 4.18 V there",
    },
)
