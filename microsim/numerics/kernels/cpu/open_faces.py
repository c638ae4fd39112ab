"""CPU kernels of voxels whose faces are open in part: what hangs together through them, and their links."""

import numpy as np

from .compiled import compiled, inlined
from .threads import START, spread

NONE, ONCE, TWICE = np.float32(0), np.uint64(1), np.uint64(2)


@compiled
def clusters(opening, shape, periodic):
    """First voxel (its place in the flattened box) of each voxel's cluster, joined through open faces, int32
    [x, y, z].

    opening: open part [axis, x, y, z] of the lower face of each voxel, one longer along each axis; periodic:
    the sides y and z are joined to their opposites.
    """
    nx, ny, nz = shape
    root = np.empty(nx * ny * nz, np.int32)
    for x in range(nx):
        for y in range(ny):
            follows = False
            for z in range(nz):
                here = (x * ny + y) * nz + z
                follows = z > 0 and opening[2, x, y, z] > 0
                root[here] = root[here - 1] if follows else here
                # where both voxels follow the ones before them these have joined the two already
                along_x = follows and x > 0 and opening[0, x, y, z - 1] > 0 and opening[2, x - 1, y, z] > 0
                along_y = follows and y > 0 and opening[1, x, y, z - 1] > 0 and opening[2, x, y - 1, z] > 0
                if x > 0 and opening[0, x, y, z] > 0 and not along_x:
                    _join(root, here, here - ny * nz)
                if y > 0 and opening[1, x, y, z] > 0 and not along_y:
                    _join(root, here, here - nz)
            if periodic and opening[2, x, y, 0] > 0:
                _join(root, (x * ny + y) * nz, (x * ny + y) * nz + nz - 1)
        for z in range(nz if periodic else 0):
            if opening[1, x, 0, z] > 0:
                _join(root, x * ny * nz + z, (x * ny + ny - 1) * nz + z)
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


@spread("index")
def open_rows(first, stop, index, periodic, opening, shape, near, weight, total):
    """Links of each cell, one across each face (0..5 for -x +x -y +y -z +z): the cell beyond and the open
    part times the axis's shape; the cell itself and 0 where nothing passes. total: their sums."""
    nx, ny, nz = np.uint64(index.shape[0]), np.uint64(index.shape[1]), np.uint64(index.shape[2])
    cells, faces = index.reshape(index.size), opening.reshape(opening.size)
    row, plane = nz + ONCE, (ny + ONCE) * (nz + ONCE)  # of openings
    every = (nx + ONCE) * plane
    for x in range(first, stop):
        x1, x2 = _lines(x, nx, False)
        for y in range(ny):
            y1, y2 = _lines(y, ny, periodic)
            of_x, of_y, of_z = (
                x * plane + y * row,
                every + x * plane + y * row,
                TWICE * every + x * plane + y * row,
            )
            here, low_x, high_x = (x * ny + y) * nz, (x1 * ny + y) * nz, (x2 * ny + y) * nz
            low_y, high_y = (x * ny + y1) * nz, (x * ny + y2) * nz
            for z in range(nz):
                i = cells[here + z]
                if i >= 0:
                    z1, z2 = _lines(z, nz, periodic)
                    w = _link(near, weight, i, 0, cells[low_x + z], faces[of_x + z] * shape[0])
                    w += _link(near, weight, i, 1, cells[high_x + z], faces[of_x + plane + z] * shape[0])
                    w += _link(near, weight, i, 2, cells[low_y + z], faces[of_y + z] * shape[1])
                    w += _link(near, weight, i, 3, cells[high_y + z], faces[of_y + row + z] * shape[1])
                    w += _link(near, weight, i, 4, cells[here + z1], faces[of_z + z] * shape[2])
                    w += _link(near, weight, i, 5, cells[here + z2], faces[of_z + ONCE + z] * shape[2])
                    total[i] = w


@inlined
def _lines(k, n, periodic):
    """Lines before and behind line k; beyond the box k itself, or around it."""
    before = k - ONCE if k > 0 else ((n - ONCE) if periodic else k)
    behind = k + ONCE if k + ONCE < n else (START if periodic else k)
    return before, behind


@inlined
def _link(near, weight, i, face, j, open_):
    linked = j >= 0 and j != i
    open_ = open_ if linked else NONE
    near[i, face], weight[i, face] = j if linked else i, open_
    return open_


@spread("sums", grain=8)
def residual(first, stop, planes, near, weight, inlet, outlet, u, r, energy, sums):
    """r = b - A u for a drop of 1 between the ends (b: conductance to the first one), and its sum over each
    plane of x; energy: u . A u - 2 b . u + b . 1 of the plane, the conductance that u stands for.

    planes: first cell of each plane, and the end, of each colour [colour, x].
    """
    for x in range(first, stop):
        total, lacks = 0.0, 0.0
        for colour in range(planes.shape[0]):
            for i in range(np.uint64(planes[colour, x]), np.uint64(planes[colour, x + 1])):
                b = np.float64(inlet[i])
                Au = (b + outlet[i]) * u[i]
                for face in range(6):
                    Au += weight[i, face] * (u[i] - u[near[i, face]])
                total += u[i] * (Au - 2 * b) + b
                lacks += b - Au
                r[i] = b - Au
        energy[x], sums[x] = total, lacks


@spread("sums", grain=8)
def plane_sums(first, stop, planes, value, sums):
    """Sum of a cell value over each plane of x, in float64; planes: see residual."""
    for x in range(first, stop):
        total = 0.0
        for colour in range(planes.shape[0]):
            for i in range(np.uint64(planes[colour, x]), np.uint64(planes[colour, x + 1])):
                total += value[i]
        sums[x] = total


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
    found, sums = np.empty(24, np.int32), np.empty(24, np.float32)
    for big in range(np.uint64(indptr.size - 1)):
        count, own = START, np.int32(big)
        begin, end = np.uint64(child_ptr[big]), np.uint64(child_ptr[big + ONCE])
        for face in range(6):
            line = position[big, face // 2] - 1 + face % 2  # -1: the last entry, around the ring
            ratio = ratio_x[line] if face < 2 else (ratio_y[line] if face < 4 else ratio_z[line])
            k = START
            for c in range(begin, end):
                i = np.uint64(child[c])
                j = parent[near[i, face]]
                if j != own and weight[i, face] > 0:
                    if k >= count or found[k] != j:  # mostly the block that the last one led to
                        k = START
                        while k < count and found[k] != j:
                            k += ONCE
                        if k == count:
                            found[k], sums[k] = j, NONE
                            count += ONCE
                    sums[k] += weight[i, face] * ratio
        slot = indptr[big]
        for later in range(2):
            for k in range(count):
                if (found[k] > own) == (later == 1):
                    neighbour[slot], total[slot] = found[k], sums[k]
                    slot += 1
        indptr[big + ONCE] = slot
