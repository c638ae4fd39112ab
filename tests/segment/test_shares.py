"""Shares of two phases from grey values: less blur and noise, with the volume kept."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.segment.shares import bright_share, fitted_blur, sight_of


def body(n=24, radius=8.2):
    """Exact shares of a ball, from 4 x 4 x 4 samples a voxel."""
    line = (np.arange(4 * n) + 0.5) / 4 - n / 2
    inside = sum(c**2 for c in np.ix_(line - 0.3, line, line + 0.2)) < radius**2
    return inside.reshape(n, 4, n, 4, n, 4).mean(axis=(1, 3, 5))


def seen(share, blur, noise, seed=0):
    rough = noise * np.random.default_rng(seed).standard_normal(share.shape)
    return (ndimage.gaussian_filter(share, blur) + rough).astype(np.float32)


def test_blur_and_noise_are_taken_back():
    share = body()
    grey = seen(share, 0.7, 0.05)
    found = bright_share(grey, 0.7, 0.05)
    assert found.min() >= 0 and found.max() <= 1
    assert np.sqrt(np.mean((found - share) ** 2)) < 0.5 * np.sqrt(np.mean((np.clip(grey, 0, 1) - share) ** 2))
    assert found.mean() == pytest.approx(share.mean(), rel=0.01)


def test_dark_and_bright_are_alike():
    grey = seen(body(), 0.8, 0.04)
    assert 1 - bright_share(1 - grey, 0.8, 0.04) == pytest.approx(bright_share(grey, 0.8, 0.04), abs=1e-4)


def test_nothing_to_take_back():
    share = body()
    assert bright_share(share.astype(np.float32), 0.01, 0.0) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("blur", [0.5, 0.8, 1.2])
def test_the_blur_is_found(blur):
    assert fitted_blur(seen(body(), blur, 0.03), 0.03) == pytest.approx(blur, rel=0.15)


def test_levels_of_a_phase_that_is_a_few_voxels_wide_are_those_amid_it():
    """Balls of 3.2 voxels: medians of flat parts read half of their contrast."""
    share = body(16, 3.2)
    grey = seen(share, 0.7, 0.05)
    sight = sight_of((grey - 0.02) / 0.6, 0.15)
    assert 0.02 + 0.6 * sight.dark == pytest.approx(0, abs=0.01)
    assert 0.02 + 0.6 * sight.bright == pytest.approx(1, abs=0.04)
    assert 0.6 * sight.noise == pytest.approx(0.05, rel=0.05)
    assert sight.blur == pytest.approx(0.7, rel=0.2)


def test_levels_of_narrow_gaps_are_those_amid_them():
    """The space between touching balls of 5.7 voxels in face-centred cells: a median of 0.27 for 0."""
    edge, radius = 16, 16 / 8**0.5
    line = (np.arange(4 * edge) + 0.5) / 4
    centres = np.array([c for c in np.ndindex(3, 3, 3) if sum(c) % 2 == 0]) * edge / 2
    inside = np.zeros((4 * edge,) * 3, bool)
    for centre in centres:
        inside |= sum((a - b) ** 2 for a, b in zip(np.ix_(line, line, line), centre)) < radius**2
    share = inside.reshape(edge, 4, edge, 4, edge, 4).mean(axis=(1, 3, 5))
    grey = (seen(share, 0.7, 0.05) - 0.27) / 0.73
    sight = sight_of(grey, 0.07)
    found = bright_share(*_of(sight, grey))
    assert found.mean() == pytest.approx(share.mean(), abs=0.01)


def _of(sight, grey):
    seen_grey, noise = sight.scaled(grey)
    return seen_grey, sight.blur, noise


def test_levels_that_are_known_stay():
    grey = seen(body(), 0.7, 0.05)
    sight = sight_of(grey, 0.05, 0.7)
    assert (sight.dark, sight.bright) == pytest.approx((0, 1), abs=0.005)
    assert sight.blur == 0.7


def test_noise_in_the_middle_of_phases_takes_nothing_off_them():
    share = body()
    found = bright_share(seen(share, 0.7, 0.05), 0.7, 0.05)
    assert found[ndimage.maximum_filter(share, 7) == 0].max() == 0
    assert found[ndimage.minimum_filter(share, 7) == 1].min() == 1
