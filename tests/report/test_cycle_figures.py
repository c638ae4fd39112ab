"""Capacity, efficiency and retention over the cycles: drawn, said and tabulated."""

import numpy as np

from microsim.report import cycle_figures
from microsim.report.png import to_png

from .analysed import cycles


def test_both_panels_show_what_there_is():
    figure = cycle_figures.cycles_figure(cycles())
    left, right = figure.axes
    assert np.array_equal(left.lines[1].get_ydata(), [180, 170, np.nan], equal_nan=True)
    assert np.allclose(right.lines[0].get_ydata(), [np.nan, 97.14285, np.nan], equal_nan=True)
    assert to_png(figure)[:4] == b"\x89PNG"


def test_caption_tells_the_last_discharge():
    said = cycle_figures.cycles_caption(cycles()).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "After 2 discharges: retention 94.4 %, coulombic efficiency 97.143 %." in said
    assert "the protocol asks for" not in said
    assert "Some end by duration" in cycle_figures.cycles_caption(cycles(charge_ended_by="duration"))


def test_the_table_has_a_dash_for_what_is_not_there():
    rows = cycle_figures.cycles_table(cycles()).rows
    assert rows[0][:5] == ("1", "–", "180.0", "–", "100.00")
    assert rows[1][3] == "97.143" and rows[2][2] == "–"
