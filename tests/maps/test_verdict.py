"""The sentences say what the numbers say."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.compare import compare_maps
from microsim.maps.map import SocMap
from microsim.maps.verdict import verdict

H, SHAPE = (1e-6,) * 3, (16, 12, 12)
RNG = np.random.default_rng(0)
TRUTH = 0.6 + 0.5 * ndimage.gaussian_filter(RNG.normal(size=SHAPE), 1.5)
NOISE = RNG.normal(0, 0.02, SHAPE)


def told(simulated, sigma=0.02, measured=TRUTH + NOISE):
    stated = None if sigma is None else np.full(SHAPE, sigma)
    return " ".join(verdict(compare_maps(SocMap(simulated, H), SocMap(measured, H, sigma=stated))))


@pytest.mark.parametrize(
    ("simulated", "sigma", "words"),
    [
        (
            TRUTH,
            0.02,
            ["explains ", "of what can be explained", "cannot be told from the true", "of at most 0.9"],
        ),
        (TRUTH, 0.04, ["smaller than the stated noise allows"]),
        (TRUTH, None, ["No noise of the measured map is known", "of the map's variance", "lower bound"]),
        (
            TRUTH + 0.2,
            0.02,
            ["does worse than a constant", "worse than the best map of the depth alone", "equal means"],
        ),
        (TRUTH + 0.2, None, ["does worse than a constant"]),
        (TRUTH, 0.2, ["varies no more than its noise"]),
    ],
)
def test_what_is_said(simulated, sigma, words):
    said = told(simulated, sigma)
    assert all(word in said for word in words), said
    assert said.count("constant") + said.count("explains") >= 1


def test_few_voxels_have_no_interval():
    two = SocMap(TRUTH[:2, :1, :2], H)
    assert "too few for intervals" in " ".join(verdict(compare_maps(two, SocMap(TRUTH[:2, :1, :2] + 0.1, H))))


def test_voxels_without_a_noise_are_counted():
    sigma = np.full(TRUTH.shape, 0.1)
    whole = compare_maps(SocMap(TRUTH, H), SocMap(TRUTH, H, sigma=sigma))
    sigma[0] = np.nan
    sigma[1] = 0
    some = compare_maps(SocMap(TRUTH, H), SocMap(TRUTH, H, sigma=sigma))
    lost = f"{2 * TRUTH[0].size} of {TRUTH.size} voxels"
    said = f"{lost} are left out: they have no noise above 1e-08 and up to 1."
    assert said in verdict(some) and said not in verdict(whole)


def test_more_than_all_is_all():
    """Below the noise the share is above 1: by chance, or because the noise is overstated."""
    assert "explains all of what can be explained of this map, 1" in told(TRUTH + 0.5 * NOISE)
    assert "explains all" not in told(TRUTH + 0.03 * np.sin(np.arange(12)))


def test_maps_that_run_against_each_other_are_told():
    assert "The maps run against each other" in told(1 - TRUTH)
    assert "run against" not in told(TRUTH) and "run against" not in told(TRUTH[::-1])


def test_a_few_blocks_that_all_disagree_are_not_called_noise():
    """Balls with a rise along x against the same map turned: their difference has a handful of blocks, whose
    interval of chi2 reaches down to 1."""
    at = np.indices((20, 20, 20))
    centres = [(6, 5, 5, 4.2), (6, 14, 14, 4.4), (17, 5, 14, 4.3), (17, 15, 5, 4.1), (12, 10, 10, 3.9)]
    balls = sum((at[0] - x) ** 2 + (at[1] - y) ** 2 + (at[2] - z) ** 2 < r * r for x, y, z, r in centres) > 0
    truth = np.where(balls, 0.3 + 0.02 * at[0] + 0.004 * at[1], np.nan)
    noise = np.random.default_rng(3).normal(0, 0.02, truth.shape)
    for measured, known in ((truth + noise, True), ((truth + noise).transpose(2, 1, 0), False)):
        found = compare_maps(SocMap(truth, H), SocMap(measured, H, sigma=np.full(truth.shape, 0.02)))
        low, high = found.scores.intervals["chi2"]
        assert low <= 1 <= high and (found.metrics["chi2"] > 20) != known
        assert ("cannot be told from the true model" in " ".join(verdict(found))) == known


ALIKE = "but alike in neighbouring voxels"


@pytest.mark.parametrize("share", [0.95, 1.0])
def test_a_smooth_misfit_under_an_overstated_noise_is_no_true_model(share):
    """Noise of 0.02 and a misfit that goes on over voxels, stated as one noise of their size or 0.95 of it:
    chi2 is 1 or 1.1. The true model under that much independent noise is the true one."""
    misfit = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=SHAPE), 1.0)
    misfit *= 0.03 / misfit.std()
    sigma = share * float(np.sqrt(np.mean((misfit + NOISE) ** 2)))
    said = told(TRUTH, sigma, TRUTH + misfit + NOISE)
    assert ALIKE in said and "cannot be told from the true model" not in said
    alone = np.random.default_rng(2).normal(0, sigma, SHAPE)
    said = told(TRUTH, sigma, TRUTH + alone)
    assert "cannot be told from the true model" in said and ALIKE not in said


def test_a_drift_as_large_as_the_noise_is_told_without_an_interval():
    drift = 0.035 * np.linspace(-1, 1, 16)[:, None, None]
    said = told(TRUTH, float(np.sqrt(np.mean((drift + NOISE) ** 2))), TRUTH + drift + NOISE)
    assert "too few for intervals" in said and ALIKE in said


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_shifted_map_is_told(axis):
    """By two of its voxels; where it lies right, and where a shift would take most of it away, nothing is."""
    moved = np.roll(TRUTH, 2, axis) + NOISE
    words = ", ".join("+2" if a == axis else "0" for a in range(3))
    assert f"moved by {words} measured voxels along x, y, z ({words} um)" in told(TRUTH, 0.02, moved)
    assert "measured voxels along x, y, z" not in told(TRUTH) + told(TRUTH, 0.02, TRUTH[::-1] + NOISE)


def test_a_noise_that_is_large_in_some_voxels_does_not_hide_what_the_others_tell():
    """Half of the voxels at 0.01 and half at 0.3: on the mean nothing is told from a constant."""
    sigma = np.where(np.indices(SHAPE)[0] < 8, 0.01, 0.3)
    seen = TRUTH + sigma * RNG.standard_normal(SHAPE)
    said = " ".join(verdict(compare_maps(SocMap(TRUTH, H), SocMap(seen, H, sigma=sigma))))
    assert "a quarter of the voxels have 0.01 or less and may tell models" in said
    assert "tells no model from a constant" not in said
