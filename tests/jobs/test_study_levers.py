"""What a study file searches."""

import pytest

from microsim.base.errors import InputError
from microsim.jobs.study_cases import load_study
from microsim.jobs.study_levers import read_search

from .studies import BASE, written

GOAL = {"maximise": "energy_Wh_kg"}
KEY = "volume.slab.thickness_um"


def search(levers, **more):
    return read_search({"objective": GOAL, "levers": levers, **more})


def test_levers_are_ranges_logarithms_whole_numbers_and_choices():
    found = search(
        {
            "a": [40, 300],
            "b": {"low": 1e-15, "high": 1e-13, "log": True},
            "c": {"low": 2, "high": 8, "whole": True},
            "d": {"choices": ["x", "y"]},
        }
    ).levers
    assert [(one.key, one.low, one.high) for one in found[:2]] == [("a", 40, 300), ("b", 1e-15, 1e-13)]
    assert found[1].log and found[2].whole and found[3].choices == ("x", "y") and not found[0].whole


def test_a_third_of_a_small_budget_fills_the_box():
    assert search({"a": [0, 1]}).budget == 40 and search({"a": [0, 1]}).first == 8
    assert search({"a": [0, 1]}, optimise={"budget": 10}).first == 5
    assert search({"a": [0, 1]}, optimise={"budget": 3}).first == 3
    assert read_search({"sweep": {"a": [1]}}) is None


@pytest.mark.parametrize(
    ("levers", "words"),
    [
        ({"a": [1]}, "expected [from, to]"),
        ({"a": ["x", "y"]}, "choices"),
        ({"a": [3, 3]}, "low below high"),
        ({"a": {"low": 0, "high": 1, "log": True}}, "above zero"),
        ({"a": {"low": 0.5, "high": 3, "whole": True}}, "whole numbers"),
        ({"a": {"low": 0}}, "levers.a.high: expected"),
        ({"a": {"choices": ["x"]}}, "two or more"),
        ({"a": {"choices": ["x", "x"]}}, "differ"),
        ({}, "levers: expected"),
        (5, "levers: expected"),
    ],
)
def test_mistakes_in_a_lever_are_one_sentence(levers, words):
    with pytest.raises(InputError) as caught:
        search(levers)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"objective": GOAL}, "levers: expected it beside objective"),
        ({"optimise": {"budget": 3}}, "objective: expected it beside optimise"),
        ({"objective": GOAL, "levers": {"a": [0, 1]}, "sweep": {"b": [1]}}, "sweep: expected levers alone"),
        ({"objective": GOAL, "levers": {"a": [0, 1]}, "optimise": {"budget": 1}}, "optimise.budget"),
        ({"objective": GOAL, "levers": {"a": [0, 1]}, "optimise": {"runs": 9}}, "known key"),
    ],
)
def test_mistakes_in_a_search_are_one_sentence(raw, words):
    with pytest.raises(InputError) as caught:
        read_search(raw)
    assert words in str(caught.value)


def test_a_point_of_a_study_is_a_case(tmp_path):
    body = (
        f"set: {{volume.slab.cells: 6}}\nobjective: {{maximise: energy_Wh_kg}}\nlevers: {{{KEY}: [40, 90]}}\n"
    )
    study = load_study(written(tmp_path / "s.yaml", body))
    variant = study.point("point-0001", (50.0,))
    assert study.keys == (KEY,) and study.variants == ()
    assert variant.case.volume.slab.thickness == pytest.approx(50e-6) and variant.case.volume.slab.cells == 6
    assert variant.name == "point-0001" and variant.swept == {KEY: 50.0}
    other = load_study(written(tmp_path / "t.yaml", body.replace("cells: 6", "cells: 7")))
    assert study.sha256 != other.sha256


@pytest.mark.parametrize("name", ["design", "design_tiny"])
def test_the_examples_read(name):
    study = load_study(BASE.parents[1] / "studies" / f"{name}.yaml")
    middle = study.point("", (150.0, 0.3))
    assert middle.case and middle.case.cell.nominal_current_density is None
