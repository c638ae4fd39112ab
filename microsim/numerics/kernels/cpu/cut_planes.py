"""Planes in voxels: parts of CPU kernels.

A plane n . x = a, with n >= 0 and sum(n) = 1, cuts the unit cube whose corner x = 0 lies deepest in the open.
"""

from ...codes import FLAT
from .compiled import inlined


@inlined
def square(t):
    return t * t if t > 0 else 0.0


@inlined
def cube(t):
    return t * t * t if t > 0 else 0.0


@inlined
def volume(n1, n2, n3, a):
    """Share of the unit cube with n . x < a."""
    v = cube(a) - cube(a - n1) - cube(a - n2) - cube(a - n3)
    v += cube(a - n1 - n2) + cube(a - n1 - n3) + cube(a - n2 - n3)
    return min(max(v / (6 * n1 * n2 * n3), 0.0), 1.0)


@inlined
def normal(a, b, c):
    """Normal of three sizes of a gradient: positive, with a sum of 1."""
    over = 1 / max(a + b + c, 1e-30)
    a, b, c = max(a * over, FLAT), max(b * over, FLAT), max(c * over, FLAT)
    over = 1 / (a + b + c)
    return a * over, b * over, c * over


@inlined
def place(n1, n2, n3, share):
    """Place a of the plane that leaves `share` of the unit cube open: the inverse of volume.

    Scardovelli and Zaleski, J. Comput. Phys. 164 (2000) 228, section 2.
    """
    m1, m3 = min(n1, n2, n3), max(n1, n2, n3)
    m2, v = 1 - m1 - m3, min(share, 1 - share)
    six = 6 * m1 * m2 * m3
    v1 = m1 * m1 / (6 * m2 * m3)
    v2 = v1 + (m2 - m1) / (2 * m3)
    if v < v1:
        a = (six * v) ** (1 / 3)
    elif v < v2:
        a = 0.5 * (m1 + (m1 * m1 + 8 * m2 * m3 * (v - v1)) ** 0.5)
    elif m1 + m2 <= m3 and 2 * m3 * v >= m1 + m2:
        a = m3 * v + 0.5 * (m1 + m2)
    else:
        a = m2 + (0.5 - m2) * (v - v2) / max(0.5 - v2, 1e-9)  # the chord
        for _ in range(3):  # m1, m2 < a < m1 + m2
            more = a * a * a - (a - m1) * (a - m1) * (a - m1) - (a - m2) * (a - m2) * (a - m2) - cube(a - m3)
            slope = a * a - (a - m1) * (a - m1) - (a - m2) * (a - m2) - square(a - m3)
            a -= (more - six * v) / (3 * slope)
    return a if share <= 0.5 else 1 - a


@inlined
def place_of_cut(n1, n2, n3, share):
    """The same for a share of PURE to 1 - PURE, without a way that only some planes go: in a loop over rows
    of numbers eight planes are found at a time, 7 ns each in place of 19."""
    m1, m3 = min(n1, n2, n3), max(n1, n2, n3)
    m2, v = 1 - m1 - m3, min(share, 1 - share)
    third = 1 / (6 * m2 * m3)
    v1 = m1 * m1 * third
    v2 = v1 + 3 * m2 * (m2 - m1) * third
    corner = m1 * _cube_root(min(v / v1, 1.0))
    root = max(m1 * m1 + 8 * m2 * m3 * (v - v1), 0.0) ** 0.5
    a = m2 + (0.5 - m2) * (v - v2) / max(0.5 - v2, 1e-9)
    for _ in range(3):
        p, q, r = a - m1, a - m2, max(a - m3, 0.0)
        more, slope = a * a * a - p * p * p - q * q * q - r * r * r, a * a - p * p - q * q - r * r
        a -= (more - 6 * m1 * m2 * m3 * v) / (3 * slope)
    a = m3 * v + 0.5 * (m1 + m2) if (m1 + m2 <= m3) & (2 * m3 * v >= m1 + m2) else a
    a = 0.5 * (m1 + root) if v < v2 else a
    a = corner if v < v1 else a
    return a if share <= 0.5 else 1 - a


@inlined
def _cube_root(t):
    """Of t in 1/100 (v / v1 is above 6 PURE) to 1: Halley's steps from within a third of it."""
    a = 0.2 + t * (1.6 - 0.8 * t)
    for _ in range(3):
        cubed = a * a * a
        a *= (cubed + 2 * t) / (2 * cubed + t)
    return a


@inlined
def open_part(n2, n3, a):
    """Part of a unit square with n2 y + n3 z < a."""
    v = square(a) - square(a - n2) - square(a - n3) + square(a - n2 - n3)
    return min(max(v / (2 * n2 * n3), 0.0), 1.0)
