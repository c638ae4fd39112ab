"""What a cell of a file holds."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.raw import RawTable, number_of


@pytest.mark.parametrize(
    ("cell", "comma", "value"),
    [
        ("3.7", False, 3.7),
        (" -1.5E-003 ", False, -1.5e-3),
        ("3,7", True, 3.7),
        ("0:01:30.5", False, 90.5),
        ("1-02:03:04", False, 86400 + 2 * 3600 + 184),
        ("100:00:00,5", True, 360000.5),
    ],
)
def test_numbers(cell, comma, value):
    assert number_of(cell, comma) == pytest.approx(value)


@pytest.mark.parametrize("cell", ["", "NaN", "-", "N/A"])
def test_a_blank_is_no_number_and_no_word(cell):
    assert np.isnan(number_of(cell))


@pytest.mark.parametrize("cell", ["3,7", "CC_DChg", "1.2.3", "2022-07-26"])
def test_words_are_none(cell):
    assert number_of(cell) is None


def test_a_word_in_a_column_is_refused_with_its_line():
    table = RawTable(("t", "V"), [["0", "3.7"], ["1", "err"]], [4, 5], "a.csv")
    with pytest.raises(InputError, match=r"a\.csv, line 5: expected a number in 'V', got 'err'"):
        table.numbers(1)
