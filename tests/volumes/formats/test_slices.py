"""A folder of slices: its order, its gaps, its formats; colours and JPEG are refused."""

import hashlib
import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image

from microsim.base.errors import InputError
from microsim.volumes.formats.slices import check_numbers, natural
from microsim.volumes.volume import read_voxels

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)


def sentence(path):
    with pytest.raises(InputError) as caught:
        read_voxels(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


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
    assert "readable slice" in sentence(tmp_path) and "2.tif" in sentence(tmp_path)


# ---- pictures ----------------------------------------------------------------------------------------------


def save(folder, planes, suffix="png", **options):
    for i, plane in enumerate(planes):
        image = plane if isinstance(plane, Image.Image) else Image.fromarray(plane)
        image.save(folder / f"s_{i:03d}.{suffix}", **options)


@pytest.mark.parametrize("suffix", ["png", "bmp", "PNG"])
def test_pictures_are_slices(tmp_path, suffix):
    save(tmp_path, LABELS, suffix)
    np.testing.assert_array_equal(read_voxels(tmp_path).values, LABELS)


def test_pictures_of_16_bits_keep_them(tmp_path):
    values = LABELS.astype("u2") * 700
    save(tmp_path, values)
    np.testing.assert_array_equal(read_voxels(tmp_path, kind="grey").values, values)
    assert read_voxels(tmp_path, kind="grey").values.dtype == np.uint16


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_black_and_white_are_0_and_255(tmp_path, suffix):
    mask = LABELS > 20
    save(tmp_path, [Image.fromarray(plane) for plane in mask], suffix)
    np.testing.assert_array_equal(read_voxels(tmp_path).values, 255 * mask)
    Image.fromarray(np.uint8(255) * mask[1]).save(tmp_path / f"s_001.{suffix}")  # packed in another way
    np.testing.assert_array_equal(read_voxels(tmp_path).values, 255 * mask)


def palette(plane, colours):
    image = Image.fromarray(plane.astype("u1"), mode="L").convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([value for colour in colours for value in colour])
    return image


def test_grey_palettes_are_grey_values_whatever_their_order(tmp_path):
    classes = np.array([[[0, 1], [2, 1]], [[1, 1], [0, 0]]], "u1")
    greys = [(0, 0, 0), (127, 127, 127), (255, 255, 255)]
    turned = [(127, 127, 127), (0, 0, 0)]
    save(tmp_path, [palette(classes[0], greys), palette(classes[1], turned)])
    np.testing.assert_array_equal(
        read_voxels(tmp_path).values, [[[0, 127], [255, 127]], [[0, 0], [127, 127]]]
    )


def test_coloured_palettes_are_numbers_of_labels_if_all_slices_have_one(tmp_path):
    classes, colours = LABELS % 3, [(9, 0, 0), (0, 200, 0), (0, 0, 255)]
    save(tmp_path, [palette(plane, colours) for plane in classes])
    np.testing.assert_array_equal(read_voxels(tmp_path).values, classes)
    palette(classes[2], colours[::-1]).save(tmp_path / "s_002.png")
    assert "the same colours as s_000.png" in sentence(tmp_path)


def test_grey_values_stored_as_colours_are_read_and_colours_refused(tmp_path):
    save(tmp_path, np.repeat(LABELS[..., None], 3, -1))
    np.testing.assert_array_equal(read_voxels(tmp_path).values, LABELS)
    opaque = np.concatenate([np.repeat(LABELS[..., None], 3, -1), np.full((*LABELS.shape, 1), 255, "u1")], -1)
    save(tmp_path, opaque)
    np.testing.assert_array_equal(read_voxels(tmp_path).values, LABELS)
    opaque[1, 2, 3, 3] = 0
    save(tmp_path, opaque)
    assert "got colours in" in sentence(tmp_path) and "s_001.png" in sentence(tmp_path)
    opaque[1, 2, 3] = 1, 2, 3, 255
    save(tmp_path, opaque[..., :3])
    assert "got colours in" in sentence(tmp_path)


def test_colours_of_16_bits_are_refused_for_pillow_halves_them(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    for i, plane in enumerate(LABELS.astype("u2") * 700):
        content = imagecodecs.png_encode(np.repeat(plane[..., None], 3, -1))
        (tmp_path / f"s_{i}.png").write_bytes(content)
    assert "16 bits a colour" in sentence(tmp_path)


def test_jpeg_is_refused_with_its_reason(tmp_path):
    save(tmp_path, LABELS, "jpg")
    assert "got JPEG, which changes the values of voxels" in sentence(tmp_path)


def test_slices_of_two_formats_are_refused_and_a_preview_is_not_one(tmp_path):
    save(tmp_path, LABELS[:2])
    for i, plane in enumerate(LABELS):
        tifffile.imwrite(tmp_path / f"t_{i}.tif", plane)
    assert "got 3 .tif, 2 .png" in sentence(tmp_path)
    (tmp_path / "s_000.png").unlink()
    np.testing.assert_array_equal(read_voxels(tmp_path).values, LABELS)


def test_large_slices_and_damaged_ones(tmp_path, monkeypatch):
    save(tmp_path, LABELS)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_voxels(tmp_path).values, LABELS)
    assert Image.MAX_IMAGE_PIXELS == 5
    (tmp_path / "s_001.png").write_bytes((tmp_path / "s_001.png").read_bytes()[:50])
    assert "readable slice, got" in sentence(tmp_path) and "s_001.png" in sentence(tmp_path)


# ---- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [
    ["s_001.tif", "s_002.tif", "s_003.tif"], ["s7.png", "s8.png"], ["one.tif"], ["front.tif", "back.tif"],
    ["z_0.00.tif", "z_0.40.tif", "z_0.80.tif"], ["a.001.tif", "a.002.tif"],
    ["scan2_009.tif", "scan2_010.tif"], ["s_0001_z0.00.tif", "s_0002_z0.40.tif"], ["S_1.tif", "s_2.TIF"],
])  # fmt: skip
def test_slices_that_count_on_are_one_volume(names):
    check_numbers(names, "folder")


