"""Slow twins of cpu.heights."""

import numpy as np
from scipy import ndimage

from .cut_planes import normal, volume


def surround(wide, by, periodic):
    """Fill the `by` voxels around a box from those within: its mirror image, or along y and z with `periodic`
    its repetition."""
    filled = wide[(slice(by, -by),) * 3]
    for axis in range(3):
        around = [(by * (a == axis),) * 2 for a in range(3)]
        filled = np.pad(filled, around, mode="wrap" if periodic and axis else "symmetric")
    wide[:] = filled


def begin(mask, by, most, height):
    """Distance of each voxel's centre to the nearest voxel of the other kind less half a voxel, at most
    `most`; above 0 in True voxels, below 0 in others."""
    inner = tuple(slice(by * (axis > 0), by * (axis > 0) + n) for axis, n in enumerate(height.shape))
    distance = [
        ndimage.distance_transform_edt(kind)[inner] if not kind.all() else 0 for kind in (mask, ~mask)
    ]
    height[:] = np.minimum(sum(distance) - 0.5, most) * np.where(mask[inner], 1, -1)


def unbend(ahead, step, momentum, margin, height, onward):
    """One accelerated step down the bending energy; see cpu.heights."""
    side, inner = np.where(height > 0, 1, -1), (slice(2, -2),) * 3
    new = side * np.maximum(side * (ahead[inner] - step * _roughness(_roughness(ahead))), margin)
    onward[inner] = new + momentum * (new - height)
    height[:] = new


def _roughness(values):
    """Mean over 3 x 3 x 3 voxels (weights 1, 2, 1 along each axis) less the middle, inside the outermost."""
    out = -values[1:-1, 1:-1, 1:-1].astype(float)
    for place in np.ndindex(3, 3, 3):
        weight = np.prod([2 - abs(a - 1) for a in place]) / 64
        out += weight * values[tuple(slice(a, a + n) for a, n in zip(place, out.shape))]
    return out


def shares(height, periodic, share):
    """Share of each voxel where height > 0, height linear with its central differences."""
    wide = height.astype(float)
    for axis in range(3):
        around = [(int(a == axis),) * 2 for a in range(3)]
        wide = np.pad(wide, around, mode="wrap" if periodic and axis else "symmetric")
    g = np.stack([np.gradient(wide, axis=axis)[1:-1, 1:-1, 1:-1] for axis in range(3)])
    place = np.clip(height / np.maximum(np.abs(g).sum(axis=0), 1e-30), -0.5, 0.5)
    share[:] = volume(normal(g), 0.5 + place)
