"""CPU kernels that make graphs of voxels: the cells of a mask, colour by colour, and their links in rows."""

import numpy as np

from .across import across, by_stretch, is_there
from .compiled import compiled, inlined
from .threads import SERIAL, spread

LINKS = 6  # of a voxel


def number_cells(mask, colour_x, colour_y, colour_z, colours):
    """Number the cells of `mask` colour by colour; return index (int32, -1 outside), position, colour
    bounds."""
    lines = colour_x, colour_y, colour_z
    bounds = np.zeros(colours + 1, np.int64)
    _count_colours(mask, *lines, bounds)
    np.cumsum(bounds, out=bounds)
    index, position = np.full(mask.shape, -1, np.int32), np.empty((bounds[-1], 3), np.int16)
    _number(mask, *lines, bounds[:-1].copy(), index, position)
    return index, position, bounds


@compiled
def _count_colours(mask, colour_x, colour_y, colour_z, bounds):
    """Count the cells of each colour into the place of the next one."""
    nx, ny, nz = mask.shape
    colours = bounds.size - 1
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    bounds[(colour_x[x] + colour_y[y] + colour_z[z]) % colours + 1] += 1


@compiled
def _number(mask, colour_x, colour_y, colour_z, cursor, index, position):
    nx, ny, nz = mask.shape
    for x in range(nx):
        for y in range(ny):
            for z in range(nz):
                if mask[x, y, z]:
                    colour = (colour_x[x] + colour_y[y] + colour_z[z]) % cursor.size
                    n = cursor[colour]
                    cursor[colour] += 1
                    index[x, y, z] = n
                    position[n, 0], position[n, 1], position[n, 2] = x, y, z


def grid_links(index, position, periodic):
    """Links of each cell to its face neighbours, those with lower numbers first: indptr, neighbour, face
    (0..5 for -x +x -y +y -z +z)."""
    indptr = np.zeros(len(position) + 1, np.int64)
    _count_links(position, index, periodic, indptr)
    np.cumsum(indptr, out=indptr)
    neighbour, face = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.uint8)
    _fill_links(position, index, periodic, indptr, neighbour, face)
    return indptr, neighbour, face


@inlined
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


@spread("position", grain=SERIAL)
def _count_links(first, stop, position, index, periodic, indptr):
    """Count the links of each cell into the place of the next one."""
    for i in range(first, stop):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        for face in range(6):
            if _neighbour(index, x, y, z, face, periodic) >= 0:
                indptr[i + 1] += 1


@spread("position", grain=SERIAL)
def _fill_links(first, stop, position, index, periodic, indptr, neighbour, faces):
    for i in range(first, stop):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        slot = indptr[i]
        for later in range(2):
            for face in range(6):
                j = _neighbour(index, x, y, z, face, periodic)
                if j >= 0 and (j > i) == (later == 1):
                    neighbour[slot] = j
                    faces[slot] = face
                    slot += 1


def joined_rows(n_a, n_b, face_a, face_b):
    """Rows of a graph of the cells of two filled graphs of n_a and n_b cells, a's first, and of links between
    face_a[f] and face_b[f], behind the six places of a cell: where they end, and the two slots of each link
    between."""
    between = np.bincount(face_a, minlength=n_a), np.bincount(face_b, minlength=n_b)
    indptr = np.concatenate([[0], np.cumsum(LINKS + np.concatenate(between))])
    slots = np.empty((2, len(face_a)), np.int32)
    _place_links(indptr[:n_a] + LINKS, face_a, slots[0])
    _place_links(indptr[n_a:-1] + LINKS, face_b, slots[1])
    return indptr, slots


@compiled
def _place_links(cursor, cells, slots):
    for f in range(cells.size):
        slots[f] = cursor[cells[f]]
        cursor[cells[f]] += 1


@spread("weight", grain=LINKS * SERIAL)
@by_stretch
def fill_joined(first, stop, near, weight, row, shift, neighbour, out):
    """Write the neighbours of a filled graph, their numbers shifted, into the first places of its
    `joined_rows`, which begin at `row`, and their weights; itself and 0 where there is none. Without room
    for neighbours the weights alone."""
    for i in range(first, stop):
        for face in range(LINKS):
            slot, there = row[i] + face, is_there(near, i, face)
            out[slot] = weight[i, face] if there else 0
            if neighbour.size:
                neighbour[slot] = (across(near, i, face) if there else i) + shift
