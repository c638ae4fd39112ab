"""Which files words, cases and volumes name."""

import numpy as np
import pytest
import tifffile

from microsim.mesh.read import read_volume
from microsim.volumes.named import named_files
from microsim.volumes.volume import write_volume


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.npy", "b.npy", "ocp.csv", "beside/ocp.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        np.save(path, np.zeros((2, 2, 2), np.uint8)) if path.suffix == ".npy" else path.write_text("0,4\n")
    return tmp_path


def names(node, folder=None):
    return {key: str(path) for key, path in named_files(node, folder)}


def test_words_name_files_with_a_part_a_key_or_commas(place):
    assert names("a.npy::volume") == {"": "a.npy"} and names("cell.film.file=b.npy") == {"": "b.npy"}
    assert [str(path) for _, path in named_files("a.npy,b.npy::x")] == ["a.npy", "b.npy"]
    assert names(["pore", "1e-6", "no.npy", "", "a\0b", "x" * 5000]) == {}


def test_a_case_names_files_beside_it_first(place):
    (place / "beside" / "case.yaml").write_text("cell: {materials: {am: {OCP_table: ocp.csv}}}")
    assert [str(path) for _, path in named_files("beside/case.yaml")] == [
        "beside/case.yaml",
        "beside/ocp.csv",
    ]
    assert names({"title": "ocp.csv", "file": "ocp.csv"}, place / "beside") == {
        "file": str(place / "beside" / "ocp.csv")
    }


def test_files_that_name_each_other_end(place):
    (place / "one.yaml").write_text("base: two.yaml\nfile: a.npy")
    (place / "two.yaml").write_text("base: one.yaml")
    assert {path.name for _, path in named_files("one.yaml")} == {"one.yaml", "two.yaml", "a.npy"}


def test_headers_name_their_voxels(place):
    write_volume("v.mhd", np.zeros((2, 2, 2), np.uint8))
    write_volume("w.raw", np.zeros((2, 2, 2), np.uint8))
    found = {path.name for _, path in named_files(["v.mhd", "w.raw"])}
    assert found == {"v.mhd", "v.mhd.raw", "w.raw", "w.raw.json"}


def test_a_folder_counts_where_it_holds_slices(place):
    (place / "slices").mkdir()
    (place / "out").mkdir()
    tifffile.imwrite(place / "slices" / "s_1.tif", np.zeros((2, 2), np.uint8))
    assert names({"file": "slices", "title": "out", "x": "out"}) == {"file": "slices"}


def test_a_volume_names_the_file_it_was_read_from(place):
    grid = read_volume("a.npy", {"pore": 0}, 1e-7)
    assert [str(path) for _, path in named_files([grid])] == ["a.npy"]


def test_a_setting_that_happens_to_be_the_name_of_a_runs_folder_names_no_file(place):
    (place / "flooded").mkdir()
    (place / "flooded" / "fields.h5").touch()
    case = {"cell": {"materials": {"crack": "flooded"}}, "compare": {"measured": "flooded"}}
    assert [key for key, _ in named_files(case, place)] == ["compare.measured"]
    assert named_files(["cell.materials.crack=flooded"], place) == []
    assert len(named_files(["flooded"], place)) == 1  # a run that a command is given


def test_a_formula_is_no_pattern_of_slices(place):
    tifffile.imwrite("s_1.tif", np.zeros((2, 2), np.uint8))
    formulae = ["1e-14*(1 + 3*sto)", "2.0 * sqrt(sto * (1 - sto))", "4.4-0.9*sto", "sto**2", "(1*sto)[0]"]
    assert names({"am": {"D_s_m2_s": formulae}}, place) == names(formulae) == {}
    assert names({"file": "s_*.tif"}) == {"file": "s_1.tif"}
