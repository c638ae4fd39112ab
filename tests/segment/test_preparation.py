"""Each step of preparation undoes what it is for, on images whose truth is known, and leaves the rest
alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.segment import preparation as prep


def texture(shape, seed=0, smooth=2.0):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), smooth)
    return (100 + 50 * rough / rough.std()).astype(np.float32)


def blobs(shape, seed=0, levels=(40.0, 160.0)):
    return np.where(texture(shape, seed, 3.0) > 100, levels[1], levels[0]).astype(np.float32)


# ---- crop, resample ----


def test_crop_takes_a_box_and_refuses_one_outside():
    values = np.arange(60).reshape(5, 4, 3)
    assert np.array_equal(prep.crop(values, {"x": (1, 3), "z": (0, 2)}), values[1:3, :, :2])
    with pytest.raises(InputError, match="within 0 and 4"):
        prep.crop(values, {"y": (2, 9)})


def test_pfib_voxels_become_cubes_and_keep_the_mean():
    values = texture((130, 132, 20))
    cubes, size = prep.resample(values, (15.2e-9, 15.2e-9, 100e-9), 100e-9)
    assert cubes.shape == (19, 20, 20) and size == (1e-7,) * 3
    # a box mean: the first new voxel holds 6 whole source voxels and 0.5789 of the next, on x and y alike
    weight = np.r_[np.ones(6), 100 / 15.2 - 6] / (100 / 15.2)
    assert cubes[0, 0] == pytest.approx(np.einsum("i,j,ijk->k", weight, weight, values[:7, :7]), rel=1e-5)


@settings(deadline=None, max_examples=25)
@given(n=st.integers(4, 30), ratio=st.floats(0.3, 5.0))
def test_resampling_keeps_constants_and_whole_boxes_keep_the_mean(n, ratio):
    values = np.full((n, 3, 3), 7.0)
    if n < ratio:
        return
    found, _ = prep.resample(values, 1e-8, (ratio * 1e-8, 1e-8, 1e-8))
    assert found == pytest.approx(7.0) and found.shape == (int(np.floor(n / ratio * (1 + 1e-9))), 3, 3)


def test_halved_voxels_lie_on_the_line_between_centres():
    ramp = np.arange(8.0)[:, None, None] * np.ones((1, 2, 2))
    found, _ = prep.resample(ramp, 2e-8, (1e-8, 2e-8, 2e-8))
    assert found[1:-1, 0, 0] == pytest.approx(np.arange(16)[1:-1] / 2 - 0.25)


def test_a_voxel_larger_than_the_volume_is_refused():
    with pytest.raises(InputError, match="smaller than the volume"):
        prep.resample(np.ones((4, 4, 4)), 1e-8, 1e-6)


# ---- curtains and rings ----


@pytest.mark.parametrize(("axis", "along"), [("z", "y"), ("z", "x"), ("x", "z"), ("y", "x")])
def test_curtains_go_and_structure_stays(axis, along):
    rng, clean = np.random.default_rng(6), blobs((60, 60, 60), 7)
    a, v = "xyz".index(axis), "xyz".index(along)
    clean = prep.crop(clean, {axis: (0, 3)})
    u = 3 - a - v
    shape = [1, 1, 1]
    shape[u], shape[a] = 60, 3
    striped = clean * (1 + 0.08 * rng.standard_normal(shape))
    found = prep.remove_curtains(striped, axis, along, window=0)
    bright = clean > 100
    assert found[bright].std() < 0.5 * striped[bright].std()
    assert np.abs(prep.remove_curtains(clean, axis, along)[bright] - 160).mean() < 0.5
    with pytest.raises(InputError, match="within the slices"):
        prep.remove_curtains(striped, axis, axis)


def test_rings_go_and_a_disc_stays():
    u, v = np.meshgrid(np.arange(81) - 40, np.arange(81) - 40, indexing="ij")
    radius = np.hypot(u, v)
    clean = blobs((81, 81, 1), 8)[:, :, 0] + 30 * (np.hypot(u - 12, v) < 15)
    rings = 12 * np.random.default_rng(2).standard_normal(70)[np.rint(radius).astype(int)]
    found = prep.remove_rings((clean + rings)[:, :, None], "z")[:, :, 0]
    ring = radius > 4  # the innermost rings have too few voxels for a median
    assert (found - clean)[ring].std() < 0.55 * rings[ring].std()


# ---- noise, blur, brightness ----


@pytest.mark.parametrize("sigma", [2.0, 10.0])
def test_noise_is_measured_beside_structure(sigma):
    values = np.where(texture((24, 60, 60), 0, 8.0) > 100, 160.0, 40.0) + sigma * np.random.default_rng(
        3
    ).standard_normal((24, 60, 60))
    assert prep.noise_of(values) == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("axis", [None, "z", "x"])
def test_non_local_means_takes_noise_and_keeps_edges(axis):
    clean = blobs((24, 24, 24), 5)
    noisy = clean + 8 * np.random.default_rng(4).standard_normal(clean.shape)
    found = prep.nlm_denoise(noisy, axis=axis)
    assert (found - clean).std() < 0.6 * 8
    assert np.count_nonzero((found > 100) != (clean > 100)) < 0.005 * clean.size


def test_median_keeps_an_edge_and_takes_single_voxels():
    values = np.zeros((9, 9, 9))
    values[5:] = 1
    values[2, 4, 4] = 9
    expected = np.zeros((9, 9, 9))
    expected[5:] = 1
    assert np.array_equal(prep.median_denoise(values), expected)
    assert np.array_equal(prep.median_denoise(values, axis="x"), expected)
    with pytest.raises(InputError, match="odd number"):
        prep.median_denoise(values, 4)


@pytest.mark.parametrize("shape", [(1, 22, 24), (20, 1, 24), (20, 22, 1), (1, 1, 40)])
@pytest.mark.parametrize("axis", [None, "x", "z"])
def test_denoising_takes_layers_of_one_voxel(shape, axis):
    values = np.random.default_rng(1).random(shape)
    for step in (prep.nlm_denoise, lambda v, axis: prep.median_denoise(v, 3, axis=axis), prep.unsharp):
        assert step(values, axis=axis).shape == shape


def test_unsharp_steepens_edges_within_slices_only():
    values = np.zeros((12, 12, 12), np.float32)
    values[6:] = 1
    assert prep.unsharp(values, 1.0, axis="x") == pytest.approx(values, abs=1e-6)
    sharp = prep.unsharp(values, 1.0)
    assert (
        sharp[6, 5, 5] > 1.1
        and sharp[5, 5, 5] < -0.1
        and sharp.mean() == pytest.approx(values.mean(), abs=1e-3)
    )


@pytest.mark.parametrize("anchors", ["bright", "both"])
def test_brightness_comes_even_though_the_phases_shares_change(anchors):
    rng = np.random.default_rng(7)
    share = np.linspace(0.2, 0.7, 20)  # of the bright phase: a mean over the layer would follow it
    clean = np.where(rng.random((20, 30, 30)) < share[:, None, None], 160.0, 40.0)
    gain = 1 + 0.2 * rng.standard_normal(20)
    found = prep.normalise(clean * gain[:, None, None], "x", anchors=anchors)
    assert found[clean == 160].std() < 1e-2 and found[clean == 160].mean() == pytest.approx(
        160 * np.median(gain), rel=1e-5
    )


@pytest.mark.parametrize("window", [1, 9])
def test_a_layer_without_the_brightest_phase_keeps_its_brightness(window):
    rng = np.random.default_rng(9)
    clean = rng.choice([40.0, 95.0, 180.0], (50, 30, 30), p=[0.4, 0.2, 0.4])
    for empty in (slice(0, 6), slice(25, 27), slice(49, 50)):
        clean[empty] = rng.choice([40.0, 95.0], clean[empty].shape)
    gain = 1 + 0.02 * rng.standard_normal(50)
    found = prep.normalise(clean * gain[:, None, None], "x", window=window)
    assert np.abs(found / clean - 1).max() < 0.08


def test_a_slow_trend_is_followed_by_a_wide_window():
    clean = np.where(np.random.default_rng(8).random((40, 20, 20)) < 0.5, 160.0, 40.0)
    trend = np.linspace(1, 0.8, 40)
    found = prep.normalise(clean * trend[:, None, None], "x", window=9)
    assert found[clean == 160].std() < 0.1 * (clean * trend[:, None, None])[clean == 160].std()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.ones((4, 4)), "three axes"),
        (np.full((4, 4, 4), 3), "3 in every voxel"),
        (np.full((4, 4, 4), np.nan), "NaN or infinity in 64 of 64"),
        (np.ones((0, 4, 4)), "three axes"),
    ],
)
def test_images_that_no_step_can_work_on_are_refused(values, said):
    with pytest.raises(InputError, match=said):
        prep.check_grey(values)


@pytest.mark.parametrize("axis", ["w", 3, True, None])
def test_an_unknown_axis_is_refused(axis):
    with pytest.raises(InputError, match="axis x, y or z"):
        prep.axis_number(axis)


@pytest.mark.parametrize("stray", [1e6, -1e6, 3e38, 1000.0])
def test_zingers_and_dead_pixels_take_no_part_of_the_range(stray):
    grey = np.random.default_rng(0).normal(100, 10, (20, 20, 20)).astype(np.float32)
    low, high = prep.grey_span(grey)
    assert (low, high) == (grey.min(), grey.max()) and prep.without_extremes(grey) == (grey, 0)
    hot = grey.copy()
    hot[3, 4, 5] = hot[9, 9, 9] = stray
    clean, count = prep.without_extremes(hot)
    assert count == 2 and np.count_nonzero(clean != hot) == 2 and np.abs(clean - 100).max() < 250
    whole = np.clip(hot, 0, 65535).astype(np.uint16)
    assert prep.without_extremes(whole)[0].dtype == np.uint16


def test_a_volume_of_few_grey_values_is_left_as_it_is():
    for grey in (
        np.array([0, 0, 0, 1], np.uint8),
        np.arange(8, dtype=np.uint8),
        np.r_[np.zeros(9999), 255.0],
    ):
        values, count = prep.without_extremes(grey.reshape(-1, 1, 1))
        assert count == 0 and np.array_equal(values.ravel(), grey)


def test_beyond_the_sample_values_go_on_as_at_its_edge():
    sample = np.zeros((1, 1, 5), bool)
    sample[0, 0, 1:4] = True
    found = prep.beyond_edges(np.array([[[9.0, 1.0, 2.0, 3.0, 9.0]]]), sample)
    np.testing.assert_array_equal(found, [[[1.0, 1.0, 2.0, 3.0, 3.0]]])
