"""CPU kernels (numba): a graph of cells in compressed rows, its relaxation and its coarsening.

Cells are numbered colour by colour, so that a colour is a range and no two cells of a range are neighbours;
a sweep over a range can then run in any order and on any number of threads with the same result.

Threads come from TBB when it is there: with another process on the same two cores a loop of 0.13 ms
took 0.9 ms with OpenMP (its threads spin at the barrier) and 0.25 ms with TBB.
"""

import ctypes
import sys
from pathlib import Path

import numba
import numpy as np
from numba import njit, prange


def _prefer_tbb():
    """Load TBB from the environment's own library folder, where numba's loader does not look."""
    for folder in (Path(sys.prefix) / "lib", Path(sys.prefix) / "Library" / "bin"):
        for name in ("libtbb.so.12", "libtbb.12.dylib", "tbb12.dll"):
            if (folder / name).exists():
                try:
                    ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
                    numba.config.THREADING_LAYER_PRIORITY = ["tbb", "omp", "workqueue"]
                    return
                except OSError:
                    pass


_prefer_tbb()

SERIAL = 8192  # cells below which starting the threads costs more than it saves
# cells that are summed by themselves, so that a sum does not depend on the number or haste of threads
CHUNK = 16384


@njit(cache=True)
def in_order(values):
    """Sum one after the other. (Within a parallel kernel `values.sum()` would be split among the threads.)"""
    total = 0.0
    for value in values:
        total += value
    return total


@njit(cache=True)
def number_cells(mask, colour_x, colour_y, colour_z, colours):
    """Number the cells of `mask` colour by colour; return index (int32, -1 outside), position, colour
    bounds."""
    nx, ny, nz = mask.shape
    count = np.zeros(colours + 1, np.int64)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    count[(colour_x[x] + colour_y[y] + colour_z[z]) % colours + 1] += 1
    bounds = np.cumsum(count)
    cursor = bounds[:-1].copy()
    index = np.full(mask.shape, -1, np.int32)
    position = np.empty((bounds[-1], 3), np.int16)
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    colour = (colour_x[x] + colour_y[y] + colour_z[z]) % colours
                    n = cursor[colour]
                    cursor[colour] += 1
                    index[x, y, z] = n
                    position[n, 0], position[n, 1], position[n, 2] = x, y, z
    return index, position, bounds


@njit(inline="always")
def _neighbour(index, x, y, z, face, periodic):
    """Index of the cell across `face` (2 axis + side), or -1. periodic: 0 no, 1 y and z wrap around, 2 all
    do."""
    axis, step = face // 2, 2 * (face % 2) - 1
    if axis == 0:
        x += step
        if x < 0 or x >= index.shape[0]:
            if periodic < 2 or index.shape[0] < 2:
                return -1
            x %= index.shape[0]
    elif axis == 1:
        y += step
        if y < 0 or y >= index.shape[1]:
            if periodic < 1 or index.shape[1] < 2:
                return -1
            y %= index.shape[1]
    else:
        z += step
        if z < 0 or z >= index.shape[2]:
            if periodic < 1 or index.shape[2] < 2:
                return -1
            z %= index.shape[2]
    return index[x, y, z]


