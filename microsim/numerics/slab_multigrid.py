"""The multigrid of one conductor whose bit rows several ranks share.

The bit rows and the first graphs are worked on by all ranks, each on its slab, with the values beside an edge
exchanged after each colour. The third coarser graph (or the first that one process would solve directly) is
put together on every rank, and the rest of the cycle is done by each for itself: it costs little where the
volume is not vast. All numbers are those of RowsMultigrid but for the order of sums.
"""

import numpy as np

from .backend import kernels
from .fixed_rows import joined_ranges
from .graph import Graph
from .multigrid import Level, Multigrid, coarsen, end_conductance, level_weights
from .slab import Halo, runs_of

SHARED = 2  # graphs that the ranks share: a neighbour's planes in a rank's box are one line of the next


class SlabMultigrid:
    """Graphs of a multigrid below the bit rows of a slab: `b` in, `answer()` out."""

    def __init__(self, slab, graph, weight, low, high, coarsest=300, visits=2):
        self.slab, self.visits, self.levels, self.halos = slab, visits, [], []
        lines = slab.own[0] // 2, (slab.own[1] + 1) // 2
        while len(self.levels) < SHARED and self._cells(graph, lines) > coarsest:
            made, below = self._coarser(graph, weight, lines)
            if made is None:
                break
            level = self._level(graph, weight, low + high, lines)
            coarse, level.parent, level.child_ptr, level.child, level.scale, level.end_scale = made
            ends = zip((low, high), level.end_scale)
            low, high = (end_conductance(level, graph, weight, *end) for end in ends)
            weight = level_weights(level, graph, weight, coarse)
            level.settle()
            graph, lines = coarse, below
        self.last = _Gathered(slab, graph, weight, low, high, lines, coarsest, visits)

    @property
    def b(self):
        """The right-hand side that `answer` takes."""
        return self._b(0)

    def _b(self, k):
        return self.levels[k].b if k < len(self.levels) else self.last.b

    def answer(self, k=0):
        """Solve level k for its own b, by one cycle or by two of which the second goes on from the first."""
        if k == len(self.levels):
            return self.last.answer()
        level, halo = self.levels[k], self.halos[k]
        numbers = *level.rows, level.diagonal, level.b, level.x
        for again in range(self.visits):
            kernels.cycle.down(level.spans, bool(again), *numbers, level.r, halo)
            kernels.cycle.gather(level.r, level.child_ptr, level.child, self._b(k + 1))
            kernels.cycle.up(level.spans, level.parent, self.answer(k + 1), *numbers, halo)
        return level.x

    def _cells(self, graph, lines):
        """Count the cells of a graph on all ranks; lines: those that this one owns."""
        return int(self.slab.ranks.sum(np.count_nonzero(_within(graph, lines))))

    def _coarser(self, graph, weight, lines):
        """Return the next graph and its own lines, None where one process would go no further."""

        def own(other):
            return lines if len(other.widths[0]) == len(graph.widths[0]) else _halved(lines)

        made = coarsen(graph, weight, lambda other: self._cells(other, own(other)))
        if made is None or self._cells(made[0], own(made[0])) > 0.9 * self._cells(graph, lines):
            return None, lines
        return made, own(made[0])

    def _level(self, graph, weight, ground, lines):
        level = Level.of(graph, np.float32, halved=True)
        level.spans = runs_of(_within(graph, lines), graph.bounds)
        kernels.cycle.halve(weight)
        level.rows.set(graph, weight)
        kernels.laplacian.row_sums(graph.indptr, weight, ground, level.diagonal)
        colour = np.repeat([0, 1], np.diff(graph.bounds))
        self.levels.append(level)
        self.halos.append(Halo.of_graph(self.slab, lines, graph, colour))
        return level


class _Gathered:
    """The rest of a cycle, on every rank: a graph put together from the cells that each owns."""

    def __init__(self, slab, graph, weight, low, high, lines, coarsest, visits):
        self.join, self.own = slab.ranks.join, np.flatnonzero(_within(graph, lines))
        join, own, self.b = self.join, self.own, np.zeros(graph.n, np.float32)
        self.counts = join(np.array([own.size])).tolist()
        lines_before = join(np.array([lines[1] - lines[0]]))[: slab.ranks.rank].sum()
        position = graph.position + np.array([lines_before - lines[0], 0, 0])
        colour = position.sum(axis=1) % 2
        all_colours = join(colour[own])
        self.order = np.argsort(all_colours, kind="stable")  # of the whole graph, by colour and rank
        place = np.empty_like(self.order)
        place[self.order] = np.arange(place.size)
        # numbers in the order of the ranks; those of cells further off than the next line are never needed
        number = np.zeros(graph.n, np.int64)
        number[own] = sum(self.counts[: slab.ranks.rank]) + np.arange(own.size)
        Halo.of_graph(slab, lines, graph, colour).both(number)
        self.place = place[number]
        links = np.diff(graph.indptr)[own]
        slots = joined_ranges(graph.indptr[own], links)
        rows = _ordered(self.order, place, join(links), join(number[graph.neighbour[slots]]))
        widths = join(graph.widths[0][slice(*lines)]), *graph.widths[1:]
        bounds = np.searchsorted(all_colours[self.order], [0, 1, 2])
        position, layer = join(position[own])[self.order].astype(np.int16), np.zeros(place.size, np.uint8)
        whole = Graph(rows[0], rows[1], position, layer, bounds, tuple(widths))
        weight = join(weight[slots])[rows[2]]
        self.multigrid = Multigrid(whole, weight, coarsest, visits, halved=True)
        self.multigrid.update(weight, None, *(join(part[own])[self.order] for part in (low, high)))
        self.multigrid.settle()

    def answer(self):
        """Return the answer to b in the cells of the rank's box, by as many cycles as there are visits."""
        self.multigrid.b[:] = self.join(self.b[self.own], self.counts)[self.order]
        return self.multigrid.answer()[self.place]


def _ordered(order, place, links, neighbour):
    """Return the rows of links of cells in another order, lower neighbours first: indptr, neighbours, and
    where each link was."""
    begin = np.cumsum(links) - links
    was = joined_ranges(begin[order], links[order])
    row, neighbour = np.repeat(np.arange(order.size), links[order]), place[neighbour[was]]
    sort = np.lexsort((neighbour > row, row))
    indptr = np.concatenate([[0], np.cumsum(links[order])])
    return indptr, neighbour[sort].astype(np.int32), was[sort]


def _within(graph, lines):
    """Which cells lie in lines (first, stop) of x."""
    x = graph.position[:, 0]
    return (x >= lines[0]) & (x < lines[1])


def _halved(lines):
    return lines[0] // 2, (lines[1] + 1) // 2
