"""What is shown of a volume is what its file holds."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.studio.sections import NONE, Shelf, show
from microsim.volumes.volume import write_volume

RANDOM = np.random.default_rng(3)


def decoded(shown, codes):
    return np.where(codes == NONE, np.nan, shown.low + shown.step * codes.astype(float))


@pytest.mark.parametrize(
    ("dtype", "low", "high", "exact"),
    [
        ("uint8", 0, 255, True),
        ("int16", -900, 3000, True),
        ("uint16", 0, 65535, False),
        ("int32", -70000, 70000, False),
        ("float32", -0.01, 0.02, False),
        ("float64", 1e5, 1e5 + 1, False),
    ],
)
def test_values_of_grey_volumes_come_back(tmp_path, dtype, low, high, exact):
    values = (low + (high - low) * RANDOM.random((9, 12, 11))).astype(dtype)
    values.flat[:2] = low, high
    shown = show(str(write_volume(tmp_path / "grey.npy", values)))
    about = shown.about()
    assert about["labels"] == [] and about["shape"] == [9, 12, 11] and not about["sized"]
    for axis, index in (("x", 4), ("y", 0), ("z", 10)):
        codes = shown.section(axis, index)
        plane = values.take(index, axis="xyz".index(axis))
        assert codes.dtype == np.dtype("<u2") and codes.shape == plane.shape
        assert np.abs(decoded(shown, codes) - plane).max() <= about["error"] * (1 + 1e-6)
    assert (about["error"] == 0) == exact
    assert low <= about["contrast"][0] < about["contrast"][1] <= high


def test_labels_have_fractions(tmp_path):
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[:2], labels[3] = 1, 7
    shown = show(str(write_volume(tmp_path / "labels.tif", labels, voxel_size=(1e-7, 2e-7, 3e-7))))
    about = shown.about()
    assert [(one["label"], one["fraction"]) for one in about["labels"]] == [(0, 0.25), (1, 0.5), (7, 0.25)]
    assert about["edge_um"] == pytest.approx([0.1, 0.2, 0.3]) and about["sized"]
    assert np.array_equal(decoded(shown, shown.section("x", 3)), labels[3])


def test_voxels_without_a_value_say_so(tmp_path):
    values = RANDOM.random((5, 5, 5)).astype(np.float32)
    values[0] = np.nan
    shown = show(str(write_volume(tmp_path / "field.npy", values)))
    assert np.isnan(decoded(shown, shown.section("x", 0))).all()
    assert not np.isnan(decoded(shown, shown.section("x", 1))).any()


def test_one_value_and_no_value(tmp_path):
    still = show(str(write_volume(tmp_path / "still.npy", np.full((3, 3, 3), 0.25))))
    assert decoded(still, still.section("z", 1)).tolist() == [[0.25] * 3] * 3
    empty = write_volume(tmp_path / "empty.npy", np.full((3, 3, 3), np.nan))
    with pytest.raises(InputError, match="expected numbers"):
        show(str(empty))


def test_given_voxel_size_and_axes_win(tmp_path):
    path = str(write_volume(tmp_path / "labels.tif", np.zeros((2, 3, 4), np.uint8), voxel_size=1e-6))
    about = show(path, (5e-7, 5e-7, 5e-7), "zyx").about()
    assert about["shape"] == [4, 3, 2] and about["edge_um"] == pytest.approx([0.5] * 3)


def test_a_large_volume_is_turned_coarsely(tmp_path):
    values = RANDOM.integers(0, 255, (40, 9, 20)).astype(np.uint8)
    shown = show(str(write_volume(tmp_path / "grey.npy", values)))
    codes, stride = shown.coarse(most=20)
    assert stride == 2 and np.array_equal(decoded(shown, codes), values[1::2, 1::2, 1::2])
    whole, stride = shown.coarse(most=40)
    assert stride == 1 and np.array_equal(decoded(shown, whole), values)


def test_the_shelf_reads_once_and_again_when_the_file_changes(tmp_path, monkeypatch):
    from microsim.studio import sections

    reads, path = [], str(tmp_path / "a.npy")
    monkeypatch.setattr(sections, "show", lambda *given: reads.append(given) or len(reads))
    shelf = Shelf(kept=2)
    np.save(path, np.zeros((2, 2, 2)))
    assert [shelf.get(path), shelf.get(path), shelf.get(path, (1e-6,) * 3)] == [1, 1, 2]
    np.save(path, np.zeros((3, 2, 2)))
    assert shelf.get(path) == 3
