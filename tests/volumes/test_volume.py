"""Volumes come back as written, with their axes, types and voxel sizes; each bad one is refused in a
sentence."""

import hashlib
import json
import resource
from contextlib import contextmanager

import h5py
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.base.lengths import check_voxel_size
from microsim.volumes.volume import read_voxels, write_volume

SUFFIXES = ["tif", "tiff", "zip", "h5", "hdf5", "npy", "npz", "nrrd", "mhd", "mha", "raw"]
SIZED = [suffix for suffix in SUFFIXES if not suffix.startswith("np")]
ORDERS = ["xyz", "zyx", "yzx", "xzy", "zxy", "yxz"]
H = (398e-9, 250e-9, 1.25e-6)
LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)  # every axis order gives another array


def sha256(*paths):
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def sentence(call, *args, **options):
    """The message of the InputError that a call raises; it is one sentence."""
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    said = str(caught.value)
    assert "\n" not in said and said.endswith((".", "?")) and "expected" in said and "got" in said
    return said


# ---- round trips -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("axes", ORDERS)
def test_what_is_written_is_read_back(tmp_path, suffix, axes):
    path = write_volume(tmp_path / f"v.{suffix}", LABELS, voxel_size=H, file_axes=axes)
    volume = read_voxels(path, file_axes=axes)
    np.testing.assert_array_equal(volume.values, LABELS)
    assert (
        volume.values.dtype == np.uint8 and volume.values.flags.c_contiguous and volume.values.flags.writeable
    )
    assert volume.voxel_size == (pytest.approx(H, rel=1e-8) if suffix in SIZED else None)
    assert volume.file_axes == axes and volume.source == str(path)
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".part")]


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != "raw"])
def test_the_declared_order_decides(tmp_path, suffix):
    path = write_volume(tmp_path / f"v.{suffix}", LABELS, voxel_size=H)
    volume = read_voxels(path, file_axes="yzx")  # now the file's first axis is y, its second z
    np.testing.assert_array_equal(volume.values, LABELS.transpose(2, 0, 1))
    assert volume.voxel_size is None or volume.voxel_size == pytest.approx((H[2], H[0], H[1]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(*[st.integers(1, 4)] * 3),
    dtype=st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", ">u2", ">f4"]),
    suffix=st.sampled_from(SUFFIXES),
    axes=st.sampled_from(ORDERS),
    order=st.sampled_from("CF"),
    size=st.none() | st.tuples(*[st.floats(1e-9, 1e-4)] * 3),
    seed=st.integers(0, 99),
)
def test_any_shape_and_type_round_trips(tmp_path, shape, dtype, suffix, axes, order, size, seed):
    values = np.asarray(np.random.default_rng(seed).integers(0, 100, shape).astype(dtype), order=order)
    path = write_volume(tmp_path / f"any.{suffix}", values, voxel_size=size, file_axes=axes)
    volume = read_voxels(path, file_axes=axes, kind="grey")
    np.testing.assert_array_equal(volume.values, values)
    assert volume.values.dtype.isnative
    if np.dtype(dtype).itemsize < 8 or values.dtype.kind == "f":
        assert volume.values.dtype == np.dtype(dtype).newbyteorder("=")  # wide integers are narrowed
    if suffix in SIZED and size is not None:
        assert volume.voxel_size == pytest.approx(size, rel=1e-6)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_fields_keep_nan(tmp_path, suffix):
    field = LABELS.astype("f4") / 7
    field[1, 2, 3] = np.nan
    volume = read_voxels(write_volume(tmp_path / f"f.{suffix}", field, voxel_size=H), kind="field")
    np.testing.assert_array_equal(volume.values, field)
    assert volume.values.dtype == np.float32


def test_a_mask_is_written_as_labels(tmp_path):
    for suffix in SUFFIXES:
        volume = read_voxels(write_volume(tmp_path / f"m.{suffix}", LABELS > 20))
        np.testing.assert_array_equal(volume.values, LABELS > 20)
        assert volume.values.dtype == np.uint8


def test_writing_makes_the_folder_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "very" / "new" / "v.tif"
    write_volume(path, LABELS)
    write_volume(path, LABELS[:2])
    assert read_voxels(path).values.shape == (2, 4, 5)


# ---- the bytes ---------------------------------------------------------------------------------------------


def test_sha256_is_that_of_the_bytes(tmp_path):
    for suffix in ("tif", "zip", "h5", "npy", "nrrd", "mha"):
        path = write_volume(tmp_path / f"v.{suffix}", LABELS)
        assert read_voxels(path).sha256 == sha256(path)
    path = write_volume(tmp_path / "v.mhd", LABELS)
    assert read_voxels(path).sha256 == sha256(path, tmp_path / "v.mhd.raw")
    path = write_volume(tmp_path / "v.raw", LABELS)
    assert read_voxels(path).sha256 == sha256(path, tmp_path / "v.raw.json")


# ---- which kind --------------------------------------------------------------------------------------------


def test_whole_floats_and_wide_integers_become_small_labels(tmp_path):
    for dtype in ("f8", "f4", ">i4", "i8", "?"):
        labels = LABELS.astype(dtype)
        np.save(tmp_path / "v.npy", labels)
        volume = read_voxels(tmp_path / "v.npy")
        assert volume.values.dtype == np.uint8
        np.testing.assert_array_equal(volume.values, labels)
    np.save(tmp_path / "v.npy", LABELS.astype("f4") * 1000)
    assert read_voxels(tmp_path / "v.npy").values.dtype == np.uint16


def test_wide_integers_are_written_narrow_and_foreign_byte_order_is_turned(tmp_path):
    path = write_volume(tmp_path / "v.tif", LABELS.astype("i8"))
    assert tifffile.imread(path).dtype == np.uint8  # 64-bit TIFF is for few programs
    np.save(tmp_path / "v.npy", LABELS.astype(">u2"))
    volume = read_voxels(tmp_path / "v.npy", kind="grey")
    assert volume.values.dtype.isnative
    np.testing.assert_array_equal(volume.values, LABELS)


def test_grey_keeps_its_type_and_field_becomes_float(tmp_path):
    np.save(tmp_path / "v.npy", LABELS.astype("u2") + 300)
    assert read_voxels(tmp_path / "v.npy", kind="grey").values.dtype == np.uint16
    assert read_voxels(tmp_path / "v.npy", kind="field").values.dtype == np.float32
    np.save(tmp_path / "v.npy", LABELS.astype("f2"))
    assert read_voxels(tmp_path / "v.npy", kind="field").values.dtype == np.float32


def labels_with(value, dtype="f4"):
    values = LABELS.astype(dtype)
    values[1, 2, 3] = value
    return values


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (labels_with(np.nan), "labels", ["NaN in 1 of 60 voxels", "label of their own"]),
        (labels_with(0.5), "labels", ["whole numbers", "in 1 of 60 voxels", "microsim segment"]),
        (labels_with(np.inf), "labels", ["whole numbers", "in 1 of 60 voxels"]),
        (labels_with(-1, "i2"), "labels", ["from 0 to", "from -1 to 52"]),
        (labels_with(1e12), "labels", ["from 0 to 4294967295", "1e+12"]),
        (np.arange(256).reshape(4, 8, 8), "labels", ["at most 255 labels", "microsim segment"]),
        (labels_with(np.nan), "grey", ["NaN or infinity in 1 of 60 voxels"]),
        (labels_with(-np.inf), "field", ["infinity in 1 of 60 voxels"]),
        (labels_with(0.5).astype(float) - 1e200 * (LABELS == 7), "field", ["more than 1e100 in"]),
        (LABELS.astype("c8"), "field", ["real numbers", "complex64"]),
        (LABELS, "mask", ["labels, grey or field", "'mask'"]),
        (LABELS[0], "labels", ["3-D", "2-D (4 x 5)", "stack the slices"]),
        (LABELS[None].repeat(2, 0), "field", ["3-D", "4-D (2 x 3 x 4 x 5)", "one channel or one time"]),
        (np.uint8(3), "labels", ["3-D", "0-D (a single number)"]),
        (LABELS[:0], "labels", ["expected voxels", "0 x 4 x 5"]),
    ],
)
def test_values_that_are_not_of_the_kind_are_refused(tmp_path, values, kind, words):
    np.save(tmp_path / "bad.npy", values)
    said = sentence(read_voxels, tmp_path / "bad.npy", kind=kind)
    for word in words:
        assert word in said


