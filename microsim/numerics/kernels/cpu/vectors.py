"""CPU kernels (numba) on vectors: sums that no thread count changes, and the steps of Krylov methods."""

import numpy as np
from numba import njit, prange

from .threads import CHUNK


@njit(cache=True)
def in_order(values):
    """Sum one after the other. (Within a parallel kernel `values.sum()` would be split among the threads.)"""
    total = 0.0
    for value in values:
        total += value
    return total


@njit(parallel=True, cache=True)
def inner(a, b):
    """a . b, summed in float64."""
    product = np.zeros((a.size + CHUNK - 1) // CHUNK)
    for c in prange(product.size):
        total = 0.0
        for i in range(c * CHUNK, min((c + 1) * CHUNK, a.size)):
            total += np.float64(a[i]) * np.float64(b[i])
        product[c] = total
    return in_order(product)


@njit(parallel=True, cache=True)
def add_scaled(a, y, x):
    """x += a y."""
    for i in prange(x.size):
        x[i] += a * y[i]


@njit(parallel=True, cache=True)
def search_direction(z, beta, p):
    """p = z + beta p."""
    for i in prange(p.size):
        p[i] = z[i] + beta * p[i]


@njit(parallel=True, cache=True)
def project(basis, count, w):
    """Return the inner products (float64) of w with the first `count` rows of `basis`, in one pass over w.

    A library's matrix product takes 50 times longer when another process holds a core: its threads wait
    spinning.
    """
    chunks = (w.size + CHUNK - 1) // CHUNK
    partial = np.zeros((chunks, count))
    for c in prange(chunks):
        start, stop = c * CHUNK, min((c + 1) * CHUNK, w.size)
        for k in range(count):
            total = 0.0
            for i in range(start, stop):
                total += basis[k, i] * w[i]
            partial[c, k] = total
    return partial.sum(axis=0)


@njit(parallel=True, cache=True)
def combine(basis, coefficients, w):
    """w += sum of coefficients[k] times row k of `basis`; return w . w."""
    chunks = (w.size + CHUNK - 1) // CHUNK
    partial = np.zeros(chunks)
    for c in prange(chunks):
        start, stop = c * CHUNK, min((c + 1) * CHUNK, w.size)
        for k in range(coefficients.size):
            factor = np.float32(coefficients[k])
            for i in range(start, stop):
                w[i] += factor * basis[k, i]
        total = 0.0
        for i in range(start, stop):
            total += w[i] * w[i]
        partial[c] = total
    return in_order(partial)


@njit(parallel=True, cache=True)
def minres_update(v, far, near, gamma, step, oldest, newest, x):
    """Write the next direction (v - far oldest - near newest) / gamma over `oldest`, and move x along it by
    `step`."""
    for i in prange(x.size):
        w = (v[i] - far * oldest[i] - near * newest[i]) / gamma
        oldest[i] = w
        x[i] += step * w
