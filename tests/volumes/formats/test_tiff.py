"""TIFF as other programs write it: page by page, zipped, in slices, with and without a scale."""

import hashlib
import importlib.util
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from microsim.base.errors import InputError
from microsim.volumes.formats.tiff import natural
from microsim.volumes.volume import read_voxels

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)


def sentence(path):
    with pytest.raises(InputError) as caught:
        read_voxels(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("options", [{}, {"contiguous": True}, {"metadata": None}, {"compression": "zlib"}])
def test_pages_written_one_by_one_are_one_volume(tmp_path, options):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        for page in LABELS:
            tif.write(page, **options)
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.tif").values, LABELS)


@pytest.mark.parametrize("shape", [(3, 4, 1), (3, 1, 5), (3, 1, 1), (1, 4, 5)])
def test_axes_of_length_one_stay(tmp_path, shape):
    labels = np.arange(np.prod(shape), dtype="u1").reshape(shape)
    tifffile.imwrite(tmp_path / "v.tif", labels, photometric="minisblack")
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.tif").values, labels)
    with tifffile.TiffWriter(tmp_path / "w.tif") as tif:
        for page in labels:
            tif.write(page, metadata=None)
    if len(labels) > 1:  # a single page without a word about its volume is an image
        np.testing.assert_array_equal(read_voxels(tmp_path / "w.tif").values, labels)


def test_big_endian_and_big_tiff_are_read(tmp_path):
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS.astype("u2") * 300, byteorder=">", bigtiff=True, photometric="minisblack"
    )
    volume = read_voxels(tmp_path / "v.tif")
    np.testing.assert_array_equal(volume.values, LABELS.astype("u2") * 300)
    assert volume.values.dtype.isnative


def test_pages_of_several_sizes_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        tif.write(LABELS[0])
        tif.write(LABELS[0, :2])
    assert "pages of one size" in sentence(tmp_path / "v.tif") and "2 x 5" in sentence(tmp_path / "v.tif")


def test_two_volumes_in_one_file_are_not_stacked(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        tif.write(LABELS, photometric="minisblack")
        tif.write(LABELS, photometric="minisblack")
    assert "got 3 x 4 x 5 uint8, 3 x 4 x 5 uint8" in sentence(tmp_path / "v.tif")


def test_a_single_page_and_a_colour_image_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "flat.tif", LABELS[0])
    assert "got 2-D (4 x 5)" in sentence(tmp_path / "flat.tif")
    tifffile.imwrite(tmp_path / "colour.tif", np.zeros((6, 4, 5, 3), "u1"), photometric="rgb")
    assert "got 4-D (6 x 4 x 5 x 3)" in sentence(tmp_path / "colour.tif")


