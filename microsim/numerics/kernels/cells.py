"""CPU kernels (numba) of coupled balances: row products in terms of differences, and what passes the faces
between cells.

Coefficients are single precision; vectors are single or double, sums follow them. A product written with
differences keeps its digits where a good conductor holds neighbours at nearly the same value.
"""

from numba import njit, prange


@njit(parallel=True, cache=True)
def outflow(indptr, neighbour, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    for i in prange(out.size):
        total = rest[i] * x[i]
        for slot in range(indptr[i], indptr[i + 1]):
            total += weight[slot] * (x[i] - x[neighbour[slot]])
        out[i] = total


@njit(parallel=True, cache=True)
def two_outflows(indptr, neighbour, w, a, k, carried, a_rest, k_rest, psi, c, out_psi, out_c):
    """Two unknowns a cell, one pass over the links:

    out_psi_i = sum_j w_ij (psi_i - psi_j) + k_ij c_j + k_rest_i c_i
    out_c_i = sum_j a_ij (c_i - c_j) + carried_ij (psi_i - psi_j) + a_rest_i c_i;   no `carried` stands for
                                                                                    zeros
    """
    for i in prange(psi.size):
        charge, salt = k_rest[i] * c[i], a_rest[i] * c[i]
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            drop = psi[i] - psi[j]
            charge += w[slot] * drop + k[slot] * c[j]
            salt += a[slot] * (c[i] - c[j])
            if carried.size:
                salt += carried[slot] * drop
        out_psi[i], out_c[i] = charge, salt


@njit(parallel=True, cache=True)
def face_flow(ionic, electronic, solid, lift, slopes, V, psi, phi, sto, c_e, out):
    """Change of the current through each face (A): g (lift V + phi - psi) + h sto + q c_e, slopes = (g, h,
    q)."""
    g, h, q = slopes
    for f in prange(out.size):
        push = lift[f] * V + phi[electronic[f]] - psi[ionic[f]]
        out[f] = g[f] * push + h[f] * sto[solid[f]] + q[f] * c_e[ionic[f]]


@njit(cache=True)
def add_to_cells(cells, values, sign, out):
    """Add (sign 1) or take away (-1) the values on faces in the cells beside them."""
    for f in range(cells.size):
        out[cells[f]] += sign * values[f]
