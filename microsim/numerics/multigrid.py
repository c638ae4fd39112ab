"""Multigrid on a graph of voxel cells, as a preconditioner: aggregates follow both blocks and connectivity.

A coarse cell is a connected part of a 2 x 2 x 2 block of one layer, so that nothing is joined across a wall.
Transfer is piecewise constant; a coarse link is the sum of the fine links it holds times the ratio of fine to
coarse centre distance (1/2 on a uniform grid: four faces, twice the distance). Axes are halved only while
their cells are narrow beside the others (semi-coarsening), which keeps flat voxels and graded slabs well
behaved.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import cholesky

from .backend import kernels
from .codes import HALF_BYTE
from .descent import Descent
from .fixed_rows import Rows, joined_ranges, row_lengths, spans_of
from .graph import Graph, line_colours
from .listed import Listed


@dataclass
class Level:
    """One level: its graph, its numbers, and the way to the next coarser level.

    spans: ranges of cells in the order of a sweep, [(first, stop, colour)]; slots: which coarse link takes
    each fine one, within: what says none (see coarse_slots); ways: what `_links_along` has found;
    aggregates, links: their number.
    """

    graph: Graph
    spans: np.ndarray
    rows: Rows
    diagonal: np.ndarray
    x: np.ndarray
    b: np.ndarray
    r: np.ndarray
    parent: np.ndarray | None = None
    child_ptr: np.ndarray | None = None
    child: np.ndarray | None = None
    scale: np.ndarray | None = field(default=None, repr=False)
    slots: np.ndarray | None = field(default=None, repr=False)
    within: int = 0
    end_scale: tuple = (1.0, 1.0)
    ways: list = field(default_factory=list, repr=False)
    aggregates: int = 0
    links: int = 0

    @classmethod
    def of(cls, graph, dtype, halved=False):
        """Return a level without numbers."""
        vectors = (np.zeros(graph.n, dtype) for _ in range(4))
        links = int(graph.indptr[-1]) // 2
        return cls(graph, spans_of(graph), Rows.of(graph, dtype, halved), *vectors, links=links)

    def settle(self):
        """Let go of what only other numbers would need: the links of the graph, and how they scale."""
        none = np.empty(0, np.int32)
        self.graph = replace(self.graph, ends=none, links=none)
        self.scale = self.slots = None

    def find_children(self):
        """Find the members of the aggregates again where they were let go of."""
        if self.child is None:
            self.child_ptr, self.child = kernels.coarsening.children_of(self.parent, self.aggregates)

    def let_go(self):
        """Let go of what only setting the numbers looks at and is soon found again: 12 bytes a cell."""
        self.aggregates, self.child_ptr, self.child = len(self.child_ptr) - 1, None, None
        self.scale = Listed.of(self.scale)


def merge_lines(width, limit):
    """Pair neighbouring grid lines not wider than `limit`; return the coarse line of each line."""
    coarse = np.empty(len(width), np.int64)
    line, k = -1, 0
    while k < len(width):
        line += 1
        coarse[k] = line
        if k + 1 < len(width) and width[k] <= limit and width[k + 1] <= limit:
            coarse[k + 1] = line
            k += 1
        k += 1
    return coarse


def distance_ratios(width, coarse, coarse_width):
    """Fine over coarse centre distance across the upper end of each coarse line (last entry: around the
    ring)."""
    ratio = np.ones(len(coarse_width), np.float32)
    last = np.flatnonzero(np.diff(coarse))
    for k in last:
        ratio[coarse[k]] = (width[k] + width[k + 1]) / (coarse_width[coarse[k]] + coarse_width[coarse[k] + 1])
    ratio[-1] = (width[0] + width[-1]) / (coarse_width[0] + coarse_width[-1])
    return ratio


def coarsen(graph, weight, count=lambda graph: graph.n):
    """Build the next coarser graph; return it with parent, children, link scales, end scales.

    Axes up to 1.5 times as wide as the narrowest are halved; where that joins hardly anything (sheets across
    the narrow axis) wider ones are taken in. `weight` tells an island (a cell without neighbours in its
    layer) which neighbour to join; count: number of cells of a graph, or of all parts of which it is one.
    Returns None when no axis is left to halve.
    """
    narrow = min((np.median(w) for w in graph.widths if len(w) > 1), default=None)
    made = None
    for reach in (1.5, 6.0, 1e9) if narrow is not None else ():
        made = _coarsen(graph, weight, reach * narrow)
        if count(made[0]) <= 0.7 * count(graph):
            break
    return made


def _coarsen(graph, weight, limit):
    lines = [merge_lines(w, limit) for w in graph.widths]
    widths = [np.bincount(line, weights=w) for line, w in zip(lines, graph.widths)]
    layers = 1 + int(graph.layer.max(initial=0))
    key = kernels.coarsening.block_keys(graph.position, graph.layer, *lines, len(widths[1]), len(widths[2]))
    host = None
    if layers > 1:
        host = kernels.coarsening.adopt_islands(graph.indptr, graph.neighbour, weight, graph.layer)
        key = key[host]
    root = kernels.coarsening.aggregate(graph.indptr, graph.neighbour, key)
    del key
    if layers == 1:  # neighbouring blocks differ in parity, and no link reaches further
        line_colour, colours = line_colours([len(w) for w in widths], graph.periodic)
        own = (of_line[line] for of_line, line in zip(line_colour, lines))
        colour = kernels.coarsening.block_colours(graph.position, *own, colours)
    else:
        colour, colours = _colours_of(graph, root)
    parent, bounds, member = kernels.coarsening.number_aggregates(root, colour, colours)
    child_ptr, child = kernels.coarsening.children_of(parent, len(member))
    indptr, neighbour = kernels.coarsening.coarse_links(
        graph.indptr, graph.neighbour, parent, child_ptr, child
    )
    member = member if host is None else host[member]
    position = kernels.coarsening.member_lines(graph.position, member, *lines)
    layer = graph.layer[member]
    ratios = [distance_ratios(w, line, big) for w, line, big in zip(graph.widths, lines, widths)]
    scale = kernels.coarsening.link_scales(indptr, neighbour, position, layer, *ratios)
    ends = (graph.widths[0][0] / widths[0][0], graph.widths[0][-1] / widths[0][-1])
    coarse = Graph(indptr, neighbour, position, layer, bounds, tuple(widths), graph.periodic)
    return coarse, parent, child_ptr, child, scale, ends


def _colours_of(graph, root):
    """Colour the aggregates of `root` one after the other; return the colour at each root cell, and how
    many.

    The last colour is the one of most cells and the first that of second most: a sweep leaves nothing in the
    last one, and from zero the first costs a division."""
    parent, _, member = kernels.coarsening.number_aggregates(root, np.zeros(graph.n, np.uint8), 1)
    links = kernels.coarsening.coarse_links(
        graph.indptr, graph.neighbour, parent, *kernels.coarsening.children_of(parent, len(member))
    )
    found = kernels.coarsening.colour_greedily(*links)
    by_size = np.argsort(-np.bincount(found), kind="stable")
    place = np.empty(by_size.size, np.uint8)
    place[np.roll(by_size, -1)] = np.arange(by_size.size)
    return place[found[parent]], by_size.size


CONTRAST = 1e4  # single precision holds conductors so far apart; from 1e5 on its iteration diverges


def precision_for(conductivity):
    """Return float32, or float64 for conductors more than CONTRAST apart (zeros are no conductors)."""
    values = conductivity[conductivity > 0]
    return np.float64 if values.size and values.max() > CONTRAST * values.min() else np.float32


def level_weights(level, fine, weight, coarse):
    """Return the weights of the links of the graph below a level."""
    children = level.child_ptr, level.child
    if level.slots is None:
        most = max((length.max() for _, length in row_lengths(coarse.indptr)), default=0)
        within = next(code for code in (HALF_BYTE, 2**8 - 1, 2**32 - 1) if most <= code)
        slots = np.empty(fine.indptr[-1], np.uint8 if within < 2**8 else np.uint32)
        fine_links = fine.indptr, fine.neighbour, level.parent, *children
        kernels.coarsening.coarse_slots(*fine_links, coarse.indptr, coarse.neighbour, within, slots)
        level.slots, level.within = in_half_bytes(slots) if within == HALF_BYTE else slots, within
    out = np.empty(coarse.indptr[-1], weight.dtype)
    held = level.slots, level.within, *children
    kernels.coarsening.coarse_weights(fine.indptr, weight, *held, coarse.indptr, np.asarray(level.scale), out)
    return out


def in_half_bytes(codes):
    """Return codes of at most 15 two to a byte, the first of each two below the second."""
    out = np.zeros(-(-codes.size // 2), np.uint8)
    out[: codes.size // 2] = codes[1::2] << 4
    out |= codes[::2]
    return out


def end_conductance(level, fine, weight, part, ratio):
    """Return the conductance of each aggregate to an end face of x: of its cells' own (`part`) and of the
    way through it, in series.

        1 / (1 / sum(part) + 1 / (2 g)),   g: its links along x

    In a full block that is sum(part) times `ratio`, fine over coarse width, and never less: where few cells
    touch the end, half of their conductance from level to level would leave too little of it. What the coarse
    grids then answer overshoots by a factor a level, and the cycle diverges.
    """
    total = np.empty(len(level.child_ptr) - 1, part.dtype)
    kernels.coarsening.sum_children(part, level.child_ptr, level.child, total)
    held = np.flatnonzero(total > 0)
    if ratio == 1 or not held.size:
        return total
    slots, own = _links_along(level, fine, held)
    within = np.bincount(own, weight[slots] if weight.size else None, total.size)  # each link twice
    series = total.copy()
    passed = within > 0
    series[passed] = 1 / (1 / total[passed] + 1 / within[passed])
    return np.maximum(series, total * part.dtype.type(ratio), out=total)


def _links_along(level, fine, held):
    """Return the links along x within the aggregates `held` of the graph below a level, and the aggregate of
    each; found once for the cells at an end."""
    for known, *found in level.ways:
        if np.array_equal(known, held):
            return found
    count = level.child_ptr[held + 1] - level.child_ptr[held]
    cells = level.child[joined_ranges(level.child_ptr[held], count)]
    links = fine.indptr[cells + 1] - fine.indptr[cells]
    slots, own = joined_ranges(fine.indptr[cells], links), np.repeat(np.repeat(held, count), links)
    here, there = np.repeat(cells, links), fine.neighbour[slots]
    along = (level.parent[there] == own) & (fine.layer[here] == fine.layer[there])
    along &= fine.position[here, 0] != fine.position[there, 0]
    level.ways.append((held, slots[along], own[along]))
    return level.ways[-1][1:]


class Multigrid:
    """Symmetric V-cycle for A = weighted graph Laplacian + diagonal.

    A_ii = mass_i + low_i + high_i + sum_j w_ij, A_ij = -w_ij. `low` and `high` are conductances to fixed
    values on the two end faces of x (they scale like links), `mass` is anything that adds up over cells.
    dtype: single precision, or double where `precision_for` asks for it. halved: links of eight binary
    digits, of which the diagonal is made too, so that nothing leaks: for one who only preconditions, and
    whose `weight` may be overwritten.
    """

    def __init__(self, graph, weight=None, coarsest=300, visits=2, dtype=np.float32, halved=False):
        self.levels, self.visits, self.dtype, self.halved, self.lean = [], visits, dtype, halved, False
        if weight is None:
            weight = np.ones(graph.neighbour.size if graph.layer.any() else 0, dtype)
        while True:
            self.levels.append(Level.of(graph, dtype, halved))
            graph = graph.in_numbers()
            made = coarsen(graph, weight) if graph.n > coarsest else None
            if made is None or made[0].n > 0.9 * graph.n:
                break
            level, fine = self.levels[-1], graph
            graph, level.parent, level.child_ptr, level.child, level.scale, level.end_scale = made
            if weight.size:
                weight = level_weights(level, fine, weight, graph)
        self.descent = Descent(self.levels, visits)

    def __str__(self):
        rows = [f"{'cells':>10} {'links':>10}  lines"]
        for level in self.levels:
            lines = " x ".join(str(len(w)) for w in level.graph.widths)
            rows.append(f"{level.graph.n:>10} {level.links:>10}  {lines}")
        return "\n".join(rows)

    def update(self, weight, mass=None, low=None, high=None):
        """Set the numbers: link weights of the finest graph and its diagonal parts; coarser levels follow."""
        parts = [
            np.zeros(self.levels[0].graph.n, self.dtype) if part is None else part.astype(self.dtype)
            for part in (mass, low, high)
        ]
        weight, finest = weight.astype(self.dtype, copy=False), self.levels[0]
        if not weight.size and finest.graph.is_filled:  # ones, of the links that are there
            weight = (finest.graph.near != np.arange(finest.graph.n)[:, None]).ravel().astype(self.dtype)
        self.ground = parts[0] + parts[1] + parts[2] if self.dtype is np.float64 else None
        self.weight = weight if self.dtype is np.float64 else None
        for level, coarse in zip(self.levels, self.levels[1:] + [None]):
            if self.halved:
                kernels.cycle.halve(weight)
            level.rows.set(level.graph, weight)
            kernels.laplacian.row_sums(
                level.graph.indptr, weight, parts[0] + parts[1] + parts[2], level.diagonal
            )
            if coarse is None:
                break
            level.find_children()
            parts = [
                end_conductance(level, level.graph, weight, part, ratio)
                for part, ratio in zip(parts, (1.0, *level.end_scale))
            ]
            weight = level_weights(level, level.graph, weight, coarse.graph)
            if self.lean:
                level.let_go()
        self._factor(weight)
        if self.lean:  # whose links the rows have, and `slots` and `ways` stand for
            for level in self.levels[1:-1]:
                level.graph = replace(level.graph, links=np.empty(0, np.int32))

    def lying_in(self, room, near=None):
        """Return it with x, b and r of its finest level in a room [3, n or more] of other multigrids, too,
        which answer one after the other, and without what each update can find again. near: the neighbours
        of that level where others have them, too (Near)."""
        self.lean = True
        if self.descent.top:
            level = self.levels[0]
            level.x, level.b, level.r = (vector[: level.graph.n] for vector in room)
            level.rows = level.rows if near is None else level.rows._replace(near=near)
        return self

    def settle(self):
        """Let go of what only another `update` would need, a third of all; return the same multigrid."""
        for level in self.levels:
            level.settle()
        return self

    def _factor(self, weight):
        """Factorise the coarsest matrix (a few hundred cells), shifted by rounding so that it stays
        definite."""
        level = self.levels[-1]
        n = level.graph.n
        rows = np.repeat(np.arange(n), np.diff(level.graph.indptr))
        matrix = np.zeros((n, n))
        np.add.at(matrix, (rows, level.graph.neighbour), -weight.astype(float) if weight.size else -1.0)
        matrix[np.arange(n), np.arange(n)] += level.diagonal * (1 + np.finfo(self.dtype).eps)
        lower = cholesky(matrix, lower=True) if n else matrix
        self.factor = lower + np.tril(lower, -1).T

    @property
    def b(self):
        """The right-hand side that `answer` takes."""
        return self.levels[0].b

    def apply(self, p, out):
        """Write A p of the finest level; return p . A p (float64).

        In double precision by differences: the diagonal of a good conductor's cell, and with it the product
        of the potential that all of its cells share, has lost what little flows to a poor one.
        """
        level, g = self.levels[0], self.levels[0].graph
        if self.ground is None:
            return kernels.cycle.product(*level.rows, level.diagonal, p, out)
        kernels.laplacian.outflow(g.indptr, g.neighbour, self.weight, self.ground, p, out)
        return kernels.vectors.inner(p, out)

    def cycle(self, b, k=0):
        """Return the answer of one cycle to A x = b from a zero start (one sweep down, one up), in a shared
        array.

        With visits = 1 a V-cycle; with 2 a W-cycle: each level asks the next coarser one twice.
        """
        if k >= self.descent.top:
            self.levels[k].b[:] = b
            return self.descent.cycle(k, self.factor)
        return self._visit(k, b, again=False)

    def answer(self, k=0):
        """Solve level k for its own b, by one cycle or by two of which the second goes on from the first."""
        if k >= self.descent.top:
            return self.descent.answer(k, self.factor)
        for again in range(self.visits):
            x = self._visit(k, self.levels[k].b, bool(again))
        return x

    def _visit(self, k, b, again):
        """Improve x of level k by one cycle, from zero or `again` from where the last one left it."""
        level, below = self.levels[k], self.levels[k + 1]
        kernels.cycle.down(level.spans, again, *level.rows, level.diagonal, b, level.x, level.r)
        members = level.child_ptr, level.child
        kernels.cycle.restrict(level.spans, level.parent, level.r, *members, below.b)
        kernels.cycle.up(
            level.spans, level.parent, self.answer(k + 1), *level.rows, level.diagonal, b, level.x
        )
        return level.x
