"""A foil measured along gives each spectrum's energy scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.maps.foil import energy_shifts, on_one_scale, own_scale_undone

from ..nickel import sentence, spectrum

ENERGIES = np.r_[np.arange(8300, 8360, 0.2), np.arange(8360, 8500, 1.0)]
SCALES = np.random.default_rng(0).uniform(0.5, 2.0, 12)


def foils(shifts, noise=0.0):
    """Foils of other thickness, on a sloping background, whose energies are too high by the shifts."""
    rows = [a * spectrum(ENERGIES - d, 0.0) + 0.3 - 0.001 * (ENERGIES - 8300) for a, d in zip(SCALES, shifts)]
    return np.array(rows).T + noise * np.random.default_rng(1).standard_normal((ENERGIES.size, len(shifts)))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=12, max_size=12))
def test_shifts_of_foils_are_found(shifts):
    found = energy_shifts(foils(shifts, 0.001), ENERGIES)
    assert found - found.mean() == pytest.approx(np.subtract(shifts, np.mean(shifts)), abs=0.012)


def test_spectra_come_onto_one_scale():
    shifts = np.linspace(-0.3, 0.3, 6).reshape(2, 3)
    mu = np.array([spectrum(ENERGIES - d, 0.4) for d in shifts.ravel()]).T.reshape(-1, 2, 3)
    inside = slice(5, -5)
    back = on_one_scale(mu, ENERGIES, shifts)
    assert back[inside] == pytest.approx(
        np.broadcast_to(spectrum(ENERGIES, 0.4)[inside, None, None], back[inside].shape), abs=0.01
    )


def test_foils_that_are_none_are_refused():
    good = foils(np.zeros(12))
    for foil, words in (
        (np.where(np.arange(12) == 3, np.nan, good), "finite"),
        (np.where(np.arange(12) == 3, good[::-1], good), "1 of 12"),
        (np.where(np.arange(12) == 3, np.roll(good, 40, axis=0), good), "3 eV"),
    ):
        with pytest.raises(InputError) as caught:
            energy_shifts(foil, ENERGIES)
        assert words in sentence(caught)
    with pytest.raises(InputError) as caught:
        energy_shifts(good, ENERGIES, window=(8340, 8340.5))
    assert "widen" in sentence(caught)
    with pytest.raises(InputError) as caught:
        on_one_scale(good, ENERGIES, np.zeros(5))
    assert "each of the 12" in sentence(caught)


def test_the_scale_is_undone_by_foils_or_by_given_shifts():
    shifts = np.linspace(-0.3, 0.3, 12)
    mu = np.array([spectrum(ENERGIES - d, 0.4) for d in shifts]).T
    known = own_scale_undone(mu, ENERGIES, energy_shift=shifts)
    assert np.array_equal(known, on_one_scale(mu, ENERGIES, shifts))
    assert own_scale_undone(mu, ENERGIES, foil=foils(shifts).T)[5:-5] == pytest.approx(known[5:-5], abs=0.01)
    assert own_scale_undone(mu, ENERGIES) is mu
    with pytest.raises(InputError, match="got both"):
        own_scale_undone(mu, ENERGIES, foil=foils(shifts).T, energy_shift=shifts)


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
def test_shifts_of_foils_and_spectra_do_not_lean_to_whole_steps(step):
    """With straight lines foils were off by 0.003, 0.01 and 0.09 eV, moved spectra by 0.004, 0.02, 0.05."""
    energies, shifts = np.arange(8250.0, 8500.1, step), np.linspace(-0.5, 0.6, 12)
    rows = np.array([a * spectrum(energies - d, 0.0) + 0.3 for a, d in zip(SCALES, shifts)]).T
    found = energy_shifts(rows, energies)
    assert found - found.mean() == pytest.approx(shifts - shifts.mean(), abs=0.004 * step)
    mu = np.array([spectrum(energies - d, 0.4) for d in shifts]).T
    back = on_one_scale(mu, energies, shifts)[3:-3]
    exact = spectrum(energies, 0.4)[3:-3, None]
    assert np.abs(back - exact).max() < {0.5: 0.001, 1.0: 0.004, 2.0: 0.02}[step]


def test_a_spectrum_that_lacks_values_keeps_the_others():
    energies = np.arange(8300.0, 8400.0, 1.0)
    mu = np.array([spectrum(energies - 0.4, 0.4)] * 3).T
    mu[50, 1], mu[:, 2] = np.nan, np.nan
    back = on_one_scale(mu, energies, [0.4] * 3)
    assert np.isfinite(back[:, 0]).all() and np.isnan(back[:, 2]).all()
    assert np.flatnonzero(np.isnan(back[:, 1])).tolist() == [49, 50]
    whole = np.isfinite(back[:, 1])
    assert back[whole, 1] == pytest.approx(spectrum(energies, 0.4)[whole], abs=0.05)
    assert back[:45, 1] == pytest.approx(back[:45, 0], abs=1e-3)
