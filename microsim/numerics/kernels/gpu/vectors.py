"""GPU kernels on vectors: the steps of Krylov methods, and one unknown that borders a system."""

from typing import Any

import numpy as np
import warp as wp

from .device import device, upload
from .sums import BLOCKS, LANES, added, folded, lanes, last_sums

ROW_BLOCKS = 16  # parts of a row of a basis, each of so many lanes

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


def room(*shape):
    """Return room for numbers of single precision."""
    return wp.empty(shape, dtype=wp.float32, device=device())


def divided(a, length, out):
    """out = a / length."""
    wp.launch(_divided, a.size, [a, a.dtype(length), out], device=a.device)


def less(a, b, out):
    """out = a - b."""
    wp.launch(_less, a.size, [a, b, out], device=a.device)


def add_product(a, factor, b, sign, out):
    """out = a + sign factor b; factor: of each entry, or one number, on the device."""
    wp.launch(_add_product, a.size, [a, factor, b, float(sign), out], device=a.device)


def project(basis, count, w):
    """Return the inner products (float64) of w with the first `count` rows of `basis`."""
    sums = lanes(count * ROW_BLOCKS, w.device)
    wp.launch(_project, (count, ROW_BLOCKS, LANES), [basis, w, sums], device=w.device)
    return added(sums).reshape(count, ROW_BLOCKS).sum(axis=1)


def combine(basis, coefficients, w):
    """w += sum of coefficients[k] times row k of `basis`; return w . w."""
    sums = lanes(BLOCKS, w.device)
    factors = coefficients if isinstance(coefficients, wp.array) else upload(coefficients)
    wp.launch(_combine, (BLOCKS, LANES), [basis, factors, w, sums], device=w.device)
    return float(added(sums).sum())


def border_room():
    """Return room for what `bordered` sums."""
    return lanes(1, device()), last_sums(1, device())


def bordered(cells, weight, x, factors, level, room, out):
    """out = f_0 (sum over the cells of weight x) + f_1 level, of one number each; factors, level, out: on the
    device."""
    sums, parts = room
    wp.launch(_weighted, LANES, [cells, weight, x, sums], device=x.device)
    folded(sums, parts)
    wp.launch(_bordered, 1, [parts, factors, level, out], device=x.device)


@wp.kernel
def _divided(a: wp.array(dtype=Any), length: Any, out: wp.array(dtype=wp.float32)):
    i = wp.tid()
    out[i] = wp.float32(a[i] / length)


@wp.kernel
def _less(a: wp.array(dtype=wp.float64), b: wp.array(dtype=wp.float64), out: wp.array(dtype=wp.float64)):
    i = wp.tid()
    out[i] = a[i] - b[i]


@wp.kernel
def _add_product(
    a: wp.array(dtype=Any), factor: wp.array(dtype=Any), b: wp.array(dtype=Any), sign: float,
    out: wp.array(dtype=Any),
):  # fmt: skip
    i = wp.tid()
    k = i
    if factor.shape[0] == 1:
        k = 0
    out[i] = a[i] + out.dtype(sign) * out.dtype(factor[k]) * b[i]


@wp.kernel
def _project(
    basis: wp.array2d(dtype=wp.float32), w: wp.array(dtype=wp.float32), sums: wp.array2d(dtype=wp.float64)
):
    row, block, lane = wp.tid()
    total = wp.float64(0.0)
    for i in range(block * sums.shape[1] + lane, w.shape[0], ROW_BLOCKS * sums.shape[1]):
        total += wp.float64(basis[row, i]) * wp.float64(w[i])
    sums[row * ROW_BLOCKS + block, lane] = total


@wp.kernel
def _combine(
    basis: wp.array2d(dtype=wp.float32), factors: wp.array(dtype=wp.float64), w: wp.array(dtype=wp.float32),
    sums: wp.array2d(dtype=wp.float64),
):  # fmt: skip
    block, lane = wp.tid()
    total = wp.float64(0.0)
    for i in range(block * sums.shape[1] + lane, w.shape[0], sums.shape[0] * sums.shape[1]):
        value = w[i]
        for k in range(factors.shape[0]):
            value += wp.float32(factors[k]) * basis[k, i]
        w[i] = value
        total += wp.float64(value) * wp.float64(value)
    sums[block, lane] = total


@wp.kernel
def _weighted(
    cells: wp.array(dtype=wp.int32), weight: wp.array(dtype=wp.float64), x: wp.array(dtype=Any),
    sums: wp.array2d(dtype=wp.float64),
):  # fmt: skip
    lane = wp.tid()
    total = wp.float64(0.0)
    for k in range(lane, cells.shape[0], sums.shape[1]):
        total += weight[k] * wp.float64(x[cells[k]])
    sums[0, lane] = total


@wp.kernel
def _bordered(
    parts: wp.array2d(dtype=wp.float64), factors: wp.array(dtype=wp.float64), level: wp.array(dtype=Any),
    out: wp.array(dtype=Any),
):  # fmt: skip
    total = wp.float64(0.0)
    for k in range(parts.shape[1]):
        total += parts[0, k]
    out[0] = out.dtype(factors[0] * total + factors[1] * wp.float64(level[0]))


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
wp.overload(_divided, [one, wp.float32, one])
wp.overload(_divided, [two, wp.float64, one])
for kind in (one, two):
    wp.overload(_add_product, [kind, one, kind, wp.float32, kind])
    wp.overload(_weighted, [wp.array(dtype=wp.int32), two, kind, sums_])
    wp.overload(_bordered, [sums_, two, kind, kind])
