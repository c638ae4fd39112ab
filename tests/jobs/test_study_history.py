"""What a search has tried, kept in its folder."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.jobs.study_history import FAILED, RAN, History
from microsim.jobs.study_levers import read_search
from microsim.numerics.search import Told

RAW = {
    "objective": {"minimise": "std_sto"},
    "constraints": {"capacity_mAh_g": {"at_least": 100}},
    "levers": {"a": [0, 1]},
    "optimise": {"budget": 8, "seed": 1},
}


def history(folder, base="abc", **more):
    return History(folder, read_search({**RAW, **more}), base)


def test_points_come_back_to_the_last_digit(tmp_path):
    one = history(tmp_path)
    one.ask([(0.1 + 0.2,), (1 / 3,), (0.5,)])
    one.tell("point-0001", status=RAN, objectives=(0.07,), limited=(99.0,))
    one.tell("point-0003", status=FAILED, message="it broke", build="x")
    other = history(tmp_path).read()
    assert other.points == one.points and other.points[0].values == (0.1 + 0.2,)
    assert other.told() == [Told((0.1 + 0.2,), (-0.07,), (1.0,)), Told((0.5,))]


def test_a_search_goes_on_with_a_larger_budget_and_refuses_another(tmp_path):
    history(tmp_path).ask([(0.5,)])
    assert len(history(tmp_path, optimise={"budget": 30, "seed": 1}).read().points) == 1
    for more, words in (
        ({"base": "other"}, "base"),
        ({"levers": {"a": [0, 2]}}, "levers"),
        ({"optimise": {"budget": 8, "seed": 2}}, "seed"),
    ):
        with pytest.raises(InputError) as caught:
            history(tmp_path, **more).read()
        assert f"another {words};" in str(caught.value)


def test_the_first_points_stay_as_many_as_they_were(tmp_path):
    """A larger budget does not change what a search began with."""
    few = history(tmp_path)
    few.ask([(0.5,)])
    assert few.first == 4 and history(tmp_path, optimise={"budget": 30, "seed": 1}).read().first == 4


@pytest.mark.parametrize("content", ["", "{}", '{"search": 1, "first": 1, "points": [{"x": 1}]}', "[1]"])
def test_a_file_that_is_none_is_one_sentence(tmp_path, content):
    (tmp_path / "search.json").write_text(content)
    with pytest.raises(InputError, match="another"):
        history(tmp_path).read()


def test_points_whose_results_are_gone_or_failed_elsewhere_are_asked_again(tmp_path):
    one = history(tmp_path)
    one.ask([(0.1,), (0.2,), (0.3,)])
    one.tell("point-0001", status=RAN, objectives=(1.0,), limited=(200.0,))
    one.tell("point-0002", status=RAN, objectives=(2.0,), limited=(200.0,))
    one.tell("point-0003", status=FAILED, message="no", build="of last year")
    one.reopen(lambda point: point.name == "point-0002")
    assert [point.status for point in one.points] == ["asked", "finished", "asked"]
    assert json.loads((tmp_path / "search.json").read_text())["points"][1]["values"] == [0.2]
