"""Tetrahedra made of an image are valid, true to volumes and areas, and conduct like the smooth bodies the image stands for.

Volumes: the voxels themselves; areas: voxel faces corrected for their steps (claim morphology). Conduction: insulating
spheres in a cubic array, multipole series (Rayleigh 1892, McPhedran & McKenzie 1978), Crouzeix and Raviart's elements. The
voxels themselves are 2 to 7 % below the series there, at 16 and 32 voxels a period.
"""

import numpy as np

from microsim.claims import Check
from microsim.imaging.volume import read_volume
from microsim.mesh.grid import VoxelGrid, grid_from_labels
from microsim.mesh.tetrahedra import compared_with_voxels, quality, tetrahedral_mesh
from microsim.reference.tetrahedra import conduction

EDGE, BOX = 398e-9, {"x": (20, 84), "y": (100, 164), "z": (100, 164)}


def checks(data):
    for f, exact in ((0.3, 0.605661), (0.5, 0.373735)):
        mesh = tetrahedral_mesh(_ball(32, f))
        yield Check(f"insulating spheres, f = {f}, 32 voxels a period, on tetrahedra", conduction(mesh, {"matrix": 1.0}), exact,
                    0.02, source="multipole series")
    if data is not None:
        yield from _electrode()


def _electrode():
    labels = read_volume("nrel_nmc", voxel_size=(EDGE,) * 3).values
    grid = grid_from_labels(labels, {"pore": 0, "am": 1, "cbd": 2}, EDGE).crop(BOX)
    mesh = tetrahedral_mesh(grid)
    found = quality(mesh)
    yield Check("NREL NMC, 64^3: inverted elements", found["inverted"], 0, kind="at most")
    yield Check("smallest radius ratio", found["radius_ratio"]["smallest"], 0.0599, kind="at least")
    for name, row in compared_with_voxels(mesh, grid).items():
        yield Check(f"volume fraction of {name}", row["volume_fraction"], row["volume_fraction_voxels"], 0.01, source="voxels")
        yield Check(f"interface area of {name}, m2", row["area_m2"], row["area_voxels_corrected_m2"], 0.03,
                    source="voxel faces, corrected")


def _ball(n, f):
    centres = np.arange(n) + 0.5 - n / 2
    radius = (3 * f / 4 / np.pi) ** (1 / 3) * n
    inside = sum(np.square(c) for c in np.ix_(centres, centres, centres)) < radius**2
    return VoxelGrid(inside.astype(np.uint8), ("matrix", "ball"), 1e-6)
