"""CPU kernels (numba) of a multigrid cycle on a graph: relaxation, and the way to the coarser graph and back.

A colour of cells is a range, and no two cells of a range are neighbours: a sweep over a range can run in any
order and on any number of threads with the same result.
"""

from numba import njit, prange

from .laplacian import _pull
from .threads import SERIAL


@njit(parallel=True, cache=True)
def sweep(indptr, neighbour, weight, diagonal, b, x, bounds, backward):
    """One Gauss-Seidel sweep, colour after colour (or back): x_i = (b_i + sum_j w_ij x_j) / d_i."""
    colours = bounds.size - 1
    for k in range(colours):
        colour = colours - 1 - k if backward else k
        start, stop = bounds[colour], bounds[colour + 1]
        if stop - start < SERIAL:
            for i in range(start, stop):
                x[i] = (b[i] + _pull(indptr, neighbour, weight, x, i)) / diagonal[i]
        else:
            for i in prange(start, stop):
                x[i] = (b[i] + _pull(indptr, neighbour, weight, x, i)) / diagonal[i]


@njit(inline="always")
def _pull_of(neighbour, weight, x, i, first, stop):
    """As `_pull`, of some of the links of cell i."""
    total = x[i] * 0
    if weight.size == 0:
        for slot in range(first, stop):
            total += x[neighbour[slot]]
    else:
        for slot in range(first, stop):
            total += weight[slot] * x[neighbour[slot]]
    return total


@njit(parallel=True, cache=True)
def first_sweep(indptr, lower, neighbour, weight, diagonal, b, x, bounds):
    """The forward `sweep` from x = 0, whatever x holds: only neighbours that had their turn pull."""
    for k in range(bounds.size - 1):
        start, stop = bounds[k], bounds[k + 1]
        if stop - start < SERIAL:
            for i in range(start, stop):
                pull = _pull_of(neighbour, weight, x, i, indptr[i], indptr[i] + lower[i])
                x[i] = (b[i] + pull) / diagonal[i]
        else:
            for i in prange(start, stop):
                pull = _pull_of(neighbour, weight, x, i, indptr[i], indptr[i] + lower[i])
                x[i] = (b[i] + pull) / diagonal[i]


@njit(parallel=True, cache=True)
def restrict_residual(indptr, lower, neighbour, weight, x, child_ptr, child, r, out):
    """Sum what `first_sweep` leaves of b over each aggregate: a cell lacks what its later neighbours pull.

    Two passes through `r`: row after row in memory order, then a gather; in one pass the rows come scattered,
    1.6 times slower.
    """
    if x.size < SERIAL:
        for i in range(x.size):
            r[i] = _pull_of(neighbour, weight, x, i, indptr[i] + lower[i], indptr[i + 1])
    else:
        for i in prange(x.size):
            r[i] = _pull_of(neighbour, weight, x, i, indptr[i] + lower[i], indptr[i + 1])
    if out.size < SERIAL // 4:
        for big in range(out.size):
            out[big] = _children_sum(r, child_ptr, child, big)
    else:
        for big in prange(out.size):
            out[big] = _children_sum(r, child_ptr, child, big)


@njit(inline="always")
def _children_sum(r, child_ptr, child, big):
    total = r[0] * 0
    for c in range(child_ptr[big], child_ptr[big + 1]):
        total += r[child[c]]
    return total


@njit(parallel=True, cache=True)
def prolong(parent, coarse, x):
    """Add each aggregate's correction to its members."""
    n = x.size
    if n < SERIAL:
        for i in range(n):
            x[i] += coarse[parent[i]]
    else:
        for i in prange(n):
            x[i] += coarse[parent[i]]