def test_255_labels_are_accepted(tmp_path):
    np.save(tmp_path / "v.npy", np.arange(256).clip(1).reshape(4, 8, 8))
    assert read_voxels(tmp_path / "v.npy").values.max() == 255


# ---- axes and voxel size -----------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", ["xy", "xyy", "xyzt", "XYZ", 3])
def test_axes_other_than_x_y_z_are_refused(tmp_path, axes):
    np.save(tmp_path / "v.npy", LABELS)
    assert "x, y, z" in sentence(read_voxels, tmp_path / "v.npy", file_axes=axes)
    assert "x, y, z" in sentence(write_volume, tmp_path / "w.npy", LABELS, file_axes=axes)


def test_a_given_voxel_size_wins(tmp_path):
    path = write_volume(tmp_path / "v.nrrd", LABELS, voxel_size=H)
    assert read_voxels(path, voxel_size=2e-6).voxel_size == (2e-6,) * 3
    assert read_voxels(path, voxel_size=[1e-6, 2e-6, 3e-6], file_axes="zyx").voxel_size == (1e-6, 2e-6, 3e-6)


def test_voxel_sizes_from_1_nm_to_10_mm_are_accepted():
    assert check_voxel_size(1e-9) == (1e-9,) * 3
    assert check_voxel_size(10 * 1e-3) == pytest.approx((1e-2,) * 3)
    assert check_voxel_size(np.array(H)) == H


