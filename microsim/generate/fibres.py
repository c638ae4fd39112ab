"""Fibres through the pores: flexible lines that slide along the particles which they meet."""

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from .noise import ENDS

STEP = 0.7  # of a fibre's point to the next, voxels
BEND = 0.08  # standard deviation of the turn at each step
CLEAR = 0.6  # how far a line stays from a particle, voxels
MOST_FIBRES = 200000


def fibre_distance(walls, diameter, length, voxels, rng):
    """Lay fibres until they hold `voxels`; the distance of each voxel to the nearest one's middle, voxels.

    walls: distance to the particles, voxels [x, y, z], 0 within; diameter, length: of a fibre, voxels
    """
    radius = diameter / 2
    each = max(np.pi * radius**2 * length, 1.0)
    count = int(np.clip(round(1.5 * voxels / each) + 2, 2, MOST_FIBRES))
    while True:
        paths = _paths(walls, count, length, rng)
        low, high = 1, count
        if _volume(walls, paths, radius)[1] >= voxels:
            break
        if count >= MOST_FIBRES:
            raise InputError(
                f"binder: expected fibres that hold the binder, got {MOST_FIBRES} of them, too few; make "
                "them thicker or longer, or lower cbd_fraction."
            )
        count = min(2 * count, MOST_FIBRES)
    for _ in range(8):
        middle = (low + high) // 2
        enough = _volume(walls, paths[:, :middle], radius)[1] >= voxels
        low, high = (low, middle) if enough else (middle, high)
    return _volume(walls, paths[:, :high], radius)[0]


def _volume(walls, paths, radius):
    """Distance to the nearest line, and the free voxels within a radius of one."""
    lines = np.ones(walls.shape, dtype=bool)
    lines[tuple(_voxels_of(paths.reshape(-1, 3), walls.shape))] = False
    margin = min(6, *walls.shape[1:])
    wide = np.pad(lines, ((0, 0), (margin, margin), (margin, margin)), mode="wrap")
    away = ndimage.distance_transform_edt(wide)[:, margin:-margin, margin:-margin]
    return away, np.count_nonzero((away <= radius) & (walls > 0))


def _voxels_of(points, shape):
    """Voxels that points lie in, periodic in y and z."""
    at = np.floor(points).astype(int).T
    return np.clip(at[0], 0, shape[0] - 1), at[1] % shape[1], at[2] % shape[2]


def _paths(walls, count, length, rng):
    """Walk all fibres at once: points [steps, fibres, 3]."""
    slopes = [ndimage.gaussian_filter(slope, 0.7, mode=ENDS) for slope in np.gradient(walls)]
    free = np.argwhere(walls > 0)
    place = free[rng.integers(len(free), size=count)] + 0.5
    heading = _unit(rng.standard_normal((count, 3)))
    points = [place]
    for _ in range(max(1, round(length / STEP))):
        heading = _unit(heading + BEND * rng.standard_normal(heading.shape))
        at = _voxels_of(place + STEP * heading, walls.shape)
        out = _unit(np.stack([slope[at] for slope in slopes], axis=1))
        missing = np.maximum(CLEAR + 0.5 - walls[at], 0.0)
        into = np.minimum(np.sum(heading * out, axis=1), 0.0) * (missing > 0)
        heading = _unit(heading - into[:, None] * out)
        place = place + STEP * heading + (0.5 * missing)[:, None] * out
        turned = (place[:, 0] < 0) | (place[:, 0] > walls.shape[0])
        heading[turned, 0] *= -1
        place[:, 0] = np.clip(place[:, 0], 0, walls.shape[0] - 1e-6)
        points.append(place)
    return np.stack(points)


def _unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)[:, None]
