"""Slab by slab the phases of a volume are what they are in memory."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.mesh import by_slabs
from microsim.mesh.by_slabs import joined_clusters, summary_by_slabs
from microsim.mesh.morphology import phase_summary
from microsim.mesh.read import read_volume

SIZES = {"cubes": 1e-7, "flat along x": (0.5e-7, 2e-7, 1e-7), "long along x": (3e-7, 1e-7, 2e-7)}


def noise(shape, seed, blur):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), blur)
    return np.digitize(rough, np.quantile(rough, [0.35, 0.6])).astype(np.uint8)


@pytest.mark.parametrize("thick", [1, 3, 8, 100])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(19, 12, 14), (1, 16, 17), (23, 1, 9)])
def test_phases_are_those_in_memory(tmp_path, monkeypatch, thick, size, shape):
    monkeypatch.setattr(by_slabs, "VOXELS", thick * shape[1] * shape[2])
    np.save(tmp_path / "v.npy", noise(shape, 3, 0.9))
    given = {"phases": {"pore": 0, "cbd": 1, "am": 2}, "voxel_size": SIZES[size]}
    whole = phase_summary(read_volume(tmp_path / "v.npy", **given))
    grid = read_volume(tmp_path / "v.npy", **given, scratch=tmp_path / "s")
    found = summary_by_slabs(grid, grid.phase.keeper)
    assert found.keys() == whole.keys() and found["shape"] == whole["shape"]
    for name, one in whole["phases"].items():
        other = found["phases"][name]
        assert other.keys() == one.keys()
        for key, value in one.items():
            if "area" in key:
                assert other[key] == pytest.approx(value, rel=1e-12, abs=1e-3)
            else:
                assert other[key] == value, key


@pytest.mark.parametrize("thick", [1, 2, 5])
def test_clusters_are_joined_across_slabs(thick):
    phase = noise((12, 10, 11), 8, 0.6)
    whole, count = ndimage.label(phase == 1)
    numbers, component = joined_clusters(phase, 1, thick)
    found = component[numbers]
    assert component.max() == count and np.array_equal(found > 0, whole > 0)
    assert len(np.unique(np.stack([whole, found]).reshape(2, -1), axis=1).T) == count + 1


def test_progress_is_told(tmp_path):
    np.save(tmp_path / "v.npy", noise((6, 5, 4), 1, 0.5))
    grid, told = read_volume(tmp_path / "v.npy", scratch=tmp_path), []
    summary_by_slabs(grid, progress=lambda done, total, words: told.append((done, total)))
    assert told[-1] == (3, 3) and told[0] == (0, 3)
