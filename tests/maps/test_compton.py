"""Compton scattering: formulas against their inverses and closed forms, the table of the directional
study."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import erf

from microsim.base.errors import InputError
from microsim.maps.compton import (
    MC_ATOMIC,
    by_region,
    calibrate_stoichiometry,
    compton_profile,
    expected_counts,
    integrate,
    klein_nishina,
    momentum,
    s_parameter,
    scattered_energy,
    transmission,
)

from ..nickel import sentence

INCIDENT, ANGLE = 115e3, 90.0
S = [0.88, 0.72, 0.65, 2.40, 2.34, 2.06]
LITHIUM = [0.10, 0.03, 0.00, 0.76, 0.73, 0.61]


def test_the_peak_lies_where_a_resting_electron_scatters():
    assert scattered_energy(0, INCIDENT, ANGLE) == pytest.approx(
        INCIDENT / (1 + INCIDENT / 510998.95), rel=1e-12
    )
    assert scattered_energy(0, INCIDENT, ANGLE) / 1e3 == pytest.approx(93.874, abs=1e-3)  # Huang: 93.9


@settings(max_examples=60, deadline=None)
@given(st.floats(-30, 30), st.floats(2e4, 1e6), st.floats(20, 180))
def test_energy_and_momentum_are_each_other_s_inverse(p, incident, angle):
    energy = scattered_energy(p, incident, angle)
    assert momentum(energy, incident, angle) == pytest.approx(p, abs=1e-8)


def test_the_cross_section_is_thomson_s_for_soft_photons():
    assert 1e30 * klein_nishina(1e3, 1e3, 1e-6) == pytest.approx(7.940788, rel=1e-6)  # r_e^2
    total = (
        2
        * np.pi
        * quad(
            lambda t: np.sin(t) * klein_nishina(scattered_energy(0, 1e3, np.degrees(t)), 1e3, np.degrees(t)),
            1e-6,
            np.pi,
        )[0]
    )
    assert 1e29 * total == pytest.approx(
        6.6524587 * (1 - 2 * 1e3 / 510998.95), rel=1e-4
    )  # Thomson, first order


@pytest.mark.parametrize("width", [0.9, 1.5, 2.4])
def test_s_of_a_gaussian_is_the_closed_form(width):
    energies = np.arange(84e3, 105e3, 10.0)
    p = momentum(energies, INCIDENT, ANGLE)
    counts = (
        np.exp(-0.5 * (p / width) ** 2) * klein_nishina(energies, INCIDENT, ANGLE) * np.gradient(p) * 1e40
    )
    seen = np.linspace(0.5, 0.9, p.size)
    exact = erf(1 / width / 2**0.5) / (erf(5 / width / 2**0.5) - erf(1 / width / 2**0.5))
    for scale, line in ((1.0, 0.0), (3.0, 0.0)):
        found, _ = s_parameter(compton_profile(energies, scale * counts + line, INCIDENT, ANGLE))
        assert found == pytest.approx(exact, rel=1e-4)
    found, _ = s_parameter(compton_profile(energies, seen * counts, INCIDENT, ANGLE, transmission=seen))
    assert found == pytest.approx(exact, rel=1e-4)
    if width < 1.2:  # narrow enough to be over where the background is looked for
        windows = ((-12, -8), (8, 12))
        raised = counts + counts.max() * (0.05 + 0.004 * p)
        found, _ = s_parameter(compton_profile(energies, raised, INCIDENT, ANGLE, background=windows))
        assert found == pytest.approx(exact, rel=1e-4)


def test_the_noise_of_s_is_that_of_counting():
    rng = np.random.default_rng(0)
    energies = np.arange(85e3, 104e3, 100.0)
    p = momentum(energies, INCIDENT, ANGLE)
    photons = rng.poisson((200 * np.exp(-0.5 * (p / 1.4) ** 2) + 20)[:, None], (p.size, 6000))
    for background in (None, ((-12, -8), (8, 12))):
        found, error = s_parameter(compton_profile(energies, photons, INCIDENT, ANGLE, background=background))
        assert found.std() == pytest.approx(error.mean(), rel=0.05)


def test_integrals_end_between_channels():
    p = np.array([-2.0, -0.5, 0.2, 0.9, 3.0])
    assert integrate(p, 2 * p + 1, -1.3, 2.2) == pytest.approx(2.2**2 - 1.3**2 + 3.5)
    assert integrate(p, np.ones(5), -5, 5) == pytest.approx(5)  # only where there are channels


def test_table_2_of_huang_2022_is_a_line():
    line = calibrate_stoichiometry(S, LITHIUM)
    assert (line.slope, line.intercept) == pytest.approx((0.4331, -0.2815), abs=1e-4)
    found, error = line.of(S)
    assert np.abs(found - LITHIUM).max() < 0.0023 and (error < 2e-3).all()
    low, high = line.interval(np.array(S))
    assert ((low < LITHIUM) & (np.array(LITHIUM) < high)).all()
    assert line.of(2.0, 0.1)[1] == pytest.approx(0.0433, abs=1e-3)


def test_the_interval_holds_a_further_state():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(800):
        s = rng.uniform(0.6, 2.4, 7)
        y = 0.43 * s - 0.28 + 0.01 * rng.standard_normal(7)
        low, high = calibrate_stoichiometry(s[:6], y[:6]).interval(s[6])
        held += low <= y[6] <= high
    assert held / 800 == pytest.approx(0.95, abs=0.025)


def test_attenuation_and_expected_counts():
    assert transmission([200.0, 50.0], [1e-3, 2e-3]) == pytest.approx(np.exp(-0.3))
    assert transmission(np.ones((2, 4, 4)), np.zeros((2, 4, 4))) == pytest.approx(np.ones((4, 4)))
    assert expected_counts(1e12, 0.5, 0.4, 1e30, 1e-12, 5e-30) == pytest.approx(
        1e12 * 0.5 * 0.4 * 1e30 * 1e-12 * 5e-30
    )


def test_regions_are_averaged_by_their_weights():
    values = np.zeros((6, 2, 2))
    values[:2], values[2:] = 0.7, 0.3
    values[0, 0, 0] = np.nan
    sigma = np.full(values.shape, 0.1)
    first, second = by_region(values, sigma, [0, 2, 6])
    assert first == pytest.approx((0.7, 0.1 / 7**0.5, 0.0, 7)) and second[3] == 16
    sigma[2], sigma[3:] = 0.1, 1e6
    values[2] = 0.5
    assert by_region(values, sigma, [0, 2, 6])[1][0] == pytest.approx(0.5)
    assert np.isnan(by_region(np.full((2, 1, 1), np.nan), None, [0, 2])[0][0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: momentum(93.9, 115.0, 90), "keV"),
        (lambda: momentum(93.9e3, 115e3, 0), "angle"),
        (lambda: scattered_energy(MC_ATOMIC, 115e3, 90), "m c"),
        (lambda: compton_profile([9e4, 9.4e4], np.ones(2), 115e3, 90), "cover"),
        (lambda: compton_profile([9e4, 8e4], np.ones(2), 115e3, 90), "rising"),
        (lambda: compton_profile(np.arange(84e3, 105e3, 50.0), np.zeros(420), 115e3, 90), "photons"),
        (lambda: calibrate_stoichiometry([1, 2], [0, 1]), "three states"),
        (lambda: by_region(np.ones((4, 1, 1)), None, [0, 5]), "edges"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(call, words):
    with pytest.raises(InputError) as caught:
        call()
    assert words in sentence(caught)


def test_a_pixel_without_photons_has_no_s():
    energies = np.arange(84e3, 105e3, 50.0)
    p = momentum(energies, INCIDENT, ANGLE)
    counts = np.stack([100 * np.exp(-0.5 * p**2), np.zeros(p.size)], axis=1)
    found, _ = s_parameter(compton_profile(energies, counts, INCIDENT, ANGLE))
    assert np.isfinite(found[0]) and np.isnan(found[1])