@pytest.mark.parametrize(
    "h", [0.99e-9, 1.01e-2, 0, -1e-6, np.nan, np.inf, 398, (1e-6, 1e-6, 1), (1e-6, 1e-6), "1 parsec"]
)
def test_other_voxel_sizes_are_refused(tmp_path, h):
    said = sentence(check_voxel_size, h)
    words = ("between 1 nm and 10 mm", "one voxel edge or three", "length in m", "length with its unit")
    assert any(word in said for word in words)
    assert sentence(write_volume, tmp_path / "v.tif", LABELS, voxel_size=h) == said
    assert list(tmp_path.iterdir()) == []


def test_an_impossible_size_in_the_file_asks_for_one_unless_given(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("v", data=LABELS).attrs["voxel_size_m"] = 398.0
    said = sentence(read_voxels, tmp_path / "v.h5")
    assert "398 m" in said and "state the voxel size yourself" in said
    assert read_voxels(tmp_path / "v.h5", voxel_size=398e-9).voxel_size == (398e-9,) * 3


# ---- names that mean nothing -------------------------------------------------------------------------------


def test_a_missing_file_names_its_neighbours(tmp_path):
    write_volume(tmp_path / "electrode.tif", LABELS)
    said = sentence(read_voxels, tmp_path / "electrodes.tif")
    assert f"did you mean {tmp_path / 'electrode.tif'}?" in said
    assert "correct the path" in sentence(read_voxels, tmp_path / "gone" / "other.npy")


def test_an_unknown_data_set_names_the_closest():
    assert "did you mean nrel_nmc" in sentence(read_voxels, "nrel_nm")
    said = sentence(read_voxels, "qqq")
    assert "name of a data set" in said and "berea" in said


def test_an_unknown_suffix_is_refused(tmp_path):
    (tmp_path / "v.vol").write_bytes(b"")
    assert ".nrrd" in sentence(read_voxels, tmp_path / "v.vol")
    (tmp_path / "v.png").write_bytes(b"")
    assert "expected a readable slice" in sentence(read_voxels, tmp_path / "v.png")
    assert "no suffix" in sentence(write_volume, tmp_path / "v", LABELS)


def test_a_name_too_long_for_the_file_system_is_refused():
    assert "did you" not in sentence(read_voxels, "q" * 300)


@pytest.mark.parametrize(
    ("name", "word"),
    [("v.npy::x", "drop it"), ("v.npz::volume@3", "drop it"), ("v.npz::", "expected a name after ::")],
)
def test_parts_where_there_are_none_are_refused(tmp_path, name, word):
    write_volume(tmp_path / "v.npy", LABELS)
    write_volume(tmp_path / "v.npz", LABELS)
    assert word in sentence(read_voxels, tmp_path / name)


# ---- damaged files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_file_is_refused_and_never_read_short(tmp_path, suffix, capfd, caplog):
    labels = np.random.default_rng(1).integers(0, 200, (6, 7, 8)).astype("u1")
    path = write_volume(tmp_path / f"v.{suffix}", labels)
    whole = path.read_bytes()
    for size in np.linspace(0, len(whole), 40, endpoint=False, dtype=int):
        path.write_bytes(whole[:size])
        try:
            assert np.array_equal(read_voxels(path).values, labels)  # only padding was cut off
        except InputError as error:
            assert path.name in str(error) and "\n" not in str(error)
    assert capfd.readouterr() == ("", "") and caplog.records == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from(SUFFIXES), where=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_a_damaged_byte_never_breaks_the_program(tmp_path, suffix, where, byte):
    path = write_volume(tmp_path / f"d.{suffix}", LABELS, voxel_size=H)
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] = byte
    path.write_bytes(content)
    try:
        assert read_voxels(path).values.ndim == 3
    except InputError as error:
        assert "\n" not in str(error)


