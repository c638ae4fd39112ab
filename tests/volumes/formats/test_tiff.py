"""TIFF as other programs write it: page by page, zipped, with and without a scale."""

import importlib.util
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from microsim.base.errors import InputError
from microsim.volumes.formats import files_of
from microsim.volumes.formats.tiff import _pages, _voxel_size
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


def coloured(*shape):
    return np.arange(np.prod(shape), dtype="u1").reshape(shape)


@pytest.mark.parametrize("kind", ["stack", "opacity", "imagej", "pages", "planes", "ome"])
def test_grey_values_stored_as_colours_are_grey_values_and_it_is_said(kind, tmp_path):
    rgb, path = np.stack([LABELS] * 3, -1), tmp_path / ("v.ome.tif" if kind == "ome" else "v.tif")
    if kind == "pages":
        with tifffile.TiffWriter(path) as tif:
            for page in rgb:
                tif.write(page, photometric="rgb", contiguous=False)
    elif kind == "planes":
        tifffile.imwrite(path, np.moveaxis(rgb, -1, 1), photometric="rgb", planarconfig="separate")
    elif kind == "opacity":
        opaque = np.concatenate([rgb, np.full_like(rgb[..., :1], 255)], -1)
        tifffile.imwrite(path, opaque, photometric="rgb", extrasamples=["unassalpha"])
    else:
        about = {"axes": "ZYXS"} if kind in ("imagej", "ome") else None
        tifffile.imwrite(path, rgb, photometric="rgb", imagej=kind == "imagej", metadata=about)
    found = read_voxels(path, kind="grey")
    np.testing.assert_array_equal(found.values, LABELS)
    assert "colours that are all grey" in found.said[0]


def test_a_picture_that_is_clear_in_places_is_no_volume(tmp_path):
    picture = np.stack([LABELS] * 4, -1)  # opacity as the values
    tifffile.imwrite(tmp_path / "v.tif", picture, photometric="rgb", extrasamples=["unassalpha"])
    assert "colour (4)" in sentence(tmp_path / "v.tif")


def test_what_a_viewer_shows_otherwise_is_said(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="miniswhite")
    assert "dark and bright change places" in read_voxels(tmp_path / "v.tif").said[0]
    colours = np.arange(768, dtype="u2").reshape(3, 256)
    tifffile.imwrite(tmp_path / "p.tif", LABELS, photometric="palette", colormap=colours)
    assert "numbers of a palette's colours" in read_voxels(tmp_path / "p.tif").said[0]
    turned = [(274, "H", 1, 6, True)]  # rows are columns: a viewer would show y as x
    tifffile.imwrite(tmp_path / "o.tif", LABELS, photometric="minisblack", extratags=turned)
    found = read_voxels(tmp_path / "o.tif")
    assert "its tag Orientation" in found.said[0] and np.array_equal(found.values, LABELS)


def test_a_single_page_is_a_section_and_a_colour_image_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "flat.tif", LABELS[0])
    flat = read_voxels(tmp_path / "flat.tif")
    np.testing.assert_array_equal(flat.values, LABELS[0][:, :, None])
    assert "one image, taken as a section one voxel thick along z" in flat.said[0]
    tifffile.imwrite(tmp_path / "colour.tif", coloured(6, 4, 5, 3), photometric="rgb")
    assert "got colours, page (6), row (4), column (5), colour (3)" in sentence(tmp_path / "colour.tif")


def test_a_stack_cut_between_its_pages_is_not_a_thinner_volume(tmp_path):
    with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
        for page in LABELS:
            tif.write(page, metadata=None)
    whole = (tmp_path / "v.tif").read_bytes()
    with tifffile.TiffFile(tmp_path / "v.tif") as tif:
        last = tif.pages[2].offset
    (tmp_path / "v.tif").write_bytes(whole[:last])
    assert "page offset" in sentence(tmp_path / "v.tif")


def test_what_tifffile_says_of_a_damaged_file_is_in_the_sentence_alone(tmp_path, caplog):
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="minisblack")
    damaged = bytearray((tmp_path / "v.tif").read_bytes())
    damaged[12:14] = b"\xff\xff"  # kind of value of the first tag
    (tmp_path / "v.tif").write_bytes(damaged)
    assert files_of(tmp_path / "v.tif") == (tmp_path / "v.tif",)
    assert "the file may be damaged" in sentence(tmp_path / "v.tif")
    assert not caplog.records


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
    tifffile.imwrite(tmp_path / "a.tif", coloured(4, 5, 3), photometric="rgb")
    with tifffile.TiffWriter(tmp_path / "b.tif") as tif:
        tif.write(LABELS[0])
        tif.write(LABELS[0, :2])
    for name, words in (("a", "colour (3)"), ("b", "v.zip (b.tif), got 4 x 5 uint8, 2 x 5 uint8")):
        with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
            archive.write(tmp_path / f"{name}.tif", f"{name}.tif")
        assert words in sentence(tmp_path / "v.zip")


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
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, imagej=True, resolution=(2, 2), metadata=metadata | {"axes": "ZYX"}
    )
    assert read_voxels(tmp_path / "v.tif").voxel_size is None


