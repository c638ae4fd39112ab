"""The wording of a protocol."""

import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.case.protocol import read_protocol, read_step

from .half_cell import fails


@pytest.mark.parametrize(
    ("wording", "kind", "quantity", "value", "volts", "until", "seconds"),
    [
        ("Discharge at C/2 until 3.5 V", "current", "c_rate", 0.5, 3.5, None, None),
        ("Discharge at 1C for 30 minutes or until 3.5 V", "current", "c_rate", 1.0, 3.5, None, 1800.0),
        ("discharge at 0.1 C  for 2 hours", "current", "c_rate", 0.1, None, None, 7200.0),
        ("Discharge at 20 A/m2 until 3500 mV", "current", "current_A_m2", 20.0, 3.5, None, None),
        ("Discharge at 2 mA/cm2 until 3.5V", "current", "current_A_m2", 20.0, 3.5, None, None),
        ("Discharge at 3 mA until 3.5V", "current", "current_A", 3e-3, 3.5, None, None),
        ("Charge at C/4 until 4.2 V", "current", "c_rate", -0.25, 4.2, None, None),
        ("Charge at 5 A/m2 for 90 s", "current", "current_A_m2", -5.0, None, None, 90.0),
        ("Discharge at 70 W/m2 until 3.5 V", "power", "power_W_m2", 70.0, 3.5, None, None),
        ("Charge at 7 mW/cm2 for 1 min", "power", "power_W_m2", -70.0, None, None, 60.0),
        ("Hold at 4.2 V until C/20", "voltage", "voltage_V", 4.2, None, ("c_rate", 0.05), None),
        (
            "Hold at 4.2V for 20 minutes or until 50 mA",
            "voltage",
            "voltage_V",
            4.2,
            None,
            ("current_A", 0.05),
            1200.0,
        ),
        ("hold at 4100 mV for 1 h", "voltage", "voltage_V", 4.1, None, None, 3600.0),
        ("Rest for 30 minutes", "rest", None, None, None, None, 1800.0),
        ("Rest for 1 hour", "rest", None, None, None, None, 3600.0),
        ("Rest for 5 ms", "rest", None, None, None, None, 0.005),
        ("Rest for 2 DAYS", "rest", None, None, None, None, 172800.0),
    ],
)
def test_protocol_wording(wording, kind, quantity, value, volts, until, seconds):
    step = read_step(wording)
    assert (step.kind, step.quantity, step.until_voltage_V, step.until) == (kind, quantity, volts, until)
    assert step.value == (None if value is None else pytest.approx(value))
    assert step.duration_s == seconds


def test_repeats_are_written_out_and_profiles_stay(case_file):
    cycle = "{repeat: 3, steps: [Discharge at 1C for 60 s, {repeat: 2, steps: [Rest for 5 s]}]}"
    drive = "{profile: drive.csv, quantity: current_A_m2, until_voltage_V: 3.6}"
    protocol = load_case(case_file, [f"protocol=[{cycle}, {drive}]", "compare=null"]).protocol
    assert [step.kind for step in protocol] == ["current", "rest", "rest"] * 3 + ["profile"]
    assert (protocol[-1].profile, protocol[-1].quantity, protocol[-1].until_voltage_V) == (
        "drive.csv",
        "current_A_m2",
        3.6,
    )
    assert load_case(case_file, [f"protocol=[{cycle}]", "compare=null"]).as_dict()["protocol"] == [
        {"repeat": 3, "steps": ["Discharge at 1C for 60 s", {"repeat": 2, "steps": ["Rest for 5 s"]}]}
    ]
    for wrong in (
        "{repeat: 0, steps: [Rest for 1 s]}",
        "{repeat: 2}",
        "{profile: a.csv, quantity: amps}",
        "{file: a.csv}",
        "{repeat: 2, steps: []}",
    ):
        with pytest.raises(InputError, match="expected"):
            load_case(case_file, [f"protocol=[{wrong}]", "compare=null"])


