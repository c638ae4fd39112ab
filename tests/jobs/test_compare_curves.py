"""Measured voltage curves and impedances beside those of a run."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.jobs.compare_curves import currents_apart, summary

CASE = "cases/dfn_xu2019.yaml"
SMALL = {"volume.slab.cells": 8, "cell.shells": 8}
CYCLED = {"protocol": ["Discharge at 1C for 20 minutes", "Rest for 5 minutes", "Charge at 1C for 10 minutes"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return ms.run(CASE, tmp_path_factory.mktemp("run"), set={**SMALL, **CYCLED})


@pytest.fixture(scope="module")
def curve(run, tmp_path_factory):
    """The run's own curve as a cycler writes it: of an electrode of 2 cm2, current above zero charges."""
    v, path = run.voltage, tmp_path_factory.mktemp("curve") / "curve.csv"
    I = -1e3 * v.current_A / v.area * 2e-4
    rows = [f"{a / 60:.9f};{1e3 * b:.6f};{c:.9f}" for a, b, c in zip(v.time_s, v.voltage_V, I)]
    path.write_text("\n".join(["t/min;Ewe/mV;I/mA", *rows]).replace(".", ","))
    return str(path)


def compared(tmp_path, *sections, **settings):
    found = ms.run(CASE, tmp_path / "out", set={**SMALL, **CYCLED, **settings, "compare": list(sections)})
    numbers = json.loads((found.folder / "result.json").read_text())
    return found, numbers.get("comparisons") or [numbers["comparison"]]


def test_a_run_agrees_with_its_own_curve(tmp_path, curve):
    found, told = compared(
        tmp_path,
        {"voltage": curve, "half_cycle": "discharge", "sigma_mV": 1},
        {"voltage": curve, "half_cycle": "charge", "by": "charge", "area_cm2": 2},
        {"voltage": curve, "half_cycle": "all"},
        {"voltage": curve, "half_cycle": 1, "area_cm2": 2, "step": "step:0", "by": "charge"},
    )
    assert [one["kind"] for one in told] == ["voltage"] * 4
    assert max(abs(one["largest_mV"]) for one in told) < 0.01
    assert [one["share_compared"] for one in told] == pytest.approx([1, 1, 1, 1])
    assert told[0]["chi2"] < 1e-4
    assert "positive current charges: turned, half cycle 1 (discharge) of them" in told[0]["read"]
    assert told[1]["notes"] == ["beside the charge of the run from step:2"]
    text = repr(found)
    assert "voltage: RMSE" in text and "read" in text
    pictures = {path.name for path in (found.folder / "figures").iterdir()}
    assert {f"comparison_{k}_voltage.png" for k in (1, 2, 3, 4)} <= pictures


def test_another_cell_is_told_apart(tmp_path, curve):
    """Twice the resistance of a film moves the discharge by its current: dV = -I dR."""
    film = {"cell.film": {"model": "uniform", "thickness_nm": 100, "conductivity_S_m": 1e-4}}
    _, (told,) = compared(tmp_path, {"voltage": curve, "half_cycle": "discharge"}, **film)
    assert -3.0 < told["bias_mV"] < -0.1
    assert told["rmse_mV"] == pytest.approx(-told["bias_mV"], rel=0.1)


def test_a_curve_at_another_current_says_so(tmp_path, curve):
    half = {"voltage": curve, "half_cycle": "discharge", "area_cm2": 4}
    _, (told,) = compared(tmp_path, half)
    assert any("by time they are not of one state" in note for note in told["notes"])
    _, (told,) = compared(tmp_path, {**half, "by": "charge"})
    assert any("each loses voltage to its own current" in note for note in told["notes"])


def test_rests_are_no_current_of_a_run():
    """Of a run that mostly rests the median current is that of its steps."""
    measured = SimpleNamespace(current=np.array([0.0, 10.0, 10.0]), per="area")
    run = np.array([0.0] * 9 + [20.0] * 4)
    assert currents_apart(measured, "time", run, {"area": 2.0}) == []
    (said,) = currents_apart(measured, "time", run, {"area": 1.0})
    assert said.startswith("measured at 1 mA/cm2 and computed at 2 mA/cm2")


