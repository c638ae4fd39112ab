"""NRRD and MetaImage as other programs write them, and raw files with their sidecars."""

import gzip
import json

import nrrd
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.formats import files_of
from microsim.volumes.volume import read_voxels, write_volume

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)
MILLIMETRES = (0.5e-3, 0.25e-3, 1e-3)  # of the axes slowest first: 0.5, 0.25 and 1 um


def sentence(name, **options):
    with pytest.raises(InputError) as caught:
        read_voxels(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def itk_image(values, spacing=None):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(values)
    if spacing:
        image.SetSpacing(spacing[::-1])
    return sitk, image


# ---- both, as ITK has them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["nrrd", "mhd", "mha"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", "f4", "f8"])
def test_what_itk_writes_is_read_slices_first(tmp_path, suffix, packed, dtype):
    sitk, image = itk_image(LABELS.astype(dtype), MILLIMETRES)
    sitk.WriteImage(image, str(tmp_path / f"v.{suffix}"), packed)
    volume = read_voxels(tmp_path / f"v.{suffix}", kind="grey")
    np.testing.assert_array_equal(volume.values, LABELS)
    assert volume.values.dtype == dtype and volume.values.flags.writeable
    assert volume.voxel_size == pytest.approx((0.5e-6, 0.25e-6, 1e-6))


@pytest.mark.parametrize("suffix", ["nrrd", "mhd", "mha"])
def test_itk_reads_what_is_written(tmp_path, suffix):
    path = write_volume(tmp_path / f"v.{suffix}", LABELS, voxel_size=(0.5e-6, 0.25e-6, 1e-6))
    sitk, _ = itk_image(LABELS)
    image = sitk.ReadImage(str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), LABELS)
    if suffix != "nrrd":  # there the unit is stated, which ITK passes over
        assert image.GetSpacing() == pytest.approx(MILLIMETRES[::-1])


@pytest.mark.parametrize("suffix", ["nrrd", "mhd", "mha"])
def test_spacings_of_1_that_nobody_set_are_none(tmp_path, suffix):
    sitk, image = itk_image(LABELS)
    sitk.WriteImage(image, str(tmp_path / f"v.{suffix}"))
    assert read_voxels(tmp_path / f"v.{suffix}").voxel_size is None


@pytest.mark.parametrize("suffix", ["nrrd", "mhd"])
def test_spacings_in_another_unit_than_mm_are_noticed(tmp_path, suffix):
    sitk, image = itk_image(LABELS, (398.0, 398.0, 398.0))
    sitk.WriteImage(image, str(tmp_path / f"v.{suffix}"))
    assert "got 0.398 x 0.398 x 0.398 m; state the voxel size" in sentence(tmp_path / f"v.{suffix}")


# ---- NRRD --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "factor"), [("um", 1), ("micron", 1), ("nm", 1e3), ("mm", 1e-3)])
def test_units_of_nrrd_are_heeded(tmp_path, unit, factor):
    header = {"spacings": [1 * factor, 0.25 * factor, 0.5 * factor], "units": [unit] * 3}
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, header, index_order="C")
    assert read_voxels(tmp_path / "v.nrrd").voxel_size == pytest.approx((0.5e-6, 0.25e-6, 1e-6))


def test_a_stated_unit_gives_spacings_of_1_a_meaning(tmp_path):
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, {"spacings": [1, 1, 1], "units": ["um"] * 3})
    assert read_voxels(tmp_path / "v.nrrd").voxel_size == (1e-6,) * 3


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"spacings": [1, 1, np.nan]},
        {"spacings": [2, 2, 2], "units": ["px"] * 3},
        {"spacings": [0.1, 0.1, 0]},
    ],
)
def test_nrrd_without_a_size_has_none(tmp_path, header):
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, header)
    assert read_voxels(tmp_path / "v.nrrd").voxel_size is None


def test_oblique_directions_give_the_length_of_the_edges(tmp_path):
    header = {
        "space dimension": 3,
        "space directions": [[0, 3, 4], [0, 4, -3], [2, 0, 0]],
        "space units": ["um"] * 3,
    }
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, header, index_order="C")
    assert read_voxels(tmp_path / "v.nrrd").voxel_size == (2e-6, 5e-6, 5e-6)


