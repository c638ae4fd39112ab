"""Maps that know little of an electrode, against which a model has to show what it adds."""

import numpy as np
from scipy import ndimage

from .scores import Naive

SHELLS = 12


def depth_map(theirs):
    """Return the best map that depends on the depth only: the mean of each layer x.

    theirs: [x, y, z], NaN where not compared.
    """
    known = np.isfinite(theirs)
    n = known.sum(axis=(1, 2))
    mean = np.where(known, theirs, 0.0).sum(axis=(1, 2)) / np.maximum(n, 1)
    return Naive(np.broadcast_to(mean[:, None, None], theirs.shape), int(np.count_nonzero(n)))


def shell_map(theirs, distance):
    """Return the best map that depends on the distance to the wetted surface only: the mean of each of at
    most 12 classes with as many voxels each; None where the distance does not vary.

    theirs: [x, y, z], NaN where not compared; distance: to the surface (m), [x, y, z].
    """
    known = np.isfinite(theirs) & np.isfinite(distance)
    if not known.any() or np.ptp(distance[known]) <= 1e-9 * np.max(distance[known]):
        return None
    edges = np.unique(np.quantile(distance[known], np.linspace(0, 1, SHELLS + 1)))
    which = np.clip(np.searchsorted(edges, distance[known], side="right") - 1, 0, edges.size - 2)
    n, total = (np.bincount(which, w, edges.size - 1) for w in (None, theirs[known]))
    values = np.full(theirs.shape, np.mean(theirs[known]))
    values[known] = (total / np.maximum(n, 1))[which]
    return Naive(values, int(np.count_nonzero(n)))


def wetted_distance(active, wet, voxel_size):
    """Return the distance (m) of each voxel of active material to the nearest electrolyte, from the middle to
    half a voxel before its middle, [x, y, z]; NaN elsewhere, None where no electrolyte is known.

    active, wet: bool [x, y, z]. A surface that no electrolyte reaches is none.
    """
    if wet is None or not wet.any():
        return None
    distance = ndimage.distance_transform_edt(~wet, voxel_size)
    return np.where(active, distance - min(voxel_size) / 2, np.nan)