def test_the_resolution_of_a_printer_is_none(tmp_path):
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, resolution=(72, 72), resolutionunit="INCH", photometric="minisblack"
    )
    assert read_voxels(tmp_path / "v.tif").voxel_size is None


PAGES_UNSAID = "nm apart, and not how far its pages do: nothing is assumed; state --voxel-size-nm"


@pytest.mark.parametrize(("imagej", "ratios", "apart", "remedy"), [
    (False, (4e4, 4e4), "250 x 250", "250, where they lie as far, or x,y,z"),
    (False, (4e4, 1e4), "1000 x 250", "x,y,z"),
    (True, (2, 2), "500 x 500", "500, where they lie as far, or x,y,z"),
])  # fmt: skip
def test_a_stack_that_states_its_rows_and_columns_alone_says_what_is_known(
    tmp_path, imagej, ratios, apart, remedy
):
    how = {"imagej": True, "metadata": {"unit": "um", "axes": "ZYX"}} if imagej else {}
    unit = {} if imagej else {"resolutionunit": "CENTIMETER"}
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, LABELS, resolution=ratios, photometric="minisblack", **how, **unit)
    found = read_voxels(path)
    (said,) = found.said
    assert found.voxel_size is None
    assert said == f"the file states that rows and columns lie {apart} {PAGES_UNSAID} {remedy}"


def write_as_imagej(path, version, **said):
    """As ImageJ of a version writes it: the distance of the pages only where it is not exactly 1."""
    lines = {"ImageJ": version, "images": 3, "slices": 3, **said}
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    with tifffile.TiffWriter(path) as tif:
        for i, page in enumerate(LABELS):
            options = {"description": text} if i == 0 else {}
            tif.write(page, metadata=None, resolution=(5, 2), resolutionunit="NONE", **options)
    return path


@pytest.mark.parametrize(("version", "said", "size"), [
    ("1.53t", {"unit": "um"}, (1e-6, 0.5e-6, 0.2e-6)),
    ("1.54f", {"unit": "\\u00B5m"}, (1e-6, 0.5e-6, 0.2e-6)),
    ("1.53t", {"unit": "nm", "zunit": "um"}, (1e-6, 0.5e-9, 0.2e-9)),
    ("1.53t", {"unit": "pixel"}, None), ("1.53t", {}, None), ("1.11a", {"unit": "um"}, None),
    ("1.53t", {"unit": "nm", "zunit": "um", "spacing": 2.0}, (2e-6, 0.5e-9, 0.2e-9)),
    ("1.53t", {"unit": "nm", "yunit": "um", "spacing": 2.0}, (2e-9, 0.5e-6, 0.2e-9)),
    ("1.53t", {"unit": "um", "zunit": "furlong", "spacing": 2.0}, None),
])  # fmt: skip
def test_units_and_distances_of_imagej(tmp_path, version, said, size):
    path = write_as_imagej(tmp_path / "v.tif", version, **said)
    with tifffile.TiffFile(path) as tif:
        found = _voxel_size(tif)
        assert _pages(tif, path).shape == LABELS.shape
    assert found == (None if size is None else pytest.approx(size))


@pytest.mark.parametrize(("unit", "factor"), [("um", 1), (None, 1), ("nm", 1e3), ("mm", 1e-3)])
def test_the_sizes_of_ome_are_read(tmp_path, unit, factor):
    metadata = {"axes": "ZYX"}
    for axis, size in zip("ZYX", (0.5, 1.0, 0.25), strict=True):
        metadata[f"PhysicalSize{axis}"] = size * factor
        metadata |= {f"PhysicalSize{axis}Unit": unit.replace("um", "µm")} if unit else {}
    tifffile.imwrite(tmp_path / "v.ome.tif", LABELS, metadata=metadata)
    assert read_voxels(tmp_path / "v.ome.tif").voxel_size == pytest.approx((0.5e-6, 1e-6, 0.25e-6))
    del metadata["PhysicalSizeZ"]
    tifffile.imwrite(tmp_path / "v.ome.tif", LABELS, metadata=metadata)
    found = read_voxels(tmp_path / "v.ome.tif")
    assert found.voxel_size is None and "rows and columns lie 1000 x 250 nm apart" in found.said[0]


def test_a_resolution_in_centimetres_is_one(tmp_path):
    said = {
        "resolution": (4e4, 1e4),
        "resolutionunit": "CENTIMETER",
        "metadata": {"unit": "um", "spacing": 0.5},
    }
    tifffile.imwrite(tmp_path / "v.tif", LABELS, photometric="minisblack", **said)
    assert read_voxels(tmp_path / "v.tif").voxel_size == pytest.approx((0.5e-6, 1e-6, 0.25e-6))


