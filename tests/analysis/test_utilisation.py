"""Particles, depth, distance, local rate and reaction front of states whose unevenness is known."""

import numpy as np
import pytest

from microsim.analysis.utilisation import Utilisation, particle_of_cells
from microsim.cell.contacts import LostContact, after_loss
from microsim.shapes.splitting import label_particles, surface_distance, surface_reached

from ..cells import half_cell, voxel_grid
from .test_overpotentials import SLAB, porous_cell

H = 0.5e-6


def balls(radius=4):
    """Two balls along x that only pores part, joined to the collector by CBD; x, y, z."""
    x, y, z = np.indices((22, 10, 10)) + 0.5
    labels = np.zeros((22, 10, 10), int)
    labels[:, :, 8:] = 2
    for centre in (5.0, 16.0):
        labels[(x - centre) ** 2 + (y - 5) ** 2 + (z - 5) ** 2 < radius**2] = 1
    return labels


@pytest.fixture(scope="module")
def uneven():
    labels = balls()
    cell = half_cell(labels, H)
    return Utilisation(cell, label_particles(voxel_grid(labels, H), ["am"]))


def state(uneven, sto):
    """A state with a given lithiation, by depth x (m) of the cells."""
    cell = uneven.cell
    depth = (cell.mesh.solid.position[:, 0] - cell.mesh.lines + 0.5) * H
    return cell.vector(V=4.0, sto=sto(depth), c_e=1000.0)


def test_particles_are_told_apart(uneven):
    found = uneven.particles()
    assert found["count"] == found["listed"] == 2
    assert found["depth_m"] == pytest.approx([5.0 * H, 16.0 * H], rel=0.02)
    assert found["diameter_m"] == pytest.approx([8 * H] * 2, rel=0.05)


def test_touching_balls_are_two_particles():
    labels = np.zeros((20, 12, 12), int)
    x, y, z = np.indices(labels.shape) + 0.5
    for centre in (5.5, 14.5):
        labels[(x - centre) ** 2 + (y - 6) ** 2 + (z - 6) ** 2 < 25] = 1
    found = label_particles(voxel_grid(labels, H), ["am"])
    assert found.max() == 2 and found[5, 6, 6] != found[14, 6, 6]


def test_between_and_within_share_the_variance(uneven):
    rng = np.random.default_rng(0)
    spread = uneven.spread(
        state(uneven, lambda x: 0.3 + 0.1 * (x > 10 * H) + 0.02 * rng.standard_normal(x.size))
    )
    assert spread["std"] ** 2 == pytest.approx(
        spread["std_between"] ** 2 + spread["std_within"] ** 2, rel=1e-9
    )
    assert spread["std_between"] == pytest.approx(0.05, rel=0.05) and spread["std_within"] == pytest.approx(
        0.02, rel=0.1
    )
    even = uneven.spread(state(uneven, lambda x: 0.3 + 0.1 * (x > 10 * H)))
    assert even["std_within"] < 1e-12 and even["std_over_depth"] == pytest.approx(
        even["std_between"], rel=1e-9
    )


def test_local_rate(uneven):
    window = 0.63
    before = np.full(uneven.cell.mesh.solid.n, 0.3)
    active = uneven.cell.mesh.materials[0]
    assert abs(active.sto_0 - active.sto_100) == pytest.approx(window, abs=0.02)
    window = abs(active.sto_0 - active.sto_100)
    rates = uneven.rates(state(uneven, lambda x: 0.3 + 0.1 * (x > 10 * H)), before, 1800.0)
    found = rates["local_c_rate"]
    assert rates["local_c_rate_taking_part"] == found
    assert found["p05"] == 0 and found["p95"] == found["max"] == pytest.approx(0.2 / window)
    assert found["mean"] == pytest.approx(0.1 / window, rel=0.02)


