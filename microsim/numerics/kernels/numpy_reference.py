"""The kernels of `numba_cpu` once more, slow and plainly: same names, same arguments, same results.

Plain loops and scipy.sparse; read these to learn what a kernel does. The tests hold the fast ones against
them.
"""

from collections import defaultdict
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components


def in_order(values):
    """Sum one after the other."""
    return float(sum(values))


def number_cells(mask, colour_x, colour_y, colour_z, colours):
    """Number the cells of `mask` colour by colour; return index (int32, -1 outside), position, colour
    bounds."""
    x, y, z = np.nonzero(mask)
    colour = (colour_x[x] + colour_y[y] + colour_z[z]) % colours
    order = np.argsort(colour, kind="stable")
    position = np.stack([x, y, z], axis=1)[order].astype(np.int16)
    index = np.full(mask.shape, -1, np.int32)
    index[tuple(position.T)] = np.arange(len(position))
    return index, position, np.searchsorted(colour[order], np.arange(colours + 1))


def grid_links(index, position, periodic):
    """Links of each cell to its face neighbours, those with lower numbers first: indptr, neighbour, face
    (0..5 for
    -x +x -y +y -z +z)."""
    indptr, neighbour, faces = [0], [], []
    for i, cell in enumerate(position):
        links = []
        for face in range(6):
            axis, there = face // 2, cell.astype(int)
            there[axis] += (-1, 1)[face % 2]
            size = index.shape[axis]
            if size > 1 and periodic >= (2 if axis == 0 else 1):
                there[axis] %= size
            if 0 <= there[axis] < size and index[tuple(there)] >= 0:
                links.append((index[tuple(there)], face))
        links.sort(key=lambda link: link[0] > i)
        neighbour += [j for j, _ in links]
        faces += [face for _, face in links]
        indptr.append(len(neighbour))
    return np.array(indptr, np.int64), np.array(neighbour, np.int32), np.array(faces, np.uint8)


def rows_from_edges(n, first, second):
    """Compressed rows of an undirected graph, lower neighbours first: indptr, neighbour, and each edge's two
    slots."""
    rows = [[] for _ in range(n)]
    for edge, (i, j) in enumerate(zip(first, second)):
        rows[i].append((j, 0, edge))
        rows[j].append((i, 1, edge))
    for i, row in enumerate(rows):
        row.sort(key=lambda entry: entry[0] > i)
    indptr = np.cumsum([0] + [len(row) for row in rows])
    neighbour = np.array([j for row in rows for j, _, _ in row], np.int32)
    slots = np.empty((2, len(first)), np.int64)
    for slot, (_, side, edge) in enumerate(entry for row in rows for entry in row):
        slots[side, edge] = slot
    return indptr, neighbour, slots


def count_lower(indptr, neighbour):
    """How many neighbours of each cell have lower numbers; they come first in its row."""
    rows = _rows(indptr)
    return np.bincount(rows[neighbour < rows], minlength=indptr.size - 1).astype(np.uint16)


def aggregate(indptr, neighbour, key):
    """Join linked cells that share a block (`key`); return for each cell the lowest cell of its aggregate."""
    rows = _rows(indptr)
    joined = key[rows] == key[neighbour]
    links = coo_array((np.ones(joined.sum()), (rows[joined], neighbour[joined])), shape=(key.size, key.size))
    _, component = connected_components(links, directed=False)
    _, lowest = np.unique(component, return_index=True)
    return lowest[component].astype(np.int32)