# ---- MetaImage ---------------------------------------------------------------------------------------------

HEADER = {
    "ObjectType": "Image",
    "NDims": "3",
    "DimSize": "5 4 3",
    "ElementType": "MET_UCHAR",
    "ElementDataFile": "v.bin",
}


def write_header(folder, **changes):
    header = {key: value for key, value in (HEADER | changes).items() if value is not None}
    order = sorted(header, key=lambda key: key == "ElementDataFile")
    (folder / "v.mhd").write_text("".join(f"{key} = {header[key]}\n" for key in order))
    (folder / "v.bin").write_bytes(LABELS.tobytes())
    return folder / "v.mhd"


def test_byte_order_and_offset_of_metaimage_are_heeded(tmp_path):
    path = write_header(tmp_path, ElementType="MET_USHORT", ElementByteOrderMSB="True", HeaderSize=7)
    (tmp_path / "v.bin").write_bytes(b"1234567" + LABELS.astype(">u2").tobytes())
    np.testing.assert_array_equal(read_voxels(path).values, LABELS)
    path = write_header(tmp_path, HeaderSize=-1, ElementSize="0.0005 0.0005 0.001")
    (tmp_path / "v.bin").write_bytes(b"any header" + LABELS.tobytes())
    volume = read_voxels(path)
    np.testing.assert_array_equal(volume.values, LABELS)
    assert volume.voxel_size == (1e-6, 5e-7, 5e-7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DimSize": None}, "expected DimSize in the header"),
        ({"ElementDataFile": None}, "expected ElementDataFile in the header"),
        ({"ElementType": "MET_STRING"}, "got MET_STRING"),
        ({"ElementNumberOfChannels": "3"}, "got 3 channels"),
        ({"ElementDataFile": "gone.raw"}, "gone.raw, got no such file"),
        ({"DimSize": "5 4 4"}, "expected 80 bytes of voxels (4 x 4 x 5 uint8)"),
        ({"DimSize": "5 4 2"}, "expected 40 bytes of voxels (2 x 4 x 5 uint8)"),
        ({"DimSize": "15 4"}, "got 2-D (4 x 15)"),
        ({"DimSize": "99999 99999 99999"}, "got 60"),
        ({"DimSize": "five"}, "readable .mhd volume"),
        ({"CompressedData": "True"}, "readable .mhd volume"),
    ],
)
def test_wrong_headers_are_refused(tmp_path, changes, words):
    assert words in sentence(write_header(tmp_path, **changes))


# ---- raw ---------------------------------------------------------------------------------------------------


def write_raw(folder, values=LABELS, name="v.json", text=None, **said):
    (folder / "v.raw").write_bytes(values.tobytes())
    said = {"shape": list(values.shape), "dtype": values.dtype.name} | said
    (folder / name).write_text(text or json.dumps({key: said[key] for key in said if said[key] is not None}))
    return folder / "v.raw"


@pytest.mark.parametrize(
    ("unit", "factor"), [("voxel_size_nm", 1e9), ("voxel_size_um", 1e6), ("voxel_size_m", 1)]
)
@pytest.mark.parametrize("name", ["v.json", "v.yaml", "v.yml", "v.raw.json"])
def test_the_sidecar_says_all(tmp_path, unit, factor, name):
    sizes = {unit: [1e-6 * factor, 2e-6 * factor, 3e-6 * factor]}
    path = write_raw(tmp_path, LABELS.astype(">u2"), name, byte_order="big", axes="zyx", **sizes)
    volume = read_voxels(path)
    np.testing.assert_array_equal(volume.values, LABELS.T)
    assert volume.voxel_size == pytest.approx((3e-6, 2e-6, 1e-6)) and volume.file_axes == "zyx"


def test_a_sidecar_may_be_yaml_with_one_size(tmp_path):
    text = "shape: [3, 4, 5]\ndtype: uint8  # slices, rows, columns\nvoxel_size_nm: 398\n"
    volume = read_voxels(write_raw(tmp_path, name="v.yaml", text=text))
    np.testing.assert_array_equal(volume.values, LABELS)
    assert volume.voxel_size == pytest.approx((398e-9,) * 3)


