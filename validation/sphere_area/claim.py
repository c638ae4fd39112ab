"""Voxel faces show 3/2 of a sphere's area and sqrt(3) of a {111} plane's; the corrected area, and what
reacts, the true one.

Over all placements the faces show 3/2 (1 - 1/(12 r2)) of a sphere of r voxels: a line of voxel centres that
cuts a chord l from it meets two faces, but only with probability l if l < 1. (Single digital spheres of
another code: 1.484, 1.488, 1.497,
1.499, 1.4999 at r = 3, 5, 8, 20, 40.) The reactive area is that of the half cell's mesh: spheres in pores,
joined to the collector by a thin wire that does not react.
"""

import numpy as np

from microsim.cell.design import CellDesign, Separator
from microsim.cell.mesh import build_mesh
from microsim.jobs.validate import Check
from microsim.materials import Conductor, load
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.morphology import surface_area, surface_area_faces

PLACEMENTS = {3: 400, 5: 150, 8: 50, 20: 8, 40: 3}
H = 0.5e-6
WIRE = Conductor("wire", sigma=1e4, porosity=0.0, bruggeman=1.0, reactive_share=0.0)


def checks(data):
    for radius, count in PLACEMENTS.items():
        faces, corrected = np.mean([shares(radius, centre) for centre in centres(count)], axis=0)
        yield Check(
            f"radius {radius}: voxel faces over true area",
            faces,
            1.5 * (1 - 1 / (12 * radius**2)),
            3e-3,
            source="chords, mean over placements",
        )
        yield Check(
            f"radius {radius}: corrected over true area", corrected, 1.0, 0.02 if radius < 5 else 0.005
        )
    yield from _plane()
    yield from _reactive()


def _plane():
    n = 48
    i, j, k = np.indices((n, n, n))
    wall = i + j + k < 1.5 * n
    inner = slice(12, 36)
    faces, corrected = (
        measure(wall[inner, inner, inner], 1.0) for measure in (surface_area_faces, surface_area)
    )
    yield Check(
        "{111} plane: faces over corrected area",
        faces / corrected,
        np.sqrt(3),
        0.02,
        source="|n_x| + |n_y| + |n_z|",
    )


def _reactive():
    for radius in (5, 10, 20):
        true = 4 * np.pi * (radius * H) ** 2
        for corrected, share in ((True, 1.0), (False, 1.5)):
            area = np.mean([reactive_area(radius, centre, corrected) for centre in centres(10)])
            name = "corrected" if corrected else "voxel faces"
            yield Check(
                f"radius {radius}: reactive area, {name}, over the sphere's", area / true, share, 0.01
            )


def reactive_area(radius, centre, corrected):
    """Area of the half cell's reactive faces (m2), the wire's contact added back."""
    labels = np.pad(ball(radius, centre), 2).astype(np.uint8)
    middle = labels.shape[1] // 2
    labels[np.flatnonzero(labels[:, middle, middle]).max() + 1 :, middle, middle] = 2
    grid = VoxelGrid(labels, ("pore", "am", "wire"), H)
    design = CellDesign(
        {"pore": None, "am": load("NMC811_Chen2020"), "wire": WIRE},
        load("LiPF6_EC_EMC_3_7"),
        Separator(5e-6, 0.5, 0.4),
        load("lithium"),
        area_correction=corrected,
    )
    return float(build_mesh(grid, design).faces.area.sum()) + H * H


def shares(radius, centre):
    """Area of the voxel faces, and corrected, over the true one."""
    mask = ball(radius, centre)
    return [measure(mask, 1.0) / (4 * np.pi * radius**2) for measure in (surface_area_faces, surface_area)]


def centres(count):
    return np.random.default_rng(0).random((count, 3)) - 0.5


def ball(radius, centre):
    """Bool array: voxels whose centre lies within the radius (voxels) of a point near the middle voxel's
    centre."""
    half = int(radius) + 3
    x = np.meshgrid(*[np.arange(-half, half + 1) - c for c in centre], indexing="ij", sparse=True)
    return sum(part**2 for part in x) <= radius**2