@njit(parallel=True, cache=True)
def grid_links(index, position, periodic):
    """Links of each cell to its face neighbours, those with lower numbers first: indptr, neighbour, face
    (0..5 for
    -x +x -y +y -z +z)."""
    n = position.shape[0]
    indptr = np.zeros(n + 1, np.int64)
    for i in prange(n):
        x, y, z = position[i]
        for face in range(6):
            if _neighbour(index, x, y, z, face, periodic) >= 0:
                indptr[i + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    neighbour = np.empty(indptr[n], np.int32)
    faces = np.empty(indptr[n], np.uint8)
    for i in prange(n):
        x, y, z = position[i]
        slot = indptr[i]
        for later in (False, True):
            for face in range(6):
                j = _neighbour(index, x, y, z, face, periodic)
                if j >= 0 and (j > i) == later:
                    neighbour[slot] = j
                    faces[slot] = face
                    slot += 1
    return indptr, neighbour, faces


@njit(cache=True)
def rows_from_edges(n, first, second):
    """Compressed rows of an undirected graph, lower neighbours first: indptr, neighbour, and each edge's two
    slots."""
    indptr = np.zeros(n + 1, np.int64)
    for e in range(first.size):
        indptr[first[e] + 1] += 1
        indptr[second[e] + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    cursor = indptr[:-1].copy()
    neighbour = np.empty(indptr[n], np.int32)
    slots = np.empty((2, first.size), np.int64)
    for later in (False, True):
        for e in range(first.size):
            i, j = first[e], second[e]
            side = 0 if (j > i) == later else 1  # of the cell whose row gets the other one in this round
            here, there = (i, j) if side == 0 else (j, i)
            slots[side, e] = cursor[here]
            neighbour[cursor[here]] = there
            cursor[here] += 1
    return indptr, neighbour, slots


@njit(parallel=True, cache=True)
def count_lower(indptr, neighbour):
    """How many neighbours of each cell have lower numbers; they come first in its row."""
    lower = np.zeros(indptr.size - 1, np.uint16)
    for i in prange(lower.size):
        for slot in range(indptr[i], indptr[i + 1]):
            if neighbour[slot] < i:
                lower[i] += 1
    return lower


@njit(cache=True)
def aggregate(indptr, neighbour, key):
    """Join linked cells that share a block (`key`); return for each cell the lowest cell of its aggregate."""
    n = key.size
    root = np.arange(n).astype(np.int32)
    for i in range(n):
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            if j < i and key[j] == key[i]:
                a, b = root[i], root[j]
                while root[a] != a:
                    root[a] = root[root[a]]
                    a = root[a]
                while root[b] != b:
                    root[b] = root[root[b]]
                    b = root[b]
                if a < b:
                    root[b] = a
                else:
                    root[a] = b
    for i in range(n):  # roots come before their members
        root[i] = root[root[i]]
    return root


@njit(cache=True)
def adopt_islands(indptr, neighbour, weight, layer):
    """For each cell the one whose block it joins: itself, or its strongest neighbour if it is an island.

    An island has links, but none within its layer, and joins another layer of its group (layer // 2).
    """
    host = np.arange(layer.size).astype(np.int32)
    for i in range(layer.size):
        strongest = np.float32(0)
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            if layer[j] == layer[i]:
                host[i] = i
                break
            if layer[j] // 2 == layer[i] // 2 and weight[slot] > strongest:
                strongest = weight[slot]
                host[i] = j
    for i in range(layer.size):  # a host that is a guest itself takes nobody in
        if host[host[i]] != host[i]:
            host[i] = i
    return host


@njit(cache=True)
def colour_greedily(indptr, neighbour):
    """Give each cell the lowest colour that none of its neighbours has (at most 64 colours)."""
    n = indptr.size - 1
    colour = np.full(n, -1, np.int64)
    for i in range(n):
        taken = np.uint64(0)
        for slot in range(indptr[i], indptr[i + 1]):
            c = colour[neighbour[slot]]
            if c >= 0:
                taken |= np.uint64(1) << np.uint64(c)
        c = 0
        while taken & (np.uint64(1) << np.uint64(c)):
            c += 1
        colour[i] = c
    return colour


@njit(cache=True)
def number_aggregates(root, colour, colours):
    """Number the aggregates colour by colour; return parent of each cell, colour bounds, one member of
    each."""
    count = np.zeros(colours + 1, np.int64)
    for i in range(root.size):
        if root[i] == i:
            count[colour[i] + 1] += 1
    bounds = np.cumsum(count)
    cursor = bounds[:-1].copy()
    member = np.empty(bounds[-1], np.int32)
    parent = np.empty(root.size, np.int32)
    for i in range(root.size):
        if root[i] == i:
            parent[i] = cursor[colour[i]]
            member[parent[i]] = i
            cursor[colour[i]] += 1
        else:
            parent[i] = parent[root[i]]
    return parent, bounds, member


@njit(cache=True)
def children_of(parent, n_coarse):
    """Members of each aggregate as compressed rows."""
    indptr = np.zeros(n_coarse + 1, np.int64)
    for i in range(parent.size):
        indptr[parent[i] + 1] += 1
    for i in range(n_coarse):
        indptr[i + 1] += indptr[i]
    cursor = indptr[:-1].copy()
    child = np.empty(parent.size, np.int32)
    for i in range(parent.size):
        child[cursor[parent[i]]] = i
        cursor[parent[i]] += 1
    return indptr, child


@njit(cache=True)
def coarse_links(indptr, neighbour, parent, child_ptr, child):
    """Links between aggregates, lower neighbours first: indptr and neighbour; each pair of linked ones once a
    row."""
    n = child_ptr.size - 1
    seen = np.full(n, -1, np.int32)
    coarse_ptr = np.zeros(n + 1, np.int64)
    for big in range(n):
        for c in range(child_ptr[big], child_ptr[big + 1]):
            for slot in range(indptr[child[c]], indptr[child[c] + 1]):
                other = parent[neighbour[slot]]
                if other != big and seen[other] != big:
                    seen[other] = big
                    coarse_ptr[big + 1] += 1
    for big in range(n):
        coarse_ptr[big + 1] += coarse_ptr[big]
    coarse_neighbour = np.empty(coarse_ptr[n], np.int32)
    seen[:] = -1
    for big in range(n):
        cursor = coarse_ptr[big]
        for c in range(child_ptr[big], child_ptr[big + 1]):
            for slot in range(indptr[child[c]], indptr[child[c] + 1]):
                other = parent[neighbour[slot]]
                if other != big and seen[other] != big:
                    seen[other] = big
                    coarse_neighbour[cursor] = other
                    cursor += 1
        _lower_first(coarse_neighbour, coarse_ptr[big], cursor, big)
    return coarse_ptr, coarse_neighbour


@njit(inline="always")
def _lower_first(neighbour, start, stop, i):
    """Move the entries below i to the front of neighbour[start:stop], all in their order."""
    front = start
    for slot in range(start, stop):
        j = neighbour[slot]
        if j < i:
            for k in range(slot, front, -1):
                neighbour[k] = neighbour[k - 1]
            neighbour[front] = j
            front += 1


@njit(parallel=True, cache=True)
def coarse_weights(
    indptr, neighbour, weight, parent, child_ptr, child, coarse_ptr, coarse_neighbour, scale, out
):
    """Weight of each coarse link: sum of the fine links it holds, times its `scale`."""
    for big in prange(coarse_ptr.size - 1):
        low, high = coarse_ptr[big], coarse_ptr[big + 1]
        for slot in range(low, high):
            out[slot] = 0.0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            for slot in range(indptr[child[c]], indptr[child[c] + 1]):
                other = parent[neighbour[slot]]
                if other != big:
                    for k in range(low, high):
                        if coarse_neighbour[k] == other:
                            out[k] += weight[slot] if weight.size else 1
                            break
        for slot in range(low, high):
            out[slot] *= scale[slot]


@njit(parallel=True, cache=True)
def sum_children(value, child_ptr, child, out):
    """Sum of a cell value over each aggregate."""
    for big in prange(out.size):
        total = 0.0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            total += value[child[c]]
        out[big] = total


@njit(parallel=True, cache=True)
def row_sums(indptr, weight, ground, out):
    """Diagonal of the weighted graph Laplacian: sum of a cell's link weights plus its weight to ground."""
    for i in prange(out.size):
        total = ground[i]
        if weight.size == 0:
            total += indptr[i + 1] - indptr[i]
        else:
            for slot in range(indptr[i], indptr[i + 1]):
                total += weight[slot]
        out[i] = total


@njit(inline="always")
def _pull(indptr, neighbour, weight, x, i):
    """Sum of weight times x over the neighbours of cell i; no weights stand for ones."""
    total = x[i] * 0
    if weight.size == 0:
        for slot in range(indptr[i], indptr[i + 1]):
            total += x[neighbour[slot]]
    else:
        for slot in range(indptr[i], indptr[i + 1]):
            total += weight[slot] * x[neighbour[slot]]
    return total


@njit(parallel=True, cache=True)
def sweep(indptr, neighbour, weight, diagonal, b, x, bounds, backward):
    """One Gauss-Seidel sweep, colour after colour (or back): x_i = (b_i + sum_j w_ij x_j) / d_i."""
    colours = bounds.size - 1
    for k in range(colours):
        colour = colours - 1 - k if backward else k
        start, stop = bounds[colour], bounds[colour + 1]
        if stop - start < SERIAL:
            for i in range(start, stop):
                x[i] = (b[i] + _pull(indptr, neighbour, weight, x, i)) / diagonal[i]
        else:
            for i in prange(start, stop):
                x[i] = (b[i] + _pull(indptr, neighbour, weight, x, i)) / diagonal[i]


@njit(inline="always")
def _pull_of(neighbour, weight, x, i, first, stop):
    """As `_pull`, of some of the links of cell i."""
    total = x[i] * 0
    if weight.size == 0:
        for slot in range(first, stop):
            total += x[neighbour[slot]]
    else:
        for slot in range(first, stop):
            total += weight[slot] * x[neighbour[slot]]
    return total


@njit(parallel=True, cache=True)
def first_sweep(indptr, lower, neighbour, weight, diagonal, b, x, bounds):
    """The forward `sweep` from x = 0, whatever x holds: only neighbours that had their turn pull."""
    for k in range(bounds.size - 1):
        start, stop = bounds[k], bounds[k + 1]
        if stop - start < SERIAL:
            for i in range(start, stop):
                pull = _pull_of(neighbour, weight, x, i, indptr[i], indptr[i] + lower[i])
                x[i] = (b[i] + pull) / diagonal[i]
        else:
            for i in prange(start, stop):
                pull = _pull_of(neighbour, weight, x, i, indptr[i], indptr[i] + lower[i])
                x[i] = (b[i] + pull) / diagonal[i]


@njit(parallel=True, cache=True)
def restrict_residual(indptr, lower, neighbour, weight, x, child_ptr, child, r, out):
    """Sum what `first_sweep` leaves of b over each aggregate: a cell lacks what its later neighbours pull.

    Two passes through `r`: row after row in memory order, then a gather; in one pass the rows come scattered,
    1.6 times slower.
    """
    if x.size < SERIAL:
        for i in range(x.size):
            r[i] = _pull_of(neighbour, weight, x, i, indptr[i] + lower[i], indptr[i + 1])
    else:
        for i in prange(x.size):
            r[i] = _pull_of(neighbour, weight, x, i, indptr[i] + lower[i], indptr[i + 1])
    if out.size < SERIAL // 4:
        for big in range(out.size):
            out[big] = _children_sum(r, child_ptr, child, big)
    else:
        for big in prange(out.size):
            out[big] = _children_sum(r, child_ptr, child, big)


@njit(inline="always")
def _children_sum(r, child_ptr, child, big):
    total = r[0] * 0
    for c in range(child_ptr[big], child_ptr[big + 1]):
        total += r[child[c]]
    return total


@njit(parallel=True, cache=True)
def prolong(parent, coarse, x):
    """Add each aggregate's correction to its members."""
    n = x.size
    if n < SERIAL:
        for i in range(n):
            x[i] += coarse[parent[i]]
    else:
        for i in prange(n):
            x[i] += coarse[parent[i]]


@njit(parallel=True, cache=True)
def apply_laplacian(indptr, neighbour, weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    product = np.zeros((x.size + CHUNK - 1) // CHUNK)
    for c in prange(product.size):
        total = 0.0
        for i in range(c * CHUNK, min((c + 1) * CHUNK, x.size)):
            value = diagonal[i] * x[i] - _pull(indptr, neighbour, weight, x, i)
            out[i] = value
            total += np.float64(x[i]) * np.float64(value)
        product[c] = total
    return in_order(product)


@njit(parallel=True, cache=True)
def add_scaled(a, y, x):
    """x += a y."""
    for i in prange(x.size):
        x[i] += a * y[i]


@njit(parallel=True, cache=True)
def search_direction(z, beta, p):
    """p = z + beta p."""
    for i in prange(p.size):
        p[i] = z[i] + beta * p[i]


@njit(parallel=True, cache=True)
def inner(a, b):
    """a . b, summed in float64."""
    product = np.zeros((a.size + CHUNK - 1) // CHUNK)
    for c in prange(product.size):
        total = 0.0
        for i in range(c * CHUNK, min((c + 1) * CHUNK, a.size)):
            total += np.float64(a[i]) * np.float64(b[i])
        product[c] = total
    return in_order(product)


@njit(parallel=True, cache=True)
def voxel_links(indptr, neighbour, face, kind, conductivity, shape, weight):
    """Link conductance between voxels: harmonic mean of the two conductivities times the shape factor of the
    axis.

    kind: sort of each cell; conductivity [kind, axis]; shape: face area over voxel edge for each axis.
    """
    for i in prange(indptr.size - 1):
        for slot in range(indptr[i], indptr[i + 1]):
            axis = face[slot] // 2
            a, b = conductivity[kind[i], axis], conductivity[kind[neighbour[slot]], axis]
            weight[slot] = shape[axis] * 2 * a * b / (a + b)


@njit(parallel=True, cache=True)
def bilinear_energy(indptr, neighbour, face, weight, step, chi):
    """Sum over links of w g_j g_k, g_j = the drop of x_j + chi_j along the link; a 3 x 3 matrix.

    step: voxel edges (m); chi [3, n]: correctors of the three mean gradients.
    """
    n = indptr.size - 1
    partial = np.zeros(((n + CHUNK - 1) // CHUNK, 3, 3))
    for c in prange(partial.shape[0]):
        g = np.empty(3)
        for i in range(c * CHUNK, min((c + 1) * CHUNK, n)):
            for slot in range(indptr[i], indptr[i + 1]):
                for j in range(3):
                    g[j] = chi[j, neighbour[slot]] - chi[j, i]
                g[face[slot] // 2] += step[face[slot] // 2] * (2 * (face[slot] % 2) - 1)
                for j in range(3):
                    for k in range(3):
                        partial[c, j, k] += weight[slot] * g[j] * g[k] / 2
    return partial.sum(axis=0)


@njit(parallel=True, cache=True)
def project(basis, count, w):
    """Return the inner products (float64) of w with the first `count` rows of `basis`, in one pass over w.

    A library's matrix product takes 50 times longer when another process holds a core: its threads wait
    spinning.
    """
    chunks = (w.size + CHUNK - 1) // CHUNK
    partial = np.zeros((chunks, count))
    for c in prange(chunks):
        start, stop = c * CHUNK, min((c + 1) * CHUNK, w.size)
        for k in range(count):
            total = 0.0
            for i in range(start, stop):
                total += basis[k, i] * w[i]
            partial[c, k] = total
    return partial.sum(axis=0)


@njit(parallel=True, cache=True)
def combine(basis, coefficients, w):
    """w += sum of coefficients[k] times row k of `basis`; return w . w."""
    chunks = (w.size + CHUNK - 1) // CHUNK
    partial = np.zeros(chunks)
    for c in prange(chunks):
        start, stop = c * CHUNK, min((c + 1) * CHUNK, w.size)
        for k in range(coefficients.size):
            factor = np.float32(coefficients[k])
            for i in range(start, stop):
                w[i] += factor * basis[k, i]
        total = 0.0
        for i in range(start, stop):
            total += w[i] * w[i]
        partial[c] = total
    return in_order(partial)


@njit(parallel=True, cache=True)
def harmonic_links(indptr, neighbour, half_self, half_other, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)).

    `half` is face area over half cell length (m), `conductivity` a cell value.
    """
    for i in prange(indptr.size - 1):
        for slot in range(indptr[i], indptr[i + 1]):
            a = half_self[slot] * conductivity[i]
            b = half_other[slot] * conductivity[neighbour[slot]]
            weight[slot] = a * b / (a + b) if a + b > 0 else 0.0


@njit(parallel=True, cache=True)
def link_slopes(indptr, neighbour, half_self, half_other, conductivity, slope, potential, off, diagonal):
    """Derivative of the flow out of a cell, sum w_ij (u_i - u_j), with respect to the variable behind k.

    `slope` is dk/dv in each cell; off[slot] = dw/dk_j slope_j (u_i - u_j), diagonal[i] sums dw/dk_i slope_i
    (u_i - u_j).
    """
    for i in prange(indptr.size - 1):
        total = 0.0
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            a = half_self[slot] * conductivity[i]
            b = half_other[slot] * conductivity[j]
            drop = (potential[i] - potential[j]) / ((a + b) * (a + b))
            off[slot] = a * a * half_other[slot] * slope[j] * drop
            total += b * b * half_self[slot] * slope[i] * drop
        diagonal[i] = total


@njit(parallel=True, cache=True)
def link_scales(indptr, neighbour, position, layer, ratio_x, ratio_y, ratio_z):
    """Fine over coarse centre distance of each coarse link; 1 between layers, whose links are areas, not
    lengths."""
    scale = np.ones(neighbour.size, np.float32)
    for i in prange(indptr.size - 1):
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            if layer[i] == layer[j]:
                if position[i, 0] != position[j, 0]:
                    scale[slot] = _line_ratio(ratio_x, position[i, 0], position[j, 0])
                elif position[i, 1] != position[j, 1]:
                    scale[slot] = _line_ratio(ratio_y, position[i, 1], position[j, 1])
                elif position[i, 2] != position[j, 2]:
                    scale[slot] = _line_ratio(ratio_z, position[i, 2], position[j, 2])
    return scale


@njit(inline="always")
def _line_ratio(ratio, a, b):
    """Ratio between neighbouring lines a and b; lines further apart are neighbours around the ring (last
    entry)."""
    return ratio[min(a, b)] if abs(a - b) == 1 else ratio[-1]


@njit(parallel=True, cache=True)
def block_keys(position, layer, line_x, line_y, line_z, n_y, n_z):
    """Number of the coarse block (and layer) that each cell falls into."""
    key = np.empty(position.shape[0], np.int64)
    for i in prange(key.size):
        x, y, z = line_x[position[i, 0]], line_y[position[i, 1]], line_z[position[i, 2]]
        key[i] = ((x * n_y + y) * n_z + z) * 4 + layer[i]
    return key
