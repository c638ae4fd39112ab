"""The cycle of a multigrid on a device: set up by the processor, run where the arrays are."""

from dataclasses import dataclass, replace

from .backend import device_kernels as kernels
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
            kernels.cycle.uploaded(*level.rows),
            *(None if part is None else upload(part) for part in parts),
        )

    def renew(self, level):
        """Take over other numbers of the same level; what was recorded with it goes on with them."""
        _, weight, _, _, far_weight = self.rows
        kernels.fixed.lay(level.rows.weight, weight)
        kernels.device.fill(far_weight, level.rows.far_weight)
        kernels.device.fill(self.diagonal, level.diagonal)


class DeviceLevels:
    """The levels of a Multigrid on the device, the coarsest as its inverse."""

    def __init__(self, host):
        self.levels, self.visits = [DeviceLevel.of(level) for level in host.levels], host.visits
        self.inverse, self.parts = kernels.cycle.inverse(host.factor), kernels.cycle.parts(len(host.factor))

    def renew(self, host):
        """Take over other numbers of the same levels."""
        for level, other in zip(self.levels, host.levels):
            level.renew(other)
        kernels.device.copy(kernels.cycle.inverse(host.factor), self.inverse)

    def answer(self, k):
        """Solve level k for its own b, by one cycle or by two of which the second goes on from the first."""
        for again in range(self.visits if k + 1 < len(self.levels) else 1):
            x = self.visit(k, self.levels[k].b, bool(again))
        return x

    def visit(self, k, b, again):
        """Improve x of level k by one cycle, from zero or `again` from where the last one left it."""
        level = self.levels[k]
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
    hundreds of launches take as long as the work of the coarser levels."""

    def __init__(self, launches):
        self.launches, self.b, self.repeat = launches, None, None

    def __call__(self, b):
        if b is not self.b:
            self.b, self.repeat = b, kernels.device.recorded(lambda: self.launches(b))
        self.repeat()


class DeviceMultigrid:
    """A RowsMultigrid whose cycle runs on the device."""

    def __init__(self, host):
        upload = kernels.device.upload
        self.rows = replace(host.rows, bits=upload(host.rows.bits), start=upload(host.rows.start))
        self.weights, self.planes, self.coarse = host.weights, None, DeviceLevels(host.coarse)
        self.parent, self.x = upload(host.parent), upload(host.x)
        self._run = Recorded(self._cycle)

    @classmethod
    def of(cls, rows, weights):
        """Build the multigrid of bit rows; InputError where it does not fit into the device's memory."""
        kernels.device.require(CELL_BYTES * rows.n, "--backend gpu")
        return cls(RowsMultigrid(rows, weights, kernels.cycle.COARSEST_CELLS))

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start, in a shared array of the device."""
        self._run(b)
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
        self._run = Recorded(lambda b: self.levels.visit(0, b, False))

    def cycle(self, b):
        """Return the answer of one cycle to A x = b from a zero start, in a shared array of the device."""
        self._run(b)
        return self.levels.levels[0].x

    def apply(self, p, out):
        """Write A p; return p . A p (float64)."""
        level = self.levels.levels[0]
        return kernels.cycle.product(*level.rows, level.diagonal, p, out)


class DeviceGrid:
    """A Multigrid to which the processor gives its numbers, time and again, and whose cycles run on the
    device. levels: those of the processor; on_device: the DeviceLevels, from the first numbers on."""

    def __init__(self, graph, weight=None, visits=2):
        self.host, self.on_device = Multigrid(graph, weight, visits=visits), None
        self.levels = self.host.levels

    def update(self, *numbers):
        """Set the numbers (see Multigrid.update), here and there."""
        self.host.update(*numbers)
        if self.on_device is None:
            self.on_device = DeviceLevels(self.host)
            self._run = Recorded(lambda b: self.on_device.answer(0))
        else:
            self.on_device.renew(self.host)

    def answer(self):
        """Solve for the b of the processor's finest level (see Multigrid.answer)."""
        finest = self.on_device.levels[0]
        kernels.device.fill(finest.b, self.levels[0].b)
        self._run(finest.b)
        return finest.x.numpy()
