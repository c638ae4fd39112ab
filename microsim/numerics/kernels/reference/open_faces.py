"""Slow twins of cpu.open_faces."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .rows_of import rows_of


def clusters(opening, shape, periodic):
    """First voxel (its place in the flattened box) of each voxel's cluster, joined through open faces, int32
    [x, y, z]."""
    place = np.arange(np.prod(shape)).reshape(shape)
    pairs = []
    for axis in range(3):
        here = opening[axis][tuple(slice(n) for n in shape)] > 0
        if axis == 0 or not periodic:
            here[(slice(None),) * axis + (0,)] = False
        pairs.append(np.stack([place[here], np.roll(place, 1, axis)[here]]))
    first, second = np.concatenate(pairs, axis=1)
    links = coo_array((np.ones(first.size, bool), (first, second)), shape=(place.size, place.size))
    _, cluster = connected_components(links, directed=False)
    return np.unique(cluster, return_index=True)[1][cluster].astype(np.int32).reshape(shape)


def weights(indptr, face, position, opening, shape, weight, count):
    """Weight of each link, open part times the axis's shape, and how many of a cell are open, into the place
    of the next one."""
    rows, axis = rows_of(indptr), face // 2
    place = position[rows].astype(int)
    place[np.arange(axis.size), axis] += face % 2
    weight[:] = opening[axis, *place.T] * shape[axis]
    count[1:] += np.bincount(rows[weight > 0], minlength=count.size - 1)


def kept_links(indptr, neighbour, face, weight, start, kept_neighbour, kept_face, kept_weight):
    """Copy the links that have a weight; start: first of those of each cell, and the end."""
    keep = weight > 0
    for links, kept in ((neighbour, kept_neighbour), (face, kept_face), (weight, kept_weight)):
        kept[:] = links[keep]
