"""Drift from image to image: found, undone, and what noise is left."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.drift import drift, noise_factor, undrift, without_drift


def blobs(seed, shape=(80, 70)):
    from scipy import ndimage

    return ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 3)


def test_drift_is_found_and_undone():
    from scipy import ndimage

    rng = np.random.default_rng(2)
    walk = np.cumsum(rng.normal(1.0, 0.5, (10, 2)), axis=0)  # 10 pixels in all, the blobs are 3 wide
    level = np.linspace(0.2, 1.5, 10)
    image = blobs(1) / blobs(1).std()
    stack = np.array(
        [f * (ndimage.shift(image, w, order=3, mode="nearest") + 3) for f, w in zip(level, walk)]
    )[..., None]
    shifts = drift(stack + 0.02 * rng.standard_normal(stack.shape))
    assert shifts[:, :2] == pytest.approx(walk[-1] - walk, abs=0.1) and not shifts[:, 2].any()
    back, _ = undrift(stack, walk[-1] @ np.eye(2, 3) - walk @ np.eye(2, 3))
    inner = (slice(None), slice(16, -16), slice(16, -16))
    still = back[inner] / level[:, None, None, None]
    assert np.abs(still - still[-1]).max() < 0.05
    with pytest.raises(InputError):
        drift(stack[0])


@pytest.mark.parametrize("bad", [np.nan, 12.0, 0.5])
def test_pixels_that_stay_put_do_not_hold_the_drift(bad):
    """Dead pixels (NaN), nearly dead ones (a large absorption) and stuck ones move with the camera, not with
    the sample."""
    from scipy import ndimage

    rng = np.random.default_rng(4)
    walk = np.cumsum(rng.normal(0.5, 0.4, (12, 2)), axis=0)
    image = blobs(2) / blobs(2).std()
    stack = np.array([ndimage.shift(image, w, order=3, mode="nearest") + 3 for w in walk])[..., None]
    stack += 0.02 * rng.standard_normal(stack.shape)
    for x, y in ((20, 30), (41, 17), (33, 50)):
        stack[:, x, y] = bad
    if np.isnan(bad):
        stack[:, 40:44, 40:44] = bad
    assert drift(stack)[:, :2] == pytest.approx(walk[-1] - walk, abs=0.1)


def test_undoing_drift_states_the_noise_that_is_left():
    noise = np.random.default_rng(3).standard_normal((3, 200, 200, 1))
    shifts = np.array([[0.5, 0.5, 0], [0.25, 0, 0], [2.0, -3.0, 0]])
    moved, sigma = undrift(noise, shifts, np.ones_like(noise))
    for k in range(3):
        known = np.isfinite(moved[k])
        assert moved[k][known].std() == pytest.approx(np.nanmean(sigma[k]), rel=0.02)
    assert noise_factor((2.0, -3.0, 0.0)) == pytest.approx(1, abs=1e-6)
    assert noise_factor((0.5, 0, 0), order=1) == pytest.approx(0.5, abs=1e-9)
    assert np.isnan(moved[2][:2]).all()  # nothing was recorded there


def test_only_a_sigma_like_the_stack_moves_along():
    from scipy import ndimage

    image = blobs(6) / blobs(6).std() + 3
    stack = np.array([ndimage.shift(image, (k, 0), order=3, mode="nearest") for k in range(3)])[..., None]
    still, sigma, shifts = without_drift(stack, 0.1)
    assert sigma == 0.1 and shifts[0] == pytest.approx([2, 0, 0], abs=0.1)
    moved = without_drift(stack, np.full(stack.shape, 0.1))[1]
    assert np.isnan(moved[0][:1]).all() and np.array_equal(np.isfinite(moved), np.isfinite(still))


def test_an_image_that_is_even_where_they_overlap_says_nothing_to_the_terminal(recwarn):
    from microsim.maps.drift import _step

    assert np.isfinite(_step(np.zeros((16, 16)), np.zeros((16, 16)))).all()
    assert [str(warning.message) for warning in recwarn] == []
