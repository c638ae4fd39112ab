"""Half cells small enough to run in a test: images made on the spot, and a run that keeps its states."""

from types import SimpleNamespace

import numpy as np
from scipy import ndimage

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

ACTIVE, CBD = load("NMC811_Chen2020"), load("CBD_default")
ELECTROLYTE, LITHIUM = load("LiPF6_EC_EMC_3_7"), load("lithium")
NAMES = ("pore", "am", "cbd")


def image(shape, seed=0, fractions=(0.35, 0.5, 0.15)):
    """Random pores (0), active material (1) and CBD (2) with features of about two voxels."""
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.standard_normal(shape), 1.0, mode="wrap")
    low, high = np.quantile(rough, [fractions[0], fractions[0] + fractions[2]])
    return np.where(rough < low, 0, np.where(rough < high, 2, 1)).astype(np.uint8)


def voxel_grid(labels, voxel_size=0.4e-6):
    """VoxelGrid of labels 0 pore, 1 active, 2 CBD (the latter only where it occurs)."""
    return VoxelGrid(np.asarray(labels, np.uint8), NAMES[: 1 + max(1, int(np.max(labels)))], voxel_size)


def design(
    grid,
    active=ACTIVE,
    cbd=CBD,
    electrolyte=ELECTROLYTE,
    separator=(10e-6, 0.47, 0.32),
    counter=LITHIUM,
    **more,
):
    """CellDesign of a voxel_grid."""
    phases = dict(zip(grid.names, (None, active, cbd)))
    return CellDesign(phases, electrolyte, Separator(*separator), counter, **more)


def half_cell(labels, voxel_size=0.4e-6, film=0.0, **more):
    """HalfCell of labels; `film`: R_film (ohm m2), a number or a function of the faces."""
    grid = voxel_grid(labels, voxel_size)
    return assemble(grid, design(grid, **more), film)


def run(cell, loads, sto=0.27, **tolerances):
    """Run the loads; return the experiment, its record and the Moments seen."""
    experiment = Experiment(cell, sto, Tolerances(**tolerances))
    seen = list(experiment.moments(loads))
    return SimpleNamespace(experiment=experiment, record=experiment.now.record, seen=seen)


def fields(cell, x):
    """sto and c_e of a state as arrays on the image."""
    u, mesh = cell.state(x), cell.mesh
    return mesh.on_image(mesh.solid, u.sto), mesh.on_image(mesh.ionic, u.c_e)


def electrolyte_line(cell, x):
    """Cell centres (m from the lithium) and c_e along the first line of electrolyte cells at y = z = 0."""
    graph = cell.mesh.ionic
    line = np.flatnonzero((graph.position[:, 1] == 0) & (graph.position[:, 2] == 0))
    line = line[np.argsort(graph.position[line, 0])]
    widths = graph.widths[0]
    centres = np.cumsum(widths) - widths / 2
    return centres[graph.position[line, 0]], cell.state(x).c_e[line]
