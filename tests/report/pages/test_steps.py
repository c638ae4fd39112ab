"""The page of a study of steps: its tables, the ratios to the source, curves, profiles and pictures."""

import numpy as np
import pytest

from microsim.jobs.study_steps import Shown
from microsim.report.pages import steps as page
from microsim.report.png import to_png
from microsim.report.style import new_figure

STEP = {"name": "a", "status": "finished", "wall_s": 2.0, "peak_memory_bytes": 2e8, "message": ""}
RESULT = {
    "title": "Thick",
    "source": "a paper",
    "about": "",
    "size": "small",
    "rows": [
        {"what": "tau", "value": 3.0, "unit": "", "paper": 1.5, "explained": "cut", "missing": ""},
        {"what": "order", "value": "abc", "unit": "", "paper": "abd", "explained": "", "missing": ""},
        {"what": "drop", "value": None, "unit": "mV", "paper": 4, "explained": "", "missing": "b failed"},
        {"what": "sign", "value": -1, "unit": "", "paper": 1, "explained": "", "missing": ""},
    ],
    "steps": [{**STEP, "command": "microsim info x"}],
    "finished": 1,
    "failed": 0,
}


def test_ratios_are_drawn_where_both_are_numbers_of_one_sign():
    axes = page.figure(result=RESULT).axes[0]
    (points,) = (line for line in axes.lines if line.get_marker() == "o")
    assert list(points.get_xdata()) == [2.0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["tau"]


@pytest.mark.parametrize("there", [True, False])
def test_the_page_holds_tables_curves_profiles_and_pictures(tmp_path, there):
    (tmp_path / "a.png").write_bytes(to_png(new_figure(1)))
    shown = [Shown(voltage=("a",)), Shown(profile="c_e", of=("a",)), Shown(picture="a.png", caption="seen")]
    curves = {"a": (np.array([0, 1.0]), np.array([4, 3.0]))}
    profiles = {"a": {"x_m": [0, 1e-6], "c_e": [1000, 900.0]}}
    page.write(tmp_path, result=RESULT, shown=shown if there else [], curves=curves, profiles=profiles)
    text = (tmp_path / "report.html").read_text()
    assert "Not had: b failed" in text and "microsim info x" in text and "Source: a paper." in text
    assert ("seen." in text) == there
    names = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert names == ({"steps_ratio", "steps_0", "steps_1", "steps_2"} if there else {"steps_ratio"})


@pytest.mark.parametrize(("names", "said"), [((), "thick cei"), (("thick CEI, C/3",), "thick CEI, C/3")])
@pytest.mark.parametrize("kind", ["voltage", "profile"])
def test_the_legend_has_the_names_that_were_given(tmp_path, names, said, kind):
    runs = (
        {"voltage": ("five/thick_cei",)}
        if kind == "voltage"
        else {"profile": "c_e", "of": ("five/thick_cei",)}
    )
    curves, profiles = (
        {"five/thick_cei": ([0, 1], [4, 3])},
        {"five/thick_cei": {"x_m": [0, 1], "c_e": [1, 2.0]}},
    )
    drawn = page._shown_figure(tmp_path, Shown(names=names, **runs), curves, profiles)
    assert drawn.axes[0].lines[0].get_label() == said


def test_profiles_keep_their_units():
    depth = page.ends_figure("c_e", {"a": {"x_m": [0, 2e-6], "c_e": [1, 2.0]}}).axes[0]
    np.testing.assert_allclose(depth.lines[0].get_xdata(), [0, 2])


def test_words_of_the_source_wrap_and_numbers_stand_in_line():
    assert page.rows_table(RESULT).numeric == (1,)
    numbers = {"rows": [row for row in RESULT["rows"] if row["paper"] != "abd"]}
    assert page.rows_table(numbers).numeric == (1, 2)
