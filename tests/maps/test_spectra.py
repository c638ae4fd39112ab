"""Energies and normalisation: exact on made-up spectra, every bad input counted or one sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.maps.spectra import (
    CODE,
    Windows,
    check_energies,
    curve_through,
    estimated_sigma,
    normalisation,
    normalise_spectra,
    slope_of,
    windows_for,
)

from ..nickel import ENERGIES, sentence, spectrum

WINDOWS = Windows((8250, 8330), (8380, 8500), (8335, 8370), 8348.0, 1)


@pytest.mark.parametrize(
    ("energies", "count", "words"),
    [
        ([8340, 8342, 8341, 8350], None, "8342 eV before 8341"),
        ([8340, 8340, 8350], None, "rise"),
        ([8.34, 8.35, 8.36], None, "eV"),
        ([8340, np.nan, 8360], None, "finite"),
        ([8340, 8350, 8360], 5, "each of the 5 images, got 3"),
        ([8340, 8350], None, "at least 3"),
    ],
)
def test_bad_energies_are_one_sentence(energies, count, words):
    with pytest.raises(InputError) as caught:
        check_energies(energies, count)
    assert words in sentence(caught)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 5), st.floats(-1, 3), st.floats(-2e-3, 2e-3), st.floats(-1e-3, 1e-3), st.floats(0, 1))
def test_normalisation_takes_out_baseline_and_thickness(thickness, level, slope, after, s):
    # a step with a pre-edge line and a post-edge line behind it: normalised by construction
    norm = normalisation(ENERGIES, WINDOWS)
    step = np.clip((ENERGIES - 8340 - 5 * s) / 10, 0, 1)
    line = level + slope * (ENERGIES - 8300)
    tail = np.where(ENERGIES > 8360, after * (ENERGIES - 8348), 0.0)
    values, jump, reason = normalise_spectra(line + thickness * (step + tail), norm)
    assert reason == 0 and jump == pytest.approx(thickness, rel=1e-9)
    assert values == pytest.approx(step + tail, abs=1e-9)
    flat, _, _ = normalise_spectra(line + thickness * (step + tail), norm, flatten=True)
    assert flat[ENERGIES > 8380] == pytest.approx(1, abs=1e-9)


def test_the_noise_of_the_jump_is_that_of_a_straight_line():
    # two constant windows: the jump is a difference of two means
    norm = normalisation(ENERGIES, Windows((8250, 8250.5), (8380, 8500), (8335, 8370), 8348.0, 0))
    count = int((ENERGIES >= 8380).sum())
    _, error = norm.edge_jump(np.zeros((ENERGIES.size, 1)), np.array(0.1))
    assert error[0] == pytest.approx(0.1 * np.sqrt(1 + 1 / count), rel=1e-12)


def test_noise_is_seen_in_the_windows():
    norm = normalisation(ENERGIES, WINDOWS)
    noise = 0.03 * np.random.default_rng(1).standard_normal((ENERGIES.size, 4000))
    clean = spectrum(ENERGIES, 0.5)[:, None]
    assert np.sqrt(np.mean(estimated_sigma(clean + noise, norm) ** 2)) == pytest.approx(0.03, rel=0.02)
    assert estimated_sigma(clean, norm)[0] < 5e-3  # the spectrum's own bends count little


def test_windows_follow_the_mean_spectrum():
    windows = windows_for(ENERGIES, spectrum(ENERGIES, 0.5))
    assert windows.e0 == pytest.approx(8347.5, abs=0.6) and windows.pre[1] < windows.e0 < windows.post[0]
    assert windows_for(ENERGIES, spectrum(ENERGIES, 0.5), pre=(8260.0, 8300.0)).pre == (8260.0, 8300.0)
    with pytest.raises(InputError) as caught:
        normalisation(ENERGIES, Windows((8326, 8330), (8380, 8500), (8335, 8370), 8348.0, 1))
    assert "pre-edge" in sentence(caught)
    with pytest.raises(InputError) as caught:
        normalisation(ENERGIES, Windows((8250, 8360), (8380, 8500), (8335, 8370), 8348.0, 1))
    assert "between" in sentence(caught)


def test_spectra_without_an_edge_are_counted():
    norm = normalisation(ENERGIES, WINDOWS)
    mu = np.stack(
        [spectrum(ENERGIES, 0.2), np.ones(60), -spectrum(ENERGIES, 0.2), np.full(60, np.nan)], axis=1
    )
    mu[5, 3] = 1.0
    values, _, reason = normalise_spectra(mu, norm, 0.01)
    assert reason.tolist() == [0, CODE["no edge jump"], CODE["no edge jump"], CODE["not finite"]]
    assert np.isfinite(values[:, 0]).all() and np.isnan(values[:, 1:]).all()


GRID = np.arange(8300.0, 8401.0)


@pytest.mark.parametrize(
    "energies, off",
    [
        (GRID, 0.0025),
        (np.concatenate([GRID, [8347.998, 8338.002, 8353.002]]), 0.0025),  # joints of regions of a scan
        (np.concatenate([GRID, GRID + np.random.default_rng(0).uniform(-0.2, 0.2, GRID.size)]), 0.002),
        (np.concatenate([GRID, GRID + np.random.default_rng(0).uniform(-0.01, 0.01, GRID.size)]), 0.002),
        (np.concatenate([GRID + d for d in np.random.default_rng(0).normal(0, 0.05, (3, GRID.size))]), 0.002),
        (
            np.r_[np.arange(8250, 8334.998, 5.0), np.arange(8334.998, 8360, 0.5), np.arange(8360, 8420, 2)],
            0.003,
        ),
    ],
    ids=["even", "joints", "two scans", "two scans of one grid", "three scans", "regions"],
)
def test_a_curve_through_energies_that_nearly_coincide_stays_with_the_spectrum(energies, off):
    """With noise of 0.002 between its energies: without joining them up to 20."""
    energies, rng = np.sort(energies), np.random.default_rng(1)
    between = np.arange(8310.37, 8395.0)
    clean = np.stack([spectrum(between, x) for x in (0.2, 0.8)])
    for _ in range(5):
        noisy = np.stack([spectrum(energies, x) for x in (0.2, 0.8)]) + rng.normal(
            0, 0.002, (2, energies.size)
        )
        assert np.sqrt(np.mean((curve_through(energies, noisy)(between) - clean) ** 2)) < off


def test_a_curve_goes_through_energies_that_are_apart():
    energies = np.r_[np.arange(8250, 8330, 5.0), np.arange(8330, 8360, 0.5), np.arange(8360, 8420, 2.0)]
    values = spectrum(energies, 0.3)
    found = curve_through(energies, values)(energies)
    # but for two or three where wide spacings meet narrow ones, which are flat there
    assert np.count_nonzero(np.abs(found - values) > 1e-12) <= 6 and np.abs(found - values).max() < 1e-4
    assert curve_through(energies[:2], values[:2])(energies[:2]) == pytest.approx(values[:2])


def test_a_joint_of_a_scan_is_no_edge():
    """Its noise over 2 meV is the steepest rise."""
    energies = np.sort(np.concatenate([np.arange(8250.0, 8501.0), [8312.998, 8452.998]]))
    for seed in range(10):
        noisy = spectrum(energies, 0.3) + np.random.default_rng(seed).normal(0, 0.005, energies.size)
        assert windows_for(energies, noisy).e0 == pytest.approx(8346.0, abs=5.0)
        assert np.abs(slope_of(energies, noisy)).max() < 0.5
