"""LCO: fit of Dualfoil as in Marquis et al. (2019), PyBaMM's set Marquis2019."""

from .. import ARRHENIUS, ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent, SumOfTerms

MARQUIS = "Marquis et al., J. Electrochem. Soc. 166 (2019) A3693; PyBaMM parameter set Marquis2019"
STRETCH = 1.062  # the fit is of 1.062 times the lithiation
C_S_MAX = 51217.9257309275


def _step(a, b, c):
    """One term a tanh(b y + c) of the fit, y = 1.062 sto, in the form a tanh(b (sto - c))."""
    return a, b * STRETCH, -c / (b * STRETCH)


U = SumOfTerms(
    polynomial=(2.16216,),
    steps=(
        _step(0.07645, -54.4806, 30.834),
        _step(2.1581, -50.294, 52.294),
        _step(-0.14169, -19.8543, 11.0923),
        _step(0.2051, -5.4888, 1.4684),
        _step(0.2531, -1 / 0.1316, 0.56478 / 0.1316),
        _step(-0.02167, 1 / 0.006, -0.525 / 0.006),
    ),
)

material = ActiveMaterial(
    name="LCO_Marquis2019",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(1e-13, energy=18550.0),
    i0=ExchangeCurrent(6e-7, C_S_MAX, energy=39570.0),
    c_s_max=C_S_MAX,
    sigma=10.0,
    density=5050.0,
    molar_mass=0.09787,
    sto_window=(0.35, 0.975),
    sto_0=0.961,
    sto_100=0.5126,
    temperature=ARRHENIUS,
    sources={
        "U": (
            MARQUIS
            + ", after Dualfoil (1998): data of O. Garcia (2001) at 0.47 to 0.93 and of Doyle (1995) below"
            " 0.38"
        ),
        "D_s": MARQUIS + ", after Dualfoil (1998); activation energy 18.55 kJ mol-1",
        "i0": MARQUIS + ", after Dualfoil (1998); activation energy 39.57 kJ mol-1",
        "c_s_max": MARQUIS,
        "sigma": MARQUIS,
        "density": "crystal density of LiCoO2; recalled, not re-read",
        "molar_mass": "LiCoO2 from atomic masses",
        "sto_0": MARQUIS + ", balance of its electrodes at 3.105 V",
        "sto_100": MARQUIS + ", balance of its electrodes at 4.1 V",
    },
)
