"""Bounds and probabilities of a segmentation against what they mean."""

import numpy as np
import pytest

from microsim.base.schema import section
from microsim.segment.certainty import (
    bound_volume,
    fractions_with_bounds,
    mean_probability,
    phase_probabilities,
)
from microsim.segment.recipe import Recipe, run_recipe


@pytest.fixture(scope="module")
def state():
    """A ramp across an edge between two flat halves, with noise."""
    ramp = np.interp(np.arange(40), [17, 22], [20.0, 200.0])[:, None, None] * np.ones((1, 12, 10))
    noisy = ramp + 4 * np.random.default_rng(0).standard_normal(ramp.shape)
    recipe = section(Recipe, {"phases": ["pore", "am"], "steps": ["thresholds"]}, "")
    return run_recipe(recipe, noisy.astype(np.float32), pictures=False)[0]


def test_a_higher_threshold_leaves_less_of_the_bright_phase(state):
    found = fractions_with_bounds(state, 0.2)
    assert found["high"][1] < found["middle"][1] < found["low"][1]
    for bound in ("low", "high"):
        volume = bound_volume(state, 0.2, bound)
        assert found[bound] == pytest.approx([np.mean(volume == k) for k in (0, 1)])
    same = fractions_with_bounds(state, 0.0)
    assert same["low"] == same["high"] == same["middle"]


def test_the_mean_probability_is_that_of_the_likeliest_phase(state):
    likely = phase_probabilities(state)
    assert likely.sum(axis=0) == pytest.approx(1, abs=1e-6)
    assert mean_probability(state) == pytest.approx(likely.max(axis=0).mean(), rel=1e-6)
    assert likely.max() > 0.99
