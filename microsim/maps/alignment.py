"""Are two maps where they should be? The shift of one that would agree best with the other."""

import warnings

import numpy as np

from ..base.memory import available_memory

LARGEST = 2_000_000  # voxels; the correlation holds about 20 complex volumes of eight times that
VOXEL_BYTES = 2200  # of memory for each voxel, as measured


def best_shift(simulated, measured, *, overlap=0.5):
    """Return the whole-voxel shift (x, y, z) of the simulated map that correlates best with the measured one.

    simulated, measured: float [x, y, z] on one grid, NaN where a map has no value. Masked normalised
    cross-correlation over all shifts that leave `overlap` of the voxels shared (Padfield, IEEE Trans. Image
    Process. 21 (2012) 2706; scikit-image). Returns None where a map is constant or too large (2 million
    voxels, or the memory that is free); 0 along an axis along which the simulated one is constant.
    """
    known = np.isfinite(simulated), np.isfinite(measured)
    large = simulated.size > min(LARGEST, available_memory() / VOXEL_BYTES)
    if large or min(np.nanstd(simulated), np.nanstd(measured)) < 1e-9:
        return None
    from skimage.registration import phase_cross_correlation

    ours, theirs = (np.where(mask, values, 0.0) for mask, values in zip(known, (simulated, measured)))
    with warnings.catch_warnings(action="ignore"):  # maps that share no structure have no error to tell
        shift = phase_cross_correlation(
            theirs, ours, reference_mask=known[1], moving_mask=known[0], overlap_ratio=overlap
        )[0]
    return tuple(round(float(s)) if _varies(simulated, axis) else 0 for axis, s in enumerate(shift))


def _varies(values, axis):
    """Whether a map differs along an axis beyond rounding: where it does not, no shift is better."""
    step = np.abs(np.diff(values, axis=axis))
    return bool((step > 1e-9 * np.nanmax(np.abs(values))).any())
