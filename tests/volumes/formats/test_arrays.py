"""HDF5, npy and npz: the array that is meant is found, or the sentence says which there are."""

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels, write_volume

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)


def sentence(name, **options):
    with pytest.raises(InputError) as caught:
        read_voxels(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def h5(tmp_path):
    path = tmp_path / "run.h5"
    with h5py.File(path, "w") as file:
        file.attrs["voxel_size_m"] = 1e-6
        file["group/labels"] = LABELS
        file["sto"] = np.stack([LABELS / 100, LABELS / 50, LABELS / 25]).astype("f4")
        file["sto"].attrs["voxel_size_m"] = [1e-6, 2e-6, 3e-6]
        file["time_s"] = np.arange(3.0)
        file["name"] = "a run"
        file["flat"] = LABELS[0]
        file["words"] = np.full((2, 2, 2), b"x")
    return path


def test_a_data_set_is_read_by_its_path(h5):
    for name in ("group/labels", "/group/labels"):
        np.testing.assert_array_equal(read_voxels(f"{h5}::{name}").values, LABELS)
    assert read_voxels(f"{h5}::group/labels").voxel_size == (1e-6,) * 3


@pytest.mark.parametrize(("name", "expected"), [("sto", 25), ("sto@0", 100), ("sto@1", 50), ("sto@-3", 100)])
def test_one_time_of_a_field_is_read(h5, name, expected):
    volume = read_voxels(f"{h5}::{name}", kind="field")
    np.testing.assert_array_equal(volume.values, (LABELS / expected).astype("f4"))
    assert volume.voxel_size == (1e-6, 2e-6, 3e-6)


def test_the_voxel_size_follows_the_axes(h5):
    volume = read_voxels(f"{h5}::sto@0", kind="field", file_axes="yzx")
    assert volume.values.shape == (5, 3, 4) and volume.voxel_size == (3e-6, 1e-6, 2e-6)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "write {h5}::NAME (the file has flat, group/labels, name, sto, time_s, words)"),
        ("::soc", "expected a data set of {h5}, got soc; the file has flat, group/labels"),
        ("::group", "got group; the file has"),
        ("::sto@3", "an index from 0 to 2 in {h5}::sto, got 3"),
        ("::sto@-4", "from 0 to 2"),
        ("::group/labels@0", "drop @0"),
        ("::time_s", "got 1-D (3)"),
        ("::flat", "got 2-D (4 x 5)"),
        ("::name", "expected numbers"),
        ("::words", "expected numbers"),
    ],
)
def test_other_names_are_refused(h5, name, words):
    assert words.format(h5=h5) in sentence(f"{h5}{name}")


def test_the_only_volume_needs_no_name(tmp_path):
    with h5py.File(tmp_path / "v.hdf5", "w") as file:
        file["time_s"], file["flat"], file["deep/one"] = np.arange(3.0), LABELS[0], LABELS
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.hdf5").values, LABELS)


def test_an_empty_file_has_none(tmp_path):
    h5py.File(tmp_path / "v.h5", "w").close()
    assert "the file has none" in sentence(tmp_path / "v.h5")
    np.savez(tmp_path / "v.npz")
    assert "the file has none" in sentence(tmp_path / "v.npz")


@pytest.mark.parametrize("size", ["1 um", [1e-6, 1e-6]])
def test_a_voxel_size_that_is_none_is_refused(tmp_path, size):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("v", data=LABELS).attrs["voxel_size_m"] = size
    assert "one or three numbers as voxel_size_m" in sentence(tmp_path / "v.h5")


def test_an_array_of_npz_is_read_by_its_name(tmp_path):
    np.savez(tmp_path / "v.npz", first=LABELS, second=LABELS[::-1])
    np.testing.assert_array_equal(read_voxels(f"{tmp_path / 'v.npz'}::second").values, LABELS[::-1])
    assert "the file has first, second" in sentence(tmp_path / "v.npz")
    assert "got third; the file has first, second" in sentence(f"{tmp_path / 'v.npz'}::third")


def test_a_name_can_be_given_when_writing(tmp_path):
    for suffix in ("h5", "npz"):
        name = f"{tmp_path / 'v'}.{suffix}::labels"
        assert write_volume(name, LABELS) == tmp_path / f"v.{suffix}"
        np.testing.assert_array_equal(read_voxels(name).values, LABELS)


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "v.npy", np.array([[[print]]]), allow_pickle=True)
    assert "readable .npy volume" in sentence(tmp_path / "v.npy")


def test_arrays_in_fortran_order_are_read(tmp_path):
    np.save(tmp_path / "v.npy", np.asfortranarray(LABELS))
    volume = read_voxels(tmp_path / "v.npy")
    assert volume.values.flags.c_contiguous
    np.testing.assert_array_equal(volume.values, LABELS)


def test_a_data_set_with_two_names_is_found_under_both(tmp_path):
    values = np.random.default_rng(1).random((3, 4, 5))
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["sto"] = values
        file["VTKHDF/CellData/sto"] = file["sto"]
    for name in ("sto", "VTKHDF/CellData/sto"):
        np.testing.assert_array_equal(
            read_voxels(f"{tmp_path / 'two.h5'}::{name}", kind="field").values, values
        )
