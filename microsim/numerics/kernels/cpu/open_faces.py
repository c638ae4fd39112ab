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
