"""Edge energies: exact on polynomials, invariant to thickness and baseline, noise as propagated, bad ones
counted."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.maps.edge import edge_energy
from microsim.maps.spectra import CODE, Windows, normalisation, windows_for

from ..nickel import ENERGIES, sentence, spectrum

WINDOWS = Windows((8250, 8330), (8380, 8500), (8335, 8370), 8348.0, 1)
NORM = normalisation(ENERGIES, WINDOWS)
KINDS = (("half", 0.0), ("half", 2.0), ("peak", 3.5), ("derivative", 4.0))


def test_half_height_of_a_ramp_is_its_middle():
    start = np.array([8340.0, 8341.3, 8344.77])
    ramp = np.clip((ENERGIES[:, None] - start) / 10, 0, 1)
    for width in (0.0, 2.5):
        found = edge_energy(ramp, NORM, kind="half", width=width)
        assert found.values == pytest.approx(start + 5, abs=1e-6)
    assert edge_energy(ramp, NORM, kind="half", level=0.3).values == pytest.approx(start + 3, abs=1e-6)


def test_peak_and_inflection_of_polynomials_are_exact():
    e = ENERGIES[:, None]
    at = np.array([8350.2, 8351.77])
    parabola = np.where(np.abs(e - at) < 8, 1.3 - 0.004 * (e - at) ** 2, np.where(e > at, 1.0, 0.0))
    assert edge_energy(parabola, NORM, kind="peak").values == pytest.approx(at, abs=1e-6)
    cubic = np.where(
        np.abs(e - at) < 8, 0.5 + 0.08 * (e - at) - 2e-4 * (e - at) ** 3, np.where(e > at, 1.0, 0.0)
    )
    assert edge_energy(cubic, NORM, kind="derivative").values == pytest.approx(at, abs=1e-6)


def test_normalised_spectra_are_taken_as_they_are():
    raised = np.clip((ENERGIES[:, None] - 8340) / 10, 0, 1) * 2.0
    norm = normalisation(ENERGIES, WINDOWS, normalised=True)
    assert edge_energy(raised, norm).values == pytest.approx([8342.5])
    assert edge_energy(raised, norm, width=1.5).values == pytest.approx([8342.5], abs=1e-6)
    assert edge_energy(raised, NORM).values == pytest.approx([8345.0])


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 4), st.floats(-1, 2), st.floats(-1e-3, 1e-3), st.floats(0, 1), st.sampled_from(KINDS))
def test_thickness_and_baseline_do_not_move_the_edge(thickness, level, slope, s, how):
    kind, width = how
    plain = spectrum(ENERGIES, np.array([s]))
    other = level + slope * (ENERGIES[:, None] - 8300) + thickness * plain
    a, b = (edge_energy(mu, NORM, kind=kind, width=width).values for mu in (plain, other))
    assert a == pytest.approx(b, abs=1e-6)


@pytest.mark.parametrize("kind, width", KINDS)
def test_an_energy_axis_that_is_moved_moves_the_edge(kind, width):
    mu = spectrum(ENERGIES, np.linspace(0, 1, 5))
    windows = Windows((8260, 8340), (8390, 8510), (8345, 8380), 8358.0, 1)
    moved = edge_energy(mu, normalisation(ENERGIES + 10, windows), kind=kind, width=width).values
    assert moved == pytest.approx(edge_energy(mu, NORM, kind=kind, width=width).values + 10, abs=1e-6)


@pytest.mark.parametrize("kind, width", KINDS)
def test_the_stated_noise_is_the_noise(kind, width):
    rng = np.random.default_rng(6)
    s = rng.random(6000)
    clean = 0.3 + 1.4 * spectrum(ENERGIES, s)
    sigma = 0.008 * (1 + 0.5 * rng.random(clean.shape))
    found = edge_energy(clean + sigma * rng.standard_normal(clean.shape), NORM, sigma, kind=kind, width=width)
    exact = edge_energy(clean, NORM, kind=kind, width=width)
    deviation = found.values - exact.values
    assert (found.reason == 0).all()
    assert deviation.std() == pytest.approx(np.sqrt(np.mean(found.sigma**2)), rel=0.06)
    assert np.mean(np.abs(deviation) < 1.96 * found.sigma) == pytest.approx(0.95, abs=0.012)
    assert (exact.sigma == 0).all()


def test_sigma_may_be_a_number_one_an_energy_one_a_voxel_or_all():
    mu = spectrum(ENERGIES, np.linspace(0, 1, 6).reshape(2, 3))
    alike = [
        edge_energy(mu, NORM, sigma).sigma
        for sigma in (0.02, np.full(60, 0.02), np.full((2, 3), 0.02), np.full(mu.shape, 0.02))
    ]
    for other in alike[1:]:
        assert other == pytest.approx(alike[0], rel=1e-9)
    assert alike[0].shape == (2, 3)
    with pytest.raises(InputError) as caught:
        edge_energy(mu, NORM, np.ones(7))
    assert "sigma" in sentence(caught)


def test_what_cannot_be_used_is_counted():
    mu = np.stack([spectrum(ENERGIES, 0.5)] * 4, axis=1)
    mu[10, 1] = np.inf
    mu[:, 2] = 0.7
    mu[:, 3] = np.where(ENERGIES > 8376, 1.0, 0.0)  # a jump, but none where the edge is looked for
    found = edge_energy(mu, NORM, 0.001)
    assert found.reason.tolist() == [0, CODE["not finite"], CODE["no edge jump"], CODE["no edge found"]]
    assert np.isnan(found.values[1:]).all() and np.isnan(found.sigma[1:]).all()


def test_a_block_does_not_know_its_neighbours():
    s = np.random.default_rng(7).random(5000)  # more than a block
    mu = spectrum(ENERGIES, s)
    whole = edge_energy(mu, NORM, np.full(mu.shape, 0.01))
    alone = edge_energy(mu[:, 4321], NORM, 0.01)
    assert whole.values[4321] == pytest.approx(float(alone.values), abs=1e-9)
    assert whole.sigma[4321] == pytest.approx(float(alone.sigma), rel=1e-9)


def test_fifty_thousand_spectra_a_second():
    mu = spectrum(ENERGIES, np.random.default_rng(8).random(20_000))
    norm = normalisation(ENERGIES, windows_for(ENERGIES, mu.mean(axis=1)))
    edge_energy(mu[:, :100], norm, 0.02)
    begun = time.process_time()
    edge_energy(mu, norm, np.full(mu.shape, 0.02))
    assert 20_000 / (time.process_time() - begun) > 50_000


def test_an_unknown_kind_and_too_few_energies_are_one_sentence():
    mu = spectrum(ENERGIES, np.array([0.5]))
    with pytest.raises(InputError) as caught:
        edge_energy(mu, NORM, kind="middle")
    assert "derivative" in sentence(caught)
    narrow = normalisation(ENERGIES, Windows((8250, 8330), (8380, 8500), (8346, 8347), 8346.5, 1))
    with pytest.raises(InputError) as caught:
        edge_energy(mu, narrow)
    assert "energies" in sentence(caught)
    with pytest.raises(InputError) as caught:
        edge_energy(mu[:-1], NORM)
    assert "energy axis first" in sentence(caught)
