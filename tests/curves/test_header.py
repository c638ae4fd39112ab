"""Masses, areas and capacities that a file says of its cell."""

import pytest

from microsim.curves.header import Header, ec_lab_header, made_header

TEXT = """Mass of active material : 5,200 mg
 at x = 1,000
Battery capacity : 1.300 mA.h
Electrode surface area : 1,131 cm\N{SUPERSCRIPT TWO}
Characteristic mass : 0,0052 g
"""


def test_ec_lab():
    found = ec_lab_header(TEXT)
    assert found.mass == pytest.approx(5.2e-6)
    assert found.characteristic_mass == pytest.approx(5.2e-6)
    assert found.area == pytest.approx(1.131e-4)
    assert found.capacity == pytest.approx(1.3 * 3.6)
    assert found.told[0] == "mass of active material 5.2 mg"


def test_what_is_nothing_or_of_an_unknown_unit_is_not_given():
    found = ec_lab_header("Mass of active material : 0,000 mg\nElectrode surface area : 2 acre\n")
    assert found == Header()
    assert found.told == []


@pytest.mark.parametrize(("mAh_g", "held"), [(150.0, True), (0.15, False), (1e5, False)])
def test_a_mass_is_held_against_the_charge(mAh_g, held):
    header = made_header(mass=1e-5, characteristic_mass=None)
    assert header.masses_for(mAh_g * 3600 * 1e-5) == ({"mass": 1e-5} if held else {})
