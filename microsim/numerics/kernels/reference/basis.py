"""Slow twins of cpu.basis."""

import numpy as np

from ...codes import DIGITS_OF

MOST = 32767


def keep(w, length, digits, scale):
    """Write w / length as digits [n] and the scale of each stretch of them."""
    for k, begin in enumerate(range(0, w.size, DIGITS_OF)):
        own = slice(begin, begin + DIGITS_OF)
        largest = np.abs(w[own]).max()
        scale[k] = largest / (MOST * length)
        digits[own] = np.rint(w[own] * (np.float32(MOST) / largest)) if largest > 0 else 0


def read(digits, scale, out):
    """Write the vector that is kept so."""
    out[:] = np.repeat(scale, DIGITS_OF)[: out.size] * digits.astype(np.float32)


def project(digits, scale, count, w):
    """Return the inner products (float64) of w with the first `count` vectors."""
    return _vectors(digits, scale, count) @ w.astype(float)


def combine(digits, scale, coefficients, w):
    """w += sum of coefficients[k] times vector k; return w . w."""
    w += coefficients @ _vectors(digits, scale, len(coefficients))
    return float(w.astype(float) @ w.astype(float))


def _vectors(digits, scale, count):
    """The first `count` vectors (float64)."""
    return np.repeat(scale[:count].astype(float), DIGITS_OF, axis=1)[:, : digits.shape[1]] * digits[:count]
