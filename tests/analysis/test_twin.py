"""The homogenised twin of a case: its slab, its files, and the comparison with the resolved run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microsim.analysis.twin import compare_with_dfn, run_dfn, slab_case, twin_of
from microsim.base.errors import InputError
from microsim.case.bpx import read_bpx
from microsim.case.build import set_up, simulate
from microsim.case.case import load_case, parse_case
from microsim.cli import main
from microsim.jobs.run import run
from microsim.reference import dfn

DEMO = Path(__file__).parents[2] / "cases" / "demo.yaml"
SMALL = [
    "volume.crop={x: [0, 24], y: [0, 16], z: [0, 16]}",
    "compare=null",
    "protocol=[Discharge at 1C for 6 minutes]",
]


def twin(settings=(), folder=None):
    case = load_case(DEMO, [*SMALL, *settings])
    setup = set_up(case)
    return case, setup, twin_of(setup, folder=folder)


OWN = 'cell.materials.am={base: NMC811_crystal, i0_A_m2: "0.3 + 2 * sto", i0_scale: 2}'


@pytest.mark.parametrize("material", [(), (OWN,)], ids=["a set", "a formula with a scale"])
def test_the_slab_keeps_the_case_and_scales_what_lies_on_its_surface(material):
    settings = [
        *material,
        "cell.double_layer_F_m2=0.1",
        "cell.temperature_K=308.15",
        "cell.film={model: uniform, thickness_nm: 10, growth: {rate_nm_per_sqrt_h: 2}}",
    ]
    case, setup, found = twin(settings)
    slab, factor = found.case, found.found.surface_factor
    active, own = slab.load_materials()["cathode"].active, case.load_materials()["am"]
    for sto in (0.3, 0.8):
        assert active.i0(900.0, np.array(sto), 310.0) == pytest.approx(
            factor * own.i0(900.0, np.array(sto), 310.0), rel=1e-8
        )
    assert slab.cell.film.thickness == pytest.approx(10e-9 / factor, rel=1e-8)
    assert slab.cell.film.growth.rate == pytest.approx(case.cell.film.growth.rate / factor, rel=1e-8)
    assert slab.cell.double_layer == pytest.approx(0.1 * factor, rel=1e-8)
    assert (
        slab.cell.temperature == 308.15
        and slab.protocol == case.protocol
        and slab.cell.separator == case.cell.separator
    )
    assert slab.cell.nominal_current_density == pytest.approx(setup.one_C / setup.cell.mesh.area, rel=1e-8)
    assert slab.volume.slab.thickness == pytest.approx(24 * 400e-9)


def test_files_are_named_as_seen_from_the_slab_s_folder(tmp_path):
    (tmp_path / "ocp.csv").write_text("".join(f"{x},{4.4 - x}\n" for x in np.linspace(0.1, 0.95, 20)))
    (tmp_path / "electrode.tif").symlink_to(DEMO.parents[1] / "meshes" / "demo_electrode.tif")
    written = DEMO.read_text().replace("../meshes/demo_electrode.tif", "electrode.tif")
    (tmp_path / "case.yaml").write_text(
        written.replace("am: NMC811_crystal", "am: {base: NMC811_crystal, ocp: ocp.csv}")
    )
    case = load_case(tmp_path / "case.yaml", [*SMALL, "protocol=[Discharge at 1C for 6 minutes]"])
    found = twin_of(set_up(case), folder=tmp_path / "out")
    active = found.raw["cell"]["materials"]["cathode"]["active"]
    assert active["ocp"] == "../ocp.csv" and active["base"] == "NMC811_crystal" and active["i0_scale"] > 0
    assert found.case.load_materials()["cathode"].active.U(0.5) == pytest.approx(3.9)
    assert slab_case(case, found.found, 1.0)["cell"]["materials"]["cathode"]["active"]["ocp"] == str(
        tmp_path / "ocp.csv"
    )


def test_a_run_against_itself_differs_by_nothing():
    _, setup, found = twin()
    ends = []

    def keep(moment):
        if moment.last:
            mesh = moment.cell.mesh
            sto = mesh.on_image(mesh.solid, moment.u.sto)[:, 0, 0]
            x = (np.arange(len(sto)) + 0.5) * mesh.voxel_size[0]
            ends.append({"step": moment.load.name, "x_m": x.tolist(), "sto": sto.tolist()})

    own, record = simulate(found.case, keep)
    told = compare_with_dfn(run_dfn(found), own, record, ends)
    assert told["voltage_max_V"] < 1e-12 and told["sto_profiles"][0]["max"] < 1e-9
    assert told["steps"][0]["capacity_difference"] == pytest.approx(0.0, abs=1e-12)
    area = own.cell.mesh.area
    capacity = setup.one_C / setup.cell.mesh.area * area / own.mass * 360 / 3600  # A h per kg: mAh per g
    assert told["steps"][0]["capacity_mAh_g"] == pytest.approx(capacity, rel=1e-6)
    # the same curve 10 mV higher differs by 10 mV
    lower = [V - 0.01 for V in record.columns["voltage_V"]]
    told = compare_with_dfn(
        run_dfn(found), own, replace(record, columns={**record.columns, "voltage_V": lower}), ends
    )
    assert told["voltage_rms_V"] == pytest.approx(0.01) and told["voltage_max_V"] == pytest.approx(0.01)


def test_the_report_shows_it_beside_the_resolved_run(tmp_path, monkeypatch):
    def missing():
        raise InputError("expected the package pybamm, got none")

    monkeypatch.setattr(dfn, "_pybamm", missing)
    protocol = "protocol=[Discharge at 1C for 6 minutes, Rest for 5 minutes]"
    result = run(load_case(DEMO, [*SMALL, protocol, "output.homogenised=true"]), tmp_path).numbers()
    stored = json.loads((tmp_path / "result.json").read_text())["homogenised"]
    assert [step["capacity_mAh_g"] is None for step in stored["steps"]] == [False, True]
    assert stored["voltage_rms_V"] < 0.02 and stored["sto_profiles"][1]["rms"] < 0.05
    assert stored["parameters"]["active_fraction"] == pytest.approx(
        result["phases"]["am"]["volume_fraction"], rel=0.02
    )
    assert set(stored["sources"]) >= {
        "porosity",
        "transport_efficiency",
        "radius",
        "sigma",
        "film_resistance",
    }
    page = (tmp_path / "report.html").read_text()
    assert "What homogenising loses" in page and "expected the package pybamm" in page
    assert "Particle diameters d10, d50, d90" in page and "Contact of the active surface" in page
    assert (tmp_path / "figures" / "homogenised.png").stat().st_size > 10_000


def test_without_the_key_nothing_runs_beside(tmp_path, monkeypatch):
    from microsim.report.pages import run as page

    monkeypatch.setattr(page, "write", lambda *args, **kwargs: None)
    assert "homogenised" not in run(load_case(DEMO, SMALL), tmp_path).numbers()


def test_the_command_writes_what_runs_and_what_pybamm_reads(tmp_path, capsys):
    settings = [
        part
        for setting in [*SMALL, "volume.crop={x: [0, 20], y: [0, 12], z: [0, 12]}"]
        for part in ("--set", setting)
    ]
    assert main(["homogenise", str(DEMO), "--out", str(tmp_path), *settings, "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    p = told["parameters"]
    assert p["specific_area_m-1"] * p["radius_m"] / (3 * p["active_fraction"]) == pytest.approx(
        p["surface_factor"]
    )
    assert p["particle_sizes"]["d10_m"] <= p["particle_sizes"]["d50_m"] and sum(
        p["contact"].values()
    ) == pytest.approx(1)
    read = read_bpx(tmp_path / "parameters.json").positive
    assert (
        read.material.active_fraction == pytest.approx(p["active_fraction"])
        and read.thickness == p["thickness_m"]
    )
    case = load_case(tmp_path / "homogenised.yaml")
    porous = case.load_materials()["cathode"]
    assert porous.radius == pytest.approx(p["radius_m"]) and porous.sigma == pytest.approx(p["sigma_S_m"])
    back = read.material.active.i0(1000.0, np.array(0.5), 298.15)
    assert back == pytest.approx(float(porous.active.i0(1000.0, np.array(0.5), 298.15)), rel=1e-6)
    values = json.loads((tmp_path / "pybamm.json").read_text())
    b = values["Positive electrode Bruggeman coefficient (electrolyte)"]
    assert p["porosity"] ** b == pytest.approx(p["transport_efficiency"])
    assert main(["run", str(tmp_path / "homogenised.yaml"), "--out", str(tmp_path / "run")]) == 0
    assert main(["homogenise", str(tmp_path / "homogenised.yaml"), "--out", str(tmp_path / "no")]) == 2
    assert "one phase of resolved active material" in capsys.readouterr().err


def test_what_bpx_cannot_say_is_said(tmp_path, capsys):
    settings = [
        part
        for setting in [*SMALL, "cell.materials.electrolyte=LiPF6_EC_EMC_Landesfeind"]
        for part in ("--set", setting)
    ]
    assert main(["homogenise", str(DEMO), "--out", str(tmp_path), *settings]) == 0
    assert "no BPX file: expected an electrolyte of constant" in capsys.readouterr().out
    assert not (tmp_path / "parameters.json").exists() and (tmp_path / "homogenised.yaml").exists()


def test_pybamm_agrees_with_our_dfn():
    pytest.importorskip("pybamm")
    _, _, found = twin(["protocol=[Discharge at 1C until 3.6 V]"])
    slab = parse_case(slab_case(load_case(DEMO, SMALL), found.found, found.case.cell.nominal_current_density))
    own, record = simulate(found.case)
    told = compare_with_dfn(run_dfn(found), own, record, [])
    assert slab.cell == found.case.cell
    assert told["pybamm"]["from_our_dfn_rms_V"] < 1e-3
