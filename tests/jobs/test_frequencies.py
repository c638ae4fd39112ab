"""Frequencies as jobs take them."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.frequencies import frequencies


def test_from_to_count_is_even_in_the_logarithm():
    assert frequencies("1e-2:1e2:5", "freq") == pytest.approx([0.01, 0.1, 1, 10, 100])
    assert frequencies([3, 1.0], "freq").tolist() == [3, 1] and frequencies(2, "freq").tolist() == [2]
    assert frequencies(np.array([5.0]), "freq").tolist() == [5]
    assert frequencies(["1", "1e2"], "freq").tolist() == [1, 100]


@pytest.mark.parametrize(
    "given",
    [
        *([], {}, None, "", [[1, 2]], np.zeros((2, 0)), ["a"], [None], True),
        *("1:2", "0:1:3", "1:2:0", "a:b:3", [0.0], [1, -1], "1e300:1e301:3", "1e-300:1:3", [1e20]),
        np.ma.masked_array([1.0, 2.0], [1, 0]),
    ],
)
def test_what_is_none_is_refused(given):
    with pytest.raises(InputError, match="--frequencies: expected"):
        frequencies(given, "--frequencies")
