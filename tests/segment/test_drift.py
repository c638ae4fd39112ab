"""Drift of the slices: found on a mark that stays, undone, not led astray by one bad slice."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.segment.drift import measure_drift, undo_drift


def texture(shape, seed=0, smooth=2.0):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), smooth)
    return (100 + 50 * rough / rough.std()).astype(np.float32)


def test_drift_of_a_fixed_mark_comes_back():
    rng = np.random.default_rng(1)
    image = texture((48, 40), 2, 1.5)
    shifts = np.concatenate([[[0, 0]], np.cumsum(rng.normal(size=(14, 2)) * 0.5, axis=0)])
    stack = np.stack(
        [ndimage.shift(image, s, order=3, mode="reflect") for s in shifts], axis=1
    )  # slices along y
    stack += rng.normal(size=stack.shape) * 5
    found = measure_drift(stack, "y")
    assert np.sqrt(np.mean((found.shifts - shifts) ** 2)) < 0.1
    back = undo_drift(stack, "y", found.shifts)
    inner = (slice(6, -6), slice(None), slice(6, -6))
    assert (
        np.abs(back[inner] - image[6:-6, None, 6:-6]).mean()
        < 0.35 * np.abs(stack[inner] - image[6:-6, None, 6:-6]).mean()
    )
    low, high = found.box["x"]
    assert low >= -shifts[:, 0].min() and high <= 48 - shifts[:, 0].max() + 1


def test_one_spoilt_slice_does_not_shift_the_rest():
    image = texture((48, 48), 3, 1.5)
    stack = np.stack([image] * 12, axis=2)
    stack[:, :, 6] = np.roll(texture((48, 48), 9, 1.5), 17, axis=0)
    assert np.abs(measure_drift(stack, "z").shifts[7:]).max() < 0.2


def test_drift_looks_only_at_its_region():
    mark, rest = texture((40, 16), 4, 1.5), texture((40, 40), 5, 2.0)
    stack = np.stack([np.concatenate([mark, np.roll(rest, 2 * k, axis=0)], axis=1) for k in range(8)], axis=2)
    assert np.abs(measure_drift(stack, "z", region={"y": (0, 16)}).shifts).max() < 0.1
    assert np.abs(measure_drift(stack, "z").shifts).max() > 2
    with pytest.raises(InputError, match="within the slices"):
        measure_drift(stack, "z", region={"z": (0, 4)})


def test_slices_too_small_to_align_are_refused():
    with pytest.raises(InputError, match="at least 2 slices"):
        measure_drift(np.random.default_rng(0).random((4, 4, 9)), "z")


def test_small_slices_and_blank_ones(recwarn):
    image = texture((32, 32), 6, 1.5)
    stack = np.stack([np.roll(image, k, axis=0)[8:24, 8:24] for k in range(5)], axis=2)
    found = measure_drift(stack, "z").shifts
    assert np.abs(np.diff(found, axis=0) - (1, 0)).max() < 0.3  # so few pixels under a window tell no more
    stack[..., 2] = 7.0
    blank = measure_drift(stack, "z", neighbours=2).shifts
    assert np.isfinite(blank).all() and not recwarn.list
