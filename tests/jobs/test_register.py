"""The job register: a map on the voxels of a microstructure."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.cli import main
from microsim.jobs.compton import ComptonResult
from microsim.volumes.volume import write_volume

from ..measured import SHIFT, map_and_structure

pytest.importorskip("SimpleITK")
MAP, STRUCTURE = map_and_structure()
EDGES = ("300 nm", "300 nm", "100 nm")


@pytest.fixture(scope="module")
def structure():
    return ms.VoxelGrid(STRUCTURE, ("pore", "am"), "100 nm")


@pytest.fixture(scope="module")
def found(structure):
    return ms.register(MAP, structure, voxel_size=EDGES)


def test_arrays_give_what_the_command_prints(found, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_volume("map.tif", MAP, voxel_size=(3e-7, 3e-7, 1e-7))
    write_volume("structure.tif", STRUCTURE, voxel_size=1e-7)
    assert main(["register", "map.tif", "structure.tif", "--phases", "pore=0,am=1", "--json", "-"]) == 0
    printed, numbers = json.loads(capsys.readouterr().out), found.numbers()
    assert list(printed) == list(numbers) and printed["shift"] == numbers["shift"]
    assert printed["map"] == "map.tif" and numbers["map"] == "array" and printed["structure_sha256"]


def test_the_map_lies_where_it_was_cut_out(found, structure, tmp_path):
    assert np.array(found.found.shift[:2]) * 1e7 == pytest.approx(SHIFT, abs=1.0)
    assert found.values.shape == structure.shape and found.sigma is None
    assert structure.mask("am")[np.isfinite(found.values)].mean() > 0.9
    assert [path.name for path in found.save(tmp_path / "placed.npy")] == ["placed.npy"]


def test_it_prints_and_draws(found, tmp_path):
    assert repr(found).startswith("array: 20 x 26 x 1 in ") and "misfit along x (um)" in repr(found)
    assert "Dice" in found._repr_html_() and len(found.plot().axes) == 3
    assert found.write(tmp_path / "page").is_file()


def test_a_map_of_another_job_brings_its_voxel_size_and_sigma(found, structure):
    size, nothing = (3e-7, 3e-7, 1e-7), (None,) * 5
    of_job = ComptonResult(MAP, 0.1 * MAP, *nothing[:4], None, [], size, {}, "counts.tif", "abc")
    again = ms.register(of_job, structure)
    assert again.found.value == found.found.value and again.numbers()["map_sha256"] == "abc"
    np.testing.assert_allclose(again.sigma, 0.1 * again.values, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"soc_map": 3}, "MAP: expected a path, an array"),
        ({"voxel_size": None}, "MAP: expected a known voxel size, array gives none"),
        ({"structure": STRUCTURE}, "structure: expected a volume with named phases"),
        ({"structure": ms.VoxelGrid(STRUCTURE, ("pore", "am"), None)}, "expected a known voxel size"),
        ({"active": "cbd"}, "pore, am"),
        ({"kind": "affine"}, "kind: expected rigid or similarity"),
        ({"largest_angle": 90}, "largest_angle: expected a number above 0, at most 60"),
        ({"soc_map": np.full((9, 9, 1), 0.5)}, "full or empty"),
    ],
)
def test_wrong_arguments(structure, change, words):
    given = {"soc_map": MAP, "structure": structure, "voxel_size": EDGES} | change
    with pytest.raises(ms.InputError, match=words):
        ms.register(**given)
