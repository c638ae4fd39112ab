"""Links of a graph in rows of one length, and the order in which a sweep takes its cells."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .backend import kernels
from .near import Near, packed


class Rows(NamedTuple):
    """Links of the cells in rows of fixed length, and further rows of the cells `far` that have more, a cell
    as often as it takes (see kernels.cycle). near: numbers [n, 6], or Near; weight: of floats, or the upper
    halves of float32 (uint16)."""

    near: np.ndarray | Near
    weight: np.ndarray
    far: np.ndarray
    far_near: np.ndarray
    far_weight: np.ndarray

    @classmethod
    def of(cls, graph, dtype, halved=False):
        """Return those of a graph, whose weights are still to be set; halved: whether to 8 binary digits, and
        neighbours in 16 bits."""
        shape = graph.n, kernels.cycle.LINKS
        if graph.is_filled:
            near = graph.nearby
        else:
            near = np.empty(shape, np.uint32)
            kernels.cycle.pack_neighbours(graph.indptr, graph.neighbour, near)
            near = packed(near) if halved else near
        far = _with_more(graph.indptr)
        far_near = np.repeat(far[:, None], kernels.cycle.MORE, axis=1)
        kernels.cycle.pack_more(graph.indptr, far, graph.neighbour, far_near)
        weights = np.zeros(shape, np.uint16 if halved else dtype), np.zeros(far_near.shape, dtype)
        return cls(near, weights[0], far, far_near, weights[1])

    @classmethod
    def alone(cls, near, weight):
        """Return rows of cells that have no further links; near, weight [n, 6]."""
        far = np.empty((0, kernels.cycle.MORE), near.dtype)
        return cls(near, weight, far[:, 0], far, far.astype(weight.dtype))

    def in_full(self):
        """Return them with numbers of neighbours and weights of floats."""
        return self._replace(near=np.asarray(self.near), weight=in_full(self.weight))

    def set(self, graph, weight):
        """Take over the weights of the graph's links; none stand for ones."""
        kernels.cycle.pack_weights(graph.indptr, weight, self.weight)
        if not weight.size and graph.is_filled:
            self.weight[graph.near == np.arange(graph.n)[:, None]] = 0  # what a filled graph lacks
        if self.far.size:
            weight = weight if weight.size else np.ones(graph.neighbour.size, self.weight.dtype)
            kernels.cycle.pack_more(graph.indptr, self.far, weight, self.far_weight)


def in_full(weight):
    """Return weights of floats: as they are, or of the upper halves of float32 (uint16)."""
    return (weight.astype(np.uint32) << 16).view(np.float32) if weight.dtype == np.uint16 else weight


def in_halves(weight):
    """Return the upper halves (uint16) of weights (float32) rounded to eight binary digits, in place."""
    kernels.cycle.halve(weight.reshape(-1))
    out = np.empty(weight.shape, np.uint16)
    return np.right_shift(weight.view(np.uint32), 16, out=out, casting="unsafe")


def _with_more(indptr):
    """Return the cells that have more links than a row holds, each as often as it takes further rows."""
    cells = []
    for first, length in row_lengths(indptr):
        many = np.flatnonzero(length > kernels.cycle.LINKS)
        further = -((kernels.cycle.LINKS - length[many]) // kernels.cycle.MORE)
        cells.append(np.repeat((first + many).astype(np.uint32), further))
    return np.concatenate(cells) if cells else np.empty(0, np.uint32)


def row_lengths(indptr, piece=2**16):
    """Go through the lengths of rows in pieces that stay in the cache: (first row, lengths)."""
    for first in range(0, indptr.size - 1, piece):
        yield first, np.diff(indptr[first : first + piece + 1])


def joined_ranges(begin, length):
    """Return the numbers begin, begin + 1 ... of ranges of given lengths, one after the other."""
    ends = np.cumsum(length)
    return np.repeat(begin - ends + length, length) + np.arange(ends[-1] if ends.size else 0)


def spans_of(graph):
    """Return the ranges of a graph's cells in the order of a sweep, [(first, stop, colour)].

    Two coupled graphs of two colours each have two colours together, those of a chessboard, where no link
    joins their first colours or their second ones. A sweep from zero then costs half.
    """
    parts = [(a, b) for a, b in pairwise(graph.bounds.tolist())]
    colours = list(range(len(parts)))
    if len(parts) == 4 and _alternate(graph):
        parts, colours = [parts[k] for k in (0, 2, 1, 3)], (0, 0, 1, 1)
    spans = [(*cells, colour) for cells, colour in zip(parts, colours) if cells[1] > cells[0]]
    present = sorted({colour for *_, colour in spans})
    return np.array([(a, b, present.index(colour)) for a, b, colour in spans], np.int64).reshape(-1, 3)


def _alternate(graph):
    """Whether every link joins a cell of an even range with one of an odd range."""
    odd = (np.searchsorted(graph.bounds, np.arange(graph.n), side="right") % 2).astype(bool)
    own = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    return not np.any((odd[own] == odd[graph.neighbour]) & (own != graph.neighbour))
