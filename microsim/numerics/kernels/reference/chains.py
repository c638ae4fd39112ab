"""Slow twins of cpu.chains."""

import numpy as np


def factor(diagonal, coupling, pivot):
    """Eliminate from the first cell on: p_k = det A_(k+1) / det A_k of the leading parts of each chain's
    matrix."""
    for i in range(len(diagonal)):
        A = _matrix(diagonal[i], coupling[i])
        size = [1.0, *(np.linalg.det(A[:k, :k]) for k in range(1, len(A) + 1))]
        pivot[i] = np.array(size[1:]) / size[:-1]


def solve(pivot, coupling, b, x):
    """Solve the systems whose factors are given."""
    for i in range(len(b)):
        diagonal = pivot[i].copy()
        diagonal[1:] += coupling[i] ** 2 / pivot[i, :-1]
        x[i] = np.linalg.solve(_matrix(diagonal, coupling[i]), b[i])


def _matrix(diagonal, coupling):
    return np.diag(diagonal) - np.diag(coupling, 1) - np.diag(coupling, -1)