def test_axes_that_contradict_the_sidecar_are_refused(tmp_path):
    path = write_raw(tmp_path, axes="zyx")
    assert read_voxels(path, file_axes="zyx").file_axes == "zyx"
    assert "the axes zyx that" in sentence(path, file_axes="yxz")
    np.testing.assert_array_equal(read_voxels(write_raw(tmp_path), file_axes="zyx").values, LABELS.T)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"shape": None}, "shape"),
        ({"shape": 60}, "a list of sizes"),
        ({"shape": [3, 4, 0]}, "whole number"),
        ({"shape": [3, 4, 6]}, "expected 72 bytes of voxels (3 x 4 x 6 uint8)"),
        ({"shape": [3, 4, 4]}, "got 60"),
        ({"shape": [12, 5]}, "got 2-D (12 x 5)"),
        ({"dtype": "uint7"}, "uint8"),
        ({"byte_order": "middle"}, "little"),
        ({"axes": "abc"}, "like zyx"),
        ({"voxel_size_nm": [1, 2]}, "one number or three"),
        ({"voxel_size_nm": -1}, "voxel_size_nm"),
        ({"voxel_size": 398}, "voxel_size_nm"),
        ({"voxel_size_nm": 398e9}, "between 1 nm and 10 mm"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_sidecars_are_refused(tmp_path, said, words):
    assert words in sentence(write_raw(tmp_path, **said))


def test_a_raw_file_needs_a_sidecar_that_can_be_read(tmp_path):
    path = write_raw(tmp_path, text="{not json")
    assert "v.json" in sentence(path)
    (tmp_path / "v.json").unlink()
    assert "expected v.raw.json or v.json beside" in sentence(path)


def test_the_voxels_of_one_volume_do_not_replace_those_of_another(tmp_path):
    raw = write_volume(tmp_path / "v.raw", LABELS)
    write_volume(tmp_path / "v.mhd", LABELS[::-1])
    np.testing.assert_array_equal(read_voxels(raw).values, LABELS)


# ---- axes and units ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["nrrd", "mhd"])
@pytest.mark.parametrize(("spacing", "words"), [
    ((0.04, 0.04, 0.04), "got 0.04 x 0.04 x 0.04 in"), ((0.002, 0.001, 0.001), "mm as ITK has it or um"),
])  # fmt: skip
def test_spacings_that_may_be_mm_or_um_are_asked_about(tmp_path, suffix, spacing, words):
    sitk, image = itk_image(LABELS, spacing)
    sitk.WriteImage(image, str(tmp_path / f"v.{suffix}"))
    assert words in sentence(tmp_path / f"v.{suffix}") and "--voxel-size-nm" in sentence(
        tmp_path / f"v.{suffix}"
    )
    assert read_voxels(tmp_path / f"v.{suffix}", voxel_size=40e-9).voxel_size == (40e-9,) * 3


@pytest.mark.parametrize("size", [5e-9, 40e-9, 2e-6, 50e-6])
def test_what_we_write_is_never_in_doubt(tmp_path, size):
    for suffix in ("mhd", "mha", "nrrd"):
        path = write_volume(tmp_path / f"v.{suffix}", LABELS, voxel_size=size)
        assert read_voxels(path).voxel_size == pytest.approx((size,) * 3)


@pytest.mark.parametrize(("unit", "factor"), [("um", 1e-6), ("mm", 1e-3), ("cm", 1e-2)])
def test_the_unit_of_metaimage_is_heeded(tmp_path, unit, factor):
    spacing = f"{1e-6 / factor:.9g} {2e-6 / factor:.9g} {4e-6 / factor:.9g}"
    path = write_header(tmp_path, ElementSpacing=spacing, DistanceUnits=unit)
    assert read_voxels(path).voxel_size == pytest.approx((4e-6, 2e-6, 1e-6))
    assert read_voxels(write_header(tmp_path, ElementSpacing=spacing, DistanceUnits="px")).voxel_size is None


def test_a_fourth_axis_of_metaimage_goes_with_its_size(tmp_path):
    path = write_header(tmp_path, NDims=4, DimSize="5 4 3 1", ElementSpacing="0.5e-3 0.25e-3 0.1e-3 7")
    assert read_voxels(path).voxel_size == pytest.approx((0.1e-6, 0.25e-6, 0.5e-6))


@pytest.mark.parametrize(("header", "size"), [
    ({"spacings": [500, 0.25, 1], "units": ["nm", "um", "um"]}, (1e-6, 0.25e-6, 0.5e-6)),
    ({"spacings": [0.5, 0.25, 1], "units": ["um", "um", "px"]}, None),
    ({"space directions": np.diag([500, 0.25, 1.0]), "space units": ["nm", "um", "um"], "space dimension": 3},
     (1e-6, 0.25e-6, 0.5e-6)),
    ({"space directions": np.diag([5, 2, 1.0]), "space units": ["um", "um", "px"], "space dimension": 3},
     None),
])  # fmt: skip
def test_each_axis_of_nrrd_has_its_unit(tmp_path, header, size):
    nrrd.write(str(tmp_path / "v.nrrd"), LABELS, header, index_order="C")
    found = read_voxels(tmp_path / "v.nrrd").voxel_size
    assert found == (None if size is None else pytest.approx(size))


def test_axes_of_nrrd_that_are_no_lengths(tmp_path):
    path = str(tmp_path / "v.nrrd")
    nrrd.write(path, LABELS, {"kinds": ["domain", "domain", "time"]}, index_order="C")
    assert "time (3), unnamed (4)" in sentence(path)
    nrrd.write(path, LABELS, {"kinds": ["vector", "domain", "domain"]}, index_order="C")
    assert "channel (5)" in sentence(path)
    nrrd.write(path, LABELS, {"labels": ["x", "y", "z"]}, index_order="C")
    assert "z (3), y (4), x (5)" in sentence(path) and "--file-axes zyx" in sentence(path)
    header = {"kinds": ["list", "space", "space", "space"], "spacings": [np.nan, 0.1, 0.2, 0.4]}
    nrrd.write(path, LABELS[..., None], header | {"units": ["", "um", "um", "um"]}, index_order="C")
    assert read_voxels(path).voxel_size == pytest.approx((0.4e-6, 0.2e-6, 0.1e-6))


def test_a_header_of_its_own_is_read_with_its_voxels(tmp_path):
    nrrd.write(str(tmp_path / "v.nhdr"), LABELS, {"encoding": "raw"}, index_order="C")
    volume = read_voxels(tmp_path / "v.nhdr")
    np.testing.assert_array_equal(volume.values, LABELS)
    (tmp_path / "v.raw").write_bytes(LABELS[::-1].tobytes())
    assert read_voxels(tmp_path / "v.nhdr").sha256 != volume.sha256


# ---- voxels in several files -------------------------------------------------------------------------------


def parts(folder, dtype="<i2", each=1, skip=b"", pack=bytes):
    names = []
    for k in range(0, len(LABELS), each):
        names.append(f"s{k // each + 1:02d}.raw")
        (folder / names[-1]).write_bytes(skip + pack(LABELS[k : k + each].astype(dtype).tobytes()))
    return names


NRRD = (
    "NRRD0005\ntype: short\ndimension: 3\nsizes: 5 4 3\nendian: little\nencoding: {}\nspacings: 1 0.25 0.5\n"
)
META = (
    "ObjectType = Image\nNDims = 3\nDimSize = 5 4 3\nElementType = MET_SHORT\n"
    "ElementSpacing = 1e-3 25e-5 5e-4\n"
)


@pytest.mark.parametrize(
    "listed", ["LIST\ns01.raw\ns02.raw\ns03.raw", "s%02d.raw 1 3 1", "s%02d.raw 1 3 1 2"]
)
@pytest.mark.parametrize(("encoding", "pack"), [("raw", bytes), ("gzip", gzip.compress)])
def test_slices_of_an_nrrd_in_files_of_their_own(tmp_path, listed, encoding, pack):
    parts(tmp_path, pack=pack)
    head = NRRD.format(encoding) + f'units: "um" "um" "um"\ndata file: {listed}\n'
    (tmp_path / "v.nhdr").write_text(head)
    found = read_voxels(tmp_path / "v.nhdr")
    np.testing.assert_array_equal(found.values, LABELS)
    assert found.voxel_size == pytest.approx((0.5e-6, 0.25e-6, 1e-6))
    assert [file.name for file in files_of(tmp_path / "v.nhdr")] == [
        "v.nhdr",
        "s01.raw",
        "s02.raw",
        "s03.raw",
    ]
    if encoding == "raw" and "1 3 1 2" not in listed:  # ITK knows no packed ones, nor a fifth word
        sitk, _ = itk_image(LABELS)
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "v.nhdr"))), LABELS
        )
    (tmp_path / "s02.raw").unlink()
    assert "s02.raw, got no such file (of 3 files 1 are missing)" in sentence(tmp_path / "v.nhdr")