def adopt_islands(indptr, neighbour, weight, layer):
    """For each cell the one whose block it joins: itself, or its strongest neighbour if it is an island.

    An island has links, but none within its layer, and joins another layer of its group (layer // 2).
    """
    host = np.arange(layer.size).astype(np.int32)
    for i in range(layer.size):
        slots = range(indptr[i], indptr[i + 1])
        kin = [slot for slot in slots if layer[neighbour[slot]] // 2 == layer[i] // 2 and weight[slot] > 0]
        if kin and all(layer[neighbour[slot]] != layer[i] for slot in slots):
            host[i] = neighbour[max(kin, key=lambda slot: weight[slot])]
    for i in range(layer.size):  # a host that is a guest itself takes nobody in
        if host[host[i]] != host[i]:
            host[i] = i
    return host


def colour_greedily(indptr, neighbour):
    """Give each cell the lowest colour that none of its neighbours has (at most 64 colours)."""
    colour = np.full(indptr.size - 1, -1, np.int64)
    for i in range(colour.size):
        taken = set(colour[neighbour[indptr[i] : indptr[i + 1]]])
        colour[i] = min(c for c in range(64) if c not in taken)
    return colour


def number_aggregates(root, colour, colours):
    """Number the aggregates colour by colour; return parent of each cell, colour bounds, one member of
    each."""
    roots = np.flatnonzero(root == np.arange(root.size))
    member = roots[np.argsort(colour[roots], kind="stable")].astype(np.int32)
    number = {cell: n for n, cell in enumerate(member)}
    parent = np.array([number[cell] for cell in root], np.int32)
    return parent, np.searchsorted(colour[member], np.arange(colours + 1)), member


def children_of(parent, n_coarse):
    """Members of each aggregate as compressed rows."""
    child = np.argsort(parent, kind="stable").astype(np.int32)
    return np.searchsorted(parent[child], np.arange(n_coarse + 1)), child


def coarse_links(indptr, neighbour, parent, child_ptr, child):
    """Links between aggregates, lower neighbours first: indptr and neighbour; each pair of linked ones once a
    row."""
    coarse_ptr, coarse_neighbour = [0], []
    for big in range(child_ptr.size - 1):
        others = {}  # in the order in which they are met
        for i in child[child_ptr[big] : child_ptr[big + 1]]:
            for j in neighbour[indptr[i] : indptr[i + 1]]:
                if parent[j] != big:
                    others[parent[j]] = True
        coarse_neighbour += sorted(others, key=lambda j: j > big)
        coarse_ptr.append(len(coarse_neighbour))
    return np.array(coarse_ptr, np.int64), np.array(coarse_neighbour, np.int32)


def coarse_weights(
    indptr, neighbour, weight, parent, child_ptr, child, coarse_ptr, coarse_neighbour, scale, out
):
    """Weight of each coarse link: sum of the fine links it holds, times its `scale`."""
    total = defaultdict(float)
    for i, j, w in zip(_rows(indptr), neighbour, _values(weight, neighbour)):
        total[parent[i], parent[j]] += w
    for slot, pair in enumerate(zip(_rows(coarse_ptr), coarse_neighbour)):
        out[slot] = total[pair] * scale[slot]


def sum_children(value, child_ptr, child, out):
    """Sum of a cell value over each aggregate."""
    out[:] = np.bincount(_rows(child_ptr), value[child].astype(float), out.size)


def row_sums(indptr, weight, ground, out):
    """Diagonal of the weighted graph Laplacian: sum of a cell's link weights plus its weight to ground."""
    out[:] = ground + np.bincount(_rows(indptr), weight.astype(float) if weight.size else None, out.size)


def sweep(indptr, neighbour, weight, diagonal, b, x, bounds, backward):
    """One Gauss-Seidel sweep, colour after colour (or back): x_i = (b_i + sum_j w_ij x_j) / d_i."""
    values = _values(weight, neighbour)
    ranges = [range(start, stop) for start, stop in pairwise(bounds)]
    for cells in reversed(ranges) if backward else ranges:
        for i in cells:
            row = slice(indptr[i], indptr[i + 1])
            x[i] = (b[i] + values[row] @ x[neighbour[row]]) / diagonal[i]


def first_sweep(indptr, lower, neighbour, weight, diagonal, b, x, bounds):
    """The forward `sweep` from x = 0, whatever x holds: only neighbours that had their turn pull."""
    x[:] = 0
    sweep(indptr, neighbour, weight, diagonal, b, x, bounds, False)


def restrict_residual(indptr, lower, neighbour, weight, x, child_ptr, child, r, out):
    """Sum what `first_sweep` leaves of b over each aggregate: a cell lacks what its later neighbours pull."""
    rows = _rows(indptr)
    later = neighbour > rows
    r[:] = np.bincount(rows[later], (_values(weight, neighbour) * x[neighbour])[later], x.size)
    sum_children(r, child_ptr, child, out)


def prolong(parent, coarse, x):
    """Add each aggregate's correction to its members."""
    x += coarse[parent]


def apply_laplacian(indptr, neighbour, weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    product = _laplacian(indptr, neighbour, weight, diagonal) @ x.astype(float)
    out[:] = product
    return float(x.astype(float) @ product)


def add_scaled(a, y, x):
    """x += a y."""
    x += a * y


def search_direction(z, beta, p):
    """p = z + beta p."""
    p[:] = z + beta * p


def inner(a, b):
    """a . b, summed in float64."""
    return float(a.astype(float) @ b.astype(float))


def voxel_links(indptr, neighbour, face, kind, conductivity, shape, weight):
    """Link conductance between voxels: harmonic mean of the two conductivities times the shape factor of the
    axis."""
    axis = face // 2
    a, b = conductivity[kind[_rows(indptr)], axis], conductivity[kind[neighbour], axis]
    weight[:] = shape[axis] * 2 / (1 / a + 1 / b)


def bilinear_energy(indptr, neighbour, face, weight, step, chi):
    """Sum over links of w g_j g_k, g_j = the drop of x_j + chi_j along the link; a 3 x 3 matrix."""
    g = chi[:, neighbour] - chi[:, _rows(indptr)]
    g[face // 2, np.arange(face.size)] += np.array(step)[face // 2] * np.where(face % 2, 1, -1)
    return np.einsum("s,js,ks->jk", weight, g, g) / 2


def project(basis, count, w):
    """Return the inner products (float64) of w with the first `count` rows of `basis`."""
    return basis[:count].astype(float) @ w.astype(float)


def combine(basis, coefficients, w):
    """w += sum of coefficients[k] times row k of `basis`; return w . w."""
    w += coefficients @ basis[: len(coefficients)].astype(float)
    return inner(w, w)


def harmonic_links(indptr, neighbour, half_self, half_other, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)).

    `half` is face area over half cell length (m), `conductivity` a cell value.
    """
    rows = _rows(indptr)
    with np.errstate(divide="ignore"):
        weight[:] = 1 / (1 / (half_self * conductivity[rows]) + 1 / (half_other * conductivity[neighbour]))


def link_slopes(indptr, neighbour, half_self, half_other, conductivity, slope, potential, off, diagonal):
    """Derivative of the flow out of a cell, sum w_ij (u_i - u_j), with respect to the variable behind k.

    `slope` is dk/dv in each cell; off[slot] = dw/dk_j slope_j (u_i - u_j), diagonal[i] sums dw/dk_i slope_i
    (u_i - u_j).
    1/w = 1/(h_i k_i) + 1/(h_j k_j), so dw/dk_i = w^2 / (h_i k_i^2).
    """
    rows, k = _rows(indptr), conductivity
    w = 1 / (1 / (half_self * k[rows]) + 1 / (half_other * k[neighbour]))
    drop = potential[rows] - potential[neighbour]
    off[:] = w**2 / (half_other * k[neighbour] ** 2) * slope[neighbour] * drop
    diagonal[:] = np.bincount(rows, w**2 / (half_self * k[rows] ** 2) * slope[rows] * drop, diagonal.size)


def link_scales(indptr, neighbour, position, layer, ratio_x, ratio_y, ratio_z):
    """Fine over coarse centre distance of each coarse link; 1 between layers, whose links are areas, not
    lengths."""
    ratios, scale = (ratio_x, ratio_y, ratio_z), np.ones(neighbour.size, np.float32)
    for slot, (i, j) in enumerate(zip(_rows(indptr), neighbour)):
        apart = np.flatnonzero(position[i] != position[j])
        if layer[i] == layer[j] and apart.size:
            axis = apart[0]
            low, high = sorted((int(position[i][axis]), int(position[j][axis])))
            scale[slot] = ratios[axis][
                low if high == low + 1 else -1
            ]  # further apart: neighbours around the ring
    return scale


def block_keys(position, layer, line_x, line_y, line_z, n_y, n_z):
    """Number of the coarse block (and layer) that each cell falls into."""
    x, y, z = line_x[position[:, 0]], line_y[position[:, 1]], line_z[position[:, 2]]
    return np.ravel_multi_index((x, y, z, layer), (line_x.max(initial=0) + 1, n_y, n_z, 4))


def _rows(indptr):
    """Row of each slot."""
    return np.repeat(np.arange(indptr.size - 1), np.diff(indptr))


def _values(weight, neighbour):
    """Weights as float64; no weights stand for ones."""
    return weight.astype(float) if weight.size else np.ones(neighbour.size)


def _off_diagonal(indptr, neighbour, weight):
    n = indptr.size - 1
    return csr_array((_values(weight, neighbour), neighbour, indptr), shape=(n, n))


def _laplacian(indptr, neighbour, weight, diagonal):
    n = indptr.size - 1
    diagonals = csr_array((diagonal.astype(float), np.arange(n), np.arange(n + 1)), shape=(n, n))
    return diagonals - _off_diagonal(indptr, neighbour, weight)
