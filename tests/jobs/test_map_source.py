"""Maps as jobs take them."""

import hashlib

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.map_series import read_state_map
from microsim.jobs.map_source import read_map, read_mask, read_noise
from microsim.maps.scale import check_decimals

VALUES = np.random.default_rng(0).random((3, 4, 5))


def test_a_file_an_array_and_a_field_say_where_they_come_from(small_run, tmp_path):
    np.save(tmp_path / "map.npy", VALUES)
    file = read_map(tmp_path / "map.npy", "MAP", (1e-7,) * 3, "zyx")
    assert file.values.shape == (5, 4, 3) and file.origin() == {
        "file": str(tmp_path / "map.npy"),
        "sha256": hashlib.sha256((tmp_path / "map.npy").read_bytes()).hexdigest(),
        "voxel_size_m": (1e-7,) * 3,
    }
    array = read_map(VALUES, "MAP", (1e-7,) * 3)
    assert array.values is VALUES and (array.name, array.sha256) == ("array", None)
    field = read_map(small_run.sto, "MAP")
    assert field.name.endswith("fields.h5::sto") and field.voxel_size == pytest.approx((4e-7,) * 3)
    whole = read_map(small_run.folder / "fields.h5", "MAP")
    assert np.array_equal(whole.values, field.values, equal_nan=True) and whole.sha256 == field.sha256


def test_a_map_without_a_length_is_one_sentence():
    with pytest.raises(InputError, match="MAP: expected a known voxel size, array gives none; add --size."):
        read_map(VALUES, "MAP", remedy="--size")
    with pytest.raises(InputError, match="MAP: expected a path, an array"):
        read_map(np.zeros((3, 3)), "MAP", (1e-7,) * 3)


def test_a_mask_leaves_out_where_it_is_0(tmp_path):
    labels = np.array([[[0, 3, 1]]], np.uint8)
    np.save(tmp_path / "mask.npy", labels)
    for given in (tmp_path / "mask.npy", labels):
        assert read_mask(given).tolist() == [[[False, True, True]]]
    assert read_mask(None) is None


def test_what_a_masked_array_masks_has_no_value():
    hidden = VALUES > 0.5
    values = read_map(np.ma.masked_array(VALUES, hidden), "MAP", (1e-7,) * 3).values
    assert np.array_equal(np.isnan(values), hidden) and np.array_equal(values[~hidden], VALUES[~hidden])
    assert np.array_equal(read_mask(np.ma.masked_array(np.ones(VALUES.shape), hidden)), ~hidden)


def test_a_mask_leaves_out_where_it_is_nan():
    assert read_mask(np.array([[[np.nan, 1.0, 0.0]]])).tolist() == [[[False, True, False]]]


@pytest.mark.parametrize("wrong", [VALUES + 1j, VALUES.astype(str), VALUES.astype(object)])
def test_an_array_without_numbers_is_one_sentence(wrong):
    with pytest.raises(InputError, match="MAP: expected an array of real numbers, got "):
        read_map(wrong, "MAP", (1e-7,) * 3)


@pytest.mark.parametrize("labels", [VALUES > 0.5, (5 * VALUES).astype(np.uint8), np.rint(100 * VALUES)])
def test_labels_are_no_map(labels):
    with pytest.raises(InputError, match="whole numbers in x, as labels are"):
        check_decimals(np.where(VALUES > 0.9, np.nan, labels), "x")
    check_decimals(np.ones(VALUES.shape), "x")


def test_a_noise_below_0_is_refused():
    measured = read_map(VALUES, "MAP", (1e-7,) * 3)
    with pytest.raises(InputError, match=r"sigma: expected standard deviations of at least 0, got -0.5"):
        read_noise(np.where(VALUES == VALUES[0, 0, 0], -0.5, 0.1), measured)


@pytest.mark.parametrize("part", ["", "::soc"])
def test_an_npz_brings_its_noise(tmp_path, part):
    np.savez(tmp_path / "map.npz", soc=VALUES, sigma=VALUES / 10)
    found = read_map(f"{tmp_path / 'map.npz'}{part}", "MAP", (1e-7,) * 3)
    assert np.array_equal(found.values, VALUES) and np.array_equal(found.sigma, VALUES / 10)


def test_a_damaged_npz_is_one_sentence(tmp_path):
    (tmp_path / "map.npz").write_text("hello")
    for read in (read_map, read_state_map):
        with pytest.raises(InputError, match=r"map\.npz"):
            read(tmp_path / "map.npz", "xyz")