def test_distance_and_depth_profiles(uneven):
    cell = uneven.cell
    x, y, z = cell.mesh.solid.position.T
    x = x - cell.mesh.lines + 0.5
    r = np.minimum(*(np.sqrt((x - c) ** 2 + (y - 4.5) ** 2 + (z - 4.5) ** 2) for c in (5.0, 16.0)))
    sto = 0.2 + 0.1 * r / 4  # highest at the surface
    end = uneven.ending(cell.vector(V=4.0, sto=sto, c_e=1000.0))
    near = end["by_distance_to_surface"]
    assert np.all(np.diff(near["mean"]) < 0) and sum(near["share"]) == pytest.approx(1, abs=1e-5)
    slope = np.polyfit(near["distance_m"], near["mean"], 1)[0]
    assert slope == pytest.approx(-0.1 / (4 * H), rel=0.15)
    assert end["by_depth"]["mean"][10] is None  # between the balls
    assert end["utilisation"]["max"] - end["utilisation"]["min"] < 0.01
    assert end["particles"]["std"][0] == pytest.approx(np.std(sto), rel=0.05)


def apart():
    """Two balls of which the first has no way to the collector: all of it keeps the 0.27 of the start."""
    labels = balls()
    labels[:10, :, 8:] = 0
    cell = half_cell(labels, H)
    return Utilisation(cell, label_particles(voxel_grid(labels, H), ["am"])), labels


def test_what_no_path_joins_is_part_of_all_active_material():
    uneven, labels = apart()
    found = uneven.spread(state(uneven, lambda x: 0.47 + 0 * x))
    share = np.count_nonzero(labels[:10] == 1) / np.count_nonzero(labels == 1)
    spread = 0.2 * np.sqrt(share * (1 - share))  # of two values
    assert found["mean"] == pytest.approx(0.27 * share + 0.47 * (1 - share))
    assert found["std"] == pytest.approx(spread) and found["std_between"] == pytest.approx(spread)
    assert found["std_over_depth"] == pytest.approx(spread) and found["std_within"] < 1e-12
    assert found["share_taking_part"] == pytest.approx(1 - share)
    assert found["mean_taking_part"] == pytest.approx(0.47) and found["std_taking_part"] < 1e-12
    assert uneven.particles()["count"] == 2


def test_the_end_of_a_step_tells_the_particles_that_take_no_part():
    uneven, labels = apart()
    end = uneven.ending(state(uneven, lambda x: 0.47 + 0 * x))
    assert end["particles"]["mean"] == [0.27, 0.47] and end["particles"]["taking_part"] == [0.0, 1.0]
    assert end["by_depth"]["mean"][5] == 0.27 and end["by_depth"]["mean"][16] == 0.47
    near, share = end["by_distance_to_surface"], np.count_nonzero(labels[:10] == 1) / (labels == 1).sum()
    assert np.average(near["mean"], weights=near["share"]) == pytest.approx(0.47 - 0.2 * share, abs=1e-5)
    some, all_ = end["utilisation_taking_part"], end["utilisation"]
    assert some["min"] == some["max"] == all_["max"] > all_["min"] and some["std"] == 0


def test_rates_of_all_material_and_of_what_takes_part():
    uneven, labels = apart()
    before, active = np.full(uneven.cell.mesh.solid.n, 0.3), uneven.cell.mesh.materials[0]
    found = uneven.rates(state(uneven, lambda x: 0.4 + 0 * x), before, 3600.0)
    rate = 0.1 / abs(active.sto_0 - active.sto_100)
    some, all_ = found["local_c_rate_taking_part"], found["local_c_rate"]
    assert some["p05"] == pytest.approx(rate) and some["mean"] == pytest.approx(rate)
    share = np.count_nonzero(labels[:10] == 1) / np.count_nonzero(labels == 1)
    assert all_["p05"] == 0 and all_["mean"] == pytest.approx((1 - share) * rate)