def test_a_titration_is_pulses_and_rests_until_a_voltage(case_file):
    for written in (
        "GITT discharge at C/10 for 10 minutes, rest for 1 hour, until 3.5 V",
        "{repeat: 1000, until_voltage_V: 3.5, steps: [Discharge at C/10 for 10 minutes, Rest for 1 hour]}",
    ):
        quoted = written if written.startswith("{") else f"'{written}'"
        protocol = load_case(
            case_file, [f"protocol=[Rest for 1 s, {quoted}, Rest for 2 s]", "compare=null"]
        ).protocol
        assert [step.kind for step in protocol] == ["rest", *["current", "rest"] * 1000, "rest"]
        assert {step.until_voltage_V for step in protocol[1:-1:2]} == {3.5}
        assert {k + 1 + step.skip for k, step in enumerate(protocol) if step.skip} == {2001}  # the last rest
        assert protocol[2].until_voltage_V is None and protocol[2].duration_s == 3600.0
    for wrong in (
        "{repeat: 2, until_voltage_V: 3.5, steps: [Rest for 1 s]}",
        "{repeat: 2, until_voltage_V: 3.5, steps: [Discharge at 1C until 3.6 V]}",
        "'GITT discharge at C/10, rest for 1 hour, until 3 V'",
    ):
        with pytest.raises(InputError, match="expected"):
            load_case(case_file, [f"protocol=[{wrong}]", "compare=null"])


@pytest.mark.parametrize(
    "wording",
    [
        "Discharge at C/2",
        "Discharge at C/0 until 3.5 V",
        "Discharge at 1 Ah until 3.5 V",
        "Hold at 4.2 V until 3 W",
        "Hold at 4.2 V until 4.1 V",
        "Discharge at C/2 until C/20",
        "Rest until 3 V",
        "Rest for 1 hour or 2 hours",
        "Discharge at C/2 until 3.5 V or 3.4 V",
        "Discharge at C/2 until 80 %",
        "Discharge at C/2 until 150 % SOC",
        "Charge at C/2 until 50 SOC",
        "Discharge at C/2 until 0 mAh/g",
        "Discharge at C/1e-320 until 3.5 V",
        "Rest for 1e12 days",
        "Rest for 1e-9 s",
        "Rest for" + " " * 100000 + "1 s" + " " * 100000,
        "GITT discharge at C/10 for " * 20000,
        "Rest",
        "Rest for 0 s",
        "Discharge at C/2 until 3.5",
        "Discharge at -1C until 3.5 V",
        "Discharge for 1 hour",
        "Hold at 4 V",
        "x",
    ],
)
def test_wording_that_is_not_understood_is_refused(wording):
    with pytest.raises(InputError, match="protocol: expected"):
        read_step(wording)


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (
            ["protocol.0=Keep at 4.2 V until C/50"],
            ["protocol.0", '"Keep at 4.2 V until C/50"', "Rest for 30 minutes"],
        )
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(case_file, settings, parts):
    said = fails(case_file, *settings)
    assert "\n" not in said
    for part in parts:
        assert part in said


ENDS = {
    "until 3.5 V or 150 mAh/g": (3.5, ("charge_C_kg", 150 * 3600), None, None),
    "until 150 mAh/g or 3500 mV": (3.5, ("charge_C_kg", 150 * 3600), None, None),
    "for 1 h or until 20 % SOC": (None, None, 0.2, 3600.0),
    "until SOC 0.2 or for 1 hour": (None, None, 0.2, 3600.0),
    "until 0.2 SOC or 60 min": (None, None, 0.2, 3600.0),
    "until 2 mAh/cm2": (None, ("charge_C_m2", 72000.0), None, None),
    "until 3 Ah or until 3 V or for 2 h": (3.0, ("charge_C", 10800.0), None, 7200.0),
}


@pytest.mark.parametrize(("words", "ends"), ENDS.items(), ids=ENDS)
def test_what_ends_a_step(words, ends):
    step = read_step(f"Discharge at C/2 {words}")
    assert (step.until_voltage_V, step.until_charge, step.until_soc, step.duration_s) == ends
    hold = read_step("Hold at 4 V until C/20 or 1 h or 5 mAh/g")
    assert (hold.until, hold.duration_s, hold.until_charge) == (
        ("c_rate", 0.05),
        3600.0,
        ("charge_C_kg", 18000.0),
    )


@pytest.mark.parametrize(
    "steps",
    [
        [{"repeat": 100000, "steps": [{"repeat": 10, "steps": ["Rest for 1 s"]}]}],
        [{"repeat": 100000, "steps": [{"repeat": 100000, "steps": ["Rest for 1 s"]}]}],
        [{"repeat": 60000, "steps": ["Rest for 1 s"]}] * 2,
        ["GITT discharge at C/10 for 10 minutes, rest for 1 hour, until 3 V"] * 51,
    ],
)
def test_endless_protocols_are_refused(steps):
    with pytest.raises(InputError, match="expected at most 100000 steps, repeats written out, got"):
        read_protocol(steps, "protocol")
