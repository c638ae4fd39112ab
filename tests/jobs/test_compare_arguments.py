"""Arguments of compare, read from Python and from the words of a command line."""

from typing import get_args

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.compare_arguments import Noise, Place, PointSpread


def read(declared, given):
    return get_args(declared)[1].read(given, "it")


def test_a_point_spread_is_one_length_or_three():
    assert read(PointSpread, "340 nm") == (3.4e-7,) * 3 and read(PointSpread, (0, 0, 1e-7)) == (0, 0, 1e-7)
    assert read(PointSpread, np.array([0, 0, 1e-7])) == (0, 0, 1e-7)
    for wrong in ((1e-7, 1e-7), -1e-7, 1.0, np.zeros(2)):
        with pytest.raises(InputError, match="expected one length from 0 to 10 mm or three"):
            read(PointSpread, wrong)


def test_a_corner_is_three_lengths():
    assert read(Place, ("1 um", 0, 0)) == (1e-6, 0, 0)
    assert read(Place, np.array([1e-6, 0, 0])) == (1e-6, 0, 0) and read(Place, 0) == (0, 0, 0)
    for wrong in ((0, 0), 3.2e-6, "3.2 um", np.zeros((2, 3)), np.array(1e-6)):
        with pytest.raises(InputError, match="it: expected three lengths x, y, z, got"):
            read(Place, wrong)
    typed = get_args(Place)[1].text
    assert typed("1,0,0", "--origin-um") == (1e-6, 0, 0) and typed("0", "--origin-um") == (0, 0, 0)
    with pytest.raises(InputError, match="--origin-um: expected three numbers .x, y, z., got .3.2."):
        typed("3.2", "--origin-um")


def test_a_noise_is_a_number_above_0_and_not_per_cent_or_a_file():
    assert read(Noise, "0.02") == 0.02 and read(Noise, "sigma.tif") == "sigma.tif"
    for wrong in (0, -1, 2.0, "nan"):
        with pytest.raises(InputError, match="it: expected"):
            read(Noise, wrong)
