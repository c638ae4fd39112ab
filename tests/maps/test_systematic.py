"""Drifts and gains are told with their size; other models and noise are neither."""

import re

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.systematic import systematic

SHAPE, NOISE = (20, 16, 12), 0.01
RNG = np.random.default_rng(0)
TRUTH = 0.5 + ndimage.gaussian_filter(RNG.normal(size=SHAPE), 1.0) * 0.1
SEEN = TRUTH + NOISE * RNG.standard_normal(SHAPE)
SIGMA = np.full(SHAPE, NOISE)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sigma", [None, SIGMA])
def test_a_drift_is_told_with_its_axis_and_size(axis, sigma):
    n = SHAPE[axis]
    drift = np.moveaxis(0.1 * ((np.arange(n) + 0.5) / n - 0.5)[:, None, None], 0, axis)
    (said,) = systematic(TRUTH, SEEN + drift, sigma)
    (back,) = systematic(TRUTH, SEEN - drift + 0.3, sigma)  # a bias is another matter
    for one, size in ((said, 0.1), (back, -0.1)):
        rise, along = re.search(r"a straight rise, .* by ([-+.\d]+) from end to end along (\w)", one).groups()
        assert float(rise) == pytest.approx(size, rel=0.12) and along == "xyz"[axis]


@pytest.mark.parametrize(("gain", "words"), [(0.5, "too much"), (1.8, "too little")])
def test_a_gain_is_told_with_its_size(gain, words):
    (said,) = systematic(TRUTH, gain * TRUTH + 0.1 + SEEN - TRUTH, SIGMA)
    slope, offset = re.search(r"measured = ([\d.]+) simulated ([+\d.]+):", said).groups()
    assert float(slope) == pytest.approx(gain, abs=0.02) and float(offset) == pytest.approx(0.1, abs=0.02)
    assert words in said
    assert said.startswith(("100% of", "99% of"))


def test_where_there_is_neither_nothing_is_told():
    """The true model, a bias, noise alone, another pattern, few voxels, a model that runs the other way."""
    other = 0.5 + ndimage.gaussian_filter(RNG.normal(size=SHAPE), 1.0) * 0.1
    holes = np.where(RNG.random(SHAPE) < 0.5, np.nan, TRUTH)
    for ours, theirs, sigma in (
        (TRUTH, SEEN, SIGMA),
        (TRUTH, SEEN, None),
        (TRUTH, SEEN + 0.1, SIGMA),
        (holes, SEEN, SIGMA),
        (TRUTH, other, SIGMA),
        (np.full(SHAPE, 0.5), SEEN, SIGMA),
        (TRUTH[:4, :4, :4], 2 * SEEN[:4, :4, :4], SIGMA[:4, :4, :4]),
        (1 - TRUTH, SEEN, SIGMA),
    ):
        assert systematic(ours, theirs, sigma) == []
