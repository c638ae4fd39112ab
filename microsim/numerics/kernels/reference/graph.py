"""Slow twins of cpu.graph."""

import numpy as np


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


def join_weights(indptr, neighbour, near_a, weight_a, near_b, weight_b, out):
    """Write the weights of the links of two filled graphs into the rows of a graph of the cells of both, a's
    first; links between the two graphs are left as they are."""
    n, known = len(near_a), {}
    for begin, near, weight in ((0, near_a, weight_a), (n, near_b, weight_b)):
        for i, row in enumerate(near):
            known |= {(begin + i, begin + int(j)): w for j, w in zip(row, weight[i]) if j != i}
    rows = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    for slot, pair in enumerate(zip(rows.tolist(), neighbour.tolist())):
        out[slot] = known.get(pair, out[slot])


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
    slots = np.empty((2, len(first)), np.int32)
    for slot, (_, side, edge) in enumerate(entry for row in rows for entry in row):
        slots[side, edge] = slot
    return indptr, neighbour, slots
