"""CPU kernels (numba) that make a coarser graph: aggregates of cells, their colours, links and weights."""

import numpy as np
from numba import njit, prange


@njit(parallel=True, cache=True)
def block_keys(position, layer, line_x, line_y, line_z, n_y, n_z):
    """Number of the coarse block (and layer) that each cell falls into."""
    key = np.empty(position.shape[0], np.int64)
    for i in prange(key.size):
        x, y, z = line_x[position[i, 0]], line_y[position[i, 1]], line_z[position[i, 2]]
        key[i] = ((x * n_y + y) * n_z + z) * 4 + layer[i]
    return key


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
def count_lower(indptr, neighbour):
    """How many neighbours of each cell have lower numbers; they come first in its row."""
    lower = np.zeros(indptr.size - 1, np.uint16)
    for i in prange(lower.size):
        for slot in range(indptr[i], indptr[i + 1]):
            if neighbour[slot] < i:
                lower[i] += 1
    return lower
