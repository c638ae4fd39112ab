"""Sentences on maps of successive states: noise that is no independent one."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.jobs.map_remarks import shared_remarks
from microsim.jobs.map_series import StateMap

SHAPE, NOISE = (16, 14, 12), 0.02


def told(values, native=False):
    states, known = [StateMap(values, "soc.tif")], np.isfinite(values)
    return " ".join(shared_remarks(states, known, values[None], np.full((1, *values.shape), NOISE), native))


def made(rng):
    """A map that varies slowly by more than its noise."""
    slow = np.add.outer(np.linspace(0.3, 0.7, SHAPE[0]), np.zeros(SHAPE[1:]))
    return slow + NOISE * rng.standard_normal(SHAPE)


@pytest.mark.parametrize("seed", range(3))
def test_a_map_that_was_interpolated_or_smoothed_is_told_and_independent_noise_is_not(seed):
    values = made(np.random.default_rng(seed))
    assert "Neighbours" not in told(values)
    for other in (
        ndimage.zoom(values, 2, order=1, grid_mode=True, mode="nearest"),
        ndimage.gaussian_filter(values, 0.7),
        ndimage.shift(values, 0.5, order=1, mode="nearest"),
    ):
        assert "Neighbours in soc.tif differ by 0." in told(other) and "Neighbours" not in told(other, True)
    outside = np.where(np.random.default_rng(9).random(SHAPE) < 0.5, np.nan, values)
    assert "Neighbours" not in told(outside)


def test_runs_that_hold_lithium_in_other_voxels_are_told():
    """As those of two crops do: voxels of both are other places. One electrode before and after is not."""
    rng = np.random.default_rng(0)
    solid = rng.random((2, *SHAPE)) < 0.5
    values = np.where(solid, 0.5, np.nan)
    for which, apart in (((0, 1), True), ((0, 0), False)):
        states = [StateMap(values[k], f"{k}.h5", run="a run") for k in which]
        shared = np.isfinite(values[list(which)]).all(axis=0)
        said = " ".join(shared_remarks(states, shared, values[list(which)], None))
        assert ("of the voxels of 0.h5 have a value in every run and count" in said) is apart
