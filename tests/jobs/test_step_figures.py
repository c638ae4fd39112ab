"""Figures of a study's steps: what stands in an expression, what it comes to, and what is refused."""

import json
import math

import pytest

from microsim.base.errors import InputError
from microsim.jobs.step_figures import StepFigure

NUMBERS = {
    "tau": {"axes": {"x": {"tau": 2.5}, "y": {"tau": None}}, "a-b": 4},
    "cei": {
        "cases": [{"name": "none", "mAh": 120.0}, {"name": "thick", "mAh": 90.0}],
        "x": [0, 2, 1],
        "y": [1, 1, 3, 3],
        "z": [0, 1, 1, 4],
        "V": [4.2, 3.8, 3.4],
        "q": [0, 60, 150],
        "loop": [3.0, 4.2, 3.0],
        "one": [5],
    },
}


def read(text, folder="."):
    return StepFigure(text, NUMBERS, "rows.0")(NUMBERS, folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tau.axes.x.tau", 2.5),
        ('tau["a-b"] ** 2', 16),
        ('100 * (1 - pick(cei.cases, "name", "thick").mAh / pick(cei.cases, "name", "none").mAh)', 25),
        ('mean(each(cei.cases, "mAh"))', 105),
        ("last(cei.x) + cei.x[-2] - -min(cei.x)", 3),
        ("interp(3.6, cei.V, cei.q)", 105),  # falling as well
        ("interp(4.2, cei.V, cei.q)", 0),
        ("sum(interp(cei.V, cei.V, cei.q)) - sum(cei.q)", 0),
        ("average(cei.q, cei.V)", 67.5),
        ("correlation(cei.x, cei.x)", 1),
        ("std(cei.q) ** 2", 3800),  # over n
        ("average(cei.y, cei.z)", 2.5),  # 1 over one, 3 over the three others
        ("log10(1000) + sqrt(4) + len(cei.x)", 8),
        ("tau.axes.y.tau", None),
    ],
)
def test_an_expression_comes_to_its_figure(text, expected):
    found = read(text)
    assert found is None if expected is None else math.isclose(found, expected, rel_tol=1e-12)


def test_a_file_that_a_step_wrote_is_read(tmp_path):
    (tmp_path / "cei").mkdir()
    (tmp_path / "cei" / "result.json").write_text(json.dumps({"capacity": 3.5}))
    figure = StepFigure('read("cei/result.json").capacity', NUMBERS, "rows.0")
    assert figure(NUMBERS, tmp_path) == 3.5 and figure.used == {"cei"}


@pytest.mark.parametrize(
    "text",
    [
        "other.key",
        "__import__('os').getcwd()",
        "tau.axes if tau else 3",
        "[x for x in cei.x]",
        'read("../secret.json")',
        'read("/etc/hostname")',
        "tau axes",
        "cei.cases.sort(key=1)",
        "(lambda: 1)()",
    ],
)
def test_what_is_no_figure_is_refused_before_anything_runs(text):
    with pytest.raises(InputError, match=r"^rows\.0: expected"):
        StepFigure(text, NUMBERS, "rows.0")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("tau.axes.q.tau", "expected q in tau.axes, got x and y|expected q in tau.axes, got x, y"),
        ("tau.axes", "one number"),
        ("tau.axes.x.tau / 0", "one number"),
        ("9 ** 9 ** 9 ** 9", "one number"),
        ("tau.axes.y.tau * 2", "got null for tau.axes.y.tau"),
        ('pick(cei.cases, "name", "some")', "got none, thick|got none and thick"),
        ("cei.x[7]", "expected 7"),
        ("interp(3.0, cei.V, cei.q)", r"got 3, where the x go from 3\.4 to 4\.2"),
        ("interp(3.5, cei.loop, cei.q)", "one branch"),
        ("interp(3.5, cei.x, cei.x)", "one branch"),
        ("interp(1, cei.z, cei.y)", "a jump at 1, from 1 to 3"),
        ("interp(3.5, cei.V, cei.y)", "lists of 3 and 4 numbers|lists of 3, 4 numbers"),
        ("average(cei.q, cei.loop)", "one branch"),
        ("average(cei.one, cei.one)", "lists of 1 numbers"),
        ("std(cei.one)", "lists of 1 numbers"),
        ("correlation(cei.V[0], cei.V[0])", "lists of 0 numbers"),
        ("correlation(cei.one, cei.one)", "3 or more"),
        ("(-8) ** (1 / 3)", "one number"),
        ('read("cei/none.json").x', "expected JSON"),
    ],
)
def test_a_figure_that_is_not_there_is_a_sentence(text, named, tmp_path):
    with pytest.raises(InputError, match=named):
        read(text, tmp_path)
