"""GPU kernels on vectors: the steps of conjugate gradients."""

from typing import Any

import numpy as np
import warp as wp

from .device import device
from .sums import BLOCKS, LANES, added, lanes

wp.set_module_options({"enable_backward": False})


def zeros(n, dtype):
    """Return a vector of zeros."""
    return wp.zeros(n, dtype=wp.float64 if dtype in (np.float64, wp.float64) else wp.float32, device=device())


def magnitudes(x):
    """Return |x|."""
    out = wp.empty_like(x)
    wp.launch(_magnitudes, x.size, [x, out], device=x.device)
    return out


def inner(a, b):
    """a . b, summed in float64."""
    sums = lanes(BLOCKS, a.device)
    wp.launch(_inner, (BLOCKS, LANES), [a, b, sums], device=a.device)
    return float(added(sums).sum())


def add_scaled(a, y, x):
    """x += a y."""
    wp.launch(_add_scaled, x.size, [x.dtype(a), y, x], device=x.device)


def search_direction(z, beta, p):
    """p = z + beta p."""
    wp.launch(_search_direction, p.size, [z, p.dtype(beta), p], device=p.device)


@wp.kernel
def _magnitudes(x: wp.array(dtype=Any), out: wp.array(dtype=Any)):
    i = wp.tid()
    out[i] = wp.abs(x[i])


@wp.kernel
def _inner(a: wp.array(dtype=Any), b: wp.array(dtype=Any), sums: wp.array2d(dtype=wp.float64)):
    block, lane = wp.tid()
    total = wp.float64(0.0)
    for i in range(block * sums.shape[1] + lane, a.shape[0], sums.shape[0] * sums.shape[1]):
        total += wp.float64(a[i]) * wp.float64(b[i])
    sums[block, lane] = total


@wp.kernel
def _add_scaled(a: Any, y: wp.array(dtype=Any), x: wp.array(dtype=Any)):
    i = wp.tid()
    x[i] = x[i] + a * x.dtype(y[i])


@wp.kernel
def _search_direction(z: wp.array(dtype=Any), beta: Any, p: wp.array(dtype=Any)):
    i = wp.tid()
    p[i] = z[i] + beta * p[i]


one, two, sums_ = wp.array(dtype=wp.float32), wp.array(dtype=wp.float64), wp.array2d(dtype=wp.float64)
wp.overload(_magnitudes, [one, one])
wp.overload(_inner, [one, one, sums_])
wp.overload(_inner, [two, two, sums_])
wp.overload(_add_scaled, [wp.float32, one, one])
wp.overload(_add_scaled, [wp.float64, one, two])
wp.overload(_search_direction, [one, wp.float32, one])