@pytest.mark.parametrize(("names", "words"), [
    (["s_001.tif", "s_003.tif"], "got s_001.tif and then s_003.tif"),
    (["s_8.png", "s_9.png", "s_11.png"], "got s_9.png and then s_11.png"),
    (["s_000.tif", "s_010.tif", "s_020.tif"], "without a gap"),
    (["z_0.00.tif", "z_0.40.tif", "z_1.20.tif"], "got z_0.40.tif and then z_1.20.tif"),
    (["s_1.tif", "s_01.tif"], "each has its own number"),
    (["s_001.tif", "s_001.tiff"], "each has its own number"),
    (["t0_z0.tif", "t0_z1.tif", "t1_z0.tif", "t1_z1.tif"], "each has its own number"),
    (["mask_1.tif", "mask_2.tif", "s_1.tif", "s_2.tif"], "got mask_1.tif beside s_1.tif"),
    (["overview.tif", "s_1.tif", "s_2.tif"], "got overview.tif beside s_1.tif"),
])  # fmt: skip
def test_slices_that_do_not_are_named(names, words):
    with pytest.raises(InputError) as caught:
        check_numbers(names, "folder")
    assert words in str(caught.value) and "folder" in str(caught.value)


def test_a_missing_slice_is_noticed_in_a_folder(tmp_path):
    save(tmp_path, LABELS)
    (tmp_path / "s_001.png").unlink()
    assert f"without a gap in {tmp_path}, got s_000.png and then s_002.png" in sentence(tmp_path)


# ---- one image, and names by pattern -----------------------------------------------------------------------


def test_one_picture_is_a_section(tmp_path):
    save(tmp_path, LABELS)
    one = read_voxels(tmp_path / "s_001.png")
    np.testing.assert_array_equal(one.values, LABELS[1][:, :, None])
    assert "2 more like it lie beside it" in one.said[0] and "--file-axes zyx" in one.said[1]
    other = read_voxels(tmp_path / "s_001.png", file_axes="zyx")
    np.testing.assert_array_equal(other.values, LABELS[1].T[:, :, None])


@pytest.mark.parametrize("pattern", ["s_*.png", "s_%03d.png", "s_%d.png", "?_???.png"])
def test_slices_by_pattern(tmp_path, pattern):
    save(tmp_path, LABELS)
    Image.fromarray(LABELS[0][:2]).save(tmp_path / "preview_of_all.png")
    found = read_voxels(tmp_path / pattern)
    np.testing.assert_array_equal(found.values, LABELS)
    (tmp_path / "s_001.png").unlink()
    assert "got s_000.png and then s_002.png" in sentence(tmp_path / pattern)


def test_a_pattern_that_fits_nothing_is_named(tmp_path):
    save(tmp_path, LABELS)
    assert "expected slices (TIFF, PNG or BMP) like" in sentence(tmp_path / "t_*.png")
    assert "expected slices (TIFF, PNG or BMP) like" in sentence(tmp_path / "s_%03d.png.bak")


def test_a_jpeg_alone_is_refused(tmp_path):
    Image.fromarray(LABELS[0]).save(tmp_path / "s.jpg")
    assert "got JPEG, which changes the values of voxels" in sentence(tmp_path / "s.jpg")
    assert "got JPEG, which changes the values of voxels" in sentence(tmp_path / "*.jpg")


def test_stacks_of_one_page_are_slices(tmp_path):
    for number in range(3):
        tifffile.imwrite(tmp_path / f"s_{number}.tif", np.full((1, 6, 7), number, "u1"))
    assert read_voxels(tmp_path).values.shape == (3, 6, 7)
