"""Slow twins of cpu.staggered."""

import numpy as np

from ...codes import NO_SLIP, WRAP
from .rows_of import rows_of


def face_cells(position, index, axis, wrap):
    """Cells below and above each face (int32 [n, 2], -1 for none)."""
    padded = np.concatenate(
        [
            np.take(index, [-1], axis) if wrap else np.full_like(np.take(index, [0], axis), -1),
            index,
            np.full_like(np.take(index, [0], axis), -1),
        ],
        axis,
    )
    upper = position.astype(int)
    upper[:, axis] += 1
    return np.stack([padded[tuple(position.T)], padded[tuple(upper.T)]], axis=1).astype(np.int32)


def cell_faces(cells, first, axis, out):
    """Enter the faces of one axis, numbered from `first`, into `out` [cell, 2 axis + side]."""
    for side in (0, 1):
        there = np.flatnonzero(cells[:, 1 - side] >= 0)
        out[cells[there, 1 - side], 2 * axis + side] = first + there


def wall_conductance(position, fluid, axis, conductance, sides, throat, out):
    """Conductance of each face's velocity to the walls around it.

    In words: go round the face; a neighbour that moves gives nothing here (it is a link), one that cannot
    gives the area of the control volume between the two over their distance; a wall beside half the face
    gives more than the area of that half, 1 + min(1, throat / velocities side by side up to the wall across)
    halves.
    """
    ended = axis == 0 and sides[0] != WRAP
    n = fluid.shape[axis]

    def solid(place):
        """None outside the box, otherwise whether the voxel there is solid."""
        for a in range(3):
            if sides[a] == WRAP:
                place[a] %= fluid.shape[a]
            if not 0 <= place[a] < fluid.shape[a]:
                return None
        return not fluid[tuple(place)]

    def width(place, along, step):
        """Velocities of this axis from `place` on, that stand side by side."""
        mirror, count = along == 0 or sides[along] != NO_SLIP, 0
        while True:
            beside = [solid(half.copy()) for half in (place - np.eye(3, dtype=int)[axis], place)]
            if any(beside) or beside == [None, None] and not mirror:
                return count
            if beside == [None, None]:
                step = -step
            else:
                count += 1
            place = place + step * np.eye(3, dtype=int)[along]

    for f, place in enumerate(position.astype(int)):
        halves = [
            half for half in (place - np.eye(3, dtype=int)[axis], place) if solid(half.copy()) is not None
        ]
        total = 0.0
        for along in range(3):
            for step in (-1, 1):
                move = step * np.eye(3, dtype=int)[along]
                if along == axis:
                    if ended and place[axis] + step in (-1, n + 1):
                        continue  # mirror plane
                    if ended and place[axis] + step in (0, n):
                        continue  # the next face lies on an end plane and moves
                    beyond = solid(place + (move if step > 0 else 2 * move))
                    total += conductance[along] * (beyond is None or beyond)
                    continue
                for half in halves:
                    beside = [solid(h + move) for h in halves]
                    if beside[0] is None:
                        part = 2.0 if sides[along] == NO_SLIP else 0.0
                    else:
                        part = [0.0, 1.0, 2.0][2 * sum(beside) // len(halves)]
                        part += min(1.0, throat / width(place, along, -step)) if part == 1 else 0.0
                    total += conductance[along] * part / 2
        out[f] = total


def face_links(indptr, face, position, axis, conductance, last, out):
    """Viscous conductance between neighbouring faces of one axis."""
    rows = rows_of(indptr)
    on_end = (last >= 0) & np.isin(position[rows, axis], (0, last)) & (face // 2 != axis)
    out[:] = np.asarray(conductance)[face // 2] * np.where(on_end, 0.5, 1.0)


def mobility_links(indptr, face, faces_of_cell, mobility, area, out):
    """Darcy conductance between neighbouring cells: area squared times the mobility of the face between
    them, 0 where that does not move."""
    between = faces_of_cell[rows_of(indptr), face]
    out[:] = np.where(between < 0, 0, np.asarray(area)[face // 2] ** 2 * mobility[between])


def divergence(faces_of_cell, area, u, out):
    """Net outflow of each cell: sum of area times velocity, above minus below."""
    flux = np.append(u, 0)[faces_of_cell] * np.repeat(area, 2)  # -1, no face, picks the 0 at the end
    out[:] = flux[:, 1::2].sum(axis=1) - flux[:, 0::2].sum(axis=1)


def add_pressure(cells, area, sign, p, out):
    """Add sign times the pressure force on each face, area (p below - p above), to `out`; 0 outside the
    box."""
    outside = np.append(p, 0)
    out += sign * area * (outside[cells[:, 0]] - outside[cells[:, 1]])


def centre_velocity(faces_of_cell, u, out):
    """Velocity at the cell centres, out [3, n]: mean of the two faces along each axis; walls stand still."""
    out[:] = np.append(u, 0)[faces_of_cell].reshape(-1, 3, 2).mean(axis=2).T
