"""BPX files: what is read, what is refused in one sentence, what is written and reads back."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from microsim import materials
from microsim.base.errors import InputError
from microsim.case.bpx import parse_bpx, read_bpx
from microsim.case.bpx_cases import LAW, bpx_of, case_of, design_of, write_bpx
from microsim.case.bpx_cell import check_bpx
from microsim.case.build import simulate
from microsim.case.case import load_case, parse_case
from microsim.materials.expressions import Expression

from ..bpx_example import CAPACITY, POSITIVE, example

F, R = 96485.33212, 8.314462618
P, N, C = "Positive electrode", "Negative electrode", "Cell"


@pytest.fixture
def cell():
    return parse_bpx(example())


def test_what_a_file_says(cell):
    p = cell.positive.material
    assert (cell.title, cell.pairs, cell.area, cell.c_e_0, cell.temperature) == (
        "An example",
        2,
        0.01,
        1200.0,
        300.0,
    )
    assert p.active_fraction == pytest.approx(3.6e5 * 5e-6 / 3) and p.transport_efficiency == 0.16
    assert cell.one_C() == pytest.approx(CAPACITY / 0.02) and cell.capacity == pytest.approx(CAPACITY * 3600)
    assert cell.separator.thickness == 2e-5 and cell.positive.thickness == 60e-6
    assert (p.active.sto_100, p.active.sto_0) == (0.4, 0.9)
    assert (cell.negative.material.active.sto_100, cell.negative.material.active.sto_0) == (0.8, 0.05)
    assert cell.validation["slow"]["current_A"].tolist() == [1.0, 1.0]


def test_its_laws(cell):
    active, x = cell.positive.material.active, 0.55
    assert float(active.U(x)) == pytest.approx(4.6 - x + 0.05 * math.tanh(-8 * (x - 0.6)))
    assert float(active.dU(x)) == pytest.approx(-1 - 0.4 * (1 - math.tanh(-8 * (x - 0.6)) ** 2))
    hot = math.exp(30000 / R * (1 / 300 - 1 / 320))
    expected = F * 2e-5 * hot * math.sqrt(600 / 1200 * x * (1 - x))
    assert float(active.i0(600.0, np.array(x), 320.0)) == pytest.approx(expected, rel=1e-12)
    assert float(active.D_s(x, 320.0)) == pytest.approx(
        1e-14 * math.exp(20000 / R * (1 / 300 - 1 / 320)), rel=1e-6, abs=0
    )
    assert float(cell.electrolyte.kappa(np.array(1000.0), 300.0)) == pytest.approx(3.3 - 2.5 + 0.13)
    assert float(cell.electrolyte.kappa(np.array(-5.0), 300.0)) == 0.0
    assert float(cell.negative.material.active.D_s(0.3, 300.0)) == pytest.approx(
        3e-14 * math.exp(-0.3), rel=1e-6, abs=0
    )


def test_version_1_keeps_the_salt_in_its_state():
    raw = example(**{"Electrolyte/Initial concentration [mol.m-3]": None})
    raw["State"] = {"Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 900}}
    assert parse_bpx(raw).c_e_0 == 900.0


def test_a_partial_file():
    raw = example()
    raw["Header"]["Model"] = "Partial"
    for key in (N, "Separator", "Electrolyte"):
        del raw["Parameterisation"][key]
    cell = parse_bpx(raw)
    check_bpx(cell)
    assert cell.negative is None and cell.positive is not None and cell.ocv() is None
    with pytest.raises(InputError, match="expected a BPX file with electrolyte, separator"):
        case_of(cell, "partial.json")


INCONSISTENT = {
    "cut-offs the wrong way": ({f"{C}/Lower voltage cut-off [V]": 4.3}, "lower below the upper cut-off"),
    "charged above the cut-off": (
        {f"{C}/Upper voltage cut-off [V]": 4.0},
        "OCV of the stoichiometry windows inside the cut-offs",
    ),
    "discharged below the cut-off": ({f"{C}/Lower voltage cut-off [V]": 3.4}, "got 3.15"),
    "windows of different capacity": (
        {f"{N}/Maximum stoichiometry": 0.95},
        "same capacity in the stoichiometry windows",
    ),
    "a nominal capacity of one pair": (
        {f"{C}/Nominal cell capacity [A.h]": CAPACITY / 2.5},
        "Nominal cell capacity near",
    ),
    "windows the wrong way": (
        {f"{P}/Minimum stoichiometry": 0.95},
        "Minimum below the Maximum stoichiometry",
    ),
    "too full": ({f"{P}/Surface area per unit volume [m-1]": 5e5}, "sum to at most 1"),
    "too fast pores": ({f"{P}/Transport efficiency": 0.4}, "transport efficiency of at most the porosity"),
    "a rising OCP": ({f"{P}/OCP [V]": "3 + x"}, "OCP that falls"),
    "an OCP that is none": ({f"{P}/OCP [V]": "3 + y"}, r"Positive electrode.OCP \[V\]: expected numbers, x"),
    "code in a formula": ({f"{P}/OCP [V]": "__import__('os').system('true')"}, "expected numbers, x"),
    "a negative diffusivity": (
        {f"{P}/Diffusivity [m2.s-1]": "1e-14 * (0.5 - x)"},
        "Positive electrode: expected D_s",
    ),
    "a conductivity in mS": ({"Electrolyte/Conductivity [S.m-1]": 9500}, "Electrolyte: expected kappa"),
    "no thickness": ({f"{P}/Thickness [m]": None}, r"expected Thickness \[m\], got none"),
    "a misspelt key": ({f"{P}/Thicknes [m]": 1e-5}, r"did you mean Thickness \[m\]"),
    "text for a number": ({f"{P}/Porosity": "some"}, "Positive electrode.Porosity: expected a number"),
    "a broken table": ({f"{P}/OCP [V]": {"x": [0, 1], "y": [4]}}, "as many x as y"),
    "a table of text": ({f"{P}/OCP [V]": {"x": [0, 1], "y": [4, "a"]}}, r"OCP \[V\].y.1: expected a number"),
    "hysteresis": ({f"{P}/OCP (lithiation) [V]": "4 - x"}, "does not model"),
    "a blend": ({f"{P}/Particle": {}}, "blended electrodes"),
    "an old SPM": ({"Header/Model": "SPM"}, "expected DFN, SPMe or Partial"),
    "no cell": ({"Parameterisation/Cell": None}, "expected the section Cell"),
    "an x twice": ({f"{P}/OCP [V]": {"x": [0, 0.5, 0.5], "y": [4, 3, 2]}}, "expected each x once, got 0.5"),
    "salt in mol/l": (
        {"Electrolyte/Initial concentration [mol.m-3]": 1.2},
        "expected a number from 10 to 10000, got 1.2",
    ),
    "an energy that is none": (
        {f"{P}/Diffusivity activation energy [J.mol-1]": 2e7},
        "from -300000 to 300000",
    ),
    "a state that is none": (
        {"State/Initial conditions": [1]},
        "State.Initial conditions: expected a section",
    ),
    "an infinite OCP": ({f"{P}/OCP [V]": "4 - x + exp(9**9**9)"}, "expected U from .* got inf"),
    "a later version": (
        {"Header/BPX": "2.0.0"},
        'Header.BPX: expected a version of the standard from 0.1 to 1.x, got "2.0.0"',
    ),
    "no version": ({"Header/BPX": None}, "Header.BPX: expected a version .* got none"),
    "a version in words": ({"Header/BPX": "latest"}, 'got "latest"'),
    "a thickness in um": (
        {"Separator/Thickness [m]": 25},
        r"Separator.Thickness \[m\]: expected a number from 1e-08 to 0.01",
    ),
}


@pytest.mark.parametrize("version", ["0.1", "0.4.0", 0.4, 1, "1.1.0"])
def test_versions_that_are_read(version):
    check_bpx(parse_bpx(example(**{"Header/BPX": version})))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("changes", "sentence"), INCONSISTENT.values(), ids=INCONSISTENT)
def test_an_inconsistent_file_is_refused(changes, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        check_bpx(parse_bpx(example(**changes)))
    said = str(error.value)
    assert "\n" not in said and "expected" in said and "got" in said


def test_the_example_itself_is_sound(cell):
    check_bpx(cell)
    assert cell.ocv() == pytest.approx(
        (4.6 - 0.4 + 0.05 * math.tanh(1.6) - 0.08, 4.6 - 0.9 - 0.05 * math.tanh(2.4) - 0.5)
    )


@pytest.mark.parametrize("content", ["{", "[]", '{"Header": 1}', "\x00"])
def test_a_file_that_is_none(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match="expected"):
        read_bpx(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("electrode", "counter"), [("positive", "lithium"), ("negative", "lithium"), ("positive", "electrode")]
)
def test_a_file_runs(tmp_path, electrode, counter):
    (tmp_path / "cell.json").write_text(json.dumps(example()))
    raw = case_of(read_bpx(tmp_path / "cell.json"), "cell.json", electrode, counter, cells=10)
    setup, record = simulate(parse_case(raw, tmp_path / "case.yaml"))
    assert record.steps[0]["end_reason"] == "voltage"
    charge = setup.one_C * 0.5 * record.columns["time_s"][-1] / 3600
    window = 0.5 if electrode == "positive" else 0.75
    c_max = POSITIVE["Maximum concentration [mol.m-3]"] * 0.5 / window
    full = F * 0.6 * 60e-6 * c_max * window * setup.cell.mesh.area / 3600
    assert 0.8 < charge / full < 1.3
    assert record.lithium_balance_error < 1e-8


def test_an_anode_against_lithium_is_filled_past_its_plateau(tmp_path):
    """Its OCP ends on a plateau, which any current crosses."""
    flat = {"x": [0.0, 0.05, 0.2, 0.5, 0.8, 1.0], "y": [1.5, 0.5, 0.2, 0.12, 0.09, 0.085]}
    (tmp_path / "cell.json").write_text(json.dumps(example(**{f"{N}/OCP [V]": flat})))
    raw = case_of(read_bpx(tmp_path / "cell.json"), "cell.json", "negative", cells=10)
    assert raw["protocol"] == ["Discharge at C/2 until 0.005 V"]
    setup, record = simulate(parse_case(raw, tmp_path / "case.yaml"))
    charge = setup.one_C * 0.5 * record.columns["time_s"][-1] / setup.cell.mesh.area
    assert charge > read_bpx(tmp_path / "cell.json").negative.capacity()


def half_cell(**changes):
    case = load_case("cases/dfn_chen2020.yaml", ["volume.slab.cells=10"])
    return replace(design_of(case, 48.685), **changes)


@pytest.mark.parametrize(
    "counter", ["lithium", "{material: Chen2020_anode, thickness_um: 85.2, initial_sto: 0.9014}"]
)
def test_a_written_file_reads_back(tmp_path, counter):
    case = load_case(
        "cases/dfn_chen2020.yaml",
        (
            [f"cell.counter_electrode={counter}", "protocol.0=Discharge at C/2 until 2.6 V"]
            if "Chen" in counter
            else []
        ),
    )
    design = design_of(case, 48.685)
    write_bpx(tmp_path / "out.json", design)
    back = read_bpx(tmp_path / "out.json")
    ours, theirs = design.positive.material, back.positive.material
    sto, c_e = np.linspace(0.25, 0.95, 400), np.linspace(50.0, 2200.0, 400)
    np.testing.assert_allclose(theirs.active.U(sto), ours.active.U(sto), atol=1e-5)
    for T in (298.15, 310.0):
        np.testing.assert_allclose(theirs.active.i0(c_e, sto, T), ours.active.i0(c_e, sto, T), rtol=1e-6)
        np.testing.assert_allclose(theirs.active.D_s(sto, T), ours.active.D_s(sto, T), rtol=1e-6)
        np.testing.assert_allclose(
            back.electrolyte.kappa(c_e, T), design.electrolyte.kappa(c_e, T), rtol=2e-4
        )
        np.testing.assert_allclose(back.electrolyte.D_e(c_e, T), design.electrolyte.D_e(c_e, T), rtol=2e-4)
    for name in ("porosity", "transport_efficiency", "active_fraction", "radius", "sigma"):
        assert getattr(theirs, name) == pytest.approx(getattr(ours, name), rel=1e-12)
    assert back.one_C() == pytest.approx(48.685) and back.positive.sto_min == design.positive.sto_min
    assert back.negative.capacity() == pytest.approx(back.positive.capacity(), rel=1e-9)


def test_a_half_cell_s_file_tells_of_the_metal():
    parts = bpx_of(half_cell())["Parameterisation"]
    metal = parts["User-defined"]
    assert metal["Exchange-current density for lithium metal electrode [A.m-2]"] == pytest.approx(
        70.594, abs=1e-3
    )
    assert metal["Negative electrode OCP [V]"] == 0.0


def test_a_half_cell_s_file_holds_the_metal_s_law_of_the_salt():
    own = materials.load("lithium")
    law = Expression(bpx_of(half_cell())["Parameterisation"]["User-defined"][LAW])
    c_e = np.array([20.0, 300.0, 1000.0, 2500.0])
    assert law(c_e) == pytest.approx(own.i0(c_e, 298.15), rel=1e-9)
    other = replace(half_cell(), negative=replace(own, i0=lambda c_e, T: 20.0 + 0.01 * c_e))
    table = bpx_of(other)["Parameterisation"]["User-defined"][LAW]
    assert np.interp(c_e, table["x"], table["y"]) == pytest.approx(20 + 0.01 * c_e, rel=1e-4)


REFUSED = {
    "t_plus that varies": (
        lambda: half_cell(electrolyte=materials.load("LiPF6_EC_EMC_Landesfeind")),
        "constant t_plus",
    ),
    "tdf that varies": (
        lambda: half_cell(electrolyte=materials.load("LiPF6_PC_EC_DMC_Valoen2005")),
        "constant tdf",
    ),
    "a constant tdf": (
        lambda: half_cell(electrolyte=replace(materials.load("LiPF6_EC_EMC_3_7"), tdf=2.0)),
        "thermodynamic factor of 1",
    ),
    "another form of i0": (lambda: with_active("NMC811_ORegan2022"), r"sqrt\(c_e x \(1 - x\)\)"),
}


def with_active(name):
    design = half_cell()
    material = replace(design.positive.material, active=materials.load(name))
    return replace(design, positive=replace(design.positive, material=material))


@pytest.mark.parametrize(("design", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_bpx_cannot_say_is_not_written(design, sentence):
    with pytest.raises(InputError, match=sentence):
        bpx_of(design())


def test_an_image_is_not_written():
    with pytest.raises(InputError, match="homogenised"):
        design_of(load_case("cases/demo.yaml"), 50.0)


@pytest.mark.parametrize("name", ["bpx_lfp_18650_cell_BPX.json", "bpx_nmc_pouch_cell_BPX.json"])
def test_the_published_examples_are_sound(data, name):
    cell = read_bpx(data / "electrochem" / name)
    charged, discharged = cell.ocv()
    assert charged == pytest.approx(cell.upper, abs=3e-3) and discharged == pytest.approx(
        cell.lower, abs=3e-3
    )
    assert cell.negative.capacity() == pytest.approx(cell.positive.capacity(), rel=1e-3)
