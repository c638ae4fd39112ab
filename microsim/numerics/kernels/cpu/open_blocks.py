"""CPU kernels of blocks of voxels whose faces are open in part: the parts of a block that hang together, and
what is open between those of two blocks."""

import numpy as np

from .compiled import compiled, inlined

MOST = 24  # links of a part of a block: four across each face


def block_aggregates(index, opening, step, colours_of, colours, roots):
    """Number the parts of blocks that hang together through open faces within them, colour by colour: parent
    of each cell, position [n, 3] (block) of each part, and bounds, the first part of each colour and the end.

    step: voxels of a block along each axis, 1 or 2; colours_of: colour of each line of blocks, three times;
    roots [pattern of open inner faces, voxel of 8]: first voxel of the part that a voxel belongs to (see
    open_rows.ROOTS).
    """
    cells = int(index.max(initial=-1)) + 1
    parent, bounds = np.empty(cells, np.int32), np.zeros(colours + 1, np.int64)
    position = np.empty((cells, 3), np.int16)  # pages that are not written are never there
    step = np.array(step, np.int64)
    _aggregate(index, opening, step, *colours_of, roots, parent, position, bounds)
    return parent, position[: bounds[-1]].copy(), bounds


@compiled
def _aggregate(index, opening, step, colour_x, colour_y, colour_z, roots, parent, position, bounds):
    cell, own = np.empty(8, np.int32), np.empty(8, np.int32)
    count, colours = 0, bounds.size - 1
    for colour in range(colours):
        for X in range(colour_x.size):
            for Y in range(colour_y.size):
                for Z in range(colour_z.size):
                    if (colour_x[X] + colour_y[Y] + colour_z[Z]) % colours != colour:
                        continue
                    x, y, z = X * step[0], Y * step[1], Z * step[2]
                    if not _cells_of(index, x, y, z, step, cell):
                        continue
                    root = roots[_pattern(opening, x, y, z, cell)]
                    for v in range(8):
                        if cell[v] >= 0:
                            if root[v] == v:
                                own[v] = count
                                position[count, 0], position[count, 1], position[count, 2] = X, Y, Z
                                count += 1
                            parent[cell[v]] = own[root[v]]
        bounds[colour + 1] = count


@inlined
def _cells_of(index, x, y, z, step, cell):
    """Write the cells of a block, -1 where it has none, and return whether it has any."""
    deep, wide, long = (
        step[0] > 1 and x + 1 < index.shape[0],
        step[1] > 1 and y + 1 < index.shape[1],
        step[2] > 1 and z + 1 < index.shape[2],
    )
    found = False
    for v in range(8):
        i, j, k = v // 4, v // 2 % 2, v % 2
        cell[v] = -1
        if i <= deep and j <= wide and k <= long:
            cell[v] = index[x + i, y + j, z + k]
            found |= cell[v] >= 0
    return found


