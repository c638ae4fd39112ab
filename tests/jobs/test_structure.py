"""What stands behind a map: particles from its own holes, the wetted surface from the run's electrolyte."""

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.jobs.field import Field
from microsim.jobs.map_source import MapSource, read_map
from microsim.jobs.structure import structure_of
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter, profile_x

from .conftest import DEMO, SMALL

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


def test_a_homogenised_electrode_has_a_skill_over_it_of_a_column_or_a_map():
    """Truth varies over depth and within layers; the homogenised electrode knows the depth."""
    rng = np.random.default_rng(0)
    depth, rough = np.linspace(0.2, 0.8, 24)[:, None, None], 0.1 * rng.standard_normal((24, 12, 10))
    true = depth + rough
    measured = true + 0.02 * rng.standard_normal(true.shape)
    options = {"voxel_size": "800 nm", "sigma": 0.02}
    whole = ms.compare(true, measured, homogenised=np.broadcast_to(depth, true.shape), **options)
    assert whole.skill["homogenised"] == pytest.approx(1, abs=0.02)
    assert whole.comparison.scores.naive_rmse["homogenised"] == pytest.approx(np.hypot(0.1, 0.02), rel=0.05)
    column = ms.compare(true, measured, homogenised=depth, **options)
    resolved = ms.compare(
        true, measured, homogenised=measured, **options
    )  # skill over it is that of no model
    assert "is it that of a resolved run?" in repr(resolved)
    assert "resolved run" not in repr(whole) + repr(column)
    assert column.skill == whole.skill and column.numbers()["homogenised_missing"] is None
    without = ms.compare(true, measured, **options).numbers()
    assert without["skill"]["homogenised"] is None and "--homogenised" in without["homogenised_missing"]
    with pytest.raises(ms.InputError, match="or one column of layers"):
        ms.compare(true, measured, homogenised=true[:5], **options)


def test_a_run_that_made_its_twin_has_the_skill_over_it(tmp_path):
    from microsim.volumes.volume import write_volume

    small = {**SMALL, "protocol": ["Discharge at 2C for 600 s"]}
    first = ms.run(DEMO, tmp_path / "first", set=small)
    seen = first.sto.values + 0.002 * np.random.default_rng(0).standard_normal(first.sto.values.shape)
    measured = write_volume(tmp_path / "m.tif", seen.astype(np.float32))
    compared = {"measured": str(measured), "voxel_size_nm": 400, "file_axes": "xyz", "sigma": 0.002}
    with_map = {**small, "compare": compared}
    found = ms.run(DEMO, tmp_path / "twin", set={**with_map, "output.homogenised": True}).numbers()[
        "comparison"
    ]
    assert (
        found["skill"]["homogenised"] == pytest.approx(1, abs=0.02) and found["homogenised_missing"] is None
    )
    layers = profile_x(first.sto.values)[:, None, None]
    least = np.sqrt(np.nanmean((first.sto.values - layers) ** 2))  # of any map of the depth
    assert least < found["naive_rmse"]["homogenised"] < 10 * least
    assert found["naive_rmse"]["homogenised"] < 2 * found["naive_rmse"]["constant"]
    none = ms.run(DEMO, tmp_path / "none", set=with_map).numbers()["comparison"]
    assert none["skill"]["homogenised"] is None and "output.homogenised" in none["homogenised_missing"]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (np.full((7, 1, 1), 0.5), "layers as thick together as the simulated map, 8 um, got 2.8 um"),
        (np.full((20, 1, 1), 50.0), "got a median of 50 in the homogenised electrode and"),
    ],
)
def test_a_homogenised_electrode_of_another_thickness_or_scale_is_refused(layers, said):
    values = 0.5 + 0.1 * np.random.default_rng(5).random(AM.shape)
    with pytest.raises(InputError, match=said):
        ms.compare(values, values + 0.01, voxel_size=H, sigma=0.02, homogenised=layers)
