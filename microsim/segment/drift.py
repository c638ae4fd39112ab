"""Drift of the slices of a stack: measured by correlation, and undone."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..volumes.slabs import MEMORY, layers, place
from .preparation import crop


@dataclass(frozen=True)
class Drift:
    """The shift of each slice against the first (voxels [n, 2], along the other two axes in order), the
    slices whose shift was replaced, and the box {axis: (first, end)} that all slices cover once it is undone.
    """

    shifts: np.ndarray
    replaced: tuple[int, ...]
    box: dict


def measure_drift(values, axis, *, region=None, neighbours=1, smallest=8, upsampling=20, progress=None):
    """Measure how slices are shifted against each other.

    Each slice is compared with the `neighbours` slices before it by phase correlation (Guizar-Sicairos, Opt.
    Lett. 33 (2008) 156), of high-passed, windowed images; its shift against the first slice is the median of
    what the neighbours say, so that one bad slice does not shift all that follow. Steps farther than 8 median
    absolute deviations (at least 2 voxels) from their median are taken for failures: the slice keeps the
    shift of the one before.

    region: box {axis: (first, end)} within the slices that alone is looked at, such as one with a fiducial
    mark. With a mark the shifts come within 0.3 voxel (rms). Without, structure that grows and shrinks from
    slice to slice passes for drift: 0.2 voxels a step (standard deviation) for 112 x 112 voxels with some ten
    particles, 3 to 5 over 112 slices; a steady slant of the structure and a steady drift of the stage look
    alike. Returns Drift.
    """
    from skimage.registration import phase_cross_correlation

    axis, whole = axis_number(axis), values.shape
    values = crop(values, region or {})
    others = [n for a, n in enumerate(values.shape) if a != axis]
    if values.shape[axis] < whole[axis]:
        raise InputError(
            f"expected a region within the slices, got a range along {AXES[axis]}; leave that axis out."
        )
    if min(others) < smallest or values.shape[axis] < 2:
        raise InputError(
            f"expected at least 2 slices of {smallest} x {smallest} voxels to align, got {values.shape[axis]}"
            f" of {others[0]} x {others[1]}; enlarge the region or name the slicing axis."
        )
    before, shifts, steps = [], [np.zeros(2)], []
    for s, image in enumerate(layers(values, axis)):
        ready = _windowed(image)
        if before:
            found_by = []
            for back, other in enumerate(reversed(before), start=1):
                found = np.zeros(2)  # a blank slice keeps the shift of its neighbour
                if other.any() and ready.any():
                    options = {"upsample_factor": upsampling, "normalization": None}
                    found = phase_cross_correlation(other, ready, **options)[0]
                found_by.append(shifts[s - back] - found)
            shifts.append(np.median(found_by, axis=0))
            steps.append(shifts[s] - shifts[s - 1])
        before = [*before, ready][-neighbours:]
        if progress:
            progress(s + 1, values.shape[axis], "measuring drift")
    shifts, replaced = _without_failures(np.array(steps))
    return Drift(shifts, replaced, _covered(shifts, whole, axis))


def _windowed(image):
    """Subtract what changes slowly, and fade out towards the rim."""
    image = np.asarray(image, np.float32)
    wide = max(2.0, max(image.shape) / 16)  # wider than the narrow one, else nothing is left of a small image
    image = ndimage.gaussian_filter(image, 1.0) - ndimage.gaussian_filter(image, wide)
    return image * np.hanning(image.shape[0])[:, None] * np.hanning(image.shape[1])


def _without_failures(steps):
    middle = np.median(steps, axis=0)
    off = np.abs(steps - middle)
    limit = np.maximum(8 * np.median(off, axis=0), 2.0)
    failed = (off > limit).any(axis=1)
    steps = np.where(failed[:, None], 0.0, steps)
    shifts = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return shifts, tuple((np.flatnonzero(failed) + 1).tolist())


def _covered(shifts, shape, axis):
    box = {}
    for other, along in zip((a for a in range(3) if a != axis), shifts.T):
        low, high = int(np.ceil(max(-along.min(), 0))), int(np.ceil(max(along.max(), 0)))
        if low + high >= shape[other]:
            raise InputError(
                f"expected slices that overlap, got a drift of {along.max() - along.min():.0f} of"
                f" {shape[other]} voxels along {AXES[other]}; crop the stack to where it is steady."
            )
        box[AXES[other]] = (low, shape[other] - high)
    return box


def undo_drift(values, axis, shifts, *, store=MEMORY, progress=None):
    """Shift each slice back by its drift (voxels [n, 2]), by cubic splines; the rim repeats the last
    voxel."""
    axis = axis_number(axis)
    out = store.empty(values.shape, np.float32)
    for s, (image, shift) in enumerate(zip(layers(values, axis), shifts)):
        moved = ndimage.shift(image.astype(np.float32), -np.asarray(shift), order=3, mode="nearest")
        place(out, axis, s, s + 1, np.expand_dims(moved, axis))
        if progress:
            progress(s + 1, values.shape[axis], "aligning slices")
    return out
