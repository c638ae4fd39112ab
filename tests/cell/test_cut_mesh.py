"""The half cell whose surface runs through voxels: flat walls against voxels that end there, and what is
kept."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import assemble
from microsim.cell.cut_mesh import build_cut_mesh
from microsim.cell.load import Load
from microsim.mesh.grid import VoxelGrid
from microsim.numerics.links import Links

from ..cells import ACTIVE, CBD, design, half_cell, run
from ..mesh.test_subvoxel import ball
from .rough import BLOCKS, FROZEN, random_state, rough_step
from .test_jacobian import mismatch

close = partial(pytest.approx, rel=1e-6, abs=0)  # areas and volumes in m2 and m3 lie below its 1e-12
SEPARATOR = (4e-6, 0.47, 0.32)


def cut_cell(share, voxel_size=0.5e-6, **more):
    """HalfCell of shares of active material, electrolyte elsewhere."""
    share = np.asarray(share, float)
    grid = VoxelGrid((share >= 0.5).astype(np.uint8), ("pore", "am"), voxel_size)
    grid = replace(grid, shares={"am": np.rint(255 * share).astype(np.uint8)})
    return assemble(grid, design(grid, separator=SEPARATOR, within_voxels=True, **more))


def wall(n, place):
    """Active material behind a wall across x, at `place` voxels from the front."""
    return np.broadcast_to(np.clip(np.arange(n) + 1 - place, 0, 1)[:, None, None], (n, 2, 2))


def bumpy(n=10):
    """Two balls that merge into a wall at the collector, everything at odd places."""
    balls = [1 - ball(n, r, c) for r, c in ((2.9, (5.3, 3.1, 4.2)), (2.2, (3.6, 6.8, 6.4)))]
    return np.maximum(np.maximum(*balls), np.clip(np.arange(n) - 5.6, 0, 1)[:, None, None])


def test_a_wall_on_voxel_faces_is_the_mesh_of_whole_voxels():
    cut, whole = cut_cell(wall(8, 3)), half_cell(wall(8, 3), 0.5e-6, separator=SEPARATOR)
    faces, plain = cut.mesh.faces, whole.mesh.faces
    assert faces.area == close(plain.area)
    assert faces.bend == close(faces.half_solid**2 / 2)
    cut = replace(cut, mesh=replace(cut.mesh, faces=replace(faces, bend=None)))
    loads = [Load("d", 2 * cut.mesh.area, duration=200.0)]
    V = [run(cell, loads, step=1e-4, newton=1e-7).record.columns["voltage_V"] for cell in (cut, whole)]
    assert V[0] == pytest.approx(V[1], abs=1e-9)


def test_walls_within_a_voxel_are_those_of_finer_voxels():
    """Salt, potentials and lithium about walls at 3.1 to 3.9 of 8 voxels, against tenths of a voxel:
    lithium has come two voxels deep."""
    ends = []
    for place in (3.1, 3.3, 3.5, 3.7, 3.9):
        cut = cut_cell(wall(8, place))
        fine = half_cell(wall(80, round(10 * place)), 0.05e-6, separator=SEPARATOR)
        assert cut.solid_volume.sum() == close((8 - place) * 4 * 0.125e-18, rel=1e-3)
        for cell in (cut, fine):
            found = run(cell, [Load("d", 2 * cell.mesh.area, duration=200.0)], step=1e-4)
            gain = cell.face_sto(found.seen[-1].solved).mean() - 0.27
            ends.append((gain, found.record.columns["voltage_V"][-1]))
    gain, V = np.array(ends).reshape(5, 2, 2).transpose(2, 1, 0)
    assert np.abs(gain[0] / gain[1] - 1).max() < 1e-3
    assert gain[0].mean() == close(gain[1].mean(), rel=1e-3)
    assert V[0].mean() == pytest.approx(V[1].mean(), abs=1e-4)


def test_the_depths_of_a_wall_are_half_of_what_lies_on_either_side():
    faces = cut_cell(wall(8, 3.3)).mesh.faces
    assert faces.area.sum() == close(4 * 0.25e-12)
    assert faces.half_solid == close(0.35 * 0.5e-6, rel=0.01)
    assert faces.half_ionic == close(0.15 * 0.5e-6, rel=0.02)


def test_solid_bare_at_the_separator_reacts_there():
    share = np.zeros((4, 4, 3))
    share[:, :2], share[:, 2] = 1.0, 0.4
    faces = cut_cell(share).mesh.faces
    front = faces.position[:, 0] == 0
    assert faces.area[front].sum() == close(2.4 * 3 * 0.25e-12, rel=1e-3)
    assert faces.area[~front].sum() == close(4 * 3 * 0.25e-12)


def test_what_passes_a_face_goes_into_cells_in_shares_that_add_up_to_one():
    mesh = cut_cell(bumpy()).mesh
    deposit, n = mesh.faces.deposit, len(mesh.faces.area)
    for share in (deposit.ionic_share, deposit.solid_share):
        assert share.sum(axis=1) == close(np.ones(n)) and share.min() > 0 - 1e-12
    values = np.random.default_rng(0).random(n)
    for kind, cells in (("ionic", mesh.ionic.n), ("solid", mesh.solid.n), ("electronic", mesh.electronic.n)):
        assert mesh.faces.summed(kind, values, cells).sum() == close(values.sum())


def test_what_a_part_stores_elsewhere_is_nothing_in_all():
    """Of a wall a part of thickness s keeps (1/3 - s + 2/3 s^2) / 2 for the voxel behind it."""
    faces = cut_cell(wall(8, 3.3)).mesh.faces
    keeps = (1 / 3 - 0.7 + 2 / 3 * 0.49) / 2 * 0.125e-18
    assert -faces.deposit.stored[:, 2] == close(np.full(4, keeps), rel=0.05)
    stored = cut_cell(bumpy()).mesh.faces.deposit.stored
    assert np.abs(stored.sum(axis=1)).max() < 1e-12 * np.abs(stored).max()


@pytest.mark.parametrize("dt, C_dl", [(10.0, 0.0), (1000.0, 0.0), (10.0, 0.2)])
@pytest.mark.parametrize("block", BLOCKS)
def test_jacobian_is_the_slope_of_the_residual(block, dt, C_dl):
    cell = cut_cell(bumpy(), electrolyte=FROZEN)
    assert mismatch(cell, rough_step(cell, dt, C_dl=C_dl), random_state(cell, 1), block) < 1e-5


def test_the_lithiation_at_a_face_is_that_of_the_profile_behind_it():
    """Lithium that falls evenly everywhere lies on a parabola over the depth of a wall."""
    cell, depth = cut_cell(wall(8, 3.3)), 4.7 * 0.5e-6
    found = run(cell, [Load("d", -0.2 * cell.mesh.area, duration=8000.0)], sto=0.8, step=1e-5)
    rate = 0.2 / (96485.33212 * cell.mesh.materials[0].c_s_max * depth)  # 1 / s
    D_s = 4e-15
    mean = 0.8 - 8000.0 * rate
    assert cell.face_sto(found.seen[-1].solved).mean() == close(mean - rate * depth**2 / (3 * D_s), abs=2e-4)


def test_lithium_salt_and_charge_are_kept():
    cell = cut_cell(bumpy())
    current = 2 * cell.mesh.faces.area.sum()
    record = run(cell, [Load("d", current, duration=100.0), Load("r", 0.0, duration=100.0)]).record
    assert record.lithium_balance_error < 1e-11
    assert record.salt_balance_error < 1e-11
    assert record.charge_balance_error < 1e-11


def test_voxels_of_the_image_show_what_their_labels_say():
    share = bumpy()
    cell = cut_cell(share)
    mesh, labels = cell.mesh, share >= 0.5
    solid = mesh.on_image(mesh.solid, np.ones(mesh.solid.n))
    wet = mesh.on_image(mesh.ionic, np.ones(mesh.ionic.n))
    assert not np.any(~np.isnan(solid) & ~labels) and not np.any(~np.isnan(wet) & labels)
    assert np.isnan(solid[labels]).mean() < 0.02


def three_phases(share, labels, **more):
    """Grid of pores, active material with a share, and carbon-binder; and its design."""
    grid = VoxelGrid(np.asarray(labels, np.uint8), ("pore", "am", "cbd"), 0.5e-6)
    grid = replace(grid, shares={"am": np.rint(255 * np.asarray(share, float)).astype(np.uint8)})
    return grid, design(grid, separator=SEPARATOR, within_voxels=True, **more)


@pytest.mark.parametrize("clogged", [False, True])
@pytest.mark.parametrize("order", [(0, 2, 1), (2, 0, 2, 1)])
def test_layers_with_carbon_binder_are_the_mesh_of_whole_voxels(order, clogged):
    """Beside a strip of pores along x, so that there is electrolyte where the carbon-binder is clogged."""
    labels = np.repeat(order, 2)[:, None, None] * np.ones((1, 3, 2), int)
    labels[:, 0] = 0
    more = {"cbd_transport_efficiency": 0.0} if clogged else {}
    grid, own = three_phases(labels == 1, labels, **more)
    cut = assemble(grid, own)
    whole = half_cell(labels, 0.5e-6, separator=SEPARATOR, area_correction=False, **more)
    for name in ("ionic", "electronic"):
        ours, theirs = getattr(cut.mesh, name), getattr(whole.mesh, name)
        assert np.array_equal(ours.index >= 0, theirs.index >= 0)
        u = np.random.default_rng(0).random(theirs.index.shape)
        k = cut.mesh.beta if name == "ionic" else cut.mesh.sigma
        k_whole = whole.mesh.beta if name == "ionic" else whole.mesh.sigma
        flows = [
            Links.of(graph).conducting(k).outflow(graph.gather(u))
            for graph, k in ((ours, k), (theirs, k_whole))
        ]
        assert flows[0] == close(flows[1])
    assert np.array_equal(cut.mesh.additive, whole.mesh.additive)
    assert cut.mesh.eps == close(whole.mesh.eps)
    assert cut.collector_conductance == close(whole.collector_conductance)


def test_part_of_a_surface_under_carbon_binder_reacts():
    labels = np.repeat([0, 2, 1, 1], 2)[:, None, None] * np.ones((1, 2, 2), int)
    grid, own = three_phases(wall(8, 4), labels)
    share, faces = own.phases["cbd"].reactive_share, assemble(grid, own).mesh.faces
    assert 0 < share < 1
    assert faces.area.sum() == close(share * 4 * 0.25e-12) and faces.share == close(share)


def test_a_cut_cell_with_carbon_binder_keeps_lithium_salt_and_charge():
    share = bumpy()
    labels = (share >= 0.5).astype(int)
    labels[4:, :3][labels[4:, :3] == 0] = 2
    grid, own = three_phases(share, labels)
    cell = assemble(grid, own)
    current = 2 * cell.mesh.faces.area.sum()
    record = run(cell, [Load("d", current, duration=100.0), Load("r", 0.0, duration=100.0)]).record
    assert record.lithium_balance_error < 1e-11
    assert record.salt_balance_error < 1e-11
    assert record.charge_balance_error < 1e-11
    phi_s = cell.mesh.on_image(cell.mesh.electronic, np.ones(cell.mesh.electronic.n))
    assert np.isnan(phi_s[labels == 0]).all() and not np.isnan(phi_s[labels == 2]).all()


def test_what_is_not_known_between_solids_is_refused():
    labels = np.repeat([0, 2, 1], 2)[:, None, None] * np.ones((1, 2, 2), int)
    grid, own = three_phases(labels == 1, labels)
    for phases in ({"cbd": ACTIVE}, {"am": CBD}):
        with pytest.raises(InputError, match="one phase of active material, and at most one of carbon"):
            build_cut_mesh(grid, replace(own, phases=own.phases | phases))
    for more in ({"contact_resistance": 1e-4}, {"contact_lost": 0.5}):
        with pytest.raises(InputError, match="expected no contact_resistance and no contact that is lost"):
            build_cut_mesh(grid, replace(own, **more))


@pytest.mark.parametrize("place, what", [(0, "electrolyte to reach in"), (8, "am joined to the collector")])
def test_nothing_that_reaches_an_end_is_refused(place, what):
    with pytest.raises(InputError, match=what):
        cut_cell(wall(8, place))
