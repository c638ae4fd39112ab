"""npy and npz: the array that is meant is found, or the sentence says which there are."""

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


def test_an_empty_npz_has_none(tmp_path):
    np.savez(tmp_path / "v.npz")
    assert "the file has none" in sentence(tmp_path / "v.npz")


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
