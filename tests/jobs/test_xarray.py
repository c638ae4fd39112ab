"""Arrays with named axes: coordinates in m, units, where the voxels come from."""

import sys

import numpy as np
import pytest

from microsim.base.errors import Missing
from microsim.jobs.xarray import dataset, merged
from microsim.mesh.grid import Source, VoxelGrid


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