@pytest.mark.parametrize("listed", ["LIST\ns01.raw\ns02.raw\ns03.raw\n", "s%02d.raw 1 3 1\n"])
def test_slices_of_a_metaimage_in_files_of_their_own(tmp_path, listed):
    parts(tmp_path)
    (tmp_path / "v.mhd").write_text(f"{META}ElementDataFile = {listed}")
    found = read_voxels(tmp_path / "v.mhd", voxel_size=1e-6)
    np.testing.assert_array_equal(found.values, LABELS)
    assert len(files_of(tmp_path / "v.mhd")) == 4
    sitk, _ = itk_image(LABELS)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "v.mhd"))), LABELS)


def test_slabs_and_headers_of_their_own(tmp_path):
    parts(tmp_path, each=3, skip=b"12345678")
    (tmp_path / "v.mhd").write_text(f"{META}HeaderSize = 8\nElementDataFile = s%02d.raw 1 1 1\n")
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.mhd", voxel_size=1e-6).values, LABELS)
    (tmp_path / "v.nhdr").write_text(NRRD.format("raw") + "byte skip: 8\ndata file: s%02d.raw 1 1 1 3\n")
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.nhdr", voxel_size=1e-6).values, LABELS)


def test_wrong_lists_are_refused(tmp_path):
    parts(tmp_path)
    for listed, words in (
        ("LIST\ns01.raw\ns02.raw", "expected 3 slices in files of equally many, got 2 files"),
        ("s%02d.raw 3 1 1", "expected a pattern with its first, last and step"),
        ("s%02s%d.raw 1 3 1", "expected a pattern with its first, last and step"),
        ("LIST\n", "expected the names of files behind LIST"),
    ):
        (tmp_path / "v.nhdr").write_text(NRRD.format("raw") + f"data file: {listed}\n")
        assert words in sentence(tmp_path / "v.nhdr")
        (tmp_path / "v.mhd").write_text(f"{META}ElementDataFile = {listed}\n")
        assert words in sentence(tmp_path / "v.mhd")


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_voxels_that_are_no_boxes_are_refused(tmp_path, suffix):
    """As of a stack that was sheared back by its header alone; turned ones keep their edges."""
    path, turn = tmp_path / f"v{suffix}", np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    for matrix in (turn, [[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]):
        if suffix == ".nrrd":
            directions = np.array(matrix) * [[0.1], [0.2], [0.3]]
            header = {"space dimension": 3, "space directions": directions, "space units": ["um"] * 3}
            nrrd.write(str(path), LABELS, header)
        else:
            words = " ".join(str(part) for part in np.ravel(matrix))
            write_header(tmp_path, TransformMatrix=words, ElementSpacing="0.0001 0.0002 0.0003")
            path = tmp_path / "v.mhd"
        if matrix is turn:
            assert sorted(read_voxels(path).voxel_size) == pytest.approx([1e-7, 2e-7, 3e-7])
    assert "expected voxels with three right angles" in sentence(path) and "63.4 degrees" in sentence(path)
