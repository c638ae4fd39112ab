"""The cycle of a multigrid on a device: set up by the processor, run where the arrays are."""

from dataclasses import dataclass, replace

import numpy as np

from .backend import device_kernels as kernels
from .descent import strokes_of
from .fixed_rows import in_full
from .multigrid import Multigrid
from .rows import RowsMultigrid

CELL_BYTES = 45  # of the device for each cell of the finest level, vectors of conjugate gradients included


@dataclass(frozen=True)
class DeviceLevel:
    """A level of a Multigrid on the device; the coarsest leads no further (None)."""

    spans: object
    rows: tuple
    diagonal: object
    b: object
    x: object
    r: object
    parent: object
    child_ptr: object
    child: object

    @classmethod
    def of(cls, level):
        """Bring what the processor set up to the device."""
        names = "diagonal", "b", "x", "r", "parent", "child_ptr", "child"
        parts = (getattr(level, name) for name in names)
        upload = kernels.device.upload
        return cls(
            level.spans,
            kernels.cycle.uploaded(*level.rows.in_full()),
            *(None if part is None else upload(part) for part in parts),
        )

    def renew(self, level):
        """Take over other numbers of the same level; what was recorded with it goes on with them."""
        _, weight, _, _, far_weight = self.rows
        kernels.fixed.lay(in_full(level.rows.weight), weight)
        kernels.device.fill(far_weight, level.rows.far_weight)
        kernels.device.fill(self.diagonal, level.diagonal)


class DeviceDescent:
    """The small levels of a Multigrid on the device, in arrays that lie one after the other: one launch runs
    their part of a cycle (see kernels.cycle.descend). levels: b and x of each."""

    def __init__(self, levels, visits):
        upload, sizes = kernels.device.upload, [level.graph.n for level in levels]
        self.visits, self.cells, rows = visits, _ends(sizes), _ends([len(level.rows.far) for level in levels])
        at = list(zip(levels, self.cells))
        near = np.concatenate([np.asarray(level.rows.near).astype(np.int64) + first for level, first in at])
        self.rows = rows
        far = np.concatenate([level.rows.far.astype(np.int64) + first for level, first in at])
        far_near = np.concatenate([level.rows.far_near.astype(np.int64) + first for level, first in at])
        self.weight = kernels.vectors.room(near.shape[1], len(near))
        self.far_weight, self.diagonal = upload(np.zeros(far_near.shape, np.float32)), self._zeros()
        self.numbers = (
            kernels.fixed.uploaded(near),
            self.weight,
            *map(upload, (np.searchsorted(far, np.arange(len(near) + 1)), far_near)),
        )
        self.places = (
            upload(np.concatenate([_moved(level.spans, first) for level, first in at])),
            *map(upload, (_ends([len(level.spans) for level in levels]), self.cells)),
        )
        self.ways = tuple(map(upload, _ways(levels, self.cells)))
        self.b, self.x, self.room = self._zeros(), self._zeros(), kernels.vectors.room(max(sizes[-1], 1024))
        self.levels = [
            LevelEnds(self.b[first:stop], self.x[first:stop])
            for first, stop in zip(self.cells.tolist(), self.cells[1:].tolist())
        ]
        self.strokes = {}

    def _zeros(self):
        return kernels.vectors.zeros(int(self.cells[-1]), np.float32)

    def renew(self, levels):
        """Take over the numbers of the levels."""
        cells, rows = self.cells.tolist(), self.rows.tolist()
        for k, level in enumerate(levels):
            kernels.fixed.lay(in_full(level.rows.weight), self.weight[:, cells[k] : cells[k + 1]])
            kernels.device.fill(self.diagonal[cells[k] : cells[k + 1]], level.diagonal)
            if rows[k + 1] > rows[k]:
                kernels.device.fill(self.far_weight[rows[k] : rows[k + 1]], level.rows.far_weight)

    def run(self, k, once, inverse):
        """Solve the k-th level for its b, by one cycle (`once`) or as many as there are visits; return x."""
        if (once, k) not in self.strokes:
            strokes = strokes_of(len(self.levels), self.visits, k, once)
            self.strokes[once, k] = kernels.device.upload(strokes)
        numbers = *self.numbers, self.far_weight, self.diagonal, *self.ways, inverse, self.room
        kernels.cycle.descend(self.strokes[once, k], *self.places, *numbers, self.b, self.x)
        return self.levels[k].x


@dataclass(frozen=True)
class LevelEnds:
    """b and x of a level whose other numbers lie elsewhere."""

    b: object
    x: object


def _ends(sizes):
    """Return where parts of so many entries begin, one after the other, with the end."""
    return np.cumsum([0, *sizes])


def _moved(spans, first):
    """Return the spans of a level whose cells begin at `first`."""
    return spans + np.array([first, first, 0])


def _ways(levels, cells):
    """Return parent of each cell, and the first child of each and the children, of levels one after the
    other; the finest has no children, the coarsest no parents."""
    parent = [level.parent.astype(np.int64) + stop for level, stop in zip(levels[:-1], cells[1:])]
    child = [level.child.astype(np.int64) + first for level, first in zip(levels[:-1], cells)]
    begin = _ends([len(one) for one in child])
    pointers = [level.child_ptr[:-1] + at for level, at in zip(levels[:-1], begin)]
    none = np.zeros(levels[0].graph.n, np.int64)
    return (
        np.concatenate([*parent, np.zeros(levels[-1].graph.n, np.int64)]),
        np.concatenate([none, *pointers, begin[-1:]]),
        np.concatenate([*child, np.zeros(1, np.int64)]),
    )


