"""Fields come back as they were stored, here and in ParaView's reader; a failed write leaves nothing."""

import os
import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.hosts import Host
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import (
    FieldWriter,
    profile_x,
    read_field,
    read_hosts,
    read_names,
    read_once,
    read_phase,
    read_times,
    stored_index,
)
from microsim.volumes.filed import FileArray
from microsim.volumes.volume import read_voxels

UNITS = {"sto": "1", "c_e": "mol m-3"}


@pytest.fixture
def grid():
    phase = np.random.default_rng(1).integers(0, 3, (5, 4, 3)).astype(np.uint8)
    return VoxelGrid(phase, ("pore", "am", "cbd"), (1e-6, 2e-6, 3e-6))


@pytest.fixture
def stored(tmp_path, grid):
    """A file of three times, and what was put into it."""
    rng = np.random.default_rng(2)
    sto = np.where(grid.mask("am"), rng.random((3, *grid.shape)), np.nan).astype(np.float32)
    c_e = np.where(grid.mask("pore"), 1000 + rng.random((3, *grid.shape)), np.nan).astype(np.float32)
    path = tmp_path / "new" / "fields.h5"
    with FieldWriter(path, grid, UNITS) as fields:
        for n, step in enumerate(("Discharge", "Discharge", "Rest")):
            fields.write(10.0 * n, step, {"sto": sto[n], "c_e": c_e[n]})
    return path, sto, c_e


def test_fields_come_back_with_time_and_voxel_size(stored):
    path, sto, c_e = stored
    times, steps = read_times(path)
    assert times.tolist() == [0.0, 10.0, 20.0] and steps == ("Discharge", "Discharge", "Rest")
    for index in (0, 1, -1):
        values, voxel_size, time_s = read_field(path, "sto", index)
        np.testing.assert_array_equal(values, sto[index])
        assert voxel_size == (1e-6, 2e-6, 3e-6) and time_s == times[index]
    np.testing.assert_array_equal(read_field(path, "c_e")[0], c_e[-1])
    assert read_names(path) == UNITS


def test_a_time_may_come_by_layers_and_the_phases_from_a_file(stored, grid, tmp_path):
    path, sto, c_e = stored
    np.save(tmp_path / "v.npy", grid.phase)
    filed = replace(grid, phase=FileArray.of_npy(tmp_path / "v.npy"))
    parts = ((k, {"sto": sto[1, k : k + 2], "c_e": c_e[1, k : k + 2]}) for k in (0, 2, 4))
    with FieldWriter(tmp_path / "parts.h5", filed, UNITS) as fields:
        assert fields.layers == 5 and fields.part.exists()
        fields.write_by_layers(10.0, "Discharge", parts, 1)
    for name in UNITS:
        found, one = read_field(tmp_path / "parts.h5", name), read_field(path, name, 1)
        np.testing.assert_array_equal(found[0], one[0])
        assert found[1:] == one[1:]
    np.testing.assert_array_equal(read_phase(tmp_path / "parts.h5")[0], grid.phase)


def test_within_a_block_a_field_is_read_once(stored, monkeypatch):
    path, sto, _ = stored
    opened, file = [], h5py.File

    def counted(*args):
        opened.append(args)
        return file(*args)

    monkeypatch.setattr("microsim.volumes.fields.h5py.File", counted)
    with read_once():
        for _ in range(3):
            np.testing.assert_array_equal(read_field(path, "sto", 1)[0], sto[1])
            np.testing.assert_array_equal(read_field(path, "sto", 2)[0], sto[2])
        with pytest.raises(ValueError, match="read-only"):
            read_field(path, "sto", 1)[0][0] = 0
    assert len(opened) == 2
    assert read_field(path, "sto", 1)[0].flags.writeable and len(opened) == 3


def test_what_has_no_room_is_read_again(stored, monkeypatch):
    path, sto, _ = stored
    monkeypatch.setattr("microsim.volumes.fields.KEPT_BYTES", 1.5 * sto[0].nbytes)
    with read_once():
        first, other = read_field(path, "sto", 1)[0], read_field(path, "sto", 2)[0]
        assert read_field(path, "sto", 1)[0] is first
        again = read_field(path, "sto", 2)[0]
    assert again is not other
    np.testing.assert_array_equal(again, sto[2])


@pytest.mark.parametrize("part", ["contents", "names of the steps"])
def test_a_damaged_file_is_one_sentence(stored, part):
    whole = bytearray(stored[0].read_bytes())
    if part == "contents":
        at = whole.index(b"TREE") + 4
        whole[at : at + 4] = b"\xff" * 4
    else:
        at = whole.index(b"Discharge")
        whole[at : at + 2] = b"\xff\xff"
    stored[0].write_bytes(whole)
    with pytest.raises(InputError, match="which cannot be read .*; give fields.h5 of a run") as caught:
        read_names(stored[0]), read_times(stored[0])
    assert "\n" not in str(caught.value)


