"""BPX files made into cases that run, and cases made into BPX files that read back."""

import json
from dataclasses import replace

import numpy as np
import pytest

from microsim import materials
from microsim.base.errors import InputError
from microsim.case.bpx import parse_bpx, read_bpx
from microsim.case.bpx_cases import LAW, bpx_of, case_of, design_of, write_bpx
from microsim.case.build import set_up, simulate
from microsim.case.case import load_case, parse_case
from microsim.impedance.cell import solve_cell_impedance
from microsim.materials.expressions import Expression

from ..bpx_example import POSITIVE, example

F, N = 96485.33212, "Negative electrode"


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


@pytest.mark.parametrize("counter", ["lithium", "electrode"])
@pytest.mark.parametrize("T", [268.15, 318.15])
def test_potentials_follow_the_entropic_coefficient(tmp_path, counter, T):
    """At rest: U(300 K) + (T - 300 K) dU/dT of each electrode; laws and tables alike."""
    changes = {"Negative electrode/Entropic change coefficient [V.K-1]": "2e-4 * x"}
    if counter == "electrode":
        table = {"x": [0.0, 1.0], "y": [-2e-4, 0.0]}
        changes |= {"Positive electrode/Entropic change coefficient [V.K-1]": table}
    changes |= {"State/Initial conditions": {"Initial temperature [K]": T, "Initial state-of-charge": 0.5}}
    (tmp_path / "cell.json").write_text(json.dumps(example(**changes)))
    raw = case_of(read_bpx(tmp_path / "cell.json"), "cell.json", counter=counter, cells=4)
    record = simulate(parse_case(raw | {"protocol": ["Rest for 1 s"]}, tmp_path / "case.yaml"))[1]
    x, y = 0.9 - 0.5 * 0.5, 0.05 + 0.5 * 0.75
    U = (
        4.6
        - x
        - 0.05 * np.tanh(8 * (x - 0.6))
        + (T - 300) * (-1e-4 if counter == "lithium" else -2e-4 * (1 - x))
    )
    if counter == "electrode":
        # the negative one's table at 300 K is followed by its own curve
        ref = read_bpx(tmp_path / "cell.json").negative.material.active.U(np.array(y))
        U -= float(ref) + (T - 300) * 2e-4 * y
    assert record.columns["voltage_V"][-1] == pytest.approx(U, abs=1e-6)


def test_an_entropic_coefficient_is_written(tmp_path):
    changes = {"Positive electrode/Entropic change coefficient [V.K-1]": "-1e-4 * x"}
    (tmp_path / "cell.json").write_text(json.dumps(example(**changes)))
    raw = case_of(read_bpx(tmp_path / "cell.json"), "cell.json", counter="electrode", cells=4)
    raw["protocol"] = ["Discharge at C/2 until 3.2 V"]
    again = parse_bpx(bpx_of(design_of(parse_case(raw, tmp_path / "case.yaml"))))
    active = again.positive.material.active
    assert float(active.dU_dT(np.array(0.7))) == pytest.approx(-0.7e-4, abs=1e-8)
    assert (
        active.U_temperature == again.temperature == 298.15
    )  # the potential that was written is of the case


@pytest.mark.parametrize("ocp", [3.4, "3.4", "3.45 - 1e-3 * x"])
def test_a_flat_ocp_runs_and_has_a_spectrum(tmp_path, ocp):
    """A number for an OCP: the case ends below it, and dU/dsto is 0."""
    changes = {"Positive electrode/OCP [V]": ocp, "Cell/Lower voltage cut-off [V]": 2.5}
    (tmp_path / "cell.json").write_text(json.dumps(example(**changes)))
    raw = case_of(read_bpx(tmp_path / "cell.json"), "cell.json", cells=4)
    case = parse_case(raw, tmp_path / "case.yaml")
    assert case.protocol[0].until_voltage_V == pytest.approx(3.4 - 0.25, abs=0.06)
    setup = set_up(case)
    Z = solve_cell_impedance(setup.cell, setup.experiment().now.solved, [1e3, 1.0]).Z
    assert np.all(np.isfinite(Z)) and np.all(Z.real > 0) and np.all(Z.imag < 0)
