"""What other programs write of axes and voxel sizes into HDF5 files is understood, or asked about."""

import json

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.statements import stated_names, stated_size
from microsim.volumes.volume import read_voxels

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)
UM = pytest.approx((0.5e-6, 0.25e-6, 1e-6))


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["entry/v"] = LABELS
        file["entry/vc"] = LABELS[..., None]
        file["entry/tv"] = np.stack([LABELS, LABELS + 1])
        yield file


def ilastik(keys):
    return json.dumps({"axes": [{"key": key, "typeFlags": 2, "resolution": 0} for key in keys]})


def read(file, name, **options):
    file.flush()
    return read_voxels(f"{file.filename}::entry/{name}", **options)


def refused(file, name, **options):
    with pytest.raises(InputError) as caught:
        read(file, name, **options)
    return str(caught.value)


@pytest.mark.parametrize(("attribute", "given"), [
    ("axistags", ilastik("zyx")), ("axes", "zyx"), ("axes", "z,y,x"), ("axes", "z:y:x"),
    ("axes", "[z, y, x]"),
    ("axes", ["Z [um]", "Y", "X"]), ("axes", np.array([b"z", b"y", b"x"])),
])  # fmt: skip
def test_names_in_attributes_are_asked_about_where_they_are_not_ours(file, attribute, given):
    file["entry/v"].attrs[attribute] = given
    assert stated_names(file["entry/v"]) == ("z", "y", "x")
    assert "z (3), y (4), x (5)" in refused(file, "v") and "--file-axes zyx" in refused(file, "v")
    np.testing.assert_array_equal(read(file, "v", file_axes="zyx").values, LABELS.T)
    np.testing.assert_array_equal(read(file, "v", file_axes="xyz").values, LABELS)


def test_names_that_are_ours_are_taken(file):
    file["entry/v"].attrs["axistags"] = ilastik("xyz")
    np.testing.assert_array_equal(read(file, "v").values, LABELS)


def test_a_spare_channel_of_ilastik_is_dropped_and_others_are_refused(file):
    file["entry/vc"].attrs["axistags"] = ilastik("zyxc")
    assert "channel (1)" not in refused(file, "vc") and "--file-axes zyx" in refused(file, "vc")
    np.testing.assert_array_equal(read(file, "vc", file_axes="zyx").values, LABELS.T)
    file["entry/tv"].attrs["axistags"] = ilastik("czyx")
    assert "channel (2), z (3), y (4), x (5)" in refused(file, "tv", file_axes="zyx")
    file["entry/tv"].attrs["axistags"] = ilastik("txyz")
    np.testing.assert_array_equal(read(file, "tv").values, LABELS + 1)
    file["entry/tv"].attrs["axistags"] = "{broken"
    assert stated_names(file["entry/tv"]) == ()


def test_dream3d_counts_x_first(file):
    file["entry/vc"].attrs["TupleDimensions"] = np.array([5, 4, 3], "u8")
    file["entry/vc"].attrs["ComponentDimensions"] = np.array([1], "u8")
    assert stated_names(file["entry/vc"]) == ("z", "y", "x", "components")
    np.testing.assert_array_equal(read(file, "vc", file_axes="zyx").values, LABELS.T)
    assert "--file-axes" in refused(file, "vc")


@pytest.mark.parametrize("shape", [(6, 4, 5, 3), (2, 4, 5, 6)])
def test_a_fourth_axis_without_a_name_is_asked_about(file, shape):
    file["entry/four"] = np.zeros(shape, "u1")
    said = refused(file, "four")
    assert " x ".join(map(str, shape)) in said and f"write @0 to @{shape[0] - 1}" in said
    assert read(file, "four@0").values.shape == shape[1:]


def test_nexus_names_and_coordinates(file):
    entry = file["entry"]
    entry.attrs.update({"NX_class": "NXdata", "signal": "v", "axes": ["z", "y", "x"]})
    for name, n, step in (("z", 3, 0.5), ("y", 4, 0.25), ("x", 5, 1.0)):
        entry[name] = 10 + step * np.arange(n)
        entry[name].attrs["units"] = np.bytes_(b"\xb5m") if name == "y" else "um"
    assert read(file, "v", file_axes="zyx").voxel_size == pytest.approx((1e-6, 0.25e-6, 0.5e-6))
    assert "--file-axes zyx" in refused(file, "v")
    entry["x"][1] += 0.3  # not even: no voxel size
    assert read(file, "v", file_axes="zyx").voxel_size is None


def test_scales_and_labels_of_dimensions(file):
    v = file["entry/v"]
    for i, (name, step) in enumerate((("x", 500.0), ("y", 250.0), ("z", 1000.0))):
        scale = file.create_dataset(name, data=step * np.arange(v.shape[i]))
        scale.make_scale(name)
        scale.attrs["units"] = "nm"
        v.dims[i].attach_scale(scale)
    assert stated_names(v) == ("x", "y", "z") and read(file, "v").voxel_size == UM
    for dimension, label in zip(v.dims, "zyx", strict=True):
        dimension.label = label
    assert stated_names(v) == ("z", "y", "x")


@pytest.mark.parametrize(("where", "key", "factor"), [
    ("entry/v", "element_size_um", 1), ("entry/v", "voxel_size_nm", 1e3), ("entry", "pixel_size_mm", 1e-3),
    ("/", "resolution_um", 1), ("entry/v", "voxel_size_m", 1e-6),
])  # fmt: skip
def test_sizes_that_bear_their_unit_are_read(file, where, key, factor):
    file[where].attrs[key] = np.array([0.5, 0.25, 1.0]) * factor
    assert stated_size(file["entry/v"], (), "v") == UM
    assert read(file, "v").voxel_size == UM


def test_sizes_without_a_unit_are_none_and_wrong_ones_are_refused(file):
    file["entry/v"].attrs["resolution"] = [1.0, 1.0, 1.0]
    assert read(file, "v").voxel_size is None
    file["entry/v"].attrs["element_size_um"] = [1.0, 2.0]
    assert "one or three numbers as element_size_um" in refused(file, "v")
