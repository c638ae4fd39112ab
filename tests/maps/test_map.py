"""Maps are averaged exactly onto any other grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.maps.map import SocMap, resample_onto


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


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((np.ones((2, 2)), (1e-6,) * 3), "three axes"),
        ((np.ones((2, 2, 2)), (1e-6, 0, 1e-6)), "voxel_size"),
        ((np.ones((2, 2, 2)), (1e-6,) * 3, (0.0, 0.0)), "origin"),
        ((np.ones((2, 2, 2)), (1e-6,) * 3, (0.0,) * 3, np.ones((2, 2))), "standard deviation of the map"),
    ],
)
def test_a_map_that_is_none_is_one_sentence(given, words):
    with pytest.raises(InputError, match=words):
        SocMap(*given)
