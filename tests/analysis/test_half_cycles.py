"""Steps of one direction that follow each other, rests between them, are one charge or discharge."""

import pytest

from microsim.analysis.half_cycles import charges_and_discharges, last_discharge_of, words_of_steps


def step(name, capacity, volts, time, **more):
    return {"name": name, "capacity_mAh_g": capacity, "mean_voltage_V": volts, "time_s": time, **more}


def test_rests_and_directions_part_them():
    assert charges_and_discharges([5, 0, 1e-9, 2, -7, 0, -1, 3]) == [(1, [0, 3]), (-1, [4, 6]), (1, [7])]
    assert charges_and_discharges([]) == [] and charges_and_discharges([0.0, 0.0]) == []
    assert charges_and_discharges([1e-15, -1e-15], largest=10.0) == []


def test_a_discharge_that_goes_on_at_a_held_voltage_is_one():
    """It had the capacity of the hold alone beside the mean voltage of the discharge: 5.9 mAh/g of 44.9."""
    steps = [
        step("Charge at C/2 until 4.2 V", -40.0, 4.1, 3000.0, energy_Wh_kg=-9.0),
        step("Discharge at C/2 until 4.0 V", 39.0, 4.1, 1800.0, energy_Wh_kg=72.0, end_reason="voltage"),
        step("Rest for 1 h", 0.0, 4.02, 3600.0, energy_Wh_kg=0.0),
        step("Hold at 4.0 V until C/20", 6.0, 4.0, 600.0, energy_Wh_kg=11.0, end_reason="current"),
        step("Rest for 1 h", 0.0, 4.01, 3600.0),
    ]
    found = last_discharge_of(steps)
    assert (
        found["steps"] == [1, 3] and found["name"] == "Discharge at C/2 until 4.0 V; Hold at 4.0 V until C/20"
    )
    assert (found["capacity_mAh_g"], found["energy_Wh_kg"]) == (45.0, 83.0)
    assert found["mean_voltage_V"] == pytest.approx((4.1 * 1800 + 4.0 * 600) / 2400)
    assert found["end_reason"] == "current" and found["energy_Wh_L"] is None
    assert last_discharge_of(steps[:1]) == {} and last_discharge_of([]) == {}


def test_two_steps_are_what_one_is():
    one = last_discharge_of([step("a", 30.0, 3.9, 1200.0, areal_energy_mWh_cm2=1.2)])
    two = last_discharge_of(
        [
            step("b", 15.0, 4.0, 600.0, areal_energy_mWh_cm2=0.7),
            step("c", 15.0, 3.8, 600.0, areal_energy_mWh_cm2=0.5),
        ]
    )
    for key in ("capacity_mAh_g", "mean_voltage_V", "areal_energy_mWh_cm2"):
        assert one[key] == pytest.approx(two[key])


def test_many_steps_are_counted():
    assert words_of_steps(["a"]) == "a" and words_of_steps(["a", "b", "c"]) == "3 steps from a to c"
    assert words_of_steps(["a", "a"]) == "a; a" and words_of_steps(["a", "a", "a"]) == "3 times a"
