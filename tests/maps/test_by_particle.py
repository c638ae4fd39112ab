"""Correlation between and within particles, and the labels on another grid."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from microsim.maps.by_particle import by_particle, labels_on
from microsim.maps.map import SocMap

RNG = np.random.default_rng(0)
LABELS = np.repeat(np.arange(1, 41), 30).reshape(40, 6, 5)


def test_the_two_parts_are_told_apart():
    """Means agree, what lies within is turned round."""
    mean, within = RNG.normal(size=40)[:, None, None], RNG.normal(size=LABELS.shape)
    within -= within.mean(axis=(1, 2), keepdims=True)
    found = by_particle(mean + within, mean - within, LABELS)
    assert found.n == 40 and found.pearson_r_between == pytest.approx(1)
    assert found.pearson_r_within == pytest.approx(-1) and found.ceiling_between is None
    np.testing.assert_allclose(found.simulated, mean.ravel())


def test_correlations_are_those_of_the_means_and_of_the_rest():
    ours, theirs = RNG.random((2, *LABELS.shape))
    found = by_particle(ours, theirs, LABELS)
    a, b = ours.mean(axis=(1, 2)), theirs.mean(axis=(1, 2))
    assert found.pearson_r_between == pytest.approx(pearsonr(a, b).statistic)
    rest = [(v - m[:, None, None]).ravel() for v, m in ((ours, a), (theirs, b))]
    assert found.pearson_r_within == pytest.approx(pearsonr(*rest).statistic)


def test_ceilings_are_what_the_true_model_has():
    mean, within = RNG.normal(size=40)[:, None, None], RNG.normal(size=LABELS.shape)
    truth, sigma = 0.3 * mean + within, np.full(LABELS.shape, 0.7)
    found = [
        by_particle(truth, truth + np.random.default_rng(k).normal(0, 0.7, truth.shape), LABELS, sigma)
        for k in range(40)
    ]
    for part in ("between", "within"):
        r, ceiling = (
            np.mean([getattr(f, f"{name}_{part}") for f in found]) for name in ("pearson_r", "ceiling")
        )
        assert r == pytest.approx(ceiling, abs=0.02), part


def test_without_particles_there_is_none():
    ones = np.ones((2, 2, 2))
    assert by_particle(ones, ones, np.zeros((2, 2, 2), int)) is None
    constant = by_particle(ones, ones, ones.astype(int))
    assert constant.pearson_r_between is None and constant.pearson_r_within is None


def test_two_particles_have_no_correlation_between_them():
    ours, theirs, sigma = RNG.random((3, *LABELS.shape))
    for n, there in ((1, False), (2, False), (3, True)):
        found = by_particle(ours, theirs, np.where(LABELS <= n, LABELS, 0), sigma / 10)
        assert found.n == n and (found.pearson_r_between is not None) is there
        assert there or found.ceiling_between is None
        assert found.pearson_r_within is not None


def test_a_voxel_is_of_the_particle_that_fills_most_of_it():
    labels = np.zeros((4, 2, 2), np.int32)
    labels[0], labels[1, 0, 0], labels[2, 0, 0] = 7, 3, 5
    found = labels_on(labels, SocMap(labels, (1.0,) * 3), SocMap(np.zeros((2, 1, 1)), (2.0,) * 3))
    assert found.ravel().tolist() == [7, 5]


def test_a_finer_grid_takes_what_lies_at_its_middles():
    labels = np.arange(1, 9, dtype=np.int32).reshape(2, 2, 2)
    coarse, fine = SocMap(labels, (1.0,) * 3), SocMap(np.zeros((4, 4, 6)), (0.5,) * 3, (0.0, 0.0, -0.5))
    found = labels_on(labels, coarse, fine)
    assert np.array_equal(found[:, :, 1:5], np.repeat(np.repeat(np.repeat(labels, 2, 0), 2, 1), 2, 2))
    assert not found[:, :, 0].any() and not found[:, :, 5].any()


def test_the_ceilings_count_measured_values_and_not_the_voxels_that_they_fill():
    """A map of 40 particles of 30 values, each of which fills eight voxels: what the true model has is that
    of the values; counted in voxels the ceiling between particles was that of an eighth of their noise."""
    mean, within = RNG.normal(size=40)[:, None, None], RNG.normal(size=LABELS.shape)
    truth, sigma = 0.1 * mean + within, np.full(LABELS.shape, 0.7)
    seen = truth + np.random.default_rng(3).normal(0, 0.7, truth.shape)
    finer = [one.repeat(2, 0).repeat(2, 1).repeat(2, 2) for one in (truth, seen, LABELS, sigma)]
    few, many = by_particle(truth, seen, LABELS, sigma), by_particle(*finer)
    assert many.ceiling_between == pytest.approx(few.ceiling_between) and few.ceiling_between < 0.9
    assert many.ceiling_within == pytest.approx(few.ceiling_within)
