"""Spectra of a known map: mixtures of the references around its lithium, blurred and with noise."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.mixture import References
from microsim.maps.virtual import mixed_spectra, seen_spectra

GRID = np.array([8320.0, 8340.0, 8360.0])
THREE = References(GRID, np.array([[0.0, 3.0, 2.0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]]), ("c", "a", "b"))
AT = [1.0, 0.0, 0.5]  # lithium of c, a and b


def mu(x, **options):
    values = np.full((2, 1, 1), np.nan)
    values[0] = x
    return mixed_spectra(values, GRID, THREE, AT, **options)[:, 0, 0, 0]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.0, [0, 1, 2]),
        (0.25, [0, 1.5, 1.5]),  # halfway from a to b
        (0.5, [0, 2, 1]),
        (0.9, [0, 2.8, 1.8]),  # four fifths of the way from b to c
        (1.1, [0, 3.2, 2.2]),  # carried on
        (-0.1, [0, 0.8, 2.2]),
    ],
)
def test_a_spectrum_lies_straight_between_its_two_references(x, expected):
    np.testing.assert_allclose(mu(x), expected, atol=1e-6)
    np.testing.assert_allclose(mu(x, jump=0.5), np.array(expected) / 2, atol=1e-6)


def test_where_the_map_says_nothing_there_is_nothing():
    values = np.full((2, 1, 1), np.nan)
    values[0] = 0.5
    assert (mixed_spectra(values, GRID, THREE, AT)[:, 1] == 0).all()


def test_energies_between_those_of_the_references_and_none_beyond():
    found = mixed_spectra(np.zeros((1, 1, 1)), [8330.0, 8350.0], THREE, AT)[:, 0, 0, 0]
    np.testing.assert_allclose(found, [0.5, 1.5])
    with pytest.raises(InputError, match="from 8320 to 8360 eV.* got 8330 to 8370"):
        mixed_spectra(np.zeros((1, 1, 1)), [8330.0, 8370.0], THREE, AT)


@pytest.mark.parametrize("numbers", [[0.5, 0.5, 1.0], [0.0, 1.0, 1.0]])
def test_two_references_of_one_lithium_are_refused(numbers):
    with pytest.raises(InputError, match="two different numbers"):
        mixed_spectra(np.zeros((1, 1, 1)), GRID, THREE, numbers)


def test_the_point_spread_keeps_what_is_there_and_has_its_width():
    dot = np.zeros((1, 41, 21, 21))
    dot[0, 20, 10, 10] = 1
    seen = seen_spectra(dot, 0.0, psf=(3.0, 2.0, 0.0))[0]
    x, y = (np.arange(n) - n // 2 for n in (41, 21))
    assert seen.sum() == pytest.approx(1, abs=1e-6) and (seen[:, :, 11] == 0).all()
    assert (seen.sum(axis=(1, 2)) * x**2).sum() == pytest.approx(9, rel=0.02)
    assert (seen.sum(axis=(0, 2)) * y**2).sum() == pytest.approx(4, rel=0.02)


def test_noise_is_of_its_own_everywhere_and_of_the_seed():
    still = np.zeros((2, 30, 30, 30), np.float32)
    first, again, other = (seen_spectra(still, 0.05, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    for one in (*first, *(first - other) / np.sqrt(2)):
        assert one.std() == pytest.approx(0.05, rel=0.02)
    assert abs(np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1]) < 0.02
