"""HDF5 and MATLAB files: the data set that is meant is read as the file describes it, or it is named."""

import h5py
import numpy as np
import pytest
import scipy.io

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels

LABELS = (np.arange(3 * 4 * 5) % 53).astype("u1").reshape(3, 4, 5)


def sentence(name, **options):
    with pytest.raises(InputError) as caught:
        read_voxels(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def h5(tmp_path):
    path = tmp_path / "run.h5"
    with h5py.File(path, "w") as file:
        file.attrs["voxel_size_m"] = 1e-6
        file["group/labels"] = LABELS
        file["sto"] = np.stack([LABELS / 100, LABELS / 50, LABELS / 25]).astype("f4")
        file["sto"].attrs["voxel_size_m"] = [1e-6, 2e-6, 3e-6]
        file["sto"].attrs["axes"] = "t,x,y,z"
        file["time_s"] = np.arange(3.0)
        file["name"] = "a run"
        file["flat"] = LABELS[0]
        file["words"] = np.full((2, 2, 2), b"x")
    return path


def test_a_data_set_is_read_by_its_path(h5):
    for name in ("group/labels", "/group/labels"):
        np.testing.assert_array_equal(read_voxels(f"{h5}::{name}").values, LABELS)
    assert read_voxels(f"{h5}::group/labels").voxel_size == (1e-6,) * 3


@pytest.mark.parametrize(("name", "expected"), [("sto", 25), ("sto@0", 100), ("sto@1", 50), ("sto@-3", 100)])
def test_one_time_of_a_field_is_read(h5, name, expected):
    volume = read_voxels(f"{h5}::{name}", kind="field")
    np.testing.assert_array_equal(volume.values, (LABELS / expected).astype("f4"))
    assert volume.voxel_size == (1e-6, 2e-6, 3e-6)


def test_the_voxel_size_follows_the_axes(h5):
    volume = read_voxels(f"{h5}::sto@0", kind="field", file_axes="yzx")
    assert volume.values.shape == (5, 3, 4) and volume.voxel_size == (3e-6, 1e-6, 2e-6)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "write {h5}::NAME (the file has flat, group/labels, name, sto, time_s, words)"),
        ("::soc", "expected a data set of {h5}, got soc; the file has flat, group/labels"),
        ("::group", "got group; the file has"),
        ("::sto@3", "an index from 0 to 2 in {h5}::sto, got 3"),
        ("::sto@-4", "from 0 to 2"),
        ("::group/labels@0", "drop @0"),
        ("::time_s", "got 1-D (3)"),
        ("::flat", "got 2-D (4 x 5)"),
        ("::name", "expected numbers"),
        ("::words", "expected numbers"),
    ],
)
def test_other_names_are_refused(h5, name, words):
    assert words.format(h5=h5) in sentence(f"{h5}{name}")


def test_the_only_volume_needs_no_name(tmp_path):
    with h5py.File(tmp_path / "v.hdf5", "w") as file:
        file["time_s"], file["flat"], file["deep/one"] = np.arange(3.0), LABELS[0], LABELS
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.hdf5").values, LABELS)


def test_an_empty_file_has_none(tmp_path):
    h5py.File(tmp_path / "v.h5", "w").close()
    assert "the file has none" in sentence(tmp_path / "v.h5")


@pytest.mark.parametrize("size", ["1 um", [1e-6, 1e-6]])
def test_a_voxel_size_that_is_none_is_refused(tmp_path, size):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("v", data=LABELS).attrs["voxel_size_m"] = size
    assert "one or three numbers as voxel_size_m" in sentence(tmp_path / "v.h5")


def test_a_data_set_with_two_names_is_found_under_both(tmp_path):
    values = np.random.default_rng(1).random((3, 4, 5))
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["sto"] = values
        file["VTKHDF/CellData/sto"] = file["sto"]
    for name in ("sto", "VTKHDF/CellData/sto"):
        np.testing.assert_array_equal(
            read_voxels(f"{tmp_path / 'two.h5'}::{name}", kind="field").values, values
        )


# ---- MATLAB ------------------------------------------------------------------------------------------------


