"""Slow twins of cpu.terms."""

import numpy as np


def value(polynomial, steps, exponentials, x, out):
    """out = the sum; polynomial: p_0, p_1 ...; steps, exponentials: rows of a, b, c."""
    out[:] = sum(p * x**k for k, p in enumerate(polynomial))
    out += sum(a * np.tanh(b * (x - c)) for a, b, c in steps)
    out += sum(a * np.exp(b * (x - c)) for a, b, c in exponentials)


def slope(polynomial, steps, exponentials, x, out):
    """out = the derivative of the sum; arguments as of `value`."""
    out[:] = sum(k * p * x ** max(k - 1, 0) for k, p in enumerate(polynomial))
    out += sum(a * b / np.cosh(b * (x - c)) ** 2 for a, b, c in steps)
    out += sum(a * b * np.exp(b * (x - c)) for a, b, c in exponentials)


def inverted(ratio, alpha, u, slope):
    """Invert ratio = exp(alpha u) - exp(-alpha u): u = arsinh(ratio / 2) / alpha, and du/dratio."""
    u[:] = np.arcsinh(ratio / 2) / alpha
    slope[:] = 1 / (alpha * np.sqrt(ratio * ratio + 4))
