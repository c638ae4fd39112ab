"""CPU kernels (numba) of faces that touch cells of up to three kinds."""

from numba import njit, prange


@njit(parallel=True, cache=True)
def face_flow(first, second, third, lift, slopes, level, u, v, s, t, out):
    """Linear flow through each face: g (lift level + v_second - u_first) + h s_third + q t_first, slopes =
    (g, h, q).

    first, second, third: cells beside each face, of the kinds that have u and t, v, and s.
    """
    g, h, q = slopes
    for f in prange(out.size):
        push = lift[f] * level + v[second[f]] - u[first[f]]
        out[f] = g[f] * push + h[f] * s[third[f]] + q[f] * t[first[f]]


@njit(cache=True)
def add_to_cells(cells, values, sign, out):
    """Add (sign 1) or take away (-1) the values on faces in the cells beside them."""
    for f in range(cells.size):
        out[cells[f]] += sign * values[f]
