"""One conductor whose surface cuts voxels: links through the open parts of faces, and a multigrid whose first
coarser level is made of blocks of voxels.

    A_ii = sum_j w_ij + ends_i,   A_ij = -w_ij

with w_ij the open part of a face times (h_0 / h_axis)^2. Cells are the voxels that percolate; every cell has
a link across each of its six faces, to itself and of weight 0 where nothing passes.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .backend import kernels
from .fixed_rows import Rows
from .graph import Graph, line_colours
from .multigrid import Multigrid, distance_ratios, merge_lines


@dataclass(frozen=True)
class OpenRows:
    """Cells of a mask in voxels of widths h, linked through open faces.

    opening: open part [axis, x, y, z] of the lower face of each voxel, one longer along each axis; shape:
    voxels along each axis; index: cell of each voxel, -1 elsewhere; position [n, 3]; bounds: first cell of
    each colour and the end; near, weight [n, 6]: see above; inlet, outlet: conductance of each cell to either
    end of x; diagonal: A_ii.
    """

    opening: np.ndarray
    h: np.ndarray
    periodic: bool
    shape: tuple
    index: np.ndarray
    position: np.ndarray
    bounds: np.ndarray
    near: np.ndarray
    weight: np.ndarray
    inlet: np.ndarray
    outlet: np.ndarray
    diagonal: np.ndarray

    @classmethod
    def of(cls, mask, opening, h, periodic=False):
        """Return those of the True voxels of a mask [x, y, z]; opening, h, periodic: see OpenRows."""
        h = np.asarray(h, float)
        lines, colours = line_colours(mask.shape, periodic)
        index, position, bounds = kernels.graph.number_cells(mask, *lines, colours)
        near, weight = np.empty((len(position), 6), np.uint32), np.empty((len(position), 6), np.float32)
        diagonal = np.empty(len(position), np.float32)
        shape = ((h[0] / h) ** 2).astype(np.float32)
        kernels.open_faces.open_rows(index, periodic, opening, shape, near, weight, diagonal)
        ends = np.zeros((2, len(position)), np.float32)
        for end, plane in enumerate((0, -1)):
            cells = index[plane][mask[plane]]
            ends[end, cells] = 2 * opening[0, plane, :-1, :-1][mask[plane]]
            diagonal[cells] += ends[end, cells]
        return cls(opening, h, periodic, mask.shape, index, position, bounds, near, weight, *ends, diagonal)

    def settled(self):
        """Return it without what only coarser levels are made of: 16 bytes a voxel."""
        return replace(self, opening=np.empty((3, 0, 0, 0), np.float32), index=np.empty((0, 0, 0), np.int32))

    @property
    def n(self):
        return len(self.position)

    @property
    def spans(self):
        """Ranges of cells in the order of a sweep, [(first, stop, colour)]."""
        edges = [(a, b) for a, b in pairwise(self.bounds) if b > a]
        return np.array([(a, b, colour) for colour, (a, b) in enumerate(edges)], np.int64).reshape(-1, 3)

    @property
    def planes(self):
        """First cell of each plane of x, and the end, of each colour [colour, x]."""
        x, lines = self.position[:, 0], np.arange(self.shape[0] + 1, dtype=np.int16)
        return np.array([a + np.searchsorted(x[a:b], lines) for a, b in pairwise(self.bounds)])

    def gather(self, array):
        """Return the values of a dense [x, y, z] array in the cells."""
        return array[tuple(self.position.T)]

    def scatter(self, values, fill=np.nan, dtype=np.float32):
        """Return a dense [x, y, z] array of cell values; `fill` elsewhere."""
        dense = np.full(self.shape, fill, dtype)
        dense[tuple(self.position.T)] = values
        return dense


class OpenMultigrid:
    """Multigrid cycle for A; from the first coarser level on it is a Multigrid on a graph."""

    def __init__(self, cells, aggregates=None, coarsest=300, visits=2):
        """aggregates: of open_aggregates, where the cells are `settled`."""
        self.rows, self.spans = Rows.alone(cells.near, cells.weight), cells.spans
        self.diagonal = cells.diagonal
        graph, weight, self.parent, low, high = aggregates or open_aggregates(cells)
        self.coarse = Multigrid(graph, None, coarsest, visits, halved=True)
        self.coarse.update(weight, None, low, high)
        self.coarse.settle()
        self.x, self.r = np.zeros((2, cells.n), np.float32)

    def __str__(self):
        return f"{self.diagonal.size:>10} cells with open faces\n{self.coarse}"

    def apply(self, p, out):
        """Write A p; return p . A p (float64)."""
        return kernels.cycle.product(*self.rows, self.diagonal, p, out)

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start (one sweep down, one up), in a shared
        array."""
        kernels.cycle.down(self.spans, False, *self.rows, self.diagonal, b, self.x, self.r)
        kernels.cycle.restrict(self.spans, self.parent, self.r, None, None, self.coarse.b)
        kernels.cycle.up(self.spans, self.parent, self.coarse.answer(), *self.rows, self.diagonal, b, self.x)
        return self.x


