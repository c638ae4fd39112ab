"""One conductor on bit rows: the finest level of a multigrid, without a list of neighbours (see
kernels.cpu.rows).

    A_ii = sum_j w_ij + ends_i,   A_ij = -w_ij

with w = (w_x, w_y, w_z) along the three axes, 2 w_x to either end face of x.
"""

from dataclasses import dataclass

import numpy as np

from .backend import kernels
from .graph import Graph
from .multigrid import Multigrid, distance_ratios, merge_lines
from .slab import Halo
from .slab_multigrid import SlabMultigrid


def _block_parts():
    """For each of the 256 patterns of a 2 x 2 x 2 block: the part (0 to 3) that each voxel belongs to, and
    the number of parts."""
    part = np.full((256, 8), -1, np.int8)
    count = np.zeros(256, np.int8)
    for pattern in range(256):
        for seed in range(8):
            if pattern >> seed & 1 and part[pattern, seed] < 0:
                stack = [seed]
                while stack:
                    v = stack.pop()
                    part[pattern, v] = count[pattern]
                    stack += [
                        v ^ step
                        for step in (1, 2, 4)
                        if pattern >> (v ^ step) & 1 and part[pattern, v ^ step] < 0
                    ]
                count[pattern] += 1
    return part, count


PART, PARTS = _block_parts()


@dataclass(frozen=True)
class BitRows:
    """Cells of a mask as bit rows: bits, start [colour, x, y, word]; shape of the box; number of cells n."""

    bits: np.ndarray
    start: np.ndarray
    shape: tuple
    n: int

    @classmethod
    def of(cls, mask):
        """Pack the True voxels of a dense [x, y, z] mask."""
        bits, start, bounds = kernels.rows.pack(mask)
        return cls(bits, start, mask.shape, int(bounds[-1]))

    @property
    def cells_of_first(self):
        """Number of cells of the first colour: those of the second follow."""
        return int(self.start[1, 0, 0, 0])

    def range_of(self, colour, x):
        """Return the first cell of a colour in a plane of x, and the end."""
        follows = self.start[colour, x + 1, 0, 0] if x + 1 < self.shape[0] else None
        if follows is None:
            follows = self.n if colour else self.start[1, 0, 0, 0]
        return int(self.start[colour, x, 0, 0]), int(follows)

    def ranges_of(self, planes):
        """Return the ranges of cells of planes (first, stop) of x, one of each colour."""
        return [(self.range_of(c, planes[0])[0], self.range_of(c, planes[1] - 1)[1]) for c in (0, 1)]

    def scatter(self, values, fill=np.nan, dtype=np.float32):
        """Return a dense [x, y, z] array of cell values; `fill` elsewhere."""
        dense = np.full(self.shape, fill, dtype)
        kernels.rows.unpack(self.bits, self.start, values, dense)
        return dense


class RowsMultigrid:
    """Multigrid cycle for A on bit rows; from the first coarser level on it is a Multigrid on a graph.

    slab: the rows are those of a rank's box, and the cycle is that of the whole volume (see slab.py).
    """

    def __init__(self, rows, weights, coarsest=300, visits=2, slab=None):
        self.rows, self.weights = rows, tuple(np.float32(w) for w in weights)
        graph, weight, self.parent, low, high = first_aggregates(rows, self.weights)
        if slab is None or slab.alone:
            self.coarse = Multigrid(graph, None, coarsest, visits, halved=True)
            self.planes, self.halo = None, None
            self.coarse.update(weight, None, low, high)
            self.coarse.settle()
        else:
            self.coarse = SlabMultigrid(slab, graph, weight, low, high, coarsest, visits)
            self.planes, self.halo = slab.own, Halo.of_rows(slab, rows)
        self.x = np.zeros(rows.n, np.float32)

    def __str__(self):
        return f"{self.rows.n:>10} cells in bit rows\n{self.coarse}"

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start (one sweep down, one up), in a shared
        array."""
        rows, x, coarse, within = self.rows, self.x, self.coarse, (self.planes, self.halo)
        kernels.rows.first_sweep(rows.bits, rows.start, *self.weights, b, x, *within)
        kernels.rows.restrict_residual(
            rows.bits, rows.start, *self.weights, b, x, self.parent, coarse.b, self.planes
        )
        first = rows.cells_of_first  # the sweep begins with the others, whatever they hold
        kernels.cycle.prolong(self.parent[:first], coarse.answer(), x[:first])
        kernels.rows.sweep(rows.bits, rows.start, *self.weights, b, x, True, *within)
        return x


def first_aggregates(rows, weights):
    """Join the connected cells of each 2 x 2 x 2 block; return the coarse graph, its link weights, the
    aggregate of each cell, and the aggregates' conductances to the two end faces."""
    part, parts = PART, PARTS
    pattern = kernels.row_blocks.block_patterns(rows.bits, rows.shape[2])
    base, bounds = kernels.row_blocks.number_blocks(pattern, parts)
    parent = np.empty(rows.n, np.int32)
    kernels.row_blocks.parents(rows.bits, rows.start, pattern, base, part, parent)
    lines = [merge_lines(np.ones(n), 1.0) for n in rows.shape]
    widths = [np.bincount(line).astype(float) for line in lines]
    ratios = [distance_ratios(np.ones(n), line, w) for n, line, w in zip(rows.shape, lines, widths)]
    indptr = np.zeros(bounds[-1] + 1, np.int64)
    kernels.row_blocks.count_block_links(pattern, base, part, parts, indptr)
    np.cumsum(indptr, out=indptr)
    neighbour, weight = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    position = np.empty((bounds[-1], 3), np.int16)
    kernels.row_blocks.block_links(
        pattern,
        base,
        part,
        parts,
        indptr,
        np.array(weights, np.float32),
        *ratios,
        neighbour,
        weight,
        position,
    )
    ends = [_end_conductance(rows, pattern, base, bounds[-1], end, weights[0], widths[0]) for end in (0, -1)]
    # true proportions tell later levels which axes to halve
    widths = [w / np.sqrt(float(k)) for w, k in zip(widths, weights)]
    graph = Graph(indptr, neighbour, position, np.zeros(bounds[-1], np.uint8), bounds, tuple(widths))
    return graph, weight, parent, *ends


def _end_conductance(rows, pattern, base, n, end, weight, widths):
    """Conductance of the aggregates to an end face of x: 2 w a cell, over the ratio of coarse to fine
    width."""
    last = rows.shape[0] - 1
    inside = np.full(pattern.shape[0], -1)
    inside[end] = 0 if end == 0 else last % 2
    cells = np.zeros(n, np.float32)
    kernels.row_blocks.block_ends(pattern, base, PART, PARTS, inside, cells)
    return cells * np.float32(2 * weight / widths[end])
