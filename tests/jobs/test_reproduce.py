"""A run that is done again: the same to the digit, or a sentence for each difference."""

import json
import shutil
from importlib import import_module

import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.crate import CRATE

TINY = {"volume.slab.cells": 6, "cell.shells": 6, "output.times": 2, "protocol": ["Discharge at 1C for 60 s"]}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A run whose case names a file, given by a path from the case's folder."""
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    write_curve(home / "data" / "curve.csv")
    case = ms.load_case("cases/dfn_xu2019.yaml", TINY).as_dict() | {"compare": {"voltage": "data/curve.csv"}}
    (home / "mine.yaml").write_text(json.dumps(case))
    return ms.run(home / "mine.yaml", home / "out")


def write_curve(path, level=3.9):
    rows = [f"{6 * t},-1,{level - 1e-3 * t},{-0.01 * t}" for t in range(11)]
    path.write_text("\n".join(["time_s,current_A_m2,voltage_V,charge_C_m2", *rows]))


def test_the_same_build_gives_the_same_digits(first, tmp_path, capsys):
    assert (
        main(["reproduce", str(first.folder / CRATE), "--out", str(tmp_path / "again"), "--json", "-"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["same"] is True and found["compared"] > 100
    assert found["otherwise"] == found["differs"] == found["notes"] == []
    assert (tmp_path / "again" / "voltage.csv").read_bytes() == (first.folder / "voltage.csv").read_bytes()


def test_another_build_package_and_machine_are_a_sentence_each(first, tmp_path, monkeypatch):
    from microsim.base import provenance
    from microsim.jobs import crate, origin

    machine = provenance.machine()
    monkeypatch.setattr(origin, "build", lambda: "0123456789ab")
    monkeypatch.setattr(origin, "__version__", "9.9.9")
    monkeypatch.setattr(import_module("microsim.jobs.run"), "__version__", "9.9.9")
    monkeypatch.setattr(provenance, "packages", lambda: {**crate.packages(), "numpy": "9.9.9"})
    monkeypatch.setattr(provenance, "machine", lambda: {**machine, "cores": "7000"})
    found = ms.reproduce(first.folder, tmp_path / "again")
    microsim, numpy, cores = found.causes
    assert microsim.startswith("microsim has changed from") and "build 0123456789ab" in microsim
    assert numpy.startswith("numpy was ") and numpy.endswith("is 9.9.9") and "cores was" in cores
    assert found.again.numbers()["microsim_version"] == "9.9.9" and found.same  # a version is no number


def test_an_input_that_changed_is_named_and_what_it_changes(first, tmp_path):
    write_curve(tmp_path / "curve.csv", level=3.8)
    found = ms.reproduce(first.folder, tmp_path / "again", inputs=tmp_path)
    assert found.causes == ("curve.csv (compare.voltage) has changed",) and found.failed
    (line,) = [line for line in found.numbers()["differs"] if line.startswith("comparison:")]
    assert "at most by" in line and not any(key.startswith("capacity") for key, *_ in found.apart)
    assert "differs: comparison" in repr(found)


def test_a_crate_that_came_alone_is_run_from_a_folder_of_inputs(first, tmp_path):
    """With no results beside it the curve is held against its hash."""
    shutil.copy(first.folder / CRATE, tmp_path)
    shutil.copy(first.folder.parent / "data" / "curve.csv", tmp_path)
    found = ms.reproduce(tmp_path / CRATE, tmp_path / "again", inputs=tmp_path)
    assert found.same and found.count > 10 and "to compare with" in found.notes[0]
    text = (tmp_path / CRATE).read_text()
    old = ms.open_run(first.folder).numbers()["capacity_mAh_g"]
    (tmp_path / CRATE).write_text(text.replace(f'"value": {old!r}', '"value": 1.5'))
    again = ms.reproduce(tmp_path / CRATE, tmp_path / "again", inputs=tmp_path)
    assert again.apart == (("capacity_mAh_g", 1.5, old),) and str(old) in repr(again)  # all its digits


def test_a_missing_input_is_named(first, tmp_path):
    shutil.copy(first.folder / CRATE, tmp_path)
    with pytest.raises(InputError, match=r"expected curve.csv \(compare.voltage of the case; \d+ bytes"):
        ms.reproduce(tmp_path, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_results_that_were_changed_are_told(first, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(first.folder, folder)
    shutil.copytree(first.folder.parent / "data", tmp_path / "data")
    path = folder / "result.json"
    path.write_text(path.read_text().replace('"time_steps": ', '"time_steps": 1'))
    lines = (folder / "voltage.csv").read_text().splitlines()
    time, current, volts, *rest = lines[-1].split(",")
    lines[-1] = ",".join([time, current, str(float(volts) + 1e-3), *rest])
    (folder / "voltage.csv").write_text("\n".join([*lines, ""]))
    found = ms.reproduce(folder, tmp_path / "again")
    assert "was changed since" in found.notes[0] and found.failed
    assert [key for key, *_ in found.apart] == ["time_steps"]
    assert found.said[0].startswith("voltage.csv: 1 mV at most")


def test_the_first_run_is_not_written_over(first):
    before = (first.folder / "result.json").read_bytes()
    assert main(["reproduce", str(first.folder), "--out", str(first.folder)]) == 2
    assert (first.folder / "result.json").read_bytes() == before