@inlined
def _pattern(opening, x, y, z, cell):
    """The faces within a block that are open between two cells, a bit each: across x, y, z, four of each."""
    pattern, bit = 0, 1
    for axis in range(3):
        for v in range(8):
            if v & (4 >> axis):
                both = cell[v] >= 0 and cell[v - (4 >> axis)] >= 0
                if both and opening[axis, x + v // 4, y + v // 2 % 2, z + v % 2] > 0:
                    pattern |= bit
                bit *= 2
    return pattern


def block_links(index, opening, shape, periodic, parent, n, step, ratio_x, ratio_y, ratio_z):
    """Links between the n parts of blocks, lower neighbours first: indptr, neighbour, and weight, the open
    parts of faces, times the shape of their axis and fine over coarse distance.

    parent, step: see block_aggregates; ratio: see multigrid.distance_ratios.
    """
    most = min(3 * parent.size, MOST // 2 * n)
    low, high, open_ = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.float32)
    step, ratios = np.array(step, np.int64), (ratio_x * shape[0], ratio_y * shape[1], ratio_z * shape[2])
    links = _pairs(index, opening, periodic, parent, step, *ratios, low, high, open_)
    indptr = np.zeros(n + 1, np.int64)
    _count(low[:links], high[:links], indptr)
    np.cumsum(indptr, out=indptr)
    neighbour, weight = np.empty(2 * links, np.int32), np.empty(2 * links, np.float32)
    _place(low[:links], high[:links], open_[:links], indptr[:-1].copy(), neighbour, weight)
    return indptr, neighbour, weight


@compiled
def _pairs(index, opening, periodic, parent, step, ratio_x, ratio_y, ratio_z, low, high, open_):
    """Write each pair of linked parts once, and what is open between them; return how many there are."""
    nx, ny, nz = index.shape
    cell, own, links = np.empty(8, np.int32), np.empty(8, np.int32), 0
    pairs = low, high, open_
    for X in range(ratio_x.size):
        for Y in range(ratio_y.size):
            for Z in range(ratio_z.size):
                x, y, z = X * step[0], Y * step[1], Z * step[2]
                if not _cells_of(index, x, y, z, step, cell):
                    continue
                for v in range(8):
                    own[v] = parent[cell[v]] if cell[v] >= 0 else -1
                box = index, opening, parent, own, x, y, z
                if x + step[0] < nx:
                    links = _across(box, 0, step[0], x + step[0], ratio_x[X], pairs, links, links)
                begin = links
                if y + step[1] < ny:
                    links = _across(box, 1, step[1], y + step[1], ratio_y[Y], pairs, links, links)
                if periodic and Y == 0:  # around a ring of two blocks the same pair may be there
                    links = _across(box, 1, 0, ny - 1, ratio_y[-1], pairs, links, begin)
                begin = links
                if z + step[2] < nz:
                    links = _across(box, 2, step[2], z + step[2], ratio_z[Z], pairs, links, links)
                if periodic and Z == 0:
                    links = _across(box, 2, 0, nz - 1, ratio_z[-1], pairs, links, begin)
    return links


@inlined
def _across(box, axis, up, beyond, ratio, pairs, links, begin):
    """Add what is open to the pairs across the upper faces of a block (up: voxels to them), or with up = 0
    the lower ones; beyond: line of the voxels on the other side. Returns the number of pairs; those of this
    block and axis are from `begin` on."""
    index, opening, parent, own, x, y, z = box
    low, high, open_ = pairs
    bit = 4 >> axis
    side = bit if up > 1 else 0
    for v in range(8):
        if v & bit == side and own[v] >= 0:
            i, j, k = x + v // 4, y + v // 2 % 2, z + v % 2
            if axis == 0:
                width, there = opening[0, x + up, j, k], index[beyond, j, k]
            elif axis == 1:
                width, there = opening[1, i, y + up, k], index[i, beyond, k]
            else:
                width, there = opening[2, i, j, z + up], index[i, j, beyond]
            if width > 0 and there >= 0 and parent[there] != own[v]:
                one, other = min(own[v], parent[there]), max(own[v], parent[there])
                at = begin
                while at < links and (low[at] != one or high[at] != other):
                    at += 1
                if at == links:
                    low[at], high[at], open_[at] = one, other, 0
                    links += 1
                open_[at] += width * ratio
    return links


@compiled
def _count(low, high, indptr):
    """Count the links of each part into the place of the next one."""
    for k in range(low.size):
        indptr[low[k] + 1] += 1
        indptr[high[k] + 1] += 1


@compiled
def _place(low, high, open_, cursor, neighbour, weight):
    """Write the links of each part, first those to lower ones."""
    for k in range(low.size):
        slot = cursor[high[k]]
        neighbour[slot], weight[slot] = low[k], open_[k]
        cursor[high[k]] += 1
    for k in range(low.size):
        slot = cursor[low[k]]
        neighbour[slot], weight[slot] = high[k], open_[k]
        cursor[low[k]] += 1
