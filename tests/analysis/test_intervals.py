"""Intervals from draws: the formula by hand, what has none, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from microsim.analysis.intervals import meaning, rows_of, spread_interval, spread_intervals

T4 = 2.7764451051977987  # Student, 97.5 %, four degrees


def test_the_distance_of_the_draws_from_the_value_counts():
    low, high = spread_interval(-1.0, [1.0, -3.0, 1.0, -3.0])
    assert (low, high) == pytest.approx((-1 - 2 * T4, -1 + 2 * T4))
    off = spread_interval(
        0.0, [-1.0, -1.0, -1.0, -1.0]
    )  # a step that shifts a number each time has shifted it, too
    assert off == pytest.approx([-T4, T4])


def test_no_number_leaves_its_scale():
    assert spread_interval(2.0, [4.0, 1.0, 4.0, 1.0]) == pytest.approx([2 / 2**T4, 2 * 2**T4])
    low, high = spread_interval(0.9, [0.99, 0.7, 0.95, 0.8])
    assert 0 < low < 0.9 < high < 1 and low / (1 - low) * high / (1 - high) == pytest.approx(81)
    assert spread_interval(0.0, [0.0, 0.3])[0] == 0.0
    bias = spread_intervals(
        {"bias": 0.01, "rmse": 0.01}, [{"bias": 0.03, "rmse": 0.03}, {"bias": 0.02, "rmse": 0.02}]
    )
    assert bias["bias"][0] < 0 < bias["rmse"][0]


@pytest.mark.parametrize("name", ["eps", "volume_fraction", "active_share", "mean_sphericity"])
def test_no_share_passes_1(name):
    for value, draws in ((1.0, [0.6, 0.9]), (0.99, [1.0, 0.7]), (0.0, [0.5, 0.9]), (0.9, [0.99, 0.3])):
        low, high = spread_intervals({name: value}, [{name: one} for one in draws])[name]
        assert 0 <= low <= value <= high <= 1


def test_no_tau_falls_below_1():
    draws = [{"axes": {"x": {"tau": one}}} for one in (1.6, 1.01)]
    low, high = spread_intervals({"axes": {"x": {"tau": 1.1}}}, draws)["axes"]["x"]["tau"]
    assert low > 1 and (low - 1) * (high - 1) == pytest.approx(0.1**2)
    assert spread_intervals({"tau_s": 1.1}, [{"tau_s": 1.6}, {"tau_s": 1.01}])["tau_s"][0] < 1  # a time


def test_plain_data_keep_their_shape():
    value = {
        "axes": {"x": {"tau": 2.0, "seconds": 1.0, "eps": 0.5}},
        "solver": "m",
        "flag": True,
        "none": None,
    }
    value |= {"Z": [1.0, 2.0], "steps": [{"a": 1.0, "name": "x"}, {"a": 5.0, "name": "y"}], "few": [1, 2]}
    draws = []
    for by in (1.1, 0.9):
        one = {"axes": {"x": {"tau": 2.0 * by, "seconds": by, "eps": 0.5}}, "solver": "m", "flag": False}
        one |= {"Z": [1.0, 2 * by], "steps": [{"a": 1.0}, {"a": 5 * by}], "few": [1], "none": by}
        draws.append(one)
    found = spread_intervals(value, draws)
    assert set(found) == {"axes", "Z", "steps"} and set(found["axes"]["x"]) == {"tau"}
    low, high = found["Z"]
    assert low[0] == high[0] == 1.0 and low[1] < 2 < high[1]
    assert found["steps"][0] == {} and len(found["steps"][1]["a"]) == 2
    names = [name for name, *_ in rows_of(value, found)]
    assert names == ["axes x tau", "steps 1 a"]


def test_a_number_that_a_draw_does_not_have_has_no_interval():
    found = spread_intervals({"tau": 2.0}, [{"tau": 2.1}, {"tau": None}])
    assert found == {"tau": None} and rows_of({"tau": 2.0}, found) == [("tau", 2.0, None, None)]
    assert "no interval for tau" in meaning(2, ["tau"]) and "no interval" not in meaning(2)


@pytest.mark.parametrize("count", [2, 8])
def test_95_of_100_hold_a_truth_that_the_value_is_drawn_about(count):
    rng = np.random.default_rng(count)
    held = 0
    for _ in range(2000):
        value = rng.standard_normal()  # about 0
        low, high = spread_interval(value, value + rng.standard_normal(count), reach=(-np.inf, np.inf))
        held += low < 0 < high
    assert held / 2000 == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / 2000))
    assert stats.t.ppf(0.975, 4) == pytest.approx(T4)
