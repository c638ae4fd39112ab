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


@inlined
def _beyond(index, x, y, z, face, periodic, opening):
    """Cell across a face (2 axis + side), or -1, and the face's open part."""
    axis, upper = face // 2, face % 2
    ax, ay, az = np.int64(axis == 0), np.int64(axis == 1), np.int64(axis == 2)
    x2, y2, z2 = x + ax * (2 * upper - 1), y + ay * (2 * upper - 1), z + az * (2 * upper - 1)
    if periodic:
        y2, z2 = y2 % index.shape[1], z2 % index.shape[2]
    outside = x2 < 0 or y2 < 0 or z2 < 0
    outside = outside or x2 >= index.shape[0] or y2 >= index.shape[1] or z2 >= index.shape[2]
    if outside or (x2 == x and y2 == y and z2 == z):
        return np.int64(-1), opening[0, 0, 0, 0]
    return np.int64(index[x2, y2, z2]), opening[axis, x + ax * upper, y + ay * upper, z + az * upper]


@spread("position")
def count_links(first, stop, position, index, periodic, opening, indptr):
    """Count the open faces of each cell to others into the place of the next one."""
    for i in range(first, stop):
        x, y, z = np.int64(position[i, 0]), np.int64(position[i, 1]), np.int64(position[i, 2])
        for face in range(6):
            j, share = _beyond(index, x, y, z, face, periodic, opening)
            indptr[i + 1] += j >= 0 and share > 0


@spread("position")
def fill_links(first, stop, position, index, periodic, opening, shape, indptr, neighbour, faces, weight):
    """Links of each cell through its open faces, lower neighbours first: face as in graph.grid_links, weight
    the open part times the axis's shape."""
    for i in range(first, stop):
        x, y, z = np.int64(position[i, 0]), np.int64(position[i, 1]), np.int64(position[i, 2])
        lower, upper = indptr[i], indptr[i + 1]
        for face in range(6):
            j, share = _beyond(index, x, y, z, face, periodic, opening)
            if j >= 0 and share > 0:
                later = j > np.int64(i)
                upper -= later
                slot = upper if later else lower
                lower += not later
                neighbour[slot], faces[slot], weight[slot] = j, face, share * shape[face // 2]
