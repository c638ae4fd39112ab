"""Conductors whose surface runs through voxels: cells with a share, links as wide as the faces are open.

    w_ij = opening_ij (h_0 / h_axis)^2,   nothing else changes against whole voxels

`interface` says where the surface comes from: "smooth" is the smoothest one that the labels allow, "grey" the
shares that stand beside the labels, as a grey-scale image holds them.
"""

import numpy as np

from ..base.errors import InputError
from ..mesh.cut_surface import CLOSED
from ..mesh.shares import share_of
from ..mesh.subvoxel import face_openings, smooth_shares
from ..numerics.backend import kernels
from ..numerics.open_rows import OpenRows


def conductor_share(grid, conducting, interface, *, periodic_sides=False):
    """Return the share of each voxel that conducts, float32 [x, y, z], and the conductivity along x, y, z.

    grid: VoxelGrid; conducting: {phase: one number or three}; interface: "smooth" or "grey".
    Raises InputError for conductors of several kinds, whose common surface has no openings, and for missing
    shares.
    """
    values = {name: np.broadcast_to(value, 3).astype(float) for name, value in conducting.items()}
    names = [name for name, value in values.items() if value.any()]
    if any(not np.array_equal(values[name], values[names[0]]) for name in names):
        raise InputError(
            f"--interface {interface}: expected conductors of one conductivity, got some that differ; "
            "leave --interface out, or solve for one at a time."
        )
    if interface == "grey":
        return share_of(grid, names), values[names[0]]
    return smooth_shares(grid.mask(*names), periodic_sides=periodic_sides), values[names[0]]


def cut_cells(share, h, periodic_sides=False):
    """Return the OpenRows of a conductor along axis 0; None where nothing percolates.

    share: [x, y, z], 0 to 1; h: voxel edges, divided by the square root of the conductivity along them.
    """
    opening = face_openings(share, periodic_sides=periodic_sides, least=CLOSED)
    mask = _percolating(opening, share.shape, periodic_sides)
    return OpenRows.of(mask, opening, h, periodic_sides) if mask.any() else None


def _percolating(opening, shape, periodic_sides):
    """Mark the voxels that open faces join to both ends."""
    cluster = kernels.open_faces.clusters(opening, shape, periodic_sides)
    through = np.zeros((2, cluster.size), bool)
    for k, end in enumerate((0, -1)):
        through[k, cluster[end][opening[0, end, :-1, :-1] > 0]] = True
    return through.all(axis=0)[cluster]
