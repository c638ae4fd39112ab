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
    out[:] = _vectors(high[None], low[None], scale[None], 1)[0]


def project(high, low, scale, count, w):
    """Return the inner products (float64) of w with the first `count` vectors."""
    return _vectors(high, low, scale, count) @ w.astype(float)


def combine(high, low, scale, coefficients, w):
    """w += sum of coefficients[k] times vector k; return w . w."""
    w += coefficients @ _vectors(high, low, scale, len(coefficients))
    return float(w.astype(float) @ w.astype(float))


def _vectors(high, low, scale, count):
    """The first `count` vectors (float64)."""
    digits = high[:count].astype(int) * 256 + low[:count]
    return np.repeat(scale[:count].astype(float), DIGITS_OF, axis=1)[:, : digits.shape[1]] * digits
