"""microsim register: files in, numbers, a map and a page out; refusals in one sentence."""

from pathlib import Path

import numpy as np
import pytest

from microsim.cli import main
from microsim.volumes.volume import read_voxels, write_volume

from ..commands import numbers, refusal
from ..measured import SHIFT, map_and_structure


@pytest.fixture
def solid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values, structure = map_and_structure()
    write_volume("map.tif", values, voxel_size=(3e-7, 3e-7, 1e-7))
    write_volume("structure.tif", structure, voxel_size=1e-7)
    return structure[..., 0] > 0


BOTH = ["register", "map.tif", "structure.tif", "--phases", "pore=0,am=1"]


def test_a_map_is_found_and_brought_onto_the_structure(solid, capsys):
    found = numbers([*BOTH, "--out", "placed.tif", "--report", "page"], capsys)
    assert found["angles_deg"] == pytest.approx([0, 0, 0], abs=0.5) and found["scale"] == 1
    assert np.array(found["shift"][:2]) * 1e7 == pytest.approx(SHIFT, abs=1.0)
    assert max(found["misfit_m"]) < 1.5e-7 and found["dice"] > 0.9
    placed = read_voxels("placed.tif", kind="field")
    assert placed.values.shape == (*solid.shape, 1) and placed.voxel_size == pytest.approx((1e-7,) * 3)
    known = np.isfinite(placed.values[..., 0])
    assert np.mean(solid[known]) > 0.9
    page = Path("page/report.html").read_text()
    assert 'id="figure-registration_sections"' in page and "Misfit" in page
    assert main(BOTH) == 0 and "misfit along x (um)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--active", "cbd"], "pore, am"),
        (["--largest-angle", "90"], "--largest-angle"),
        (["--least-inside", "0"], "--least-inside"),
        (["--kind", "affine"], "rigid"),
        (["--map-file-axes", "xy"], "x, y and z"),
    ],
)
def test_register_refuses_in_one_sentence(solid, change, words, capsys):
    assert words in refusal([*BOTH, *change], capsys)


def test_register_wants_lengths_and_a_map_with_a_mask(solid, capsys):
    np.save("bare.npy", np.where(np.ones((20, 26, 1)) > 0, 0.5, np.nan))
    assert "--map-voxel-size-nm" in refusal(["register", "bare.npy", *BOTH[2:]], capsys)
    assert "mask of the particles" in refusal(
        ["register", "bare.npy", *BOTH[2:], "--map-voxel-size-nm", "300,300,100"], capsys
    )
    assert "a label in every voxel" in refusal(["register", "map.tif", "map.tif"], capsys)


def test_help_has_an_example(capsys):
    assert main(["register", "--help"]) == 0
    assert "microsim register " in capsys.readouterr().out.split("Example:")[1]
