"""Independent voxels, and intervals that hold what they should in 95 of 100 draws."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.independence import bootstrap_means, independence, interval, native_voxels

RNG = np.random.default_rng(5)


def smooth(shape, length, seed=0):
    values = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), length)
    return (values - values.mean()) / values.std()


def repeated(values, factors):
    for axis, factor in enumerate(factors):
        values = np.repeat(values, factor, axis)
    return values


def test_every_voxel_of_white_noise_counts():
    noise = RNG.normal(size=(20, 15, 10))
    found = independence(noise, 0.5 - noise)
    assert found.count == noise.size and found.widening == 1.0
    assert np.unique(found.block).size == noise.size


@pytest.mark.parametrize("factors", [(2, 2, 2), (1, 3, 1), (4, 1, 2)])
def test_a_value_that_fills_several_voxels_counts_once(factors):
    noise = repeated(RNG.normal(size=(6, 5, 8)), factors)
    noise = noise[1:]  # cut: the blocks need not begin at the corner
    parts, widths = native_voxels(noise)
    assert np.unique(parts).size == np.unique(noise).size and parts.min() == 0
    assert widths == [min(f, w) for f, w in zip(factors, widths)]
    assert independence(noise, noise).count == pytest.approx(np.unique(noise).size)


def test_holes_of_a_map_are_no_values():
    values = repeated(RNG.normal(size=(4, 4, 4)), (2, 2, 2))
    values[values < 0] = np.nan
    parts, _ = native_voxels(values)
    assert np.array_equal(parts < 0, np.isnan(values))
    assert np.unique(parts[parts >= 0]).size == np.unique(values[np.isfinite(values)]).size


def test_equal_neighbours_mean_nothing_where_values_are_few():
    counts = RNG.integers(0, 8, (12, 12, 12)).astype(float)
    parts, widths = native_voxels(counts)
    assert np.unique(parts).size == counts.size and widths == [1, 1, 1]


def test_a_smooth_misfit_counts_by_its_correlation_length():
    """A Gaussian filter of standard deviation L makes rho = exp(-d^2 / 4 L^2): 2 sqrt(pi) L voxels an
    axis."""
    L = 2.0
    found = independence(smooth((48, 40, 44), L), RNG.normal(size=(48, 40, 44)))
    per_voxel = 48 * 40 * 44 / found.count
    assert per_voxel == pytest.approx((2 * np.sqrt(np.pi) * L) ** 3, rel=0.35)


@pytest.mark.parametrize(("shape", "factors"), [((12, 10, 8), (1, 1, 1)), ((9, 8, 7), (2, 1, 2))])
def test_intervals_hold_the_truth_in_95_of_100_draws(shape, factors):
    truth, hits = repeated(smooth(shape, 2), factors), np.zeros(2)
    for draw in range(100):
        noise = repeated(np.random.default_rng(draw).normal(0, 0.5, shape), factors)
        d = -noise
        found = independence(d, truth + noise)
        columns = np.stack([d.ravel(), d.ravel() ** 2], 1)
        drawn = bootstrap_means(columns, found, truth.ravel(), seed=draw)
        for k, value in enumerate([0.0, 0.25]):
            low, high = interval(columns[:, k].mean(), drawn[:, k], found)
            hits[k] += low <= value <= high
    assert (hits >= 88).all() and (hits <= 100).all(), hits  # 95 by chance: 88 to 100, once in 1000 below


def test_the_interval_follows_the_misfit_not_the_electrode():
    """With s fixed and the noise drawn anew: the spread of the mean of s m is that of the noise alone."""
    truth, sigma = smooth((16, 16, 8), 3), 0.1
    noise = RNG.normal(0, sigma, truth.shape)
    found = independence(-noise, truth + noise)
    drawn = bootstrap_means((truth * (truth + noise)).reshape(-1, 1), found, truth.ravel())
    of_noise, of_all = sigma * np.sqrt(np.mean(truth**2) / truth.size), np.std(truth**2) / np.sqrt(truth.size)
    assert of_noise < drawn[:, 0].std() < 0.3 * of_all  # strata have a width, at their ends above all


def test_too_few_blocks_give_no_interval():
    d = RNG.normal(size=(3, 2, 1))
    found = independence(d, d)
    assert bootstrap_means(d.reshape(-1, 1), found, d.ravel()) is None
    assert interval(0.0, None, found) is None
