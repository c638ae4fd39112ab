"""Sums that no number of threads changes, and the sum over a cell's links."""

import numpy as np

from .compiled import compiled, inlined

# entries that are summed by themselves: who sums which chunk, and when, is then all the same
CHUNK = 16384


def chunk_sums(n, *shape):
    """Return places for the sums over chunks of n entries."""
    return np.zeros(((n + CHUNK - 1) // CHUNK, *shape))


def total(sums):
    """Add up what the chunks gave, one after the other."""
    out = np.zeros(sums.shape[1:])
    for part in sums:
        out += part
    return out


@compiled
def in_order(values):
    """Sum one after the other."""
    total = 0.0
    for value in values:
        total += value
    return total


@inlined
def pull(neighbour, weight, x, zero, begin, end):
    """Sum of weight times x over some of a cell's links, from zero on; no weights stand for ones."""
    total = zero
    if weight.size == 0:
        for slot in range(begin, end):
            total += x[neighbour[slot]]
    else:
        for slot in range(begin, end):
            total += weight[slot] * x[neighbour[slot]]
    return total
