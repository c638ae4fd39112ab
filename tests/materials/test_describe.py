"""A material set as plain data: ranges, values or their ends, units and sources."""

import json
from dataclasses import replace

import numpy as np
import pytest

from microsim.materials import load
from microsim.materials.describe import describe, ranges

ACTIVE, SALT = load("NMC811_Chen2020"), load("LiPF6_EC_EMC_3_7")


@pytest.mark.parametrize(
    "name", ["NMC811_Chen2020", "LiPF6_EC_EMC_3_7", "CBD_default", "lithium", "Chen2020_cathode"]
)
def test_every_kind_is_plain_data_with_units_and_sources(name):
    material = load(name)
    told = describe(material)
    assert json.loads(json.dumps(told)) is not None and told["kind"] == material.kind
    for key, coefficient in told["coefficients"].items():
        assert set(coefficient) in ({"value", "unit", "source"}, {"min", "max", "unit", "source"}), key
        assert coefficient["source"] == material.sources.get(key, "")


def test_a_function_is_told_by_its_ends_and_a_constant_by_its_value():
    material = replace(ACTIVE, U=lambda sto: 4 - sto, sto_window=(0.2, 0.8), D_s=lambda sto, T: T * 1e-17)
    told = describe(material, 300.0)
    assert told["range"] == {"sto": (0.2, 0.8), "U_V": pytest.approx((3.8, 3.2))}
    found = told["coefficients"]
    assert (found["U"]["min"], found["U"]["max"]) == pytest.approx((3.2, 3.8), abs=0.01)
    assert found["D_s"] == {
        "value": pytest.approx(3e-15, rel=1e-12, abs=0),
        "unit": "m2 s-1",
        "source": material.sources["D_s"],
    }
    assert found["c_s_max"]["value"] == material.c_s_max and found["molar_mass"]["unit"] == "kg mol-1"


def test_it_tells_what_a_formula_unit_and_a_gram_hold():
    for name in ("NMC811_Chen2020", "Chen2020_cathode"):
        told = describe(load(name))
        assert told["sites_per_formula_unit"] == pytest.approx(63104 * 0.09728 / 4800)
        assert told["theoretical_capacity_mAh_g"] == pytest.approx(275.51, abs=0.01)
        assert "1.28 sites" in told["remark"]
    assert describe(load("NMC532_Xu2019"))["remark"] == "" and "remark" not in describe(SALT)
    unknown = describe(replace(ACTIVE, molar_mass=None))
    assert unknown["sites_per_formula_unit"] is None and "molar_mass" not in unknown["coefficients"]


def test_ranges_are_those_of_the_kind():
    assert ranges(SALT) == {"c_e_mol_m3": SALT.c_e_window}
    assert ranges(load("lithium")) == ranges(load("CBD_default")) == {}
    porous = load("Chen2020_cathode")
    assert ranges(porous) == ranges(porous.active) and describe(porous)["active"] == porous.active.name
    low, high = describe(SALT)["range"]["c_e_mol_m3"]
    curve = SALT.kappa(np.linspace(low, high, 5), 298.15)
    assert describe(SALT)["coefficients"]["kappa"]["max"] >= curve.max()
