"""Linear combinations against scipy's, three energies against the closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from microsim.base.errors import InputError
from microsim.maps.mixture import References, fit_references, fitted_shift, three_energy
from microsim.maps.spectra import CODE

from ..nickel import ENERGIES, sentence, spectrum

GRID = np.arange(8240.0, 8511.0)
PAIR = References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"))
THREE = References(GRID, spectrum(GRID, np.array([0.0, 0.4, 1.0])).T, ("a", "b", "c"))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_bounded_weights_are_those_of_scipy(seed):
    rng = np.random.default_rng(seed)
    curves = THREE.at(ENERGIES)
    mu = curves.T @ rng.normal(0.3, 0.8, (3, 12)) + 0.2 * rng.standard_normal((60, 12)) + 0.3
    found = fit_references(mu, ENERGIES, THREE, least=-1e30)
    expected = np.array([nnls(curves.T, column)[0] for column in mu.T]).T
    used = found.reason == 0
    assert np.array_equal(used, expected.sum(axis=0) > 0)
    assert found.weights[:, used] == pytest.approx(expected[:, used], abs=1e-8)
    misfit = mu - curves.T @ expected
    assert found.residual[used] == pytest.approx(
        (np.linalg.norm(misfit, axis=0) / np.linalg.norm(mu, axis=0))[used]
    )


def test_an_exact_mixture_comes_back_whatever_its_background():
    s = np.linspace(0.05, 0.95, 7)
    mix = PAIR.at(ENERGIES).T @ np.array([1 - s, s])
    line = 0.4 - 2e-3 * (ENERGIES[:, None] - 8350)
    assert fit_references(2.5 * mix, ENERGIES, PAIR).share[1] == pytest.approx(s, abs=1e-9)
    assert fit_references(2.5 * mix + line, ENERGIES, PAIR, background=2).share[1] == pytest.approx(
        s, abs=1e-9
    )
    one = fit_references(mix, ENERGIES, PAIR, sum_to_one=True)
    assert one.weights[1] == pytest.approx(s, abs=1e-9) and one.weights.sum(axis=0) == pytest.approx(1)
    assert fit_references(2.5 * mix, ENERGIES, PAIR, numbers=[0.2, 0.8]).mean == pytest.approx(
        0.2 + 0.6 * s, abs=1e-9
    )


def test_weights_that_add_up_to_one_keep_their_bounds():
    beyond = PAIR.at(ENERGIES).T @ np.array([[-0.2], [1.2]])
    found = fit_references(beyond, ENERGIES, PAIR, sum_to_one=True)
    assert found.weights[:, 0] == pytest.approx([0, 1], abs=1e-9)
    free = fit_references(beyond, ENERGIES, PAIR, sum_to_one=True, bounded=False)
    assert free.weights[:, 0] == pytest.approx([-0.2, 1.2], abs=1e-9)


@pytest.mark.parametrize("options", [{}, {"background": 1}, {"sum_to_one": True}])
def test_the_stated_noise_is_the_noise(options):
    rng = np.random.default_rng(3)
    s = 0.2 + 0.6 * rng.random(6000)
    mix = PAIR.at(ENERGIES).T @ np.array([1 - s, s])
    sigma = 0.03 * (1 + 0.5 * rng.random(mix.shape))
    found = fit_references(mix + sigma * rng.standard_normal(mix.shape), ENERGIES, PAIR, sigma, **options)
    deviation = found.share[1] - s
    assert np.mean(np.abs(deviation) < 1.96 * found.share_sigma[1]) == pytest.approx(0.95, abs=0.012)
    assert found.mean_sigma == pytest.approx(found.share_sigma[0], rel=1e-6)
    assert deviation.std() == pytest.approx(np.sqrt(np.mean(found.share_sigma[1] ** 2)), rel=0.04)
    alike = fit_references(mix + 0.03 * rng.standard_normal(mix.shape), ENERGIES, PAIR, "misfit", **options)
    assert alike.share_sigma[1].mean() == pytest.approx((alike.share[1] - s).std(), rel=0.06)


def test_the_noise_of_a_mean_counts_that_of_all_weights():
    rng = np.random.default_rng(4)
    mix = THREE.at(ENERGIES).T @ np.array([0.5, 0.8, 0.6]) + 0.3
    noisy = mix[:, None] + 0.03 * rng.standard_normal((60, 8000))
    for numbers in ([0.0, 0.4, 1.0], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0]):
        found = fit_references(noisy, ENERGIES, THREE, 0.03, numbers=numbers, background=2, bounded=False)
        assert found.mean.std() == pytest.approx(found.mean_sigma.mean(), rel=0.04, abs=1e-9)


def test_a_shift_of_the_references_is_found():
    fine = References(GRID, spectrum(GRID, np.array([0.2, 0.9])).T, ("a", "b"))
    inside = (ENERGIES > 8260) & (ENERGIES < 8490)
    for shift in (-1.75, 0.6):
        mean = fine.at(ENERGIES[inside], shift).T @ np.array([0.7, 1.1]) + 0.05
        found, error = fitted_shift(mean, ENERGIES[inside], fine, reach=3.0, background=1)
        assert found == pytest.approx(shift, abs=1e-3) and error < 1e-3
    with pytest.raises(InputError) as caught:
        fitted_shift(fine.at(ENERGIES[inside], 5.0)[0], ENERGIES[inside], fine, reach=2.0)
    assert "end" in sentence(caught)


def test_what_cannot_be_fitted_is_counted_or_one_sentence():
    mu = np.stack([PAIR.at(ENERGIES)[0], np.full(60, np.nan), np.zeros(60)], axis=1)
    assert fit_references(mu, ENERGIES, PAIR, 0.01).reason.tolist() == [
        0,
        CODE["not finite"],
        CODE["no edge jump"],
    ]
    with pytest.raises(InputError) as caught:
        fit_references(mu, ENERGIES + 100, PAIR)
    assert "--fit-range" in sentence(caught)
    with pytest.raises(InputError) as caught:
        PAIR.pick(["charged", "full"])
    assert "full" in sentence(caught)
    with pytest.raises(InputError) as caught:
        fit_references(mu[:3], ENERGIES[:3], THREE)
    assert "choose fewer" in sentence(caught)


def test_three_energies_are_the_closed_form():
    s = np.linspace(0, 1, 11)
    mu = 0.4 + 1.7 * spectrum([8300.0, 8348.0, 8450.0], s)
    found = three_energy(mu, 0.01)
    exact = (mu[1] - mu[0]) / (mu[2] - mu[0])
    assert found.values == pytest.approx(exact, rel=1e-12)
    variance = 1e-4 * (1 + (exact - 1) ** 2 + exact**2) / (mu[2] - mu[0]) ** 2
    assert found.sigma == pytest.approx(np.sqrt(variance), rel=1e-12)
    rng = np.random.default_rng(0)
    noisy = three_energy(mu[:, 5:6] + 0.01 * rng.standard_normal((3, 20_000)), 0.01)
    assert noisy.values.std() == pytest.approx(found.sigma[5], rel=0.02)
    assert three_energy(mu[::-1], 0.01).reason.tolist() == [CODE["no edge jump"]] * 11


STEPS = {
    "0.5": np.arange(8250.0, 8500.1, 0.5),
    "1": np.arange(8250.0, 8500.1, 1.0),
    "2": np.arange(8250.0, 8500.1, 2.0),
    "uneven": np.unique(np.r_[8250:8335:5.0, 8335:8375:0.7, 8376:8500:4.0]),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("shift", [0.1, 0.25, 0.4, 0.6])
def test_a_fitted_shift_does_not_lean_to_whole_steps(step, shift):
    """With straight lines between the references' energies lithiation was off by 0.01 to 0.2."""
    energies, x = STEPS[step], np.array([0.2, 0.5, 0.8])
    own = np.arange(8240.0, 8511.0) if step == "2" else energies
    pair = References(own, spectrum(own, np.array([0.0, 1.0])).T, ("charged", "discharged"))
    ends = spectrum(energies - shift, np.array([0.0, 1.0]))
    mu = 0.2 + 1.3 * ends @ np.array([1 - x, x])
    found, error = fitted_shift(mu.mean(axis=1), energies, pair, background=1)
    inside = (energies - found >= own[0]) & (energies - found <= own[-1])
    fit = fit_references(mu, energies, pair, shift=found, background=1, numbers=[0.0, 1.0], inside=inside)
    assert found == pytest.approx(shift, abs=0.005) and error < 0.005
    assert fit.mean == pytest.approx(x, abs=0.01)


def test_references_between_their_energies_are_curves_and_their_own_at_them():
    assert PAIR.at(GRID[20:30]) == pytest.approx(PAIR.values[:, 20:30], abs=1e-12)
    between = PAIR.at(GRID[:-1] + 0.5)[:, 60:180]
    exact = spectrum(GRID[:-1] + 0.5, np.array([0.0, 1.0])).T[:, 60:180]
    assert between == pytest.approx(exact, abs=0.004)
