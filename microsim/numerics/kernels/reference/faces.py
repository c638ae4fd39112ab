"""Slow twins of cpu.faces."""

import numpy as np


def face_flow(a, b, c, lift, slopes, level, u, v, s, t, out):
    """Linear flow through each face: g (lift level + v_b - u_a) + h s_c + q t_a, slopes =
    (g, h, q)."""
    g, h, q = slopes
    out[:] = g * (lift * level + v[b] - u[a]) + h * s[c] + q * t[a]


def add_to_cells(cells, values, sign, out):
    """Add (sign 1) or take away (-1) the values on faces in the cells beside them."""
    np.add.at(out, cells, sign * values)