# ---- axes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("axes", "imagej", "words"), [
    ("TYX", True, "time (3), row (4), column (5)"), ("CYX", True, "channel (3), row (4)"),
    ("TYX", False, "time (3)"), ("YXZ", False, "y (3), x (4), z (5)"), ("CYX", False, "channel (3)"),
])  # fmt: skip
def test_pages_that_are_no_slices_are_asked_about(tmp_path, axes, imagej, words):
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, imagej=imagej, metadata={"axes": axes}, photometric="minisblack"
    )
    assert words in sentence(tmp_path / "v.tif") and "--file-axes" in sentence(tmp_path / "v.tif")
    assert axes == "YXZ" or "where these are slices" in sentence(tmp_path / "v.tif")
    for stated in ("xyz", "zyx"):
        values = read_voxels(tmp_path / "v.tif", file_axes=stated).values
        np.testing.assert_array_equal(values, LABELS if stated == "xyz" else LABELS.T)


def test_a_coloured_picture_is_no_volume(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", coloured(20, 16, 3), photometric="rgb")
    assert "row (20), column (16), colour (3)" in sentence(tmp_path / "v.tif")
    tifffile.imwrite(tmp_path / "v.tif", coloured(3, 20, 16), photometric="rgb")
    assert "colour (3), row (20), column (16)" in sentence(tmp_path / "v.tif")


def test_an_array_with_its_axes_is_taken_as_stated(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", LABELS, metadata={"axes": "XYZ"}, photometric="minisblack")
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.tif").values, LABELS)


def test_the_times_of_a_stack_are_not_its_slices(tmp_path):
    both = np.stack([LABELS, LABELS])
    tifffile.imwrite(tmp_path / "v.tif", both, imagej=True, metadata={"axes": "TZYX"})
    assert "time (2), page (3)" in sentence(tmp_path / "v.tif")


# ---- all of it ---------------------------------------------------------------------------------------------

OME = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{0}"><Image ID="Image:0">
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="5" SizeY="4" SizeZ="{1}" SizeC="1" SizeT="1">
<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{2}</Pixels></Image></OME>"""


@pytest.mark.parametrize("stated", [2, 6])
@pytest.mark.parametrize("text", [
    "ImageJ=1.53t\nimages={0}\nslices={0}\nunit=um\n", '{{"shape": [{0}, 4, 5]}}',
    OME.format("a", "{0}", "<TiffData/>"),
])  # fmt: skip
def test_pages_that_are_stated_and_not_there_are_missed(tmp_path, text, stated):
    for n in (stated, 3):
        with tifffile.TiffWriter(tmp_path / "v.tif") as tif:
            for i, page in enumerate(LABELS):
                tif.write(page, metadata=None, **({"description": text.format(n)} if i == 0 else {}))
        if n == 3:
            np.testing.assert_array_equal(read_voxels(tmp_path / "v.tif").values, LABELS)
        else:
            sentence(tmp_path / "v.tif")


def test_one_page_may_stand_for_all_that_lie_in_a_row(tmp_path):
    tifffile.imwrite(
        tmp_path / "v.tif", LABELS, photometric="minisblack", metadata={"axes": "ZYX"}, truncate=True
    )
    with tifffile.TiffFile(tmp_path / "v.tif") as tif:
        assert len(tif.pages) == 1
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.tif").values, LABELS)


def test_the_files_that_an_ome_file_names_belong_to_it(tmp_path):
    data = "".join(
        f'<TiffData FirstZ="{i}" IFD="0" PlaneCount="1">'
        f'<UUID FileName="v{i}.ome.tif">urn:uuid:{i}</UUID></TiffData>'
        for i in range(3)
    )
    for i, page in enumerate(LABELS):
        with tifffile.TiffWriter(tmp_path / f"v{i}.ome.tif") as tif:
            tif.write(page, description=OME.format(i, 3, data), metadata=None)
    volume = read_voxels(tmp_path / "v0.ome.tif")
    np.testing.assert_array_equal(volume.values, LABELS)
    with tifffile.TiffWriter(tmp_path / "v2.ome.tif") as tif:
        tif.write(LABELS[0], description=OME.format(2, 3, data), metadata=None)
    assert read_voxels(tmp_path / "v0.ome.tif").sha256 != volume.sha256
    (tmp_path / "v1.ome.tif").unlink()
    assert "failed to read 'v1.ome.tif'" in sentence(tmp_path / "v0.ome.tif")


def test_the_size_of_a_single_image(tmp_path):
    """In ImageJ's words and in those of OME; its depth is its wider edge."""
    tifffile.imwrite(
        tmp_path / "j.tif",
        LABELS[0],
        imagej=True,
        resolution=(2.5, 2.0),
        metadata={"axes": "YX", "unit": "um"},
    )
    sizes = {"PhysicalSizeX": 0.4, "PhysicalSizeY": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    tifffile.imwrite(tmp_path / "o.ome.tif", LABELS[0], metadata={"axes": "YX", **sizes})
    for name in ("j.tif", "o.ome.tif"):
        assert read_voxels(tmp_path / name).voxel_size == pytest.approx((5e-7, 4e-7, 5e-7), rel=1e-9)
