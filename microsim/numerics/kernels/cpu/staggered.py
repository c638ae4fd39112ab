"""CPU kernels for velocities on voxel faces: walls, divergence, pressure forces.

A face along an axis has the place (line along x, y, z) of the cell above it; the cell below is one line
earlier.
"""

import numpy as np

from ...codes import NO_SLIP, WRAP
from .compiled import compiled, inlined
from .threads import spread


def face_cells(position, index, axis, wrap):
    """Cells below and above each face (int32 [n, 2], -1 for none); `index` numbers the cells [x, y, z].

    wrap: the last cell lies below the first face.
    """
    out = np.full((len(position), 2), -1, np.int32)
    _face_cells(position, index, axis, wrap, out)
    return out


@spread("position")
def _face_cells(first, stop, position, index, axis, wrap, out):
    n = index.shape[axis]
    for f in range(first, stop):
        for side in range(2):
            x, y, z = np.int64(position[f, 0]), np.int64(position[f, 1]), np.int64(position[f, 2])
            if axis == 0:
                x += side - 1
            elif axis == 1:
                y += side - 1
            else:
                z += side - 1
            line = x if axis == 0 else (y if axis == 1 else z)
            if wrap and line < 0:
                x, y, z = (
                    (n - 1 if axis == 0 else x),
                    (n - 1 if axis == 1 else y),
                    (n - 1 if axis == 2 else z),
                )
            elif line < 0 or line >= n:
                continue
            out[f, side] = index[x, y, z]


@compiled
def cell_faces(cells, first, axis, out):
    """Enter the faces of one axis, numbered from `first`, into `out` [cell, 2 axis + side], side 0 below the
    cell."""
    for f in range(cells.shape[0]):
        if cells[f, 0] >= 0:
            out[cells[f, 0], 2 * axis + 1] = first + f
        if cells[f, 1] >= 0:
            out[cells[f, 1], 2 * axis] = first + f


@inlined
def _is_fluid(fluid, x, y, z, axis, line):
    """Whether the cell at line `line` of `axis`, otherwise at x, y, z, holds fluid."""
    if axis == 0:
        return fluid[line, y, z]
    if axis == 1:
        return fluid[x, line, z]
    return fluid[x, y, line]


@inlined
def _walls_along(fluid, x, y, z, axis, line, step, side, ended):
    """1 if the next face along the face's own axis is a wall, 0 if it moves or mirrors."""
    n = fluid.shape[axis]
    beyond = line if step > 0 else line - 1  # the cell between this face and the next
    if ended and (beyond < 0 or beyond >= n):
        return 0.0  # on an end plane: the flow goes on as in a mirror
    beyond += step
    if side == WRAP:
        beyond %= n
    elif beyond < 0 or beyond >= n:
        return 0.0 if ended else 1.0
    return 0.0 if _is_fluid(fluid, x, y, z, axis, beyond) else 1.0


@inlined
def _solid_beside(fluid, x, y, z, axis, line, ended, wrap):
    """Solid ones among the two cells on both sides of a face; a cell outside an end plane is its neighbour's
    image."""
    n = fluid.shape[axis]
    low, high = line - 1, line
    if wrap:
        low %= n
    elif ended:
        low, high = max(low, 0), min(high, n - 1)
    return (0 if _is_fluid(fluid, x, y, z, axis, low) else 1) + (
        0 if _is_fluid(fluid, x, y, z, axis, high) else 1
    )


@inlined
def _width(fluid, x, y, z, axis, line, ended, sides, along, step):
    """Velocities side by side from the one at x, y, z up to the next wall that way; mirrors and end planes
    are crossed."""
    n, count = fluid.shape[along], 0
    there = x if along == 0 else (y if along == 1 else z)
    while True:
        count += 1
        there += step
        if sides[along] == WRAP:
            there %= n
        elif there < 0 or there >= n:
            if sides[along] == NO_SLIP and along > 0:
                return count
            there, step = there - step, -step
        a, b, c = (there if along == 0 else x), (there if along == 1 else y), (there if along == 2 else z)
        if _solid_beside(fluid, a, b, c, axis, line, ended, sides[axis] == WRAP) > 0:
            return count


