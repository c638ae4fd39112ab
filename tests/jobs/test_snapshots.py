"""What is kept while a run goes on."""

import pytest


def test_times_are_spread_over_the_charge_and_steps_end_on_one(small_run):
    """output.times 4: a third of an hour at 1C apart, so only the beginning and the ends of the steps."""
    assert small_run.sto.times.tolist() == pytest.approx([0, 120, 180])
    assert [profile["step"] for profile in small_run.numbers()["profiles"]] == [
        "Discharge at 1C for 120 s",
        "Rest for 60 s",
    ]
