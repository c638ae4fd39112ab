"""Figures of runs side by side."""

import numpy as np
import pytest

from microsim.jobs.record import VoltageCurve
from microsim.report.beside_figures import COLOURS, DASHES, voltage_difference


def curve(rate, level):
    """A discharge of constant slope, 0.001 V per mAh/g."""
    t = np.linspace(0, 1000, 11)
    q = rate * t
    return VoltageCurve(t, np.ones(11), level - 1e-3 * q, q + 7.0, np.zeros(11, int))


def test_the_difference_is_over_what_both_passed():
    q, volts = voltage_difference(curve(0.1, 4.0), curve(0.07, 3.9))
    assert q[0] == 0 and q[-1] == pytest.approx(70) and np.all(np.diff(q) > 0)
    assert volts == pytest.approx(np.full(q.size, -0.1))


def test_six_runs_have_six_looks():
    assert len(set(COLOURS)) == len(COLOURS) == len(DASHES) == len(set(map(str, DASHES))) == 6
