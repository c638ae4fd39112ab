"""Slow twins of cpu.open_blocks."""

import numpy as np

from .open_faces import clusters


def block_aggregates(index, opening, step, colours_of, colours, roots):
    """Number the parts of blocks that hang together through open faces within them, colour by colour: parent
    of each cell, position (block) of each part, and bounds, the first part of each colour and the end."""
    within, step = opening.copy(), np.array(step)
    for axis in range(3):
        np.moveaxis(within[axis], axis, 0)[:: step[axis]] = 0
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        inner = within[axis][tuple(slice(n) for n in index.shape)]
        inner[high] *= (index[low] >= 0) & (index[high] >= 0)
    cluster = clusters(within, index.shape, False)
    parent, position, bounds = np.empty(index.max(initial=-1) + 1, np.int32), [], [0]
    for own in range(colours):
        for block in np.ndindex(*(line.size for line in colours_of)):
            if sum(line[k] for line, k in zip(colours_of, block)) % colours == own:
                box = tuple(slice(b * s, (b + 1) * s) for b, s in zip(block, step))
                cells, held = index[box], index[box] >= 0
                for name in np.unique(cluster[box][held]):
                    parent[cells[held & (cluster[box] == name)]] = len(position)
                    position.append(block)
        bounds.append(len(position))
    return parent, np.array(position, np.int16).reshape(-1, 3), np.array(bounds)


def block_links(index, opening, shape, periodic, parent, n, step, ratio_x, ratio_y, ratio_z):
    """Links between the n parts of blocks, lower neighbours first: indptr, neighbour, and weight, the open
    parts of faces, times the shape of their axis and fine over coarse distance."""
    found = []
    for axis, ratio in enumerate((ratio_x, ratio_y, ratio_z)):
        for cell in np.argwhere(index >= 0):
            there = cell.copy()
            there[axis] -= 1
            around = there[axis] < 0
            i, j = index[tuple(cell)], index[tuple(there)]  # -1: around the ring
            open_ = opening[axis, *cell] * (j >= 0) * (not around or (periodic and axis > 0))
            if open_ > 0 and parent[i] != parent[j]:
                seen_from = cell if around else there
                order = *(seen_from // step), axis, around, *seen_from
                pair = tuple(sorted((int(parent[i]), int(parent[j]))))
                line = -1 if around else there[axis] // step[axis]
                found.append((order, pair, open_ * shape[axis] * ratio[line]))
    rows = [{} for _ in range(n)]
    for _, (i, j), open_ in sorted(found):
        rows[i][j] = rows[j][i] = rows[i].get(j, 0) + open_
    links = [(j, row[j]) for i, row in enumerate(rows) for j in sorted(row, key=lambda j, i=i: j > i)]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=int)])
    neighbour = np.array([j for j, _ in links], np.int32)
    return indptr, neighbour, np.array([w for _, w in links], np.float32)