def test_a_stack_cut_between_its_pages_is_not_a_thinner_volume(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        for page in LABELS:
            tif.write(page, metadata=None)
    whole = (tmp_path / "v.tif").read_bytes()
    with tifffile.TiffFile(tmp_path / "v.tif") as tif:
        last = tif.pages[2].offset
    (tmp_path / "v.tif").write_bytes(whole[:last])
    assert "page offset" in sentence(tmp_path / "v.tif")


def test_a_packing_that_cannot_be_undone_is_named(tmp_path):
    if importlib.util.find_spec("imagecodecs"):
        pytest.skip("imagecodecs is installed, so every packing can be undone")
    image = Image.fromarray(LABELS[0])
    pages = [Image.fromarray(page) for page in LABELS[1:]]
    image.save(tmp_path / "v.tif", save_all=True, append_images=pages, compression="tiff_lzw")
    assert "packed by LZW; install imagecodecs" in sentence(tmp_path / "v.tif")


# ---- zip ---------------------------------------------------------------------------------------------------


def test_a_zip_may_hold_what_a_mac_adds(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="minisblack")
    with zipfile.ZipFile(tmp_path / "v.tif.zip", "w") as archive:
        archive.write(tmp_path / "v.tif", "folder/v.tif")
        archive.writestr("__MACOSX/._v.tif", b"junk")
        archive.writestr("readme.txt", b"text")
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.tif.zip").values, LABELS)


@pytest.mark.parametrize(("names", "words"), [([], "got 0"), (["a.tif", "b.TIF"], "got 2 (a.tif, b.TIF)")])
def test_a_zip_without_one_tiff_is_refused(tmp_path, names, words):
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    assert words in sentence(tmp_path / "v.zip")


def test_a_zipped_image_is_named_in_its_error(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", LABELS[0])
    with tifffile.TiffWriter(tmp_path / "b.tif") as tif:
        tif.write(LABELS[0])
        tif.write(LABELS[0, :2])
    for name, words in (("a", "got 2-D"), ("b", "v.zip (b.tif), got 4 x 5 uint8, 2 x 5 uint8")):
        with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
            archive.write(tmp_path / f"{name}.tif", f"{name}.tif")
        assert words in sentence(tmp_path / "v.zip")


# ---- slices ------------------------------------------------------------------------------------------------


def test_slices_are_stacked_in_natural_order(tmp_path):
    labels = np.arange(12 * 2 * 3, dtype="u1").reshape(12, 2, 3)
    for i, plane in enumerate(labels):
        tifffile.imwrite(tmp_path / f"slice{i}.TIF", plane)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "._slice3.TIF").write_text("")
    volume = read_voxels(tmp_path)
    np.testing.assert_array_equal(volume.values, labels)
    other = read_voxels(tmp_path, file_axes="zyx")
    np.testing.assert_array_equal(other.values, labels.T)
    assert other.sha256 == volume.sha256


def test_the_hash_of_slices_follows_their_order(tmp_path):
    for i in (10, 9):
        tifffile.imwrite(tmp_path / f"{i}.tif", LABELS[0] + i)
    content = (tmp_path / "9.tif").read_bytes() + (tmp_path / "10.tif").read_bytes()
    assert read_voxels(tmp_path).sha256 == hashlib.sha256(content).hexdigest()


def test_natural_order_counts_numbers():
    names = ["B1", "a10x2", "a2x10", "a2x9", "c"]
    assert sorted(names, key=natural) == ["a2x9", "a2x10", "a10x2", "B1", "c"]


def test_slices_that_do_not_belong_together_are_refused(tmp_path):
    assert "got none" in sentence(tmp_path)
    tifffile.imwrite(tmp_path / "1.tif", LABELS[0])
    tifffile.imwrite(tmp_path / "2.tif", LABELS[0, :2])
    assert "like 1.tif (4 x 5 uint8), got 2.tif (2 x 5 uint8)" in sentence(tmp_path)
    tifffile.imwrite(tmp_path / "2.tif", LABELS[0].astype("u2"))
    assert "2.tif (4 x 5 uint16)" in sentence(tmp_path)
    tifffile.imwrite(tmp_path / "2.tif", LABELS, photometric="minisblack")
    assert "got 3-D" in sentence(tmp_path)
    (tmp_path / "2.tif").write_bytes(b"II*\0junk")
    assert "readable TIFF slice" in sentence(tmp_path) and "2.tif" in sentence(tmp_path)


# ---- scale -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "factor"), [("um", 1), ("micron", 1), ("\\u00B5m", 1), ("nm", 1e-3), ("mm", 1e3), ("cm", 1e4)]
)
def test_the_scale_of_imagej_is_read(tmp_path, unit, factor):
    metadata = {"unit": unit, "spacing": 0.5 / factor, "axes": "ZYX"}
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, imagej=True, resolution=(factor / 0.25, factor), metadata=metadata
    )
    assert read_voxels(tmp_path / "v.tif").voxel_size == pytest.approx((0.5e-6, 1e-6, 0.25e-6))


@pytest.mark.parametrize(
    "metadata",
    [{"spacing": 0.5}, {"unit": "um"}, {"unit": "inch", "spacing": 0.5}, {"unit": "pixel", "spacing": 1}, {}],
)
def test_a_scale_without_unit_or_distance_of_pages_is_none(tmp_path, metadata):
    tifffile.imwrite(tmp_path / "v.tif", LABELS, imagej=True, resolution=(2, 2), metadata=metadata)
    assert read_voxels(tmp_path / "v.tif").voxel_size is None


def test_the_resolution_of_a_printer_is_none(tmp_path):
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, resolution=(72, 72), resolutionunit="INCH", photometric="minisblack"
    )
    assert read_voxels(tmp_path / "v.tif").voxel_size is None
