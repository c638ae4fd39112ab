"""CPU kernels on bit rows: the cells of one conductor, without a list of neighbours.

A row (x, y) is kept as two half rows, one for each colour (x + y + z) % 2; bit k of a half row stands for
z = 2 k + (colour + x + y) % 2. `bits[colour, x, y, word]` holds 64 of them, `start[colour, x, y, word]` the
number of the word's first cell. Cells are numbered colour by colour, row by row; the neighbours of a cell
follow from population counts of five words. That is 0.2 bytes a voxel where a list of neighbours takes 24
bytes a cell, and a sweep reads two values a cell, not eight.

Across a face in x or y the neighbour has the same k in the other colour's half row; along z one neighbour has
the same k, the other k - 1 (even z) or k + 1 (odd z).

Loops take eight bits at a time, from a cell on, with what stands at each in a lane of its own (see lanes):
the words around a cell are counted once for all, in a third of the time of cell by cell.
"""

from itertools import pairwise

import numpy as np

from .bits import ONE, lowest, population
from .compiled import inlined, merged
from .lanes import (
    BYTE,
    alike,
    first_of,
    in_a_row,
    in_precision,
    lane,
    packed,
    put,
    set_among,
    spread_out,
    summed,
)
from .sums import in_order
from .threads import spread

WORDS = 256  # words of cells that are worth a thread


