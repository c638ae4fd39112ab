"""Slow twins of cpu.open_faces."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def clusters(opening, shape, periodic):
    """First voxel (its place in the flattened box) of each voxel's cluster, joined through open faces, int32
    [x, y, z]."""
    place = np.arange(np.prod(shape)).reshape(shape)
    pairs = []
    for axis in range(3):
        here = opening[axis][tuple(slice(n) for n in shape)] > 0
        if axis == 0 or not periodic:
            here[(slice(None),) * axis + (0,)] = False
        pairs.append(np.stack([place[here], np.roll(place, 1, axis)[here]]))
    first, second = np.concatenate(pairs, axis=1)
    links = coo_array((np.ones(first.size, bool), (first, second)), shape=(place.size, place.size))
    _, cluster = connected_components(links, directed=False)
    return np.unique(cluster, return_index=True)[1][cluster].astype(np.int32).reshape(shape)


def count_links(position, index, periodic, opening, indptr):
    """Count the open faces of each cell to others into the place of the next one."""
    for i, links in enumerate(_rows(position, index, periodic, opening)):
        indptr[i + 1] += len(links)


def fill_links(position, index, periodic, opening, shape, indptr, neighbour, faces, weight):
    """Links of each cell through its open faces, lower neighbours first and the higher ones in reverse order
    of their faces."""
    for i, links in enumerate(_rows(position, index, periodic, opening)):
        links = [link for link in links if link[0] < i] + [link for link in links[::-1] if link[0] > i]
        for slot, (j, face, share) in enumerate(links, indptr[i]):
            neighbour[slot], faces[slot], weight[slot] = j, face, share * shape[face // 2]


def _rows(position, index, periodic, opening):
    for i, cell in enumerate(position.astype(int)):
        links = []
        for face in range(6):
            axis, upper = divmod(face, 2)
            there, at = cell.copy(), cell.copy()
            there[axis] += 2 * upper - 1
            at[axis] += upper
            if periodic and axis:
                there[axis] %= index.shape[axis]
            inside = np.all(there >= 0) and np.all(there < index.shape) and opening[axis, *at] > 0
            if inside and index[tuple(there)] not in (-1, i):
                links.append((index[tuple(there)], face, opening[axis, *at]))
        yield links
