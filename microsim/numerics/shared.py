"""Graphs that every rank knows whole, of which each works on its own planes of x.

Values in a rank's own cells are what one process would find; those of other ranks are fetched where a loop
reads them, colour by colour in a sweep, so that iterations are those of one process.
"""

import numpy as np

from .backend import kernels
from .multigrid import Multigrid
from .slab import Halo


def owners_of(counts, size):
    """Return the rank that owns each line of x, of cells as equal in number as whole lines allow; counts: of
    each line."""
    middle = np.cumsum(counts) - counts / 2
    return np.minimum(middle * size // counts.sum(), size - 1).astype(np.int64)


def stretches_of(mask):
    """Return the ranges of entries that are True, [(first, stop)]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [tuple(pair) for pair in edges.reshape(-1, 2).tolist()]


def links_of(graph):
    """Return both ends of each link of a graph."""
    return np.repeat(np.arange(graph.n), np.diff(graph.indptr)), graph.neighbour


def halo_of(ranks, owner, reader, entry, colour=None, colours=1):
    """Return the Halo of a vector whose entries have owners: entry[k] is read by the rank reader[k].

    colour: of each entry, in which it is exchanged. All ranks are given the same, so that both sides of an
    exchange mean the same entries in the same order.
    """
    apart = owner[entry] != reader
    reader, entry, sides = reader[apart], entry[apart], []
    colour = np.zeros(owner.size, np.int64) if colour is None else colour
    for rank in range(ranks.size):
        send = np.unique(entry[(reader == rank) & (owner[entry] == ranks.rank)])
        fill = np.unique(entry[(reader == ranks.rank) & (owner[entry] == rank)])
        if rank != ranks.rank and send.size + fill.size:
            by_colour = ([part[colour[part] == c] for c in range(colours)] for part in (send, fill))
            sides.append((rank, *by_colour))
    return Halo(ranks, sides)


class Whole:
    """Puts a vector together on all ranks from the entries that each owns."""

    def __init__(self, ranks, owner):
        self.ranks, self.own = ranks, np.flatnonzero(owner == ranks.rank)
        self.order = np.argsort(owner, kind="stable")
        self.counts = np.bincount(owner, minlength=ranks.size).tolist()

    def __call__(self, own):
        """Return the whole vector from the own entries of each rank."""
        joined = self.ranks.join(own, self.counts)
        out = np.empty_like(joined)
        out[self.order] = joined
        return out


class SharedMultigrid(Multigrid):
    """A Multigrid whose finest level the ranks share, each working on the lines of x that it owns.

    The coarser levels are worked on by every rank for itself: their right-hand side is put together from what
    each has gathered. Answers hold in own cells and those beside them. lines: owner of each line of x; also:
    (ranks, cells), further cells whose answers these ranks read.
    """

    def __init__(self, ranks, lines, graph, weight=None, visits=2, also=None, halved=False):
        super().__init__(graph, weight, visits=visits, halved=halved)
        level, owner = self.levels[0], lines[graph.position[:, 0]]
        self.spans, colour = _own_spans(level.spans, owner == ranks.rank)
        rows, neighbour = links_of(graph)
        readers, read = [owner[rows]], [neighbour]
        if also is not None:
            readers, read = [*readers, also[0]], [*read, also[1]]
        read_by = np.concatenate(readers), np.concatenate(read)
        self.halo = halo_of(ranks, owner, *read_by, colour, int(level.spans[-1, 2]) + 1)
        if len(self.levels) == 1:
            self.whole = Whole(ranks, owner)
            return
        above = owner[level.child[level.child_ptr[:-1]]]  # a coarse cell goes with the first of its cells
        self.rest = halo_of(ranks, owner, above[level.parent], np.arange(graph.n))
        self.whole, self.gathered = Whole(ranks, above), stretches_of(above == ranks.rank)

    def cycle(self, b, k=0):
        """Return the answer of one cycle, as Multigrid's; b holds in own cells."""
        if k:
            return super().cycle(b, k)
        self.levels[0].b[:] = b
        return self._together(again=False)

    def answer(self, k=0):
        """Solve for b, which holds in own cells, by as many cycles as there are visits."""
        if k:
            return super().answer(k)
        for again in range(self.visits):
            x = self._together(bool(again))
        return x

    def _together(self, again):
        """One cycle: from zero, or `again` from where the last one left x."""
        level = self.levels[0]
        if len(self.levels) == 1:
            level.b[:] = self.whole(level.b[self.whole.own])
            return self.descent.cycle(0, self.factor)
        if not again:
            level.x[:] = 0
        numbers, below = (*level.rows, level.diagonal, level.b, level.x), self.levels[1]
        kernels.cycle.down(self.spans, again, *numbers, level.r, self.halo)
        self.rest(level.r, 0)
        for first, stop in self.gathered:
            kernels.cycle.gather.between(first, stop, level.r, level.child_ptr, level.child, below.b)
        below.b[:] = self.whole(below.b[self.whole.own])
        kernels.cycle.up(self.spans, level.parent, self.answer(1), *numbers, self.halo)
        return level.x


def _own_spans(spans, own):
    """Return the parts of spans [(first, stop, colour)] that are own, an empty one for each colour among them
    so that all ranks have all colours, and the colour of each cell."""
    colour, found = np.zeros(own.size, np.int64), []
    for first, stop, c in spans.tolist():
        colour[first:stop] = c
        found += [(first, first, c), *((first + a, first + b, c) for a, b in stretches_of(own[first:stop]))]
    return np.array(sorted(found, key=lambda span: span[2]), np.int64), colour