def test_phase_and_attributes_are_stored(stored, grid):
    path = stored[0]
    phase, voxel_size, time_s = read_field(path, "phase")
    np.testing.assert_array_equal(phase, grid.phase)
    assert voxel_size == grid.voxel_size and time_s is None
    with h5py.File(path) as file:
        assert {name: file[name].attrs["units"] for name in UNITS} == UNITS
        assert file["sto"].attrs["axes"] == "t,x,y,z" and file["sto"].dtype == np.float32
        assert file["sto"].chunks[0] == 1
        assert tuple(file["phase"].attrs["names"]) == grid.names


def test_paraview_names_are_links_not_copies(stored):
    with h5py.File(stored[0]) as file:
        assert file["VTKHDF/CellData/sto"] == file["sto"]
        assert file["VTKHDF/Steps/Values"] == file["time_s"]
        assert file["VTKHDF/CellData/phase"].is_virtual


def test_paraview_reader_shows_values_where_they_are(tmp_path):
    """One marked voxel at (3, 1, 2): the reader must put its cell there, in metres, at the right time."""
    no_vtk = "vtk, or the libGL it needs, cannot be imported"
    vtk_io = pytest.importorskip("vtkmodules.vtkIOHDF", reason=no_vtk, exc_type=ImportError)
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline as pipeline

    h = (1e-6, 2e-6, 3e-6)
    marked = np.zeros((5, 4, 3), np.uint8)
    marked[3, 1, 2] = 1
    path = tmp_path / "fields.h5"
    with FieldWriter(path, VoxelGrid(marked, ("pore", "am"), h), {"sto": "1"}) as fields:
        fields.write(0.0, "rest", {"sto": 0.0 * marked})
        fields.write(7.0, "discharge", {"sto": 0.5 * marked})
        fields.write(7.0, "rest", {"sto": 0.25 * marked})
    reader = vtk_io.vtkHDFReader()
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    assert reader.GetNumberOfSteps() == 3
    assert reader.GetOutputInformation(0).Get(pipeline.TIME_STEPS()) == (0.0, 7.0, 7.0)
    for step, value in enumerate((0.0, 0.5, 0.25)):
        reader.SetStep(step)
        reader.Update()
        image = reader.GetOutput()
        cells = {name: vtk_to_numpy(image.GetCellData().GetArray(name)) for name in ("sto", "phase")}
        assert cells["sto"].max() == np.float32(value)
        cell = int(cells["phase"].argmax())
        assert cells["phase"].sum() == 1 and cells["sto"][cell] == np.float32(value)
        np.testing.assert_allclose(
            image.GetCell(cell).GetBounds(), (3e-6, 4e-6, 2e-6, 4e-6, 6e-6, 9e-6), rtol=1e-9
        )
    np.testing.assert_allclose(image.GetBounds(), (0, 5e-6, 0, 8e-6, 0, 9e-6), atol=1e-15)


def test_failed_run_leaves_no_file_and_keeps_the_old_one(stored, grid):
    path, sto, _ = stored
    with pytest.raises(RuntimeError, match="solver"), FieldWriter(path, grid, UNITS) as fields:
        fields.write(0.0, "Discharge", {"sto": sto[0], "c_e": sto[0]})
        raise RuntimeError("solver stopped")
    assert os.listdir(path.parent) == ["fields.h5"]
    np.testing.assert_array_equal(read_field(path, "sto")[0], sto[-1])


