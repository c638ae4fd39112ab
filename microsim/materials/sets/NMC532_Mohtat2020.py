"""NMC532 of a graphite/NMC532 pouch cell with temperature: Mohtat et al. (2020), as in PyBaMM's set
Mohtat2020."""

from .. import ARRHENIUS, ActiveMaterial
from ..laws import Diffusivity, ExchangeCurrent
from .NMC532_Xu2019 import LINIMNCO, U

MOHTAT = "Mohtat et al., J. Electrochem. Soc. 167 (2020) 110561; PyBaMM parameter set Mohtat2020"
BALANCE = MOHTAT + ", balance of its electrodes at 2.8 and 4.2 V"
C_S_MAX = 35380.0

material = ActiveMaterial(
    name="NMC532_Mohtat2020",
    U=U,
    dU=U.slope,
    D_s=Diffusivity(8e-15, energy=18550.0),
    i0=ExchangeCurrent(4.824e-6, C_S_MAX, energy=39570.0),
    c_s_max=C_S_MAX,
    sigma=100.0,
    density=4700.0,
    molar_mass=0.09655,
    sto_window=(0.0, 0.9974),
    sto_0=0.8909,
    sto_100=0.0335,
    temperature=ARRHENIUS,
    note=(
        "c_s_max counts the lithium the cell can use, about three quarters of the crystal's; density is the"
        " crystal's, so capacities per gram come out low"
    ),
    sources={
        "U": MOHTAT,
        "D_s": MOHTAT + "; activation energy 18.55 kJ mol-1",
        "sigma": MOHTAT,
        "c_s_max": MOHTAT,
        "i0": MOHTAT + "; activation energy 39.57 kJ mol-1",
        "density": "crystal density of NMC532, as in NMC532_Xu2019; recalled, not re-read",
        "molar_mass": LINIMNCO,
        "sto_0": BALANCE,
        "sto_100": BALANCE,
    },
)
