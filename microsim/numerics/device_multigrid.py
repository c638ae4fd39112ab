"""The cycle of one conductor's multigrid on a device: set up by the processor, run where the arrays are."""

from dataclasses import dataclass, replace

from .backend import kernels
from .rows import RowsMultigrid

CELL_BYTES = 45  # of the device for each cell of the finest level, vectors of conjugate gradients included


@dataclass(frozen=True)
class DeviceLevel:
    """A level of a Multigrid on the device; the coarsest has no rows."""

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
        return cls(
            level.spans,
            kernels.cycle.uploaded(*level.rows),
            *(kernels.device.upload(getattr(level, name)) for name in names),
        )


class DeviceMultigrid:
    """A RowsMultigrid whose cycle runs on the device: the same levels, the coarsest by its inverse.

    A cycle is recorded once and repeated in one call: hundreds of launches take as long as the work of the
    coarser levels.
    """

    def __init__(self, host):
        upload, coarse = kernels.device.upload, host.coarse
        self.rows = replace(host.rows, bits=upload(host.rows.bits), start=upload(host.rows.start))
        self.weights, self.planes, self.visits = host.weights, None, coarse.visits
        self.levels = [DeviceLevel.of(level) for level in coarse.levels[:-1]]
        self.last = upload(coarse.levels[-1].b), upload(coarse.levels[-1].x)
        self.inverse, self.parts = (
            kernels.cycle.inverse(coarse.factor),
            kernels.cycle.parts(len(coarse.factor)),
        )
        self.parent, self.x = upload(host.parent), upload(host.x)
        self._b = self._repeat = None

    @classmethod
    def of(cls, rows, weights):
        """Build the multigrid of bit rows; InputError where it does not fit into the device's memory."""
        kernels.device.require(CELL_BYTES * rows.n, "--backend gpu")
        return cls(RowsMultigrid(rows, weights, kernels.cycle.COARSEST_CELLS))

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start, in a shared array of the device."""
        if b is not self._b:
            self._b, self._repeat = b, kernels.device.recorded(lambda: self._cycle(b))
        self._repeat()
        return self.x

    def _cycle(self, b):
        rows, x = (self.rows.bits, self.rows.start, *self.weights), self.x
        below = self.levels[0].b if self.levels else self.last[0]
        kernels.rows.first_sweep(*rows, b, x)
        kernels.rows.restrict_residual(*rows, b, x, self.parent, below)
        kernels.cycle.prolong(self.parent, self._answer(0), x)
        kernels.rows.sweep(*rows, b, x, True)

    def _answer(self, k):
        if k == len(self.levels):
            kernels.cycle.solve(self.inverse, self.last[0], self.parts, self.last[1])
            return self.last[1]
        level, below = self.levels[k], self.levels[k + 1].b if k + 1 < len(self.levels) else self.last[0]
        numbers = *level.rows, level.diagonal, level.b, level.x
        for again in range(self.visits):
            kernels.cycle.down(level.spans, bool(again), *numbers, level.r)
            kernels.cycle.gather(level.r, level.child_ptr, level.child, below)
            kernels.cycle.up(level.spans, level.parent, self._answer(k + 1), *numbers)
        return level.x
