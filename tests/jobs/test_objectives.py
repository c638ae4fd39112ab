"""Figures that runs are judged by, goals and limits."""

import pytest

from microsim.base.errors import InputError
from microsim.jobs.objectives import figure_of, figures_of, read_constraints, read_objectives

STEPS = [
    {"name": "Discharge at C/2", "capacity_mAh_g": 200.0, "energy_Wh_kg": 400.0, "mean_voltage_V": 3.8},
    {"name": "Charge at C/2", "capacity_mAh_g": -199.0, "energy_Wh_kg": -410.0},
    {"name": "Discharge at 2C", "capacity_mAh_g": 120.0, "energy_Wh_kg": 220.0, "mean_voltage_V": 3.6},
    {"name": "Rest for 1 h", "capacity_mAh_g": 0.0},
    {"name": "Charge at C/2", "capacity_mAh_g": -100.0},
]
RESULT = {
    "steps": STEPS,
    "validity": {"c_e": {"reached": [120.0, 1500.0]}},
    "heterogeneity": {"times": {"step": [0, 0, 2, 2, 3], "std": [0.0, 0.1, 0.2, 0.3, 0.05]}},
    "plating": {"margin_V": -0.01},
}


def test_figures_are_of_the_last_discharge_or_of_the_step_that_is_asked():
    found = figures_of(RESULT)
    assert (found["capacity_mAh_g"], found["energy_Wh_kg"], found["std_sto"]) == (120.0, 220.0, 0.3)
    assert (found["min_c_e_mol_m3"], found["plating_margin_V"]) == (120.0, -0.01)
    assert found["energy_Wh_L"] is None
    assert figure_of(RESULT, "capacity_mAh_g", 1) == 200.0
    assert figure_of(RESULT, "std_sto", "Discharge at C/2") == 0.1
    assert figure_of(RESULT, "capacity_mAh_g", "Charge at C/2#2") == -100.0
    assert set(figures_of({}).values()) == {None}


def test_figures_of_a_discharge_of_two_steps_are_of_both():
    hold = {"name": "Hold at 3 V until C/10", "capacity_mAh_g": 30.0, "energy_Wh_kg": 50.0}
    result = {"steps": [*STEPS[:3], hold], "heterogeneity": {"times": {"step": [2, 3], "std": [0.3, 0.1]}}}
    found = figures_of(result)
    assert (found["capacity_mAh_g"], found["energy_Wh_kg"], found["std_sto"]) == (150.0, 270.0, 0.1)
    assert figure_of(result, "capacity_mAh_g", 4) == 30.0


@pytest.mark.parametrize("step", [0, 6, "Discharge at 3C", "Charge at C/2#3", "Charge at C/2"])
def test_a_step_that_is_not_one_is_refused(step):
    with pytest.raises(InputError, match="expected a step of the protocol"):
        figure_of(RESULT, "capacity_mAh_g", step)


def test_goals_are_read():
    (one,) = read_objectives({"maximise": "energy_Wh_kg"})
    assert (one.figure, one.step, one.sign, one.name) == ("energy_Wh_kg", None, 1, "energy_Wh_kg")
    two = read_objectives([{"maximise": "capacity_mAh_g", "step": 2}, {"minimise": "std_sto"}])
    assert [(g.name, g.sign) for g in two] == [("capacity_mAh_g of step 2", 1), ("std_sto", -1)]
    assert two[0].told()["basis"] == "per gram of active material" and two[1].told()["goal"] == "minimise"


def test_limits_are_read():
    low, high, other = read_constraints(
        [
            {"capacity_mAh_g": {"at_least": 150, "at_most": 250}},
            {"capacity_mAh_g": {"at_least": 9, "step": 3}},
        ]
    )
    assert (low.miss(140), low.miss(160), high.miss(260)) == (10, -10, 10)
    assert other.name == "capacity_mAh_g of step 3" and read_constraints({"std_sto": {"at_most": 0.1}})


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("energy_Wh_kg", "expected {maximise: FIGURE}"),
        ({"maximise": "energy"}, "objective.maximise: expected"),
        ({"maximise": "std_sto", "minimise": "std_sto"}, "expected {maximise"),
        ({"maximise": "plating_margin_V", "step": 1}, "whole run"),
        ([{"maximise": "std_sto"}, {"minimise": "std_sto"}], "goals that differ"),
        ([], "goals that differ"),
        ({"maximise": "std_sto", "stop": 1}, "expected {maximise"),
        ({"maximise": "std_sto", "step": 0}, "whole number from 1"),
    ],
)
def test_mistakes_in_a_goal_are_one_sentence(raw, words):
    with pytest.raises(InputError) as caught:
        read_objectives(raw)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (3, "constraints: expected"),
        ({"std_sto": 0.1}, "at_least or at_most"),
        ({"std_sto": {"at_least": "much"}}, "expected a number"),
        ({"density": {"at_least": 1}}, "constraints.density: expected"),
        ({"std_sto": {"above": 1}}, "at_least or at_most"),
    ],
)
def test_mistakes_in_a_limit_are_one_sentence(raw, words):
    with pytest.raises(InputError) as caught:
        read_constraints(raw)
    assert words in str(caught.value)
