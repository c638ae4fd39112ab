"""Axes by name or by number."""

import numpy as np
import pytest

from microsim.base.axes import axis_names, axis_number
from microsim.base.errors import InputError


def test_numbers_and_names():
    assert [axis_number(axis) for axis in ("x", "y", "z", 0, 1, np.int64(2))] == [0, 1, 2, 0, 1, 2]
    assert (
        axis_names("all") == ("x", "y", "z")
        and axis_names(1) == ("y",)
        and axis_names(("z", 0)) == ("z", "x")
    )


@pytest.mark.parametrize("wrong", ["w", "xy", "", 3, -1, True, None, 1.5, ("x", "w"), ()])
def test_what_is_no_axis(wrong):
    with pytest.raises(InputError, match="^--axis: expected the axis x, y or z"):
        axis_names(wrong, "--axis")
