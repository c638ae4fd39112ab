"""From protocol steps to what an experiment holds."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.loads import Scale, check_profiles, loads, read_profile
from microsim.case.protocol import read_protocol

# 20 C at full charge, of which 5 are out at the start
SCALE = Scale(one_C=2.0, area=0.1, mass=0.01, charge_at=lambda soc: 20.0 * (0.75 - soc))


def held(*steps):
    return loads(read_protocol(list(steps), "protocol"), SCALE)


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


WRONG = {
    "nothing": ("", "no line of numbers"),
    "one time": ("0,1\n", "two times or more"),
    "one time twice": ("0,1\n0,2\n", "two times or more"),
    "a later beginning": ("t,c\n1,1\n2,1\n", "line 2: expected time to begin at 0 s, got 1"),
    "three columns": ("0,1,2\n1,1,2\n", "line 1: .*got 3 columns"),
    "no number": ("0,1\n1,nan\n", "line 2: .*1,nan"),
    "backwards": ("0,1\n5,1\n\n4,1\n", "line 4: expected rising time .*got 4 after 5"),
    "for ever": ("0,1\n1e300,1\n", "at most 100 years"),
    "hours": ("time (h),rate\n0,1\n1,1\n", "in another unit: give seconds"),
    "amperes": ("t (s),I (mA)\n0,1\n1,1\n", "a current, a power or a voltage: name its quantity"),
    "two times": ("time_s,time_h\n0,0\n3600,1\n", 'got "time_s" and "time_h"; name them time_s and c_rate'),
    "two values": ("c_rate,current\n0,0\n3600,1\n", 'got "c_rate" and "current"; name them'),
    "values that fall, first": ("c_rate,time_s\n0,5\n1,0\n", "line 2: expected time to begin at 0 s, got 5"),
    "hours, second": ("c_rate,time_h\n0,0\n1,1\n", "in another unit: give seconds"),
    "a decimal comma and a point": ("0;0,5\n1.5;1\n", "expected one decimal mark"),
}


@pytest.mark.parametrize(("content", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_no_profile_is_refused(tmp_path, content, sentence):
    path = tmp_path / "drive.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=sentence):
        check_profiles(read_protocol([{"profile": str(path)}], "protocol"), lambda file: file)
    with pytest.raises(InputError, match="check the path"):
        read_profile(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    "heads",
    [
        "c_rate,time_s",
        "C-rate (1/h),t / s",
        "rate,time\n1/h,s",
        "# I (C),seconds",
        "1/h,elapsed time (s)",
        "rate,Zeit",
    ],
)
def test_columns_stand_in_the_order_of_their_names(tmp_path, heads):
    """Two rising columns: without their names each could be the time."""
    (tmp_path / "turned.csv").write_text(f"{heads}\n0,0\n1,60\n2,120\n")
    times, values = read_profile(tmp_path / "turned.csv")
    assert times.tolist() == [0, 60, 120] and values.tolist() == [0, 1, 2]


@pytest.mark.parametrize("heads", ["time_s,c_rate\n", "t,c\n", "x,y\n", ""])
def test_time_comes_first_where_names_do_not_say_otherwise(tmp_path, heads):
    (tmp_path / "drive.csv").write_text(f"{heads}0,0\n60,1\n120,2\n")
    assert read_profile(tmp_path / "drive.csv")[0].tolist() == [0, 60, 120]


def test_a_profile_may_jump_and_have_decimal_commas(tmp_path):
    path = tmp_path / "drive.csv"
    path.write_text("Zeit;Rate\n0;0,5\n50;0,5\n50;-1,5\n100;-1,5\n")
    times, values = read_profile(path)
    assert times.tolist() == [0, 50, 50, 100] and values.tolist() == [0.5, 0.5, -1.5, -1.5]


def test_a_profile_of_voltages_is_held(tmp_path):
    path = tmp_path / "sweep.csv"
    path.write_text("t/s,E/V\n0,4.2\n100,3.9\n")
    (step,) = held({"profile": str(path), "quantity": "voltage_V"})
    assert step.profile_of == "voltage" and step.control(50.0).value == pytest.approx(4.05)
    path.write_text("0,4200\n100,3900\n")
    with pytest.raises(InputError, match="expected voltages from 0 to 10, got 3900 to 4200"):
        held({"profile": str(path), "quantity": "voltage_V"})


def test_ends_in_coulombs():
    per_gram, per_area, absolute, soc = held(
        "Discharge at C/2 until 2 mAh/g",
        "Charge at C/2 until 3 mAh/cm2",
        "Charge at C/2 until 4 mAh",
        "Charge at C/2 until 50 % SOC",
    )
    assert per_gram.until_charge == pytest.approx(2 * 3.6 * 10)  # 10 g
    assert per_area.until_charge == pytest.approx(3 * 3.6 * 1000)  # 1000 cm2
    assert absolute.until_charge == pytest.approx(4 * 3.6)
    assert soc.until_total == pytest.approx(5.0) and soc.until_charge is None


@pytest.mark.parametrize("current", ["C/1e7", "1e6C", "1e12 A/m2", "1e-12 A", "1e9 W/m2"])
def test_currents_that_no_cell_is_asked_for(current):
    with pytest.raises(InputError, match="expected C/1000000 to 100000C, got .*correct the current"):
        held(f"Discharge at {current} until 3.5 V")


@pytest.mark.parametrize(
    ("head", "quantity", "said"),
    [
        ("c_rate", "current_A_m2", "a C-rate: name its quantity"),
        ("C-rate", "power_W_m2", "a C-rate: name its quantity"),
        ("c_rate", "voltage_V", "a C-rate: name its quantity"),
        ("current_A", "current_A_m2", "of the whole cell"),
        ("I (mA)", "current_A_kg", "of the whole cell"),
        ("P/W", "power_W_m2", "of the whole cell"),
        ("current_A_kg", "current_A_m2", "a current per mass"),
        ("I / A m-2", "current_A_kg", "a current per area"),
        ("I / A m-2", "current_A", "a current per area"),
        ("P [W/m²]", "power_W", "a power per area"),
        ("soc", "c_rate", "no current, power or voltage"),
    ],
)
def test_a_column_of_another_quantity_than_the_step_says_is_refused(tmp_path, head, quantity, said):
    """A column called c_rate of 0.5 was 0.5 A/m2, a thirtieth of C/2, where the step's quantity said so."""
    (tmp_path / "drive.csv").write_text(f"time_s,{head}\n0,0.5\n60,0.5\n")
    with pytest.raises(InputError, match=said):
        read_profile(tmp_path / "drive.csv", quantity)


@pytest.mark.parametrize(
    ("head", "quantity"),
    [
        ("c_rate", "c_rate"),
        ("current_A_m2", "current_A_m2"),
        ("I / A m-2", "current_A_m2"),
        ("j [A/m²]", "current_A_m2"),
        ("current_A_kg", "current_A_kg"),
        ("I [mA/g]", "current_A_kg"),
        ("current_A", "current_A"),
        ("P (W)", "power_W"),
        ("power_W_m2", "power_W_m2"),
        ("Ewe/V", "voltage_V"),
        ("current", "current_A_m2"),
    ],
)
def test_a_column_of_the_step_s_own_quantity_is_read(tmp_path, head, quantity):
    (tmp_path / "drive.csv").write_text(f"time_s,{head}\n0,0.5\n60,0.5\n")
    assert read_profile(tmp_path / "drive.csv", quantity)[1].tolist() == [0.5, 0.5]
