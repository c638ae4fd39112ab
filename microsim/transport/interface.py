"""Conductors whose surface runs through voxels: cells with a share, links as wide as the faces are open.

    w_ij = opening_ij (h_0 / h_axis)^2,   nothing else changes against whole voxels

`interface` says where the surface comes from: "smooth" is the smoothest one that the labels allow, "grey" the
shares that stand beside the labels, as a grey-scale image holds them.
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..mesh.cut_surface import CLOSED
from ..mesh.shares import share_of
from ..mesh.subvoxel import face_openings, smooth_shares
from ..numerics.backend import kernels
from ..numerics.graph import Graph, line_colours


@dataclass(frozen=True)
class CutCells:
    """Cells that percolate along x: graph, link weights, conductances to either end (unit: a whole face over
    a voxel's length)."""

    graph: Graph
    weight: np.ndarray
    inlet: np.ndarray
    outlet: np.ndarray


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
    """Build the cells and links of a conductor along axis 0; None where nothing percolates.

    share: [x, y, z], 0 to 1; h: voxel edges, divided by the square root of the conductivity along them.
    """
    opening = face_openings(share, periodic_sides=periodic_sides)
    opening[opening < CLOSED] = 0
    ends = opening[0, 0, :-1, :-1], opening[0, -1, :-1, :-1]
    mask = _percolating(opening, share.shape, ends, periodic_sides)
    if not mask.any():
        return None
    graph, weight = _open_links(mask, opening, h, periodic_sides)
    x, y, z = graph.position.T
    inlet = np.where(x == 0, 2.0 * ends[0][y, z], 0.0)
    outlet = np.where(x == len(share) - 1, 2.0 * ends[1][y, z], 0.0)
    return CutCells(graph, weight, inlet, outlet)


def _percolating(opening, shape, ends, periodic_sides):
    """Mark the voxels that open faces join to both ends."""
    cluster = kernels.open_faces.clusters(opening, shape, periodic_sides)
    through = np.zeros((2, cluster.size), bool)
    for k, end in enumerate((0, -1)):
        through[k, cluster[end][ends[k] > 0]] = True
    return through.all(axis=0)[cluster]


def _open_links(mask, opening, h, periodic_sides):
    """Graph of the cells of a mask, linked through open faces, and the weights of its links."""
    widths = tuple(np.full(n, w) for n, w in zip(mask.shape, h))
    lines, colours = line_colours(mask.shape, periodic_sides)
    index, position, bounds = kernels.graph.number_cells(mask, *lines, colours)
    cells, indptr = (position, index, periodic_sides, opening), np.zeros(len(position) + 1, np.int64)
    kernels.open_faces.count_links(*cells, indptr)
    np.cumsum(indptr, out=indptr)
    links = [np.empty(indptr[-1], kind) for kind in (np.int32, np.uint8, float)]
    kernels.open_faces.fill_links(*cells, (h[0] / h) ** 2, indptr, *links)
    layer, periodic = np.zeros(len(position), np.uint8), int(periodic_sides)
    return Graph(indptr, links[0], position, layer, bounds, widths, periodic, links[1], index), links[2]
