import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.alignment import best_shift


def maps(shift):
    field = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((24, 20, 18)), 1.5)
    known = ndimage.gaussian_filter(np.random.default_rng(4).standard_normal(field.shape), 1.5) > -0.05
    moved = np.roll(np.where(known, field, np.nan), [-s for s in shift], axis=(0, 1, 2))
    return moved, np.where(known, field, np.nan)


@pytest.mark.parametrize("shift", [(0, 0, 0), (1, 0, 0), (0, -2, 1), (3, 1, -2)])
def test_a_shifted_map_is_told_how_far_to_go(shift):
    simulated, measured = maps(shift)
    assert best_shift(simulated, measured) == shift


def test_noise_does_not_move_the_answer():
    simulated, measured = maps((1, -1, 0))
    noise = np.random.default_rng(5).standard_normal(measured.shape)
    assert best_shift(simulated, measured + 0.5 * np.nanstd(measured) * noise) == (1, -1, 0)


def test_a_constant_map_has_no_best_shift():
    _, measured = maps((0, 0, 0))
    assert best_shift(np.full(measured.shape, 0.5), measured) is None


def test_along_an_axis_that_tells_nothing_there_is_no_shift():
    rng = np.random.default_rng(0)
    ours = np.broadcast_to(rng.random((16, 16, 1)), (16, 16, 16))
    theirs = np.roll(ours, 2, axis=0) + rng.normal(0, 0.05, ours.shape)
    assert best_shift(ours, theirs) == (2, 0, 0)


def test_a_map_for_whose_correlation_memory_is_short_has_no_best_shift(monkeypatch):
    simulated, measured = maps((1, 0, 0))
    monkeypatch.setenv("MICROSIM_MEMORY_GB", str(2.1e3 * measured.size / 1e9))
    assert best_shift(simulated, measured) is None
    monkeypatch.setenv("MICROSIM_MEMORY_GB", str(2.3e3 * measured.size / 1e9))
    assert best_shift(simulated, measured) == (1, 0, 0)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_maps_that_lie_on_one_another_stay_there(seed):
    """Of a map that rises evenly any shift correlates alike, and noise would choose one."""
    at = np.indices((20, 20, 20))
    centres = [(6, 5, 5, 4.2), (6, 14, 14, 4.4), (17, 5, 14, 4.3), (17, 15, 5, 4.1), (12, 10, 10, 3.9)]
    balls = sum(sum((a + 0.5 - c) ** 2 for a, c in zip(at, centre)) < r * r for *centre, r in centres)
    simulated = np.where(balls > 0, 0.3 + 0.02 * at[0] + 0.004 * at[1], np.nan)
    noise = 0.02 * np.random.default_rng(seed).standard_normal(simulated.shape)
    assert best_shift(simulated, simulated + noise) == (0, 0, 0)
