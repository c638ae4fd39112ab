import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid, grid_from_labels
from microsim.mesh.mask import OUTSIDE
from microsim.mesh.read import read_volume

LABELS = (np.arange(60).reshape(3, 4, 5) % 3 == 0).astype(np.uint8)  # a third of 1


@pytest.mark.parametrize("named", [{"am": 1, "pore": 0}, {"pore": 0, "am": 1}])
def test_names_stand_for_their_labels_in_whatever_order(named, tmp_path):
    grid = VoxelGrid(LABELS, named, 1e-6)
    np.save(tmp_path / "v.npy", LABELS)
    read = read_volume(tmp_path / "v.npy", named, 1e-6)
    assert grid.fraction("am") == read.fraction("am") == pytest.approx(1 / 3)
    assert grid.names == read.names and grid.labels == read.labels and grid.labels[grid.code("am")] == 1
    assert np.array_equal(grid.phase, read.phase)


@pytest.mark.parametrize(
    ("array", "named"),
    [
        (LABELS.astype(bool), {"am": True, "pore": False}),
        (LABELS.astype(np.uint16) * 65535, {"am": 65535, "pore": 0}),
        (LABELS.astype(np.int64) * 255, {"am": 255, "pore": 0}),
        (LABELS.astype(float), {"am": 1, "pore": 0}),
        (LABELS.astype(int) - 1, {"am": 0, "pore": -1}),
        (LABELS.tolist(), {"am": 1, "pore": 0}),
        (np.asfortranarray(LABELS), {"am": 1, "pore": 0}),
    ],
)
def test_labels_of_every_type_are_the_same_phases(array, named):
    grid = VoxelGrid(array, named, 1e-6)
    assert grid.phase.dtype == np.uint8 and grid.phase.flags.c_contiguous
    assert np.array_equal(grid.mask("am"), LABELS == 1)


@pytest.mark.parametrize("kind", [bool, np.uint16, np.int64, float])
def test_phase_numbers_of_every_type_are_names_in_order(kind):
    assert np.array_equal(VoxelGrid(LABELS.astype(kind), ["pore", "am"], 1e-6).mask("am"), LABELS == 1)


def test_several_labels_of_one_phase(tmp_path):
    labels = np.arange(60).reshape(3, 4, 5) % 4
    np.save(tmp_path / "v.npy", labels)
    named = {"am": (3, 1), "pore": 0, "cbd": 2}
    for grid in (VoxelGrid(labels, named, 1e-6), read_volume(tmp_path / "v.npy", named, 1e-6)):
        assert np.array_equal(grid.mask("am"), labels % 2 == 1) and grid.labels == (3, 0, 2)
        assert np.array_equal(grid.mask("cbd"), labels == 2)


def test_several_labels_of_a_volume_that_stays_in_its_file(tmp_path):
    labels = (np.arange(60).reshape(3, 4, 5) % 4).astype(np.uint8)
    np.save(tmp_path / "v.npy", labels)
    grid = read_volume(tmp_path / "v.npy", {"am": (3, 1), "pore": [0, 2]}, 1e-6, scratch=tmp_path)
    assert np.array_equal(grid.mask("am"), labels % 2 == 1)


def test_what_is_masked_is_outside_the_sample():
    outside = np.zeros(LABELS.shape, bool)
    outside[:, 0] = True
    named = {"pore": 0, "am": 255}
    filled = np.where(outside, 77, LABELS.astype(int) * 255)  # what lies below a mask is no label
    masked = VoxelGrid(np.ma.masked_array(filled, outside), named, 1e-6)
    in_order = VoxelGrid(np.ma.masked_array(np.where(outside, 200, LABELS), outside), ("pore", "am"), 1e-6)
    for grid in (masked, in_order):
        assert grid.masked and grid.phases == ("pore", "am") and grid.names[-1] == OUTSIDE
        assert np.array_equal(grid.sample, ~outside)
        assert grid.fraction("am") == LABELS[:, 1:].mean() and grid.sample_share == 0.75
    assert not VoxelGrid(np.ma.masked_array(LABELS), ("pore", "am"), 1e-6).masked


def test_masked_labels_are_those_of_a_mask(tmp_path):
    outside = np.zeros(LABELS.shape, bool)
    outside[:, 0] = True
    np.save(tmp_path / "v.npy", LABELS)
    read = read_volume(tmp_path / "v.npy", {"pore": 0, "am": 1}, 1e-6, mask=~outside)
    made = VoxelGrid(np.ma.masked_array(LABELS, outside), {"pore": 0, "am": 1}, 1e-6)
    assert np.array_equal(read.phase, made.phase) and read.names == made.names and read.labels == made.labels


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((LABELS, "sp"), "names: expected .* got \"sp\"; name each phase"),
        ((LABELS, None), "names: expected .* got nothing"),
        ((LABELS, 2), "names: expected .* got 2"),
        ((LABELS, ["pore", 1]), "names: expected"),
        ((LABELS, ["pore", " "]), "names: expected"),
        ((LABELS, ["pore", "am"], 1e-6, (0, 0)), r"labels: expected a different one .* got \(0, 0\)"),
        ((LABELS, ["pore", "am"], 1e-6, (-1, 0.7)), "expected a whole number as label, got 0.7"),
        ((LABELS, ["pore", "am"], 1e-6, "xy"), "labels: expected one whole number for each name"),
        ((LABELS, ["pore", "am"], 1e-6, 3), "labels: expected one whole number for each name"),
        ((LABELS, {"pore": 0, "am": 1}, 1e-6, (0, 1)), "got both; leave one out"),
        ((LABELS, {"pore": 0}), "name label 1 too"),
        ((LABELS, {"pore": (0, 1), "am": 1}), "pore=0:1, am=1; give each label one name"),
        ((LABELS, {"pore": (), "am": 1}), "expected a label for phase 'pore', got none"),
        ((LABELS, {"pore": 0, "am": 1, "cbd": 2}), "got cbd=2"),
        ((LABELS * 0.5, ["pore", "am"]), "expected a whole number as label, got 0.5"),
        ((LABELS * np.nan, ["pore", "am"]), "expected a whole number as label, got nan"),
        ((LABELS - 1.0, ["pore", "am"]), "from -1 up to 0; say which label is which"),
        ((LABELS.astype(int) * 255, ["pore", "am"]), 'up to 255; .* {"pore": 0, "am": 255}'),
        ((LABELS + 0j, ["pore", "am"]), "labels: expected an array of real numbers, got complex128"),
        ((np.ma.masked_all(LABELS.shape), ["pore"]), "masked all over"),
    ],
)  # fmt: skip
def test_names_that_mean_nothing_are_refused_in_a_sentence(arguments, words):
    with pytest.raises(InputError, match=words) as said:
        VoxelGrid(*arguments)
    assert "\n" not in str(said.value) and len(str(said.value)) < 300


def test_a_grid_of_labels_is_that_of_names_with_labels():
    named = {"am": 1, "pore": 0}
    assert np.array_equal(grid_from_labels(LABELS, named, 1e-6).phase, VoxelGrid(LABELS, named, 1e-6).phase)


@pytest.mark.parametrize("names", [("pore", "outside"), {"pore": 0, "outside": 1}])
def test_what_is_masked_is_the_one_phase_called_outside(names):
    masked = np.ma.masked_array(LABELS, np.arange(60).reshape(LABELS.shape) > 50)
    with pytest.raises(InputError, match="expected no phase called outside beside a masked array"):
        VoxelGrid(masked, names, 1e-6)
    assert VoxelGrid(LABELS, names, 1e-6).names == ("pore", "outside")