def pack(mask):
    """Put the True voxels of a dense mask into bit rows; return (bits, start, first cell of each colour and
    end)."""
    nx, ny, nz = mask.shape
    bits = np.zeros((2, nx, ny, ((nz + 1) // 2 + 63) // 64), np.uint64)
    _set_bits(mask, bits)
    count = np.bitwise_count(bits)
    start = np.cumsum(count, dtype=np.int32).reshape(bits.shape) - count
    first = count[0].sum(dtype=np.int64)
    return bits, start, np.array([0, first, first + count[1].sum(dtype=np.int64)])


@spread("bits", axis=1, grain=WORDS)
def _set_bits(first, stop, mask, bits):
    for x in range(first, stop):
        for y in range(mask.shape[1]):
            for z in range(mask.shape[2]):
                if mask[x, y, z]:
                    k = z // 2
                    bits[(x + y + z) % 2, x, y, k // 64] |= ONE << np.uint64(k % 64)


@spread("bits", axis=1, grain=WORDS)
def unpack(first, stop, bits, start, values, out):
    """Write cell values into a dense [x, y, z] array; other voxels keep what they hold."""
    _, _, ny, words = bits.shape
    for x in range(first, stop):
        for colour in range(2):
            for y in range(ny):
                odd = (colour + x + y) % 2
                for w in range(words):
                    left, i = bits[colour, x, y, w], start[colour, x, y, w]
                    while left:
                        out[x, y, 2 * (64 * w + lowest(left)) + odd] = values[i]
                        left &= left - ONE
                        i += 1


@merged
def _around(bits, start, colour, x, y, w):
    """Words of the other colour around word w of a half row: x-, x+, y-, y+, z at the same k, z at k -+ 1."""
    other = 1 - colour
    nx, ny, words = bits.shape[1], bits.shape[2], bits.shape[3]
    zero = np.uint64(0)
    xl = bits[other, x - 1, y, w] if x > 0 else zero
    xh = bits[other, x + 1, y, w] if x + 1 < nx else zero
    yl = bits[other, x, y - 1, w] if y > 0 else zero
    yh = bits[other, x, y + 1, w] if y + 1 < ny else zero
    z = bits[other, x, y, w]
    if (colour + x + y) % 2 == 0:
        carry = bits[other, x, y, w - 1] >> np.uint64(63) if w > 0 else zero
        zs = (z << ONE) | carry
    else:
        carry = bits[other, x, y, w + 1] << np.uint64(63) if w + 1 < words else zero
        zs = (z >> ONE) | carry
    return xl, xh, yl, yh, z, zs


@merged
def _starts(start, colour, x, y, w):
    """Number of the first cell in each of the first five words of `_around` (any one where there is no
    word)."""
    other = 1 - colour
    nx, ny = start.shape[1], start.shape[2]
    return (
        start[other, max(x - 1, 0), y, w],
        start[other, min(x + 1, nx - 1), y, w],
        start[other, x, max(y - 1, 0), w],
        start[other, x, min(y + 1, ny - 1), w],
        start[other, x, y, w],
    )


@inlined
def _bytes(words, k):
    """The eight bits from k on of each word."""
    xl, xh, yl, yh, z, zs = words
    x, y = ((xl >> k) & BYTE, (xh >> k) & BYTE), ((yl >> k) & BYTE, (yh >> k) & BYTE)
    return *x, *y, (z >> k) & BYTE, (zs >> k) & BYTE


@merged
def _links(words, k, wx, wy, wz, end):
    """Sum of the weights of the links at bits k to k + 7, and of those to the end faces, lane by lane."""
    xl, xh, yl, yh, z, zs = _bytes(words, k)
    return end + wx * set_among(xl, xh, wx) + wy * set_among(yl, yh, wy) + wz * set_among(z, zs, wz)


@merged
def _pull(u, words, starts, k, odd, wx, wy, wz):
    """Sum of weight times u over the neighbours of the cells at bits k to k + 7, lane by lane."""
    xl, xh, yl, yh, z, zs = words
    below = (ONE << k) - ONE
    before = np.uint64(starts[4]) + population(z & below)
    # odd z: the neighbour behind comes after that at k; even z: the one before is the last of those below k
    other = before + ((z >> k) & ONE) if odd else before - ((zs >> k) & ONE)
    a, b, c, d, e, f = _bytes(words, k)
    tx = spread_out(u, np.uint64(starts[0]) + population(xl & below), a, wx)
    tx = tx + spread_out(u, np.uint64(starts[1]) + population(xh & below), b, wx)
    ty = spread_out(u, np.uint64(starts[2]) + population(yl & below), c, wx)
    ty = ty + spread_out(u, np.uint64(starts[3]) + population(yh & below), d, wx)
    tz = spread_out(u, before, e, wx) + spread_out(u, other, f, wx)
    return wx * tx + wy * ty + wz * tz


@inlined
def _ends(x, nx, wx):
    """Conductance from a cell at x to the end faces: half a voxel away, so twice that of a link."""
    return wx * (np.float32(2 * (x == 0)) + np.float32(2 * (x == nx - 1)))


def _over(planes, loop, *arguments):
    """Run a loop over all planes of x, or over planes first to stop - 1."""
    if planes is None:
        loop(*arguments)
    else:
        loop.between(*planes, *arguments)


def sweep(bits, start, wx, wy, wz, b, u, backward, planes=None, after=None):
    """One Gauss-Seidel sweep, colour after colour (or back): u_i = (b_i + sum_j w_j u_j) / d_i.

    planes: only the cells of planes (first, stop) of x; after(u, colour) is called after each colour.
    """
    for colour in (1, 0) if backward else (0, 1):
        _over(planes, _relax, bits, start, wx, wy, wz, b, u, colour)
        if after:
            after(u, colour)


@spread("bits", axis=1, grain=WORDS)
def _relax(first, stop, bits, start, wx, wy, wz, b, u, colour):
    _, nx, ny, words = bits.shape
    for x in range(first, stop):
        end = _ends(x, nx, wx)
        for y in range(ny):
            odd = (colour + x + y) % 2 == 1
            for w in range(words):
                left, i = bits[colour, x, y, w], np.uint64(start[colour, x, y, w])
                if left:
                    around, starts = _around(bits, start, colour, x, y, w), _starts(start, colour, x, y, w)
                    while left:
                        k = lowest(left)
                        own = (left >> k) & BYTE
                        n, pull = population(own), _pull(u, around, starts, k, odd, wx, wy, wz)
                        links = packed(_links(around, k, wx, wy, wz, end), own)
                        put(u, i, (in_a_row(b, i, n, wx) + packed(pull, own)) / links, n)
                        left &= ~(BYTE << k)
                        i += n


def first_sweep(bits, start, wx, wy, wz, b, u, planes=None, after=None):
    """A forward sweep from u = 0, whatever u holds: the first colour has nothing to pull."""
    for colour in (0, 1):
        _over(planes, _relax_first, bits, start, wx, wy, wz, b, u, colour)
        if after:
            after(u, colour)


@spread("bits", axis=1, grain=WORDS)
def _relax_first(first, stop, bits, start, wx, wy, wz, b, u, colour):
    _, nx, ny, words = bits.shape
    for x in range(first, stop):
        end = _ends(x, nx, wx)
        for y in range(ny):
            odd = (colour + x + y) % 2 == 1
            for w in range(words):
                left, i = bits[colour, x, y, w], np.uint64(start[colour, x, y, w])
                if left:
                    around, starts = _around(bits, start, colour, x, y, w), _starts(start, colour, x, y, w)
                    while left:
                        k = lowest(left)
                        own = (left >> k) & BYTE
                        n, value = population(own), in_a_row(b, i, population(own), wx)
                        if colour:
                            value = value + packed(_pull(u, around, starts, k, odd, wx, wy, wz), own)
                        put(u, i, value / packed(_links(around, k, wx, wy, wz, end), own), n)
                        left &= ~(BYTE << k)
                        i += n


def restrict_residual(bits, start, wx, wy, wz, b, u, parent, out, planes=None):
    """Sum the residual b - A u of the first colour (the second was just relaxed) over each aggregate.

    Two planes of cells at a time: their aggregates are theirs alone. planes: only the cells of planes (first,
    stop), of which the first is even and stop even or the end.
    """
    out[:] = 0
    pairs = None if planes is None else (planes[0] // 2, (planes[1] + 1) // 2)
    _over(pairs, _restrict, bits, start, wx, wy, wz, b, u, parent, out)


@spread("bits", axis=1, chunk=2, grain=WORDS)
def _restrict(first, stop, bits, start, wx, wy, wz, b, u, parent, out):
    _, nx, ny, words = bits.shape
    for x in range(2 * np.int64(first), min(2 * np.int64(stop), nx)):
        end = _ends(x, nx, wx)
        for y in range(ny):
            odd = (x + y) % 2 == 1
            for w in range(words):
                left, i = bits[0, x, y, w], np.uint64(start[0, x, y, w])
                if left:
                    around, starts = _around(bits, start, 0, x, y, w), _starts(start, 0, x, y, w)
                    while left:
                        k = lowest(left)
                        own = (left >> k) & BYTE
                        n, pull = population(own), _pull(u, around, starts, k, odd, wx, wy, wz)
                        links = packed(_links(around, k, wx, wy, wz, end), own)
                        value = in_a_row(b, i, n, wx) + packed(pull, own) - links * in_a_row(u, i, n, wx)
                        for m in range(n):
                            out[parent[i + m]] += lane(value, m)
                        left &= ~(BYTE << k)
                        i += n


def apply(bits, start, wx, wy, wz, u, out, planes=None):
    """out = A u; return u . A u, summed in float64; planes: in the cells of planes (first, stop) only."""
    sums = np.zeros(bits.shape[1])
    _over(planes, _apply, bits, start, wx, wy, wz, u, out, sums)
    return in_order(sums)


@spread("bits", axis=1, grain=WORDS)
def _apply(first, stop, bits, start, wx, wy, wz, u, out, sums):
    _, nx, ny, words = bits.shape
    for x in range(first, stop):
        end = _ends(x, nx, wx)
        total = alike(0.0)
        for colour in range(2):
            for y in range(ny):
                odd = (colour + x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.uint64(start[colour, x, y, w])
                    if left:
                        around = _around(bits, start, colour, x, y, w)
                        starts = _starts(start, colour, x, y, w)
                        while left:
                            k = lowest(left)
                            own = (left >> k) & BYTE
                            n, pull = population(own), _pull(u, around, starts, k, odd, wx, wy, wz)
                            links = packed(_links(around, k, wx, wy, wz, end), own)
                            u_i = in_a_row(u, i, n, wx)
                            value = links * u_i - packed(pull, own)
                            put(out, i, value, n)
                            total = total + in_precision(u_i, 0.0) * in_precision(value, 0.0)
                            left &= ~(BYTE << k)
                            i += n
        sums[x] = summed(total)


def residual(bits, start, wx, wy, wz, u, r, planes=None):
    """r = b - A u for a drop of 1 between the end faces (b = conductance to the first one), in the precision
    of u.

    Returns u . A u - 2 b . u + b . 1, the conductance that u stands for, and the sum of r over each plane;
    planes: of the cells of planes (first, stop) only.
    """
    energy, sums = np.zeros(bits.shape[1]), np.zeros(bits.shape[1])
    _over(planes, _residual, bits, start, wx, wy, wz, u, r, energy, sums)
    return in_order(energy), sums


@spread("bits", axis=1, grain=WORDS)
def _residual(first, stop, bits, start, wx, wy, wz, u, r, energy, sums):
    _, nx, ny, words = bits.shape
    for x in range(first, stop):
        end = _ends(x, nx, wx)
        inlet = wx * np.float32(2 * (x == 0))
        total, plane = alike(wx * np.float32(0)), alike(wx * np.float32(0))
        for colour in range(2):
            for y in range(ny):
                odd = (colour + x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.uint64(start[colour, x, y, w])
                    if left:
                        around = _around(bits, start, colour, x, y, w)
                        starts = _starts(start, colour, x, y, w)
                        while left:
                            k = lowest(left)
                            own = (left >> k) & BYTE
                            n, pull = population(own), _pull(u, around, starts, k, odd, wx, wy, wz)
                            links = packed(_links(around, k, wx, wy, wz, end), own)
                            u_i = in_a_row(u, i, n, wx)
                            Au = links * u_i - packed(pull, own)
                            r_i = first_of(inlet - Au, n)
                            put(r, i, r_i, n)
                            total = total + first_of(inlet - u_i * (inlet + r_i), n)
                            plane = plane + r_i
                            left &= ~(BYTE << k)
                            i += n
        energy[x], sums[x] = summed(total), summed(plane)


def plane_sums(bits, start, value):
    """Sum of a cell value over each plane of x, in float64."""
    planes = np.empty(bits.shape[1])
    _plane_sums(_ranges(start, value.size), value, planes)
    return planes


@spread("planes", grain=8)
def _plane_sums(first, stop, ranges, value, planes):
    for x in range(first, stop):
        total = 0.0
        for colour in range(2):
            for i in range(ranges[colour, x], ranges[colour, x + 1]):
                total += value[i]
        planes[x] = total


def set_planes(bits, start, value, out):
    """Give every cell the value of its plane of x."""
    for colour in _ranges(start, out.size):
        for x, (first, stop) in enumerate(pairwise(colour.tolist())):
            out[first:stop] = value[x]


def _ranges(start, n):
    """Return the first cell of each plane of x, and the end: int64 [colour, x]."""
    first = start[:, :, 0, 0].astype(np.int64)
    return np.hstack([first, [[first[1, 0]], [n]]])


def plane_links(bits):
    """Cells in each plane of x, and links from each to the next."""
    cells, links = (np.zeros(bits.shape[1], np.int64) for _ in range(2))
    for here, there in ((bits[0], bits[1]), (bits[1], bits[0])):
        cells += np.bitwise_count(here).sum(axis=(1, 2), dtype=np.int64)
        links[:-1] += np.bitwise_count(here[:-1] & there[1:]).sum(axis=(1, 2), dtype=np.int64)
    return cells, links
