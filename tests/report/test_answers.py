"""The first screen says what was asked, what came out, how well it agrees and what limits the electrode."""

import numpy as np
import pytest

from microsim.report.answers import answers

from .analysed import heterogeneity, overpotentials


def told(run, comparisons=None, case=None, **more):
    found = answers(
        run["case"] if case is None else case,
        {**run["result"], **more},
        run["grid"],
        run["comparisons"] if comparisons is None else comparisons,
    )
    return {question: text.replace("\N{NARROW NO-BREAK SPACE}", " ") for question, text in found}


def test_all_four_questions_are_answered_with_figures(run):
    text = told(run, overpotentials=overpotentials(), heterogeneity=heterogeneity())
    assert list(text) == ["Asked", "Answer", "Agreement", "What limits it"]
    assert "Discharge at C/2 until 3.5 V, on 16 × 12 × 10 voxels of 0.4 × 0.4 × 0.4 µm" in text["Asked"]
    assert "150.1 mAh g⁻¹ at a mean voltage of 3.700 V" in text["Answer"] and "no interval" in text["Answer"]
    assert "where the noise alone gives 0.02" in text["Agreement"] and "95 %" in text["Agreement"]
    # kinetic rises from 20 to 50 mV in a line and film is 10 mV: 35 and 10 of 45 mV
    assert "45.0 mV stand between" in text["What limits it"]
    assert "kinetic, 35.0 mV (78 %) and then film, 10.0 mV (22 %)" in text["What limits it"]
    assert "0.13 between particles" in text["What limits it"]


@pytest.mark.parametrize(
    ("most", "cause"),
    [
        ("std_between", "particles of different size"),
        ("std_within", "slow to move within"),
        ("std_over_depth", "uneven from separator to collector"),
    ],
)
def test_the_largest_spread_is_named(run, most, cause):
    found = heterogeneity()
    found["times"] |= {name: [0.0, 0.1, 0.1, 0.1] for name in ("std_between", "std_within", "std_over_depth")}
    found["times"][most] = [0.0, 0.1, 0.1, 0.2]
    assert cause in told(run, heterogeneity=found)["What limits it"]


def test_what_takes_no_part_is_said_before_what_limits_the_rest(run):
    """Over all material most lies between particles, for some of them are dead; of the rest, within."""
    found = heterogeneity()
    found["times"] |= {
        "share_taking_part": [1.0, 0.8, 0.8, 0.8],
        "std": [0.0, 0.1, 0.1, 0.2],
        "std_between": [0.0, 0.1, 0.1, 0.19],
        "std_between_taking_part": [0.0, 0.1, 0.1, 0.02],
        "std_within_taking_part": [0.0, 0.1, 0.1, 0.05],
        "std_over_depth_taking_part": [0.0, 0.1, 0.1, 0.01],
    }
    said = told(run, heterogeneity=found)["What limits it"]
    assert "by 0.20 over all of the active material, 20.0 % of which takes no part" in said
    assert "of the rest by 0.020 between particles, 0.050 within them" in said and "slow to move" in said
    assert "0.19" not in said


def test_draws_give_the_interval(run):
    text = told(run, draws=8, intervals={"capacity_mAh_g": [148.0, 152.0]})["Answer"]
    assert "150.1 mAh g⁻¹ (148.0 to 152.0)" in text and "8 draws" in text


def test_what_is_not_there_is_not_made_up(run):
    text = told(run, comparisons=())
    assert text["Agreement"] == "Nothing measured was given to compare with." and "What limits it" not in text
    empty = answers({}, {}, run["grid"])
    assert empty == [("Agreement", "Nothing measured was given to compare with.")]


def test_a_map_that_could_not_be_compared_says_why(run):
    text = told(run, comparisons=["The map does not overlap.", run["comparisons"][0]])["Agreement"]
    assert text.startswith("1: The map does not overlap. 2: The model")


def test_a_long_protocol_is_cut(run):
    text = told(run, case={"protocol": ["Rest for 1 h"] * 5})["Asked"]
    assert text.count("Rest for 1 h") == 3 and "and 2 more steps" in text


def test_a_rest_has_no_limit(run):
    still = heterogeneity()
    still["times"] |= {name: [0.0] * 4 for name in ("std_between", "std_within", "std_over_depth")}
    assert "What limits it" not in told(run, heterogeneity={**still, "ends": []})
    assert "What limits it" not in told(run, heterogeneity=still)


def of_two_more_steps(capacity, kinetic):
    """The made-up discharge, with further steps of two rows each: their capacities and kinetic parts."""
    found = overpotentials()
    for number, (begin, end, part) in enumerate(zip(capacity, capacity[1:], kinetic), 2):
        found["capacity_mAh_g"] += [begin, end]
        found["step"] += [number] * 2
        found["step_name"] += [f"step {number}"] * 2
        found["total_V"] += [part] * 2
        found["parts_V"] = {
            name: np.append(values, [part * (name == "kinetic")] * 2)
            for name, values in found["parts_V"].items()
        }
    return found


def test_what_limits_is_of_the_last_discharge_and_not_of_a_charge_after_it(run):
    """The spread beside it is that of the end of the discharge."""
    text = told(run, overpotentials=of_two_more_steps([100.0, 50.0], [-0.3]), heterogeneity=heterogeneity())
    assert text["What limits it"].startswith("Over Discharge at C/2, on average 45.0 mV stand")


def test_what_limits_is_of_all_steps_of_the_last_discharge(run):
    """100 mAh/g at 45 mV and 50 at 15 mV: 35 mV."""
    text = told(run, overpotentials=of_two_more_steps([100.0, 150.0], [0.015]), heterogeneity=heterogeneity())
    assert text["What limits it"].startswith("Over Discharge at C/2; step 2, on average 35.0 mV stand")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            {"repeat": 3, "steps": ["Discharge at 1C", "Rest for 1 h"]},
            "3 times (Discharge at 1C; Rest for 1 h)",
        ),
        (
            {"repeat": 2, "steps": ["Rest for 1 s"], "until_voltage_V": 3.5},
            "2 times (Rest for 1 s), until 3.5 V",
        ),
        ({"profile": "drives/wltp.csv", "quantity": "c_rate"}, "Profile wltp.csv"),
        ({"file": "cell.mpt", "mass_mg": 7.7}, "Steps of cell.mpt"),
    ],
)
def test_a_step_that_is_no_text_is_worded(run, step, words):
    asked = told(run, case={**run["case"], "protocol": [step]})["Asked"]
    assert asked.startswith(f"{words}, on")
