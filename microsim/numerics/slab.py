"""A slab: the planes of x that a rank owns, of a volume that several ranks share.

Beside its own planes a rank holds GHOSTS of each neighbour's. They make 4, 2 and 1 lines of the first three
coarser levels, so that blocks and colours of the rank's box are those of the whole volume, and no block of
these levels crosses an edge: every rank builds its part of the very multigrid that one process would build.
What is computed beside an edge needs the next line of the neighbour, nothing further.
"""

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from .backend import kernels
from .ranks import ALONE, Alone

GHOSTS = 8  # planes of a neighbour; slabs begin at multiples of it


@dataclass(frozen=True)
class RankSlab:
    """Planes low to high - 1 of a volume of `length` planes, and the ranks that own the others."""

    length: int
    low: int
    high: int
    ranks: Alone = field(default=ALONE, repr=False)

    @classmethod
    def of(cls, length, ranks=ALONE):
        """Return this rank's slab of a volume of so many planes."""
        if ranks.size > 1 and length < GHOSTS * ranks.size:
            raise InputError(
                f"expected at least {GHOSTS} planes along the axis for each rank, got {length} for "
                f"{ranks.size} ranks; start {max(length // GHOSTS, 1)} or fewer."
            )
        ends = [round(length * k / ranks.size / GHOSTS) * GHOSTS for k in range(ranks.size)] + [length]
        return cls(length, ends[ranks.rank], ends[ranks.rank + 1], ranks)

    @property
    def alone(self):
        """Whether it is the whole volume."""
        return self.ranks.size == 1

    @property
    def first(self):
        """First plane of the rank's box: its own planes and the neighbours' beside them."""
        return self.low - GHOSTS if self.low else 0

    @property
    def stop(self):
        """End of the rank's box."""
        return min(self.high + GHOSTS, self.length)

    @property
    def own(self):
        """The rank's own planes (first, end) within its box."""
        return self.low - self.first, self.high - self.first

    @property
    def neighbours(self):
        """Ranks below and above, None at the ends of the volume."""
        rank = self.ranks.rank
        return rank - 1 if rank else None, rank + 1 if rank + 1 < self.ranks.size else None

    def with_ghosts(self, values):
        """Return the array of the rank's box from that of its own planes."""
        if self.alone:
            return values
        depths = self.low - self.first, self.stop - self.high
        ghosts = [np.empty((depth, *values.shape[1:]), values.dtype) for depth in depths]
        edges = values[:GHOSTS], values[-GHOSTS:]
        self.ranks.swap(
            [
                (rank, np.ascontiguousarray(edge), ghost)
                for rank, edge, ghost in zip(self.neighbours, edges, ghosts)
                if rank is not None
            ]
        )
        return np.concatenate([ghosts[0], values, ghosts[1]])

    @property
    def wide(self):
        """The own planes and one of each neighbour (first, end) in the volume."""
        return max(self.low - 1, 0), min(self.high + 1, self.length)

    def beside(self, values):
        """View the rank's own planes and one of each neighbour's in an array of its box."""
        return values[self.wide[0] - self.first : self.wide[1] - self.first]

    def of_rank(self, rank):
        """Return the slab of another rank; it says nothing to others."""
        return RankSlab.of(self.length, Alone(rank, self.ranks.size))

    def planes(self, values):
        """Return the values of all planes of the volume from those of the planes of the box."""
        return self.ranks.join(values[slice(*self.own)])


class Halo:
    """Exchanges the values of cells beside a slab's edges, colour by colour.

    sides: for each neighbour (rank, cells to send by colour, cells to fill by colour): slices or numbers.
    """

    def __init__(self, ranks, sides):
        self.ranks, self.sides = ranks, sides

    @classmethod
    def of_rows(cls, slab, rows):
        """Return that of bit rows: the cells of a plane and colour follow each other."""
        own = slab.own
        edges = (own[0], own[0] - 1), (own[1] - 1, own[1])
        sides = [
            (rank, *([slice(*rows.range_of(c, x)) for c in (0, 1)] for x in places))
            for rank, places in zip(slab.neighbours, edges)
            if rank is not None
        ]
        return cls(slab.ranks, sides)

    @classmethod
    def of_graph(cls, slab, own, graph, colour):
        """Return that of a graph with lines own (first, end) of its own; checks that both sides mean the same
        cells in the same order."""
        line, edges = graph.position[:, 0], ((own[0], own[0] - 1), (own[1] - 1, own[1]))
        sides = [
            (rank, *([np.flatnonzero((line == x) & (colour == c)) for c in (0, 1)] for x in places))
            for rank, places in zip(slab.neighbours, edges)
            if rank is not None
        ]
        halo = cls(slab.ranks, sides)
        for axis in (1, 2):
            place = np.ascontiguousarray(graph.position[:, axis])
            found = place.copy()
            halo.both(found)
            if not np.array_equal(found, place):
                raise RuntimeError("cells beside the edge of a slab differ from the neighbour's")
        return halo

    def __call__(self, x, colour):
        """Fill the neighbours' cells of a colour with their values."""
        parcels = [(rank, x[send[colour]], np.empty_like(x[fill[colour]])) for rank, send, fill in self.sides]
        self.ranks.swap(parcels)
        for (_, _, received), (_, _, fill) in zip(parcels, self.sides):
            x[fill[colour]] = received

    def both(self, x):
        """Fill the neighbours' cells of both colours."""
        for colour in (0, 1):
            self(x, colour)


def runs_of(own, bounds):
    """Return the ranges of a graph's cells that are `own`, in the order of a sweep: [(first, stop,
    colour)]."""
    edges = np.flatnonzero(np.diff(own)) + 1
    cuts = np.unique(np.concatenate([[0], edges, bounds, [own.size]]))
    colour = np.searchsorted(bounds, cuts[:-1], side="right") - 1
    runs = np.stack([cuts[:-1], cuts[1:], colour], axis=1)[own[cuts[:-1]]]
    return runs.astype(np.int64)


def inner_of(slab, ranges):
    """Return the inner product of vectors whose own entries lie in ranges [(first, stop)]."""
    if slab.alone:
        return None

    def inner(a, b):
        return slab.ranks.sum(sum(kernels.vectors.inner(a[i:j], b[i:j]) for i, j in ranges))

    return inner
