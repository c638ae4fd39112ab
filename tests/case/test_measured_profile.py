"""Profiles from files of cyclers."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.loads import profile_of
from microsim.case.measured_profile import is_measured, measured_profile
from microsim.case.protocol import read_step

T = np.arange(0.0, 101.0, 10)
I = -2.0 - np.sin(T / 10)  # mA, above zero charges: the voltage falls


@pytest.fixture
def file(tmp_path):
    rows = [f"{t},{4 - t / 1000:.5f},{i:.9f}" for t, i in zip(T, I)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["t/s,V/V,I/mA", *rows]))
    return path


@pytest.mark.parametrize(
    ("keys", "quantity", "one"),
    [
        ({"mass_mg": 4.0}, "current_A_kg", 4e-6),
        ({"area_cm2": 2.0}, "current_A_m2", 2e-4),
        ({"capacity_mAh": 5.0}, "c_rate", 5e-3),
        ({"quantity": "current_A"}, "current_A", 1.0),
    ],
)
def test_the_current_is_brought_to_the_model_s_cell(file, keys, quantity, one):
    step = read_step({"profile": str(file), **keys})
    assert step.quantity == quantity
    t, values = profile_of(step, lambda name: name)
    assert t == pytest.approx(T)
    assert values == pytest.approx(-1e-3 * I / one)  # above zero on discharge


def test_from_one_time_to_another(file):
    t, values = measured_profile(file, "current_A", span=(15.0, 35.0))
    assert t == pytest.approx([0, 5, 15, 20])
    assert values[0] == pytest.approx(-1e-3 * (I[1] + I[2]) / 2)
    assert measured_profile(file, "current_A", span=(95.0, None))[0] == pytest.approx([0, 5])


def test_a_voltage(file):
    assert measured_profile(file, "voltage_V")[1] == pytest.approx(4 - T / 1000)


def test_two_columns_are_none_of_a_cycler(tmp_path, file):
    (tmp_path / "b.csv").write_text("0,1.5\n10,0.5\n")
    assert not is_measured(tmp_path / "b.csv") and is_measured(file) and is_measured("a.mpr")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({}, "expected a current that is c_rate, got one in A; say mass_mg, area_cm2 or capacity_mAh"),
        ({"mass_mg": 4.0, "from_s": 50, "to_s": 40}, "got from_s 50 and to_s 40; correct them"),
        ({"mass_mg": 4.0, "from_s": 50, "to_s": 400}, "expected times from 0 to 100 s"),
        ({"mass_mg": 4.0, "quantity": "c_rate"}, "expected one of quantity, mass_mg"),
        ({"mass_mg": 4.0, "area_cm2": 1}, "expected one of quantity, mass_mg"),
    ],
)
def test_what_could_be_several_things(file, keys, says):
    with pytest.raises(InputError, match=says):
        profile_of(read_step({"profile": str(file), **keys}), lambda name: name)
