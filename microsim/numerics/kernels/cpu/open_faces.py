"""CPU kernels of voxels whose faces are open in part: what hangs together through them, and their links."""

import numpy as np

from .compiled import compiled, inlined
from .threads import spread


@compiled
def clusters(opening, shape, periodic):
    """First voxel (its place in the flattened box) of each voxel's cluster, joined through open faces, int32
    [x, y, z].

    opening: open part [axis, x, y, z] of the lower face of each voxel, one longer along each axis; periodic:
    the sides y and z are joined to their opposites.
    """
    nx, ny, nz = shape
    root = np.arange(nx * ny * nz).astype(np.int32)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                here = (x * ny + y) * nz + z
                if x > 0 and opening[0, x, y, z] > 0:
                    _join(root, here, here - ny * nz)
                if y > 0 and opening[1, x, y, z] > 0:
                    _join(root, here, here - nz)
                elif y == 0 and periodic and opening[1, x, y, z] > 0:
                    _join(root, here, here + (ny - 1) * nz)
                if z > 0 and opening[2, x, y, z] > 0:
                    _join(root, here, here - 1)
                elif z == 0 and periodic and opening[2, x, y, z] > 0:
                    _join(root, here, here + nz - 1)
    for here in range(root.size):
        root[here] = root[root[here]]  # lower places are at their root already
    return root.reshape(shape)


@inlined
def _join(root, i, j):
    """Put the later of two roots below the earlier one."""
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    while root[j] != j:
        root[j] = root[root[j]]
        j = root[j]
    root[max(i, j)] = min(i, j)


@spread("indptr", less=1)
def weights(first, stop, indptr, face, position, opening, shape, weight, count):
    """Weight of each link, open part times the axis's shape, and how many of a cell are open, into the place
    of the next one."""
    for i in range(first, stop):
        for slot in range(indptr[i], indptr[i + 1]):
            axis, upper = face[slot] // 2, face[slot] % 2
            x = position[i, 0] + (upper if axis == 0 else 0)
            y = position[i, 1] + (upper if axis == 1 else 0)
            z = position[i, 2] + (upper if axis == 2 else 0)
            weight[slot] = opening[axis, x, y, z] * shape[axis]
            count[i + 1] += weight[slot] > 0


@spread("indptr", less=1)
def kept_links(first, stop, indptr, neighbour, face, weight, start, kept_neighbour, kept_face, kept_weight):
    """Copy the links that have a weight; start: first of those of each cell, and the end."""
    for i in range(first, stop):
        to = start[i]
        for slot in range(indptr[i], indptr[i + 1]):
            if weight[slot] > 0:
                kept_neighbour[to], kept_face[to] = neighbour[slot], face[slot]
                kept_weight[to] = weight[slot]
                to += 1
