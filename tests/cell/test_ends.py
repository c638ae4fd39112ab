"""What ends a protocol step."""

import pytest

from microsim.cell.ends import EndValues, met_at_once, past_ends, time_of_end
from microsim.cell.load import Load

STATE = EndValues(V=3.8, current=-0.5, charge=30.0, charge_begun=10.0)


@pytest.mark.parametrize(
    ("load", "side", "past"),
    [
        (Load("d", 1.0, until_voltage=3.9), -1.0, {"voltage": 0.1}),
        (Load("c", -1.0, until_voltage=3.9), 1.0, {"voltage": -0.1}),
        (Load("p", profile=([0, 1], [1, 1]), until_voltage=3.9), 1.0, {"voltage": 0.1}),
        (Load("p", profile=([0, 1], [1, 1]), until_voltage=3.9), -1.0, {"voltage": -0.1}),
        (Load("h", voltage=4.0, until_current=1.0), 1.0, {"current": 0.5}),
        (Load("d", 1.0, until_charge=40.0), 1.0, {"charge": -0.5}),
        (Load("d", 1.0, until_total=20.0), 1.0, {"soc": 0.1}),
        (Load("c", -1.0, until_total=20.0), 1.0, {"soc": -0.1}),
        (Load("h", voltage=4.0, until_total=20.0), 1.0, {"soc": 0.1}),
        (Load("r", duration=1.0), 1.0, {}),
    ],
)
def test_how_far_past_its_ends_a_state_is(load, side, past):
    assert past_ends(load, STATE, side, 100.0) == pytest.approx(past)


def test_when_an_end_is_met():
    assert time_of_end([2.0, 0.0, -2.0], [1.0, -1.0, -3.0]) == pytest.approx(1.0)
    assert time_of_end([2.0, 0.0], [3.0, -1.0]) == pytest.approx(0.5)
    assert time_of_end([2.0, 0.0, -1.0], [4.0 - 1, 0.0 - 1, 1.0 - 1]) == pytest.approx(1.0)  # t^2 - 1
    assert 0 < time_of_end([2.0, 0.0], [1.0, 0.5]) < 2.0  # not met between them


def test_a_step_that_has_nothing_to_do_says_so():
    said = met_at_once(Load("Charge at 1C until 3.5 V", -1.0, until_voltage=3.5), "voltage", STATE)
    assert said == (
        "expected to reach 3.5 V by 'Charge at 1C until 3.5 V', got a cell already at 3.8000 V under this"
        " current"
    )
    assert "already at 0.5 of it" in met_at_once(Load("h", voltage=4.0, until_current=1.0), "current", STATE)
