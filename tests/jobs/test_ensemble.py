"""The job ensemble: numbers, page, CSV, a predicted cell, and the command."""

import numpy as np
import pytest
from ruamel.yaml import YAML

import microsim as ms
from microsim.analysis.ensemble import read_current, run_ensemble
from microsim.case.ensemble import read_ensemble

from ..commands import numbers, refusal
from ..ensembles import TOGETHER, small, write_measured


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    """A folder with the files of a cell, and its YAML with the same cell as one to be predicted."""
    folder, spec = tmp_path_factory.mktemp("cell"), read_ensemble(small())
    run = run_ensemble(spec, read_current(spec, spec.field, spec.active().host))
    sections = write_measured(folder, run)
    raw = small(**sections, blind={"title": "again", **sections})
    YAML().dump(raw, folder / "e.yaml")
    return folder, raw


def test_numbers_tables_and_page(cell, tmp_path):
    found = ms.ensemble(cell[1])
    said = found.numbers()
    assert said["sequence"]["measured"]["verdict"] == "one after another"
    assert said["sequence"]["simulated"]["verdict"] == "one after another"
    assert said["rms"]["half_way_h"] < 0.05 and said["rms"]["voltage_V"] < 0.01
    assert [one["particle"] for one in said["measured"]] == ["a", "b", "c"]
    assert said["blind"][0]["rms"] == said["rms"] and said["blind"][0]["title"] == "again"
    assert said["levels_sto"]["half_way"] == pytest.approx(0.97 - 0.87 / 4, abs=0.01)
    assert "one after another" in repr(found) and "by the charge" in repr(found)
    page = found.write(tmp_path / "page").read_text()
    assert "again" in page and "predicted" in page
    assert {p.name for p in (tmp_path / "page" / "figures").iterdir()} >= {
        "cell_lithium.png",
        "cell_half_way.png",
        "cell_voltage.png",
        "blind_1_lithium.png",
    }
    rows = np.loadtxt(found.save_series(tmp_path / "s.csv"), delimiter=",", skiprows=1)
    assert rows.shape[1] == 5 and rows[-1, 0] == pytest.approx(11.0)
    assert rows[-1, 2:] @ [8, 27, 91.125] / 126.125 == pytest.approx(0.1, abs=1e-4)


def test_without_measurements_it_says_what_they_would_do(tmp_path):
    found = ms.ensemble(small(TOGETHER))
    assert "measured" not in found.numbers() and found.numbers()["fit"] is None
    assert found.numbers()["sequence"]["simulated"]["verdict"] == "together"
    assert found.write(tmp_path).exists() and found.plot() is not None
    assert found.numbers()["remarks"] == []


def test_a_diffusivity_in_another_unit_is_told():
    raw = small(TOGETHER)
    raw["material"] = {**raw["material"], "D_s_m2_s": 5e-11}
    found = ms.ensemble(raw)
    (said,) = found.numbers()["remarks"]
    assert "D_s: 5e-11 m2 s-1 is beyond the 1e-20 to 1e-11 of solids" in said and said in repr(found)


def test_the_command_with_a_fit(cell, tmp_path, capsys):
    fit, page = "fit={free: [edge], sigma_mV: 20, evaluations: 3}", tmp_path / "page"
    arguments = ["ensemble", cell[0] / "e.yaml", "--set", fit, "--set", "blind=null"]
    found = numbers([*arguments, "--out", page, "--save", tmp_path / "s.csv"], capsys)
    assert found["fit"]["parameters"]["edge"]["interval"][0] < 0.9
    assert (page / "figures" / "exchange_current.png").exists() and (tmp_path / "s.csv").exists()


def test_a_mistake_is_one_sentence(cell, capsys):
    wrong = ["ensemble", cell[0] / "e.yaml", "--set", "measured.whiteline=none.csv"]
    assert "none.csv: expected a readable table" in refusal(wrong, capsys)
