"""What a run gives: numbers, curve, page, the same again from its folder."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.jobs.run_result import RunResult
from microsim.volumes.fields import read_hosts

from .conftest import DEMO

STEP = "Discharge at 1C for 120 s"


def test_it_says_what_it_is_on_one_screen(small_run):
    shown = repr(small_run)
    assert shown.startswith("Demo electrode") and STEP in shown and "report.html" in shown
    assert len(shown.splitlines()) < 10
    assert "<table>" in small_run._repr_html_()


def test_numbers_are_those_of_the_file(small_run):
    assert small_run.numbers() == json.loads((small_run.folder / "result.json").read_text())
    assert (
        small_run.numbers()["peak_memory_bytes"] > 1e7
        and small_run.report() == small_run.folder / "report.html"
    )


def test_lithium_is_sto_times_the_sites_that_the_file_tells(small_run):
    host = read_hosts(small_run.folder / "fields.h5")["am"]
    material = load_case(DEMO).load_materials()["am"]
    assert host == material.host
    assert small_run.lithium.values == pytest.approx(host.sites * small_run.sto.values, rel=1e-6, nan_ok=True)


def test_what_1C_is_and_that_sites_are_not_one_is_said_wherever_capacities_are(tmp_path):
    small = {"volume.slab.cells": 6, "protocol": ["Discharge at 1C for 2 minutes"], "cell.shells": 8}
    run = ms.run("cases/dfn_chen2020.yaml", tmp_path / "run", set=small)
    assert run.numbers()["c_rate_mA_g"] == pytest.approx(48.6854917 / (75.6e-6 * 0.665 * 4800), rel=1e-6)
    told = "NMC811_Chen2020 has 1.28 sites for lithium per formula unit"
    assert any(told in note for note in run.numbers()["validity"]["notes"])
    assert told in repr(run) and told in run.report().read_text() and "1C is 201.8 mA per gram" in repr(run)


def test_the_voltage_curve_is_that_of_the_file(small_run):
    curve, result = small_run.voltage, small_run.numbers()
    assert curve.time_s[-1] == pytest.approx(180) and curve.step.tolist() == sorted(curve.step)
    assert curve.capacity_mAh_g[-1] == pytest.approx(result["steps"][0]["capacity_mAh_g"])
    assert curve.current_A[curve.step == 0] == pytest.approx(result["c_rate_current_A"])
    header = (small_run.folder / "voltage.csv").read_text().splitlines()[0]
    assert list(curve.columns()) == header.split(",")
    mean = result["current_density_1C_A_m2"]
    assert curve.area == pytest.approx(result["c_rate_current_A"] / mean)
    assert "2 steps" in repr(curve) and curve.plot().axes


def test_a_finished_folder_opens_again(small_run, tmp_path):
    again = ms.open_run(small_run.folder)
    assert isinstance(again, RunResult) and again.numbers() == small_run.numbers()
    assert np.array_equal(again.sto.values, small_run.sto.values, equal_nan=True)
    page = again.write(tmp_path / "copy")
    assert again.write(tmp_path / "copy") == page
    assert page.read_bytes() == small_run.report().read_bytes()
    assert ms.open_run(tmp_path / "copy").voltage.time_s[-1] == small_run.voltage.time_s[-1]
    with pytest.raises(InputError, match="expected the folder of a finished run"):
        ms.open_run(tmp_path)


def test_a_field_that_was_not_stored_is_one_sentence(small_run):
    with pytest.raises(InputError, match="output.fields"):
        small_run.field("stress")


def test_fields_as_named_arrays(small_run):
    pytest.importorskip("xarray")
    arrays = small_run.to_xarray()
    assert arrays.sto.dims == ("time", "x", "y", "z") and arrays.c_e.attrs["units"] == "mol m-3"
    assert arrays.sto.sel(time=120, method="nearest").shape == (12, 8, 8)
    assert float(arrays.x[0]) == pytest.approx(200e-9)
