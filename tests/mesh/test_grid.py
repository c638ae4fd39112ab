from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.mesh.grid import FACES, VoxelGrid, grid_from_labels
from microsim.volumes.filed import FileArray


@pytest.fixture
def grid():
    labels = np.zeros((4, 6, 8), dtype=np.uint16)
    labels[2:] = 170
    labels[3, :, :4] = 85
    return grid_from_labels(labels, {"pore": 0, "am": 170, "cbd": 85}, (1e-7, 2e-7, 3e-7))


def test_phases_are_addressed_by_name_and_keep_their_labels(grid):
    assert grid.phase.dtype == np.uint8 and grid.shape == (4, 6, 8) and grid.voxels == 192
    assert grid.names == ("pore", "am", "cbd") and grid.labels == (0, 170, 85)
    assert [grid.fraction(name) for name in grid.names] == [0.5, 0.375, 0.125]
    assert np.array_equal(grid.mask("am", "cbd"), ~grid.mask("pore"))
    assert grid.code("cbd") == 2 and grid.mask("cbd")[3, 0, 0] and not grid.mask("cbd")[3, 0, 4]


def test_voxel_areas_and_volume_follow_the_three_edges(grid):
    assert grid.voxel_volume == pytest.approx(6e-21, rel=1e-9, abs=0)
    assert [grid.face_area(axis) for axis in "xyz"] == pytest.approx([6e-14, 3e-14, 2e-14], rel=1e-9, abs=0)
    assert grid.face_area(1) == grid.face_area("y")


def test_faces_have_names(grid):
    x = np.broadcast_to(np.arange(4.0)[:, None, None], grid.shape)
    assert np.all(grid.face("separator", x) == 0) and np.all(grid.face("collector", x) == 3)
    z = np.broadcast_to(np.arange(8.0), grid.shape)
    assert grid.face("z1", z).shape == (4, 6) and np.all(grid.face("z1", z) == 7)
    written = np.zeros(grid.shape)
    grid.face("y0", written)[:] = 1  # a view, so that boundary values can be written through it
    assert written[:, 0].all() and written.sum() == 32
    assert set(FACES) == {"separator", "collector", "y0", "y1", "z0", "z1"}


def test_a_crop_knows_which_voxels_of_the_file_it_is(grid):
    a, b, c = grid.shape
    assert grid.source.box is None is grid.crop({}).source.box
    once = grid.crop({"x": (1, a), "z": (0, c - 1)})
    assert once.source.box == ((1, a), (0, b), (0, c - 1))
    assert once.crop({"x": (1, 2)}).source.box == ((2, 3), (0, b), (0, c - 1))


def test_crop_keeps_names_labels_and_size(grid):
    part = grid.crop({"x": (2, 4), "z": [0, 5]})
    assert part.shape == (2, 6, 5) and part.labels == grid.labels and part.voxel_size == grid.voxel_size
    assert np.array_equal(part.phase, grid.phase[2:4, :, 0:5])
    assert grid.crop({}).shape == grid.crop(None).shape == grid.shape
    assert np.array_equal(grid.crop("x=2:4,z=0:5").phase, part.phase)


def test_a_crop_of_voxels_in_a_file_leaves_them_there_where_asked_to(grid, tmp_path):
    np.save(tmp_path / "v.npy", grid.phase)
    filed = replace(grid, phase=FileArray.of_npy(tmp_path / "v.npy"))
    box = {"x": (2, 4), "z": (1, 5)}
    for part, kind in ((filed.crop(box, in_file=True), FileArray), (filed.crop(box), np.ndarray)):
        assert isinstance(part.phase, kind)
        assert np.array_equal(part.phase, grid.phase[2:4, :, 1:5])
    assert isinstance(grid.crop(box, in_file=True).phase, np.ndarray)


def test_coarsen_takes_the_majority(grid):
    coarse = grid.coarsen(2)
    assert coarse.shape == (2, 3, 4) and coarse.voxel_size == pytest.approx(
        (2e-7, 4e-7, 6e-7), rel=1e-9, abs=0
    )
    assert np.all(coarse.mask("pore")[0]) and not coarse.mask("pore")[1].any()
    labels = np.zeros((3, 3, 3), dtype=int)
    labels[0] = 1
    labels[1, 0] = 1  # 12 of 27: pore stays
    assert grid_from_labels(labels, {"a": 0, "b": 1}, 1e-6).coarsen(3).phase[0, 0, 0] == 0
    labels[1, 1] = 1  # 15 of 27
    assert grid_from_labels(labels, {"a": 0, "b": 1}, 1e-6).coarsen(3).phase[0, 0, 0] == 1


