"""What runs say beside each other: differences as computed by hand, and what must not be compared."""

import json
import shutil

import h5py
import numpy as np
import pytest

import microsim as ms
from microsim.jobs.compare_runs import compare_runs
from microsim.jobs.runs_beside import told_of

from .conftest import DEMO, SMALL


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """The same electrode at half the current."""
    steps = ["Discharge at C/2 for 120 s", "Rest for 60 s"]
    return ms.run(DEMO, tmp_path_factory.mktemp("slow"), set={**SMALL, "protocol": steps})


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    other = {"volume.coarsen": 2, "cell.materials.am": "NMC532_Xu2019", "cell.initial_sto": 0.5}
    return ms.run(DEMO, tmp_path_factory.mktemp("coarse"), set={**SMALL, **other})


def test_only_the_keys_that_differ_are_listed(small_run, slow):
    _, told = told_of([small_run, slow])
    assert told["cases"] == {
        "protocol": [
            ["Discharge at 1C for 120 s", "Rest for 60 s"],
            ["Discharge at C/2 for 120 s", "Rest for 60 s"],
        ]
    }
    assert told["remarks"] == []


def test_pores_that_are_all_of_the_electrolyte_have_their_tortuosity(small_run, tmp_path):
    """Of a run without porous binder the table of transport has them under the electrolyte alone."""
    folder = shutil.copytree(small_run.folder, tmp_path / "alone")
    numbers = json.loads((folder / "result.json").read_text())
    pore = numbers["transport"].pop("pore")
    numbers["transport"]["electrolyte"] = pore | {"conducting": {"void": 1.0}}
    (folder / "result.json").write_text(json.dumps(numbers))
    rows = {row["key"]: row["values"] for row in told_of([small_run, ms.open_run(folder)])[1]["scores"]}
    assert rows["transport.pore.x.tau"] == [pore["x"]["tau"]] * 2 and pore["x"]["tau"] > 1
    numbers["transport"]["electrolyte"]["conducting"] = {"void": 1.0, "cbd": 0.2}
    (folder / "result.json").write_text(json.dumps(numbers))
    rows = {row["key"]: row["values"] for row in told_of([small_run, ms.open_run(folder)])[1]["scores"]}
    assert rows["transport.pore.x.tau"] == [pore["x"]["tau"], None]


def test_maps_are_of_the_end_of_the_last_discharge_and_differ_as_by_hand(small_run, slow):
    """Not of the rest after it; in the section and over all voxels."""
    shown, told = told_of([small_run, slow])
    first, second = (
        run.sto.at("Discharge at 1C for 120 s" if k == 0 else "Discharge at C/2 for 120 s")
        for k, run in enumerate((small_run, slow))
    )
    off = (second.values.astype(float) - first.values)[np.isfinite(first.values)]
    (found,) = told["maps"]["sto"].values()
    assert found["mean"] == pytest.approx(off.mean()) and found["largest"] == pytest.approx(np.abs(off).max())
    assert found["rms"] == pytest.approx(np.sqrt((off**2).mean())) and found["mean"] < -1e-3
    assert np.array_equal(shown[1].maps["sto"].plane, second.values[:, :, 4], equal_nan=True)
    assert shown[0].depth["time_s"] == pytest.approx(120)


def test_the_voltage_is_compared_at_equal_capacity(small_run, slow):
    """At half the current the curve lies higher, over the capacity that both have passed."""
    _, told = told_of([small_run, slow])
    (found,) = told["voltage"].values()
    q, v = slow.voltage.last_discharge()
    p, w = small_run.voltage.last_discharge()
    by_hand = 1e3 * np.abs(v - np.interp(q, p, w))
    assert found["largest_mV"] >= by_hand.max() - 1e-9 and 1 < found["rms_mV"] <= found["largest_mV"]
    assert 0 <= found["at_mAh_g"] <= q[-1]
    scores = {row["key"]: row["values"] for row in told["scores"]}
    assert scores["capacity_mAh_g"] == pytest.approx([p[-1], q[-1]]) and scores["voxels.total"] == [768, 768]
    assert scores["comparison.metrics.rmse"] == [None, None]


def test_what_is_not_alike_is_said_and_not_compared(small_run, coarse):
    shown, told = told_of([small_run, coarse])
    said = " ".join(told["remarks"])
    assert "has 6 x 4 x 4 voxels of 800 nm instead of 12 x 8 x 8 voxels of 400 nm: no difference" in said
    assert "Capacities per gram are of different materials" in said and "NMC532_Xu2019" in said
    assert "1C is not the same current" in said
    assert (
        told["maps"] == {}
        and not shown[1].maps["sto"].comparable
        and shown[1].maps["sto"].plane.shape == (6, 4)
    )


def test_other_phases_on_the_same_voxels_are_no_reason_to_subtract(small_run, tmp_path):
    shifted = {"volume.crop": {"x": [0, 12], "y": [0, 8], "z": [8, 16]}}
    other = ms.run(DEMO, tmp_path / "shifted", set={**SMALL, **shifted})
    _, told = told_of([small_run, other])
    assert "has other phases on the same voxels: no difference" in " ".join(told["remarks"])
    assert told["maps"] == {} and list(told["cases"]) == ["volume.crop.z"]


def test_runs_are_named_by_as_much_of_their_folders_as_it_takes(small_run, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(small_run.folder, tmp_path / name / "out")
    _, told = told_of([ms.open_run(tmp_path / name / "out") for name in ("a", "b")])
    assert [run["label"] for run in told["runs"]] == ["a/out", "b/out"]


def test_what_is_rounding_is_told_as_such(small_run, tmp_path):
    """A bias where the means were made equal, and fields that differ in their last bit."""
    folder = shutil.copytree(small_run.folder, tmp_path / "again")
    for place, bias in ((folder, 3e-8), (shutil.copytree(folder, tmp_path / "more"), 3e-3)):
        numbers = json.loads((place / "result.json").read_text())
        numbers["comparison"] = {"metrics": {"bias": bias, "rmse": 0.02}}
        (place / "result.json").write_text(json.dumps(numbers))
    with h5py.File(folder / "fields.h5", "r+") as file:
        stored = file["sto"]
        stored[...] = np.nextafter(stored[...], np.float32(2))
    runs = compare_runs([small_run.folder, folder, tmp_path / "more"])
    bias = next(row for row in runs.told["scores"] if row["key"] == "comparison.metrics.bias")
    assert bias["values"] == [None, 3e-8, 3e-3] and bias["rounding"] == pytest.approx([0, 2e-7, 2e-7])
    shown = next(row for row in runs.tables()[0].rows if row[0].startswith("Bias"))
    assert shown[1:] == ("-", "0 +- 2e-07", "0.003")
    off = runs.told["maps"]["sto"]["again"]
    assert 0 < off["largest"] <= off["rounding"] < 2e-7
    assert runs.told["voltage"]["again"]["rms_mV"] <= runs.told["voltage"]["again"]["rounding_mV"] < 1e-5
