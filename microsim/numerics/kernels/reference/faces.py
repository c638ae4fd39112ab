"""Slow twins of cpu.faces."""

import numpy as np


def face_flow(first, second, third, lift, slopes, level, u, v, s, t, out):
    """Linear flow through each face: g (lift level + v_second - u_first) + h s_third + q t_first, slopes =
    (g, h, q)."""
    g, h, q = slopes
    out[:] = g * (lift * level + v[second] - u[first]) + h * s[third] + q * t[first]


def add_to_cells(cells, values, sign, out):
    """Add (sign 1) or take away (-1) the values on faces in the cells beside them."""
    np.add.at(out, cells, sign * values)
