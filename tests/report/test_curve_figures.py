"""Figures and tables of a computed curve beside a measured one."""

import numpy as np
import pytest

from microsim.curves.curve import MeasuredCurve
from microsim.curves.scores import score_curve, score_spectrum
from microsim.curves.spectrum import MeasuredSpectrum
from microsim.report import curve_figures as figures

T = np.linspace(0, 7200, 300)
CURVE = MeasuredCurve(T, 4 - T / 8000, 2 + 0 * T, 2 * T, "mass", "mass")
FREQ = np.logspace(3, -1, 20)
Z = 1e-3 + 1e-3 / (1 + 2j * np.pi * FREQ * 0.1)


@pytest.fixture
def curve():
    return score_curve(CURVE, T, CURVE.voltage_V + 0.002, sigma=0.001)


@pytest.fixture
def spectrum():
    return score_spectrum(MeasuredSpectrum(FREQ, Z), 1.05 * Z, sigma=0.01)


def test_voltage_with_its_residual_below(curve):
    upper, lower = figures.voltage_beside_figure(curve).axes
    assert [line.get_label() for line in upper.lines] == ["measured", "computed"]
    assert lower.lines[-1].get_ydata() == pytest.approx(2.0)
    assert lower.get_xlabel() == "Time (h)"


@pytest.mark.parametrize(("per", "label"), [("mass", "mAh g"), ("area", "mAh cm"), ("", "Charge (C)")])
def test_by_charge_the_unit_is_that_of_the_measured_curve(per, label):
    curve = MeasuredCurve(None, CURVE.voltage_V, None, 2 * T, "", per)
    score = score_curve(curve, T, CURVE.voltage_V, 2 * T)
    assert label in figures.voltage_beside_figure(score).axes[1].get_xlabel()


def test_an_impedance_in_the_plane_and_over_the_frequency(spectrum):
    nyquist = figures.nyquist_beside_figure(spectrum).axes[0]
    assert nyquist.lines[0].get_xdata() == pytest.approx(1e4 * Z.real)
    left = figures.bode_beside_figure(spectrum).axes[-1]
    assert left.lines[1].get_ydata() == pytest.approx(5 * Z.real / abs(Z))


def test_tables_and_cards_say_the_scores(curve, spectrum):
    rows = dict(row[:2] for row in figures.beside_table(curve).rows)
    assert rows["RMSE (mV)"] == "2.00"
    assert rows["Reduced χ² (1 for the true model)"] == "4.00"
    assert figures.beside_cards(spectrum)[0].value == "5.00"
    assert "RMSE 2.00 mV" in figures.beside_caption(curve)
    assert "grey: one standard deviation" in figures.beside_caption(spectrum)
    bare = score_spectrum(spectrum.of, spectrum.simulated)
    assert "no noise is given" in str(figures.beside_table(bare).rows)
