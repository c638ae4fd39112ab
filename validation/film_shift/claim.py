"""Where the current is the same on every face, a film shifts the voltage by I R_film / A, exactly, all
through a discharge.

Three cells with such a current: a dense slab behind pores (A: its cross-section), one layer of a homogenised
electrode (A = 3 active_fraction / radius x thickness), and an eighth of a sphere with an electrolyte and an
active material without gradients (A: the reactive area of its mesh). Each film's resistance R_film =
thickness / conductivity comes from the Film that a case names. In a deep homogenised electrode, where the
current is not the same everywhere, the shift is not exact and lies near it; claim dfn_film holds that against
PyBaMM.
"""

from dataclasses import replace

import numpy as np

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Film
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

ACTIVE, SALT, POROUS = load("NMC811_Chen2020"), load("LiPF6_EC_EMC_3_7"), load("Chen2020_cathode")
SWIFT = replace(ACTIVE, D_s=lambda x, T: 1e-10 + 0 * x, sigma=100.0)
EASY = replace(SALT, kappa=lambda c, T: 100.0 + 0 * c, D_e=lambda c, T: 1e-7 + 0 * c)
CONDUCTIVITY, FILMS = 5e-7, (5e-9, 20e-9)  # S/m; m


def checks(data):
    for name, (grid, phases, salt) in {
        "dense slab": slab(),
        "one homogenised layer": layer(),
        "sphere": sphere(),
    }.items():
        bare, area = discharge(grid, phases, salt, 0.0)
        for thickness in FILMS:
            V, _ = discharge(grid, phases, salt, thickness)
            shift = bare - V
            expected = current(area) / area * thickness / CONDUCTIVITY
            what = f"{name}, {thickness * 1e9:g} nm"
            yield Check(
                f"{what}: shift at the end (V)",
                shift[-1],
                expected,
                1e-4 if name == "sphere" else 1e-6,
                source="I R_film / A",
            )
            yield Check(
                f"{what}: largest departure from it, any time (V)",
                np.abs(shift - expected).max(),
                1e-7,
                kind="at most",
            )
    yield from _uneven()


def current(area):
    """1 A/m2 on every face."""
    return 1.0 * area


def discharge(grid, phases, salt, thickness):
    """Return the voltages after equal steps of time, and the reactive area (m2)."""
    design = CellDesign(phases, salt, Separator(10e-6, 0.5, 0.4), load("lithium"))
    cell = assemble(grid, design, Film("uniform", CONDUCTIVITY, thickness) if thickness else Film())
    area = float(cell.mesh.faces.area.sum())
    lasts = 0.3 * float(cell.capacity.sum()) / current(area)  # s, for a change of lithiation of 0.3
    even = Tolerances(step=1e9, first_step=lasts / 40, max_step=lasts / 40, newton=3e-7)
    voltages = []
    Experiment(cell, None, even).run(
        [Load("discharge", current(area), duration=lasts)], lambda moment: voltages.append(moment.V)
    )
    return np.array(voltages), area


def slab():
    labels = np.ones((24, 3, 2), np.uint8)
    labels[:6] = 0
    return VoxelGrid(labels, ("pore", "am"), 0.2e-6), {"pore": None, "am": ACTIVE}, SALT


def layer():
    return VoxelGrid(np.zeros((1, 1, 1), np.uint8), ("cathode",), 1e-6), {"cathode": POROUS}, SALT


def sphere():
    """The centre lies in the corner at the collector."""
    n = 12
    x, y, z = (np.indices((n, n, n)) + 0.5) / n
    inside = (1 - x) ** 2 + y**2 + z**2 < 0.7**2
    return VoxelGrid(inside.astype(np.uint8), ("pore", "am"), 0.4e-6), {"pore": None, "am": SWIFT}, EASY


def _uneven():
    n, thickness = 40, FILMS[1]
    grid = VoxelGrid(np.zeros((n, 1, 1), np.uint8), ("cathode",), 75.6e-6 / n)
    bare, _ = discharge(grid, {"cathode": POROUS}, SALT, 0.0)
    V, _ = discharge(grid, {"cathode": POROUS}, SALT, thickness)
    mean = (bare - V)[5:].mean()
    yield Check(
        "homogenised electrode of 75.6 um, 20 nm: mean shift (V)",
        mean,
        thickness / CONDUCTIVITY,
        0.03,
        source="I R_film / A, for an even current",
    )
