"""A case's volume homogenised from Python: the result and its files."""

from pathlib import Path

import pytest

import microsim as ms
from microsim.base.errors import InputError

SMALL = {"volume.crop": {"x": [0, 20], "y": [0, 12], "z": [0, 12]}, "compare": None}


def test_the_files_are_a_case_that_runs_and_the_parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = ms.homogenise("cases/demo.yaml", set=SMALL)
    assert found.written["homogenised.yaml"] == str(Path("out/demo_homogenised/homogenised.yaml"))
    assert set(found.written) == {"homogenised.yaml", "pybamm.json", "parameters.json"}
    slab = ms.load_case(found.written["homogenised.yaml"])
    assert slab.load_materials()["cathode"].porosity == pytest.approx(found.parameters["porosity"])
    assert "conduction through pores" in found.sources["transport_efficiency"]
    shown = repr(found)
    assert "specific_area_m-1" in shown and "reactive faces of the resolved cell" in shown
    assert "particle diameter d50" in shown and "contact with pore" in shown
    assert found.numbers()["bpx_missing"] is None and found.write(tmp_path / "page").is_file()


def test_a_slab_has_nothing_to_homogenise(tmp_path):
    with pytest.raises(InputError, match="one phase of resolved active material"):
        ms.homogenise("cases/dfn_chen2020.yaml", tmp_path)
    assert list(tmp_path.iterdir()) == []
