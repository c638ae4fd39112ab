"""Slow twins of cpu.graph."""

import numpy as np

LINKS = 6  # of a voxel


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


def joined_rows(n_a, n_b, face_a, face_b):
    """Rows of a graph of the cells of two filled graphs of n_a and n_b cells, a's first, and of links between
    face_a[f] and face_b[f], behind the six places of a cell: where they end, and the two slots of each link
    between."""
    ends, slots = [0], np.empty((2, len(face_a)), np.int32)
    for own, n, cells in ((0, n_a, face_a), (1, n_b, face_b)):
        for i in range(n):
            held = np.flatnonzero(cells == i)
            slots[own, held] = ends[-1] + LINKS + np.arange(held.size)
            ends.append(ends[-1] + LINKS + held.size)
    return np.array(ends), slots


def fill_joined(near, weight, row, shift, neighbour, out):
    """Write the neighbours of a filled graph, their numbers shifted, into the first places of its
    `joined_rows`, which begin at `row`, and their weights; itself and 0 where there is none. Without room
    for neighbours the weights alone."""
    for i, those in enumerate(np.asarray(near).astype(int)):
        own = slice(row[i], row[i] + LINKS)
        out[own] = np.where(those == i, 0, weight[i])
        if neighbour.size:
            neighbour[own] = those + shift
