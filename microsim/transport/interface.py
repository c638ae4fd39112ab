"""Conductors whose surface runs through voxels: cells with a share, links as wide as the faces are open.

    w_ij = opening_ij (h_0 / h_axis)^2,   nothing else changes against whole voxels

`interface` says where the surface comes from: "smooth" is the smoothest one that the labels allow, "grey" the
shares that stand beside the labels, as a grey-scale image holds them.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..base.errors import InputError
from ..mesh.shares import share_of
from ..mesh.subvoxel import face_openings, smooth_shares
from ..numerics.codes import PURE
from ..numerics.graph import Graph, voxel_graph

CLOSED = 1e-3  # of a face: what is open by less carries nothing, and would only spoil the conditioning


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
    links = _open_links(share >= PURE, opening, h, periodic_sides)
    mask = _percolating(*links, *ends)
    if not mask.any():
        return None
    graph, weight = _open_links(mask, opening, h, periodic_sides)
    x, y, z = graph.position.T
    inlet = np.where(x == 0, 2.0 * ends[0][y, z], 0.0)
    outlet = np.where(x == len(share) - 1, 2.0 * ends[1][y, z], 0.0)
    return CutCells(graph, weight, inlet, outlet)


def _open_links(mask, opening, h, periodic_sides):
    """Graph of the cells of a mask without the links that are closed, and the weights of the others."""
    graph = voxel_graph(mask, [np.full(n, w) for n, w in zip(mask.shape, h)], periodic_sides)
    rows, axis = np.repeat(np.arange(graph.n), np.diff(graph.indptr)), graph.face // 2
    place = graph.position[rows].astype(np.intp)
    place[np.arange(len(axis)), axis] += graph.face % 2
    weight = opening[axis, *place.T] * ((h[0] / h) ** 2)[axis]
    keep = weight > 0
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[keep], minlength=graph.n))])
    kept = replace(graph, indptr=indptr, neighbour=graph.neighbour[keep], face=graph.face[keep])
    return kept, weight[keep]


def _percolating(graph, weight, inlet, outlet):
    """Mark the cells that open links join to both ends."""
    links = csr_array((np.ones(weight.size, bool), graph.neighbour, graph.indptr), shape=(graph.n, graph.n))
    count, cluster = connected_components(links, directed=False)
    x, y, z = graph.position.T
    first = np.bincount(cluster[(x == 0) & (inlet[y, z] > 0)], minlength=count) > 0
    last = np.bincount(cluster[(x == len(graph.widths[0]) - 1) & (outlet[y, z] > 0)], minlength=count) > 0
    return graph.scatter((first & last)[cluster], fill=False, dtype=bool)
