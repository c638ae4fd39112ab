"""Figures of a measured curve."""

import numpy as np
import pytest

from microsim.curves.curve import read_measured_curve
from microsim.report.measured_figures import curve_figure


@pytest.fixture
def curve(tmp_path):
    t = np.arange(0, 200.0)
    rows = [f"{s},{3 + s / 100 if s < 100 else 5 - s / 100},{1 if s < 100 else -1}" for s in t]
    (tmp_path / "a.csv").write_text("\n".join(["t/s,V/V,I/mA", *rows]))
    return read_measured_curve(tmp_path / "a.csv", half_cycle="all")


def test_half_cycles_over_their_charge(curve):
    (axes,) = curve_figure(curve, {}, ("mAh", 3.6)).axes
    charge, discharge = axes.lines
    assert charge.get_xdata()[-1] == pytest.approx(0.1 / 3.6, rel=0.02)
    assert discharge.get_ydata()[-1] < discharge.get_ydata()[0]
    assert charge.get_color() != discharge.get_color()


def test_dq_dv_of_a_discharge_is_drawn_below_zero(curve):
    slope = {1: (np.array([3.2, 3.4]), np.array([3.6, 3.6])), 2: (np.array([3.2, 3.4]), np.array([3.6, 3.6]))}
    _, lower = curve_figure(curve, slope, ("mAh", 3.6)).axes
    assert [np.sign(line.get_ydata()[0]) for line in lower.lines] == [1, -1]
