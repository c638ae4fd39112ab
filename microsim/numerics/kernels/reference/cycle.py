"""Slow twins of cpu.cycle."""

from itertools import pairwise

import numpy as np

from .coarsening import sum_children
from .rows_of import rows_of, values_of


def sweep(indptr, neighbour, weight, diagonal, b, x, bounds, backward):
    """One Gauss-Seidel sweep, colour after colour (or back): x_i = (b_i + sum_j w_ij x_j) / d_i."""
    values = values_of(weight, neighbour)
    ranges = [range(start, stop) for start, stop in pairwise(bounds)]
    for cells in reversed(ranges) if backward else ranges:
        for i in cells:
            row = slice(indptr[i], indptr[i + 1])
            x[i] = (b[i] + values[row] @ x[neighbour[row]]) / diagonal[i]


def first_sweep(indptr, lower, neighbour, weight, diagonal, b, x, bounds):
    """The forward `sweep` from x = 0, whatever x holds: only neighbours that had their turn pull."""
    x[:] = 0
    sweep(indptr, neighbour, weight, diagonal, b, x, bounds, False)


def restrict_residual(indptr, lower, neighbour, weight, x, child_ptr, child, r, out):
    """Sum what `first_sweep` leaves of b over each aggregate: a cell lacks what its later neighbours pull."""
    rows = rows_of(indptr)
    later = neighbour > rows
    r[:] = np.bincount(rows[later], (values_of(weight, neighbour) * x[neighbour])[later], x.size)
    sum_children(r, child_ptr, child, out)


def prolong(parent, coarse, x):
    """Add each aggregate's correction to its members."""
    x += coarse[parent]
