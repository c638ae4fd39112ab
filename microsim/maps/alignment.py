"""Are two maps where they should be? The shift of one that would agree best with the other."""

import warnings

import numpy as np

from ..base.memory import available_memory

LARGEST = 2_000_000  # voxels; the correlation holds about 20 complex volumes of eight times that
FEWEST = 8  # shared voxels whose correlation tells
VOXEL_BYTES = 2200  # of memory for each voxel, as measured


def best_shift(simulated, measured, *, overlap=0.5):
    """Return the whole-voxel shift (x, y, z) of the simulated map that correlates best with the measured one.

    simulated, measured: float [x, y, z] on one grid, NaN where a map has no value. Masked normalised
    cross-correlation over all shifts that leave `overlap` of the voxels shared (Padfield, IEEE Trans. Image
    Process. 21 (2012) 2706; scikit-image); no shift where none correlates as well. Returns None where a map
    is constant or too large (2 million voxels, or the memory that is free); 0 along an axis along which the
    simulated one is constant.
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
    shift = tuple(round(float(s)) if _varies(simulated, axis) else 0 for axis, s in enumerate(shift))
    return shift if _is_better(simulated, measured, shift) else (0, 0, 0)


def _is_better(simulated, measured, shift):
    """Whether a shift leaves less of the measured map unexplained than none, over the same voxels and beyond
    what chance does to so many: of a map that rises evenly every shift explains the same."""
    moved = np.full(simulated.shape, np.nan)
    to = tuple(slice(max(s, 0), n + min(s, 0)) for s, n in zip(shift, simulated.shape, strict=True))
    of = tuple(slice(max(-s, 0), n + min(-s, 0)) for s, n in zip(shift, simulated.shape, strict=True))
    moved[to] = simulated[of]
    both = np.isfinite(moved) & np.isfinite(simulated) & np.isfinite(measured)
    if np.count_nonzero(both) < FEWEST:
        return True
    with np.errstate(invalid="ignore", divide="ignore"):
        there, here = (np.corrcoef(values[both], measured[both])[0, 1] for values in (moved, simulated))
    chance = 3 * np.sqrt(2 / np.count_nonzero(both))
    return not np.isfinite(here) or bool(there > 0 and 1 - there**2 < (1 - max(here, 0) ** 2) * (1 - chance))


def _varies(values, axis):
    """Whether a map differs along an axis beyond rounding: where it does not, no shift is better."""
    step = np.abs(np.diff(values, axis=axis))
    return bool((step > 1e-9 * np.nanmax(np.abs(values))).any())
