"""Binder bridges: the chain of gaps between particles that joins all of them."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from ..mesh.grid import both_sides


def bridging(sums, active, owner, other, h):
    """What to subtract from `sums` between particles joined by the minimum spanning tree of gaps: m."""
    between, count = ~active & np.isfinite(sums), int(owner.max()) + 1
    pairs, position = np.unique(_pair(owner[between], other[between], count), return_inverse=True)
    gaps = np.full(pairs.size, np.inf)
    np.minimum.at(gaps, position, sums[between])
    gaps = np.maximum(gaps, 0)
    joined = _spanning_pairs(
        pairs, gaps + h, _touching_pairs(np.where(active, owner, -1), count), 0.5 * h, count
    )
    taken = np.zeros(sums.shape, dtype=np.float32)
    taken[between] = np.where(np.isin(pairs, joined), gaps, 0)[position]
    return taken


def _pair(a, b, count):
    """One number for each pair of particles, in whichever order the two come."""
    return np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b)


def _spanning_pairs(pairs, lengths, touching, short, count):
    """Pairs in the minimum spanning tree; all lengths above zero, since zero would mean no link."""
    pairs = np.concatenate([touching, pairs])
    lengths = np.concatenate([np.full(touching.size, short), lengths])
    pairs, first = np.unique(pairs, return_index=True)  # a pair that touches counts as touching
    links = coo_array((lengths[first], (pairs // count, pairs % count)), shape=(count, count))
    tree = minimum_spanning_tree(links.tocsr()).tocoo()
    return _pair(tree.row, tree.col, count)


def _touching_pairs(owner, count):
    """Pairs of particles that share a voxel face, numbered low * count + high."""
    found = [np.empty(0, dtype=np.int64)]
    for axis in range(3):
        low, high = both_sides(owner, axis)
        differ = (low >= 0) & (high >= 0) & (low != high)
        found.append(_pair(low[differ], high[differ], count))
    return np.unique(np.concatenate(found))
