"""The metrics of two maps are what their formulas say."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.compare import compare_maps
from microsim.maps.instrument import Instrument
from microsim.maps.map import SocMap, resample_onto
from microsim.maps.verdict import verdict


def test_the_difference_stands_where_both_maps_have_a_value():
    ours, theirs = np.random.default_rng(5).random((2, 7, 6, 5))
    theirs[::2, 1] = np.nan
    c = compare_maps(SocMap(ours, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3))
    np.testing.assert_allclose(c.difference, np.where(np.isfinite(theirs), ours - theirs, np.nan), rtol=1e-12)


def test_profile_and_histogram_count_the_shared_voxels():
    ours = np.arange(24.0).reshape(4, 3, 2)
    theirs = ours + 1
    theirs[1] = np.nan
    theirs[2, 0] = np.nan
    c = compare_maps(SocMap(ours, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3), bins=7)
    assert c.profile["n"].tolist() == [6, 0, 4, 6]
    np.testing.assert_allclose(c.profile["x_m"], [0.5e-6, 1.5e-6, 2.5e-6, 3.5e-6])
    np.testing.assert_allclose(c.profile["simulated"], [2.5, np.nan, 15.5, 20.5])
    np.testing.assert_allclose(c.profile["measured"], [3.5, np.nan, 16.5, 21.5])
    spread = [ours[0].std(), np.nan, ours[2, 1:].std(), ours[3].std()]
    np.testing.assert_allclose(c.profile["simulated_std"], spread)
    assert c.histogram["simulated"].sum() == c.histogram["measured"].sum() == 16
    assert len(c.histogram["edges"]) == 8
    text = json.dumps(c.as_dict(), allow_nan=False)
    assert json.loads(text)["profile"]["simulated"] == [2.5, None, 15.5, 20.5]


def test_simulated_map_is_averaged_onto_the_measured_grid():
    rng = np.random.default_rng(6)
    fine = SocMap(rng.random((9, 6, 6)), (0.4e-6,) * 3)
    grid = SocMap(np.zeros((4, 3, 2)), (0.9e-6, 0.8e-6, 1.0e-6), (0.1e-6, 0.0, 0.2e-6))
    measured = SocMap(resample_onto(fine, grid) - 0.1, grid.voxel_size, grid.origin)
    c = compare_maps(fine, measured)
    assert c.simulated.shape == (4, 3, 2) and c.voxel_size == grid.voxel_size
    assert c.metrics["bias"] == pytest.approx(0.1) and c.metrics["rmse_without_bias"] < 1e-12
    assert c.metrics["pearson_r"] == pytest.approx(1.0)
    assert c.metrics["histogram_distance"] == pytest.approx(0.1)


def test_mask_and_partial_view_reduce_the_shared_voxels():
    ours = SocMap(np.zeros((4, 4, 4)), (1.0,) * 3)
    theirs = SocMap(np.ones((4, 4, 4)), (1.0,) * 3, (2.0, 0.0, 0.0))
    c = compare_maps(ours, theirs)
    assert c.metrics["n_voxels"] == 32 and c.metrics["shared_fraction"] == 0.5
    mask = np.zeros((4, 4, 4), bool)
    mask[1:3, 0, 0] = True
    c = compare_maps(ours, theirs, mask=mask)
    assert c.metrics["n_voxels"] == 1 and c.metrics["shared_fraction"] == 0.5
    assert np.isfinite(c.simulated).sum() == 1 and np.isfinite(c.measured).sum() == 1


def test_constant_map_has_no_correlation():
    rng = np.random.default_rng(7)
    constant, other = SocMap(np.full((4, 4, 4), 0.1), (0.3,) * 3), SocMap(rng.random((3, 3, 3)), (0.4,) * 3)
    assert compare_maps(constant, other).metrics["pearson_r"] is None
    assert compare_maps(other, constant).metrics["pearson_r"] is None
    assert compare_maps(constant, constant).metrics["rmse"] == 0.0


def test_inputs_stay_as_they_are():
    values = np.random.default_rng(8).random((3, 3, 3)).astype(np.float32)
    values[0] = np.nan
    before = values.copy()
    compare_maps(SocMap(values, (1.0,) * 3), SocMap(values, (1.0,) * 3))
    np.testing.assert_array_equal(values, before)


def test_bad_input_is_one_sentence():
    one = SocMap(np.ones((2, 2, 2)), (1e-6,) * 3)
    away = SocMap(np.ones((2, 2, 2)), (1e-6,) * 3, (0.0, 5e-6, 0.0))
    hole = SocMap(np.full((2, 2, 2), np.nan), (1e-6,) * 3)
    with pytest.raises(InputError, match=r"y = 0 to 2 um and the measured one at 5 to 7 um"):
        compare_maps(one, away)
    with pytest.raises(InputError, match="both maps have a value, got none of 8"):
        compare_maps(hole, one)
    with pytest.raises(InputError, match="mask of True and False"):
        compare_maps(one, one, mask=np.ones((2, 2, 2)))
    with pytest.raises(InputError, match="min_coverage between 0 and 1, got 50"):
        compare_maps(one, one, min_coverage=50)


def test_maps_that_are_constant_but_for_round_off_have_a_histogram():
    values = 0.3 + np.spacing(0.3) * np.arange(8).reshape(2, 2, 2) % 3
    c = compare_maps(SocMap(values, (1e-6,) * 3), SocMap(values[::-1].copy(), (1e-6,) * 3))
    assert c.histogram["simulated"].sum() == 8 == c.histogram["measured"].sum()
    assert c.histogram["edges"][[0, -1]] == pytest.approx([-0.2, 0.8])


NOISY = np.random.default_rng(2).normal(0.5, 0.1, (6, 6, 6))


def remarks(ours, theirs, **more):
    return " ".join(compare_maps(SocMap(ours, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3, **more)).remarks)


def test_a_map_that_is_compared_with_itself_is_told():
    assert "are the same, value by value" in remarks(NOISY, NOISY.copy())
    assert "the same" not in remarks(NOISY, NOISY + 1e-9) + remarks(0 * NOISY + 0.5, 0 * NOISY + 0.5)


def test_two_maps_that_are_no_lithiation_are_told():
    said = remarks(8345 + NOISY, 8345.01 + NOISY)
    assert "about 8346 and 8346, which is no lithiation" in said and "lithiation" not in remarks(
        NOISY, NOISY + 1
    )


@pytest.mark.parametrize("sigma", [None, np.full(NOISY.shape, 0.05)])
def test_single_values_that_are_neither_lithiation_nor_noise_are_told(sigma):
    hot = NOISY.copy()
    hot[1, 2, 3], hot[2, 2, 2] = 3.0, -2.0
    said = remarks(NOISY, hot + 0.01, sigma=sigma)
    assert "2 of 216 measured voxels are no lithiation, up to -1.99" in said
    assert "hot" not in remarks(NOISY, NOISY + 0.4, sigma=sigma)
    assert "hot" not in remarks(NOISY, hot, sigma=np.full(NOISY.shape, 0.6))


def test_a_background_of_the_simulated_map_is_told():
    dead = np.where(np.arange(6)[:, None, None] < 2, 0.0, NOISY)
    assert "33 % of the compared simulated voxels are exactly 0" in remarks(dead, NOISY)


@pytest.mark.filterwarnings("error")
def test_a_noise_next_to_nothing_is_none():
    """One voxel of noise 1e-300 would outweigh all others."""
    sigma = np.where(np.arange(216).reshape(NOISY.shape) == 7, 1e-300, 0.02)
    said = remarks(NOISY, NOISY + 0.01, sigma=sigma)
    assert "1 of 216 voxels are left out: they have no noise above 1e-08 and up to 1" in said


def compared(measured, ours=NOISY, **given):
    return compare_maps(SocMap(ours, (1e-6,) * 3), SocMap(measured, (1e-6,) * 3, **given))


@pytest.mark.filterwarnings("error")
def test_a_noise_above_all_lithiation_is_none():
    """One voxel of noise 1e6 would be all of the mean noise, and nothing left to explain."""
    sigma, measured = (
        np.full(NOISY.shape, 0.02),
        NOISY + 0.02 * np.sin(7.0 * np.arange(216)).reshape(NOISY.shape),
    )
    left = compared(np.where(np.arange(216).reshape(NOISY.shape) == 7, np.nan, measured), sigma=sigma)
    sigma = np.where(np.arange(216).reshape(NOISY.shape) == 7, 1e6, sigma)
    found = compared(measured, sigma=sigma)
    assert "1 of 216 voxels are left out: they have no noise above 1e-08 and up to 1" in found.remarks[0]
    assert found.scores.floor == left.scores.floor and found.scores.explained == left.scores.explained
    with pytest.raises(
        InputError, match="expected a noise above 1e-08 and up to 1 in .* correct sigma .per cent"
    ):
        compared(measured, sigma=100 * sigma)
    percent = compared(100 * measured, 100 * NOISY, sigma=np.full(NOISY.shape, 2.0))
    assert percent.metrics["n_voxels"] == 216


def test_a_map_of_one_layer_is_told_which_layer_it_is_taken_for():
    """For it may be a projection, and begins with the simulated map for want of a place."""
    ours, layer = np.random.default_rng(7).random((6, 5, 4)), (1e-6, 1e-6, 1e-6)
    section = SocMap(ours[:, :, :1], layer)
    (said,) = [one for one in compare_maps(SocMap(ours, layer), section).remarks if "one layer" in one]
    assert "one layer along z and is compared with" in said and "from 0 to 1 um there, of 4 um in all" in said
    elsewhere = SocMap(ours[:, :, 2:3], layer, (0.0, 0.0, 2e-6))
    through = SocMap(ours.mean(axis=2, keepdims=True), layer)
    beam = {"instrument": Instrument(project=2)}
    flat = SocMap(ours[:, :, :1], layer)
    for simulated, measured, how in (
        (SocMap(ours, layer), elsewhere, {}),
        (SocMap(ours, layer), through, beam),
        (flat, flat, {}),
    ):
        assert not any("one layer" in one for one in compare_maps(simulated, measured, **how).remarks)


def test_a_few_voxels_that_make_chi2_are_told():
    """Ten of a thousand at a noise a thousand times too small, or hot: chi2 is 1e4 or 5, without them 1.
    Normal noise and a misfit of all voxels have no such ten."""
    rng = np.random.default_rng(8)
    truth, sigma = 0.5 + 0.1 * rng.random((10, 10, 10)), np.full((10, 10, 10), 0.02)
    seen, few = (
        truth + sigma * rng.standard_normal(truth.shape),
        np.arange(1000).reshape(truth.shape) % 100 == 0,
    )

    def said(measured, noise):
        maps = SocMap(truth, (1e-6,) * 3), SocMap(measured, (1e-6,) * 3, sigma=noise)
        return " ".join(compare_maps(*maps).misfits)

    for measured, noise in ((seen, np.where(few, 2e-5, sigma)), (seen + 0.5 * few, sigma)):
        assert "10 of 1000 voxels hold" in said(measured, noise) and "is 1.03 without" in said(
            measured, noise
        )
    assert "hold" not in said(seen, sigma) + said(seen + 0.1, sigma)


def test_what_a_mask_leaves_out_is_told():
    """Of two maps that differ in half of the voxels, with those masked: they agree, and of all of what is
    left."""
    theirs = NOISY + np.where(np.arange(6)[:, None, None] < 3, 0.5, 0.0)
    theirs[5, 0, 0] = np.nan
    mask = np.broadcast_to(np.arange(6)[:, None, None] >= 3, theirs.shape)
    found = compare_maps(SocMap(NOISY, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3), mask=mask)
    assert found.metrics["rmse"] < 1e-12 and found.metrics["shared_fraction"] == 1
    assert "The mask leaves out 108 of 215 measured voxels" in found.remarks[0]
    whole = compare_maps(
        SocMap(NOISY, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3), mask=np.ones(mask.shape, bool)
    )
    assert not any("mask" in one for one in whole.remarks)


def test_what_hangs_on_the_model_is_no_remark_on_the_map():
    """A fit looks at the map beside the model that it begins with, whose gain is nothing of the map's."""
    rng = np.random.default_rng(9)
    truth = rng.normal(0.5, 0.05, (8, 8, 8))
    maps = SocMap(truth, (1e-6,) * 3), SocMap(0.5 * truth + 0.25, (1e-6,) * 3)
    found = compare_maps(*maps)
    assert "is a gain" in found.misfits[0] and found.misfits[0] in verdict(found)
    assert not any("gain" in one for one in found.remarks)
