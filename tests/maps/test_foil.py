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
