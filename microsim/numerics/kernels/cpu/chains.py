"""CPU kernels: many independent tridiagonal systems of one length, one row of the arrays each."""

from .threads import spread


@spread("diagonal")
def factor(first, stop, diagonal, coupling, pivot):
    """Eliminate from the first cell on: p_0 = d_0, p_k = d_k - w_(k-1)^2 / p_(k-1); A_k,k+1 = -w_k.

    diagonal, pivot [chain, cell]; coupling [chain, cell - 1]. The last pivot is what the last cell sees of
    its chain.
    """
    for i in range(first, stop):
        pivot[i, 0] = diagonal[i, 0]
        for k in range(1, diagonal.shape[1]):
            pivot[i, k] = diagonal[i, k] - coupling[i, k - 1] * coupling[i, k - 1] / pivot[i, k - 1]


@spread("b")
def solve(first, stop, pivot, coupling, b, x):
    """Solve the factored systems: forward to the last cell, then back."""
    cells = b.shape[1]
    for i in range(first, stop):
        x[i, 0] = b[i, 0]
        for k in range(1, cells):
            x[i, k] = b[i, k] + coupling[i, k - 1] / pivot[i, k - 1] * x[i, k - 1]
        x[i, cells - 1] /= pivot[i, cells - 1]
        for k in range(cells - 2, -1, -1):
            x[i, k] = (x[i, k] + coupling[i, k] * x[i, k + 1]) / pivot[i, k]
