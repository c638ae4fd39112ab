"""Three layers across x as tetrahedra: all volumes and areas follow from the box."""

import numpy as np

from microsim.mesh.grid import VoxelGrid
from microsim.mesh.tetmesh import tetmesh_to_meshio
from microsim.mesh.tetrahedra import tetrahedral_mesh

H, SHAPE = 398e-9, (6, 4, 4)
LABELS = (0, 85, 170)
_x, _y, _z = (n * H for n in SHAPE)
VOLUMES = dict.fromkeys(("pore", "am", "cbd"), _x * _y * _z / 3)
AREAS = {
    **dict.fromkeys(("pore-am", "am-cbd", "separator", "collector"), _y * _z),
    **dict.fromkeys(("y0", "y1", "z0", "z1"), _x * _y),
}


def layered():
    """Return the VoxelGrid: two voxels of pore, two of am, two of cbd."""
    phase = np.repeat(np.arange(3, dtype=np.uint8), 2)[:, None, None] * np.ones((1, *SHAPE[1:]), np.uint8)
    return VoxelGrid(phase, ("pore", "am", "cbd"), (H,) * 3, LABELS)


def layered_tetrahedra(**options):
    """Return the meshio mesh of its tetrahedra."""
    return tetmesh_to_meshio(tetrahedral_mesh(layered(), iterations=0, **options))


def sizes(points, cells):
    """Return area of triangles, volume of tetrahedra or of boxes, added up."""
    corner = np.asarray(points)[np.asarray(cells)]
    edges = corner[:, [1, 3, 4] if corner.shape[1] == 8 else slice(1, None)] - corner[:, :1]
    if edges.shape[1] == 2:
        return float(np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum() / 2)
    return float(np.abs(np.linalg.det(edges)).sum() / (1 if corner.shape[1] == 8 else 6))
