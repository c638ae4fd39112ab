"""Arrays with named axes: coordinates in m, units, where the voxels come from."""

import sys

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import Missing
from microsim.base.schema import say
from microsim.jobs.xarray import dataset, merged
from microsim.mesh.grid import Source, VoxelGrid
from microsim.mesh.mask import sample_mask
from microsim.mesh.shares import with_shares


@pytest.fixture
def grid():
    labels = np.random.default_rng(1).integers(0, 2, (4, 3, 2)).astype(np.uint8)
    return VoxelGrid(labels, ("pore", "am"), (1e-6, 2e-6, 4e-6), (0, 7), Source("e.tif", "ab" * 32))


@pytest.fixture
def xarray():
    return pytest.importorskip("xarray", reason="the package xarray is not installed")


def test_fields_lie_at_the_middles_of_the_voxels(grid, xarray):
    values = np.arange(24.0).reshape(4, 3, 2)
    found = dataset(grid, {"c_e": (values, "mol m-3")})
    assert found.c_e.dims == ("x", "y", "z") and found.c_e.units == "mol m-3"
    assert found.y.values == pytest.approx([1e-6, 3e-6, 5e-6]) and found.y.units == "m"
    assert float(found.c_e.sel(x=2.6e-6, y=0, z=9e-6, method="nearest")) == values[2, 0, 1]
    assert found.attrs == {"source": "e.tif", "phases": {"pore": 0, "am": 7}, "source_sha256": "ab" * 32}


def test_times_and_unknown_sizes(grid, xarray):
    unsized = VoxelGrid(grid.phase, grid.names, None)
    found = dataset(unsized, {"sto": (np.zeros((2, 4, 3, 2)), "1")}, times=(0.0, 60.0))
    assert found.sto.dims == ("time", "x", "y", "z") and found.time.units == "s"
    assert found.x.units == "1" and found.x.values.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert "source_sha256" not in found.attrs


def test_arrays_are_joined(grid, xarray):
    one = dataset(grid, {"a": (grid.phase, "1")}).a
    both = merged([one, dataset(grid, {"b": (grid.phase, "1")}).b])
    assert set(both) == {"a", "b"}


def test_without_the_package_it_is_one_sentence(grid, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(Missing, match=r"expected the package xarray .*pip install 'microsim-.*\[xarray\]'"):
        dataset(grid, {})


def _turned(xarray, values):
    """What an image reader gives: the axes of [x, y, z] called as they are, the other way round."""
    return xarray.DataArray(values, dims=("x", "y", "z")).transpose("z", "y", "x")


LABELS = np.repeat(np.repeat(np.random.default_rng(1).integers(0, 2, (4, 4, 4)), 2, 0), 2, 1).repeat(2, 2)
NAMES, SIZE = {"pore": 0, "am": 1}, "1 um"
TAKING = {
    "labels": lambda values, _: ms.VoxelGrid(values.astype(int), NAMES, SIZE),
    "GREY": lambda values, _: ms.segment_volume(values, ["a", "b"], voxel_size=SIZE),
    "MEASURED": lambda values, _: ms.compare(LABELS / 2, values, simulated_voxel_size=SIZE, voxel_size=SIZE),
    "mask": lambda values, _: ms.compare(
        LABELS / 2, LABELS / 3, simulated_voxel_size=SIZE, voxel_size=SIZE, mask=values
    ),
    "map": lambda values, grid: ms.tortuosity_by_depth(grid, map=values, map_voxel_size=SIZE),
    "MAP": lambda values, grid: ms.evenness(grid, [values], map_voxel_size=SIZE, sigma=0.01),
    "shares of pore": lambda values, grid: with_shares(grid, {"pore": values}),
    "--mask": lambda values, _: sample_mask(values, LABELS),
    "the stack": lambda values, _: ms.lithiation_map(values, energies=[1.0, 2.0], method="edge"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAKING)
def test_an_array_named_in_another_order_is_asked_about_wherever_it_is_taken(xarray, what):
    grid = ms.VoxelGrid(LABELS, NAMES, SIZE)
    with pytest.raises(ms.InputError, match=f"^{what}: expected the axes .* calls them z, y, x; give"):
        TAKING[what](_turned(xarray, LABELS / 2 if what == "MAP" else LABELS.astype(float)), grid)


def test_an_array_named_as_its_places_is_the_array(xarray):
    named = xarray.DataArray(LABELS, dims=("x", "y", "z"))
    assert np.array_equal(ms.VoxelGrid(named, NAMES, SIZE).phase, LABELS)
    assert np.array_equal(sample_mask(named, LABELS), LABELS == 1)
    grey = named.transpose("z", "y", "x").astype(float)
    found = ms.segment_volume(grey, ["a", "b"], voxel_size=SIZE, file_axes="zyx")
    assert np.array_equal(found.labels, LABELS)


def test_refusals_show_the_numbers_of_named_arrays(xarray):
    assert say(xarray.DataArray([[1, 2]])) == "an array of 1 x 2, int64 (1, 2)"
