"""Slow twins of cpu.vectors."""

import numpy as np


def zeros(n, dtype):
    """Return a vector of zeros."""
    return np.zeros(n, dtype)


def magnitudes(x):
    """Return |x|."""
    return np.abs(x)


def inner(a, b):
    """a . b, summed in float64."""
    return float(a.astype(float) @ b.astype(float))


def add_scaled(a, y, x):
    """x += a y."""
    x += a * y


def search_direction(z, beta, p):
    """p = z + beta p."""
    p[:] = z + beta * p


def minres_update(v, far, near, gamma, step, oldest, newest, x):
    """Write the next direction (v - far oldest - near newest) / gamma over `oldest`, and move x along it by
    `step`."""
    oldest[:] = (v - far * oldest - near * newest) / gamma
    x += step * oldest
