"""CPU kernels of the weighted graph Laplacian and its kin: row products, row sums, energies.

Products in terms of differences keep their digits where a good conductor holds neighbours at nearly the same
value; their coefficients are single precision, vectors single or double, and sums follow them.
"""

import numpy as np

from .sums import CHUNK, chunk_sums, in_order, pull, total
from .threads import spread


@spread("out")
def row_sums(first, stop, indptr, weight, ground, out):
    """Diagonal of the weighted graph Laplacian: sum of a cell's link weights plus its weight to ground."""
    for i in range(first, stop):
        total = ground[i]
        if weight.size == 0:
            total += indptr[i + 1] - indptr[i]
        else:
            for slot in range(indptr[i], indptr[i + 1]):
                total += weight[slot]
        out[i] = total


def apply_laplacian(indptr, neighbour, weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    sums = chunk_sums(x.size)
    _apply(indptr, neighbour, weight, diagonal, x, out, sums)
    return in_order(sums)


@spread("x", chunk=CHUNK)
def _apply(first, stop, indptr, neighbour, weight, diagonal, x, out, sums):
    for c in range(first, stop):
        total = 0.0
        for i in range(c * CHUNK, min((c + 1) * CHUNK, x.size)):
            value = diagonal[i] * x[i] - pull(neighbour, weight, x, x[i] * 0, indptr[i], indptr[i + 1])
            out[i] = value
            total += np.float64(x[i]) * np.float64(value)
        sums[c] = total


def link_energy(indptr, neighbour, weight, x):
    """Sum over links of w (x_i - x_j)^2 (float64); no weights stand for ones."""
    sums = chunk_sums(indptr.size - 1)
    _link_energy(indptr, neighbour, weight, x, sums)
    return in_order(sums)


@spread("indptr", less=1, chunk=CHUNK)
def _link_energy(first, stop, indptr, neighbour, weight, x, sums):
    for c in range(first, stop):
        total = 0.0
        for i in range(c * CHUNK, min((c + 1) * CHUNK, indptr.size - 1)):
            for slot in range(indptr[i], indptr[i + 1]):
                drop = np.float64(x[i]) - np.float64(x[neighbour[slot]])
                total += (weight[slot] if weight.size else 1.0) * drop * drop / 2
        sums[c] = total


def bilinear_energy(indptr, neighbour, face, weight, step, chi):
    """Sum over links of w g_j g_k, g_j = the drop of x_j + chi_j along the link; a 3 x 3 matrix.

    step: voxel edges (m); chi [3, n]: correctors of the three mean gradients.
    """
    sums = chunk_sums(indptr.size - 1, 3, 3)
    _energies(indptr, neighbour, face, weight, step, chi, sums)
    return total(sums)


@spread("indptr", less=1, chunk=CHUNK)
def _energies(first, stop, indptr, neighbour, face, weight, step, chi, sums):
    g = np.empty(3)
    for c in range(first, stop):
        for i in range(c * CHUNK, min((c + 1) * CHUNK, indptr.size - 1)):
            for slot in range(indptr[i], indptr[i + 1]):
                for j in range(3):
                    g[j] = chi[j, neighbour[slot]] - chi[j, i]
                g[face[slot] // 2] += step[face[slot] // 2] * (2 * (face[slot] % 2) - 1)
                for j in range(3):
                    for k in range(3):
                        sums[c, j, k] += weight[slot] * g[j] * g[k] / 2


@spread("out")
def outflow(first, stop, indptr, neighbour, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    for i in range(first, stop):
        total = rest[i] * x[i]
        for slot in range(indptr[i], indptr[i + 1]):
            total += weight[slot] * (x[i] - x[neighbour[slot]])
        out[i] = total
