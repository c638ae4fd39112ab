"""CPU kernels of sums of terms of one variable, with their slopes, and of an inverse hyperbolic sine:

    sum_k p_k x^k + sum a tanh(b (x - c)) + sum a exp(b (x - c))

Laws of materials are such sums, of every face several times in each Newton step. A step takes 3.5 ns a
number, where tanh of numpy takes 14, an inverse 5, where numpy takes 31: exponentials and logarithms of their
own, which a processor works out four at a time.
"""

import numpy as np

from .bits import parts_of, power_of_two
from .compiled import inlined
from .threads import spread

EDGE = 700.0  # exponents beyond it count as it
PER_TWO = 1 / np.log(2)
TWO_HIGH, TWO_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2
HALFWAY = np.sqrt(2.0)
WHOLE = 1.5 * 2.0**52  # added to a number it leaves no digits behind the point
GRAIN = 2**13


@inlined
def _exponential(y):
    """e^y = 2^k e^r, |r| <= ln(2) / 2: a polynomial whose next term is 4e-18."""
    y = max(min(y, EDGE), -EDGE)
    shifted = y * PER_TWO + WHOLE
    k = shifted - WHOLE
    r = (y - k * TWO_HIGH) - k * TWO_LOW
    # in pairs of terms: one after the other each would wait for the last
    q = r * r
    low = (1 / 2 + r * (1 / 6)) + q * (1 / 24 + r * (1 / 120))
    middle = (1 / 720 + r * (1 / 5040)) + q * (1 / 40320 + r * (1 / 362880))
    high = (1 / 3628800 + r * (1 / 39916800)) + q * (1 / 479001600 + r * (1 / 6227020800))
    p = low + q * q * (middle + q * q * high)
    return (1 + (r + q * p)) * power_of_two(shifted)


@inlined
def _step(y):
    """tanh(y)."""
    return 1 - 2 / (_exponential(2 * y) + 1)


@spread("x", grain=GRAIN)
def value(first, stop, polynomial, steps, exponentials, x, out):
    """out = the sum; polynomial: p_0, p_1 ...; steps, exponentials: rows of a, b, c."""
    for i in range(first, stop):
        total = 0.0
        for k in range(polynomial.size):
            total = total * x[i] + polynomial[polynomial.size - 1 - k]
        out[i] = total
    for k in range(steps.shape[0]):
        a, b, c = steps[k, 0], steps[k, 1], steps[k, 2]
        for i in range(first, stop):
            out[i] += a * _step(b * (x[i] - c))
    for k in range(exponentials.shape[0]):
        a, b, c = exponentials[k, 0], exponentials[k, 1], exponentials[k, 2]
        for i in range(first, stop):
            out[i] += a * _exponential(b * (x[i] - c))


@spread("x", grain=GRAIN)
def slope(first, stop, polynomial, steps, exponentials, x, out):
    """out = the derivative of the sum; arguments as of `value`."""
    for i in range(first, stop):
        total = 0.0
        for k in range(1, polynomial.size):
            power = polynomial.size - k
            total = total * x[i] + power * polynomial[power]
        out[i] = total
    for k in range(steps.shape[0]):
        a, b, c = steps[k, 0], steps[k, 1], steps[k, 2]
        for i in range(first, stop):
            e = _exponential(2 * b * (x[i] - c))
            out[i] += 4 * a * b * e / ((e + 1) * (e + 1))  # 1 / cosh^2
    for k in range(exponentials.shape[0]):
        a, b, c = exponentials[k, 0], exponentials[k, 1], exponentials[k, 2]
        for i in range(first, stop):
            out[i] += a * b * _exponential(b * (x[i] - c))


@inlined
def _logarithm_above(z):
    """ln(1 + z), z >= 0: of m 2^e by 2 artanh((m - 1) / (m + 1)), a series whose next term is 1e-18; and what
    1 + z has lost of z."""
    y = 1 + z
    m, e = parts_of(y)
    e, m = (e + 1 if m > HALFWAY else e), (m / 2 if m > HALFWAY else m)
    s = (m - 1) / (m + 1)
    q = s * s
    r = q * q
    low = (1 / 3 + q * (1 / 5)) + r * (1 / 7 + q * (1 / 9))
    high = (1 / 11 + q * (1 / 13)) + r * ((1 / 15 + q * (1 / 17)) + r * (1 / 19 + q * (1 / 21)))
    series = 2 * (s + s * q * (low + r * r * high))
    return (e * TWO_HIGH + (e * TWO_LOW + series)) + (z - (y - 1)) / y


@spread("ratio", grain=GRAIN)
def inverted(first, stop, ratio, alpha, u, slope):
    """Invert ratio = exp(alpha u) - exp(-alpha u): u = arsinh(ratio / 2) / alpha, and du/dratio."""
    for i in range(first, stop):
        half = ratio[i] / 2
        size = -half if half < 0 else half
        root = np.sqrt(1 + size * size)
        found = _logarithm_above(size + size * size / (1 + root)) / alpha
        u[i] = -found if half < 0 else found
        slope[i] = 0.5 / (alpha * root)
