"""Active material without a cell: with the cells it is all of the active material, whatever holds it."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.constants import F
from microsim.case.build import assemble
from microsim.cell.contacts import LostContact
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

from ..cells import ACTIVE, design, half_cell
from ..mesh.test_subvoxel import ball
from .test_cut_mesh import cut_cell, wall

H = 0.4e-6


def islands():
    """A plate at the collector and three voxels in front of it."""
    labels = np.zeros((8, 4, 4), np.uint8)
    labels[5:], labels[1:3, 1, 1], labels[3, 3, 3] = 1, 1, 1
    return labels


def test_islands_hold_what_the_cells_lack():
    cell = half_cell(islands(), H, initial_sto=0.4)
    idle, one = cell.mesh.idle, F * ACTIVE.c_s_max * H**3
    assert idle.n == cell.mesh.counts["isolated_active"] == 3
    assert sorted(map(tuple, idle.position)) == [(1, 1, 1), (2, 1, 1), (3, 3, 3)]
    assert idle.capacity == pytest.approx(one, rel=1e-12) and idle.resolved.all()
    assert idle.volume == pytest.approx(np.full(3, H**3), rel=1e-12, abs=0)
    assert set(idle.sto) == {0.4} and idle.window == pytest.approx(ACTIVE.sto_0 - ACTIVE.sto_100)
    whole = cell.capacity.sum() + idle.capacity.sum()
    assert whole == pytest.approx(one * np.count_nonzero(islands()), rel=1e-12)


def test_islands_have_the_map_they_start_from():
    start = np.linspace(0.3, 0.5, 8 * 4 * 4).reshape(8, 4, 4)
    idle = half_cell(islands(), H, initial_sto=start).mesh.idle
    assert np.array_equal(idle.sto, start[tuple(idle.position.T)])


def test_all_that_a_set_off_particle_holds_is_idle():
    group = islands().astype(int)
    group[5:, :2] = 2
    lost = LostContact(np.array([0.0, 0.0, 1.0]), group, True)
    idle = half_cell(islands(), H, contact_lost=lost).mesh.idle
    assert idle.n == 3 + np.count_nonzero(group == 2)


def test_nothing_idle_where_all_is_joined():
    assert half_cell(np.minimum(islands(), np.arange(8)[:, None, None] > 4), H).mesh.idle.n == 0


def test_particles_of_a_homogenised_electrode_weigh_by_their_share():
    """Two layers before a gap that only electrolyte fills."""
    labels = np.ones((6, 1, 1), np.uint8)
    labels[2] = 0
    grid, porous = VoxelGrid(labels, ("pore", "cathode"), 1e-6), load("Chen2020_cathode")
    made = replace(design(grid), phases={"pore": None, "cathode": porous}, shells=4)
    cell = assemble(grid, made)
    idle, one = cell.mesh.idle, porous.active_fraction * F * porous.active.c_s_max * 1e-18
    assert idle.position[:, 0].tolist() == [0, 1] and not idle.resolved.any()
    assert idle.capacity == pytest.approx(one, rel=1e-12)
    assert cell.capacity.sum() == pytest.approx(3 * one, rel=1e-6)


def test_a_ball_within_voxels_weighs_by_its_shares():
    """A ball of 2.3 voxels in front of a wall at 7.4 of 10: its shares, to what eight bits hold."""
    share = np.maximum(
        np.repeat(np.repeat(wall(10, 7.4)[:, :1, :1], 10, 1), 10, 2), 1 - ball(10, 2.3, (3.2, 5.1, 4.8))
    )
    cell = cut_cell(share, H)
    idle, whole = cell.mesh.idle, share.sum() * H**3
    assert idle.volume.sum() == pytest.approx(share[:7].sum() * H**3, rel=2e-3, abs=0)
    assert idle.volume.sum() + cell.solid_volume.sum() == pytest.approx(whole, rel=1e-3, abs=0)


@pytest.mark.parametrize("noise", [0.004, 0.016])
def test_noise_of_the_shares_of_pores_is_no_material(noise):
    """Grey levels leave shares of a few hundredths in pores: they are no part of any surface."""
    clean = np.repeat(np.repeat(wall(10, 5.4)[:, :1, :1], 10, 1), 10, 2)
    seen = np.clip(clean + noise * np.random.default_rng(0).standard_normal(clean.shape), 0, 1)
    seen = np.where((clean > 0) & (clean < 1), clean, seen)
    idle = cut_cell(seen, H).mesh.idle
    assert np.count_nonzero(seen[:5]) > 100 and idle.volume.sum() == 0 and idle.n == 0
