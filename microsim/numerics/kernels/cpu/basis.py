"""CPU kernels on the basis of a Krylov method, kept in whole numbers of 24 bits, as digits of 16 and of 8.

Of each stretch of DIGITS_OF entries the largest is MOST, and a scale says of what: three bytes an entry that
are as exact as the four of float32 beside the largest entry, which is what counts in a sum.
"""

import numpy as np

from ...codes import DIGITS_OF, MOST_OF_DIGITS
from .compiled import inlined, reordered
from .sums import CHUNK, chunk_sums, in_order
from .threads import LIGHT, spread

MOST = np.float32(MOST_OF_DIGITS)


@spread("w", chunk=CHUNK, grain=LIGHT)
def keep(first, stop, w, length, high, low, scale):
    """Write w / length as digits [n] and the scale of each stretch of them."""
    for begin in range(first * CHUNK, min(stop * CHUNK, w.size), DIGITS_OF):
        end, largest = min(begin + DIGITS_OF, w.size), np.float32(0)
        for i in range(begin, end):
            largest = max(largest, abs(w[i]))
        scale[begin // DIGITS_OF] = largest / (MOST * length)
        per = np.float64(MOST) / np.float64(largest) if largest > 0 else 0.0  # beyond float32 below 1e-32
        for i in range(begin, end):
            digits = np.int32(np.rint(np.float64(w[i]) * per))
            high[i], low[i] = digits >> 8, digits & 255


@inlined
def _digits(high, low, i):
    return np.float32((np.int32(high[i]) << 8) | np.int32(low[i]))


@spread("out", chunk=CHUNK, grain=LIGHT)
def read(first, stop, high, low, scale, out):
    """Write the vector that is kept so."""
    for begin in range(first * CHUNK, min(stop * CHUNK, out.size), DIGITS_OF):
        unit = scale[begin // DIGITS_OF]
        for i in range(np.uint64(begin), np.uint64(min(begin + DIGITS_OF, out.size))):
            out[i] = unit * _digits(high, low, i)


def project(high, low, scale, w):
    """Return the inner product (float64) of w with a vector.

    A library's product takes 50 times longer when another process holds a core: its threads wait
    spinning.
    """
    sums = chunk_sums(w.size)
    _project(w, high, low, scale, sums)
    return in_order(sums)


@spread("w", chunk=CHUNK)
def _project(first, stop, w, high, low, scale, sums):
    for c in range(first, stop):
        for begin in range(c * CHUNK, min((c + 1) * CHUNK, w.size), DIGITS_OF):
            end = min(begin + DIGITS_OF, w.size)
            sums[c] += np.float64(scale[begin // DIGITS_OF]) * _dot(high, low, w, begin, end)


@reordered
def _dot(high, low, w, begin, end):
    """In double precision, eight and more products side by side."""
    found = 0.0
    if end - begin == DIGITS_OF:  # of a length that the compiler knows
        for i in range(np.uint64(begin), np.uint64(begin) + np.uint64(DIGITS_OF)):
            found += np.float64(_digits(high, low, i)) * np.float64(w[i])
    else:
        for i in range(np.uint64(begin), np.uint64(end)):
            found += np.float64(_digits(high, low, i)) * np.float64(w[i])
    return found


@spread("w", chunk=CHUNK, grain=LIGHT)
def add(first, stop, high, low, scale, coefficient, w):
    """w += coefficient times a vector."""
    for begin in range(first * CHUNK, min(stop * CHUNK, w.size), DIGITS_OF):
        factor = np.float32(coefficient * scale[begin // DIGITS_OF])
        for i in range(np.uint64(begin), np.uint64(min(begin + DIGITS_OF, w.size))):
            w[i] += factor * _digits(high, low, i)
