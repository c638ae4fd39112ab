"""GPU kernels on bit rows (see kernels.cpu.rows): a thread a bit.

Neighbouring threads look at the same words, and their cells follow each other in memory: half rows are of one
colour, so that a sweep reads and writes whole lines. Population counts number the cells here, too.
"""

from typing import Any

import warp as wp

from ..cpu import rows as host
from .sums import added, lanes

wp.set_module_options({"enable_backward": False})
Words, Starts = wp.array4d(dtype=wp.uint64), wp.array4d(dtype=wp.int32)
Vector, Double, Sums = wp.array(dtype=wp.float32), wp.array(dtype=wp.float64), wp.array2d(dtype=wp.float64)


def pack(mask):
    """Put the True voxels of a dense mask into bit rows, on the processor."""
    return host.pack(mask)


def plane_links(bits):
    """Cells in each plane of x, and links from each to the next, on the processor."""
    return host.plane_links(bits)


def set_planes(bits, start, value, out):
    """Give every cell the value of its plane of x, on the processor."""
    host.set_planes(bits, start, value, out)


def unpack(bits, start, values, out):
    """Write cell values of the device into a dense [x, y, z] array of the processor."""
    host.unpack(bits.numpy(), start.numpy(), values.numpy(), out)


def sweep(bits, start, wx, wy, wz, b, u, backward, planes=None, after=None):
    """One Gauss-Seidel sweep, colour after colour (or back): u_i = (b_i + sum_j w_j u_j) / d_i."""
    for colour in (1, 0) if backward else (0, 1):
        _relax_colour(bits, start, wx, wy, wz, b, u, colour, 1)


def first_sweep(bits, start, wx, wy, wz, b, u, planes=None, after=None):
    """A forward sweep from u = 0, whatever u holds: the first colour has nothing to pull."""
    for colour in (0, 1):
        _relax_colour(bits, start, wx, wy, wz, b, u, colour, colour)


def _relax_colour(bits, start, wx, wy, wz, b, u, colour, pulls):
    weights = _weights(u, wx, wy, wz)
    _launch(_relax, _box(bits), bits, start, *weights, b, u, colour, pulls)


def restrict_residual(bits, start, wx, wy, wz, b, u, parent, out, planes=None):
    """Sum the residual b - A u of the first colour (the second was just relaxed) over each aggregate.

    A thread takes the four cells of a 2 x 2 x 2 block: their aggregates are its alone.
    """
    out.zero_()
    nx, ny, depth = _box(bits)
    blocks = (nx + 1) // 2, (ny + 1) // 2, depth
    _launch(_restrict, blocks, bits, start, *_weights(u, wx, wy, wz), b, u, parent, out)


def apply(bits, start, wx, wy, wz, u, out, planes=None):
    """out = A u; return u . A u, summed in float64."""
    sums = lanes(bits.shape[1], bits.device)
    _launch(_apply, sums.shape, bits, start, *_weights(u, wx, wy, wz), u, out, sums)
    return float(added(sums).sum())


def residual(bits, start, wx, wy, wz, u, r, planes=None):
    """r = b - A u for a drop of 1 between the end faces (b = conductance to the first one), in the precision
    of u.

    Returns u . A u - 2 b . u + b . 1, the conductance that u stands for, and the sum of r over each plane.
    """
    energy, sums = (lanes(bits.shape[1], bits.device) for _ in range(2))
    _launch(_residual, sums.shape, bits, start, *_weights(u, wx, wy, wz), u, r, energy, sums)
    return float(added(energy).sum()), added(sums)


def plane_sums(bits, start, value):
    """Sum of a cell value over each plane of x, in float64."""
    sums = lanes(bits.shape[1], bits.device)
    _launch(_plane_sums, sums.shape, start, value, sums)
    return added(sums)


def _launch(kernel, shape, *arguments):
    wp.launch(kernel, shape, list(arguments), device=arguments[0].device)


def _box(bits):
    return bits.shape[1], bits.shape[2], 64 * bits.shape[3]


def _weights(u, *weights):
    return [u.dtype(w) for w in weights]


@wp.func
def _cell(bits: Words, start: Starts, colour: int, x: int, y: int, k: int):
    """Number of the cell at bit k of a half row, -1 where there is none."""
    found = int(-1)
    if x >= 0 and x < bits.shape[1] and y >= 0 and y < bits.shape[2] and k >= 0 and k < 64 * bits.shape[3]:
        word = bits[colour, x, y, k >> 6]
        bit = wp.uint64(1) << wp.uint64(k & 63)
        if (word & bit) != wp.uint64(0):
            found = start[colour, x, y, k >> 6] + int(wp.bit_count(word & (bit - wp.uint64(1))))
    return found


