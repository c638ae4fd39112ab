"""Shares of two phases from grey values: less blur and noise, with the volume kept."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.segment.shares import bright_share, fitted_blur


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
