"""Slow twins of cpu.row_blocks, by way of dense arrays."""

import numpy as np

from .places import places


def block_patterns(bits, nz):
    """Byte of each 2 x 2 x 2 block, [X, Y, Z]."""
    pattern = np.zeros([(n + 1) // 2 for n in (*bits.shape[1:3], nz)], np.uint8)
    for place in places(bits):
        pattern[tuple(place // 2)] |= 1 << _corner(place)
    return pattern


def _corner(place):
    """Number of a voxel within its block: 4 i + 2 j + k."""
    return int(place % 2 @ (4, 2, 1))


def number_blocks(pattern, parts):
    """Number the parts of the blocks colour by colour; return the first of each block, and the colours'
    bounds."""
    base, bounds, n = np.empty(pattern.shape, np.int32), [0], 0
    for colour in (0, 1):
        for block in np.ndindex(pattern.shape):
            if sum(block) % 2 == colour:
                base[block] = n
                n += int(parts[pattern[block]])
        bounds.append(n)
    return base, np.array(bounds)


def parents(bits, start, pattern, base, part, out):
    """Aggregate of each cell."""
    for i, place in enumerate(places(bits)):
        block = tuple(place // 2)
        out[i] = base[block] + part[pattern[block], _corner(place)]


def _links(pattern, part, block, mine):
    """List (other block, its part, axis, side, count of links) of a part of a block, face by face."""
    found = []
    for axis in range(3):
        for side in (0, 1):
            other = list(block)
            other[axis] += 2 * side - 1
            if not 0 <= other[axis] < pattern.shape[axis]:
                continue
            there, counts = tuple(other), np.zeros(4, int)
            bit = 4 >> axis
            for v in range(8):
                mine_here = pattern[block] >> v & 1 and part[pattern[block], v] == mine
                if bool(v & bit) == bool(side) and mine_here and pattern[there] >> (v ^ bit) & 1:
                    counts[part[pattern[there], v ^ bit]] += 1
            found += [(there, p, axis, side, int(c)) for p, c in enumerate(counts) if c]
    return found


def count_block_links(pattern, base, part, parts, indptr):
    """Count the links of each aggregate into indptr[i + 1]."""
    for block in np.ndindex(pattern.shape):
        for mine in range(parts[pattern[block]]):
            indptr[base[block] + mine + 1] = len(_links(pattern, part, block, mine))


def block_links(
    pattern, base, part, parts, indptr, weights, ratio_x, ratio_y, ratio_z, neighbour, weight, position
):
    """Fill in the links of each aggregate, lower neighbours first: weight = fine links held x their weight x
    fine / coarse distance. The higher ones stand in reverse order."""
    ratios = (ratio_x, ratio_y, ratio_z)
    for block in np.ndindex(pattern.shape):
        for mine in range(parts[pattern[block]]):
            i = base[block] + mine
            position[i] = block
            row = []
            for there, p, axis, side, count in _links(pattern, part, block, mine):
                ratio = ratios[axis][block[axis] - (side == 0)]
                row.append((base[there] + p, count * weights[axis] * ratio))
            row = [link for link in row if link[0] < i] + [link for link in row if link[0] > i][::-1]
            for slot, (j, w) in enumerate(row, indptr[i]):
                neighbour[slot], weight[slot] = j, w


def block_ends(pattern, base, part, parts, x_in_block, out):
    """Count, for each aggregate of the blocks in out's plane, the cells whose x within the block is
    `x_in_block`."""
    for block in np.ndindex(pattern.shape):
        for v in range(8):
            if pattern[block] >> v & 1 and v // 4 == x_in_block[block[0]]:
                out[base[block] + part[pattern[block], v]] += 1
