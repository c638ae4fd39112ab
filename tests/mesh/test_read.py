"""From a file to a grid with named phases."""

import gc

import numpy as np
import pytest
from scipy import ndimage

import microsim as ms
from microsim.base.errors import InputError
from microsim.mesh.read import read_volume
from microsim.volumes.filed import FileArray
from microsim.volumes.volume import write_volume

LABELS = (np.arange(60).reshape(3, 4, 5) % 3).astype(np.uint8)


@pytest.fixture
def path(tmp_path):
    return write_volume(tmp_path / "v.nrrd", LABELS, voxel_size=(1e-7, 2e-7, 3e-7))


def test_names_sizes_and_source(path):
    grid = read_volume(path, {"pore": 0, "am": 1, "cbd": 2})
    assert grid.names == ("pore", "am", "cbd") and grid.voxel_size == pytest.approx((1e-7, 2e-7, 3e-7))
    assert np.array_equal(grid.phase, LABELS) and grid.sized
    assert grid.source.name == str(path) and len(grid.source.sha256) == 64
    assert "100 x 200 x 300 nm" in repr(grid) and "pore 33.33 %" in repr(grid)


def test_without_names_and_size(tmp_path):
    np.save(tmp_path / "v.npy", LABELS)
    grid = read_volume(tmp_path / "v.npy")
    assert grid.names == ("label0", "label1", "label2") and not grid.sized
    assert "unknown size" in repr(grid)


def test_what_the_caller_says_wins(path):
    grid = read_volume(path, {"a": 0, "b": 1, "c": 2}, "398 nm", axes="zyx", crop={"x": (1, 4)})
    assert grid.voxel_size == (3.98e-7,) * 3 and grid.shape == (3, 4, 3)
    assert np.array_equal(grid.phase, LABELS.transpose(2, 1, 0)[1:4])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"phases": {"a": 0, "b": 1}}, "name label 2 too"),
        ({"phases": "pore"}, "phases: expected names with labels"),
        ({"voxel_size": 398}, "398 m; check the unit"),
        ({"voxel_size": "398"}, "length with its unit"),
        ({"axes": "xy"}, "letters x, y, z"),
        ({"crop": {"x": (0, 9)}}, "within 0 and 3"),
    ],
)
def test_mistakes_are_one_sentence(path, options, words):
    with pytest.raises(InputError, match=words):
        read_volume(path, **{"phases": {"a": 0, "b": 1, "c": 2}, **options})


def test_a_voxel_size_that_images_of_electrodes_have_not_is_told(path):
    assert read_volume(path, voxel_size=4e-7).source.said == ()
    (said,) = read_volume(path, voxel_size=(4e-7, 4e-7, 4e-4)).source.said
    assert said.startswith(
        "voxel size: 4e+05 nm is beyond the 1 to 100000 of images of electrodes: is its unit"
    )


SCATTERED = np.random.default_rng(4).choice(np.array([0, 3, 200]), (14, 9, 11)).astype(np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, ">u2", bool, np.float32])
@pytest.mark.parametrize(
    "name", ["v.npy", "v.tif", "v.raw", "v.mhd", "v.mha", "v.h5", "v.zarr", "v.zip", "v.nrrd"]
)
def test_in_a_file_voxels_are_those_in_memory(tmp_path, name, dtype):
    if name.endswith(".zarr"):
        pytest.importorskip("zarr", reason="needs the extra formats")
    labels = (SCATTERED > 0) if dtype is bool else SCATTERED.astype(dtype)
    if name == "v.npy":
        np.save(tmp_path / name, labels)
    else:
        write_volume(tmp_path / name, labels, file_axes="zyx")
    axes = "xyz" if name == "v.npy" else "zyx"
    whole = read_volume(tmp_path / name, axes=axes)
    found = read_volume(tmp_path / name, axes=axes, scratch=tmp_path / "scratch")
    assert isinstance(found.phase, FileArray) and isinstance(whole.phase, np.ndarray)
    assert (found.names, found.labels, found.shape, found.voxels) == (
        whole.names,
        whole.labels,
        whole.shape,
        whole.voxels,
    )
    assert np.array_equal(found.phase, whole.phase)
    box = {"x": (3, 9), "z": (0, 5)}
    assert np.array_equal(found.crop(box).phase, whole.crop(box).phase)
    assert isinstance(found.crop(box).phase, np.ndarray)
    assert [found.fraction(one) for one in found.names] == [whole.fraction(one) for one in whole.names]
    assert np.array_equal(found.mask(whole.names[0]), whole.mask(whole.names[0]))
    where = {"v.npy": "v.npy", "v.tif": "v.tif", "v.raw": "v.raw", "v.mhd": "v.mhd.raw", "v.mha": "v.mha"}
    if name in where and np.dtype(dtype) in (np.uint8, np.uint16):
        assert found.phase.path == tmp_path / where[name]  # it stays where it lies
    del found
    gc.collect()
    assert not list((tmp_path / "scratch").rglob("*"))


def test_a_file_whose_labels_are_not_named_is_refused_from_the_file_too(tmp_path):
    np.save(tmp_path / "v.npy", SCATTERED)
    with pytest.raises(InputError, match="name label 200"):
        read_volume(tmp_path / "v.npy", {"pore": 0, "am": 3}, scratch=tmp_path)


@pytest.mark.parametrize("axes", [None, "zyx", "yzx"])
def test_what_lies_beside_a_volume_keeps_the_axes_that_it_states(tmp_path, axes):
    """Labels of VTK (z, y, x) or in a stated order, shares as `segment --shares` writes them (x, y, z)."""
    rng, path = np.random.default_rng(0), tmp_path / ("v.npy" if axes else "v.vti")
    grey = ndimage.gaussian_filter(rng.normal(size=(8, 9, 10)), 1.5) * 100
    found = ms.segment_volume(grey, ["pore", "am"], voxel_size="1 um")
    found.save_shares(tmp_path / "shares.h5")
    write_volume(path, found.labels, voxel_size=1e-6, file_axes=axes or "xyz")
    read = {"phases": {"pore": 0, "am": 1}, "voxel_size": "1 um", "axes": axes}
    grid = ms.read_volume(path, **read, shares={"pore": f"{tmp_path / 'shares.h5'}::pore"})
    assert np.allclose(grid.shares["pore"] / 255, found.shares["pore"], atol=0.003)
    mask = np.zeros(grey.shape, np.uint8)
    mask[:, 2:7, 3:9] = 1
    own = write_volume(tmp_path / ("mask.npy" if axes else "mask.vti"), mask, file_axes=axes or "xyz")
    assert np.array_equal(ms.read_volume(path, **read, mask=own).sample, mask == 1)
    np.save(tmp_path / "beside.npy", found.shares["pore"].transpose(["xyz".index(a) for a in axes or "zyx"]))
    beside = ms.read_volume(path, **read, shares={"pore": tmp_path / "beside.npy"})
    assert np.array_equal(beside.shares["pore"], grid.shares["pore"])


def test_a_mask_of_a_program_with_its_own_order_lies_as_that_has_it(tmp_path):
    """A cube, whose transposed mask would have its shape."""
    labels, mask = np.zeros((6, 6, 6), np.uint8), np.zeros((6, 6, 6), np.uint8)
    labels[3:], mask[:, 1:5, :3] = 1, 1
    np.save(tmp_path / "v.npy", labels)
    write_volume(tmp_path / "mask.vti", mask)
    grid = ms.read_volume(tmp_path / "v.npy", {"pore": 0, "am": 1}, "1 um", mask=tmp_path / "mask.vti")
    assert np.array_equal(grid.sample, mask == 1)
