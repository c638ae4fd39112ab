"""The section of a measured curve on the page of a run."""

import numpy as np

from microsim.curves.curve import MeasuredCurve
from microsim.curves.scores import score_curve
from microsim.report.pages import compare
from microsim.report.pages.beside import beside_section

T = np.linspace(0, 100, 30)
SCORE = score_curve(MeasuredCurve(T, 4 - T / 100), T, 4 - T / 100)
TOLD = {"read": "read 30 points of a.csv", "notes": ["beside all of the run"], "voltage": "a.csv"}


def test_a_section_says_what_was_read_and_what_was_compared():
    section = beside_section(TOLD, SCORE)
    assert section.lead == "Read 30 points of a.csv. Beside all of the run."
    assert [drawing.name for drawing in section.drawings] == ["comparison_voltage"]


def test_curves_and_refusals_stand_in_their_order():
    asked = [TOLD, {"spectrum": "b.csv"}]
    first, second = compare.comparison_sections(asked, [SCORE, "the run never came there"])
    assert (first.anchor, second.anchor) == ("comparison_1", "comparison_2")
    assert (second.title, second.note) == ("Comparison with b.csv", "the run never came there")
    assert compare.cards(SCORE)[0].name == "Voltage, RMSE"
