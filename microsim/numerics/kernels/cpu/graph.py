"""CPU kernels (numba) that make graphs of voxels: the cells of a mask, colour by colour, and their links in
rows."""

import numpy as np
from numba import njit, prange


@njit(cache=True)
def number_cells(mask, colour_x, colour_y, colour_z, colours):
    """Number the cells of `mask` colour by colour; return index (int32, -1 outside), position, colour
    bounds."""
    nx, ny, nz = mask.shape
    count = np.zeros(colours + 1, np.int64)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    count[(colour_x[x] + colour_y[y] + colour_z[z]) % colours + 1] += 1
    bounds = np.cumsum(count)
    cursor = bounds[:-1].copy()
    index = np.full(mask.shape, -1, np.int32)
    position = np.empty((bounds[-1], 3), np.int16)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    colour = (colour_x[x] + colour_y[y] + colour_z[z]) % colours
                    n = cursor[colour]
                    cursor[colour] += 1
                    index[x, y, z] = n
                    position[n, 0], position[n, 1], position[n, 2] = x, y, z
    return index, position, bounds


@njit(inline="always")
def _neighbour(index, x, y, z, face, periodic):
    """Index of the cell across `face` (2 axis + side), or -1. periodic: 0 no, 1 y and z wrap around, 2 all
    do."""
    axis, step = face // 2, 2 * (face % 2) - 1
    if axis == 0:
        x += step
        if x < 0 or x >= index.shape[0]:
            if periodic < 2 or index.shape[0] < 2:
                return -1
            x %= index.shape[0]
    elif axis == 1:
        y += step
        if y < 0 or y >= index.shape[1]:
            if periodic < 1 or index.shape[1] < 2:
                return -1
            y %= index.shape[1]
    else:
        z += step
        if z < 0 or z >= index.shape[2]:
            if periodic < 1 or index.shape[2] < 2:
                return -1
            z %= index.shape[2]
    return index[x, y, z]


@njit(parallel=True, cache=True)
def grid_links(index, position, periodic):
    """Links of each cell to its face neighbours, those with lower numbers first: indptr, neighbour, face
    (0..5 for
    -x +x -y +y -z +z)."""
    n = position.shape[0]
    indptr = np.zeros(n + 1, np.int64)
    for i in prange(n):
        x, y, z = position[i]
        for face in range(6):
            if _neighbour(index, x, y, z, face, periodic) >= 0:
                indptr[i + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    neighbour = np.empty(indptr[n], np.int32)
    faces = np.empty(indptr[n], np.uint8)
    for i in prange(n):
        x, y, z = position[i]
        slot = indptr[i]
        for later in (False, True):
            for face in range(6):
                j = _neighbour(index, x, y, z, face, periodic)
                if j >= 0 and (j > i) == later:
                    neighbour[slot] = j
                    faces[slot] = face
                    slot += 1
    return indptr, neighbour, faces


@njit(cache=True)
def rows_from_edges(n, first, second):
    """Compressed rows of an undirected graph, lower neighbours first: indptr, neighbour, and each edge's two
    slots."""
    indptr = np.zeros(n + 1, np.int64)
    for e in range(first.size):
        indptr[first[e] + 1] += 1
        indptr[second[e] + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    cursor = indptr[:-1].copy()
    neighbour = np.empty(indptr[n], np.int32)
    slots = np.empty((2, first.size), np.int64)
    for later in (False, True):
        for e in range(first.size):
            i, j = first[e], second[e]
            side = 0 if (j > i) == later else 1  # of the cell whose row gets the other one in this round
            here, there = (i, j) if side == 0 else (j, i)
            slots[side, e] = cursor[here]
            neighbour[cursor[here]] = there
            cursor[here] += 1
    return indptr, neighbour, slots
