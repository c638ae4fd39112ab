"""The sections of measured curves and impedances."""

import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.case.measurements import CompareSpectrum, CompareVoltage
from microsim.case.sections import Compare

CASE = "cases/dfn_xu2019.yaml"


def read(*sections, **settings):
    return load_case(CASE, {"compare": list(sections), **settings}).compare


def test_the_key_that_names_the_file_says_what_is_measured():
    found = read({"measured": "a.tif"}, {"voltage": "a.csv"}, {"spectrum": "a.mpt"})
    assert [type(one) for one in found] == [Compare, CompareVoltage, CompareSpectrum]


def test_units_are_brought_to_si_and_back():
    given = {
        "voltage": "a.csv",
        "sigma_mV": 2,
        "mass_mg": 7,
        "half_cycle": "charge",
        "columns": {"time_s": 1},
    }
    (one,) = read(given)
    assert (one.sigma, one.mass) == (pytest.approx(2e-3), pytest.approx(7e-6))
    case = load_case(CASE, {"compare": given})
    assert load_case(case.as_dict()).compare == case.compare
    (one,) = read({"spectrum": "a.csv", "area_cm2": 1.54, "after": "end", "imaginary": "-Im"})
    assert (one.area, one.after) == (pytest.approx(1.54e-4), "end")


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"voltage": "a.csv", "spectrum": "b.csv"}, "got voltage and spectrum; write a list of sections"),
        ({"sigma_mV": 2}, "expected measured, voltage, spectrum, which names the measured file"),
        ({"voltage": "a.csv", "sigma": 2}, "expected the unit in the key, got none; write sigma_mV"),
        (
            {"voltage": "a.csv", "mass_mg": 7, "area_cm2": 1},
            "the mass or the area of what was measured, got both",
        ),
        ({"voltage": "a.csv", "half_cycle": "down"}, "expected charge, discharge or all"),
        ({"voltage": "a.csv", "half_cycle": 0}, "expected a whole number from 1"),
        ({"voltage": "a.csv", "step": "Charge at 1C"}, "compare.0.step: expected end, seconds, a step"),
        ({"voltage": "a.csv", "by": "capacity"}, "expected time or charge"),
        ({"voltage": "a.csv", "voxel_size_nm": 3}, "expected a known key"),
        (
            {"spectrum": "a.csv", "after": 2},
            r"after: expected 0 to 1 \(the steps of the protocol\) or end, got 2",
        ),
        ({"spectrum": "a.csv", "sigma_relative": 0}, "expected a number above 0"),
    ],
)
def test_mistakes_are_one_sentence(section, says):
    with pytest.raises(InputError, match=says):
        read(section, {"measured": "a.tif"})
