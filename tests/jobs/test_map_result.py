"""Results with a map: saved with its uncertainty beside it, an array to NumPy, a data set to xarray."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from microsim.jobs.map_result import MapResult
from microsim.volumes.volume import read_voxels


@dataclass(frozen=True, repr=False)
class Found(MapResult):
    """A map of three voxels."""

    values: np.ndarray
    sigma: np.ndarray | None = None
    voxel_size: tuple | None = (1e-6, 2e-6, 3e-6)
    source: str = "a.tif"
    sha256: str = ""
    quantity: str = "lithiation"

    def numbers(self):
        return {"mean": float(np.nanmean(self.values))}


VALUES = np.array([0.25, np.nan, 0.75]).reshape(3, 1, 1)


@pytest.mark.parametrize("name", ["map.tif", "map.npy"])
def test_the_uncertainty_is_saved_beside_the_map(tmp_path, name):
    paths = Found(VALUES, VALUES / 8).save(tmp_path / name)
    assert [path.name for path in paths] == [name, name.replace("map", "map_sigma")]
    for path, expected in zip(paths, (VALUES, VALUES / 8)):
        back = read_voxels(path, kind="field")
        assert np.array_equal(back.values, expected.astype(np.float32), equal_nan=True)
        size = (1e-6, 2e-6, 3e-6) if path.suffix == ".tif" else None  # npy holds none
        assert back.voxel_size == (size and pytest.approx(size))
    (tmp_path / "alone").mkdir()
    assert len(Found(VALUES).save(tmp_path / "alone" / name)) == 1


def test_json_holds_the_numbers(tmp_path):
    path = Found(VALUES).save(tmp_path / "found.json")
    assert json.loads(path.read_text()) == {"mean": 0.5}


def test_numpy_sees_the_values():
    found = Found(VALUES)
    assert np.asarray(found) is VALUES and np.nanmax(found) == 0.75
    assert np.asarray(found, dtype=np.float32).dtype == np.float32


def test_xarray_sees_metres_and_both_maps():
    pytest.importorskip("xarray")
    data = Found(VALUES, VALUES / 8).to_xarray()
    assert set(data) == {"lithiation", "sigma"} and data.sizes == {"x": 3, "y": 1, "z": 1}
    assert float(data.x[1] - data.x[0]) == pytest.approx(1e-6) and data.attrs["source"] == "a.tif"
    assert "source_sha256" not in data.attrs and set(Found(VALUES).to_xarray()) == {"lithiation"}
