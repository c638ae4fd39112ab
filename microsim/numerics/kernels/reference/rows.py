"""Slow twins of cpu.rows, by way of dense arrays: where each cell lies, and the numbers of its neighbours."""

import numpy as np

from .places import places


def pack(mask):
    """Put the True voxels of a dense mask into bit rows; return (bits, start, first cell of each colour and
    end)."""
    nx, ny, nz = mask.shape
    bits = np.zeros((2, nx, ny, ((nz + 1) // 2 + 63) // 64), np.uint64)
    for x, y, z in np.argwhere(mask):
        word, bit = divmod(int(z) // 2, 64)
        bits[(x + y + z) % 2, x, y, word] |= np.uint64(1 << bit)
    count = np.bitwise_count(bits).astype(np.int64).ravel()
    start = (np.cumsum(count) - count).reshape(bits.shape)
    return bits, start.astype(np.int32), np.array([0, count[: count.size // 2].sum(), count.sum()])


def unpack(bits, start, values, out):
    """Write cell values into a dense [x, y, z] array; other voxels keep what they hold."""
    out[tuple(places(bits).T)] = values


def _neighbours(bits):
    """Return the places of the cells and the number of each one's neighbour across -x +x -y +y -z +z, -1 for
    none."""
    place = places(bits)
    _, nx, ny, words = bits.shape
    number = np.full((nx + 2, ny + 2, 128 * words + 2), -1)
    number[tuple(place.T + 1)] = np.arange(len(place))
    steps = [side * np.eye(3, dtype=int)[axis] for axis in range(3) for side in (-1, 1)]
    return place, np.stack([number[tuple((place + 1 + step).T)] for step in steps], axis=1)


def _operator(bits, wx, wy, wz):
    """Return the places, the neighbours, the weights of their links (0 for none) and the diagonal, in
    float64."""
    place, neighbour = _neighbours(bits)
    weight = np.repeat([wx, wy, wz], 2).astype(float) * (neighbour >= 0)
    ends = 2.0 * wx * ((place[:, 0] == 0).astype(float) + (place[:, 0] == bits.shape[1] - 1))
    return place, neighbour, weight, ends + weight.sum(axis=1)


def _within(place, planes):
    """Which cells lie in planes (first, stop) of x; all of them for None."""
    first, stop = planes or (0, np.inf)
    return (place[:, 0] >= first) & (place[:, 0] < stop)


def sweep(bits, start, wx, wy, wz, b, u, backward, planes=None, after=None):
    """One Gauss-Seidel sweep, colour after colour (or back): u_i = (b_i + sum_j w_j u_j) / d_i.

    planes: only the cells of planes (first, stop) of x; after(u, colour) is called after each colour.
    """
    place, neighbour, weight, diagonal = _operator(bits, wx, wy, wz)
    for colour in (1, 0) if backward else (0, 1):
        cells = (place.sum(axis=1) % 2 == colour) & _within(place, planes)
        pull = (weight * u.astype(float)[neighbour]).sum(axis=1)
        u[cells] = ((b + pull) / diagonal)[cells]
        if after:
            after(u, colour)


def first_sweep(bits, start, wx, wy, wz, b, u, planes=None, after=None):
    """A forward sweep from u = 0, whatever u holds."""
    u[_within(places(bits), planes)] = 0
    place, neighbour, weight, diagonal = _operator(bits, wx, wy, wz)
    for colour in (0, 1):
        cells = (place.sum(axis=1) % 2 == colour) & _within(place, planes)
        pull = (weight * u.astype(float)[neighbour]).sum(axis=1) * colour
        u[cells] = ((b + pull) / diagonal)[cells]
        if after:
            after(u, colour)


def restrict_residual(bits, start, wx, wy, wz, b, u, parent, out, planes=None):
    """Sum the residual b - A u of the first colour (the second was just relaxed) over each aggregate."""
    place, neighbour, weight, diagonal = _operator(bits, wx, wy, wz)
    left = b - diagonal * u + (weight * u.astype(float)[neighbour]).sum(axis=1)
    cells = (place.sum(axis=1) % 2 == 0) & _within(place, planes)
    out[:] = np.bincount(parent, np.where(cells, left, 0), out.size)


def apply(bits, start, wx, wy, wz, u, out, planes=None):
    """out = A u; return u . A u, summed in float64; planes: in the cells of planes (first, stop) only."""
    place, neighbour, weight, diagonal = _operator(bits, wx, wy, wz)
    cells = _within(place, planes)
    product = diagonal * u - (weight * u.astype(float)[neighbour]).sum(axis=1)
    out[cells] = product[cells]
    return float(u[cells].astype(float) @ product[cells])


def residual(bits, start, wx, wy, wz, u, r, planes=None):
    """r = b - A u for a drop of 1 between the end faces (b = conductance to the first one), in the precision
    of u.

    Returns u . A u - 2 b . u + b . 1, the conductance that u stands for, and the sum of r over each plane;
    planes: of the cells of planes (first, stop) only.
    """
    place, product = places(bits), np.zeros(u.size)
    cells = _within(place, planes)
    b = 2.0 * wx * (place[:, 0] == 0) * cells
    energy = apply(bits, start, wx, wy, wz, u, product, planes) - 2 * float(b @ u) + float(b.sum())
    r[cells] = (b - product)[cells]
    return energy, np.bincount(place[:, 0], (b - product) * cells, bits.shape[1])


def plane_sums(bits, start, value):
    """Sum of a cell value over each plane of x, in float64."""
    return np.bincount(places(bits)[:, 0], value, bits.shape[1])


def set_planes(bits, start, value, out):
    """Give every cell the value of its plane of x."""
    out[:] = value[places(bits)[:, 0]]


def plane_links(bits):
    """Cells in each plane of x, and links from each to the next."""
    place, neighbour = _neighbours(bits)
    onward = neighbour[:, 1] >= 0
    return tuple(np.bincount(x, minlength=bits.shape[1]) for x in (place[:, 0], place[onward, 0]))