def test_coarsen_breaks_a_tie_by_the_surroundings():
    labels = np.ones((6, 6, 6), dtype=int)
    labels[2:4, 2:4, 2] = 0  # half of the middle block, everything around is 1
    assert grid_from_labels(labels, {"a": 0, "b": 1}, 1e-6).coarsen(2).fraction("b") == 1


def test_what_joining_voxels_loses_is_told():
    labels = np.zeros((8, 4, 4), dtype=int)
    labels[3] = 1  # a wall of one voxel
    coarse = grid_from_labels(labels, {"pore": 0, "wall": 1}, 1e-6).coarsen(2)
    told = "by labels, joining voxels leaves pore 1 of the volume in place of 0.88, wall 0 of the volume in"
    assert coarse.source.said == (f"{told} place of 0.12",)
    labels[2:6] = 1
    assert grid_from_labels(labels, {"pore": 0, "wall": 1}, 1e-6).coarsen(2).source.said == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_coarsen_undoes_refining(factor, seed):
    fine = np.random.default_rng(seed).integers(0, 3, (3, 4, 2)).astype(np.uint8)
    refined = fine.repeat(factor, 0).repeat(factor, 1).repeat(factor, 2)
    coarse = VoxelGrid(refined, ("a", "b", "c"), 1e-6).coarsen(factor)
    assert np.array_equal(coarse.phase, fine)


def test_labels_may_be_bool_whole_floats_or_negative():
    for labels in (np.array([[[True, False]]]), np.array([[[1.0, 0.0]]])):
        assert np.array_equal(grid_from_labels(labels, {"a": 1, "b": 0}, 1e-6).phase, [[[0, 1]]])


def test_one_voxel_edge_stands_for_all_three():
    assert VoxelGrid(np.zeros((1, 1, 1), np.uint8), ("a",), 2e-6).voxel_size == (2e-6, 2e-6, 2e-6)


@pytest.mark.parametrize(
    "phases, words",
    [
        ({"pore": 0}, ["name label 85, 170 too", "0 (1 voxels)"]),
        ({"pore": 0, "am": 85, "cbd": 170, "sep": 3}, ["sep=3", "85 (2 voxels)"]),
        ({"pore": 0, "am": 85, "cbd": 85}, ["different label", "am=85, cbd=85"]),
        ({"pore": 0.5, "am": 85, "cbd": 170}, ["whole number", "'pore'"]),
        ({}, ["got none"]),
    ],
)
def test_label_mistakes_get_one_sentence(phases, words):
    with pytest.raises(InputError) as error:
        grid_from_labels(np.array([[[0, 85, 85, 170]]]), phases, 1e-6)
    text = str(error.value)
    assert all(word in text for word in words) and text.startswith("expected") and "\n" not in text


@pytest.mark.parametrize(
    "labels, word",
    [
        (np.zeros((3, 3)), "three axes"),
        (np.full((2, 2, 2), 0.5), "whole number"),
        (np.full((2, 2, 2), np.nan), "whole number"),
        (np.arange(2000).reshape(10, 10, 20), "segment"),
        (np.zeros((0, 2, 2)), "at least one voxel"),
    ],
)
def test_volumes_that_hold_no_labels_are_refused(labels, word):
    with pytest.raises(InputError, match=word):
        grid_from_labels(labels, {"a": 0}, 1e-6)


