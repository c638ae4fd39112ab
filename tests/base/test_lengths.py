"""Lengths with their unit, and the one checker of voxel sizes."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.lengths import check_voxel_size, length


@pytest.mark.parametrize(
    ("given", "metres"),
    [
        ("398 nm", 3.98e-7),
        ("0.398um", 3.98e-7),
        ("1.5 µm", 1.5e-6),
        ("1 mm", 1e-3),
        (3e-6, 3e-6),
        (np.float32(1), 1.0),
    ],
)
def test_lengths(given, metres):
    assert length(given) == metres


@pytest.mark.parametrize("given", ["398", "398 pc", "", "nm", None, True, np.nan, "1e400 nm x", [1]])
def test_what_is_no_length(given):
    with pytest.raises(InputError, match='^edge: expected a length .*"398 nm"'):
        length(given, "edge")


def test_voxel_sizes():
    assert check_voxel_size("398 nm") == (3.98e-7,) * 3
    assert check_voxel_size(("1 um", 2e-6, "3000 nm")) == (1e-6, 2e-6, 3e-6)
    with pytest.raises(InputError, match="398 m; check the unit"):
        check_voxel_size(398)
    with pytest.raises(InputError, match="one voxel edge or three"):
        check_voxel_size((1e-6, 1e-6))
