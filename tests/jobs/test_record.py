"""A run's Record in the units that batteries are told in."""

import numpy as np
import pytest

from microsim.cell.record import Record
from microsim.jobs.record import balances, counts, step_results, voltage_columns

MASS = 2e-6  # kg


def record(*charges):
    columns = {
        "time_s": [0.0, 10.0],
        "current_A": [1.0, 1.0],
        "voltage_V": [4.0, 3.9],
        "charge_C": [0.0, 7.2],
        "step": [0, 0],
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


def test_balances_and_counts_are_plain_numbers():
    assert balances(record()) == {
        "lithium_balance_error": 0.0,
        "salt_balance_error": 1e-9,
        "charge_balance_error": 0.0,
    }
    assert type(balances(record())["salt_balance_error"]) is float
    assert counts(record())["newton_iterations"] == 7 and counts(record())["time_steps"] == 3