@pytest.mark.parametrize(
    "mistake, word",
    [
        (lambda g: g.code("anode"), "pore, am, cbd"),
        (lambda g: g.mask("pore", "Am"), "pore, am, cbd"),
        (lambda g: g.fraction("x"), "pore, am, cbd"),
        (lambda g: g.face("top", np.zeros(g.shape)), "separator, collector"),
        (lambda g: g.face("z1", np.zeros((2, 2, 2))), "one value per voxel"),
        (lambda g: g.crop({"x": (0, 5)}), r"0 and 4"),
        (lambda g: g.crop({"x": (2, 2)}), "first below end"),
        (lambda g: g.crop({"x": 3}), "first, end"),
        (lambda g: g.crop({"t": (0, 1)}), "axis x, y or z"),
        (lambda g: g.coarsen(3), r"\(3, 6, 6\)"),
        (lambda g: g.coarsen(0), "from 1 up"),
        (lambda g: g.face_area(3), "axis x, y or z"),
        (lambda g: VoxelGrid(g.phase, g.names, (1e-6, 0, 1e-6)), "between 1 nm and 10 mm"),
        (lambda g: VoxelGrid(g.phase, g.names, 398), "check the unit"),
        (lambda g: VoxelGrid(g.phase, g.names, (1e-6, 1e-6)), "one voxel edge or three"),
        (lambda g: VoxelGrid(g.phase, ("a", "b"), 1e-6), "up to 2"),
        (lambda g: VoxelGrid(g.phase, ("a", "b", "b"), 1e-6), "name each phase once"),
        (lambda g: VoxelGrid(g.phase - 1.0, g.names, 1e-6), "which label is which: VoxelGrid"),
        (lambda g: g.coarsen(None), "factor: expected a number, got nothing"),
        (lambda g: g.crop({"x": (0, float("inf"))}), "first, end"),
        (lambda g: g.crop([0, 4]), r"crop: expected voxels to keep like x=0:96"),
        (lambda g: g.crop("0:4"), r"crop: expected each name once"),
        (lambda g: g.crop("x=0:5"), "within 0 and 4"),
        (lambda g: VoxelGrid(), "labels: expected an array of real numbers"),
        (lambda g: VoxelGrid(g.phase), "names: expected"),
    ],
)
def test_wrong_use_of_a_grid_gets_one_sentence(grid, mistake, word):
    with pytest.raises(InputError, match=word):
        mistake(grid)


@pytest.mark.parametrize(
    "turned",
    [lambda v: np.roll(v, 5, 1), lambda v: v[::-1], lambda v: v.transpose(2, 1, 0), lambda v: 1 - v],
    ids=["shifted", "mirrored", "transposed", "renamed"],
)
def test_draws_of_another_volume_are_refused(turned):
    rng = np.random.default_rng(3)
    smooth = ndimage.gaussian_filter(rng.random((16, 16, 16)), 2, mode="wrap")
    labels = (smooth > np.median(smooth)).astype(np.uint8)
    draws = [(smooth > np.quantile(smooth, q)).astype(np.uint8) for q in (0.45, 0.48, 0.52)]
    phases = {"pore": 0, "am": 1}
    assert len(grid_from_labels(labels, phases, 1e-7).with_draws(draws).draws) == 3
    other = grid_from_labels(turned(labels), phases, 1e-7)
    for theirs in (draws, draws[:1], [labels, labels]):
        with pytest.raises(InputError, match="expected draws of this volume, got some that differ"):
            other.with_draws(theirs)


def test_draws_are_cut_and_merged_as_the_grid_is():
    labels = np.random.default_rng(0).integers(0, 2, (4, 4, 4)) * 7
    moved = labels.copy()
    moved[0, 0, :3] = 7 - moved[0, 0, :3]
    grid = grid_from_labels(labels, {"pore": 0, "am": 7}, 1e-7).with_draws([labels, moved])
    one, _ = grid.crop({"x": (0, 2)}).coarsen(2).draws
    assert one.shape == (1, 2, 2) and np.array_equal(one.phase, grid.crop({"x": (0, 2)}).coarsen(2).phase)
    assert np.array_equal(grid.draws[1].phase * 7, moved) and grid.draws[1].source.name == "array, draw 2"
    for wrong in (labels[1:], labels + 1, labels + 300):
        with pytest.raises(InputError, match="expected draws of the volume's shape"):
            grid.with_draws([wrong])


def test_labels_without_names_and_grey_values_are_told_apart_where_a_phase_is_asked_for():
    labels = np.array([0, 128, 255], np.uint8).reshape(3, 1, 1)
    unnamed = grid_from_labels(labels, {f"label{n}": n for n in (0, 128, 255)}, 1e-7)
    with pytest.raises(InputError, match="each as what it is: --phases pore=0,NAME2=128,NAME3=255, say"):
        unnamed.code("pore")
    grey = np.arange(200, dtype=np.uint8).reshape(200, 1, 1)
    for phases in ({f"label{n}": n for n in range(200)}, {"pore": 0, "am": 1}):
        with pytest.raises(InputError, match="200 different values in .*: microsim segment") as said:
            grid_from_labels(grey, phases, 1e-7).code("pore")
        assert len(str(said.value)) < 200
