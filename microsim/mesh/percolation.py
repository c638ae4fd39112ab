"""Which part of a phase is connected, voxel face to voxel face (6 neighbours), to the faces of the box."""

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..base.axes import axis_number
from .grid import face_position


def percolating(mask, axis, *, periodic_sides=False):
    """Keep the clusters of `mask` that touch both end faces of `axis`.

    mask            bool [x, y, z]
    axis            "x", "y", "z" or 0, 1, 2
    periodic_sides  a cluster also goes on through the faces of the other two axes, to the opposite side

    Returns bool [x, y, z].
    """
    axis = axis_number(axis)
    clusters, count = cluster_labels(mask, _sides(axis) if periodic_sides else ())
    keep = _touching(clusters, count, axis, 0) & _touching(clusters, count, axis, -1)
    return keep[clusters]


def connected_to(mask, face, *, periodic_sides=False):
    """Keep the clusters of `mask` that touch one named face (grid.FACES: "separator", "collector", ...)."""
    axis, end = face_position(face)
    clusters, count = cluster_labels(mask, _sides(axis) if periodic_sides else ())
    return _touching(clusters, count, axis, end)[clusters]


def closed_clusters(mask, outside=None):
    """Keep the clusters of `mask` that touch no face of the box, nor a voxel that is `outside` the sample:
    nothing from there gets in through `mask`."""
    clusters, count = cluster_labels(mask)
    open_ = np.zeros(count + 1, dtype=bool)
    for axis in range(3):
        if clusters.shape[axis] > 1:  # an image of one slice is open along its plane only
            for end in (0, -1):
                open_ |= _touching(clusters, count, axis, end)
    if outside is not None:
        open_[clusters[ndimage.binary_dilation(outside)]] = True
    open_[0] = True
    return ~open_[clusters]


def closed_voids(body):
    """Mark what a body encloses: voxels outside of it from which no path of voxel faces leads to the box."""
    return closed_clusters(~np.asarray(body, dtype=bool))


def percolating_fractions(mask, *, periodic_sides=False):
    """Measure, for x, y and z, the share of the voxels of `mask` that percolates along that axis."""
    voxels = np.count_nonzero(mask)
    clusters, count = (None, 0) if periodic_sides else cluster_labels(mask)
    fractions = []
    for axis in range(3):
        if periodic_sides:  # other sides for each axis, so other clusters
            clusters, count = cluster_labels(mask, _sides(axis))
        keep = _touching(clusters, count, axis, 0) & _touching(clusters, count, axis, -1)
        fractions.append(float(np.count_nonzero(keep[clusters]) / voxels) if voxels else 0.0)
    return tuple(fractions)


def cluster_labels(mask, periodic_axes=()):
    """Number the 6-connected clusters of `mask`: (int32 [x, y, z] with 0 outside, highest number).

    periodic_axes: axes along which opposite faces of the box count as neighbours.
    """
    clusters, count = ndimage.label(np.asarray(mask, dtype=bool))
    pairs = [_pairs_across(clusters, axis) for axis in periodic_axes]
    if not pairs or count == 0:
        return clusters, count
    first, second = np.concatenate(pairs, axis=1)
    links = coo_array((np.ones(first.size, dtype=bool), (first, second)), shape=(count + 1, count + 1))
    joined, component = connected_components(links, directed=False)
    # 0, outside the mask, has no link: it is a component of its own, and the first one
    return component.astype(np.int32)[clusters], joined - 1


def _pairs_across(clusters, axis):
    first, last = np.take(clusters, 0, axis), np.take(clusters, -1, axis)
    both = (first > 0) & (last > 0)
    return np.stack([first[both], last[both]])


def _sides(axis):
    return tuple(side for side in (0, 1, 2) if side != axis)


def _touching(clusters, count, axis, end):
    touching = np.zeros(count + 1, dtype=bool)
    touching[np.take(clusters, end, axis)] = True
    touching[0] = False
    return touching
