"""NMC811 of the LG M50 cell with D_s over lithiation: O'Regan et al. (2022), as in PyBaMM's set
ORegan2022."""

import numpy as np

from ...base.constants import R
from .. import ARRHENIUS, ActiveMaterial
from ..laws import SkewedExchangeCurrent, arrhenius
from .NMC811_Chen2020 import CHEN, U

OREGAN = "O'Regan et al., Electrochim. Acta 425 (2022) 140700; PyBaMM parameter set ORegan2022"
DIPS = ((-0.9231, 0.3216, 0.002534), (-0.4066, 0.4532, 0.003926), (-0.993, 0.8098, 0.09924))


def D_s(sto, T):
    """Lithium diffusivity (m2 s-1): 2.7 10^(-13.96 + sum a exp(-(sto - b)^2 / c)), activation temperature
    1449 K."""
    exponent = -13.96 + sum(a * np.exp(-((sto - b) ** 2) / c) for a, b, c in DIPS)
    return 2.7 * 10**exponent * arrhenius(1449 * R, T)


material = ActiveMaterial(
    name="NMC811_ORegan2022",
    U=U,
    dU=U.slope,
    D_s=D_s,
    i0=SkewedExchangeCurrent(5.028, 0.43, energy=24010.0),
    c_s_max=51765.0,
    sigma=0.8473,
    density=4800.0,
    molar_mass=0.09728,
    sto_window=(0.2, 0.9999),
    sto_0=0.9084,
    sto_100=0.26997,
    temperature=ARRHENIUS,
    sources={
        "U": CHEN + ", eq. 8; used by O'Regan et al. (2022) too",
        "D_s": OREGAN + "; GITT",
        "i0": OREGAN + "; symmetric transfer, exponents 0.43 and 0.57",
        "c_s_max": OREGAN,
        "sigma": (
            OREGAN
            + "; effective, of the electrode at 25 C (its activation energy of 3.5 kJ mol-1 is left out)"
        ),
        "density": "Sturm et al., J. Power Sources 412 (2019) 204: 4800 kg m-3",
        "molar_mass": "LiNi0.8Mn0.1Co0.1O2 from atomic masses",
        "sto_0": CHEN,
        "sto_100": OREGAN + " (13975 / 51765)",
    },
)
