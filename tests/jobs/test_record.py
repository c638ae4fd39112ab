"""A run's Record in the units that batteries are told in."""

import numpy as np
import pytest

from microsim.analysis.stack import CellStack, Layer
from microsim.base.errors import InputError
from microsim.base.files import write_columns
from microsim.cell.record import Record
from microsim.jobs.record import (
    VoltageCurve,
    balances,
    counts,
    read_curve,
    step_energy,
    step_results,
    voltage_columns,
)

MASS = 2e-6  # kg


def record(*charges):
    later = list(range(1, len(charges)))
    columns = {
        "time_s": [0.0, 10.0, *(10.0 for _ in later)],
        "current_A": [1.0, 1.0, *(1.0 for _ in later)],
        "voltage_V": [4.0, 3.9, *(3.9 for _ in later)],
        "charge_C": [0.0, 7.2, *(7.2 for _ in later)],
        "step": [0, 0, *later],
    }
    steps = [{"name": f"step {k}", "charge_C": charge} for k, charge in enumerate(charges)]
    return Record(columns, steps, newton_iterations=7, time_steps=3, salt_balance_error=np.float64(1e-9))


def test_capacity_is_per_gram_of_active_material():
    columns = voltage_columns(record(), MASS)
    assert list(columns) == ["time_s", "current_A", "voltage_V", "capacity_mAh_g", "step"]
    assert columns["capacity_mAh_g"] == pytest.approx([0, 7.2 / 3.6 / 2e-3])


def test_the_last_discharge_counts():
    found = step_results(record(3.6, -1.8, 7.2, -7.2), MASS)
    assert found["capacity_mAh_g"] == pytest.approx(1000)
    assert [step["capacity_mAh_g"] for step in found["steps"]] == pytest.approx([500, -250, 1000, -1000])
    assert "charge_C" not in found["steps"][0] and found["steps"][0]["name"] == "step 0"
    assert step_results(record(-1.0), MASS)["capacity_mAh_g"] is None


def test_a_discharge_of_several_steps_is_one():
    """Two steps, a rest between them, are what one step of both charges is."""
    found = step_results(record(-3.6, 3.6, 0.0, 7.2), MASS)
    assert found["capacity_mAh_g"] == pytest.approx(1500)
    assert found["last_discharge"]["steps"] == [1, 3]
    assert found["last_discharge"]["name"] == "step 1; step 3"
    assert step_results(record(-1.0), MASS)["last_discharge"] is None


def test_a_stack_tells_what_the_last_discharge_gave_per_area_mass_and_volume():
    """7.2 C between 4.0 and 3.9 V on 2 cm2 and a stack of 0.5 kg m-2, 100 um, with 0.1 V taken off."""
    stack = CellStack(2e-4, 0.1, (Layer("all of it", 1e-4, 0.5),), U_counter=0.1)
    found = step_results(record(7.2, -7.2), MASS, stack)
    assert found["areal_capacity_mAh_cm2"] == pytest.approx(1.0)
    assert found["areal_energy_mWh_cm2"] == pytest.approx(3.85)
    assert found["energy_Wh_kg"] == pytest.approx(3.85 * 10 / 0.5)
    assert found["energy_Wh_L"] == pytest.approx(3.85 * 10 / 0.1)
    assert found["steps"][1]["areal_capacity_mAh_cm2"] == pytest.approx(-1.0)
    nothing = step_results(record(-1.0), MASS, stack)
    assert nothing["energy_Wh_kg"] is None and nothing["areal_capacity_mAh_cm2"] is None


def test_energy_is_of_the_steps_that_ran():
    """Of a repeat that its voltage ended the second step fell away: the third is the second that ran."""
    stack = CellStack(2e-4, 0.1, (Layer("all of it", 1e-4, 0.5),), U_counter=0.0)
    columns = {"step": [0, 0, 2, 2], "voltage_V": [4.0, 4.0, 3.0, 3.0], "charge_C": [0.0, -7.2, -7.2, 0.0]}
    steps = [{"name": "c", "charge_C": -7.2}, {"name": "d", "charge_C": 7.2}]
    found = step_results(Record(columns, steps), MASS, stack)
    assert found["areal_energy_mWh_cm2"] == pytest.approx(3.0)


