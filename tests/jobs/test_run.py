"""A run from Python: a case given as a dict, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError, NotConverged

from .conftest import DEMO, SMALL

STEP = "Discharge at 1C for 120 s"


def test_the_case_may_be_a_dict_and_results_go_beside_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw = ms.load_case(
        "cases/dfn_chen2020.yaml", {"volume.slab.cells": 6, "cell.shells": 6, "protocol": [STEP]}
    ).as_dict()
    told = []
    found = ms.run(raw, set=["output.fields=[sto]"], progress=lambda *step: told.append(step))
    assert found.folder == Path("out/case") and (tmp_path / "out" / "case" / "report.html").is_file()
    assert list(found.fields) == ["sto"] and told[-1][2] == "writing the report"
    with pytest.raises(InputError, match="expected a path, a dict or a Case, got int"):
        ms.run(5)
    with pytest.raises(InputError, match="set: expected settings"):
        ms.run(raw, set=5)


def test_no_page_of_an_earlier_run_stands_beside_new_numbers(tmp_path, monkeypatch):
    """The new page cannot be drawn: the old one, and its pictures, are gone; a picture of the user stays."""
    from microsim.report.pages import run as page

    tiny = {"volume.slab.cells": 6, "cell.shells": 6, "output.times": 2, "protocol": ["Rest for 60 s"]}
    ms.run("cases/dfn_xu2019.yaml", tmp_path, set=tiny)
    (tmp_path / "figures" / "own.png").write_text("mine")
    monkeypatch.setattr(page, "write", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ms.run("cases/dfn_xu2019.yaml", tmp_path, set={**tiny, "title": "Second"})
    assert json.loads((tmp_path / "result.json").read_text())["title"] == "Second"
    assert not (tmp_path / "report.html").exists()
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["own.png"]


def test_a_case_that_is_refused_loses_nothing_of_an_earlier_run(tmp_path):
    """Refused by its grid, by the cell, and by a measured discharge that it has not."""
    tiny = {"volume.slab.cells": 6, "cell.shells": 6, "output.times": 2, "protocol": ["Rest for 60 s"]}
    ms.run("cases/dfn_xu2019.yaml", tmp_path, set=tiny)
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    curve = tmp_path.parent / "curve.csv"
    lines = [f"{60 * t},-1,{3.9 - 1e-3 * t},{-0.1 * t}" for t in range(9)]
    curve.write_text("\n".join(["time_s,current_mA,voltage_V,capacity_mAh", *lines]))
    between = {"voltage": str(curve), "positive_current": "charge", "mass_mg": 1.0}
    nowhere = {"cell.initial_sto": None, "cell.initial_voltage_V": 9.0}
    for wrong in ({"volume.slab.phase": "none"}, nowhere, {"compare": [between]}):
        with pytest.raises(InputError):
            ms.run("cases/dfn_xu2019.yaml", tmp_path, set={**tiny, **wrong})
        assert kept == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_what_ran_until_the_solver_failed_is_written(tmp_path):
    """The finished step with its summary, the curve up to the failure; no page: it is no whole run."""
    steps = ["Discharge at C/5 for 60 s", "Discharge at 1C for 2 hours"]
    tiny = {"volume.slab.cells": 6, "cell.shells": 6, "output.times": 2, "protocol": steps}
    with pytest.raises(NotConverged, match="active material is full .*what ran until then is kept in"):
        ms.run("cases/dfn_chen2020.yaml", tmp_path, set=tiny)
    found = ms.open_run(tmp_path)
    assert [step["name"] for step in found.numbers()["steps"]] == steps[:1]
    assert found.voltage.time_s[-1] > 3600 and found.sto.times[-1] > 60
    assert "full at its surface" in found.numbers()["stopped"]
    assert not (tmp_path / "report.html").exists()
    assert (tmp_path / ".resume" / "state.npz").is_file()


def test_a_skipped_step_is_said(tmp_path):
    steps = ["Discharge at C/5 for 60 s", "Charge at C/5 until 3.5 V", "Rest for 10 s"]
    tiny = {"volume.slab.cells": 6, "cell.shells": 6, "output.times": 2, "protocol": steps}
    found = ms.run("cases/dfn_chen2020.yaml", tmp_path, set=tiny)
    assert [step["time_s"] for step in found.numbers()["steps"]] == pytest.approx([60, 0, 10])
    assert "Skipped: expected to reach 3.5 V by 'Charge at C/5 until 3.5 V'" in repr(found)


def test_a_mistake_costs_nothing(tmp_path):
    """The measured map and the profiles are read before anything is solved."""
    for change, said in (
        ({"compare.measured": str(tmp_path / "absent.tif")}, "absent.tif"),
        ({"protocol": [{"profile": str(tmp_path / "absent.csv")}], "compare": None}, "absent.csv"),
    ):
        with pytest.raises(InputError, match=said):
            ms.run("cases/demo.yaml", tmp_path / "out", set=change)
    assert not (tmp_path / "out").exists()


def test_a_measured_map_that_does_not_lie_on_the_electrode_is_refused_before_the_run(tmp_path):
    """Axes in another order, a corner far away, a mask of another shape: an earlier result stays."""
    image = 0.4 + 0.01 * np.random.default_rng(0).random((12, 8, 8))
    case = {**SMALL, "protocol": ["Discharge at C/3 for 20 s"]}
    out = tmp_path / "out"
    kept = ms.run(DEMO, out, set={**case, "compare": None}).numbers()
    np.save(tmp_path / "turned.npy", image.transpose(2, 1, 0))
    np.save(tmp_path / "map.npy", image)
    np.save(tmp_path / "mask.npy", np.ones((3, 3, 3), np.uint8))
    for change, said in (
        (
            {"measured": "turned.npy"},
            "turned.npy: expected a map in the volume, .* axes of the map's file, zyx",
        ),
        ({"measured": "map.npy", "origin_um": [100, 0, 0]}, "fields of view|overlap"),
        ({"measured": "map.npy", "mask": str(tmp_path / "mask.npy")}, "mask"),
        (
            {"measured": "map.npy", "min_coverage": 1.0, "origin_um": [4.7, 3.1, 3.1]},
            "both maps have a value",
        ),
    ):
        asked = {"voxel_size_nm": 400, **change, "measured": str(tmp_path / change["measured"])}
        with pytest.raises(InputError, match=said):
            ms.run(DEMO, out, set={**case, "compare": asked})
        assert json.loads((out / "result.json").read_text())["capacity_mAh_g"] == kept["capacity_mAh_g"]
        assert (out / "fields.h5").is_file()
