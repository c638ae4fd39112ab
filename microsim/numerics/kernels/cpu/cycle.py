"""CPU kernels of a multigrid cycle on a graph: relaxation, and the way to the coarser graph and back.

A colour of cells is a range, and no two cells of a range are neighbours: a sweep over a range can run in any
order and on any number of threads with the same result.
"""

from itertools import pairwise

import numpy as np

from .sums import pull
from .threads import LIGHT, SERIAL, spread


def sweep(indptr, neighbour, weight, diagonal, b, x, bounds, backward):
    """One Gauss-Seidel sweep, colour after colour (or back): x_i = (b_i + sum_j w_ij x_j) / d_i."""
    _in_colours(_relax, bounds, backward, indptr, neighbour, weight, diagonal, b, x, bounds, backward)


def first_sweep(indptr, lower, neighbour, weight, diagonal, b, x, bounds):
    """The forward `sweep` from x = 0, whatever x holds: only neighbours that had their turn pull."""
    _in_colours(_relax_first, bounds, False, indptr, lower, neighbour, weight, diagonal, b, x, bounds)


def _in_colours(relax, bounds, backward, *arguments):
    """Relax all cells with one call, or colour by colour where threads share one."""
    colours = list(pairwise(bounds.tolist()))
    if all(stop - first < SERIAL for first, stop in colours):
        relax.alone(0, colours[-1][1], *arguments)
        return
    for first, stop in reversed(colours) if backward else colours:
        relax.between(first, stop, *arguments)


@spread("x")
def _relax(first, stop, indptr, neighbour, weight, diagonal, b, x, bounds, backward):
    """Relax a range of cells, the colours in it one after the other."""
    colours = bounds.size - 1
    for k in range(colours):
        colour = colours - 1 - k if backward else k
        start, end = max(first, np.uint64(bounds[colour])), min(stop, np.uint64(bounds[colour + 1]))
        for i in range(start, end):
            pulled = pull(neighbour, weight, x, x[i] * 0, indptr[i], indptr[i + 1])
            x[i] = (b[i] + pulled) / diagonal[i]


@spread("x")
def _relax_first(first, stop, indptr, lower, neighbour, weight, diagonal, b, x, bounds):
    for k in range(bounds.size - 1):
        start, end = max(first, np.uint64(bounds[k])), min(stop, np.uint64(bounds[k + 1]))
        for i in range(start, end):
            pulled = pull(neighbour, weight, x, x[i] * 0, indptr[i], indptr[i] + lower[i])
            x[i] = (b[i] + pulled) / diagonal[i]


def restrict_residual(indptr, lower, neighbour, weight, x, child_ptr, child, r, out):
    """Sum what `first_sweep` leaves of b over each aggregate: a cell lacks what its later neighbours pull.

    Two passes through `r`: row after row in memory order, then a gather; in one pass the rows come scattered,
    1.6 times slower.
    """
    _pull_later(indptr, lower, neighbour, weight, x, r)
    _gather(r, child_ptr, child, out)


@spread("x")
def _pull_later(first, stop, indptr, lower, neighbour, weight, x, r):
    for i in range(first, stop):
        r[i] = pull(neighbour, weight, x, x[i] * 0, indptr[i] + lower[i], indptr[i + 1])


@spread("out", grain=SERIAL // 4)
def _gather(first, stop, r, child_ptr, child, out):
    for big in range(first, stop):
        total = r[0] * 0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            total += r[child[c]]
        out[big] = total


@spread("x", grain=LIGHT)
def prolong(first, stop, parent, coarse, x):
    """Add each aggregate's correction to its members."""
    for i in range(first, stop):
        x[i] += coarse[parent[i]]
