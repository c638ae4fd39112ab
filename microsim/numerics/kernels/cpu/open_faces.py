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


@spread("position")
def open_rows(first, stop, position, index, periodic, opening, shape, near, weight):
    """Links of each cell, one across each face (0..5 for -x +x -y +y -z +z): the cell beyond and the open
    part times the axis's shape; the cell itself and 0 where nothing passes."""
    nx, ny, nz = index.shape
    around = int(periodic)
    for i in range(first, stop):
        x, y, z = np.int64(position[i, 0]), np.int64(position[i, 1]), np.int64(position[i, 2])
        x1, x2 = max(x - 1, 0), min(x + 1, nx - 1)
        y1, y2 = _before(y, ny, around), _behind(y, ny, around)
        z1, z2 = _before(z, nz, around), _behind(z, nz, around)
        _link(near, weight, i, 0, index[x1, y, z], opening[0, x, y, z] * shape[0])
        _link(near, weight, i, 1, index[x2, y, z], opening[0, x + 1, y, z] * shape[0])
        _link(near, weight, i, 2, index[x, y1, z], opening[1, x, y, z] * shape[1])
        _link(near, weight, i, 3, index[x, y2, z], opening[1, x, y + 1, z] * shape[1])
        _link(near, weight, i, 4, index[x, y, z1], opening[2, x, y, z] * shape[2])
        _link(near, weight, i, 5, index[x, y, z2], opening[2, x, y, z + 1] * shape[2])


@inlined
def _before(k, n, around):
    return k - 1 if k > 0 else around * (n - 1)


@inlined
def _behind(k, n, around):
    return k + 1 if k < n - 1 else (1 - around) * k


@inlined
def _link(near, weight, i, face, j, open_):
    here = np.int64(i)
    linked = j >= 0 and j != here
    near[i, face] = j if linked else here
    weight[i, face] = open_ if linked else 0


@spread("parts")
def block_parts(first, stop, index, opening, step, part, parts):
    """Number what hangs together through open faces within each block of step[0] x step[1] x step[2] voxels,
    1 or 2 each: part of each voxel [x, y, z], where it is a cell, and number of parts of each block [X, Y,
    Z]."""
    group = np.empty(8, np.int64)
    for X in range(first, stop):
        for Y in range(parts.shape[1]):
            for Z in range(parts.shape[2]):
                x, y, z = np.int64(X) * step[0], Y * step[1], Z * step[2]
                cells = 0
                for v in range(8):
                    i, j, k = v // 4, v // 2 % 2, v % 2
                    inside = i < step[0] and j < step[1] and k < step[2]
                    group[v] = v if inside and _cell(index, x + i, y + j, z + k) >= 0 else -1
                    cells += group[v] >= 0
                parts[X, Y, Z] = 0
                if cells:
                    _join_within(group, opening, x, y, z)
                    parts[X, Y, Z] = _number_parts(group, part, x, y, z)


@inlined
def _cell(index, x, y, z):
    """Cell of a voxel, or -1."""
    inside = x < index.shape[0] and y < index.shape[1] and z < index.shape[2]
    return np.int64(index[x, y, z]) if inside else np.int64(-1)


@inlined
def _join_within(group, opening, x, y, z):
    """Give the voxels of a block that open faces join one number, that of the first of them."""
    for v in range(8):
        for axis in range(3):
            lower = v & ~(4 >> axis)
            apart = lower < v and group[v] >= 0 and group[lower] >= 0 and group[v] != group[lower]
            if apart and opening[axis, x + v // 4, y + v // 2 % 2, z + v % 2] > 0:
                one, other = min(group[v], group[lower]), max(group[v], group[lower])
                for w in range(8):
                    group[w] = one if group[w] == other else group[w]


@inlined
def _number_parts(group, part, x, y, z):
    count = 0
    for v in range(8):
        if group[v] >= 0:
            own = count
            if group[v] == v:
                count += 1
            else:
                w = group[v]
                own = part[x + w // 4, y + w // 2 % 2, z + w % 2]
            part[x + v // 4, y + v // 2 % 2, z + v % 2] = own
    return count


@spread("position")
def parents(first, stop, position, step, base, part, out):
    """Aggregate of each cell: its part of its block, whose first one has the number `base`."""
    for i in range(first, stop):
        x, y, z = np.int64(position[i, 0]), np.int64(position[i, 1]), np.int64(position[i, 2])
        out[i] = base[x // step[0], y // step[1], z // step[2]] + part[x, y, z]


def block_links(near, weight, parent, child_ptr, child, position, ratio_x, ratio_y, ratio_z):
    """Links between aggregates, lower neighbours first: indptr, neighbour, and weight, the open links held
    times fine over coarse distance.

    near, weight: see open_rows; position: blocks of the aggregates; ratio: see multigrid.distance_ratios.
    """
    n = len(position)
    indptr, most = np.zeros(n + 1, np.int64), min(24 * n, near.size)
    links = np.empty(most, np.int32), np.empty(most, np.float32)  # pages not written are never there
    _block_links(near, weight, parent, child_ptr, child, position, ratio_x, ratio_y, ratio_z, indptr, *links)
    return indptr, links[0][: indptr[-1]].copy(), links[1][: indptr[-1]].copy()


@compiled
def _block_links(
    near, weight, parent, child_ptr, child, position, ratio_x, ratio_y, ratio_z, indptr, neighbour, total
):
    found, sums = np.empty(24, np.int64), np.empty(24, np.float32)
    for big in range(indptr.size - 1):
        count = 0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            i = child[c]
            for face in range(6):
                j = np.int64(parent[near[i, face]])
                if j != big and weight[i, face] > 0:
                    line = position[big, face // 2] - 1 + face % 2  # -1: the last entry, around the ring
                    ratio = ratio_x[line] if face < 2 else (ratio_y[line] if face < 4 else ratio_z[line])
                    k = 0
                    while k < count and found[k] != j:
                        k += 1
                    if k == count:
                        found[k], sums[k] = j, 0
                        count += 1
                    sums[k] += weight[i, face] * ratio
        slot = indptr[big]
        for later in range(2):
            for k in range(count):
                if (found[k] > big) == (later == 1):
                    neighbour[slot], total[slot] = found[k], sums[k]
                    slot += 1
        indptr[big + 1] = slot
