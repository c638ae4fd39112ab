"""The job fit: a virtual experiment whose truth is known, what it leaves, and what it refuses."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.base import gallery
from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.jobs import fit_model
from microsim.jobs.fit import _merged

from ..commands import refusal
from ..fits import CASE, SMALL, TRUE, settings, targets, virtual

FREE = {key: {"start": value * 3} for key, value in zip(TRUE, TRUE.values())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    virtual(folder)
    return folder


@pytest.fixture(scope="module")
def fitted(folder):
    data = targets(folder)
    asked = settings(FREE, [data.curve, data.spectrum], held_out=[data.map])
    return ms.fit(CASE, folder / "out", set=asked), asked


def test_the_truth_is_found_and_the_held_out_map_agrees(fitted, folder):
    found, _ = fitted
    numbers = json.loads((folder / "out" / "fit.json").read_text())
    for key, true in TRUE.items():
        one = numbers["parameters"][key]
        low, high = one["interval"]
        assert low < true < high and high < 1.3 * low and one["identifiable"]
        assert low < one["value"] < high and one["start"] == 3 * true
    assert numbers["chi2"] == pytest.approx(1.0, abs=0.4)
    (held,) = numbers["held_out"]
    assert held["kind"] == "map" and held["unit"] == "1" and held["values"] == 3 and held["rmse"] < 0.015
    assert np.shape(numbers["correlation"]) == (2, 2) and numbers["correlation"][0][0] == pytest.approx(1)
    assert numbers["runs"] >= 3 and numbers["said"] == [] and "held by the data" in repr(found)
    assert "draws" not in numbers and "segmentation" not in repr(found)
    assert (folder / "out" / "report.html").is_file() and found.plot()


def test_runs_with_longer_time_steps_lead_to_the_same_answer(fitted, folder):
    """Within a fifth of a standard deviation; what they miss themselves is not in it."""
    found, asked = fitted
    numbers = ms.fit(
        CASE, folder / "coarse", set={**asked, "fit": {**asked["fit"], "coarse": True}}
    ).numbers()
    assert numbers["coarse_runs"] >= 2 and found.numbers()["coarse_runs"] == 0
    assert numbers["runs"] < found.numbers()["runs"]
    for key, one in found.parameters.items():
        low, high = np.log(one["interval"])
        off = np.log(numbers["parameters"][key]["value"] / one["value"])
        assert abs(off) < 0.2 * (high - low) / 4
        np.testing.assert_allclose(
            np.diff(np.log(numbers["parameters"][key]["interval"])), high - low, rtol=0.1
        )
    assert numbers["chi2"] == pytest.approx(found.numbers()["chi2"], abs=0.01)
    assert 0 <= numbers["last_step"]["missed"] < 0.1


def test_a_fit_begins_with_merged_voxels_where_the_case_takes_them(folder):
    """Two to a side, an odd one left out; the answer is that of a fit without, and of its own voxels."""
    measured = {
        "measured": str(gallery.folder("meshes") / "demo_virtual_sto.tif"), "voxel_size_nm": 800,
        "file_axes": "xyz", "sigma": 0.02, "psf_nm": 340,
    }  # fmt: skip
    asked = {
        "volume.crop": {"x": [0, 11], "y": [0, 8], "z": [0, 8]},
        "cell.film": {"model": "uniform", "thickness_nm": 10},
        "protocol": ["Discharge at C/2 for 10 minutes"],
    }
    fit = {"free": {"cell.materials.am.D_s_scale": {"start": 3.0}}, "to": measured}
    told, found = [], []
    for coarse in (False, True):
        settings = {**asked, "fit": {**fit, "coarse": coarse}}
        demo, out = gallery.folder("cases") / "demo.yaml", folder / f"merged_{coarse}"
        found.append(ms.fit(demo, out, set=settings, progress=lambda *now: told.append(now[2])).numbers())
    assert any("merged voxels" in one for one in told) and found[1]["coarse_runs"] >= 2
    alone, after = (one["parameters"]["cell.materials.am.D_s_scale"] for one in found)
    low, high = np.log(alone["interval"])
    assert abs(np.log(after["value"] / alone["value"])) < 0.2 * (high - low) / 4
    assert found[1]["targets"][0]["values"] == found[0]["targets"][0]["values"]


def test_an_odd_voxel_is_left_out_where_two_are_merged():
    demo = gallery.folder("cases") / "demo.yaml"
    case = load_case(demo, {"volume.crop": {"x": [5, 61], "y": [2, 40]}, "volume.coarsen": 2})
    assert _merged(case, (28, 19, 24)) == {
        "volume.coarsen": 4,
        "volume.crop": {"x": [5, 61], "y": [2, 38], "z": [0, 48]},
    }


def test_runs_that_are_done_are_not_done_again(fitted, folder, monkeypatch):
    before, asked = fitted
    monkeypatch.setattr(fit_model.FitModel, "views", None)  # any new run fails
    again = ms.fit(CASE, folder / "out", set=asked)
    assert again.parameters == before.parameters
    assert again.numbers()["runs_kept_from_before"] == before.numbers()["runs"]


def test_what_the_run_does_not_come_to_is_said(folder):
    late = {**targets(folder).map, "time": 7200}
    short = {**settings({"cell.materials.cathode.i0_scale": {}}, [targets(folder).curve], held_out=[late])}
    numbers = ms.fit(
        CASE, folder / "short", set={**short, "protocol": ["Discharge at 1C for 27 minutes"]}
    ).numbers()
    assert (
        numbers["said"][-2].startswith("10 % of the points of")
        and "continued straight" in numbers["said"][-2]
    )
    assert numbers["said"][-1].startswith("The run does not come to the state of")


def test_a_number_that_the_data_cannot_hold_is_named(folder):
    """At rest nothing diffuses: an impedance above 1 kHz holds i0 and not D_s."""
    lines = (folder / "eis.csv").read_text().splitlines()
    (folder / "high.csv").write_text(
        "\n".join([lines[0], *[x for x in lines[1:] if float(x.split(",")[0]) > 100]])
    )
    data = {**targets(folder).spectrum, "spectrum": str(folder / "high.csv")}
    asked = {**settings(FREE, [data]), "protocol": ["Rest for 1 second"]}
    numbers = ms.fit(CASE, folder / "high", set=asked).numbers()
    i0, D_s = (numbers["parameters"][key] for key in TRUE)
    assert i0["identifiable"] and not D_s["identifiable"]
    assert D_s["interval"] == pytest.approx([D_s["low"], D_s["high"]])
    assert numbers["said"] == ["The data do not hold cell.materials.cathode.D_s_scale."]


def test_what_is_refused_in_a_sentence(folder, capsys):
    data = targets(folder)
    no_sigma = {key: value for key, value in data.curve.items() if key != "sigma_mV"}
    far = folder / "far.csv"
    far.write_text("time_s,voltage_V\n0,4.1\n90000,4.0\n180000,3.9\n")
    words = {
        "expected the noise of the voltage": settings(FREE, [no_sigma]),
        "expected a section fit in the case": {**SMALL},
        "expected as many measured values as free numbers": settings(
            {**FREE, "cell.temperature_K": {"low": 280, "high": 320},
             "cell.electrolyte_concentration_mol_m3": {"low": 500, "high": 2000}},
            [data.map],
        ),
        "expected points where the computed curve is": settings(FREE, [{**data.curve, "voltage": str(far)}]),
        "whole number": settings({"cell.shells": {"low": 6, "high": 30}}, [data.curve]),
    }  # fmt: skip
    for sentence, asked in words.items():
        flags = [part for key, value in asked.items() for part in ("--set", f"{key}={json.dumps(value)}")]
        said = refusal(["fit", CASE, "--out", folder / "no", *flags], capsys)
        assert sentence in said, said
    assert not (folder / "no" / "fit.json").exists()


def test_a_measurement_that_stands_twice_is_refused(folder):
    """It would count twice, or be held out of what it was fitted to."""
    data = targets(folder)
    for to, held in (([data.map, data.map], []), ([data.curve], [data.curve]), ([data.spectrum] * 2, [])):
        with pytest.raises(InputError, match="expected each measurement once, got the same values in"):
            ms.fit(CASE, folder / "twice", set=settings(FREE, to, held_out=held))


def test_a_curve_at_another_current_than_the_run_is_said(folder):
    """1.558 mA of 2 cm2 are half of the 1C that the case runs; compare said so, and fit took it."""
    _, *rows = (folder / "curve.csv").read_text().splitlines()
    lines = ["time/s,Ewe/V,I/mA", *(f"{row},-1.55844" for row in rows)]
    (folder / "current.csv").write_text("\n".join(lines))
    for area, words in ((1.0, []), (2.0, ["measured at 0.7792 mA/cm2 and computed at 1.558 mA/cm2"])):
        data = {**targets(folder).curve, "voltage": str(folder / "current.csv"), "area_cm2": area}
        asked = settings({"cell.materials.cathode.i0_scale": {}}, [data])
        told = ms.fit(CASE, folder / f"area_{area:g}", set=asked).numbers()["said"]
        assert [word for word in words if word in " ".join(told)] == words
        assert bool(words) == any("measured at" in one for one in told)


def test_data_that_the_model_does_not_describe_and_rows_that_are_missing_are_said(folder):
    head, *rows = (folder / "curve.csv").read_text().splitlines()
    at = head.split(",").index("voltage_V")
    cells = [row.split(",") for row in rows]
    off = [",".join([*c[:at], f"{float(c[at]) - 0.3:.6f}", *c[at + 1 :]]) for c in cells]
    gone = [",".join([*c[:at], "nan" if k < 3 else c[at], *c[at + 1 :]]) for k, c in enumerate(cells)]
    for name, lines, said in (
        ("off", off, "times its noise: the model misses what was measured"),
        ("gone", gone, "3 rows without a value left out, the first among them"),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]))
        data = {**targets(folder).curve, "voltage": str(folder / f"{name}.csv")}
        asked = settings({"cell.materials.cathode.i0_scale": {}}, [data])
        assert said in " ".join(ms.fit(CASE, folder / name, set=asked).numbers()["said"])


def test_a_noise_that_is_overstated_is_said(folder):
    """Three times as large a one (chi2 0.11) made intervals three times as wide without a word."""
    data = targets(folder).curve
    for times, told in ((1, False), (3, True)):
        noise = {"sigma_mV": times * data["sigma_mV"]}
        asked = settings(FREE, [{**data, **noise}])
        said = " ".join(ms.fit(CASE, folder / f"overstated_{times}", set=asked).numbers()["said"])
        assert ("times its noise, which is overstated, or" in said) is told
