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


def block_parts(index, opening, step, part, parts):
    """Number what hangs together through open faces within each block, by its first voxel: part of each
    voxel that is a cell, and number of parts of each block."""
    within, step = opening.copy(), np.array(step)
    for axis in range(3):
        np.moveaxis(within[axis], axis, 0)[:: step[axis]] = 0
    inner = tuple(slice(n) for n in index.shape)
    for axis in range(3):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        within[axis][inner][high] *= (index[low] >= 0) & (index[high] >= 0)
    cluster = clusters(within, index.shape, False)
    for block in np.ndindex(parts.shape):
        box = tuple(slice(b * s, (b + 1) * s) for b, s in zip(block, step))
        cells = index[box] >= 0
        names = np.unique(cluster[box][cells])
        part[box][cells] = np.searchsorted(names, cluster[box][cells])
        parts[block] = names.size


def parents(position, step, base, part, out):
    """Aggregate of each cell: its part of its block, whose first one has the number `base`."""
    block = position // np.array(step)
    out[:] = base[tuple(block.T)] + part[tuple(position.T)]


def block_links(near, weight, parent, child_ptr, child, position, ratio_x, ratio_y, ratio_z):
    """Links between aggregates, lower neighbours first: indptr, neighbour, and weight, the open links held
    times fine over coarse distance."""
    ratios, indptr, links = (ratio_x, ratio_y, ratio_z), [0], []
    for big, place in enumerate(position):
        row = {}
        for face in range(6):
            for i in child[child_ptr[big] : child_ptr[big + 1]]:
                j = int(parent[near[i, face]])
                if j != big and weight[i, face] > 0:
                    ratio = ratios[face // 2][place[face // 2] - 1 + face % 2]
                    row[j] = row.get(j, 0) + weight[i, face] * ratio
        links += [(j, w) for j, w in row.items() if j < big] + [(j, w) for j, w in row.items() if j > big]
        indptr.append(len(links))
    neighbour = np.array([j for j, _ in links], np.int32)
    return np.array(indptr), neighbour, np.array([w for _, w in links], np.float32)
