"""Fields of a run in the files of other programs, opened by their readers."""

import json
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.exports import export_kind, export_to
from microsim.volumes.fields import FieldWriter

from ..missing import hide

SIZE, TIMES = (1e-6, 2e-6, 3e-6), (0.0, 10.0, 40.0)


@pytest.fixture
def stored(tmp_path):
    rng = np.random.default_rng(2)
    phase = rng.integers(0, 2, (5, 4, 3)).astype(np.uint8)
    grid = VoxelGrid(phase, ("pore", "active material"), SIZE)
    sto = np.where(phase == 1, rng.random((3, 5, 4, 3)), np.nan).astype("f4")
    c_e = np.where(phase == 0, 1000 + rng.random((3, 5, 4, 3)), np.nan).astype("f4")
    with FieldWriter(tmp_path / "fields.h5", grid, {"sto": "1", "c_e": "mol m-3"}) as fields:
        for k, time in enumerate(TIMES):
            fields.write(time, "Discharge", {"sto": sto[k], "c_e": c_e[k]})
    return tmp_path / "fields.h5", phase, sto, c_e


def test_netcdf_by_another_reader(stored, tmp_path):
    """The C library's reader, where it is installed, else h5netcdf's."""
    pytest.importorskip("h5netcdf")
    path, phase, sto, c_e = stored
    assert export_to(tmp_path / "f.nc", path) == ["c_e", "sto"]
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(tmp_path / "f.nc") as file:
        file.set_auto_mask(False)
        assert file.Conventions == "CF-1.11"
        assert file["sto"].dimensions == ("time", "x", "y", "z") and file["c_e"].units == "mol m-3"
        np.testing.assert_array_equal(file["sto"][:], sto)
        np.testing.assert_array_equal(file["c_e"][:], c_e)
        assert file["time"][:].tolist() == list(TIMES) and file["time"].units == "s"
        for axis, n, edge in zip("xyz", phase.shape, SIZE, strict=True):
            assert file[axis][:] == pytest.approx((np.arange(n) + 0.5) * edge) and file[axis].units == "m"
            assert file[axis].axis == axis.upper()
        assert file["phase"].flag_meanings == "pore active_material"
        np.testing.assert_array_equal(file["phase"][:], phase)


def test_netcdf_in_xarray(stored, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    path, _, sto, _ = stored
    export_to(tmp_path / "f.nc", path, ["sto"])
    with xarray.open_dataset(tmp_path / "f.nc", engine="h5netcdf") as found:
        assert list(found.data_vars) == ["phase", "sto"]
        np.testing.assert_array_equal(found["sto"].values, sto)
        assert found["sto"].attrs["long_name"] == "Degree of lithiation"
        assert float(found["sto"].sel(time=40.0, x=2.4e-6, method="nearest").x) == pytest.approx(2.5e-6)


def test_ome_zarr(stored, tmp_path):
    zarr = pytest.importorskip("zarr")
    path, _, sto, c_e = stored
    export_to(tmp_path / "f.ome.zarr", path)
    group = zarr.open_group(tmp_path / "f.ome.zarr", mode="r")
    np.testing.assert_array_equal(group["0"][:, 1], sto)
    np.testing.assert_array_equal(group["0"][:, 0], c_e)
    said = json.loads((tmp_path / "f.ome.zarr" / ".zattrs").read_text())
    assert [axis["name"] for axis in said["multiscales"][0]["axes"]] == ["t", "c", "x", "y", "z"]
    scale = said["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]
    assert scale == pytest.approx([10, 1, 1, 2, 3]) and said["microsim"]["time_s"] == list(TIMES)
    assert [channel["label"] for channel in said["omero"]["channels"]] == ["c_e", "sto"]
    window = said["omero"]["channels"][1]["window"]
    assert window["min"] == np.nanmin(sto) and window["max"] == np.nanmax(sto)


def test_vtkhdf_with_time(stored, tmp_path):
    path, phase, sto, _ = stored
    export_to(tmp_path / "f.vtkhdf", path)
    pv, vtk = pytest.importorskip("pyvista"), pytest.importorskip("vtk")
    reader = vtk.vtkHDFReader()
    reader.SetFileName(str(tmp_path / "f.vtkhdf"))
    reader.UpdateInformation()
    told = reader.GetOutputInformation(0).Get(vtk.vtkStreamingDemandDrivenPipeline.TIME_STEPS())
    assert list(told) == list(TIMES)
    reader.UpdateTimeStep(40.0)
    image = pv.wrap(reader.GetOutput())
    at = np.floor(image.cell_centers().points / np.array(SIZE)).astype(int)
    np.testing.assert_array_equal(image.cell_data["sto"], sto[2][tuple(at.T)])
    np.testing.assert_array_equal(image.cell_data["phase"], phase[tuple(at.T)])


def test_what_cannot_be_written_is_refused(stored, tmp_path, monkeypatch):
    path = stored[0]
    with pytest.raises(InputError, match=r"ending on .nc, .zarr, .vtkhdf, got f.csv"):
        export_kind(Path("f.csv"))
    with pytest.raises(InputError, match=r"\(c_e, sto\), got phi; name one"):
        export_to(tmp_path / "f.nc", path, ["phi"])
    with pytest.raises(InputError, match="leave --field out"):
        export_to(tmp_path / "f.vtkhdf", path, ["sto"])
    hide(monkeypatch, "h5netcdf", "zarr")
    for name, package in (("f.nc", "h5netcdf"), ("f.zarr", "zarr")):
        with pytest.raises(InputError, match=rf"expected the package {package} for .*\[formats\]"):
            export_to(tmp_path / name, path)
    assert [file.name for file in tmp_path.iterdir()] == ["fields.h5"]
