"""Two maps compared from Python: files, arrays and fields of a run."""

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.field import Field
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter

FINE = np.linspace(0.3, 0.9, 8 * 4 * 4).reshape(8, 4, 4)
COARSE = FINE.reshape(4, 2, 2, 2, 2, 2).mean(axis=(1, 3, 5)) + 0.01


@pytest.fixture
def field(tmp_path):
    grid = VoxelGrid(np.zeros(FINE.shape, np.uint8), ("am",), 400e-9)
    with FieldWriter(tmp_path / "fields.h5", grid, {"sto": "1"}) as writer:
        writer.write(0.0, "Rest for 1 s", {"sto": FINE - 0.1})
        writer.write(1.0, "Rest for 1 s", {"sto": FINE})
    return Field(tmp_path / "fields.h5", "sto")


def test_a_field_against_a_file_of_another_voxel_size(field, tmp_path):
    np.save(tmp_path / "soc.npy", COARSE)
    found = ms.compare(field, tmp_path / "soc.npy", voxel_size="800 nm")
    assert found.metrics["n_voxels"] == 16 and found.metrics["bias"] == pytest.approx(-0.01, abs=1e-6)
    assert ms.compare(field.at(0), tmp_path / "soc.npy", voxel_size=8e-7).metrics["bias"] == pytest.approx(
        -0.11
    )
    assert (
        found.maps["simulated"]["file"] == f"{field.path}::sto"
        and len(found.maps["measured"]["sha256"]) == 64
    )
    assert "rmse" in repr(found) and found.title.endswith("soc.npy") and found.plot().axes


def test_arrays_on_one_grid_share_their_voxel_size(tmp_path):
    found = ms.compare(FINE, FINE + 0.02, voxel_size="400 nm", mask=FINE > 0.5)
    assert found.metrics["bias"] == pytest.approx(-0.02)
    assert found.metrics["n_voxels"] == (FINE > 0.5).sum() and found.numbers()["mask"] == "array"
    assert found.write(tmp_path / "page").is_file()


def test_the_place_of_the_measured_map():
    whole, back = ms.compare(FINE, FINE, voxel_size=4e-7), FINE[4:]
    moved = ms.compare(FINE, back, voxel_size=4e-7, origin=("1.6 um", 0, 0))
    assert moved.metrics["rmse"] == pytest.approx(0, abs=1e-12) and moved.metrics["n_voxels"] == back.size
    assert whole.comparison.difference.shape == FINE.shape and moved.numbers()["origin_m"] == (1.6e-6, 0, 0)


@pytest.mark.parametrize(
    ("simulated", "options", "said"),
    [
        (FINE, {}, "SIMULATED: expected a known voxel size, array gives none"),
        (5, {"voxel_size": 4e-7}, "SIMULATED: expected a path, an array"),
        (FINE, {"voxel_size": "4"}, "voxel_size: expected a length with its unit"),
        (FINE, {"voxel_size": 4e-7, "origin": (1, 2)}, "origin: expected three lengths"),
        (FINE, {"voxel_size": 4e-7, "min_coverage": 2}, "min_coverage: expected a number"),
        (FINE, {"voxel_size": 4e-7, "file_axes": "xyt"}, "file_axes"),
    ],
)
def test_a_mistake_is_one_sentence(simulated, options, said):
    with pytest.raises(InputError, match=said):
        ms.compare(simulated, COARSE, **options)


def test_the_command_writes_its_page_into_a_folder_of_its_own(field, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("soc.npy", COARSE)
    assert main(["compare", "fields.h5", "soc.npy", "--measured-voxel-size-nm", "800"]) == 0
    assert "report: out/compare/report.html" in capsys.readouterr().out
    assert (tmp_path / "out" / "compare" / "report.html").is_file()
