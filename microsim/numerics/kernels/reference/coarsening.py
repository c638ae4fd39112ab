"""Slow twins of cpu.coarsening."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...codes import HALF_BYTE
from .rows_of import rows_of, values_of


def block_keys(position, layer, line_x, line_y, line_z, n_y, n_z):
    """Number of the coarse block (and layer) that each cell falls into."""
    x, y, z = line_x[position[:, 0]], line_y[position[:, 1]], line_z[position[:, 2]]
    return np.ravel_multi_index((x, y, z, layer), (line_x.max(initial=0) + 1, n_y, n_z, 4))


def block_colours(position, colour_x, colour_y, colour_z, colours):
    """Colour of the coarse block that each cell falls into, by the colours of its lines."""
    x, y, z = position.T
    return ((colour_x[x] + colour_y[y] + colour_z[z]) % colours).astype(np.uint8)


def member_lines(position, member, line_x, line_y, line_z):
    """Coarse lines along x, y, z of the given cells."""
    x, y, z = position[member].T
    return np.stack([line_x[x], line_y[y], line_z[z]], axis=1).astype(np.int16)


def adopt_islands(indptr, neighbour, weight, layer):
    """For each cell the one whose block it joins: itself, or its strongest neighbour if it is an island.

    An island has links, but none within its layer, and joins another layer of its group (layer // 2).
    """
    host = np.arange(layer.size).astype(np.int32)
    for i in range(layer.size):
        slots = [slot for slot in range(indptr[i], indptr[i + 1]) if neighbour[slot] != i]
        kin = [slot for slot in slots if layer[neighbour[slot]] // 2 == layer[i] // 2 and weight[slot] > 0]
        if kin and all(layer[neighbour[slot]] != layer[i] for slot in slots):
            host[i] = neighbour[max(kin, key=lambda slot: weight[slot])]
    for i in range(layer.size):  # a host that is a guest itself takes nobody in
        if host[host[i]] != host[i]:
            host[i] = i
    return host


def aggregate(indptr, neighbour, key):
    """Join linked cells that share a block (`key`); return for each cell the lowest cell of its aggregate."""
    rows = rows_of(indptr)
    joined = key[rows] == key[neighbour]
    links = coo_array((np.ones(joined.sum()), (rows[joined], neighbour[joined])), shape=(key.size, key.size))
    _, component = connected_components(links, directed=False)
    _, lowest = np.unique(component, return_index=True)
    return lowest[component].astype(np.int32)


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


def link_scales(indptr, neighbour, position, layer, ratio_x, ratio_y, ratio_z):
    """Fine over coarse centre distance of each coarse link; 1 between layers, whose links are areas, not
    lengths."""
    ratios, scale = (ratio_x, ratio_y, ratio_z), np.ones(neighbour.size, np.float32)
    for slot, (i, j) in enumerate(zip(rows_of(indptr), neighbour)):
        apart = np.flatnonzero(position[i] != position[j])
        if layer[i] == layer[j] and apart.size:
            axis = apart[0]
            low, high = sorted((int(position[i][axis]), int(position[j][axis])))
            scale[slot] = ratios[axis][
                low if high == low + 1 else -1
            ]  # further apart: neighbours around the ring
    return scale


def coarse_slots(indptr, neighbour, parent, child_ptr, child, coarse_ptr, coarse_neighbour, within, in_row):
    """Say of each fine link which link of its parent's row holds it; `within` where both ends have one
    parent."""
    places = {}
    for slot, pair in enumerate(zip(rows_of(coarse_ptr), coarse_neighbour)):
        places[pair] = slot - coarse_ptr[pair[0]]
    for slot, (i, j) in enumerate(zip(rows_of(indptr), neighbour)):
        in_row[slot] = places.get((parent[i], parent[j]), within)


def coarse_weights(indptr, weight, in_row, within, child_ptr, child, coarse_ptr, scale, out):
    """Weight of each coarse link: sum of the fine links it holds (see coarse_slots), times its `scale`; two
    codes in_row to a byte where `within` is HALF_BYTE."""
    if within == HALF_BYTE:
        in_row = np.stack([in_row & HALF_BYTE, in_row >> 4], axis=1).ravel()[: indptr[-1]]
    total, cells, parent = np.zeros(out.size), rows_of(indptr), np.empty(len(child), np.int64)
    parent[child] = rows_of(child_ptr)
    for slot, w in enumerate(values_of(weight, in_row)):
        if in_row[slot] != within:
            total[coarse_ptr[parent[cells[slot]]] + in_row[slot]] += w
    out[:] = total * scale


def sum_children(value, child_ptr, child, out):
    """Sum of a cell value over each aggregate."""
    out[:] = np.bincount(rows_of(child_ptr), value[child].astype(float), out.size)
