"""Odds of models on one measured map, and the noise up to which they are told apart, by drawing at it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.rivals import REACH, standings, told

SHAPE = (12, 12, 12)
X = np.linspace(0, 1, SHAPE[0])[:, None, None] * np.ones(SHAPE)
TRUE = 0.5 + 0.1 * np.random.default_rng(7).normal(size=SHAPE)
NOISE = 0.02


def beside(rms):
    """Another model, so far from the true one."""
    pattern = np.random.default_rng(8).normal(size=SHAPE)
    return TRUE + rms * pattern / np.sqrt(np.mean(pattern**2))


def measured(noise, seed, of=TRUE):
    return of + np.random.default_rng(seed).normal(0, noise, SHAPE)


def of_draws(models, noise, of=TRUE, draws=200):
    """How many of 100 maps name the first model, and tell the second from it."""
    found = [standings(models, measured(noise, k, of), np.full(SHAPE, noise)) for k in range(draws)]
    right = [one[0].noise is None and one[1].apart for one in found]
    return 100 * np.mean(right), found[0]


def test_odds_are_those_of_gaussian_noise():
    other, map_ = beside(0.002), measured(NOISE, 0)
    first, second = standings([TRUE, other], map_, np.full(SHAPE, NOISE))
    squares = [np.sum((one - map_) ** 2) / NOISE**2 for one in (TRUE, other)]
    c = max(1, squares[0] / TRUE.size)
    assert first.log_odds == 0 and first.noise is None
    assert second.log_odds == pytest.approx((squares[1] - squares[0]) / 2 / c)
    assert second.noise == pytest.approx(np.sqrt(TRUE.size * 0.002**2 / REACH**2 - (c - 1) * NOISE**2))


def test_at_the_noise_that_is_named_ninety_five_of_a_hundred_maps_tell_the_models_apart():
    models = [TRUE, beside(0.002)]
    limit = standings(models, TRUE, np.full(SHAPE, NOISE))[1].noise
    assert 91 <= of_draws(models, limit)[0] <= 99
    assert of_draws(models, 2 * limit)[0] == pytest.approx(44, abs=8)  # of N(D^2, 4 D^2), D half as large
    assert of_draws(models, limit / 2)[0] >= 98


def test_what_the_best_model_misses_itself_lowers_the_odds():
    """Both are off by 0.02 beside their difference; that is noise, too."""
    off = 0.02 * np.random.default_rng(9).normal(size=SHAPE)
    models = [TRUE + off, beside(0.004) + off]
    with_it = standings(models, measured(NOISE, 0), np.full(SHAPE, NOISE))[1]
    without = standings([TRUE, beside(0.004)], measured(NOISE, 0), np.full(SHAPE, NOISE))[1]
    assert with_it.noise < without.noise and with_it.log_odds < without.log_odds
    (sentence,) = told(["a", "b"], standings([TRUE + 0.1 * X, TRUE + 0.1 * X + 1e-4], TRUE, 1e-3 + 0 * X))[1:]
    assert "would not without any noise either: the two differ by 0.0001" in sentence


def test_a_model_that_is_given_twice_is_said_to_be_the_same_map():
    found = standings([TRUE, TRUE.copy(), beside(0.05)], measured(NOISE, 0), np.full(SHAPE, NOISE))
    _, same, far = told(["a", "b", "c"], found)
    assert same == "b is the same map as a in every voxel that counts: no map tells them apart."
    assert "tells it from c" in far and found[2].distance == pytest.approx(0.05, rel=0.5)


def test_sentences_say_what_is_told_and_what_is_not():
    found = standings([beside(0.05), TRUE, beside(0.0008)], measured(NOISE, 0), np.full(SHAPE, NOISE))
    first, far, near = told(["far", "right", "near"], found)
    assert first == f"Of 3 models right agrees best (chi2 {found[1].chi2:.3g})."
    assert (
        far.startswith("The map tells it from far, odds above 10^300")
        and "maps would up to a noise of 0.4" in far
    )
    assert (
        near.startswith("The map does not tell it from near")
        and "at a noise of 0.0072 95 of 100 maps would" in near
    )


def test_a_value_that_fills_several_voxels_counts_once():
    wide = lambda part: np.repeat(part, 2, axis=0)
    map_, noise = measured(NOISE, 0), np.full(SHAPE, NOISE)
    once = standings([TRUE, beside(0.002)], map_, noise)[1]
    twice = standings([wide(TRUE), wide(beside(0.002))], wide(map_), wide(noise))[1]
    assert twice.log_odds == pytest.approx(once.log_odds) and twice.noise == pytest.approx(once.noise)


def test_maps_without_a_common_voxel_are_refused():
    with pytest.raises(InputError, match="all of the maps have a value"):
        standings([TRUE, np.full(SHAPE, np.nan)], TRUE, np.full(SHAPE, NOISE))
