"""Words for people: columns under their titles, values at five digits, shapes and lengths."""

import pytest

from microsim.base.words import aligned, beyond, cell, lengths_nm, rounded, times, titled, voxels_of


def test_columns_stand_under_their_titles():
    lines = aligned(("name", "n"), [("pore", 0.123456789), ("a longer name", None)]).split("\n")
    assert lines == ["name           n", "pore           0.12346", "a longer name  -"]
    assert aligned(("alone",), []) == "alone"
    with pytest.raises(ValueError):
        aligned(("a", "b"), [("1", "2", "3")])


@pytest.mark.parametrize(("value", "said"), [(None, "-"), (1e-9 / 3, "3.3333e-10"), (12, "12"), ("x", "x")])
def test_a_value_has_five_digits(value, said):
    assert cell(value) == said


def test_shapes_and_lengths():
    assert times((64, 48)) == "64 x 48" and lengths_nm((3.98e-7, 1e-6)) == "398 x 1000"


def test_a_volume_is_so_many_voxels_of_a_size():
    assert voxels_of((6, 4, 2), (3.98e-7,) * 3) == "6 x 4 x 2 voxels of 398 x 398 x 398 nm"
    assert voxels_of((6, 4, 2), None) == "6 x 4 x 2 voxels of unknown size"


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(12688.4, 4, "12690"), (2234.0, 2, "2200"), (502.1, 2, "500"), (0.003217, 2, "0.0032"), (0.0, 2, "0")],
)
def test_grey_values_are_no_powers_of_ten(value, digits, said):
    assert rounded(value, digits) == said


def test_a_title_stands_in_for_a_message_that_is_missing():
    told = []
    said = titled(lambda *words: told.append(words), "solve")
    said(1, 2)
    said(1, 2, "own")
    assert told == [(1, 2, "solve"), (1, 2, "own")] and titled(None, "solve") is None


@pytest.mark.parametrize(
    ("value", "rounding", "said"),
    [(-6.8e-8, 2.2e-7, "0 +- 2e-07"), (6.8e-7, 2.2e-7, "6.8e-07"), (3e-9, 0, "3e-09"), (None, 1.0, "-")],
)
def test_rounding_is_zero_with_its_size(value, rounding, said):
    assert beyond(value, rounding) == said
