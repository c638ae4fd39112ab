"""CPU kernels on the basis of a Krylov method, kept in whole numbers of 16 bits: of each stretch of DIGITS_OF
entries the largest is 32767, and a scale says of what. Rounding is 1e-5 of what such a stretch holds."""

import numpy as np

from ...codes import DIGITS_OF
from .compiled import reordered
from .sums import CHUNK, chunk_sums, dot, in_order, total
from .threads import LIGHT, spread

MOST = np.float32(32767)


@spread("w", chunk=CHUNK, grain=LIGHT)
def keep(first, stop, w, length, digits, scale):
    """Write w / length as digits [n] and the scale of each stretch of them."""
    for begin in range(first * CHUNK, min(stop * CHUNK, w.size), DIGITS_OF):
        end, largest = min(begin + DIGITS_OF, w.size), np.float32(0)
        for i in range(begin, end):
            largest = max(largest, abs(w[i]))
        scale[begin // DIGITS_OF] = largest / (MOST * length)
        per = MOST / largest if largest > 0 else np.float32(0)
        for i in range(begin, end):
            digits[i] = np.int16(np.rint(w[i] * per))


@spread("out", chunk=CHUNK, grain=LIGHT)
def read(first, stop, digits, scale, out):
    """Write the vector that is kept so."""
    for begin in range(first * CHUNK, min(stop * CHUNK, out.size), DIGITS_OF):
        unit = scale[begin // DIGITS_OF]
        for i in range(begin, min(begin + DIGITS_OF, out.size)):
            out[i] = unit * np.float32(digits[i])


def project(digits, scale, count, w):
    """Return the inner products (float64) of w with the first `count` vectors, in one pass over w.

    A library's matrix product takes 50 times longer when another process holds a core: its threads wait
    spinning.
    """
    sums = chunk_sums(w.size, count)
    _project(w, digits, scale, sums)
    return total(sums)


@spread("w", chunk=CHUNK)
def _project(first, stop, w, digits, scale, sums):
    for c in range(first, stop):
        for k in range(sums.shape[1]):
            sums[c, k] = 0
            own, unit = digits[k], scale[k]
            for begin in range(c * CHUNK, min((c + 1) * CHUNK, w.size), DIGITS_OF):
                end = min(begin + DIGITS_OF, w.size)
                sums[c, k] += np.float64(unit[begin // DIGITS_OF]) * _dot(own, w, begin, end)


@reordered
def _dot(digits, w, begin, end):
    """In single precision over one stretch: a sum of DIGITS_OF products is as exact as its digits."""
    found = np.float32(0)
    if end - begin == DIGITS_OF:  # of a length that the compiler knows
        for i in range(np.uint64(begin), np.uint64(begin) + np.uint64(DIGITS_OF)):
            found += np.float32(digits[i]) * w[i]
    else:
        for i in range(np.uint64(begin), np.uint64(end)):
            found += np.float32(digits[i]) * w[i]
    return np.float64(found)


def combine(digits, scale, coefficients, w):
    """w += sum of coefficients[k] times vector k; return w . w."""
    sums = chunk_sums(w.size)
    _combine(w, digits, scale, coefficients, sums)
    return in_order(sums)


@spread("w", chunk=CHUNK)
def _combine(first, stop, w, digits, scale, coefficients, sums):
    for c in range(first, stop):
        ahead, end = c * CHUNK, min((c + 1) * CHUNK, w.size)
        for k in range(coefficients.size):
            own, unit = digits[k], scale[k]
            for begin in range(ahead, end, DIGITS_OF):
                factor = np.float32(coefficients[k] * unit[begin // DIGITS_OF])
                for i in range(np.uint64(begin), np.uint64(min(begin + DIGITS_OF, end))):
                    w[i] += factor * np.float32(own[i])
        sums[c] = dot(w[ahead:end], w[ahead:end])
