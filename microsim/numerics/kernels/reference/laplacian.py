"""Slow twins of cpu.laplacian."""

import numpy as np
from scipy.sparse import csr_array

from .rows_of import rows_of, values_of


def row_sums(indptr, weight, ground, out):
    """Diagonal of the weighted graph Laplacian: sum of a cell's link weights plus its weight to ground."""
    out[:] = ground + np.bincount(rows_of(indptr), weight.astype(float) if weight.size else None, out.size)


def apply_laplacian(indptr, neighbour, weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    product = _laplacian(indptr, neighbour, weight, diagonal) @ x.astype(float)
    out[:] = product
    return float(x.astype(float) @ product)


def link_energy(indptr, neighbour, weight, x):
    """Sum over links of w (x_i - x_j)^2 (float64); no weights stand for ones."""
    drop = x[rows_of(indptr)].astype(float) - x[neighbour]
    return float(values_of(weight, neighbour) @ drop**2 / 2)


def bilinear_energy(indptr, neighbour, face, weight, step, chi):
    """Sum over links of w g_j g_k, g_j = the drop of x_j + chi_j along the link; a 3 x 3 matrix."""
    g = chi[:, neighbour] - chi[:, rows_of(indptr)]
    g[face // 2, np.arange(face.size)] += np.array(step)[face // 2] * np.where(face % 2, 1, -1)
    return np.einsum("s,js,ks->jk", weight, g, g) / 2


def outflow(indptr, neighbour, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    out[:] = rest * x + _differences(indptr, neighbour, weight, x)


def _differences(indptr, neighbour, weight, x):
    """sum_j a_ij (x_i - x_j), in the precision of double."""
    rows, total = rows_of(indptr), np.zeros(indptr.size - 1, np.result_type(x, float))
    np.add.at(total, rows, weight * (x[rows] - x[neighbour]))
    return total


def _off_diagonal(indptr, neighbour, weight):
    n = indptr.size - 1
    return csr_array((values_of(weight, neighbour), neighbour, indptr), shape=(n, n))


def _laplacian(indptr, neighbour, weight, diagonal):
    n = indptr.size - 1
    diagonals = csr_array((diagonal.astype(float), np.arange(n), np.arange(n + 1)), shape=(n, n))
    return diagonals - _off_diagonal(indptr, neighbour, weight)
