"""What stands behind a map: particles from its own holes, the wetted surface from the run's electrolyte."""

import numpy as np
import pytest

import microsim as ms
from microsim.jobs.field import Field
from microsim.jobs.map_source import MapSource, read_map
from microsim.jobs.structure import structure_of
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter

H = (4e-7,) * 3
AM = np.zeros((20, 8, 8), bool)
AM[1:8, 1:7, 1:7], AM[11:19, 1:7, 1:7] = True, True
STO = np.where(AM, np.random.default_rng(0).random(AM.shape), np.nan)


@pytest.fixture
def sto(tmp_path):
    grid = VoxelGrid(AM.astype(np.uint8), ("pore", "am"), H[0])
    with FieldWriter(tmp_path / "fields.h5", grid, {"sto": "1", "c_e": "mol m-3"}) as writer:
        writer.write(0.0, "Rest for 1 s", {"sto": STO, "c_e": np.where(AM, np.nan, 1000.0)})
    return Field(tmp_path / "fields.h5", "sto")


def test_particles_are_those_of_the_map(sto):
    found = structure_of(read_map(sto, "sto"))
    assert sorted(np.unique(found.particles)) == [0, 1, 2] and np.array_equal(found.particles > 0, AM)
    named = structure_of(read_map(sto, "sto"), particles=5 * AM)
    assert set(np.unique(named.particles)) == {0, 5}


def test_the_surface_is_where_electrolyte_is(sto):
    distance = structure_of(read_map(sto, "sto")).distance
    assert distance[4, 4, 1] == pytest.approx(H[0] / 2) and np.isnan(distance[0, 0, 0])
    assert structure_of(MapSource(STO, H, "array", None)).distance is None


def test_a_projection_and_a_full_map_have_none(sto):
    assert structure_of(read_map(sto, "sto"), beam=2).particles is None
    assert structure_of(MapSource(np.ones((3, 3, 3)), H, "array", None)).particles is None


def test_a_run_is_compared_by_particle_and_shell(sto):
    noise = np.random.default_rng(1).normal(0, 0.1, AM.shape)
    found = ms.compare(sto, STO + noise, voxel_size=H, sigma=0.1).numbers()
    assert found["by_particle"]["n"] == 2 and found["by_particle"]["pearson_r_within"] > 0.8
    assert found["skill"]["shell"] == pytest.approx(1, abs=0.2) and found["skill"]["homogenised"] is None
