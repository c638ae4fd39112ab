"""Slow twin of cpu.elements."""

import numpy as np

from ...codes import EDGE


def label_centres(points, cells, phase, labels):
    """Give each voxel [x, y, z] the phase of the element that holds its centre; the last one where several
    do.

    A point is within where none of its four barycentric coordinates is below zero.
    """
    centres = np.moveaxis(np.indices(labels.shape), 0, -1)
    for corners, name in zip(points[cells], phase):
        edges = (corners[1:] - corners[0]).T
        share = np.linalg.solve(edges, (centres - corners[0]).reshape(-1, 3).T)
        inside = np.minimum(share.min(axis=0), 1 - share.sum(axis=0)) >= -EDGE
        labels[inside.reshape(labels.shape)] = name
