"""FiPy with a sparse factorisation, and the solver, give the same discharge on the same voxels and time
steps.

Reference: microsim.reference.halfcell, which takes nothing of the solver: FiPy's matrices on a Grid3D, the
Butler-Volmer equation of every face as an unknown's own equation, SciPy's LU. Blurred noise of active
material, CBD and pores, 12^3 and spheres between pores and CBD, 12^3 (16.8 um deep); C/2 and 2C from rest to
3.6 V at the solver's own time steps; with and without a film that is thicker in front.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid
from microsim.reference.halfcell import discharge_fipy

NAMES = ("pore", "am", "cbd")
VOXEL = 1.4e-6


def checks(data):
    structures = {"noise 12^3": noise(12), "spheres 12^3": spheres(12)}
    for name, grid in structures.items():
        for rate in (0.5, 2.0):
            for coated in (False, True):
                what = f"{name}, {rate:g}C{', film' if coated else ''}"
                yield from compare(what, grid, rate, film if coated else none)


def none(position):
    return np.zeros(len(position))


def film(position):
    """0.03 ohm m2 in front, less behind."""
    return 0.03 * np.exp(-position[:, 0] / 10e-6)


def compare(what, grid, rate, R_film):
    phases = dict(zip(NAMES, (None, load("NMC811_Chen2020"), load("CBD_default"))))
    design = CellDesign(phases, load("LiPF6_EC_EMC_3_7"), Separator(25e-6, 0.47, 0.47**1.5), load("lithium"))
    cell = assemble(grid, design, lambda faces: R_film(faces.position))
    mesh = cell.mesh
    current = rate * 96485.33212 * 63104.0 * 0.6384 * mesh.solid.volumes().sum() / 3600
    times, V, sto, c_e = solve(cell, current)
    twin = discharge_fipy(grid, design, mesh.ionic.widths[0][: mesh.lines], times, current, R_film)
    source = "FiPy, SciPy"
    yield Check(
        f"{what}: voltage, largest difference (V)",
        np.abs(V - twin.voltage).max(),
        2e-4,
        kind="at most",
        source=source,
    )
    yield Check(
        f"{what}: lithiation, largest difference in any voxel at any time",
        _largest(sto, twin.sto),
        1e-3,
        kind="at most",
        source=source,
    )
    yield Check(
        f"{what}: c_e, largest difference (mol/m3)",
        _largest(c_e, twin.c_e),
        0.1,
        kind="at most",
        source=source,
    )


def solve(cell, current):
    """Discharge to 3.6 V; return the times, voltages and fields after each step."""
    seen, mesh = [], cell.mesh

    experiment = Experiment(cell, None, Tolerances(step=5e-3, first_step=20.0))
    for moment in experiment.moments([Load("d", current, until_voltage=3.6)]):
        t, u = moment.t, moment.u
        if t > 0 and (not seen or t > seen[-1][0]):
            seen.append((t, u.V[0], mesh.on_image(mesh.solid, u.sto), mesh.on_image(mesh.ionic, u.c_e)))
    return (np.array(column) for column in zip(*seen))


def _largest(ours, theirs):
    """Largest difference; infinite where one has a value and the other has none."""
    return np.inf if np.any(np.isnan(ours) != np.isnan(theirs)) else float(np.nanmax(np.abs(ours - theirs)))


def noise(n):
    rough = gaussian_filter(np.random.default_rng(3).standard_normal((n, n, n)), 1.2, mode="wrap")
    low, high = np.quantile(rough, [0.35, 0.5])
    return VoxelGrid(np.where(rough < low, 0, np.where(rough < high, 2, 1)).astype(np.uint8), NAMES, VOXEL)


def spheres(n):
    """Eight eighths of spheres and one whole in their middle, touching; CBD in a column at the edges of y."""
    at = (np.indices((n, n, n)) + 0.5) / n
    middle = sum((x - 0.5) ** 2 for x in at) < 0.46**2
    corners = sum(np.minimum(x, 1 - x) ** 2 for x in at) < 0.44**2
    rods = (np.minimum(at[1], 1 - at[1]) < 0.2) & (abs(at[2] - 0.5) < 0.15)
    return VoxelGrid(np.where(middle | corners, 1, np.where(rods, 2, 0)).astype(np.uint8), NAMES, VOXEL)
