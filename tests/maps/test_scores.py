"""Floors, explained shares and skills are what their formulas say, and mean what they should."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.naive import depth_map
from microsim.maps.scores import Naive, score

SHAPE, SIGMA = (16, 14, 12), 0.03


def field(seed, length=2.0, spread=0.05):
    values = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), length)
    return 0.6 + spread * (values - values.mean()) / values.std()


TRUTH = field(0)
NOISE = np.random.default_rng(1).normal(0, SIGMA, SHAPE)
STATED = np.full(SHAPE, SIGMA)


def test_the_true_model_scores_at_its_floor():
    found = score(TRUTH, TRUTH + NOISE, STATED)
    assert found.floor["rmse"] == pytest.approx(SIGMA, rel=1e-12) and found.floor["chi2"] == 1.0
    assert found.floor["pearson_r"] == pytest.approx(0.05 / np.hypot(0.05, SIGMA), abs=0.01)
    assert found.floor["mae"] == pytest.approx(SIGMA * np.sqrt(2 / np.pi))
    assert found.explained == pytest.approx(1, abs=0.05)
    for name, value in {"rmse": SIGMA, "bias": 0, "explained": 1, "chi2": 1}.items():
        low, high = found.intervals[name]
        assert low < value < high and high - low < 0.2, name


def test_the_formulas():
    ours, theirs = field(3), TRUTH + NOISE
    sigma = np.random.default_rng(2).uniform(0.01, 0.05, SHAPE)
    found = score(ours, theirs, sigma)
    variance = np.mean(sigma**2)
    left = np.var(theirs) - variance * (1 - 1 / theirs.size)
    assert found.floor["rmse"] == pytest.approx(np.sqrt(variance))
    assert found.floor["pearson_r"] == pytest.approx(np.sqrt(left / (left + variance)))


def test_a_constant_explains_nothing_and_a_worse_map_less():
    theirs = TRUTH + NOISE
    flat = np.full(SHAPE, theirs.mean())
    assert score(flat, theirs, STATED).explained == pytest.approx(0, abs=2 / theirs.size)
    assert score(flat + 0.1, theirs, STATED).explained < -2
    assert score(2 * TRUTH.mean() - TRUTH, theirs, STATED).explained == pytest.approx(-3, abs=0.3)
    assert score(flat, theirs, STATED).intervals["pearson_r"] is None


def test_half_the_amplitude_explains_three_quarters():
    """d = (t - <t>) / 2 + noise: a quarter of the variance is left."""
    half = TRUTH.mean() + (TRUTH - TRUTH.mean()) / 2
    assert score(half, TRUTH + NOISE, STATED).explained == pytest.approx(0.75, abs=0.05)


def test_a_bias_is_told_apart_from_the_pattern():
    found = score(TRUTH + 0.1, TRUTH + NOISE, STATED)
    assert found.explained < -2 and found.explained_without_bias == pytest.approx(1, abs=0.05)


def test_skill_over_the_depth():
    """Truth = layers + structure of the same variance: a model of the layers alone has no skill over the
    depth and explains half."""
    rng = np.random.default_rng(4)
    layers = 0.05 * np.sin(np.arange(SHAPE[0]))[:, None, None] + np.zeros(SHAPE)
    structure = rng.normal(0, 1, SHAPE)
    structure -= structure.mean(axis=(1, 2), keepdims=True)
    truth = 0.6 + layers + structure * layers.std() / structure.std()
    theirs = truth + rng.normal(0, 0.02, SHAPE)
    noise = np.full(SHAPE, 0.02)
    found = score(0.6 + layers, theirs, noise, {"depth": depth_map(theirs)})
    assert found.skill["depth"] == pytest.approx(0, abs=0.02)
    assert found.skill["constant"] == found.explained == pytest.approx(0.5, abs=0.03)
    assert score(truth, theirs, noise, {"depth": depth_map(theirs)}).skill["depth"] == pytest.approx(
        1, abs=0.05
    )


def test_what_was_fitted_follows_the_noise():
    """A truth in steps of two voxels, a naive map of the means of four: it leaves half of the variance of the
    steps, whatever it took of the noise."""
    rng, n, sigma = np.random.default_rng(6), 8000, 0.1
    steps = rng.normal(0, 0.1, (n // 4, 2))
    truth = np.repeat(steps.ravel(), 2).reshape(n, 1, 1)
    theirs = truth + rng.normal(0, sigma, truth.shape)
    fours = np.repeat(theirs.reshape(-1, 4).mean(axis=1), 4).reshape(truth.shape)
    found = score(truth + 0.05, theirs, np.full(truth.shape, sigma), {"depth": Naive(fours, n // 4)})
    left = np.mean((steps[:, 0] - steps[:, 1]) ** 2) / 4
    assert found.skill["depth"] == pytest.approx(1 - 0.05**2 / left, abs=0.1)


def test_a_map_of_noise_tells_nothing():
    found = score(TRUTH, 0.6 + NOISE, STATED)
    assert found.explained is None and found.hidden == ("constant",) and found.floor["pearson_r"] < 0.25


def test_without_noise_there_is_no_floor():
    found = score(TRUTH, TRUTH + NOISE)
    assert found.floor is None and found.intervals["chi2"] is None
    left = np.var(TRUTH + NOISE)
    assert found.explained == pytest.approx(1 - np.mean(NOISE**2) / left, abs=1e-3)


def test_a_naive_map_that_is_not_to_be_had_has_no_skill():
    found = score(TRUTH, TRUTH + NOISE, STATED, {"depth": None, "shell": None})
    assert found.skill["shell"] is None and found.skill["depth"] is None and found.hidden == ()


def test_a_constant_measured_map_gives_no_skill():
    """All its voxels are one measured value: no more numbers than values can be fitted to it."""
    theirs = np.full((12, 8, 8), 0.5)
    ours = theirs + 0.1 * np.random.default_rng(2).normal(size=theirs.shape)
    found = score(ours, theirs, np.full(theirs.shape, 0.02), {"depth": depth_map(theirs)})
    assert found.skill == {"constant": None, "depth": None} and found.explained is None
