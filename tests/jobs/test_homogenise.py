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


def test_the_slab_loses_as_much_lithium_to_its_films_as_the_volume(tmp_path):
    """At rest films of a parabolic growth take c (d - d0) on each square metre, resolved and homogenised."""
    growth = {"rate_nm_per_sqrt_h": 50, "lithium_mol_m3": 5e4}
    film = {"model": "uniform", "thickness_nm": 10, "growth": growth}
    rest = SMALL | {"cell.film": film, "protocol": ["Rest for 1 h"], "output.times": 2}
    found = ms.homogenise("cases/demo.yaml", tmp_path / "slab", set=rest)
    slab = ms.run(found.written["homogenised.yaml"], tmp_path / "s", set={"volume.slab.cells": 8})
    whole = ms.run("cases/demo.yaml", tmp_path / "v", set=rest)
    taken, resolved = (
        run.numbers()["steps"][0]["film_lithium_mAh_g"] * run.numbers()["active_mass_kg"] / run.voltage.area
        for run in (slab, whole)
    )
    assert taken == pytest.approx(resolved, rel=0.002) and resolved > 0
    (said,) = found.numbers()["notes"][:1]
    assert said.startswith("BPX has no films") and said in repr(found)


def test_contact_that_is_lost_from_the_start_is_in_the_parameters(tmp_path):
    """It was refused as that of the slab, which has no contacts of its own."""
    sigma = []
    for lost in (0.0, 0.5):
        found = ms.homogenise(
            "cases/demo.yaml", tmp_path / f"{lost}", set=SMALL | {"cell.contact_lost": lost}
        )
        sigma.append(found.parameters["sigma_S_m"])
        assert ms.load_case(found.written["homogenised.yaml"]).cell.contact_lost == 0
    assert sigma[1] < 0.99 * sigma[0]
    with pytest.raises(InputError, match="stays as it is over the run for homogenise"):
        later = {"cell.contact_lost": {"every": 1, "share_of_particles": 0.2}}
        ms.homogenise("cases/demo.yaml", tmp_path / "later", set=SMALL | later)


def test_a_film_that_grows_from_nothing_is_kept(tmp_path):
    film = {"model": "uniform", "thickness_nm": 0, "growth": {"rate_nm_per_sqrt_h": 50}}
    found = ms.homogenise("cases/demo.yaml", tmp_path, set=SMALL | {"cell.film": film})
    kept = ms.load_case(found.written["homogenised.yaml"]).cell.film
    assert kept.thickness == 0 and kept.growth.rate == pytest.approx(
        50 / 6e10 / found.parameters["surface_factor"]
    )


def test_a_slab_has_nothing_to_homogenise(tmp_path):
    with pytest.raises(InputError, match="one phase of resolved active material"):
        ms.homogenise("cases/dfn_chen2020.yaml", tmp_path)
    assert list(tmp_path.iterdir()) == []
