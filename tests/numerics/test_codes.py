"""Codes in arrays differ, fit a byte, and are those that words stand for."""

import numpy as np

from microsim.numerics import codes
from microsim.numerics.staggered import SIDES


def test_states_and_sides_differ_and_fit_a_byte():
    for group in (("DRY", "WET", "CLOSED"), ("WRAP", "FREE", "NO_SLIP")):
        values = [getattr(codes, name) for name in group]
        assert len(set(values)) == 3 and [int(np.uint8(value)) for value in values] == values
    assert codes.DRY == 0  # what a fresh array of zeros says


def test_sides_by_name_are_these_codes():
    assert SIDES == {"periodic": codes.WRAP, "symmetry": codes.FREE, "no-slip": codes.NO_SLIP}


def test_margins_are_small_and_above_round_off():
    assert 1e3 * np.finfo(float).eps < codes.EDGE < 1e-6 and np.finfo(np.float32).eps < codes.TIE < 0.01
