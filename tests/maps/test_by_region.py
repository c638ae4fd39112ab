"""A map against local porosity by region: made relations come back, with intervals that hold them."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.by_region import against_porosity

SHAPE = (30, 40, 1)
REGIONS = np.broadcast_to((np.arange(30) // 10)[:, None, None], SHAPE)


def made(slopes, noise, seed=0):
    rng = np.random.default_rng(seed)
    porosity = 0.3 + 0.1 * rng.standard_normal(SHAPE)
    values = 0.5 + np.array(slopes)[REGIONS] * (porosity - 0.3) + noise * rng.standard_normal(SHAPE)
    return values, porosity


def test_each_region_has_its_own_relation():
    values, porosity = made([0.5, 0.0, -0.8], 0.03)
    found = against_porosity(values, porosity, np.full(SHAPE, 0.03), REGIONS)
    assert [one["pixels"] for one in found] == [400, 400, 400, 1200]
    for one, slope in zip(found, (0.5, 0.0, -0.8)):
        low, high = one["intervals"]["slope"]
        assert low < slope < high and high - low < 0.1
        low, high = one["intervals"]["pearson_r"]
        assert low < one["pearson_r"] < high
    assert found[0]["pearson_r"] == pytest.approx(0.05 / np.hypot(0.05, 0.03), abs=0.05)
    assert found[0]["pearson_r_without_noise"] == pytest.approx(1, abs=0.05)
    assert abs(found[3]["pearson_r"]) < 0.4


def test_what_is_alike_counts_less():
    """Of a smooth map without relation: the interval holds 0, and is wider than that of as many pixels."""
    fits = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        drawn = [ndimage.gaussian_filter(rng.standard_normal((90, 90, 1)), (3, 3, 0)) for _ in range(2)]
        one = against_porosity(*drawn, None, np.zeros((90, 90, 1), int))[-1]
        low, high = one["intervals"]["pearson_r"]
        fits.append(low < 0 < high)
        assert one["blocks"] < 200 and high - low > 0.15  # 0.04 of so many pixels
    assert sum(fits) >= 9


def test_few_or_constant_pixels_tell_nothing():
    values, porosity = made([0.5, 0.5, 0.5], 0.0)
    values = np.where(REGIONS == 1, 0.5, values)
    values[20:] = np.nan
    values[20, :3] = 0.4
    first, second, third, whole = against_porosity(values, porosity, None, REGIONS)
    assert first["pearson_r"] == pytest.approx(1) and second["pearson_r"] is None
    assert third["pixels"] == 3 and third["pearson_r"] is None and whole["pixels"] == 803
    assert against_porosity(np.full(SHAPE, np.nan), porosity, None, REGIONS) == []
