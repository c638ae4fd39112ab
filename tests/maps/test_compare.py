"""Maps are averaged exactly onto any other grid, and the metrics are what their formulas say."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, wasserstein_distance

from microsim.base.errors import InputError
from microsim.maps.compare import SocMap, compare_maps, resample_onto


def brute_force(source, target):
    """Sum over all pairs of boxes; returns the mean [x, y, z] of the target and its covered share."""

    def overlap(a, b):
        sides = [min(a[k][1], b[k][1]) - max(a[k][0], b[k][0]) for k in range(3)]
        return max(sides[0], 0) * max(sides[1], 0) * max(sides[2], 0)

    def box(soc_map, index):
        low = np.array(soc_map.origin) + np.array(index) * soc_map.voxel_size
        return list(zip(low, low + soc_map.voxel_size, strict=True))

    total, covered = np.zeros(target.values.shape), np.zeros(target.values.shape)
    for t in np.ndindex(target.values.shape):
        for s in np.ndindex(source.values.shape):
            if np.isfinite(source.values[s]):
                share = overlap(box(target, t), box(source, s)) / np.prod(target.voxel_size)
                total[t] += share * source.values[s]
                covered[t] += share
    with np.errstate(invalid="ignore"):
        return np.where(covered > 1e-12, total / covered, np.nan), covered


def lengths(low, high):
    return st.tuples(*[st.floats(low, high, allow_subnormal=False)] * 3)


SHAPES = st.tuples(*[st.integers(1, 4)] * 3)


@st.composite
def two_maps(draw):
    """A source with holes and a target, of any size, ratio and shift (micrometres)."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = rng.random(draw(SHAPES))
    values[rng.random(values.shape) < 0.3] = np.nan
    h, h_target, origin = (np.multiply(draw(lengths(*r)), 1e-6) for r in ((0.3, 2.0), (0.3, 2.0), (-2, 2)))
    source, target = SocMap(values, h, origin), SocMap(rng.random(draw(SHAPES)), h_target)
    return source, target


@settings(max_examples=60, deadline=None)
@given(two_maps(), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_resampling_equals_the_sum_over_all_pairs_of_boxes(maps, min_coverage):
    source, target = maps
    mean, covered = brute_force(source, target)
    ours = resample_onto(source, target, min_coverage=min_coverage)
    on_the_edge = np.abs(covered - min_coverage) < 1e-7  # either answer is right there
    expected = np.where(covered >= max(min_coverage, 1e-7), mean, np.nan)
    np.testing.assert_allclose(ours[~on_the_edge], expected[~on_the_edge], rtol=1e-7, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(SHAPES, lengths(0.3, 2.0), lengths(0.3, 2.0), lengths(0.0, 0.99), st.integers(0, 10**6))
def test_integral_over_the_volume_is_conserved(shape, h, h_target, shift, seed):
    """A target that holds the whole source: sum of mean * covered volume = sum of value * volume."""
    source = SocMap(np.random.default_rng(seed).random(shape), h)
    n = tuple(int(np.ceil(extent[1] / size)) + 1 for extent, size in zip(source.span, h_target, strict=True))
    target = SocMap(np.zeros(n), h_target, -np.multiply(shift, h_target))
    mean = resample_onto(source, target, min_coverage=0)
    ones = resample_onto(SocMap(np.ones(shape), h), target, min_coverage=0)
    covered = brute_force(source, target)[1]
    np.testing.assert_allclose(ones[covered > 1e-7], 1.0, rtol=1e-13)
    assert covered.sum() * np.prod(h_target) == pytest.approx(source.values.size * np.prod(h), rel=1e-7)
    total = np.nansum(mean * covered) * np.prod(h_target)
    assert total == pytest.approx(source.values.sum() * np.prod(h), rel=1e-7)


def test_same_grid_gives_the_same_map_to_the_last_bit():
    values = np.random.default_rng(3).random((6, 5, 4))
    values[2:4, 1, :] = np.nan
    source = SocMap(values, (398e-9, 0.1e-6, 1.7e-6), (1e-5, -2e-6, 3.3e-7))
    np.testing.assert_array_equal(resample_onto(source, source), values)


def test_whole_number_ratio_is_a_block_mean():
    values = np.random.default_rng(4).random((6, 4, 8))
    source = SocMap(values, (398e-9,) * 3)
    coarse = resample_onto(source, SocMap(np.zeros((3, 2, 2)), (796e-9, 796e-9, 1592e-9)))
    np.testing.assert_allclose(coarse, values.reshape(3, 2, 2, 2, 2, 4).mean((1, 3, 5)), rtol=1e-14)
    finer = resample_onto(source, SocMap(np.zeros((12, 4, 8)), (199e-9, 398e-9, 398e-9)))
    np.testing.assert_allclose(finer, np.repeat(values, 2, axis=0), rtol=1e-14)


def test_coverage_counts_the_volume_with_a_value():
    """Target voxel = two source voxels, one of them NaN: covered to exactly one half."""
    source = SocMap(np.array([0.2, np.nan]).reshape(2, 1, 1), (1e-6,) * 3)
    target = SocMap(np.zeros((1, 1, 1)), (2e-6, 1e-6, 1e-6))
    assert resample_onto(source, target, min_coverage=0.5)[0, 0, 0] == pytest.approx(0.2)
    assert np.isnan(resample_onto(source, target, min_coverage=0.51)).all()


def test_outside_of_the_source_is_nan():
    source = SocMap(np.ones((2, 2, 2)), (1.0,) * 3)
    out = resample_onto(source, SocMap(np.zeros((4, 2, 2)), (1.0,) * 3, (-1.0, 0.0, 0.0)))
    np.testing.assert_array_equal(np.isfinite(out).all(axis=(1, 2)), [False, True, True, False])


def test_metrics_follow_their_formulas():
    rng = np.random.default_rng(5)
    ours, theirs = rng.random((2, 7, 6, 5))
    theirs[rng.random(theirs.shape) < 0.4] = np.nan
    c = compare_maps(SocMap(ours, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3))
    shared = np.isfinite(theirs)
    a, b = ours[shared], theirs[shared]
    expected = {
        "n_voxels": shared.sum(),
        "shared_fraction": 1.0,
        "min_coverage": 0.5,
        "bias": (a - b).mean(),
        "rmse": np.sqrt(((a - b) ** 2).mean()),
        "rmse_without_bias": (a - b).std(),
        "mae": abs(a - b).mean(),
        "pearson_r": pearsonr(a, b).statistic,
        "histogram_distance": wasserstein_distance(a, b),
        "mean_simulated": a.mean(),
        "mean_measured": b.mean(),
        "std_simulated": a.std(),
        "std_measured": b.std(),
    }
    metrics = {
        name: value for name, value in c.metrics.items() if name != "best_shift_voxels"
    }  # test_alignment
    assert metrics == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(c.difference, np.where(shared, ours - theirs, np.nan), rtol=1e-12)


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
    with pytest.raises(InputError, match="three axes"):
        SocMap(np.ones((2, 2)), (1e-6,) * 3)
    with pytest.raises(InputError, match="voxel_size"):
        SocMap(np.ones((2, 2, 2)), (1e-6, 0, 1e-6))
