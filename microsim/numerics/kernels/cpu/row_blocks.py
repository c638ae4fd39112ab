"""CPU kernels of the first coarser level of bit rows: connected parts of 2 x 2 x 2 blocks.

A block's eight voxels make a byte, bit 4 i + 2 j + k for the voxel at (i, j, k). Bit Z of eight words (four
rows, two parities of z) are the voxels of block Z. Which of them hang together is looked up: part [pattern,
voxel] and parts [pattern], see numerics.rows.
"""

import numpy as np

from .bits import ONE, lowest, population
from .compiled import inlined
from .threads import spread

BLOCKS = 4096  # blocks that are worth a thread
LOWER = (0x0F, 0x33, 0x55)  # voxels of the lower layer of a block along x, y, z


def block_patterns(bits, nz):
    """Byte of each 2 x 2 x 2 block, [X, Y, Z]."""
    pattern = np.zeros([(n + 1) // 2 for n in (*bits.shape[1:3], nz)], np.uint8)
    _patterns(bits, pattern)
    return pattern


@spread("pattern", grain=BLOCKS)
def _patterns(first, stop, bits, pattern):
    _, nx, ny, words = bits.shape
    for x in range(2 * np.int64(first), min(2 * np.int64(stop), nx)):
        for y in range(ny):
            for colour in range(2):
                voxel = np.uint8(1 << (4 * (x % 2) + 2 * (y % 2) + (colour + x + y) % 2))
                for w in range(words):
                    left = bits[colour, x, y, w]
                    while left:
                        pattern[x // 2, y // 2, 64 * w + np.int64(lowest(left))] |= voxel
                        left &= left - ONE


def number_blocks(pattern, parts):
    """Number the parts of the blocks colour by colour; return the first of each block, and the colours'
    bounds."""
    cursor, base = np.zeros((2, len(pattern)), np.int64), np.empty(pattern.shape, np.int32)
    _number(pattern, parts, cursor, base)
    ends = np.cumsum(cursor)
    bounds = np.array([0, cursor[0].sum(), ends[-1]])
    _number(pattern, parts, ends.reshape(cursor.shape) - cursor, base)
    return base, bounds


@spread("pattern", grain=BLOCKS)
def _number(first, stop, pattern, parts, cursor, base):
    """Number the parts in each plane from its cursors on; these come to the end of the plane's numbers."""
    _, ny, nz = pattern.shape
    for X in range(first, stop):
        for Y in range(ny):
            for Z in range(nz):
                colour = (X + Y + Z) % 2
                base[X, Y, Z] = cursor[colour, X]
                cursor[colour, X] += parts[pattern[X, Y, Z]]


@spread("bits", axis=1, grain=256)
def parents(first, stop, bits, start, pattern, base, part, out):
    """Aggregate of each cell."""
    _, _, ny, words = bits.shape
    for x in range(first, stop):
        for colour in range(2):
            for y in range(ny):
                voxel = 4 * (x % 2) + 2 * (y % 2) + (colour + x + y) % 2
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.int64(start[colour, x, y, w])
                    while left:
                        Z = 64 * w + np.int64(lowest(left))
                        out[i] = base[x // 2, y // 2, Z] + part[pattern[x // 2, y // 2, Z], voxel]
                        left &= left - ONE
                        i += 1


@inlined
def _across(pattern, X, Y, Z, face):
    """Block across a face (2 axis + side) as indices, and its pattern, 0 beyond the box."""
    axis, step = face // 2, 2 * (face % 2) - 1
    X2, Y2, Z2 = np.int64(X) + step * (axis == 0), Y + step * (axis == 1), Z + step * (axis == 2)
    inside = 0 <= X2 < pattern.shape[0] and 0 <= Y2 < pattern.shape[1] and 0 <= Z2 < pattern.shape[2]
    return X2, Y2, Z2, pattern[X2, Y2, Z2] if inside else np.uint8(0)


@inlined
def _meeting(here, there, face):
    """The voxels in the lower layer across a face that are there in both blocks."""
    axis, side = face // 2, face % 2
    stride, one, other = np.uint64(4 >> axis), np.uint64(here), np.uint64(there)
    return ((one >> stride) & other if side else one & (other >> stride)) & np.uint64(LOWER[axis])


@inlined
def _meet(here, there, face, part, mine, p):
    """Count the links across a face from part `mine` of a block to part p of the block beyond."""
    stride = np.uint64(4 >> (face // 2))
    a, b = (stride, np.uint64(0)) if face % 2 else (np.uint64(0), stride)  # own layer and the other's
    meeting, count = _meeting(here, there, face), np.uint64(0)
    while meeting:
        v = lowest(meeting)
        meeting &= meeting - ONE
        count += np.uint64((part[here, v + a] == mine) & (part[there, v + b] == p))
    return count


@spread("pattern", grain=BLOCKS)
def count_block_links(first, stop, pattern, base, part, parts, indptr):
    """Count the links of each aggregate into indptr[i + 1]."""
    for X in range(first, stop):
        for Y in range(pattern.shape[1]):
            for Z in range(pattern.shape[2]):
                here = pattern[X, Y, Z]
                for mine in range(parts[here]):
                    links = 0
                    for face in range(6):
                        there = _across(pattern, X, Y, Z, face)[3]
                        if there and parts[here] == 1 and parts[there] == 1:
                            links += _meeting(here, there, face) != 0
                        elif there:
                            for p in range(parts[there]):
                                links += _meet(here, there, face, part, mine, p) != 0
                    indptr[base[X, Y, Z] + mine + 1] = links


@spread("pattern", grain=BLOCKS)
def block_links(
    first,
    stop,
    pattern,
    base,
    part,
    parts,
    indptr,
    weights,
    ratio_x,
    ratio_y,
    ratio_z,
    neighbour,
    weight,
    position,
):
    """Fill in the links of each aggregate, lower neighbours first: weight = fine links held x their weight x
    fine / coarse distance."""
    for plane in range(first, stop):
        X = np.int64(plane)
        for Y in range(pattern.shape[1]):
            for Z in range(pattern.shape[2]):
                here = pattern[X, Y, Z]
                for mine in range(parts[here]):
                    i = base[X, Y, Z] + mine
                    position[i, 0], position[i, 1], position[i, 2] = X, Y, Z
                    lower, upper = indptr[i], indptr[i + 1]
                    for face in range(6):
                        X2, Y2, Z2, there = _across(pattern, X, Y, Z, face)
                        if not there:
                            continue
                        # entry of a line: across its upper end
                        ratio = (
                            ratio_x[X - (face == 0)]
                            if face < 2
                            else (ratio_y[Y - (face == 2)] if face < 4 else ratio_z[Z - (face == 4)])
                        )
                        whole = parts[here] == 1 and parts[there] == 1
                        for p in range(parts[there]):
                            meeting = _meeting(here, there, face)
                            count = population(meeting) if whole else _meet(here, there, face, part, mine, p)
                            if count:
                                j = base[X2, Y2, Z2] + p
                                upper -= j > i
                                slot = upper if j > i else lower
                                lower += j < i
                                neighbour[slot], weight[slot] = (
                                    j,
                                    np.int64(count) * weights[face // 2] * ratio,
                                )


@spread("pattern", grain=BLOCKS)
def block_ends(first, stop, pattern, base, part, parts, x_in_block, out):
    """Count, for each aggregate of the blocks in out's plane, the cells whose x within the block is
    `x_in_block`."""
    for X in range(first, stop):
        for Y in range(pattern.shape[1]):
            for Z in range(pattern.shape[2]):
                here = pattern[X, Y, Z]
                side = x_in_block[X]
                if here and side >= 0:
                    for v in range(8):
                        if (here >> v) & 1 and v // 4 == side:
                            out[base[X, Y, Z] + part[here, v]] += 1
