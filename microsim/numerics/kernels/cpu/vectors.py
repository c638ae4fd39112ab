"""CPU kernels on vectors: sums that no number of threads changes, and the steps of Krylov methods."""

import numpy as np

from .sums import CHUNK, chunk_sums, dot, in_order
from .threads import LIGHT, spread

LONG = 2**18  # entries of a vector that are worth a thread: a step through memory takes 0.1 ns each


def zeros(n, dtype):
    """Return a vector of zeros."""
    return np.zeros(n, dtype)


def magnitudes(x):
    """Return |x|."""
    return np.abs(x)


def inner(a, b):
    """a . b, summed in float64."""
    sums = chunk_sums(a.size)
    _inner(a, b, sums)
    return in_order(sums)


@spread("a", chunk=CHUNK, grain=LIGHT)
def _inner(first, stop, a, b, sums):
    for c in range(first, stop):
        own = slice(c * CHUNK, min((c + 1) * CHUNK, a.size))
        sums[c] = dot(a[own], b[own])


@spread("x", grain=LONG)
def add_scaled(first, stop, a, y, x):
    """x += a y."""
    for i in range(first, stop):
        x[i] += a * y[i]


@spread("p", grain=LONG)
def search_direction(first, stop, z, beta, p):
    """p = z + beta p."""
    for i in range(first, stop):
        p[i] = z[i] + beta * p[i]


@spread("x", grain=2 * LIGHT)
def minres_update(first, stop, v, far, near, gamma, step, oldest, newest, x):
    """Write the next direction (v - far oldest - near newest) / gamma over `oldest`, and move x along it by
    `step`."""
    for i in range(first, stop):
        w = (v[i] - far * oldest[i] - near * newest[i]) / gamma
        oldest[i] = w
        x[i] += step * w
