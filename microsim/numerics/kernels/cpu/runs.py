"""CPU kernels on runs of voxels: what follows each other along z in a row (x, y) of a mask is one run.

A run is joined with those of the rows before it in y and in x that it lies beside: clusters of runs are
clusters of voxels, and there are a tenth as many runs. root[i] is a run of the same cluster, not after i;
slabs of SLAB planes are joined by themselves, and then with each other, so that what comes out depends on no
thread.
"""

import numpy as np

from .compiled import compiled, inlined
from .threads import spread

SLAB = 16  # planes of x
VOXELS = 2**16  # that are worth a thread


@spread("mask", grain=VOXELS)
def count_runs(first, stop, mask, count):
    """Count the runs of each row into count[x, y]."""
    _, ny, nz = mask.shape
    for x in range(first, stop):
        for y in range(ny):
            found = np.int64(mask[x, y, 0])
            for z in range(1, nz):
                found += mask[x, y, z] > mask[x, y, z - 1]
            count[x, y] = found


@spread("mask", grain=VOXELS)
def find_runs(first, stop, mask, start, begin, end):
    """Write the first voxel of each run and the one after its last; start: the number of a row's first run,
    [x * ny + y], and of all."""
    _, ny, nz = mask.shape
    for x in range(first, stop):
        for y in range(ny):
            i, before = start[x * np.uint64(ny) + np.uint64(y)], False
            for z in range(nz):
                if mask[x, y, z] != before:
                    if before:
                        end[i] = z
                        i += 1
                    else:
                        begin[i] = z
                    before = not before
            if before:
                end[i] = nz


@inlined
def _found(root, i):
    """First run known to be of the same cluster; the way there becomes shorter."""
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@inlined
def _join(start, begin, end, root, one, other):
    """Join the runs of two rows that lie beside each other."""
    i, j = start[one], start[other]
    while i < start[one + 1] and j < start[other + 1]:
        if begin[i] < end[j] and begin[j] < end[i]:
            a, b = _found(root, i), _found(root, j)
            root[max(a, b)] = min(a, b)
        if end[i] < end[j]:
            i += 1
        else:
            j += 1


def join_runs(start, begin, end, ny, root):
    """Write to each run the first one of its cluster; ny: rows of a plane."""
    slabs = np.empty(-(-((start.size - 1) // ny) // SLAB), np.uint8)
    _join_within(slabs, start, begin, end, ny, root)
    _join_across(start, begin, end, ny, root)


@spread("slabs", grain=1)
def _join_within(first, stop, slabs, start, begin, end, ny, root):
    for slab in range(first, stop):
        lowest = np.int64(slab) * SLAB * ny
        highest = min(lowest + SLAB * ny, start.size - 1)
        for i in range(start[lowest], start[highest]):
            root[i] = i
        for row in range(lowest, highest):
            if row % ny:
                _join(start, begin, end, root, row - 1, row)
            if row >= lowest + ny:
                _join(start, begin, end, root, row - ny, row)


@compiled
def _join_across(start, begin, end, ny, root):
    for plane in range(SLAB * ny, start.size - 1, SLAB * ny):
        for row in range(plane, plane + ny):
            _join(start, begin, end, root, row - ny, row)
    for i in range(root.size):
        root[i] = root[root[i]]


@spread("out", grain=VOXELS)
def paint_runs(first, stop, start, begin, end, chosen, out):
    """Set the voxels of the chosen runs."""
    ny = out.shape[1]
    for x in range(first, stop):
        for y in range(ny):
            row = np.int64(x) * ny + y
            for i in range(start[row], start[row + 1]):
                if chosen[i]:
                    for z in range(begin[i], end[i]):
                        out[x, y, z] = True
