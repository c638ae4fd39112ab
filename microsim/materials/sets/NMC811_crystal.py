"""NMC811 as one crystal holds lithium: c_s_max and density of its lattice, one site per formula unit;
potential, transport and kinetics over lithiation as in NMC811_Chen2020."""

from dataclasses import replace

import numpy as np

from .NMC811_Chen2020 import CHEN
from .NMC811_Chen2020 import material as chen

AVOGADRO = 6.02214076e23
A, C, UNITS = 2.871e-10, 14.20e-10, 3  # edges of the hexagonal cell (m), formula units in it (R-3m)
C_S_MAX = UNITS / (np.sqrt(3) / 2 * A**2 * C) / AVOGADRO
LATTICE = (
    "hexagonal cell of a = 2.871 and c = 14.20 Angstrom, 3 formula units; lattice parameters as of pristine"
    " NCM811 in Kondrakov et al., J. Phys. Chem. C 121 (2017) 3286, recalled, not re-read"
)

material = replace(
    chen,
    name="NMC811_crystal",
    c_s_max=float(C_S_MAX),
    density=float(C_S_MAX * chen.molar_mass),
    sources={
        **chen.sources,
        "i0": f"{chen.sources['i0']}; the same A m-2 at the same lithiation, with their c_s_max",
        "c_s_max": LATTICE,
        "density": f"c_s_max times molar mass: {LATTICE}",
        "sto_100": CHEN + " (17038 / 63104, their c_s_max)",
    },
    note=(
        "c_s_max of NMC811_Chen2020 (63104 mol m-3, 1.28 sites per formula unit) makes up for the capacity of"
        " the cell that it was fitted to; a real image with its own volume of active material takes this set."
    ),
)
