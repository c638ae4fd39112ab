"""Quantities are named once: names as keys, units spelled for people, and whatever is stored is known."""

import pytest

from microsim.base import quantities
from microsim.base.quantities import FIELDS, Quantity, quantity, spelled_unit

NAMED = [value for key, value in vars(quantities).items() if key.isupper() and isinstance(value, dict)]
NAMED = [named for named in NAMED if all(isinstance(one, Quantity) for one in named.values())]


def test_every_quantity_has_its_name_a_label_and_one_place():
    every = [one for named in NAMED for one in named.items()]
    assert len(NAMED) >= 6 and [name for name, one in every if name != one.name or not one.label] == []
    fields = [*quantities.FIELDS, *quantities.MAPS]
    assert len(set(fields)) == len(fields)


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("1", ""),
        ("", ""),
        ("V", "V"),
        ("mol m-3", "mol m⁻³"),
        ("m2 s-1", "m² s⁻¹"),
        ("A m-2", "A m⁻²"),
        ("Pa s", "Pa s"),
    ],
)
def test_units_are_spelled_for_people(unit, words):
    assert spelled_unit(unit) == words


def test_an_axis_has_symbol_and_unit_a_title_the_label_too():
    one = Quantity("p", "Pressure", "$p$", "Pa", "kPa", 1e-3)
    assert (one.axis, one.title, one.words) == ("$p$ (kPa)", "Pressure, $p$ (kPa)", "pressure")
    bare = Quantity("x", "Share", meaning="share of the pores")
    assert (bare.axis, bare.title, bare.words) == ("Share", "Share", "share of the pores")
    assert bare.minus("mean") == "Share − mean" and one.minus("mean") == "$p$ − mean (kPa)"


def test_a_component_is_its_quantity_and_an_unknown_name_its_own_label():
    assert quantity("flux_x_y").label == quantity("flux_z").label == quantity("flux").label
    assert quantity("v_x").unit == "m2" and quantity("sto") is FIELDS["sto"]
    assert quantity("temperature") == Quantity("temperature", "temperature")


def test_colour_maps_exist():
    import matplotlib

    maps = [one.colours for named in (quantities.FIELDS, quantities.MAPS) for one in named.values()]
    assert set(maps) <= set(matplotlib.colormaps)
