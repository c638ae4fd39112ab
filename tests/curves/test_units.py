"""Units in the names of columns, as instruments write them."""

import numpy as np
import pytest

from microsim.curves.units import split_name, unit_of


@pytest.mark.parametrize(
    ("text", "name", "of", "factor", "per"),
    [
        ("Ewe/V", "Ewe", "voltage", 1, ""),
        ("<I>/mA", "<I>", "current", 1e-3, ""),
        ("(Q-Qo)/mA.h", "(Q-Qo)", "charge", 3.6, ""),
        ("Q charge/discharge/mA.h", "Q charge/discharge", "charge", 3.6, ""),
        ("capacity_mAh_g", "capacity", "charge", 3600, "mass"),
        ("Capacity (mAh/g)", "Capacity", "charge", 3600, "mass"),
        ("Specific Capacity/mAh g-1", "Specific Capacity", "charge", 3600, "mass"),
        ("Capacity, Ah/kg", "Capacity", "charge", 3600, "mass"),
        ("Q/mAh cm\u207b\u00b2", "Q", "charge", 3.6e4, "area"),
        ("j (A/m2)", "j", "current", 1, "area"),
        ("Z_real_ohm_m2", "Z_real", "impedance", 1, "area"),
        ("Z' (\u03a9\u00b7cm\u00b2)", "Z'", "impedance", 1e-4, "area"),
        ("-Im(Z)/Ohm", "-Im(Z)", "impedance", 1, ""),
        ("-Z'' [m\u2126]", "-Z''", "impedance", 1e-3, ""),
        ("Zmod (Mohm)", "Zmod", "impedance", 1e6, ""),
        ("Test_Time(s)", "Test_Time", "time", 1, ""),
        ("Time [hours]", "Time", "time", 3600, ""),
        ("Time in min", "Time", "time", 60, ""),
        ("VOLTAGE_MV", "VOLTAGE", "voltage", 1e-3, ""),
        ("freq/MHZ", "freq/MHZ", None, 0, ""),  # milli or mega: not guessed
        ("freq/mHz", "freq", "frequency", 1e-3, ""),
        ("freq/MHz", "freq", "frequency", 1e6, ""),
        ("omega (rad/s)", "omega", "frequency", 1 / (2 * np.pi), ""),
        ("Phase(Z)/deg", "Phase(Z)", "angle", np.pi / 180, ""),
    ],
)
def test_a_name_and_its_unit(text, name, of, factor, per):
    stem, unit, _ = split_name(text)
    if of is None:
        assert unit is None
    else:
        assert (stem, unit.of, unit.per) == (name, of, per)
        assert unit.factor == pytest.approx(factor)


@pytest.mark.parametrize(
    "text", ["Re(Z)", "time", "Ewe/VReal", "cycle number", "Energy charge/W.h", "control"]
)
def test_no_unit_is_none(text):
    assert split_name(text)[1] is None


def test_a_unit_is_of_the_quantity_that_is_asked_for():
    assert unit_of("V", "voltage").factor == 1
    assert unit_of("V", "current") is None
