"""Material sets with changes in a case: numbers, tables, BPX files; unknown keys are refused."""

import json

import numpy as np
import pytest

from microsim import materials
from microsim.base.errors import InputError
from microsim.case.build import simulate
from microsim.case.case import load_case, parse_case
from microsim.case.overrides import read_material

from ..bpx_example import example

CASE = "cases/dfn_chen2020.yaml"
T = 298.15


def loaded(raw, tmp_path):
    return read_material(raw, "cell.materials.am").load(lambda file: str(tmp_path / file))


@pytest.fixture
def tables(tmp_path):
    sto = np.linspace(0.25, 0.98, 60)
    U = 4.4 - 0.9 * sto
    (tmp_path / "ocp.csv").write_text(
        "# measured\nsto,U (V)\n" + "".join(f"{x:.6f},{u:.6f}\n" for x, u in zip(sto, U))
    )
    (tmp_path / "D.txt").write_text("0.0\t1e-14\n0.5\t1e-15\n1.0\t4e-15\n")
    return tmp_path


def test_numbers_replace_coefficients(tmp_path):
    raw = {
        "base": "NMC811_Chen2020",
        "D_s_m2_s": 7e-15,
        "i0_A_m2": 2.0,
        "sigma_S_m": 1.5,
        "density_kg_m3": 4700,
        "sto_100": 0.3,
    }
    m = loaded(raw, tmp_path)
    assert m.D_s(np.array([0.3, 0.8]), 310.0).tolist() == [7e-15, 7e-15]
    assert float(m.i0(1000.0, np.array(0.5), T)) == pytest.approx(2.0)
    assert float(m.i0(250.0, np.array(0.5), T)) == pytest.approx(1.0)  # the shape stays
    assert (m.sigma, m.density, m.sto_100, m.name) == (1.5, 4700.0, 0.3, "NMC811_Chen2020*")
    assert m.sources["D_s"] == "set to 7e-15 in the case" and "Chen" in m.sources["U"]


def test_tables_replace_laws(tables):
    m = loaded({"base": "NMC811_Chen2020", "ocp": "ocp.csv", "D_s_table": "D.txt"}, tables)
    sto = np.linspace(0.26, 0.97, 30)
    np.testing.assert_allclose(m.U(sto), 4.4 - 0.9 * sto, atol=1e-5)
    np.testing.assert_allclose(m.dU(sto), -0.9, atol=1e-3)
    assert m.sto_window == pytest.approx((0.25, 0.98))
    assert float(m.D_s(np.array(0.5), T)) == pytest.approx(1e-15, rel=1e-6, abs=0)
    assert float(m.D_s(np.array(0.25), T)) == pytest.approx(
        1.883e-15, rel=1e-3, abs=0
    )  # between the logarithms
    assert "table ocp.csv, sha256 " in m.sources["U"]


def test_scales_multiply_whatever_law_there_is(tables):
    base, at = materials.load("NMC811_Chen2020"), (700.0, np.array([0.3, 0.6]), 310.0)
    m = loaded({"base": "NMC811_Chen2020", "i0_scale": 3, "D_s_scale": 0.25}, tables)
    np.testing.assert_allclose(m.i0(*at), 3 * base.i0(*at), rtol=1e-14)
    np.testing.assert_allclose(m.D_s(*at[1:]), 0.25 * base.D_s(*at[1:]), rtol=1e-14)
    assert m.sources["i0"] == base.sources["i0"] + "; times 3 in the case" and m.U is base.U
    both = loaded({"base": "NMC811_Chen2020", "i0_A_m2": 2.0, "D_s_table": "D.txt", "i0_scale": 3,
                   "D_s_scale": 2}, tables)  # fmt: skip
    assert float(both.i0(1000.0, np.array(0.5), T)) == pytest.approx(6.0)
    assert float(both.D_s(np.array(0.5), T)) == pytest.approx(2e-15, rel=1e-6, abs=0)
    porous = loaded({"base": "Chen2020_cathode", "i0_scale": 2, "density_kg_m3": 4000}, tables)
    inside = materials.load("Chen2020_cathode").active
    assert porous.active.density == 4000.0
    np.testing.assert_allclose(porous.active.i0(*at), 2 * inside.i0(*at), rtol=1e-14)


@pytest.mark.parametrize(
    ("key", "at"),
    {
        "cell.materials.cathode.i0_scale": 2.0,
        "cell.materials.cathode.active.i0_scale": 2.0,
        "cell.counter_electrode.material.i0_scale": 2.0,
    }.items(),
)
def test_a_key_of_a_material_given_by_its_name_is_set(key, at):
    counter = {"material": "Chen2020_cathode", "thickness_um": 50, "initial_sto": 0.5}
    raw = {"cell.materials.cathode": {"base": "Chen2020_cathode", "active": "NMC811_Chen2020"}}
    raw |= {"cell.counter_electrode": counter}
    before = load_case(CASE, raw)
    after = load_case(CASE, raw | {key: at})

    def i0(case):
        loaded = [*case.load_materials().values()]
        loaded.append(case.load_material(case.cell.counter_electrode.material, "counter"))
        return [float(m.active.i0(1000.0, np.array(0.5), T)) for m in loaded if m.kind == "porous"]

    changed = [b / a for a, b in zip(i0(before), i0(after))]
    assert changed == pytest.approx([1.0, at] if "counter" in key else [at, 1.0])
    assert load_case(after.as_dict()).sha256 == after.sha256
    with pytest.raises(InputError, match="known key, got i0_scales"):
        load_case(CASE, {"cell.materials.cathode.i0_scales": 2})
    with pytest.raises(InputError, match="expected a number above 0, got 0"):
        load_case(CASE, {"cell.materials.cathode.i0_scale": 0})


