"""Shares of two phases in each voxel, from grey values that are blurred and noisy.

    min over 0 <= s <= 1 of  |G s - g|^2 / 2 + lambda TV(s),   lambda = 0.3 of the noise

g: grey values, 0 at the dark and 1 at the bright level; G: Gaussian blur of the image; TV: total variation
(Rudin, Osher and Fatemi 1992), by the primal-dual iteration of Condat (2013). Blur and total variation keep
the mean, so that volume is kept but for what the bounds take. Three phases have no such shares: a voxel
between the outer two looks like the middle one.
"""

import numpy as np
from scipy import ndimage

from ..base.errors import InputError

WEIGHT = 0.3  # lambda over the noise: more rounds edges off, less leaves noise in the shares
PASSES, FIT_PASSES, SAMPLE = 150, 60, 64
LEAST_BLUR, MOST_BLUR = 0.3, 3.0  # voxels
STEP, DUAL_STEP = 0.5, 0.125  # 1 / STEP - 12 DUAL_STEP >= 1 / 2, as the iteration asks


def two_levels(state):
    """Return grey values with 0 at the dark and 1 at the bright level, and their noise on that scale.

    state: SegmentState of two phases. Raises InputError for more.
    """
    if len(state.names) != 2:
        raise InputError(
            f"--shares: expected two phases, got {', '.join(state.names)}; between the outer of three "
            "a voxel looks like the third: leave --shares out."
        )
    dark, bright = state.levels.means
    squares = np.square(state.levels.spreads)
    noise = float(np.sqrt(np.average(squares, weights=state.levels.shares))) / (bright - dark)
    return (np.asarray(state.grey, np.float32) - np.float32(dark)) / np.float32(bright - dark), noise


def bright_share(grey, blur, noise, passes=PASSES):
    """Find the share of the bright phase in each voxel.

    grey    [x, y, z], 0 at the dark and 1 at the bright level
    blur    standard deviation of the image's point spread, voxels
    noise   standard deviation of a grey value
    passes  iterations

    Returns float32 [x, y, z], 0 to 1.
    """
    share, weight = np.clip(grey, 0, 1).astype(np.float32), np.float32(WEIGHT * noise)
    flux = np.zeros((3, *grey.shape), np.float32)
    for _ in range(passes):
        off = _blurred(_blurred(share, blur) - grey, blur)
        new = np.clip(share - STEP * (off - _divergence(flux)), 0, 1)
        flux += DUAL_STEP * _gradient(2 * new - share)
        flux /= np.maximum(1, np.sqrt((flux**2).sum(axis=0)) / max(weight, np.float32(1e-9)))
        share = new
    return share


def fitted_blur(grey, noise):
    """Fit the point spread of an image, standard deviation in voxels: the largest with which shares of 0 to 1
    leave no more than the noise. Fitted in the middle of a large image."""
    middle = tuple(
        slice(max(0, (n - SAMPLE) // 2), (n - SAMPLE) // 2 + SAMPLE if n > SAMPLE else n) for n in grey.shape
    )
    sample, low, high = grey[middle], LEAST_BLUR, MOST_BLUR
    for _ in range(6):
        blur = (low * high) ** 0.5
        left = _blurred(bright_share(sample, blur, noise, FIT_PASSES), blur) - sample
        low, high = (blur, high) if np.sqrt(np.mean(left**2, dtype=float)) < noise else (low, blur)
    return float((low * high) ** 0.5)


def _blurred(values, blur):
    return ndimage.gaussian_filter(values, blur, mode="reflect")


def _gradient(values):
    """Differences to the next voxel along each axis, 0 at the end."""
    return np.stack([np.diff(values, axis=axis, append=np.take(values, [-1], axis)) for axis in range(3)])


def _divergence(flux):
    """Minus the adjoint of the gradient."""
    total = np.zeros(flux.shape[1:], np.float32)
    for axis, part in enumerate(flux):
        inner = np.take(part, range(part.shape[axis] - 1), axis)
        ends = (
            [(0, 1) if a == axis else (0, 0) for a in range(3)],
            [(1, 0) if a == axis else (0, 0) for a in range(3)],
        )
        total += np.pad(inner, ends[0]) - np.pad(inner, ends[1])
    return total
