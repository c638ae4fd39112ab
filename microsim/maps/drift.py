"""Drift of the sample from image to image of an energy scan: found by cross-correlation, undone by
interpolation.

Contrast changes across an edge, so that each image is compared with its neighbour in energy and the shifts
are summed. Interpolation averages pixels: sigma comes back multiplied by sqrt(sum of the squared weights).
"""

import warnings

import numpy as np
from scipy import ndimage

from ..base.errors import InputError

UPSAMPLING = 50  # parts of a pixel to which a shift is found
SMALLEST = 8  # pixels
PASSES = 3  # against the mean of all images


def drift(stack, *, smoothing=1.0, progress=None):
    """Find the shift of every image of a stack that puts it onto the last one, in voxels.

    Neighbours in energy are compared first and their shifts summed; then each image is compared with the mean
    of all as placed so far, which keeps the errors from adding up, three times.

    stack [energy, x, y, z] (axes of one voxel stay put); NaN is filled from around. smoothing: Gaussian,
    voxels, against noise. Returns [energy, 3]. Raises InputError for a stack of another rank, and for images
    too small or without structure.
    """
    stack = np.asarray(stack)
    if stack.ndim != 4:
        raise InputError(f"expected a stack [energy, x, y, z], got {stack.ndim} axes; add axes of one voxel.")
    wide = [axis for axis in range(3) if stack.shape[1 + axis] > 1]
    if not wide or min(stack.shape[1 + axis] for axis in wide) < SMALLEST:
        raise InputError(
            f"expected images of at least {SMALLEST} x {SMALLEST} pixels to find their drift, got "
            f"{' x '.join(map(str, stack.shape[1:]))}; leave the alignment out."
        )
    images, total = [_shapes(image, smoothing) for image in stack], (1 + PASSES) * len(stack)
    if not all(image.any() for image in images):
        raise InputError(
            "expected structure in every image to find the drift by, got an even one; leave the alignment"
            " out."
        )
    shifts = np.zeros((len(stack), len(wide)))
    for k in range(len(stack) - 2, -1, -1):
        if progress is not None:
            progress(len(stack) - k, total, "drift")
        shifts[k] = shifts[k + 1] + _step(images[k + 1], images[k])
    for turn in range(1, PASSES + 1):
        placed = [ndimage.shift(image, shift, order=3) for image, shift in zip(images, shifts, strict=True)]
        mean = np.mean(placed, axis=0)
        for k, image in enumerate(placed):
            if progress is not None:
                progress(turn * len(stack) + k, total, "drift")
            shifts[k] += _step(mean, image)
    found = np.zeros((len(stack), 3))
    found[:, wide] = shifts - shifts[-1]
    return found


def _shapes(image, smoothing):
    """Differences of Gaussians: the shapes count, not the level, which jumps at the edge."""
    image = ndimage.median_filter(
        _filled(np.squeeze(np.asarray(image, float))), 3
    )  # without pixels that are stuck
    image = ndimage.gaussian_filter(image, smoothing) - ndimage.gaussian_filter(image, 4 * smoothing)
    return image / (image.std() or 1.0)


def _filled(image, width=1.5):
    """Fill pixels without a value from those around: dead ones stay put while the sample moves, and must show
    no edges."""
    known = np.isfinite(image)
    if known.all() or not known.any():
        return np.nan_to_num(image)
    values, weights, filled = (
        np.where(known, image, 0.0),
        known.astype(float),
        np.full(image.shape, np.median(image[known])),
    )
    for reach in (8 * width, width):  # far around first, then near
        share = ndimage.gaussian_filter(weights, reach)
        filled = np.where(
            share > 0.05, ndimage.gaussian_filter(values, reach) / np.maximum(share, 0.05), filled
        )
    return np.where(known, image, filled)


def _step(fixed, moving):
    """Shift of an image onto another; both fade out towards the border, where the Fourier transform would see
    a jump."""
    from scipy.signal.windows import tukey
    from skimage.registration import phase_cross_correlation

    fade = 1.0
    for axis, n in enumerate(fixed.shape):
        fade = fade * tukey(n, 0.5).reshape([-1 if a == axis else 1 for a in range(fixed.ndim)])
    with warnings.catch_warnings(action="ignore"):  # an image that is even has no error to tell
        return phase_cross_correlation(
            fixed * fade, moving * fade, upsample_factor=UPSAMPLING, normalization=None
        )[0]


def undrift(stack, shifts, sigma=None, *, order=3):
    """Move every image of a stack by its shift: (stack, sigma), NaN where nothing was recorded.

    stack [energy, x, y, z]; shifts [energy, 3], voxels; order of the splines; sigma like stack, or None.
    """
    stack = np.asarray(stack, float)
    moved, error = np.empty_like(stack), None if sigma is None else np.empty_like(stack)
    for k, shift in enumerate(np.asarray(shifts, float)):
        known = np.isfinite(stack[k])
        inside = ndimage.shift(known.astype(float), shift, order=1, cval=0.0) > 1 - 1e-6
        image = ndimage.shift(np.where(known, stack[k], 0.0), shift, order=order, mode="nearest")
        moved[k] = np.where(inside, image, np.nan)
        if sigma is not None:
            variance = np.where(known, np.nan_to_num(np.broadcast_to(sigma, stack.shape)[k]) ** 2, 0.0)
            spread = ndimage.shift(variance, shift, order=1, mode="nearest") * noise_factor(shift, order)
            error[k] = np.where(inside, np.sqrt(spread), np.nan)
    return moved, error


def without_drift(stack, sigma=None, *, progress=None):
    """Find and undo the drift of a stack: (stack, sigma, shifts); sigma moves along where it is like the
    stack."""
    shifts = drift(stack, progress=progress)
    wide = sigma is not None and np.shape(sigma) == stack.shape
    stack, moved = undrift(stack, shifts, sigma if wide else None)
    return stack, moved if wide else sigma, shifts


def noise_factor(shift, order=3):
    """Variance of white noise after a shift by splines: the sum of the squared weights."""
    factor = 1.0
    for part in np.asarray(shift, float):
        point = np.zeros(33)
        point[16] = 1.0
        factor *= float(np.sum(ndimage.shift(point, part % 1.0, order=order) ** 2))
    return factor
