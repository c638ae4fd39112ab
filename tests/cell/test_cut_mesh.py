"""The half cell whose surface runs through voxels: flat walls against voxels that end there, and what is
kept."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import assemble
from microsim.cell.cut_mesh import build_cut_mesh
from microsim.cell.load import Load
from microsim.mesh.grid import VoxelGrid

from ..cells import design, half_cell, run
from ..mesh.test_subvoxel import ball
from .rough import BLOCKS, FROZEN, random_state, rough_step
from .test_jacobian import mismatch

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
    assert faces.area == pytest.approx(plain.area)
    loads = [Load("d", 2 * cut.mesh.area, duration=200.0)]
    V = [run(cell, loads, step=1e-4).record.columns["voltage_V"] for cell in (cut, whole)]
    assert V[0] == pytest.approx(V[1], abs=1e-9)


def test_a_wall_within_a_voxel_is_that_of_finer_voxels():
    """Salt, potentials and lithium about a wall at 3.3 of 8 voxels, against tenths of a voxel."""
    cut, fine = cut_cell(wall(8, 3.3)), half_cell(wall(80, 33), 0.05e-6, separator=SEPARATOR)
    assert cut.solid_volume.sum() == pytest.approx(4.7 * 4 * 0.125e-18, rel=1e-3)
    ends = []
    for cell in (cut, fine):
        found = run(cell, [Load("d", 2 * cell.mesh.area, duration=200.0)], step=1e-4)
        ends.append((found.record.columns["voltage_V"][-1], cell.face_sto(found.seen[-1].solved).mean()))
    assert ends[0][0] == pytest.approx(ends[1][0], abs=3e-4)
    assert ends[0][1] - 0.27 == pytest.approx(ends[1][1] - 0.27, rel=4e-3)


def test_the_depths_of_a_wall_are_half_of_what_lies_on_either_side():
    faces = cut_cell(wall(8, 3.3)).mesh.faces
    assert faces.area.sum() == pytest.approx(4 * 0.25e-12)
    assert faces.half_solid == pytest.approx(0.35 * 0.5e-6, rel=0.01)
    assert faces.half_ionic == pytest.approx(0.15 * 0.5e-6, rel=0.02)


def test_solid_bare_at_the_separator_reacts_there():
    share = np.zeros((4, 4, 3))
    share[:, :2], share[:, 2] = 1.0, 0.4
    faces = cut_cell(share).mesh.faces
    front = faces.position[:, 0] == 0
    assert faces.area[front].sum() == pytest.approx(2.4 * 3 * 0.25e-12, rel=1e-3)
    assert faces.area[~front].sum() == pytest.approx(4 * 3 * 0.25e-12)


def test_what_passes_a_face_goes_into_cells_in_shares_that_add_up_to_one():
    mesh = cut_cell(bumpy()).mesh
    deposit, n = mesh.faces.deposit, len(mesh.faces.area)
    for share in (deposit.ionic_share, deposit.solid_share):
        assert share.sum(axis=1) == pytest.approx(np.ones(n)) and share.min() > 0 - 1e-12
    values = np.random.default_rng(0).random(n)
    for kind, cells in (("ionic", mesh.ionic.n), ("solid", mesh.solid.n), ("electronic", mesh.electronic.n)):
        assert mesh.faces.summed(kind, values, cells).sum() == pytest.approx(values.sum())


@pytest.mark.parametrize("block", BLOCKS)
def test_jacobian_is_the_slope_of_the_residual(block):
    cell = cut_cell(bumpy(), electrolyte=FROZEN)
    assert mismatch(cell, rough_step(cell, 10.0), random_state(cell, 1), block) < 1e-5


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


def test_other_solids_are_refused():
    labels = np.zeros((6, 2, 2), np.uint8)
    labels[2:4], labels[4:] = 2, 1
    grid = VoxelGrid(labels, ("pore", "am", "cbd"), 0.5e-6)
    grid = replace(grid, shares={"am": np.uint8(255) * (labels == 1)})
    with pytest.raises(
        InputError, match="one phase of active material with electrolyte around it, got am, cbd"
    ):
        build_cut_mesh(grid, design(grid, within_voxels=True))


@pytest.mark.parametrize("place, what", [(0, "electrolyte to reach in"), (8, "am joined to the collector")])
def test_nothing_that_reaches_an_end_is_refused(place, what):
    with pytest.raises(InputError, match=what):
        cut_cell(wall(8, place))