def test_a_file_of_another_format_is_refused(tmp_path):
    for suffix in SUFFIXES[:-1]:
        (tmp_path / f"v.{suffix}").write_text("this is text\n" * 30)
        assert f"v.{suffix}" in sentence(read_voxels, tmp_path / f"v.{suffix}")


# ---- writing fails -----------------------------------------------------------------------------------------


@contextmanager
def little_space():
    """No file may grow beyond 16 kB, as on a full disk; only for as long as the code under test runs, for the
    test run's own log grows beyond that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_nothing_and_keeps_what_was_there(tmp_path, suffix, recwarn):
    path = write_volume(tmp_path / f"v.{suffix}", LABELS)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 50)).astype("u1")
    with little_space():
        said = sentence(write_volume, path, noise)
    assert str(tmp_path) in said and "make room" in said
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert not [str(warning.message) for warning in recwarn]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "choose another folder" in sentence(write_volume, tmp_path / "file" / "v.tif", LABELS)
    (tmp_path / "v.tif").mkdir()
    sentence(write_volume, tmp_path / "v.tif", LABELS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "v.tif"]


@pytest.mark.parametrize(
    "values", [LABELS[0], LABELS[None], LABELS[:0], LABELS.astype("c8"), LABELS.astype("S3")]
)
def test_only_volumes_of_real_numbers_are_written(tmp_path, values):
    sentence(write_volume, tmp_path / "v.npy", values)
    assert list(tmp_path.iterdir()) == []


def test_an_index_cannot_be_written_to(tmp_path):
    assert "drop @2" in sentence(write_volume, f"{tmp_path / 'v.h5'}::sto@2", LABELS)
    assert "drop it" in sentence(write_volume, f"{tmp_path / 'v.tif'}::sto", LABELS)


def test_the_sidecar_is_plain_json(tmp_path):
    write_volume(tmp_path / "v.raw", LABELS, voxel_size=H, file_axes="zyx")
    assert json.loads((tmp_path / "v.raw.json").read_text()) == {
        "shape": [5, 4, 3],
        "dtype": "uint8",
        "byte_order": "little",
        "axes": "zyx",
        "voxel_size_m": list(H[::-1]),
    }


def test_imagej_finds_the_scale(tmp_path):
    with tifffile.TiffFile(write_volume(tmp_path / "v.tif", LABELS, voxel_size=H)) as tif:
        assert tif.imagej_metadata["unit"] == "um" and tif.imagej_metadata["slices"] == 3
        assert tif.imagej_metadata["spacing"] == pytest.approx(0.398)
        columns = tif.pages[0].tags["XResolution"].value
        assert columns[1] / columns[0] == pytest.approx(1.25)


def test_an_array_is_refused_in_a_sentence():
    with pytest.raises(
        InputError, match=r"got an array of 4 x 3 x 2; make a volume .* with VoxelGrid\("
    ) as error:
        read_voxels(np.zeros((4, 3, 2)))
    assert "\n" not in str(error.value)