def test_other_kinds(tmp_path):
    e = loaded({"base": "LiPF6_EC_EMC_3_7", "t_plus": 0.3, "kappa_S_m": 1.0}, tmp_path)
    assert e.t_plus == 0.3 and float(e.kappa(np.array(50.0), T)) == 1.0
    p = loaded(
        {
            "base": "Chen2020_cathode",
            "porosity": 0.3,
            "radius_um": 4,
            "active": "NMC532_Xu2019",
            "density_kg_m3": 4000,
        },
        tmp_path,
    )
    assert (p.porosity, p.radius, p.active.name, p.active.density) == (0.3, 4e-6, "NMC532_Xu2019", 4000.0)
    assert loaded({"base": "CBD_default", "sigma_S_m": 100}, tmp_path).sigma == 100.0


def test_a_bpx_file_as_a_material(tmp_path):
    (tmp_path / "cell.json").write_text(json.dumps(example()))
    porous = loaded({"bpx": "cell.json", "electrode": "positive", "density_kg_m3": 4500}, tmp_path)
    active = loaded({"bpx": "cell.json", "active_material": "negative"}, tmp_path)
    salt = loaded({"bpx": "cell.json"}, tmp_path)
    assert (porous.kind, active.kind, salt.kind) == ("porous", "active", "electrolyte")
    assert porous.active.density == 4500.0 and active.U(0.5) < 1


WRONG = {
    "a key that none has": (
        {"base": "NMC811_Chen2020", "D_s": 1e-14},
        "the unit in the key, got none; write D_s_m2_s",
    ),
    "another kind's key": ({"base": "LiPF6_EC_EMC_3_7", "ocp": "a.csv"}, "expected a known key, got ocp"),
    "a base that is not": ({"base": "NMC812"}, "am.base: expected the name of a material set"),
    "both": ({"base": "NMC811_Chen2020", "bpx": "a.json"}, "give one of the two"),
    "neither": ({"ocp": "a.csv"}, "give one of the two"),
    "number and table": (
        {"base": "NMC811_Chen2020", "D_s_m2_s": 1e-14, "D_s_table": "a.csv"},
        "one of D_s and D_s_table",
    ),
    "lithium": ({"base": "lithium"}, "of the kind metal"),
    "a negative number": ({"base": "NMC811_Chen2020", "sigma_S_m": -1}, "expected a number above 0"),
    "two parts of a file": (
        {"bpx": "a.json", "electrode": "positive", "active_material": "negative"},
        "got both",
    ),
}


@pytest.mark.parametrize(("raw", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_refused(raw, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        read_material(raw, "cell.materials.am")
    assert str(error.value).startswith("cell.materials.am")


def test_a_table_of_the_base_s_own_values_gives_the_base_s_curve(tmp_path):
    """A dense table of an OCP runs as the OCP itself; the case reads back from its plain data."""
    base = load_case(CASE, ["volume.slab.cells=12", "protocol.0=Discharge at 1C until 3.6 V"])
    active = base.load_materials()["cathode"].active
    sto = np.linspace(0.2, 0.9999, 801)
    (tmp_path / "ocp.csv").write_text("".join(f"{x:.9g},{u:.9g}\n" for x, u in zip(sto, active.U(sto))))
    raw = base.as_dict()
    raw["volume"] = {"slab": {"phase": "cathode", "thickness_um": 75.6, "cells": 12}}
    own = {"base": "NMC811_Chen2020", "ocp": "ocp.csv", "sto_window": [0.2, 0.9999]}
    raw["cell"]["materials"]["cathode"] = {"base": "Chen2020_cathode", "active": own}
    same = parse_case(raw, tmp_path / "case.yaml")
    assert parse_case(same.as_dict(), tmp_path / "case.yaml").sha256 == same.sha256
    ends = [simulate(case)[1].columns["time_s"][-1] for case in (base, same)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)
    assert "set to NMC811_Chen2020* in the case" in same.load_materials()["cathode"].sources["active"]


def test_the_checks_run_when_a_case_is_read(tables):
    raw = load_case(CASE).as_dict()
    raw["cell"]["materials"]["cathode"] = {"base": "Chen2020_cathode", "porosity": 0.5}
    with pytest.raises(InputError, match=r"cell.materials.cathode, Chen2020_cathode\*: expected porosity"):
        parse_case(raw)


INSERTION = [name for name in materials.names() if materials.load(name).kind == "active"]


@pytest.mark.parametrize("name", INSERTION)
def test_every_insertion_material_discharges(name):
    """Four fifths of its window at C/20 in small particles, against lithium: the voltage ends a little below
    the OCP."""
    active, raw = materials.load(name), load_case(CASE, ["volume.slab.cells=6", "cell.shells=12"]).as_dict()
    radius = 0.05 if name.startswith("LFP") else 0.5
    raw["cell"]["materials"]["cathode"] = {
        "base": "Chen2020_cathode",
        "active": name,
        "radius_um": radius,
        "sigma_S_m": 1.0,
    }
    del raw["cell"]["nominal_current_density_A_m2"]
    low, high = sorted((active.sto_0, active.sto_100))
    raw["cell"]["initial_sto"] = low
    raw["protocol"] = ["Discharge at C/20 for 16 hours"]
    setup, record = simulate(parse_case(raw))
    assert record.columns["charge_C"][-1] == pytest.approx(0.8 * 3600 * setup.one_C)
    drop = float(active.U(low + 0.8 * (high - low))) - record.columns["voltage_V"][-1]
    assert 0 < drop < 0.02
    assert record.lithium_balance_error < 1e-8
