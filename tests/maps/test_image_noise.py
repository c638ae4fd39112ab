"""The noise of three images, from what their ratio differs between neighbours."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps import image_noise
from microsim.maps.image_noise import noise_of_images

from ..nickel import spectrum

SHAPE = (16, 20, 20)
PLACE = np.indices(SHAPE)
EVERYWHERE = np.ones(SHAPE, bool)


def states(name):
    rng = np.random.default_rng(3)
    if name.startswith("blocks of"):
        edge = int(name.split()[-1])
        return rng.uniform(0.05, 0.95, (8, 8, 8))[tuple(axis // edge for axis in PLACE)]
    field = ndimage.gaussian_filter(rng.normal(size=SHAPE), 3)
    return {"one": np.full(SHAPE, 0.5), "ramp": PLACE[0] / 16, "field": 0.5 + 0.2 * field / field.std()}[name]


def images(x, sigma, thickness=1.0, seed=0, blur=0.0):
    noise = np.random.default_rng(seed).normal(size=(3, *SHAPE))
    if blur:
        noise = np.stack([ndimage.gaussian_filter(one, blur) for one in noise])
    return 0.2 + thickness * spectrum([8325.0, 8346.0, 8400.0], x) + sigma * noise / noise.std()


@pytest.mark.parametrize("name", ["one", "ramp", "field", "blocks of 4", "blocks of 6"])
@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_white_noise_is_found_in_smooth_and_in_blocky_states(name, sigma):
    """Whatever the thickness of each voxel: that is in all three images."""
    thickness = np.random.default_rng(1).uniform(0.7, 1.3, SHAPE)
    found = noise_of_images(images(states(name), sigma, thickness), EVERYWHERE)
    assert 0.9 < found / sigma < 1.3, found / sigma


def test_noise_that_neighbours_share_is_not_seen():
    assert noise_of_images(images(states("one"), 0.02, blur=0.7), EVERYWHERE) == pytest.approx(0.01, rel=0.1)


def test_pores_and_voxels_without_a_value_do_not_count():
    full = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=SHAPE), 2) > 0
    mu = np.where(full, images(states("one"), 0.02), 0.02 * np.random.default_rng(6).normal(size=(3, *SHAPE)))
    mu[1, 3] = np.nan
    assert noise_of_images(mu, EVERYWHERE) == pytest.approx(0.02, rel=0.1)


def test_what_cannot_be_told_is_none():
    assert noise_of_images(images(states("one"), 0.0, seed=2), EVERYWHERE) is None
    few = np.zeros(SHAPE, bool)
    few[:3, :3, :3] = True
    noisy = images(states("one"), 0.02)
    assert noise_of_images(noisy, few) is None and noise_of_images(noisy, ~EVERYWHERE) is None
    fills_several = np.kron(noisy[:, ::2, ::2, ::2], np.ones((1, 2, 2, 2)))
    assert noise_of_images(fills_several, EVERYWHERE) is None


def test_slabs_of_a_large_volume_tell_it_as_well(monkeypatch):
    monkeypatch.setattr(image_noise, "AT_ONCE", 1200)
    monkeypatch.setattr(image_noise, "MOST", 3000)
    assert noise_of_images(images(states("ramp"), 0.02), EVERYWHERE) == pytest.approx(0.02, rel=0.1)
