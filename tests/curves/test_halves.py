"""Half cycles: stretches of one sign, with the rests in and between them."""

import numpy as np
import pytest

from microsim.curves.curve import MeasuredCurve
from microsim.curves.halves import flow_signs, half_cycles, sign_runs


@pytest.mark.parametrize(
    ("signs", "runs"),
    [
        ([0, 1, 1, 0, 1, 0], [(1, 4, 1.0)]),  # pulses with rests are one half cycle
        ([1, 1, -1, -1], [(0, 1, 1.0), (2, 3, -1.0)]),
        ([0, 0], []),
        ([-1, 0, 0, 1], [(0, 0, -1.0), (3, 3, 1.0)]),
    ],
)
def test_runs(signs, runs):
    assert sign_runs(np.array(signs, float)) == runs


def test_noise_about_zero_is_a_rest():
    assert flow_signs(np.array([1e-9, -1e-9, 1.0, -2.0, np.nan]), None).tolist() == [0, 0, 1, -1, 0]


def test_the_cycles_of_the_file_are_its_own():
    t, V = np.arange(6.0), np.array([3.0, 3.1, 3.2, 3.2, 3.1, 3.0])
    curve = MeasuredCurve(t, V, np.array([-1.0, -1, -1, 1, 1, 1]), cycle=np.full(6, 7.0))
    assert [(half.direction, half.cycle) for half in half_cycles(curve)] == [("charge", 7), ("discharge", 7)]