def test_contact_lost_at_the_start_or_on_the_way_is_the_same_state():
    """A ball set off from the start, and one that falls away before anything flows."""
    labels = balls()
    group = np.where(labels == 1, 1 + (np.arange(22) > 10)[:, None, None], 0)
    off = LostContact(np.array([0.0, 1.0, 0.0]), group, True)
    start = half_cell(labels, H, contact_lost=off)
    way = after_loss(half_cell(labels, H), off)[0]
    found = []
    for cell in (start, way):
        uneven, x = Utilisation(cell, group.astype(np.int32)), cell.mesh.solid.position[:, 0]
        sto = np.where(x - cell.mesh.lines > 10, 0.4 + 0.01 * x, 0.27)
        found.append(uneven.spread(cell.vector(V=4.0, sto=sto, c_e=1000.0)))
    assert found[0] == pytest.approx(found[1], rel=1e-12)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_distance_to_the_surface_is_in_metres_whatever_the_voxels(axis):
    """A plate of six layers: half a layer, one and a half, two and a half from either side."""
    mask, edges = np.zeros((10, 10, 10), bool), (1e-7, 2e-7, 4e-7)
    np.moveaxis(mask, axis, 0)[2:8] = True
    layers = np.moveaxis(surface_distance(mask, edges), axis, 0)[2:8, 5, 5]
    assert layers == pytest.approx(edges[axis] * np.array([0.5, 1.5, 2.5, 2.5, 1.5, 0.5]), rel=1e-6)


def test_distance_in_cubes_and_near_cubes_is_the_same():
    mask = balls() == 1
    cubes, near = (surface_distance(mask, (H, H, edge)) for edge in (H, 1.000001 * H))
    assert near[mask] == pytest.approx(cubes[mask], rel=1e-5)


def test_the_profile_of_the_distance_spans_a_plate_of_flat_voxels():
    labels = np.zeros((12, 4, 4), int)
    labels[4:] = 1
    grid = voxel_grid(labels, (1e-7, 4e-7, 4e-7))
    cell = half_cell(labels, (1e-7, 4e-7, 4e-7))
    uneven = Utilisation(cell, label_particles(grid, ["am"]))
    near = uneven.ending(cell.vector(V=4.0, sto=0.3, c_e=1000.0))["by_distance_to_surface"]
    assert near["distance_m"][-1] == pytest.approx(7.5e-7, rel=0.1) and len(near["distance_m"]) == 8


def test_front_is_where_the_reaction_is(uneven):
    cell = uneven.cell
    near, least = cell.mesh.faces.position[:, 0] < 10 * H, 1e-5 * cell.mesh.area
    found = uneven.reaction(-np.where(near, 3.0, 1.0), least)
    assert found["peak_depth_m"] < 10 * H and found["half_depth_m"] < 10 * H
    assert found["reaction_A_m2"][4] == 3.0 and found["reaction_A_m2"][10] is None
    assert uneven.reaction(np.where(near, 1.0, -1.0), least)["peak_depth_m"] is None


def test_homogenised_voxels_are_particles():
    cell = porous_cell(8, SLAB)
    uneven = Utilisation(cell, np.zeros((8, 1, 1), np.int32))
    found = uneven.particles()
    assert found["count"] == 8 and not found["resolved"]
    assert uneven.ending(cell.vector(V=4, sto=0.3, c_e=1000))["by_distance_to_surface"] is None
    of = particle_of_cells(cell, np.zeros((8, 1, 1), np.int32))
    assert np.array_equal(np.bincount(of), np.full(14, 8))


def test_a_pore_that_no_electrolyte_reaches_is_no_surface():
    """A cube with a pore inside: closed it does not count, opened to the front by a channel it does."""
    labels = np.zeros((13, 13, 13), np.uint8)
    labels[2:, 1:12, 1:12] = 1
    labels[6:9, 5:8, 5:8] = 0
    opened = labels.copy()
    opened[:6, 6, 6] = 0
    dead, alive = (Utilisation(half_cell(one), (one == 1).astype(int)) for one in (labels, opened))

    def near_pore(uneven):
        x, y, z = uneven.cell.mesh.solid.position.T
        _, of, middles = uneven.bins
        return middles[of[(x - uneven.cell.mesh.lines == 9) & (y == 6) & (z == 6)][0]]

    assert near_pore(alive) == pytest.approx(0.2e-6, rel=0.3)  # beside the pore
    assert near_pore(dead) > 1.5e-6  # the way out to the sides


def test_the_separator_is_electrolyte_too():
    """Active material at the front of the box touches it there."""
    found = surface_reached(np.zeros((4, 3, 3), bool), (1e-6, 1e-6, 1e-6))
    assert found[:, 1, 1] == pytest.approx([0.5e-6, 1.5e-6, 2.5e-6, 3.5e-6])
