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
