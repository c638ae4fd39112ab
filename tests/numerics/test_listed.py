"""Few different values in a byte an entry are the array they stand for."""

import numpy as np
import pytest

from microsim.numerics.listed import PIECE, Listed


@pytest.mark.parametrize("shape", [(0,), (7,), (5, 6), (PIECE // 3, 6)])
def test_a_list_of_few_values_is_the_array(shape):
    values = np.random.default_rng(0).choice(np.array([0.0, 0.5, 1.0, 2 / 3], np.float32), shape)
    listed = Listed.of(values)
    assert np.array_equal(np.asarray(listed), values) and np.asarray(listed).dtype == np.float32
    assert listed.places.nbytes == values.size and Listed.of(listed) is listed


def test_an_array_of_many_values_stays_as_it_is():
    most, many = np.arange(256.0), np.arange(257.0)
    assert np.array_equal(np.asarray(Listed.of(most[::-1])), most[::-1])
    assert Listed.of(many) is many


def test_it_is_the_array_in_arithmetic_and_functions():
    values = np.random.default_rng(1).choice([0.0, 0.25, 3.0], 50)
    listed, x = Listed.of(values), np.arange(50.0)
    assert np.array_equal(listed * x, values * x) and np.array_equal(x - listed, x - values)
    assert (
        listed @ x == values @ x
        and np.sum(listed) == values.sum()
        and np.array_equal(listed == 3, values == 3)
    )
    assert np.array_equal(listed[10:20], values[10:20]) and listed[7] == values[7] and len(listed) == 50
    assert np.array_equal(Listed.of(2 * listed)[[3, 1]], 2 * values[[3, 1]])


def test_one_value_takes_no_memory():
    listed = Listed.of(np.full((1000, 6), 0.5))
    assert listed.places.strides == (0, 0) and np.array_equal(np.asarray(listed), np.full((1000, 6), 0.5))
