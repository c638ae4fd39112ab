"""What a run's Record says, in the units that batteries are told in: the curve, the steps, the balances."""

import numpy as np


def voltage_columns(record, mass):
    """Return the columns of voltage.csv; capacity is per gram of active material (`mass`, kg)."""
    c = {name: np.array(values) for name, values in record.columns.items()}
    return {
        "time_s": c["time_s"],
        "current_A": c["current_A"],
        "voltage_V": c["voltage_V"],
        "capacity_mAh_g": c["charge_C"] / 3.6 / (mass * 1000),
        "step": c["step"],
    }


def step_results(record, mass):
    """Return the summaries of the steps and the capacity of the last discharge (mAh per g)."""
    steps = [
        {
            **{key: value for key, value in step.items() if key != "charge_C"},
            "capacity_mAh_g": step["charge_C"] / 3.6 / (mass * 1000),
        }
        for step in record.steps
    ]
    discharges = [step["capacity_mAh_g"] for step in steps if step["capacity_mAh_g"] > 0]
    return {"capacity_mAh_g": discharges[-1] if discharges else None, "steps": steps}


def balances(record):
    """Return the balance errors: lithium and charge over the charge passed, salt over the salt."""
    names = ("lithium_balance_error", "salt_balance_error", "charge_balance_error")
    return {name: float(getattr(record, name)) for name in names}


def counts(record):
    """Return how many iterations and steps the solver took."""
    names = ("newton_iterations", "linear_iterations", "time_steps", "rejected_steps", "failed_steps")
    return {name: getattr(record, name) for name in names}
