"""CPU kernels of faces that touch cells of up to three kinds."""

from .compiled import compiled
from .threads import spread


@spread("out")
def face_flow(first, stop, a, b, c, lift, slopes, level, u, v, s, t, out):
    """Linear flow through each face: g (lift level + v_b - u_a) + h s_c + q t_a, slopes =
    (g, h, q).

    a, b, c: cells beside each face, of the kinds that have u and t, v, and s.
    """
    g, h, q = slopes
    for f in range(first, stop):
        push = lift[f] * level + v[b[f]] - u[a[f]]
        out[f] = g[f] * push + h[f] * s[c[f]] + q[f] * t[a[f]]


@compiled
def add_to_cells(cells, values, sign, out):
    """Add (sign 1) or take away (-1) the values on faces in the cells beside them."""
    for f in range(cells.size):
        out[cells[f]] += sign * values[f]
