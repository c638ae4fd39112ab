"""Keep particles out of channels and gaps while they are packed."""

import numpy as np
from scipy import ndimage

from .noise import ENDS

SHARE = 0.5  # of what is missing that a particle moves in one round
INTO = 0.15  # of its radius that a particle may reach into a void; the void cuts it there


def pushing_out(voids, radii, voxel_size, stretch=1.0):
    """Make a step that moves spheres away from voids, for packing.relax.

    voids: bool [x, y, z]; radii: [n], m; stretch: length of the packing over that of the voids, along x

    Returns a function from centres [n, 3], m, to steps [n, 3], m.
    """
    away = _signed_distance(voids, int(np.ceil(radii.max() / voxel_size)) + 1)
    edge = np.array([stretch, 1.0, 1.0]) * voxel_size
    slopes = [ndimage.gaussian_filter(slope, 1.0, mode=ENDS) for slope in np.gradient(away)]
    last = np.array(voids.shape) - 1

    def push(centres):
        at = tuple(np.clip((centres / edge).astype(int), 0, last).T)
        direction = np.stack([slope[at] for slope in slopes], axis=1)
        direction /= np.maximum(np.linalg.norm(direction, axis=1), 1e-6)[:, None]
        missing = np.maximum((1 - INTO) * radii - away[at] * voxel_size, 0.0)
        return SHARE * missing[:, None] * direction

    return push


def _signed_distance(voids, margin):
    """Distance to the voids, negative within, voxels; periodic in y and z."""
    wide = np.pad(voids, ((0, 0), (margin, margin), (margin, margin)), mode="wrap")
    out, into = (ndimage.distance_transform_edt(mask) for mask in (~wide, wide))
    inner = (slice(None), slice(margin, -margin), slice(margin, -margin))
    return (out - into)[inner].astype(np.float32)
