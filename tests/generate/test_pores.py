from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.generate.pores import PoreArrays, channels
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.percolation import percolating
from microsim.shapes.measures import chords
from microsim.transport.tortuosity import solve_tortuosity

ICE = PoreArrays(share=(0.33, 0.22, 0.11), width=(24e-6, 18e-6, 12e-6), length=(1e-3,))


def drawn(pores, shape=(60, 96, 96), voxel=2e-6, seed=0):
    return channels(pores, shape, voxel, np.random.default_rng(seed))


def test_shares_and_widths_over_the_depth():
    found = drawn(ICE)
    assert found.reshape(3, 20, 96, 96).mean((1, 2, 3)) == pytest.approx(ICE.share, abs=2e-3)
    for region, width in zip(found.reshape(3, 20, 96, 96), ICE.width):
        assert chords(region, 2e-6, 1).mean == pytest.approx(width, rel=0.2)


@pytest.mark.parametrize("kind, ratio", [("columns", (0.75, 1.35)), ("lamellae", (2.5, 9))])
def test_columns_are_round_and_lamellae_long(kind, ratio):
    found = drawn(replace(ICE, kind=kind, share=(0.2,), width=(12e-6,)))
    assert ratio[0] < chords(found, 2e-6, 2).mean / chords(found, 2e-6, 1).mean < ratio[1]


@pytest.mark.parametrize("seed", range(3))
def test_channels_run_along_x(seed):
    found = drawn(ICE, seed=seed)
    assert np.mean(percolating(found, "x")[found]) > 0.8
    assert chords(found, 2e-6, 0).mean > 4 * chords(found, 2e-6, 1).mean


def test_arms_join_channels_across_the_walls():
    """Porosity by region stays; in the plane the channels, which stood apart, are joined; x stays open."""
    joined = replace(ICE, arms=(0.1, 0.15, 0.3))
    for seed in (0, 1):
        apart, arms = drawn(ICE, seed=seed), drawn(joined, seed=seed)
        assert arms.reshape(3, 20, 96, 96).mean((1, 2, 3)) == pytest.approx(ICE.share, abs=2e-3)
        assert percolating(apart, "y")[apart].mean() < 0.1
        assert percolating(arms, "y")[arms].mean() > 0.9
        grid = VoxelGrid(np.where(arms, 0, 1).astype(np.uint8), ("pore", "am"), (2e-6,) * 3)
        through, across = (solve_tortuosity(grid, {"pore": 1.0}, axis).tau for axis in (0, 1))
        assert through < 3
        assert across > 4


def test_short_channels_wind():
    found = [drawn(replace(ICE, length=(length,))) for length in (2e-3, 2e-5)]
    steps = [np.mean(channel[1:] ^ channel[:-1]) for channel in found]
    assert steps[1] > 3 * steps[0]


def test_channels_too_narrow_for_the_voxels_are_refused():
    with pytest.raises(InputError, match="at least 3 voxels, 6 um"):
        drawn(replace(ICE, width=(24e-6, 4e-6)))


def test_channels_too_wide_for_the_section_are_refused():
    with pytest.raises(InputError, match="at most a third of the section's shorter side, 64 um"):
        drawn(replace(ICE, width=(70e-6,)))


def test_walls_are_packed_or_solid():
    base = {"shape": (48, 40, 40), "pores": PoreArrays(share=(0.25, 0.15), width=(3.2e-6,))}
    solid = build_electrode(ElectrodeRecipe(**{**base, "pores": replace(base["pores"], walls="solid")}))
    assert solid.measured["volume_fraction"] == pytest.approx({"pore": 0.2, "am": 0.8, "cbd": 0}, abs=1e-3)
    packed = build_electrode(ElectrodeRecipe(**base, active_fraction=0.45, largest_diameter=8e-6))
    assert packed.measured["volume_fraction"]["am"] == pytest.approx(0.45, abs=1e-3)
    assert np.all(packed.phase[solid.phase == 0] == 0)
