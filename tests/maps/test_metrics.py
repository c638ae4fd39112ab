"""The metrics of two maps are what their formulas say; one more is one function."""

import numpy as np
import pytest
from scipy.stats import pearsonr, wasserstein_distance

from microsim.maps import metrics
from microsim.maps.compare import compare_maps
from microsim.maps.map import SocMap
from microsim.report.pages import compare as page

CUBE = (1e-6,) * 3


def two_maps(seed=5, sigma=None):
    """Random maps on one grid, the second with holes."""
    rng = np.random.default_rng(seed)
    ours, theirs = rng.random((2, 7, 6, 5))
    theirs[rng.random(theirs.shape) < 0.4] = np.nan
    return SocMap(ours, CUBE), SocMap(theirs, CUBE, sigma=sigma)


def test_metrics_follow_their_formulas():
    sigma = np.random.default_rng(0).uniform(0.1, 1, (7, 6, 5))
    ours, theirs = two_maps(sigma=sigma)
    found = compare_maps(ours, theirs).metrics
    shared = np.isfinite(theirs.values)
    a, b = ours.values[shared], theirs.values[shared]
    expected = {
        "n_voxels": shared.sum(),
        "bias": (a - b).mean(),
        "rmse": np.sqrt(((a - b) ** 2).mean()),
        "rmse_without_bias": (a - b).std(),
        "mae": abs(a - b).mean(),
        "pearson_r": pearsonr(a, b).statistic,
        "chi2": (((a - b) / sigma[shared]) ** 2).mean(),
        "histogram_distance": wasserstein_distance(a, b),
        "mean_simulated": a.mean(),
        "mean_measured": b.mean(),
        "std_simulated": a.std(),
        "std_measured": b.std(),
        "shared_fraction": 1.0,
        "min_coverage": 0.5,
    }
    assert list(found) == [*expected, "best_shift_voxels"]
    rest = {name: value for name, value in found.items() if name != "best_shift_voxels"}  # test_alignment
    assert rest == pytest.approx(expected, rel=1e-12)


def test_a_constant_map_has_no_correlation():
    ours, theirs = two_maps()
    flat = SocMap(np.full_like(ours.values, 0.3), CUBE)
    assert compare_maps(flat, theirs).metrics["pearson_r"] is None


def test_without_noise_there_is_no_chi2_and_a_voxel_without_one_is_left_out():
    ours, theirs = two_maps()
    assert compare_maps(ours, theirs).metrics["chi2"] is None
    sigma = np.ones((7, 6, 5))
    sigma[0], sigma[1], sigma[2, 0] = np.nan, 0, -1
    found = compare_maps(*two_maps(sigma=sigma)).metrics
    left = np.isfinite(theirs.values) & (np.nan_to_num(sigma) > 0)
    assert found["n_voxels"] == left.sum()
    assert found["shared_fraction"] == left.sum() / np.isfinite(theirs.values).sum()


def test_one_more_metric_is_one_function(monkeypatch):
    """It sees where the voxels lie and how sure the measurement is, and is named on the page."""
    monkeypatch.setattr(metrics, "METRICS", dict(metrics.METRICS))
    monkeypatch.setattr(page, "METRICS", metrics.METRICS)

    @metrics.metric("Worst", "largest difference over its noise")
    def worst(pair):
        return float(np.max(abs(pair.difference) / pair.sigma[pair.shared]))

    ours, theirs = two_maps(sigma=np.full((7, 6, 5), 0.5))
    found = compare_maps(ours, theirs)
    table = page.metrics_table(found)
    assert found.metrics["worst"] == pytest.approx(np.nanmax(abs(found.difference)) / 0.5)
    assert table.rows[-1][0] == "Worst" and "largest difference" in table.rows[-1][4]