def _roots():
    """For each pattern of open faces within a 2 x 2 x 2 block (across x, y, z, four of each) the first voxel
    of what hangs together, for each of its 8 voxels [pattern, voxel]."""
    first = np.tile(np.arange(8, dtype=np.uint8), (2**12, 1))
    faces = [(v - (4 >> axis), v) for axis in range(3) for v in range(8) if v & (4 >> axis)]
    for _ in range(7):  # as far as from one end of a winding row of eight to the other
        for bit, (lower, upper) in enumerate(faces):
            open_ = np.arange(2**12) >> bit & 1 == 1
            least = np.minimum(first[open_, lower], first[open_, upper])
            first[open_, lower] = first[open_, upper] = least
    return first


ROOTS = _roots()


def open_aggregates(cells):
    """Join the cells of each block of two voxels along each axis, where they are narrow, that open faces
    join; return the coarse graph, its link weights, the aggregate of each cell, and the aggregates'
    conductances to the two ends."""
    for reach in (1.5, 6.0, 1e9):  # where hardly anything is joined wider axes are taken in
        wide = [h for h, n in zip(cells.h, cells.shape) if n > 1 or reach > 6]
        limit = reach * min(wide, default=0.0)  # of one voxel no axis has two to join
        lines = [merge_lines(np.full(n, h), limit) for n, h in zip(cells.shape, cells.h)]
        step = [1 + int(line[-1] < line.size - 1) for line in lines]
        of_line, colours = line_colours([line[-1] + 1 for line in lines], cells.periodic)
        parent, position, bounds = kernels.open_blocks.block_aggregates(
            cells.index, cells.opening, step, of_line, colours, ROOTS
        )
        if bounds[-1] <= 0.7 * cells.n:
            break
    widths = [np.bincount(line, np.full(line.size, h)) for line, h in zip(lines, cells.h)]
    fine = [np.full(n, h) for n, h in zip(cells.shape, cells.h)]
    ratios = [distance_ratios(*axis) for axis in zip(fine, lines, widths)]
    shape = ((cells.h[0] / cells.h) ** 2).astype(np.float32)
    indptr, neighbour, weight = kernels.open_blocks.block_links(
        cells.index, cells.opening, shape, cells.periodic, parent, len(position), step, *ratios
    )
    layer = np.zeros(len(position), np.uint8)
    graph = Graph(indptr, neighbour, position, layer, bounds, tuple(widths), int(cells.periodic))
    ends = [
        _end_conductance(cells, parent, len(position), part, face, cells.h[0] / widths[0][end])
        for part, face, end in ((cells.inlet, 1, 0), (cells.outlet, 0, -1))
    ]
    return graph, weight, parent, *ends


def _end_conductance(cells, parent, n, part, face, ratio):
    """Conductance of the aggregates to an end of x; see multigrid.end_conductance. face: the one of a cell at
    that end that leads inwards."""
    layer = cells.index[-1 if face == 0 else 0]
    at = np.sort(layer[layer >= 0])
    total = np.bincount(parent[at], part[at], n)
    if ratio == 1:
        return total.astype(np.float32)
    within = cells.weight[at, face] * (parent[cells.near[at, face]] == parent[at])
    within = 2 * np.bincount(parent[at], within, n)
    series = total * within / np.maximum(total + within, 1e-30)
    return np.maximum(np.where(within > 0, series, total), total * ratio).astype(np.float32)
