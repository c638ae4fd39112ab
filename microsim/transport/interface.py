"""Conductors whose surface runs through voxels: cells with a share, links as wide as the faces are open.

    w_ij = opening_ij (h_0 / h_axis)^2,   nothing else changes against whole voxels

Two conductors that fill the volume together have no openings: see two_conductors.py.

`interface` says where the surface comes from: "smooth" is the smoothest one that the labels allow, "grey" the
shares that stand beside the labels, as a grey-scale image holds them.
"""

import numpy as np

from ..base.errors import InputError
from ..mesh.cut_surface import CLOSED
from ..mesh.shares import share_of
from ..mesh.subvoxel import face_openings, smooth_shares
from ..numerics.backend import kernels
from ..numerics.open_rows import OpenRows, open_aggregates

FARTHEST = 30  # of spheres of 30 the error is 0.7 % at 16 voxels, of 50 2.9 %, as much as of whole voxels


def conductor_share(grid, conducting, interface, *, periodic_sides=False):
    """Return the share of each voxel that conducts, float32 [x, y, z], and the conductivity along x, y, z.

    grid: VoxelGrid; conducting: {phase: one number or three}; interface: "smooth" or "grey".
    Raises InputError for missing shares.
    """
    names = [name for name, value in conducting.items() if np.any(value)]
    along = np.broadcast_to(conducting[names[0]], 3).astype(float)
    return _shares(grid, names, interface, periodic_sides), along


def shares_of_two(grid, conducting, interface, *, periodic_sides=False):
    """Return the share of each voxel that the better of two conductors has, and the conductivity of both, the
    better first; None where all conduct alike.

    Raises InputError where more than two differ, where they do so along x, y and z, where a phase does not
    conduct, whose surface with both has no such links, and beyond FARTHEST.
    """
    values = {name: np.broadcast_to(conducting.get(name, 0.0), 3).astype(float) for name in grid.phases}
    of_some = [value for value in values.values() if value.any()]
    if all(np.array_equal(value, of_some[0]) for value in of_some):
        return None
    known = sorted({float(value[0]) for value in values.values()}, reverse=True)
    if len(known) != 2 or known[1] == 0 or any(np.ptp(value) > 0 for value in values.values()):
        raise InputError(
            f"--interface {interface}: expected conductors of one conductivity, or two, alike along x, y and "
            "z, that fill the volume, got others; leave --interface out, or solve for one at a time."
        )
    if known[0] > FARTHEST * known[1]:
        raise InputError(
            f"--interface {interface}: expected two conductors at most {FARTHEST} apart, got {known[0]:g} "
            f"and {known[1]:g}; leave --interface out, or the poorer conductor."
        )
    better = [name for name, value in values.items() if value[0] == known[0]]
    return _shares(grid, better, interface, periodic_sides), known


def _shares(grid, names, interface, periodic_sides):
    if interface == "grey":
        return share_of(grid, names)
    return smooth_shares(grid.mask(*names), periodic_sides=periodic_sides)


def cut_cells(share, h, periodic_sides=False):
    """Return the OpenRows of a conductor along axis 0, settled, with what open_aggregates makes of them, or
    None where nothing percolates; the mean share, and that of the voxels that percolate.

    share: [x, y, z], 0 to 1; h: voxel edges, divided by the square root of the conductivity along them.
    """
    share = np.ascontiguousarray(share)
    opening = face_openings(share, periodic_sides=periodic_sides, least=CLOSED)
    mask = _percolating(opening, share.shape, periodic_sides)
    shares = float(share.mean(dtype=float)), float(share[mask].sum(dtype=float) / share.size)
    del share
    if not mask.any():
        return None, *shares
    cells = OpenRows.of(mask, opening, h, periodic_sides)
    return (cells.settled(), open_aggregates(cells)), *shares


def _percolating(opening, shape, periodic_sides):
    """Mark the voxels that open faces join to both ends."""
    cluster = kernels.open_faces.clusters(opening, shape, periodic_sides)
    through = np.zeros((2, cluster.size), bool)
    for k, end in enumerate((0, -1)):
        through[k, cluster[end][opening[0, end, :-1, :-1] > 0]] = True
    return through.all(axis=0)[cluster]
