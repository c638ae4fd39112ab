"""The job info: the phases of a volume, in Python and as the command prints them."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cli.app import main
from microsim.jobs.info import AREAS, measure
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.read import read_volume
from microsim.volumes.volume import write_volume

from .volumes import printed, stored, timeless


def test_numbers_are_the_commands(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = measure(read, "sizes,clusters")
    assert printed(capsys, "info", *words, "--measures", "sizes,clusters") == timeless(found.numbers())
    assert found.phases["pore"]["volume_fraction"] == grid.fraction("pore")


def test_it_prints_phases_and_measures(grid):
    shown = measure(grid, ["chords", "contacts", "tpb"])
    for words in ("percolating x", "mean chord x um", "share of its surface", "triple line"):
        assert words in repr(shown) and words in shown._repr_html_()
    assert list(measure(grid, "all").measures)[:3] == ["profiles", "chords", "sizes"]
    assert "measures" not in measure(grid).numbers()


def test_closed_pores_and_the_range_of_sizes_are_printed():
    phase = np.ones((9, 9, 9), np.uint8)
    phase[:3], phase[5:7, 4:6, 4:6] = 0, 0
    shown = measure(VoxelGrid(phase, ("pore", "am"), 1e-6), "sizes")
    for words in ("closed", "beside those of others", "true from", "n voxels between flat walls reads n + 1"):
        assert words in repr(shown) and words in shown._repr_html_()
    assert shown.phases["pore"]["closed_fraction"] == pytest.approx(8 / (8 + 243))


def test_maps_are_written(grid, tmp_path):
    from microsim.volumes.volume import read_voxels

    paths = measure(grid, ("sizes", "clusters")).save_maps(tmp_path / "maps")
    assert [path.name for path in paths[:2]] == ["pore_clusters.tif", "pore_sizes_m.tif"]
    assert np.array_equal(read_voxels(paths[0]).values > 0, grid.mask("pore"))


def test_a_volume_of_unknown_size_has_no_areas(grid):
    unsized = measure(VoxelGrid(grid.phase, grid.names, None))
    assert unsized.numbers()["voxel_size_m"] is None and "voxels of unknown size" in unsized.title
    assert unsized.phases["am"]["surface_area_per_volume_m-1"] is None
    with pytest.raises(InputError, match="expected a known voxel size, array gives none"):
        measure(unsized.grid, "sizes")


@pytest.mark.parametrize("measures", ["colour", ["sizes", "colour"], [], 3])
def test_unknown_measures(grid, measures):
    with pytest.raises(InputError, match="measures: expected measures out of profiles, chords"):
        measure(grid, measures)


def test_of_many_labels_the_table_counts_the_first_and_the_numbers_all():
    names = tuple(f"phase_{k}" for k in range(24))
    found = measure(VoxelGrid(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), names, (1e-7,) * 3))
    assert "7: 1 voxels and 16 more" in repr(found) and len(found.numbers()["label_voxels"]) == 24


def test_a_case_to_begin_with_runs_these_phases_and_replaces_none(grid, tmp_path, capsys):
    from microsim.case.case import load_case

    _, words = stored(grid, tmp_path / "v.tif")
    (tmp_path / "cases").mkdir()
    path = tmp_path / "cases" / "first.yaml"
    assert main(["info", *words, "--case", str(path)]) == 0
    case = load_case(path)
    assert case.volume.file == "../v.tif" and case.volume.voxel_size == pytest.approx(grid.voxel_size)
    assert list(case.volume.phases) == list(grid.names)
    written = path.read_bytes()
    assert main(["info", *words, "--case", str(path)]) == 2 and path.read_bytes() == written
    cut = ["--crop", "x=1:5,z=2:6", "--case", str(tmp_path / "cut.yaml")]
    assert case.volume.crop is None and main(["info", *words, *cut]) == 0
    y = grid.shape[1]
    assert load_case(cut[-1]).volume.crop == {"x": (1, 5), "y": (0, y), "z": (2, 6)}
    assert "--case: expected a file that is not there yet" in capsys.readouterr().err


@pytest.mark.parametrize("mask", ["cylinder", "m.tif", {"y": (1, 4)}])
def test_a_case_to_begin_with_names_the_mask(grid, mask, tmp_path):
    from microsim.case.build import read_grid
    from microsim.case.case import load_case

    labels = write_volume(tmp_path / "v.tif", grid.phase)
    inside = np.ones(grid.shape, np.uint8)
    inside[:, 0] = 0
    mask = write_volume(tmp_path / mask, inside) if mask == "m.tif" else mask
    seen = read_volume(labels, dict(zip(grid.names, range(len(grid.names)))), 4e-7, mask=mask)
    (tmp_path / "sub").mkdir()
    path = measure(seen).save_case(tmp_path / "sub" / "c.yaml")
    _, found = read_grid(load_case(path))
    assert found.masked and found.sample_share == seen.sample_share


def test_a_case_of_grey_values_is_refused(tmp_path, capsys):
    write_volume(tmp_path / "grey.tif", np.arange(1000, dtype=np.uint16).reshape(10, 10, 10), voxel_size=1e-7)
    assert main(["info", str(tmp_path / "grey.tif"), "--case", str(tmp_path / "c.yaml")]) == 2
    assert "--case: expected labels, got grey values" in capsys.readouterr().err
    assert not (tmp_path / "c.yaml").exists()


def by_slabs(path, tmp_path, capsys, *options):
    """The numbers of the command in memory and slab by slab, areas apart."""
    found = []
    for more in ([], ["--scratch", str(tmp_path / "s")]):
        assert main(["info", str(path), *options, *more, "--json", str(tmp_path / "n.json")]) == 0
        found.append(json.loads((tmp_path / "n.json").read_text()))
    capsys.readouterr()
    assert not list((tmp_path / "s").iterdir())
    return found


def test_slab_by_slab_phases_are_the_same(tmp_path, capsys):
    labels = (np.random.default_rng(2).random((15, 12, 9)) > 0.4).astype(np.uint8)
    path = write_volume(tmp_path / "v.tif", labels, voxel_size=1e-7, file_axes="zyx")
    whole, found = by_slabs(path, tmp_path, capsys, "--phases", "pore=0,am=1", "--file-axes", "zyx")
    for name in ("pore", "am"):
        areas = [{k: one["phases"][name].pop(k) for k in AREAS} for one in (whole, found)]
        assert areas[1] == pytest.approx(areas[0], rel=1e-12)
    assert found == whole


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_slab_by_slab_grey_values_are_the_same(tmp_path, capsys, dtype):
    grey = np.random.default_rng(2).integers(3, 254, (15, 12, 9)).astype(dtype)
    grey[3, 2, 1], grey[1, 1, 1] = 0, 255
    path = write_volume(tmp_path / "v.tif", grey, file_axes="zyx")
    whole, found = by_slabs(path, tmp_path, capsys, "--file-axes", "zyx")
    assert found == whole and whole["grey"]["largest"] == 255


def test_measures_want_a_volume_in_memory(tmp_path, grid):
    path = write_volume(tmp_path / "v.tif", grid.phase, voxel_size=1e-7)
    with pytest.raises(InputError, match="leave one of the two out"):
        measure(read_volume(path, scratch=tmp_path), "chords")
