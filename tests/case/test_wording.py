"""Quantities of a protocol's words, and what ends a step."""

import pytest

from microsim.base.errors import InputError
from microsim.case.wording import amount, check_step, ends_of, kind_of, split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30 minutes", ("duration", 1800.0)),
        ("2 d", ("duration", 172800.0)),
        ("5 ms", ("duration", 5e-3)),
        ("3500 mV", ("voltage", 3.5)),
        ("C/4", ("flow", ("c_rate", 0.25))),
        ("2C", ("flow", ("c_rate", 2.0))),
        ("c/0", ("flow", ("c_rate", float("inf")))),
        ("3 mA/cm2", ("flow", ("current_A_m2", 30.0))),
        ("7 mW", ("flow", ("power_W", 7e-3))),
        ("1 Ah", ("charge", ("charge_C", 3600.0))),
        ("2 mAh/g", ("charge", ("charge_C_kg", 7200.0))),
        ("80% SOC", ("soc", 0.8)),
        ("soc of 0.8", ("soc", 0.8)),
        ("3 volts", None),
        ("C", None),
    ],
)
def test_amounts(text, found):
    assert amount(text) == found


def test_what_a_step_does_and_what_ends_it():
    assert split("Hold at 4 V for 1 h or until C/20 or 3 mA") == ("Hold at 4 V", ["1 h", "C/20", "3 mA"])
    assert split("Rest") == ("Rest", [])
    assert ends_of(["1 h", "3 V"], "protocol.0", "") == {"duration": 3600.0, "voltage": 3.0}
    for texts, sentence in (
        (["now"], "expected an end like 3.5 V"),
        (["1 h", "2 h"], r"got two \(duration\)"),
    ):
        with pytest.raises(InputError, match=sentence):
            ends_of(texts, "protocol.0", "Rest")


def test_kinds():
    assert [kind_of(q) for q in ("c_rate", "current_A", "power_W_m2", "voltage_V")] == [
        "current",
        "current",
        "power",
        "voltage",
    ]


@pytest.mark.parametrize("end", ["C/1e9", "1e-7C", "1e-6 A/m2", "1e-8 mA/cm2", "1e-5 mA/g"])
def test_a_hold_to_less_than_round_off_is_refused(end):
    """It ran for 38 000 years of 14 000 time steps."""
    _, ends = split(f"Hold at 4.2 V until {end}")
    with pytest.raises(InputError, match="expected an end of C/1000000 or more"):
        check_step(None, ends_of(ends, "protocol.0", end), "protocol.0", end)


@pytest.mark.parametrize("end", ["C/44", "c / 44", "0.05 C", "2e-5 A/m2", "5 mA/g", "1e-9 A", "20 minutes"])
def test_ends_of_holds(end):
    _, ends = split(f"Hold at 4.2 V until {end}")
    assert check_step(None, ends_of(ends, "protocol.0", end), "protocol.0", end) is None
