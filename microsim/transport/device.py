"""Several conductors, periodic sides and flat voxels on a device: a problem on a graph, solved there.

The processor holds the problem in float64 and says once a pass what is left of it; the device works on that
in single precision, with the cycle and the vectors of conjugate gradients.
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..numerics.backend import kernels
from ..numerics.device_multigrid import DeviceGraphMultigrid

GRAPH_CELL_BYTES = 150  # of the device for each cell


@dataclass(frozen=True)
class DeviceCells:
    """Cells of a graph whose values are on the device."""

    graph: object

    def scatter(self, values):
        """Return a dense [x, y, z] array of cell values, NaN elsewhere."""
        return self.graph.scatter(values.numpy())


class DeviceGraphProblem:
    """The linear system of one axis on a graph of the processor, `host`."""

    inner = None
    dtype = np.float32

    def __init__(self, host):
        self.host, self.cells = host, DeviceCells(host.cells)
        self.multigrid = DeviceGraphMultigrid(host.multigrid)
        self.apply, self.u = self.multigrid.apply, kernels.device.upload(host.u)

    def residual(self, r):
        """Write b - A u; return its sum over each plane and the conductance that u stands for, in float64."""
        self.host.u, left = self.u.numpy(), np.empty(r.size, np.float32)
        told = self.host.residual(left)
        kernels.device.copy(kernels.device.upload(left), r)
        return told

    def plane_sums(self, r):
        return self.host.plane_sums(r.numpy())


def check_device(cells, dtype):
    """Refuse a graph that a device does not solve: conductors too far apart, or too many cells for it."""
    if dtype is not np.float32:
        raise InputError(
            "--backend: expected conductors at most 10^4 apart for gpu, which works in single precision, got "
            "others; use --backend cpu."
        )
    kernels.device.require(GRAPH_CELL_BYTES * cells, "--backend gpu")
