"""Slow twins of cpu.basis."""

import numpy as np

from ...codes import DIGITS_OF, MOST_OF_DIGITS


def keep(w, length, high, low, scale):
    """Write w / length as digits [n] and the scale of each stretch of them."""
    for k, begin in enumerate(range(0, w.size, DIGITS_OF)):
        own = slice(begin, begin + DIGITS_OF)
        largest = np.abs(w[own]).max()
        scale[k] = largest / (MOST_OF_DIGITS * length)
        per = MOST_OF_DIGITS / float(largest) if largest > 0 else 0.0
        digits = np.rint(w[own].astype(float) * per)
        high[own], low[own] = np.divmod(digits.astype(int), 256)


def read(high, low, scale, out):
    """Write the vector that is kept so."""
    out[:] = _vector(high, low, scale)


def project(high, low, scale, w):
    """Return the inner product (float64) of w with a vector."""
    return float(_vector(high, low, scale) @ w.astype(float))


def add(high, low, scale, coefficient, w):
    """w += coefficient times a vector."""
    w += coefficient * _vector(high, low, scale)


def _vector(high, low, scale):
    """In double precision."""
    digits = high.astype(int) * 256 + low
    return np.repeat(scale.astype(float), DIGITS_OF)[: digits.size] * digits
