"""How far off parts of a placed map still are: the shift that each would make to fit better.

    mask(r) = a share(r + d) + b        least squares in a, b and d (Gauss-Newton), part by part

share is the structure's active material in a voxel of the map. It is taken from the structure itself wherever
the part moves, so that nothing is repeated or cut off at the part's borders and d is not pulled to 0.
"""

from itertools import product

import numpy as np
from scipy import ndimage

PARTS = 2  # along each axis
STEPS = 16  # of Gauss-Newton
LARGEST = 6.0  # voxels of the map: a part that is farther off counts with about these
SLOPE = 0.25  # voxels over which the slope of the share is taken


def voxel_middles(image):
    """Middles [x, y, z, 3] of a map's voxels, m."""
    lines = [
        o + (np.arange(n) + 0.5) * h for n, h, o in zip(image.values.shape, image.voxel_size, image.origin)
    ]
    return np.stack(np.meshgrid(*lines, indexing="ij"), -1)


def sampler(solid, structure, image, place):
    """Make a function of points [..., 3] (m) of a map's frame: the share of active material in a voxel of the
    map there, NaN outside the structure. place: from the map's frame to the structure's."""
    blur = [
        0.0 if n == 1 else max(0.5 * h / g - 0.5, 0.0)
        for n, h, g in zip(image.values.shape, image.voxel_size, structure.voxel_size)
    ]
    smooth = ndimage.gaussian_filter(solid.astype(np.float32), blur)
    thin = np.array(solid.shape) == 1

    def share_at(points):
        index = (place(points) - np.asarray(structure.origin)) / np.asarray(structure.voxel_size) - 0.5
        share = ndimage.map_coordinates(smooth, np.moveaxis(index, -1, 0), order=1, mode="nearest")
        inside = (((index >= -0.5) & (index <= np.array(solid.shape) - 0.5)) | thin).all(axis=-1)
        return np.where(inside, share, np.nan)

    return share_at


def misfit_of_parts(mask, image, share_at):
    """Rms shift (m) along x, y, z that the parts of a map would still make; None where fewer than two show
    one."""
    wide = [axis for axis in range(3) if mask.shape[axis] > 1]
    points, shifts = voxel_middles(image), []
    for block in product(*[range(PARTS) if axis in wide else (0,) for axis in range(3)]):
        cut = tuple(
            slice(n * b // PARTS, n * (b + 1) // PARTS) if axis in wide else slice(None)
            for axis, (n, b) in enumerate(zip(mask.shape, block))
        )
        if min(np.array(mask[cut].shape)[wide]) >= 6:
            found = _shift(mask[cut], points[cut], np.asarray(image.voxel_size), wide, share_at)
            shifts += [] if found is None else [found]
    if len(shifts) < 2:
        return None
    return tuple(np.sqrt(np.mean(np.square(shifts), axis=0)).tolist())


def _shift(mask, points, voxel_size, wide, share_at):
    """Shift (m, x, y, z) of one part, or None where it shows none: too little inside, even, or its
    opposite."""
    moved, steps = np.zeros(3), [SLOPE * voxel_size[a] * np.eye(3)[a] for a in wide]
    for _ in range(STEPS):
        here = points + moved
        share = share_at(here)
        slopes = [(share_at(here + step) - share_at(here - step)) / (2 * SLOPE) for step in steps]
        known = np.isfinite(share) & np.isfinite(slopes).all(axis=0)
        if known.mean() < 0.7 or mask[known].std() < 0.1 or share[known].std() < 0.1:
            return None
        design = np.column_stack([share[known], np.ones(known.sum()), *(slope[known] for slope in slopes)])
        scale, _, *along = np.linalg.lstsq(design, mask[known].astype(float), rcond=None)[0]
        if scale <= 0:
            return None
        moved[wide] += np.clip(np.divide(along, scale), -0.5, 0.5) * voxel_size[wide]
        if np.abs(moved / voxel_size).max() > LARGEST:
            break  # at least so far: left out, it would make the misfit of the others that of the map
    return moved
