"""A measured map that is larger than the crop it is laid on is asked where it begins."""

from types import SimpleNamespace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import set_up
from microsim.case.corners import ask_corner, corner_in, crop_corner
from microsim.mesh.grid import VoxelGrid
from microsim.volumes import fields

from .test_start_map import H, case_of, written

HERE = ((10, 5, 5), (1e-6, 1e-6, 1e-6))


def test_a_crop_begins_where_its_first_voxel_does_before_joining():
    volume = SimpleNamespace(crop={"y": (8, 16)}, coarsen=2)
    grid = VoxelGrid(np.zeros((4, 4, 4), np.uint8), ("am",), (4e-7, 8e-7, 8e-7))
    assert crop_corner(SimpleNamespace(volume=volume), grid) == pytest.approx((0, 3.2e-6, 0))
    volume.crop = None
    assert crop_corner(SimpleNamespace(volume=volume), grid) == (0, 0, 0)


@pytest.mark.parametrize(
    ("corner", "there", "asked"),
    [
        ((0, 3e-6, 0), ((10, 8, 5), (1e-6,) * 3), True),
        ((0, 3e-6, 0), ((5, 3, 3), (2e-6,) * 3), False),  # as large, to a voxel of its own
        ((0, 0, 0), ((10, 8, 5), (1e-6,) * 3), False),
        ((0, 3e-6, 0), ((20, 5, 9), (1e-6,) * 3), False),  # longer only where the crop begins with the image
    ],
)
def test_only_what_may_be_of_the_whole_image_is_asked_about(corner, there, asked):
    words = ("soc.tif", "[{}]")
    if not asked:
        assert ask_corner(corner, HERE, there, words) is None
        return
    with pytest.raises(InputError, match=r"^soc.tif: .*; state \[0,-3,0\] where .* \[0,0,0\] where"):
        ask_corner(corner, HERE, there, words)


def test_a_start_from_a_map_of_the_whole_image_is_asked_about(tmp_path):
    start = {"map": written(tmp_path, np.full((12, 8, 8), 0.45)), "voxel_size_nm": H}
    crop = {"volume.crop": {"x": [0, 12], "y": [2, 6], "z": [0, 8]}}
    with pytest.raises(InputError, match=r"cell.initial_sto.origin_um, .*; state \[0,-0.8,0\] where"):
        set_up(case_of(tmp_path, start, **crop))
    placed = case_of(tmp_path, {**start, "origin_um": [0, -0.8, 0]}, **crop)
    assert set_up(placed).cell.mesh.initial_sto == pytest.approx(0.45)


def test_a_map_beside_a_crop_of_a_file_is_asked_about_where_nobody_says():
    grid = VoxelGrid(np.zeros((12, 5, 5), np.uint8), ("am",), 1e-6)
    crop, words = grid.crop({"x": (2, 12), "y": (1, 5)}), ("soc.tif", "[{}]")
    whole = (grid.shape, grid.voxel_size)
    assert corner_in(grid, whole, words) == (0, 0, 0) == corner_in(crop, (crop.shape, (1e-6,) * 3), words)
    assert corner_in(crop, whole, words, (-2e-6, -1e-6, 0)) == (-2e-6, -1e-6, 0)
    with pytest.raises(InputError, match=r"^soc.tif: .*; state \[-2,0,0\] where it begins with the image"):
        corner_in(grid.crop({"x": (2, 12)}), whole, words)


def test_a_run_on_another_crop_lies_where_that_begins(tmp_path, monkeypatch):
    """Its file says where its voxels begin in the image; a run of a file that was made of the volume's crop
    shows the same phases, and is on it."""
    labels = np.random.default_rng(0).integers(0, 2, (12, 5, 5)).astype(np.uint8)
    grid, words = VoxelGrid(labels, ("pore", "am"), 1e-6), ("run", "[{}]")

    def run_of(part):
        monkeypatch.setattr(fields, "read_phase", lambda path: (part.phase, part.names, part.voxel_size))
        return (part.shape, part.voxel_size), words

    monkeypatch.setattr(fields, "read_corner", lambda path: (3e-6, 0.0, 1e-6))
    part = run_of(grid.crop({"x": (3, 7), "z": (1, 4)}))
    assert corner_in(grid, *part, fields="fields.h5") == (3e-6, 0, 1e-6)
    crop = grid.crop({"x": (2, 8)})
    assert corner_in(crop, *part, fields="fields.h5") == pytest.approx((1e-6, 0, 1e-6))
    assert corner_in(crop, *part, (0.0, 0.0, 0.0), "fields.h5") == (0, 0, 0)
    assert corner_in(crop, *run_of(crop), fields="fields.h5") == (0, 0, 0)
    elsewhere = run_of(grid.crop({"x": (3, 9)}))  # as large a box, other phases
    assert corner_in(crop, *elsewhere, fields="fields.h5") == pytest.approx((1e-6, 0, 1e-6))