@wp.func
def _around(
    bits: Words, start: Starts, colour: int, x: int, y: int, k: int, wx: Any, wy: Any, wz: Any,
    u: wp.array(dtype=Any),
):  # fmt: skip
    """What the neighbours pull, sum of w_j u_j, and the diagonal: the sum of w_j and of those to the ends."""
    other = 1 - colour
    pull, diagonal = u.dtype(0.0), u.dtype(0.0)
    if x == 0:
        diagonal += u.dtype(2.0) * wx
    if x == bits.shape[1] - 1:
        diagonal += u.dtype(2.0) * wx
    for side in range(2):
        i = _cell(bits, start, other, x - 1 + 2 * side, y, k)
        if i >= 0:
            pull += wx * u[i]
            diagonal += wx
        i = _cell(bits, start, other, x, y - 1 + 2 * side, k)
        if i >= 0:
            pull += wy * u[i]
            diagonal += wy
        # even z: the neighbour before is one bit before; odd z: the one behind is one bit on
        shift = side * (2 * ((colour + x + y) % 2) - 1)
        i = _cell(bits, start, other, x, y, k + shift)
        if i >= 0:
            pull += wz * u[i]
            diagonal += wz
    return pull, diagonal


@wp.kernel
def _relax(
    bits: Words, start: Starts, wx: Any, wy: Any, wz: Any, b: wp.array(dtype=Any), u: wp.array(dtype=Any),
    colour: int, pulls: int,
):  # fmt: skip
    x, y, k = wp.tid()
    i = _cell(bits, start, colour, x, y, k)
    if i >= 0:
        pull, diagonal = _around(bits, start, colour, x, y, k, wx, wy, wz, u)
        if pulls == 0:
            pull = u.dtype(0.0)
        u[i] = (b[i] + pull) / diagonal


@wp.kernel
def _restrict(
    bits: Words, start: Starts, wx: Any, wy: Any, wz: Any, b: wp.array(dtype=Any), u: wp.array(dtype=Any),
    parent: wp.array(dtype=wp.int32), out: wp.array(dtype=Any),
):  # fmt: skip
    X, Y, k = wp.tid()
    for corner in range(4):
        x, y = 2 * X + corner // 2, 2 * Y + corner % 2
        i = _cell(bits, start, 0, x, y, k)
        if i >= 0:
            pull, diagonal = _around(bits, start, 0, x, y, k, wx, wy, wz, u)
            out[parent[i]] = out[parent[i]] + (b[i] + pull - diagonal * u[i])


@wp.kernel
def _apply(
    bits: Words, start: Starts, wx: Any, wy: Any, wz: Any, u: wp.array(dtype=Any), out: wp.array(dtype=Any),
    sums: Sums,
):  # fmt: skip
    x, lane = wp.tid()
    depth, total = 64 * bits.shape[3], wp.float64(0.0)
    for place in range(lane, 2 * bits.shape[2] * depth, sums.shape[1]):
        k, row = place % depth, place // depth
        y, colour = row % bits.shape[2], row // bits.shape[2]
        i = _cell(bits, start, colour, x, y, k)
        if i >= 0:
            pull, diagonal = _around(bits, start, colour, x, y, k, wx, wy, wz, u)
            value = diagonal * u[i] - pull
            out[i] = value
            total += wp.float64(u[i]) * wp.float64(value)
    sums[x, lane] = total


@wp.kernel
def _residual(
    bits: Words, start: Starts, wx: Any, wy: Any, wz: Any, u: wp.array(dtype=Any), r: wp.array(dtype=Any),
    energy: Sums, sums: Sums,
):  # fmt: skip
    x, lane = wp.tid()
    depth, total, plane = 64 * bits.shape[3], wp.float64(0.0), wp.float64(0.0)
    inlet = u.dtype(0.0)
    if x == 0:
        inlet = u.dtype(2.0) * wx
    for place in range(lane, 2 * bits.shape[2] * depth, sums.shape[1]):
        k, row = place % depth, place // depth
        y, colour = row % bits.shape[2], row // bits.shape[2]
        i = _cell(bits, start, colour, x, y, k)
        if i >= 0:
            pull, diagonal = _around(bits, start, colour, x, y, k, wx, wy, wz, u)
            Au = diagonal * u[i] - pull
            total += wp.float64(u[i] * (Au - u.dtype(2.0) * inlet) + inlet)
            plane += wp.float64(inlet - Au)
            r[i] = r.dtype(inlet - Au)
    energy[x, lane] = total
    sums[x, lane] = plane


@wp.kernel
def _plane_sums(start: Starts, value: wp.array(dtype=Any), sums: Sums):
    x, lane = wp.tid()
    total = wp.float64(0.0)
    for colour in range(2):
        stop = value.shape[0]
        if x + 1 < start.shape[1]:
            stop = start[colour, x + 1, 0, 0]
        elif colour == 0:
            stop = start[1, 0, 0, 0]
        for i in range(start[colour, x, 0, 0] + lane, stop, sums.shape[1]):
            total += wp.float64(value[i])
    sums[x, lane] = total


one, two = wp.float32, wp.float64
wp.overload(_apply, [Words, Starts, one, one, one, Vector, Vector, Sums])
wp.overload(_residual, [Words, Starts, two, two, two, Double, Vector, Sums, Sums])
wp.overload(_plane_sums, [Starts, Vector, Sums])
wp.overload(_relax, [Words, Starts, one, one, one, Vector, Vector, wp.int32, wp.int32])
wp.overload(_restrict, [Words, Starts, one, one, one, Vector, Vector, wp.array(dtype=wp.int32), Vector])