@spread("out")
def wall_conductance(first, stop, position, fluid, axis, conductance, sides, throat, out):
    """Conductance of each face's velocity to the walls around it.

    conductance [3]: cell volume over width squared; sides [3]: WRAP, FREE or NO_SLIP; axis 0 ends on pressure
    planes unless it wraps. A wall beside the face along its whole length is half a cell away: 2; a solid cell
    beside one of its two halves, at a step of the wall: 1 + min(1, throat / width), the width from here to
    the wall across in cells; the next face along its own axis: 1. Faces on an end plane have half a volume.
    """
    shape = fluid.shape
    ended = axis == 0 and sides[0] != WRAP
    for f in range(first, stop):
        x, y, z = position[f]
        line = position[f, axis]
        share = 0.5 if ended and (line == 0 or line == shape[0]) else 1.0
        total = 0.0
        for face in range(6):
            along, step = face // 2, 2 * (face % 2) - 1
            if along == axis:
                total += conductance[along] * _walls_along(
                    fluid, x, y, z, axis, line, step, sides[along], ended
                )
                continue
            there = position[f, along] + step
            if sides[along] == WRAP:
                there %= shape[along]
            elif there < 0 or there >= shape[along]:
                total += share * conductance[along] * (2.0 if sides[along] == NO_SLIP else 0.0)
                continue
            a, b, c = (there if along == 0 else x), (there if along == 1 else y), (there if along == 2 else z)
            solid = _solid_beside(fluid, a, b, c, axis, line, ended, sides[axis] == WRAP)
            hold = np.float64(solid)
            if solid == 1:
                hold += min(1.0, throat / _width(fluid, x, y, z, axis, line, ended, sides, along, -step))
            total += share * conductance[along] * hold
        out[f] = total


@spread("indptr", less=1)
def face_links(first, stop, indptr, face, position, axis, conductance, last, out):
    """Viscous conductance between neighbouring faces of one axis; half between two on the end planes 0 and
    `last`.

    last: -1 where there are no end planes.
    """
    for f in range(first, stop):
        end = last >= 0 and (position[f, axis] == 0 or position[f, axis] == last)
        for slot in range(indptr[f], indptr[f + 1]):
            along = face[slot] // 2
            out[slot] = conductance[along] * (0.5 if end and along != axis else 1.0)


@spread("indptr", less=1)
def mobility_links(first, stop, indptr, face, faces_of_cell, mobility, area, out):
    """Darcy conductance between neighbouring cells: area squared times the mobility of the face between
    them, 0 where that does not move."""
    for i in range(first, stop):
        for slot in range(indptr[i], indptr[i + 1]):
            a, between = area[face[slot] // 2], faces_of_cell[i, face[slot]]
            out[slot] = a * a * mobility[between] if between >= 0 else 0.0


@spread("out")
def divergence(first, stop, faces_of_cell, area, u, out):
    """Net outflow of each cell: sum of area times velocity, above minus below."""
    for i in range(first, stop):
        total = 0.0
        for axis in range(3):
            below, above = faces_of_cell[i, 2 * axis], faces_of_cell[i, 2 * axis + 1]
            if above >= 0:
                total += area[axis] * u[above]
            if below >= 0:
                total -= area[axis] * u[below]
        out[i] = total


@spread("out")
def add_pressure(first, stop, cells, area, sign, p, out):
    """Add sign times the pressure force on each face, area (p below - p above), to `out`; 0 outside the
    box."""
    for f in range(first, stop):
        drop = p[0] * 0
        if cells[f, 0] >= 0:
            drop += p[cells[f, 0]]
        if cells[f, 1] >= 0:
            drop -= p[cells[f, 1]]
        out[f] += sign * area * drop


@spread("out", axis=1)
def centre_velocity(first, stop, faces_of_cell, u, out):
    """Velocity at the cell centres, out [3, n]: mean of the two faces along each axis; walls stand still."""
    for i in range(first, stop):
        for axis in range(3):
            below, above = faces_of_cell[i, 2 * axis], faces_of_cell[i, 2 * axis + 1]
            out[axis, i] = ((u[below] if below >= 0 else 0.0) + (u[above] if above >= 0 else 0.0)) / 2