class DeviceLevels:
    """The levels of a Multigrid on the device, the coarsest as its inverse. descends: whether one launch
    takes the small levels; top: the first of these."""

    def __init__(self, host, descends=False):
        self.visits, self.top, levels = host.visits, len(host.levels), host.levels
        if descends and len(host.factor) <= kernels.cycle.BLOCK:
            small = (k for k, one in enumerate(levels) if one.graph.n <= kernels.cycle.SMALL)
            self.top = next(small, len(levels))
        self.levels = [DeviceLevel.of(level) for level in levels[: self.top]]
        self.inverse, self.parts = kernels.cycle.inverse(host.factor), kernels.cycle.parts(len(host.factor))
        self.descent = None
        if self.top < len(levels):
            self.descent = DeviceDescent(levels[self.top :], host.visits)
            self.descent.renew(levels[self.top :])
            self.levels += self.descent.levels

    def renew(self, host):
        """Take over other numbers of the same levels."""
        for level, other in zip(self.levels[: self.top], host.levels):
            level.renew(other)
        if self.descent:
            self.descent.renew(host.levels[self.top :])
        kernels.device.copy(kernels.cycle.inverse(host.factor), self.inverse)

    def answer(self, k):
        """Solve level k for its own b, by one cycle or by two of which the second goes on from the first."""
        if k >= self.top:
            return self.descent.run(k - self.top, False, self.inverse)
        for again in range(self.visits if k + 1 < len(self.levels) else 1):
            x = self.visit(k, self.levels[k].b, bool(again))
        return x

    def visit(self, k, b, again):
        """Improve x of level k by one cycle, from zero or `again` from where the last one left it."""
        level = self.levels[k]
        if k >= self.top:  # only the finest level of a small grid comes here, from zero, with its own b
            return self.descent.run(k - self.top, True, self.inverse)
        if k + 1 == len(self.levels):
            kernels.cycle.solve(self.inverse, b, self.parts, level.x)
            return level.x
        numbers = *level.rows, level.diagonal, b, level.x
        kernels.cycle.down(level.spans, again, *numbers, level.r)
        kernels.cycle.gather(level.r, level.child_ptr, level.child, self.levels[k + 1].b)
        kernels.cycle.up(level.spans, level.parent, self.answer(k + 1), *numbers)
        return level.x


class Recorded:
    """Launches that depend on a right-hand side, recorded once for each and then repeated in one call:
    hundreds of launches take as long as the work of the coarser levels.

    They are given with each call and not kept: who launches holds this, and a ring of references would keep
    the arrays of a solve on the device until Python looks for rings."""

    def __init__(self):
        self.b, self.repeat = None, None

    def __call__(self, launches, b):
        if b is not self.b:
            self.b, self.repeat = b, kernels.device.recorded(lambda: launches(b))
        self.repeat()


class DeviceMultigrid:
    """A RowsMultigrid whose cycle runs on the device."""

    def __init__(self, host):
        upload = kernels.device.upload
        self.rows = replace(host.rows, bits=upload(host.rows.bits), start=upload(host.rows.start))
        self.weights, self.planes, self.coarse = host.weights, None, DeviceLevels(host.coarse)
        self.parent, self.x = upload(host.parent), upload(host.x)
        self._run = Recorded()

    @classmethod
    def of(cls, rows, weights):
        """Build the multigrid of bit rows; InputError where it does not fit into the device's memory."""
        kernels.device.require(CELL_BYTES * rows.n, "--backend gpu")
        return cls(RowsMultigrid(rows, weights, kernels.cycle.COARSEST_CELLS))

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start, in a shared array of the device."""
        self._run(self._cycle, b)
        return self.x

    def _cycle(self, b):
        rows, x, coarse = (self.rows.bits, self.rows.start, *self.weights), self.x, self.coarse
        kernels.rows.first_sweep(*rows, b, x)
        kernels.rows.restrict_residual(*rows, b, x, self.parent, coarse.levels[0].b)
        kernels.cycle.prolong(self.parent, coarse.answer(0), x)
        kernels.rows.sweep(*rows, b, x, True)


class DeviceGraphMultigrid:
    """A Multigrid whose cycle, and the product with its finest matrix, run on the device."""

    def __init__(self, host):
        self.levels = DeviceLevels(host)
        self._run = Recorded()

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start, in a shared array of the device."""
        self._run(lambda b: self.levels.visit(0, b, False), b)
        return self.levels.levels[0].x

    def apply(self, p, out):
        """Write A p; return p . A p (float64)."""
        level = self.levels.levels[0]
        return kernels.cycle.product(*level.rows, level.diagonal, p, out)


class DeviceGrid:
    """A Multigrid to which the processor gives its numbers, time and again, and whose cycles run on the
    device. levels: those of the processor; on_device: the DeviceLevels, from the first numbers on."""

    def __init__(self, graph, weight=None, visits=2, halved=False):
        self.host, self.on_device = Multigrid(graph, weight, visits=visits, halved=halved), None
        self.levels = self.host.levels

    def update(self, *numbers):
        """Set the numbers (see Multigrid.update), here and there."""
        self.host.update(*numbers)
        if self.on_device is None:
            self.on_device = DeviceLevels(self.host, descends=True)
            self._run = Recorded()
        else:
            self.on_device.renew(self.host)

    def answer(self):
        """Solve for the b of the processor's finest level (see Multigrid.answer)."""
        finest = self.on_device.levels[0]
        kernels.device.fill(finest.b, self.levels[0].b)
        self._run(lambda b: self.on_device.answer(0), finest.b)
        return finest.x.numpy()
