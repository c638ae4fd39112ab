"""Correlation lengths and spots of maps whose texture is known."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.texture import correlation_lengths, spots

SIZE = (1e-6, 2e-6, 4e-6)


def field(length, seed=0, shape=(64, 48, 40)):
    """Unit variance, correlation exp(-d^2 / (4 length^2)): 1 / e at twice the length."""
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), length, mode="wrap")
    return rough / rough.std()


def noise(scale, seed=1, shape=(64, 48, 40)):
    return scale * np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0])
def test_lengths_are_those_of_the_fields_however_noisy(scale):
    true, other = field(1.5), field(1.5) + 0.5 * field(1.0, seed=5)
    sigma = np.full(true.shape, max(scale, 1e-9))
    found = correlation_lengths(other, true + noise(scale), sigma, SIZE)
    for axis, h in zip("xyz", SIZE):
        assert found["measured"][f"{axis}_m"] == pytest.approx(3.0 * h, rel=0.2)
        assert found["difference"][f"{axis}_m"] == pytest.approx(2.0 * h, rel=0.35)
    alone = correlation_lengths(true, true + noise(0.7), np.full(true.shape, 0.7), SIZE)
    assert set(alone["difference"].values()) == {None}  # nothing beyond noise
    unknown = correlation_lengths(other, true, None, SIZE)
    assert set(unknown["measured"].values()) == {None} and None not in unknown["simulated"].values()


def test_a_measured_value_that_fills_several_voxels_has_one_noise():
    """A map of 2 x 2 x 2 voxels to a value: its noise is not taken for a texture."""
    coarse = field(2.0, shape=(24, 24, 24))
    fine = (coarse + noise(1.0, shape=coarse.shape)).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    found = correlation_lengths(fine, fine, np.ones(fine.shape), (1e-6,) * 3)
    assert all(value == pytest.approx(8e-6, rel=0.25) for value in found["measured"].values())


def test_what_is_left_out_and_layers_that_have_no_length():
    true = field(1.5)
    holed = np.where(np.random.default_rng(2).random(true.shape) < 0.4, np.nan, true)
    sigma = np.full(true.shape, 1e-9)
    assert correlation_lengths(holed, holed, sigma, SIZE)["simulated"]["x_m"] == pytest.approx(3e-6, rel=0.2)
    flat = correlation_lengths(true[:1], true[:1], sigma[:1], SIZE)["simulated"]
    assert flat["x_m"] is None and flat["y_m"] is not None
    long = np.broadcast_to(np.linspace(0, 1, 64)[:, None, None], true.shape)
    assert correlation_lengths(long, long, sigma, SIZE)["simulated"]["y_m"] is None


def test_the_true_model_s_spots_are_those_that_it_is_told_to_have():
    true = field(2.0)
    sigma = np.full(true.shape, 0.5)
    found = spots(true, true + noise(0.5), sigma, SIZE)
    for name in ("hot", "cold"):
        one = found[name]
        assert one["shared"] == pytest.approx(one["true_model"]["shared"], abs=0.02) and one["shared"] < 0.9
        expected = one["true_model"]["count"]
        assert one["count"]["measured"] == pytest.approx(expected, abs=3 * np.sqrt(expected))
    assert found["misfit"]["share"] == pytest.approx(0.0027, abs=0.0006)
    other = spots(field(2.0, seed=9), true + noise(0.5), sigma, SIZE)
    assert abs(other["hot"]["shared"] - 0.1) < 0.06 and other["misfit"]["share"] > 0.2


def test_spots_by_hand():
    """Two bars of 10 voxels in 200; the other map has one of them and another one."""
    a, b = np.zeros((20, 10, 1)), np.zeros((20, 10, 1))
    a[0], a[10], b[0], b[15] = 2, 2, 5, 5
    a[5], b[5] = -1, -1
    found = spots(a, b, None, (1e-6,) * 3)["hot"]
    assert found["count"] == {"simulated": 2, "measured": 2} and found["shared"] == 0.5
    assert found["largest_m3"]["measured"] == pytest.approx(10e-18) and found["true_model"] is None
    over = spots(a, b, np.full(a.shape, 0.9), (1e-6,) * 3)["misfit"]
    assert (over["count"], over["share"]) == (2, 0.1) and over["largest_m3"] == pytest.approx(10e-18)
    still = spots(0 * a, b, np.ones(a.shape), (1e-6,) * 3)
    assert still["hot"] is still["cold"] is None and still["misfit"]["count"] == 2
