"""Slow twins of cpu.open_faces."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


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


def open_rows(index, periodic, opening, shape, near, weight, total):
    """Links of each cell, one across each face: the cell beyond and the open part times the axis's shape; the
    cell itself and 0 where nothing passes. total: their sums."""
    for cell in np.argwhere(index >= 0):
        i = index[tuple(cell)]
        for face in range(6):
            axis, upper = divmod(face, 2)
            there, at = cell.copy(), cell.copy()
            there[axis] += 2 * upper - 1
            at[axis] += upper
            if periodic and axis:
                there[axis] %= index.shape[axis]
            inside = np.all(there >= 0) and np.all(there < index.shape)
            j = index[tuple(there)] if inside else -1
            near[i, face], weight[i, face] = (i, 0) if j in (-1, i) else (j, opening[axis, *at] * shape[axis])
        total[i] = weight[i].sum()


def residual(planes, near, weight, inlet, outlet, u, r, energy, sums):
    """r = b - A u for a drop of 1 between the ends, its sum over each plane of x, and what each plane
    adds to the conductance that u stands for."""
    b = inlet.astype(float)
    Au = (b + outlet) * u + (weight * (u[:, None] - u[near])).sum(axis=1)
    r[:] = b - Au
    plane_sums(planes, b - Au, sums)
    plane_sums(planes, u * (Au - 2 * b) + b, energy)


def plane_sums(planes, value, sums):
    """Sum of a cell value over each plane of x."""
    for x in range(sums.size):
        sums[x] = sum(value[own[x] : own[x + 1]].sum(dtype=float) for own in planes)
