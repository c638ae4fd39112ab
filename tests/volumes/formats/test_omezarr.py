"""OME-Zarr: metadata written by hand around arrays of the package zarr."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels, write_volume

from ...missing import hide

BODY = np.zeros((4, 5, 6), "u1")  # z, y, x
BODY[3, 4, 5], BODY[0, 1, 0:3], BODY[2, 0, 5] = 2, 1, 3
SIZE = (6e-7, 5e-7, 4e-7)


@pytest.fixture
def zarr():
    return pytest.importorskip("zarr")


def axes(names, unit="micrometer"):
    kinds = {"t": {"type": "time", "unit": "second"}, "c": {"type": "channel"}}
    return [{"name": name, **kinds.get(name, {"type": "space", "unit": unit})} for name in names]


def scaled(path, scale):
    return {"path": path, "coordinateTransformations": [{"type": "scale", "scale": scale}]}


def image(zarr, path, levels, names="zyx", version="0.4", scale=(0.6, 0.5, 0.4), **more):
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    sets = []
    for k, values in enumerate(levels):
        group.create_array(str(k), data=values, chunks=tuple(min(n, 3) for n in values.shape))
        sets.append(scaled(str(k), [*[1.0] * (len(names) - 3), *np.multiply(scale, 2**k)]))
    said = [{"axes": axes(names), "datasets": sets, "name": "body", **more}]
    group.attrs.update(
        {"multiscales": said} if version == "0.4" else {"ome": {"version": "0.5", "multiscales": said}}
    )
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("names", ["zyx", "czyx", "tczyx"])
def test_the_finest_resolution_is_taken(tmp_path, zarr, version, names):
    ahead = (None,) * (len(names) - 3)
    path = image(
        zarr, tmp_path / "v.ome.zarr", [BODY[ahead], BODY[ahead][..., ::2, ::2, ::2]], names, version
    )
    found = read_voxels(path)
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx(SIZE, rel=1e-9)
    assert "resolution 0 of 2, the finest" in found.said[0] and found.beside == ("1",)
    coarse = read_voxels(f"{path}::1")
    assert coarse.values.shape == (2, 3, 3) and coarse.voxel_size == pytest.approx(np.multiply(SIZE, 2))


def test_scales_of_the_image_and_of_a_resolution_multiply(tmp_path, zarr):
    more = {"coordinateTransformations": [{"type": "scale", "scale": [1.0, 2.0, 3.0]}]}
    found = read_voxels(image(zarr, tmp_path / "v.zarr", [BODY], **more))
    assert found.voxel_size == pytest.approx((6e-7, 10e-7, 12e-7))


def test_axes_in_our_order_are_ours_and_others_are_asked_about(tmp_path, zarr):
    np.testing.assert_array_equal(read_voxels(image(zarr, tmp_path / "v.zarr", [BODY], "xyz")).values, BODY)
    with pytest.raises(InputError, match="--file-axes yxz to take them so"):
        read_voxels(image(zarr, tmp_path / "v.zarr", [BODY], "yxz"))


def test_times_and_channels(tmp_path, zarr):
    path = image(zarr, tmp_path / "v.zarr", [np.stack([0 * BODY, BODY])], "tzyx")
    np.testing.assert_array_equal(read_voxels(path).values, BODY)
    assert not read_voxels(f"{path}::@0").values.any() and "time 1 of 0 to 1" in read_voxels(path).said[0]
    with pytest.raises(InputError, match=r"channel \(2\)"):
        read_voxels(image(zarr, path, [np.stack([0 * BODY, BODY])], "czyx"))


def test_labels_lie_beside_the_image(tmp_path, zarr):
    path = image(zarr, tmp_path / "v.zarr", [BODY * 50])
    zarr.open_group(path / "labels", mode="w", zarr_format=2).attrs["labels"] = ["phases"]
    image(zarr, path / "labels" / "phases", [BODY])
    assert read_voxels(path).beside == ("labels/phases",)
    np.testing.assert_array_equal(read_voxels(f"{path}::labels/phases").values, BODY)


def test_scales_without_a_unit(tmp_path, zarr):
    path = image(zarr, tmp_path / "v.zarr", [BODY])
    said = json.loads((path / ".zattrs").read_text())
    for axis in said["multiscales"][0]["axes"]:
        del axis["unit"]
    (path / ".zattrs").write_text(json.dumps(said))
    with pytest.raises(InputError, match="expected a voxel size with its unit, got 0.6 x 0.5 x 0.4"):
        read_voxels(path)


@pytest.mark.parametrize("version", [2, 3])
def test_plain_arrays(tmp_path, zarr, version):
    zarr.create_array(tmp_path / "a.zarr", data=BODY, zarr_format=version)
    np.testing.assert_array_equal(read_voxels(tmp_path / "a.zarr").values, BODY)
    group = zarr.open_group(tmp_path / "g.zarr", mode="w", zarr_format=version)
    group.create_array("one", data=BODY)
    np.testing.assert_array_equal(read_voxels(tmp_path / "g.zarr").values, BODY)
    group.create_array("two", data=BODY * 2)
    with pytest.raises(InputError, match=r"the file has one, two\)"):
        read_voxels(tmp_path / "g.zarr")
    np.testing.assert_array_equal(read_voxels(f"{tmp_path}/g.zarr::two").values, BODY * 2)


def test_chunks_that_are_not_stored_are_told(tmp_path, zarr):
    path = image(zarr, tmp_path / "v.zarr", [BODY + 1])
    assert read_voxels(path).said == ()
    next(file for file in (path / "0").iterdir() if not file.name.startswith(".")).unlink()
    assert read_voxels(path).said[-1] == "1 of 8 chunks are not stored and read as 0, by the format"


def test_without_zarr(tmp_path, monkeypatch):
    (tmp_path / "v.zarr").mkdir()
    (tmp_path / "v.zarr" / ".zattrs").write_text("{}")
    hide(monkeypatch, "zarr")
    with pytest.raises(InputError, match=r"expected the package zarr for .*v.zarr .*\[formats\]"):
        read_voxels(tmp_path / "v.zarr")


@pytest.mark.parametrize("file_axes", ["xyz", "yxz"])
def test_what_is_written(tmp_path, zarr, file_axes):
    """The metadata as OME-Zarr 0.4 has them, and the chunks in folders."""
    path = write_volume(tmp_path / "w.ome.zarr", BODY, voxel_size=SIZE, file_axes=file_axes)
    said = json.loads((path / ".zattrs").read_text())["multiscales"][0]
    assert [axis["name"] for axis in said["axes"]] == list(file_axes) and said["version"] == "0.4"
    assert {axis["unit"] for axis in said["axes"]} == {"micrometer"} and (
        path / "0" / "0" / "0" / "0"
    ).is_file()
    order = ["xyz".index(axis) for axis in file_axes]
    scale = said["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert scale == pytest.approx([1e6 * SIZE[i] for i in order])
    np.testing.assert_array_equal(zarr.open(path / "0", mode="r")[...], BODY.transpose(order))
    found = read_voxels(path, file_axes=file_axes)
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx(SIZE, rel=1e-9)


def test_other_readers_read_what_is_written(tmp_path, zarr):
    nz = pytest.importorskip("ngff_zarr")
    image = nz.from_ngff_zarr(write_volume(tmp_path / "w.ome.zarr", BODY, voxel_size=SIZE)).images[0]
    np.testing.assert_array_equal(np.asarray(image.data), BODY)
    assert list(image.dims) == ["x", "y", "z"]
    assert [image.scale[axis] for axis in "xyz"] == pytest.approx([0.6, 0.5, 0.4])


def test_only_a_zarr_is_written_over(tmp_path, zarr):
    for values in (BODY, BODY + 1):
        write_volume(tmp_path / "w.zarr", values)
    np.testing.assert_array_equal(read_voxels(tmp_path / "w.zarr").values, BODY + 1)
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "notes.txt").write_text("dear diary")
    with pytest.raises(InputError, match="expected a new folder"):
        write_volume(tmp_path / "mine.zarr", BODY)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.zarr", "w.zarr"]


@pytest.mark.parametrize("version", ["V04", "V05"])
def test_what_ome_zarr_writes(tmp_path, zarr, version):
    writer = pytest.importorskip("ome_zarr.writer", reason="the package ome-zarr is not installed")
    from ome_zarr import format as formats
    from ome_zarr.scale import Methods

    size = {"scale": {"z": 0.6, "y": 0.5, "x": 0.4}, "axes_units": dict.fromkeys("zyx", "micrometer")}
    options = {"axes": "zyx", "method": Methods.NEAREST, "scale_factors": [2], **size}
    writer.write_image(BODY, str(tmp_path / "v.zarr"), fmt=getattr(formats, f"Format{version}")(), **options)
    found = read_voxels(tmp_path / "v.zarr")
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx(SIZE, rel=1e-9)