def test_what_could_be_several_steps_is_refused_before_anything_is_solved(tmp_path, curve):
    twice = {"protocol": ["Discharge at 1C for 60 s", "Charge at 1C for 30 s", "Discharge at 2C for 60 s"]}
    half = {"voltage": curve, "half_cycle": "discharge"}
    with pytest.raises(
        InputError, match=r"got step:0 \(Discharge at 1C for 60 s\), step:2 \(.*; name one as step"
    ):
        compared(tmp_path, half, **twice)
    assert not (tmp_path / "out" / "result.json").exists()
    with pytest.raises(InputError, match="expected one charge of the run .* got none"):
        compared(tmp_path, {"voltage": curve, "half_cycle": "charge"}, protocol=["Discharge at 1C for 60 s"])
    with pytest.raises(InputError, match="add mass_mg .* or area_cm2"):
        compared(tmp_path, {**half, "by": "charge"})
    with pytest.raises(InputError, match="expected one half cycle to compare by charge"):
        compared(tmp_path, {"voltage": curve, "half_cycle": "all", "by": "charge", "area_cm2": 2})


def test_a_curve_that_the_run_does_not_reach_is_said_and_the_run_kept(tmp_path):
    slow = tmp_path / "slow.csv"
    slow.write_text("\n".join(["t/h;Ewe/mV", *(f"{900 * k};{4000 - k}" for k in range(20))]))
    found, told = compared(tmp_path, {"voltage": str(slow), "step": "step:0"})
    assert "expected points where the computed curve is, from 0 to 1200 s" in told[0]["refused"]
    assert "expected points" in repr(found)
    assert found.folder.joinpath("voltage.csv").is_file()


@pytest.fixture(scope="module")
def spectrum(tmp_path_factory):
    """The impedance after the discharge, of 2 cm2, as -Im Z."""
    found = ms.cell_impedance(CASE, "1e-2:1e4:13", 1, set={**SMALL, **CYCLED})
    path = tmp_path_factory.mktemp("eis") / "eis.csv"
    rows = [f"{f:.9g},{Z.real / 2e-4:.9g},{-Z.imag / 2e-4:.9g}" for f, Z in zip(found.freq, found.Z)]
    path.write_text("\n".join(["freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm", *rows]))
    return str(path)


def test_a_run_s_impedance_is_that_of_eis(tmp_path, spectrum):
    section = {"spectrum": spectrum, "area_cm2": 2, "after": 1, "sigma_relative": 0.01}
    found, told = compared(tmp_path, section, {**section, "after": 0})
    assert told[0]["rms_percent"] < 0.02  # tolerance of Z: 1e-4
    assert told[1]["rms_percent"] > 1
    assert told[0]["freq_Hz"][0] == 1e4
    pictures = {path.name for path in (found.folder / "figures").iterdir()}
    assert {"comparison_1_nyquist.png", "comparison_1_bode.png"} <= pictures


def test_eis_sets_its_impedance_beside_the_measured_one(tmp_path, spectrum):
    section = {"spectrum": spectrum, "area_cm2": 2, "after": 1}
    options = {**SMALL, **CYCLED, "compare": [section, {**section, "after": 2}]}
    found = ms.cell_impedance(CASE, "1e-1:1e3:9", 1, set=options)
    numbers = found.numbers()
    assert numbers["comparison"]["rms_percent"] < 0.02
    assert "comparisons" not in numbers  # the other is of another state
    assert "spectrum: " in repr(found)
    found.write(tmp_path)
    assert (tmp_path / "figures" / "comparison_nyquist.png").is_file()


def test_an_interrupted_run_keeps_its_impedances(tmp_path, spectrum):
    """The computed impedance is part of what a checkpoint keeps."""
    from microsim.base.records import from_plain, to_plain
    from microsim.jobs.snapshots import Spectra

    kept = Spectra({"0": np.array([1 + 2j, 3 - 4j])})
    plain, arrays = to_plain(kept)
    assert from_plain(json.loads(json.dumps(plain)), arrays).Z["0"].tolist() == [1 + 2j, 3 - 4j]


def test_a_refused_comparison_is_one_line():
    assert summary({"refused": "no"}) == ["no"]
    assert summary({"kind": "map"}) == []


DATA = os.environ.get("MICROSIM_DATA")
REAL = "perex_LiNiO2_220726cell4operandoxas_C06.mpt.gz"


@pytest.mark.skipif(not DATA, reason="MICROSIM_DATA names no folder of the public data")
def test_a_real_curve_of_lithium_nickel_oxide_beside_the_nearest_half_cell(tmp_path):
    """LiNiO2 at C/9 against a computed NMC half cell: another material, so a misfit of 10 to 200 mV, and the
    file's own capacity as the abscissa."""
    path = Path(DATA) / "electrochem" / REAL
    section = {"voltage": str(path), "half_cycle": 2, "mass_mg": 7, "by": "charge"}
    slow = {"protocol": ["Discharge at C/9 until 3.5 V"]}
    _, (told,) = compared(tmp_path, section, **slow)
    assert 10 < told["rmse_mV"] < 200
    assert 0.5 < told["share_compared"] <= 1
    assert "half cycle 2 (discharge)" in told["read"]
    assert "capacity_mAh_g" in told["largest_at"]
