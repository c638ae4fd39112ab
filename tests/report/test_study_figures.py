"""Figures of a study: every case where it belongs."""

import numpy as np
import pytest

from microsim.report import study_figures as drawn

CASES = [
    {"name": f"point-000{k}", "label": f"case {k}", "swept": {}, "sweep": [], "capacity_mAh_g": 100.0 + k}
    | {"energy": 10.0 * k, "std": 0.1 * k, "feasible": k != 2, "on_front": k in (1, 3)}
    for k in (1, 2, 3)
]
GOALS = [
    {"name": "energy", "label": "Energy", "unit": "Wh kg⁻¹", "goal": "maximise"},
    {"name": "std", "label": "Spread", "unit": "", "goal": "minimise"},
]


def test_bars_stand_by_their_names():
    (axes,) = drawn.study_names_figure(CASES).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["case 1", "case 2", "case 3"]
    assert [bar.get_width() for bar in axes.patches] == [101.0, 102.0, 103.0]
    assert axes.patches[0].get_y() > axes.patches[1].get_y()  # in order from the top


def test_profiles_are_a_curve_for_each_case_that_has_one():
    profile = {"x_m": [1e-6, 3e-6], "sto": [0.4, None], "c_e": [1000.0, 900.0], "phi_e": [0.0, -0.01]}
    figure = drawn.study_profiles_figure(CASES, [], {"point-0001": profile, "point-0003": profile})
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 2]
    assert figure.axes[1].lines[0].get_xdata() == pytest.approx([1, 3])
    assert np.isnan(figure.axes[0].lines[0].get_ydata()[1])
    assert [text.get_text() for text in figure.axes[2].get_legend().get_texts()] == ["case 3", "case 1"]


def test_progress_marks_what_misses_and_the_best_until_then():
    search = {"objectives": GOALS[:1], "best_so_far": [None, 20.0, 30.0]}
    keeps, misses, best = drawn.study_progress_figure(CASES, search).axes[0].lines
    assert keeps.get_xdata().tolist() == [1, 3] and misses.get_xdata().tolist() == [2]
    assert np.isnan(best.get_ydata()[0]) and best.get_ydata()[1:].tolist() == [20, 30]


def test_a_front_is_joined_and_its_hypervolume_drawn():
    search = {"objectives": GOALS, "hypervolume": [None, 1.0, 4.0]}
    left, right = drawn.study_front_figure(CASES, search).axes
    joined = left.lines[-1]
    assert joined.get_xdata().tolist() == [10, 30] and joined.get_ydata() == pytest.approx([0.1, 0.3])
    assert (left.get_xlabel(), left.get_ylabel()) == ("Energy (Wh kg⁻¹), maximised", "Spread, minimised")
    assert right.lines[0].get_ydata()[1:].tolist() == [1, 4]


def test_many_curves_have_a_count_in_place_of_a_legend():
    few, many = (drawn.new_figure(2).subplots() for _ in range(2))
    for axes, count in ((few, 3), (many, drawn.LEGEND_LINES + 1)):
        for k in range(count):
            axes.plot([0, 1], [k, k], label=f"c{k}")
        drawn.legend_beside(axes)
    assert few.get_legend() and not many.get_legend() and many.texts[0].get_text() == "13 cases"
