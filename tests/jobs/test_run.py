"""A run from Python: the case in three forms, the files, and what the result gives."""

import json
from pathlib import Path

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.jobs.field import Field
from microsim.jobs.run_result import RunResult

CASES = Path(__file__).parents[2] / "cases"
STEP = "Discharge at 1C for 120 s"
SMALL = {
    "volume.crop": {"x": [0, 12], "y": [0, 8], "z": [0, 8]},
    "compare": None,
    "protocol": [STEP, "Rest for 60 s"],
    "output.times": 4,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return ms.run(CASES / "demo.yaml", tmp_path_factory.mktemp("run"), set=SMALL)


def test_it_says_what_it_is_on_one_screen(found):
    shown = repr(found)
    assert shown.startswith("Demo electrode") and STEP in shown and "report.html" in shown
    assert len(shown.splitlines()) < 10
    assert "<table>" in found._repr_html_()


def test_numbers_are_those_of_the_file(found):
    assert found.numbers() == json.loads((found.folder / "result.json").read_text())
    assert found.numbers()["peak_memory_bytes"] > 1e7 and found.report() == found.folder / "report.html"


def test_the_voltage_curve_is_that_of_the_file(found):
    curve, result = found.voltage, found.numbers()
    assert curve.time_s[-1] == pytest.approx(180) and curve.step.tolist() == sorted(curve.step)
    assert curve.capacity_mAh_g[-1] == pytest.approx(result["steps"][0]["capacity_mAh_g"])
    assert curve.current_A[curve.step == 0] == pytest.approx(result["c_rate_current_A"])
    header = (found.folder / "voltage.csv").read_text().splitlines()[0]
    assert list(curve.columns()) == header.split(",")
    mean = result["current_density_1C_A_m2"]
    assert curve.area == pytest.approx(result["c_rate_current_A"] / mean)
    assert "2 steps" in repr(curve) and curve.plot().axes


def test_a_field_has_a_grid_times_and_values(found):
    sto = found.sto
    assert sto.values.shape == sto.grid.shape == (12, 8, 8) and sto.unit == "1"
    assert np.array_equal(np.isfinite(sto.values), sto.grid.mask("am"))
    assert sto.grid.voxel_size == pytest.approx((400e-9,) * 3) and sto.times[0] == 0
    assert (sto.time, sto.step) == (pytest.approx(180), "Rest for 60 s")
    assert found.c_e.unit == "mol m-3" and set(found.fields) == {"sto", "c_e", "phi_e", "phi_s", "j"}
    assert np.isfinite(np.asarray(found.phi_s)).any() and found.phi_e.values.shape == found.j.values.shape
    assert "at 180 s (Rest for 60 s)" in repr(sto)


def test_a_field_at_another_time(found):
    begun, discharged = found.sto.at(0), found.sto.at(STEP)
    assert np.unique(begun.values[begun.grid.mask("am")]).size == 1
    assert discharged.time == pytest.approx(120) and found.sto.at(119.0).index == discharged.index
    assert np.nanmean(discharged.values) > np.nanmean(begun.values)
    assert found.sto.at("end").time == found.sto.time
    with pytest.raises(InputError, match=r"time: expected end, seconds, or a step \(Discharge.*got Charge"):
        found.sto.at("Charge at 1C")


def test_a_section_and_a_profile(found):
    sto = found.sto
    assert np.array_equal(sto.section().values, sto.values[:, :, 4], equal_nan=True)
    assert np.array_equal(sto.section(x=3).values, sto.values[3], equal_nan=True)
    profile = sto.profile()
    assert profile.x_m == pytest.approx((np.arange(12) + 0.5) * 400e-9)
    assert profile.values[5] == pytest.approx(np.nanmean(sto.values[5], dtype=float))
    stored = found.numbers()["profiles"][-1]["sto"]
    assert profile.values == pytest.approx([np.nan if v is None else v for v in stored], nan_ok=True)
    for figure in (sto.plot(), sto.section(y="middle").plot(deviation=True), profile.plot()):
        assert figure.axes


def test_a_finished_folder_opens_again(found, tmp_path):
    again = ms.open_run(found.folder)
    assert isinstance(again, RunResult) and again.numbers() == found.numbers()
    assert np.array_equal(again.sto.values, found.sto.values, equal_nan=True)
    page = again.write(tmp_path / "copy")
    assert page.read_bytes() == found.report().read_bytes()
    assert ms.open_run(tmp_path / "copy").voltage.time_s[-1] == found.voltage.time_s[-1]
    with pytest.raises(InputError, match="expected the folder of a finished run"):
        ms.open_run(tmp_path)


def test_a_field_that_was_not_stored_is_one_sentence(found, tmp_path):
    with pytest.raises(InputError, match="output.fields"):
        found.field("stress")
    with pytest.raises(InputError, match="not there"):
        _ = Field(tmp_path / "fields.h5", "sto").values


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


def test_fields_as_named_arrays(found):
    pytest.importorskip("xarray")
    arrays = found.to_xarray()
    assert arrays.sto.dims == ("time", "x", "y", "z") and arrays.c_e.attrs["units"] == "mol m-3"
    assert arrays.sto.sel(time=120, method="nearest").shape == (12, 8, 8)
    assert float(arrays.x[0]) == pytest.approx(200e-9)


def test_no_page_of_an_earlier_run_stands_beside_new_numbers(tmp_path, monkeypatch):
    """The new page cannot be drawn: the old one, and its pictures, are gone; a picture of the user stays."""
    from microsim.report.pages import run as page

    tiny = {"volume.slab.cells": 6, "cell.shells": 6, "output.times": 2, "protocol": ["Rest for 60 s"]}
    ms.run(CASES / "dfn_xu2019.yaml", tmp_path, set=tiny)
    (tmp_path / "figures" / "own.png").write_text("mine")
    monkeypatch.setattr(page, "write", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ms.run(CASES / "dfn_xu2019.yaml", tmp_path, set={**tiny, "title": "Second"})
    assert json.loads((tmp_path / "result.json").read_text())["title"] == "Second"
    assert not (tmp_path / "report.html").exists()
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["own.png"]
