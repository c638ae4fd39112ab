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
    if not periodic_sides:
        return np.moveaxis(_through(np.moveaxis(np.asarray(mask, dtype=bool), axis, 0)), 0, axis)
    clusters, count = cluster_labels(mask, _sides(axis))
    keep = _touching(clusters, count, axis, 0) & _touching(clusters, count, axis, -1)
    return keep[clusters]


def _through(mask):
    """Keep the clusters that touch both end faces of x: by runs along z, a tenth as many as voxels.

    Labels of all voxels, as for periodic sides, are four bytes each and made by one thread.
    """
    from ..numerics.backend import kernels  # the references load no code of the solver

    mask, out = np.ascontiguousarray(mask), np.zeros(mask.shape, bool)
    if not mask.size:
        return out
    count = np.empty(mask.shape[:2], np.int64)
    kernels.runs.count_runs(mask, count)
    start = np.concatenate([[0], np.cumsum(count)])
    begin, end, root = (np.empty(start[-1], np.int32) for _ in range(3))
    kernels.runs.find_runs(mask, start, begin, end)
    kernels.runs.join_runs(start, begin, end, mask.shape[1], root)
    ends = np.zeros((2, root.size), bool)
    for touching, x in zip(ends, (0, mask.shape[0] - 1)):
        touching[root[slice(*start[[x * mask.shape[1], (x + 1) * mask.shape[1]]])]] = True
    kernels.runs.paint_runs(start, begin, end, ends.all(axis=0)[root], out)
    return out


def joining(mask, slab):
    """Keep the clusters that touch both ends of a volume whose planes of x several ranks share.

    mask  bool [x, y, z] of the rank's own planes
    slab  numerics.slab.RankSlab, which planes these are

    Returns bool [x, y, z] of them. Only what touches an edge of a slab is told to the other ranks.
    """
    clusters, count = cluster_labels(mask)
    ranks, (below, above) = slab.ranks, slab.neighbours
    before = int(ranks.join(np.array([count]))[: ranks.rank].sum())
    ends = [np.where(clusters[x] > 0, clusters[x] + np.int64(before), 0) for x in (0, -1)]
    beyond = [np.zeros_like(end) for end in ends]
    both = zip((below, above), ends, beyond)
    ranks.swap([(rank, end, other) for rank, end, other in both if rank is not None])
    across = np.stack([ends[1].ravel(), beyond[1].ravel()], axis=1)
    pairs = ranks.join(np.unique(across[across.all(axis=1)], axis=0))
    first, last = (
        ranks.join(np.unique(end[end > 0]) if rank is None else np.empty(0, np.int64))
        for rank, end in zip((below, above), ends)
    )
    found = _joining_both(pairs, first, last) - before
    keep = np.zeros(count + 1, bool)
    keep[found[(found > 0) & (found <= count)]] = True
    return keep[clusters]


def _joining_both(pairs, first, last):
    """Return the numbers that pairs [(number, number)] link to one of `first` and to one of `last`."""
    numbers, place = np.unique(np.concatenate([pairs.ravel(), first, last]), return_inverse=True)
    one, other = place[: pairs.size].reshape(-1, 2).T
    links = coo_array((np.ones(one.size, bool), (one, other)), shape=(numbers.size, numbers.size))
    count, component = connected_components(links, directed=False)
    touching = np.zeros((2, count), bool)
    for k, end in enumerate((first, last)):
        touching[k, component[np.searchsorted(numbers, end)]] = True
    return numbers[touching.all(axis=0)[component]]


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
