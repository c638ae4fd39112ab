"""Charges and discharges of a run, cycle by cycle."""

import pytest

from microsim.cell.record import Record
from microsim.jobs.cycles import cycle_results

MASS = 1 / 3600  # kg: 3600 C are 3600 mAh g-1


def record(*steps):
    """Steps (charge in C, voltage) of one row more than they need, each at one voltage."""
    columns, done, passed = {name: [] for name in ("step", "charge_C", "voltage_V")}, [], 0.0
    for number, (charge, volts) in enumerate(steps):
        for share in (0.0, 0.3, 1.0):
            columns["step"].append(2 * number)  # as where every second one fell away
            columns["charge_C"].append(passed + share * charge)
            columns["voltage_V"].append(volts)
        passed += charge
        done.append({"charge_C": charge, "end_reason": "voltage" if charge else "duration"})
    return Record(columns, done)


def test_efficiency_is_a_discharge_over_the_charge_before_it():
    first, second = cycle_results(record((-100, 4.2), (90, 3.8), (0, 4.0), (-91, 4.2), (85, 3.7)), MASS)
    assert first["charge_mAh_g"] == pytest.approx(100) and first["discharge_mAh_g"] == pytest.approx(90)
    assert first["coulombic_efficiency"] == pytest.approx(0.9) and first["retention"] == 1
    assert second["coulombic_efficiency"] == pytest.approx(85 / 91)
    assert second["retention"] == pytest.approx(85 / 90)
    assert second["energy_efficiency"] == pytest.approx(85 * 3.7 / (91 * 4.2))
    assert (second["mean_charge_V"], second["mean_discharge_V"]) == (pytest.approx(4.2), pytest.approx(3.7))


def test_held_voltages_and_rests_are_of_the_charge_that_they_follow():
    """Constant current, rest, constant voltage: one charge."""
    (row,) = cycle_results(record((-60, 4.0), (0, 4.1), (-40, 4.2), (95, 3.7)), MASS)
    assert row["charge_mAh_g"] == pytest.approx(100)
    assert row["mean_charge_V"] == pytest.approx(0.6 * 4.0 + 0.4 * 4.2)
    assert (row["charge_ended_by"], row["discharge_ended_by"]) == ("voltage", "voltage")


def test_a_first_discharge_has_no_charge_and_a_last_charge_no_discharge():
    rows = cycle_results(record((100, 3.8), (-80, 4.1), (70, 3.8), (-60, 4.1)), MASS)
    assert [row["cycle"] for row in rows] == [1, 2, 3]
    assert rows[0]["charge_mAh_g"] is None and rows[0]["coulombic_efficiency"] is None
    assert rows[1]["coulombic_efficiency"] == pytest.approx(7 / 8)
    assert rows[2]["discharge_mAh_g"] is None and rows[2]["retention"] is None
    assert rows[2]["charge_mAh_g"] == pytest.approx(60)


def test_one_direction_alone_is_no_cycle():
    assert cycle_results(record((100, 3.8), (0, 3.9), (10, 3.5)), MASS) == []
    assert cycle_results(record((-100, 3.8)), MASS) == []
    assert cycle_results(Record(), MASS) == []


def test_a_profile_that_closes_is_no_cycle():
    """1C forth and back leaves round-off, which had an efficiency of 0.80 and a mean voltage of 1e14 V."""
    columns = {"step": [0] * 3 + [1] * 3, "charge_C": [0.0, 9.0, 0.0] * 2, "voltage_V": [4.0, 3.9, 4.1] * 2}
    done = [{"charge_C": 0.0, "end_reason": "duration"}] * 2
    assert cycle_results(Record(columns, done), MASS) == []
