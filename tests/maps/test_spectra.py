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
    estimated_sigma,
    normalisation,
    normalise_spectra,
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