FULL_DISK = """
import resource, sys
import numpy as np
from microsim.base.errors import InputError
from microsim.volumes.fields import FieldWriter
from microsim.mesh.grid import VoxelGrid
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
grid = VoxelGrid(np.zeros((20, 20, 20), np.uint8), ("am",), (1e-6,) * 3)
rng = np.random.default_rng(0)
try:
    with FieldWriter(sys.argv[1], grid, {"sto": "1"}) as fields:
        for n in range(8):
            fields.write(n, "Discharge", {"sto": rng.random(grid.shape)})
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 3000, 100_000, 200_000])
def test_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, limit):
    """The process may write files of `limit` bytes only; unguarded, HDF5 would crash on closing its file."""
    path = tmp_path / "fields.h5"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path, str(limit)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"expected to write {path}, got File too large")
    assert done.stdout.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_unwritable_folder_is_an_input_error(tmp_path, grid):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="choose another folder"):
        FieldWriter(tmp_path / "file" / "fields.h5", grid, UNITS).__enter__()


def test_wrong_use_is_refused(tmp_path, grid):
    path, zero = tmp_path / "fields.h5", np.zeros(grid.shape)
    with FieldWriter(path, grid, UNITS) as fields:
        with pytest.raises(InputError, match="c_e"):
            fields.write(0.0, "Rest", {"sto": zero})
        with pytest.raises(InputError, match="shape"):
            fields.write(0.0, "Rest", {"sto": zero[1:], "c_e": zero})
        fields.write(5.0, "Rest", {"sto": zero, "c_e": zero})
        with pytest.raises(InputError, match="forward from 5 s"):
            fields.write(4.0, "Rest", {"sto": zero, "c_e": zero})
    assert read_times(path)[0].tolist() == [5.0]
    with pytest.raises(InputError, match="at least one"), FieldWriter(tmp_path / "none.h5", grid, UNITS):
        pass
    assert not (tmp_path / "none.h5").exists()


def test_reading_what_is_not_there_is_an_input_error(stored, tmp_path):
    path = stored[0]
    with pytest.raises(InputError, match="not there"):
        read_field(tmp_path / "no.h5", "sto")
    with pytest.raises(InputError, match="c_e, phase, sto"):
        read_field(path, "phi_x")
    with pytest.raises(InputError, match="VTKHDF"):
        read_field(path, "VTKHDF")
    with pytest.raises(InputError, match="from 0 to 2"):
        read_field(path, "sto", 3)
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(InputError, match="cannot be read"):
        read_times(tmp_path / "text.h5")


def test_profile_leaves_out_what_is_outside_the_phase():
    values = np.arange(24.0).reshape(3, 2, 4)
    values[0, 0, :] = np.nan
    values[2] = np.nan
    np.testing.assert_array_equal(profile_x(values), [5.5, 11.5, np.nan])


HOSTS = {
    "am": Host("NMC", 63104.0, 4800.0, 0.09728, 0.91, 0.27),
    "cbd": Host("of a file", 5e4, 4700.0, None, 0.9, 0.3),
}


def test_what_holds_lithium_stands_in_the_file(tmp_path, grid, stored):
    path = tmp_path / "fields.h5"
    with FieldWriter(path, grid, {"sto": "1"}, HOSTS) as fields:
        fields.write(0.0, "Rest", {"sto": np.zeros(grid.shape)})
    assert read_hosts(path) == HOSTS and read_hosts(stored[0]) == {}
    with h5py.File(path) as file:
        told = dict(file["phase"].attrs)
    assert told["sites_per_formula_unit"][1] == pytest.approx(63104 * 0.09728 / 4800)
    assert np.isnan(told["sites_per_formula_unit"][[0, 2]]).all() and told["sto_0"][1:].tolist() == [
        0.91,
        0.9,
    ]
    assert list(told["material"]) == ["", "NMC", "of a file"]


@pytest.fixture
def cycled(tmp_path, grid):
    """Two discharges of one name with a rest of another between: times 0 to 5."""
    path = tmp_path / "cycled.h5"
    with FieldWriter(path, grid, {"sto": "1"}) as fields:
        for k, (number, name) in enumerate([(0, "D"), (0, "D"), (1, "Rest"), (2, "D"), (2, "D"), (3, "D")]):
            fields.write(float(k), name, {"sto": np.full(grid.shape, k / 10)}, number)
    return path


@pytest.mark.parametrize(
    ("asked", "index"),
    [("end", 5), ("D#1", 1), ("D#2", 4), ("D#3", 5), ("Rest", 2), ("step:2", 4), ("step:0", 1)],
)
def test_steps_of_one_name_are_told_apart(cycled, asked, index):
    assert stored_index(cycled, asked) == index
    assert read_voxels(f"{cycled}::sto@{asked}", kind="field").values[0, 0, 0] == np.float32(index / 10)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("D", "expected one step, got D, the text of 3; write D#1 to D#3, or step:N"),
        ("D#4", "got D#4"),
        ("D#0", "got D#0"),
        ("C", r"a step \(D, Rest\).*N from 0 to 3, got C"),
        ("step:4", "got step:4"),
        ("step:-1", "got step:-1"),
    ],
)
def test_a_step_that_is_not_meant_by_a_text_is_one_sentence(cycled, asked, said):
    with pytest.raises(InputError, match=said):
        stored_index(cycled, asked)
    with pytest.raises(InputError, match=said):
        read_voxels(f"{cycled}::sto@{asked}", kind="field")


def test_a_data_set_may_have_an_at_in_its_name(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scan@two"] = np.ones((2, 2, 2))
    assert read_voxels(f"{tmp_path / 'a.h5'}::scan@two", kind="field").values.all()
