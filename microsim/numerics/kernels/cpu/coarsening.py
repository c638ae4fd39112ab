"""CPU kernels that make a coarser graph: aggregates of cells, their colours, links and weights."""

import numpy as np

from ...codes import HALF_BYTE
from .compiled import compiled, inlined
from .threads import SERIAL, spread


def block_keys(position, layer, line_x, line_y, line_z, n_y, n_z):
    """Number of the coarse block (and layer) that each cell falls into."""
    blocks = (int(line_x[-1]) + 1) * n_y * n_z
    key = np.empty(len(position), np.int32 if 4 * blocks <= np.iinfo(np.int32).max else np.int64)
    _block_keys(position, layer, line_x, line_y, line_z, n_y, n_z, key)
    return key


@spread("key")
def _block_keys(first, stop, position, layer, line_x, line_y, line_z, n_y, n_z, key):
    for i in range(first, stop):
        x, y, z = line_x[position[i, 0]], line_y[position[i, 1]], line_z[position[i, 2]]
        key[i] = ((x * n_y + y) * n_z + z) * 4 + layer[i]


def block_colours(position, colour_x, colour_y, colour_z, colours):
    """Colour of the coarse block that each cell falls into, by the colours of its lines."""
    out = np.empty(len(position), np.uint8)
    _block_colours(position, colour_x, colour_y, colour_z, colours, out)
    return out


@spread("out")
def _block_colours(first, stop, position, colour_x, colour_y, colour_z, colours, out):
    for i in range(first, stop):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        out[i] = (colour_x[x] + colour_y[y] + colour_z[z]) % colours


def member_lines(position, member, line_x, line_y, line_z):
    """Coarse lines along x, y, z of the given cells."""
    out = np.empty((len(member), 3), np.int16)
    _member_lines(position, member, line_x, line_y, line_z, out)
    return out


@spread("member")
def _member_lines(first, stop, position, member, line_x, line_y, line_z, out):
    for k in range(first, stop):
        i = member[k]
        out[k, 0] = line_x[position[i, 0]]
        out[k, 1] = line_y[position[i, 1]]
        out[k, 2] = line_z[position[i, 2]]


def adopt_islands(indptr, neighbour, weight, layer):
    """For each cell the one whose block it joins: itself, or its strongest neighbour if it is an island.

    An island has links, but none within its layer, and joins another layer of its group (layer // 2).
    """
    host = np.arange(layer.size, dtype=np.int32)
    _adopt(indptr, neighbour, weight, layer, host)
    return host


@compiled
def _adopt(indptr, neighbour, weight, layer, host):
    for i in range(layer.size):
        strongest = np.float32(0)
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            if j == i:  # no link, but an empty place of a filled graph
                continue
            if layer[j] == layer[i]:
                host[i] = i
                break
            if layer[j] // 2 == layer[i] // 2 and weight[slot] > strongest:
                strongest = weight[slot]
                host[i] = j
    for i in range(layer.size):  # a host that is a guest itself takes nobody in
        if host[host[i]] != host[i]:
            host[i] = i


def aggregate(indptr, neighbour, key):
    """Join linked cells that share a block (`key`); return for each cell the lowest cell of its aggregate."""
    root = np.arange(key.size, dtype=np.int32)
    _join(indptr, neighbour, key, root)
    return root


@compiled
def _join(indptr, neighbour, key, root):
    for i in range(key.size):
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
    for i in range(key.size):  # roots come before their members
        root[i] = root[root[i]]


def colour_greedily(indptr, neighbour):
    """Give each cell the lowest colour that none of its neighbours has (at most 64 colours)."""
    colour = np.full(indptr.size - 1, -1, np.int64)
    _colour(indptr, neighbour, colour)
    return colour


@compiled
def _colour(indptr, neighbour, colour):
    for i in range(colour.size):
        taken = np.uint64(0)
        for slot in range(indptr[i], indptr[i + 1]):
            c = colour[neighbour[slot]]
            if c >= 0:
                taken |= np.uint64(1) << np.uint64(c)
        c = 0
        while taken & (np.uint64(1) << np.uint64(c)):
            c += 1
        colour[i] = c


def number_aggregates(root, colour, colours):
    """Number the aggregates colour by colour; return parent of each cell, colour bounds, one member of
    each."""
    bounds = np.zeros(colours + 1, np.int64)
    _count_roots(root, colour, bounds)
    np.cumsum(bounds, out=bounds)
    member, parent = np.empty(bounds[-1], np.int32), np.empty(root.size, np.int32)
    _number(root, colour, bounds[:-1].copy(), member, parent)
    return parent, bounds, member


@compiled
def _count_roots(root, colour, bounds):
    """Count the aggregates of each colour into the place of the next one."""
    for i in range(root.size):
        if root[i] == i:
            bounds[colour[i] + 1] += 1


@compiled
def _number(root, colour, cursor, member, parent):
    for i in range(root.size):
        if root[i] == i:
            parent[i] = cursor[colour[i]]
            member[parent[i]] = i
            cursor[colour[i]] += 1
        else:
            parent[i] = parent[root[i]]


def children_of(parent, n_coarse):
    """Members of each aggregate as compressed rows."""
    indptr = np.zeros(n_coarse + 1, np.int64)
    _count_children(parent, indptr)
    np.cumsum(indptr, out=indptr)
    child = np.empty(parent.size, np.int32)
    _fill_children(parent, indptr[:-1].copy(), child)
    return indptr, child


@compiled
def _count_children(parent, indptr):
    """Count the members of each aggregate into the place of the next one."""
    for i in range(parent.size):
        indptr[parent[i] + 1] += 1