def matlab(path, values):
    """As MATLAB 7.3 writes values(x, y, z): it counts its first index fastest, HDF5 its last."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("L", data=values.T).attrs["MATLAB_class"] = np.bytes_("uint8")
    return path


def test_arrays_of_matlab_are_as_matlab_counts_them(tmp_path):
    for name in (matlab(tmp_path / "v.mat", LABELS), f"{matlab(tmp_path / 'v.h5', LABELS)}::L"):
        volume = read_voxels(name)
        np.testing.assert_array_equal(volume.values, LABELS)
        assert volume.file_axes == "zyx"
        np.testing.assert_array_equal(read_voxels(name, file_axes="xyz").values, LABELS.T)


def test_octave_counts_as_matlab(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["L/value"] = LABELS.T
        file["L"].attrs["OCTAVE_NEW_FORMAT"] = np.uint8(1)
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.h5").values, LABELS)


def test_files_of_older_matlab_are_read_the_same(tmp_path):
    scipy.io.savemat(tmp_path / "v.mat", {"L": LABELS, "h": 0.4})
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.mat").values, LABELS)
    np.testing.assert_array_equal(read_voxels(f"{tmp_path / 'v.mat'}::L", file_axes="xyz").values, LABELS.T)
    assert "got M; write" in sentence(f"{tmp_path / 'v.mat'}::M")
    scipy.io.savemat(tmp_path / "v.mat", {"L": LABELS, "M": LABELS})
    assert "the file has L, M" in sentence(tmp_path / "v.mat")


def test_an_axis_of_length_one_behind_or_ahead_is_dropped(tmp_path):
    for i, shape in enumerate([(3, 4, 5, 1), (1, 3, 4, 5), (1, 1, 3, 4, 5)]):
        with h5py.File(tmp_path / f"{i}.h5", "w") as file:
            file["v"] = LABELS.reshape(shape)
        np.testing.assert_array_equal(read_voxels(tmp_path / f"{i}.h5").values, LABELS)


# ---- geometries of other programs --------------------------------------------------------------------------

BODY = np.zeros((4, 5, 6), "u1")  # z, y, x
BODY[3, 4, 5], BODY[0, 1, 0:3], BODY[2, 0, 5] = 2, 1, 3


def vtkhdf(path, spacing=(4e-7, 5e-7, 6e-7), direction=None):
    with h5py.File(path, "w") as file:
        group = file.create_group("VTKHDF")
        group.attrs.create("Type", np.bytes_("ImageData"))
        group.attrs.update({"Version": [2, 0], "WholeExtent": [0, 6, 0, 5, 0, 4], "Origin": np.zeros(3)})
        group.attrs.update(
            {
                "Spacing": np.array(spacing),
                "Direction": np.ravel(np.eye(3) if direction is None else direction),
            }
        )
        group["CellData/phase"] = BODY
    return path


def test_x_is_x_in_an_image_of_vtkhdf(tmp_path):
    found = read_voxels(vtkhdf(tmp_path / "v.vtkhdf"))
    np.testing.assert_array_equal(found.values, BODY.T)
    assert found.voxel_size == pytest.approx((4e-7, 5e-7, 6e-7)) and "taken as m" in found.said[0]
    pv = pytest.importorskip("pyvista")
    image = pv.read(tmp_path / "v.vtkhdf")
    np.testing.assert_array_equal(
        image.cell_data["phase"].reshape(found.values.shape, order="F"), found.values
    )


def test_what_vtk_writes_as_vtkhdf(tmp_path):
    pv, vtk = pytest.importorskip("pyvista"), pytest.importorskip("vtk")
    writer = getattr(vtk, "vtkHDFWriter", None)
    image = pv.ImageData(dimensions=(7, 6, 5), spacing=(4e-7, 5e-7, 6e-7))
    image.cell_data["phase"] = BODY.T.ravel(order="F")
    made = writer and writer()
    if not made:
        pytest.skip("this VTK writes no VTKHDF")
    made.SetInputData(image)
    made.SetFileName(str(tmp_path / "v.vtkhdf"))
    if not made.Write() or not (tmp_path / "v.vtkhdf").is_file():
        pytest.skip("this VTK writes no images as VTKHDF")
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.vtkhdf").values, BODY.T)


def test_turned_images_of_vtkhdf_are_refused(tmp_path):
    turned = [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    with pytest.raises(InputError, match="got one turned"):
        read_voxels(vtkhdf(tmp_path / "v.vtkhdf", direction=turned))
    with pytest.raises(InputError, match="expected a voxel size with its unit, got 0.6 x 0.5 x 0.4"):
        read_voxels(vtkhdf(tmp_path / "v.vtkhdf", spacing=(0.4, 0.5, 0.6)))


def test_the_spacing_of_dream3d(tmp_path):
    with h5py.File(tmp_path / "v.dream3d", "w") as file:
        group = file.create_group("DataContainers/Image")
        group["_SIMPL_GEOMETRY/SPACING"] = np.array([4e-7, 5e-7, 6e-7], "f4")
        group["CellData/FeatureIds"] = BODY[..., None].astype("i4")
        group["CellData/FeatureIds"].attrs.update({"TupleDimensions": [6, 5, 4], "ComponentDimensions": [1]})
    found = read_voxels(tmp_path / "v.dream3d", file_axes="zyx")
    np.testing.assert_array_equal(found.values, BODY.T)
    assert found.voxel_size == pytest.approx((4e-7, 5e-7, 6e-7), rel=1e-6)


def test_a_nexus_file_states_its_default(tmp_path):
    with h5py.File(tmp_path / "v.nxs", "w") as file:
        data = file.create_group("entry/tomo")
        data["data"], data["other"] = BODY, BODY + 1
        data.attrs.update({"signal": "data", "NX_class": "NXdata"})
    with pytest.raises(InputError, match="entry/tomo/data, entry/tomo/other"):
        read_voxels(tmp_path / "v.nxs")
    with h5py.File(tmp_path / "v.nxs", "a") as file:
        file.attrs["default"], file["entry"].attrs["default"] = "entry", "tomo"
    found = read_voxels(tmp_path / "v.nxs")
    np.testing.assert_array_equal(found.values, BODY)
    assert found.beside == ("entry/tomo/other",)


def test_what_matlab_keeps_for_its_cells_is_no_volume(tmp_path):
    matlab(tmp_path / "v.mat", LABELS)
    with h5py.File(tmp_path / "v.mat", "a") as file:
        file["#refs#/a"], file["#subsystem#/MCOS"] = np.ones((2, 3, 4)), np.ones((2, 2, 2))
    found = read_voxels(tmp_path / "v.mat")
    assert found.beside == () and found.values.shape == LABELS.shape
