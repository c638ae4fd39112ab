"""Slow twins of cpu.runs."""

import numpy as np
from scipy import ndimage


def count_runs(mask, count):
    """Count the runs of each row into count[x, y]."""
    count[:] = np.count_nonzero(np.diff(mask.astype(np.int8), axis=2, prepend=0) > 0, axis=2)


def find_runs(mask, start, begin, end):
    """Write the first voxel of each run and the one after its last; start: the number of a row's first run,
    [x * ny + y], and of all."""
    edges = np.diff(mask.astype(np.int8), axis=2, prepend=0, append=0)
    begin[:], end[:] = np.nonzero(edges > 0)[2], np.nonzero(edges < 0)[2]


def join_runs(start, begin, end, ny, root):
    """Write to each run the first one of its cluster; ny: rows of a plane."""
    rows = np.repeat(np.arange(start.size - 1), np.diff(start))
    dense = np.zeros(((start.size - 1) // ny, ny, end.max(initial=0)), bool)
    for row, low, high in zip(rows, begin, end):
        dense[row // ny, row % ny, low:high] = True
    cluster = ndimage.label(dense)[0][rows // ny, rows % ny, begin]
    _, first, which = np.unique(cluster, return_index=True, return_inverse=True)
    root[:] = first[which]


def paint_runs(start, begin, end, chosen, out):
    """Set the voxels of the chosen runs."""
    rows = np.repeat(np.arange(start.size - 1), np.diff(start))
    for i in np.flatnonzero(chosen):
        out[rows[i] // out.shape[1], rows[i] % out.shape[1], begin[i] : end[i]] = True