def test_lithium_in_films_is_per_gram_too():
    one = record(3.6)
    one.steps[0] |= {"film_lithium_C": 0.36, "counter_film_lithium_C": 0.0}
    (step,) = step_results(one, MASS)["steps"]
    assert step["film_lithium_mAh_g"] == pytest.approx(50) and step["counter_film_lithium_mAh_g"] == 0
    assert not any(key.endswith("_C") for key in step)


def test_energy_is_the_integral_of_the_voltage_over_the_charge():
    """A held voltage passes its charge at the beginning: the mean over time is not the mean over charge."""
    columns = {"step": [0, 0, 0, 1], "voltage_V": [4.0, 3.0, 3.0, 9.0], "charge_C": [0.0, 2.0, 2.0, 5.0]}
    assert step_energy(Record(columns), 0) == pytest.approx(7.0)


def test_balances_and_counts_are_plain_numbers():
    assert balances(record()) == {
        "lithium_balance_error": 0.0,
        "salt_balance_error": 1e-9,
        "charge_balance_error": 0.0,
    }
    assert type(balances(record())["salt_balance_error"]) is float
    assert counts(record())["newton_iterations"] == 7 and counts(record())["time_steps"] == 3


def curve(current, capacity, step):
    current, capacity, step = (np.array(values) for values in (current, capacity, step))
    return VoltageCurve(np.arange(6.0), current, 4 - 0.1 * np.arange(6), capacity, step)


def test_the_last_discharge_counts_from_its_start():
    two = curve([1.0, 1, -1, -1, 2, 2], [0.0, 5, 5, 2, 2, 9], [0, 0, 1, 1, 2, 2])
    capacity, voltage = two.last_discharge()
    assert capacity.tolist() == [0, 7] and voltage == pytest.approx([3.6, 3.5])
    charge = curve([-1.0] * 6, np.arange(0.0, -6, -1), [0] * 6)
    assert charge.last_discharge()[0].tolist() == [0, -1, -2, -3, -4, -5]


def test_the_last_discharge_of_a_curve_is_all_its_steps():
    both = curve([-1.0, -1, 1, 1, 2, 2], [0.0, -5, -5, -3, -3, 4], [0, 0, 1, 1, 3, 3])
    assert both.last_discharge()[0].tolist() == [0, 2, 2, 9]
    assert both.half_cycles().tolist() == [-5, 9]


def test_a_curve_that_closes_has_no_half_cycle():
    closed = curve([1.0, 1, -1, -1, 0, 0], [0.0, 5, 5, 1e-15, 1e-15, 1e-15], [0] * 6)
    assert closed.half_cycles().tolist() == []


def test_a_curve_reads_back_as_it_was_written(tmp_path):
    columns = voltage_columns(record(), MASS)
    write_columns(tmp_path / "voltage.csv", columns)
    back = read_curve(tmp_path / "voltage.csv")
    assert all(np.array_equal(back.columns()[name], columns[name]) for name in columns)
    assert back.step.dtype.kind == "i"
    with pytest.raises(InputError, match="expected the voltage curve of a run"):
        read_curve(tmp_path / "absent.csv")


CYCLED = VoltageCurve(
    time_s=np.array([0.0, 10, 10, 20, 20, 30, 30, 40, 40, 50]),
    current_A=np.zeros(10),
    voltage_V=np.zeros(10),
    capacity_mAh_g=np.array([0.0, 100, 100, 100, 100, 30, 30, 20, 20, 90]),
    step=np.repeat(np.arange(5), 2),
)


def test_capacity_between_times_and_by_charge_and_discharge():
    assert CYCLED.between([0, 5, 10, 25, 50]) == pytest.approx([50, 50, -35, 25])
    assert CYCLED.half_cycles() == pytest.approx([100, -80, 70])  # a rest is none, two charges are one
    with pytest.raises(InputError, match="expected times from 0 to 50 s of the voltage curve, got 0 to 60 s"):
        CYCLED.between([0, 60])


NAN = "time_s,current_A,voltage_V,capacity_mAh_g,step\n0,1,4,nan,0\n1,1,3.9,10,0\n"


@pytest.mark.parametrize("content", ["time_s,voltage_V\n1,2\n", "", "a\nb\n", "time_s,current_A\n1\n", NAN])
def test_a_curve_of_another_make_is_one_sentence(tmp_path, content):
    (tmp_path / "voltage.csv").write_text(content)
    with pytest.raises(
        InputError, match="expected a voltage.csv of numbers in the columns time_s, current_A"
    ):
        read_curve(tmp_path / "voltage.csv")
