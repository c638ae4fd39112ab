"""From protocol steps to what an experiment holds."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.loads import check_profiles, loads, read_profile
from microsim.case.protocol import read_protocol

ONE_C, AREA = 2.0, 0.1


def held(*steps):
    return loads(read_protocol(list(steps), "protocol"), ONE_C, AREA)


def test_currents_powers_and_voltages_in_si():
    rate, area, power, hold, rest = held(
        "Discharge at C/2 until 3.5 V",
        "Charge at 3 mA/cm2 for 1 minute or until 4.2 V",
        "Discharge at 70 W/m2 until 3.5 V",
        "Hold at 4.1 V until C/20",
        "Rest for 10 minutes",
    )
    assert (rate.current, rate.until_voltage, rate.duration) == (1.0, 3.5, None)
    assert (area.current, area.duration, area.until_voltage) == (pytest.approx(-3.0), 60.0, 4.2)
    assert (power.power, power.sign) == (pytest.approx(7.0), 1.0)
    assert (hold.voltage, hold.until_current) == (4.1, pytest.approx(0.1))
    assert (rest.current, rest.duration, rest.name) == (0.0, 600.0, "Rest for 10 minutes")


def test_a_repeat_that_may_end_earlier_skips_what_is_left_of_it():
    steps = held({"repeat": 2, "steps": ["Discharge at 1C for 60 s", "Rest for 1 s"], "until_voltage_V": 3.0})
    assert [step.skip for step in steps] == [3, 0, 1, 0]


def test_a_profile_is_scaled_by_what_its_values_are(tmp_path):
    path = tmp_path / "drive.csv"
    path.write_text("time;rate\n0;0.5\n10;1\n\n20;-1\n")
    times, values = read_profile(path)
    assert times.tolist() == [0, 10, 20] and values.tolist() == [0.5, 1, -1]
    rate, power = held({"profile": str(path)}, {"profile": str(path), "quantity": "power_W_m2"})
    assert (rate.duration, rate.profile_of) == (20, "current")
    assert np.allclose(rate.profile[1], [1, 2, -2])
    assert power.profile_of == "power" and np.allclose(power.profile[1], [0.05, 0.1, -0.1])


@pytest.mark.parametrize(
    "content", ["", "0,1\n", "1,1\n2,1\n", "0,1\n0,2\n", "0,1,2\n1,1,2\n", "0,1\n1,nan\n"]
)
def test_what_is_no_profile_is_refused(tmp_path, content):
    path = tmp_path / "drive.csv"
    path.write_text(content)
    with pytest.raises(InputError, match="two columns, rising time"):
        check_profiles(read_protocol([{"profile": str(path)}], "protocol"), lambda file: file)
    with pytest.raises(InputError, match="check the path"):
        read_profile(tmp_path / "absent.csv")