@compiled
def _fill_children(parent, cursor, child):
    for i in range(parent.size):
        child[cursor[parent[i]]] = i
        cursor[parent[i]] += 1


def coarse_links(indptr, neighbour, parent, child_ptr, child):
    """Links between aggregates, lower neighbours first: indptr and neighbour; each pair of linked ones once a
    row."""
    coarse_ptr, coarse_neighbour = np.zeros(child_ptr.size, np.int64), np.empty(0, np.int32)
    graph = indptr, neighbour, parent, child_ptr, child
    _coarse_links(coarse_ptr, *graph, False, coarse_neighbour)
    np.cumsum(coarse_ptr, out=coarse_ptr)
    coarse_neighbour = np.empty(coarse_ptr[-1], np.int32)
    _coarse_links(coarse_ptr, *graph, True, coarse_neighbour)
    return coarse_ptr, coarse_neighbour


@spread("coarse_ptr", less=1, grain=SERIAL // 8)
def _coarse_links(
    first, stop, coarse_ptr, indptr, neighbour, parent, child_ptr, child, fill, coarse_neighbour
):
    """Count the links of each aggregate into the place of the next one, or fill them in.

    Which ones were met already is looked up among them, seven or so: a mark at each aggregate of the graph
    is out of the cache, and one thread's.
    """
    met = np.empty(64, np.int32)
    for row in range(first, stop):
        big, count, lower = np.int64(row), 0, 0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            for slot in range(indptr[child[c]], indptr[child[c] + 1]):
                other = parent[neighbour[slot]]
                if other == big:
                    continue
                k = 0
                while k < count and met[k] != other:
                    k += 1
                if k == count:
                    if count == met.size:
                        more = np.empty(2 * count, np.int32)
                        more[:count] = met
                        met = more
                    met[count] = other
                    count += 1
                    lower += other < big
        if not fill:
            coarse_ptr[big + 1] = count
            continue
        front = coarse_ptr[big]
        behind = front + lower
        for k in range(count):
            if met[k] < big:
                coarse_neighbour[front] = met[k]
                front += 1
            else:
                coarse_neighbour[behind] = met[k]
                behind += 1


def link_scales(indptr, neighbour, position, layer, ratio_x, ratio_y, ratio_z):
    """Fine over coarse centre distance of each coarse link; 1 between layers, whose links are areas, not
    lengths."""
    scale = np.ones(neighbour.size, np.float32)
    _link_scales(indptr, neighbour, position, layer, ratio_x, ratio_y, ratio_z, scale)
    return scale


@spread("indptr", less=1)
def _link_scales(first, stop, indptr, neighbour, position, layer, ratio_x, ratio_y, ratio_z, scale):
    for i in range(first, stop):
        for slot in range(indptr[i], indptr[i + 1]):
            j = neighbour[slot]
            if layer[i] == layer[j]:
                if position[i, 0] != position[j, 0]:
                    scale[slot] = _line_ratio(ratio_x, position[i, 0], position[j, 0])
                elif position[i, 1] != position[j, 1]:
                    scale[slot] = _line_ratio(ratio_y, position[i, 1], position[j, 1])
                elif position[i, 2] != position[j, 2]:
                    scale[slot] = _line_ratio(ratio_z, position[i, 2], position[j, 2])


@inlined
def _line_ratio(ratio, a, b):
    """Ratio between neighbouring lines a and b; lines further apart are neighbours around the ring (last
    entry)."""
    return ratio[min(a, b)] if abs(a - b) == 1 else ratio[-1]


@spread("coarse_ptr", less=1, grain=SERIAL // 8)
def coarse_slots(
    first, stop, indptr, neighbour, parent, child_ptr, child, coarse_ptr, coarse_neighbour, within, in_row
):
    """Say of each fine link which link of its parent's row holds it; `within` where both ends have one
    parent."""
    for big in range(first, stop):
        low, high = coarse_ptr[big], coarse_ptr[big + 1]
        for c in range(child_ptr[big], child_ptr[big + 1]):
            for slot in range(indptr[child[c]], indptr[child[c] + 1]):
                other = parent[neighbour[slot]]
                in_row[slot] = within
                for k in range(low, high):
                    if coarse_neighbour[k] == other and other != big:
                        in_row[slot] = k - low
                        break


@spread("coarse_ptr", less=1, grain=SERIAL // 8)
def coarse_weights(first, stop, indptr, weight, in_row, within, child_ptr, child, coarse_ptr, scale, out):
    """Weight of each coarse link: sum of the fine links it holds (see coarse_slots), times its `scale`; two
    codes in_row to a byte where `within` is HALF_BYTE."""
    for big in range(first, stop):
        low, high = coarse_ptr[big], coarse_ptr[big + 1]
        for slot in range(low, high):
            out[slot] = 0.0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            for slot in range(indptr[child[c]], indptr[child[c] + 1]):
                if within == HALF_BYTE:
                    place = np.int64(in_row[slot >> 1] >> (4 * (slot & 1))) & HALF_BYTE
                else:
                    place = np.int64(in_row[slot])
                if place != within:
                    out[low + place] += weight[slot] if weight.size else 1
        for slot in range(low, high):
            out[slot] *= scale[slot]


@spread("out", grain=SERIAL // 8)
def sum_children(first, stop, value, child_ptr, child, out):
    """Sum of a cell value over each aggregate."""
    for big in range(first, stop):
        total = 0.0
        for c in range(child_ptr[big], child_ptr[big + 1]):
            total += value[child[c]]
        out[big] = total
