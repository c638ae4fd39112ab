import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.masked import all_known, floats, known_values

HIDDEN = np.array([True, False, False])


def test_numbers_and_where_they_hold():
    values, known = known_values(np.ma.masked_array([1, 2, 3], HIDDEN), "MAP")
    assert values.tolist() == [1, 2, 3] and known.tolist() == [False, True, True]
    assert known_values(np.ma.masked_array([1, 2, 3]), "MAP")[1] is None
    assert known_values([1, 2], "MAP")[1] is None


def test_masked_values_are_none():
    assert np.array_equal(
        floats(np.ma.masked_array([1, 2, 3], HIDDEN), "MAP"), [np.nan, 2, 3], equal_nan=True
    )
    several = [np.ma.masked_array([1, 2, 3], HIDDEN), np.ones(3)]  # numpy's asarray forgets the first's mask
    assert np.isnan(floats(several, "MAP")).tolist() == [HIDDEN.tolist(), [False] * 3]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([[1], [1, 2]], "MAP: expected an array of numbers, got parts of several shapes"),
        (np.ones(2) + 1j, "MAP: expected an array of real numbers, got complex128"),
        (["a"], "MAP: expected an array of real numbers"),
        (None, "MAP: expected an array of real numbers, got object"),
    ],
)
def test_what_holds_no_real_numbers_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        known_values(given, "MAP")


def test_what_must_be_known_everywhere():
    assert all_known([1, 2], "shares of am").tolist() == [1, 2]
    with pytest.raises(InputError, match="shares of am: expected a value everywhere, got 1 masked"):
        all_known(np.ma.masked_array([1, 2, 3], HIDDEN), "shares of am")


class Named:
    """An array that calls its axes, as xarray's do."""

    def __init__(self, values, *dims):
        self.values, self.dims = np.asarray(values), dims

    def __array__(self, dtype=None, copy=None):
        return self.values


CUBE, STACK = np.zeros((1, 2, 3)), np.zeros((2, 1, 1, 1))


@pytest.mark.parametrize(
    ("values", "dims", "order"),
    [
        (CUBE, ("x", "y", "z"), "xyz"),
        (CUBE, ("X", "Y", "z [um]"), "xyz"),
        (CUBE, ("plane", "row", "column"), "xyz"),
        (CUBE, ("time", "y", "z"), "xyz"),
        (CUBE, ("z", "y", "x"), None),  # a caller who has stated the axes
        (STACK, ("energy", "x", "y", "z"), "Exyz"),
    ],
)
def test_axes_that_are_named_as_they_are_taken_pass(values, dims, order):
    assert np.array_equal(known_values(Named(values, *dims), "MAP", order)[0], values)


@pytest.mark.parametrize(
    ("values", "dims", "order", "remedy"),
    [
        (CUBE, ("z", "y", "x"), "xyz", r"calls them z, y, x; give .transpose\('x', 'y', 'z'\)"),
        (CUBE, ("time", "Y", "X"), "xyz", r"calls them time, Y, X; give .transpose\('time', 'X', 'Y'\)"),
        (CUBE, ("x", "y", "energy (eV)"), "Exyz", r"give .transpose\('energy \(eV\)', 'x', 'y'\)"),
        (CUBE, ("eV", "y", "x"), "Exyz", r"give .transpose\('eV', 'x', 'y'\)"),
    ],
)
def test_axes_named_in_another_order_are_asked_about(values, dims, order, remedy):
    with pytest.raises(InputError, match="MAP: expected the axes .* in this order.*" + remedy):
        known_values(Named(values, *dims), "MAP", order)
