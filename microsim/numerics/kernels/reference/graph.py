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


def joined_rows(near_a, near_b, face_a, face_b):
    """Rows of a graph of the cells of two filled graphs, a's first, and of links between face_a[f] and
    face_b[f]: where they end, and the two slots of each link between."""
    indptr, slots = [0], np.empty((2, len(face_a)), np.int32)
    for i, row in enumerate(near_a):
        own, held = int((row != i).sum()), np.flatnonzero(face_a == i)
        slots[0, held] = indptr[-1] + own + np.arange(held.size)
        indptr.append(indptr[-1] + own + held.size)
    for i, row in enumerate(near_b):
        own, held = int((row != i).sum()), np.flatnonzero(face_b == i)
        slots[1, held] = indptr[-1] + np.arange(held.size)
        indptr.append(indptr[-1] + own + held.size)
    return np.array(indptr), slots


def fill_joined(indptr, near_a, weight_a, near_b, weight_b, neighbour, weight):
    """Write the neighbours of each graph's own links into `joined_rows`, lower ones first, and their weights;
    what is between the graphs lies behind them in a's rows and before them in b's."""
    n = len(near_a)
    for begin, near, links in ((0, near_a, weight_a), (n, near_b, weight_b)):
        for i, row in enumerate(near):
            order = [k for k in range(6) if row[k] < i] + [k for k in range(6) if row[k] > i]
            low, high = indptr[begin + i], indptr[begin + i + 1]
            own = slice(high - len(order), high) if begin else slice(low, low + len(order))
            neighbour[own], weight[own] = begin + row[order].astype(int), links[i, order]
