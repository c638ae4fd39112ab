"""CPU kernels (numba) on bit rows: the cells of one conductor, without a list of neighbours.

A row (x, y) is kept as two half rows, one for each colour (x + y + z) % 2; bit k of a half row stands for
z = 2 k + (colour + x + y) % 2. `bits[colour, x, y, word]` holds 64 of them, `start[colour, x, y, word]` the
number of the word's first cell. Cells are numbered colour by colour, row by row; the neighbours of a cell
follow from population counts of five words. That is 0.2 bytes a voxel where a list of neighbours takes 24
bytes a cell, and a sweep reads two values a cell, not eight.

Across a face in x or y the neighbour has the same k in the other colour's half row; along z one neighbour has
the same k, the other k - 1 (even z) or k + 1 (odd z).
"""

import numpy as np
from numba import njit, prange

from .bits import ONE, lowest, population
from .vectors import in_order


@njit(parallel=True, cache=True)
def pack(mask):
    """Put the True voxels of a dense mask into bit rows; return (bits, start, first cell of each colour and
    end)."""
    nx, ny, nz = mask.shape
    words = ((nz + 1) // 2 + 63) // 64
    bits = np.zeros((2, nx, ny, words), np.uint64)
    for x in prange(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    k = z // 2
                    bits[(x + y + z) % 2, x, y, k // 64] |= ONE << np.uint64(k % 64)
    start = np.empty(bits.shape, np.int32)
    bounds = np.zeros(3, np.int64)
    for colour in range(2):
        n = bounds[colour]
        for x in range(nx):
            for y in range(ny):
                for w in range(words):
                    start[colour, x, y, w] = n
                    n += population(bits[colour, x, y, w])
        bounds[colour + 1] = n
    return bits, start, bounds


@njit(parallel=True, cache=True)
def unpack(bits, start, values, out):
    """Write cell values into a dense [x, y, z] array; other voxels keep what they hold."""
    _, nx, ny, words = bits.shape
    for x in prange(nx):
        for colour in range(2):
            for y in range(ny):
                odd = (colour + x + y) % 2
                for w in range(words):
                    left, i = bits[colour, x, y, w], start[colour, x, y, w]
                    while left:
                        out[x, y, 2 * (64 * w + lowest(left)) + odd] = values[i]
                        left &= left - ONE
                        i += 1


@njit(inline="always")
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


@njit(inline="always")
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


@njit(inline="always")
def _pick(u, j, bit, i):
    """u[j] if bit is set, else 0 (where u[i] is finite), without a branch: those at walls are guessed
    wrong."""
    return u[i + np.int64(bit) * (j - i)] * u.dtype.type(bit)


@njit(inline="always")
def _pull(u, words, starts, b, odd, wx, wy, wz, i):
    """Sum of weight times u over the neighbours of cell i at bit b."""
    xl, xh, yl, yh, z, zs = words
    below = (ONE << b) - ONE
    rank = starts[4] + np.int64(population(z & below))
    same = (z >> b) & ONE
    tx = _pick(u, starts[0] + np.int64(population(xl & below)), (xl >> b) & ONE, i) + _pick(
        u, starts[1] + np.int64(population(xh & below)), (xh >> b) & ONE, i
    )
    ty = _pick(u, starts[2] + np.int64(population(yl & below)), (yl >> b) & ONE, i) + _pick(
        u, starts[3] + np.int64(population(yh & below)), (yh >> b) & ONE, i
    )
    # even z: the neighbour before has rank - 1; odd z: the one behind comes after the one at the same k
    shifted = rank + np.int64(same) if odd else rank - 1
    tz = _pick(u, rank, same, i) + _pick(u, shifted, (zs >> b) & ONE, i)
    return wx * tx + wy * ty + wz * tz


@njit(inline="always")
def _diagonal(words, b, wx, wy, wz, end):
    """Sum of the weights of the links at bit b, and of those to the end faces."""
    xl, xh, yl, yh, z, zs = words
    nx = ((xl >> b) & ONE) + ((xh >> b) & ONE)
    ny = ((yl >> b) & ONE) + ((yh >> b) & ONE)
    nz = ((z >> b) & ONE) + ((zs >> b) & ONE)
    return end + wx * np.float32(nx) + wy * np.float32(ny) + wz * np.float32(nz)


@njit(inline="always")
def _ends(x, nx, wx):
    """Conductance from a cell at x to the end faces: half a voxel away, so twice that of a link."""
    return wx * (np.float32(2 * (x == 0)) + np.float32(2 * (x == nx - 1)))


@njit(parallel=True, cache=True)
def sweep(bits, start, wx, wy, wz, b, u, backward):
    """One Gauss-Seidel sweep, colour after colour (or back): u_i = (b_i + sum_j w_j u_j) / d_i."""
    _, nx, ny, words = bits.shape
    for turn in range(2):
        colour = 1 - turn if backward else turn
        for x in prange(nx):
            end = _ends(x, nx, wx)
            for y in range(ny):
                odd = (colour + x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.int64(start[colour, x, y, w])
                    if left:
                        around, starts = (
                            _around(bits, start, colour, x, y, w),
                            _starts(start, colour, x, y, w),
                        )
                        while left:
                            k = lowest(left)
                            pull = _pull(u, around, starts, k, odd, wx, wy, wz, i)
                            u[i] = (b[i] + pull) / _diagonal(around, k, wx, wy, wz, end)
                            left &= left - ONE
                            i += 1


@njit(parallel=True, cache=True)
def first_sweep(bits, start, wx, wy, wz, b, u):
    """A forward sweep from u = 0: the first colour has nothing to pull."""
    _, nx, ny, words = bits.shape
    for colour in range(2):
        for x in prange(nx):
            end = _ends(x, nx, wx)
            for y in range(ny):
                odd = (colour + x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.int64(start[colour, x, y, w])
                    if left:
                        around, starts = (
                            _around(bits, start, colour, x, y, w),
                            _starts(start, colour, x, y, w),
                        )
                        while left:
                            k = lowest(left)
                            pull = _pull(u, around, starts, k, odd, wx, wy, wz, i) if colour else wx * 0
                            u[i] = (b[i] + pull) / _diagonal(around, k, wx, wy, wz, end)
                            left &= left - ONE
                            i += 1


@njit(parallel=True, cache=True)
def restrict_residual(bits, start, wx, wy, wz, b, u, parent, out):
    """Add the residual b - A u of the first colour (the second was just relaxed) to each cell's aggregate.

    Two planes of cells at a time: their aggregates are theirs alone.
    """
    _, nx, ny, words = bits.shape
    out[:] = 0
    for pair in prange((nx + 1) // 2):
        for x in range(2 * pair, min(2 * pair + 2, nx)):
            end = _ends(x, nx, wx)
            for y in range(ny):
                odd = (x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[0, x, y, w], np.int64(start[0, x, y, w])
                    if left:
                        around, starts = _around(bits, start, 0, x, y, w), _starts(start, 0, x, y, w)
                        while left:
                            k = lowest(left)
                            pull = _pull(u, around, starts, k, odd, wx, wy, wz, i)
                            out[parent[i]] += b[i] + pull - _diagonal(around, k, wx, wy, wz, end) * u[i]
                            left &= left - ONE
                            i += 1


@njit(parallel=True, cache=True)
def apply(bits, start, wx, wy, wz, u, out):
    """out = A u; return u . A u, summed in float64."""
    _, nx, ny, words = bits.shape
    product = np.zeros(nx)
    for x in prange(nx):
        end = _ends(x, nx, wx)
        total = 0.0
        for colour in range(2):
            for y in range(ny):
                odd = (colour + x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.int64(start[colour, x, y, w])
                    if left:
                        around, starts = (
                            _around(bits, start, colour, x, y, w),
                            _starts(start, colour, x, y, w),
                        )
                        while left:
                            k = lowest(left)
                            pull = _pull(u, around, starts, k, odd, wx, wy, wz, i)
                            value = _diagonal(around, k, wx, wy, wz, end) * u[i] - pull
                            out[i] = value
                            total += np.float64(u[i]) * np.float64(value)
                            left &= left - ONE
                            i += 1
        product[x] = total
    return in_order(product)


@njit(parallel=True, cache=True)
def residual(bits, start, wx, wy, wz, u, r):
    """r = b - A u for a drop of 1 between the end faces (b = conductance to the first one), in the precision
    of u.

    Returns u . A u - 2 b . u + b . 1, the conductance that u stands for, and the sum of r over each plane.
    """
    _, nx, ny, words = bits.shape
    energy, planes = np.zeros(nx), np.zeros(nx)
    for x in prange(nx):
        end = _ends(x, nx, wx)
        inlet = 2 * wx if x == 0 else 0 * wx
        total, plane = 0.0, 0.0
        for colour in range(2):
            for y in range(ny):
                odd = (colour + x + y) % 2 == 1
                for w in range(words):
                    left, i = bits[colour, x, y, w], np.int64(start[colour, x, y, w])
                    if left:
                        around, starts = (
                            _around(bits, start, colour, x, y, w),
                            _starts(start, colour, x, y, w),
                        )
                        while left:
                            k = lowest(left)
                            Au = _diagonal(around, k, wx, wy, wz, end) * u[i] - _pull(
                                u, around, starts, k, odd, wx, wy, wz, i
                            )
                            total += u[i] * (Au - 2 * inlet) + inlet
                            plane += inlet - Au
                            r[i] = inlet - Au
                            left &= left - ONE
                            i += 1
        energy[x], planes[x] = total, plane
    return in_order(energy), planes


@njit(parallel=True, cache=True)
def plane_sums(bits, start, value):
    """Sum of a cell value over each plane of x, in float64."""
    _, nx, ny, words = bits.shape
    planes = np.zeros(nx)
    for x in prange(nx):
        total = 0.0
        for colour in range(2):
            first = np.int64(start[colour, x, 0, 0])
            last = first
            for y in range(ny):
                for w in range(words):
                    last += np.int64(population(bits[colour, x, y, w]))
            for i in range(first, last):
                total += value[i]
        planes[x] = total
    return planes


@njit(parallel=True, cache=True)
def set_planes(bits, start, value, out):
    """Give every cell the value of its plane of x."""
    _, nx, ny, words = bits.shape
    for x in prange(nx):
        for colour in range(2):
            i = np.int64(start[colour, x, 0, 0])
            for y in range(ny):
                for w in range(words):
                    for _ in range(population(bits[colour, x, y, w])):
                        out[i] = value[x]
                        i += 1


@njit(parallel=True, cache=True)
def plane_links(bits):
    """Cells in each plane of x, and links from each to the next."""
    _, nx, ny, words = bits.shape
    cells, links = np.zeros(nx, np.int64), np.zeros(nx, np.int64)
    for x in prange(nx):
        for colour in range(2):
            for y in range(ny):
                for w in range(words):
                    here = bits[colour, x, y, w]
                    cells[x] += np.int64(population(here))
                    if x + 1 < nx:
                        links[x] += np.int64(population(here & bits[1 - colour, x + 1, y, w]))
    return cells, links
