"""Velocities beside walls that run through voxels: channels anywhere, operators, and what must not join."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.codes import FREE, NO_SLIP, WRAP
from microsim.numerics.cut_faces import Walls
from microsim.numerics.staggered import SIDES, face_mask, staggered_grid

quick = settings(max_examples=30, deadline=None)
boxes = st.sampled_from(
    [("no-slip", "pressure"), ("symmetry", "pressure"), ("periodic", "pressure"), ("periodic", "periodic")]
)
ENDED = np.array([NO_SLIP, FREE, FREE])


def depths(seed, shape=(4, 5, 6)):
    """Depths and normals without a shape behind them."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(-0.9, 1.2, shape).astype(np.float32)
    depth[:, 0, 0] = 0.7
    normal = rng.normal(size=(3, *shape)).astype(np.float32)
    return depth, normal / np.sqrt((normal**2).sum(axis=0))


def channel(width, place, n):
    """Depth and normal of voxels across a channel whose walls run through y = place and place + width."""
    y = np.arange(n) + 0.5
    depth = np.minimum(y - place, place + width - y)
    slope = np.where(y < place + width / 2, 1.0, -1.0)
    shape, normal = (3, n, 2), np.zeros((3, 3, n, 2), np.float32)
    normal[1] = slope[:, None]
    return np.broadcast_to(depth[:, None], shape).astype(np.float32), normal


@settings(max_examples=60, deadline=None)
@given(st.floats(3.0, 9.0), st.floats(1.0, 2.0))
def test_channels_carry_their_flux_wherever_the_walls_are(width, place):
    """width^3 / 12 of plane Poiseuille flow, by a direct solve of the velocities of one cross-section."""
    depth, normal = channel(width, place, 13)
    grid = staggered_grid(depth > 0, (1.0, 1.0, 1.0), "symmetry", "pressure", 3.0, (depth, normal))
    part = grid.part(0)
    middle = np.flatnonzero((grid.faces[0].position[:, 0] == 1) & (grid.faces[0].position[:, 2] == 0))
    matrix = np.array([_row(grid, part, i, middle) for i in middle])
    u = np.linalg.solve(matrix, grid.open[part][middle])
    assert u @ grid.open[part][middle] == pytest.approx(width**3 / 12, rel=1.6 / width**3)


def _row(grid, part, i, among):
    """The equation of one velocity among those of its cross-section: all planes of x alike, no flow out."""
    e, out = np.zeros(grid.n), np.empty(grid.n)
    x, z = grid.faces[0].position[:, 0], grid.faces[0].position[:, 2]
    e[part][(grid.faces[0].position[:, 1] == grid.faces[0].position[i, 1])] = 1
    grid.viscous(e, out)
    assert np.ptp(z) == 1 and np.ptp(x) == 3
    return out[part][among]


@quick
@given(boxes, st.integers(0, 999))
def test_operators_are_symmetric_and_each_others_adjoint(box, seed):
    depth, normal = depths(seed)
    grid = staggered_grid(depth > 0, (1.0, 0.8, 1.5), *box, 3.0, (depth, normal))
    rng = np.random.default_rng(seed)
    (u, v), p = rng.normal(size=(2, grid.n)), rng.normal(size=grid.cells.n)
    Au, Av, push, drive = np.empty(grid.n), np.empty(grid.n), np.zeros(grid.n), np.zeros(grid.n)
    energy = grid.viscous(u, Au)
    grid.viscous(v, Av)
    grid.add_pressure(p, push)
    grid.drive(drive)
    assert energy == pytest.approx(u @ Au) and energy > 0
    assert u @ Av == pytest.approx(v @ Au, rel=1e-6, abs=1e-6 * energy)  # link weights are float32
    assert u @ push == pytest.approx(p @ grid.divergence(u), rel=1e-6, abs=1e-6)
    assert drive @ u == pytest.approx(grid.work(u), rel=1e-6, abs=1e-9)
    assert ((grid.open > 0.3) & (grid.open < 1.2)).all()


@quick
@given(boxes, st.integers(0, 999))
def test_faces_between_voxels_of_fluid_carry(box, seed):
    depth, normal = depths(seed)
    sides, ends = box
    side = np.array([WRAP if ends == "periodic" else NO_SLIP, SIDES[sides], SIDES[sides]])
    walls = Walls(depth, normal, side)
    for axis in range(3):
        both = face_mask(depth > 0, axis, bool(side[axis] == WRAP))
        carries = walls.faces(axis)
        assert carries.shape == both.shape and (carries | ~both).all()


@quick
@given(st.integers(0, 999), st.integers(0, 2))
def test_a_mirror_image_has_the_mirrored_faces(seed, axis):
    depth, normal = depths(seed)
    there = Walls(np.flip(depth, axis), _mirrored(normal, axis), ENDED)
    for along in range(3):
        assert np.array_equal(np.flip(there.faces(along), axis), Walls(depth, normal, ENDED).faces(along))


def _mirrored(normal, axis):
    out = np.flip(normal, axis + 1).copy()
    out[axis] *= -1
    return out


def test_a_wall_of_a_voxel_lets_nothing_through():
    """Both sides of it reach to the faces of its voxels, whose centres alone are solid."""
    depth, normal = np.full((3, 5, 3), 0.8, np.float32), np.zeros((3, 3, 5, 3), np.float32)
    depth[:, 2], normal[1, :, :2], normal[1, :, 3:] = -0.2, -1, 1
    walls = Walls(depth, normal, ENDED)
    assert not walls.faces(1)[:, 2:4].any() and not walls.cells[:, 2].any()
    depth[1:, 3:] = -0.8  # the pore beyond ends: what is left of it opens into the voxel of the wall
    assert Walls(depth, normal, ENDED).faces(1)[2, 2].all()


def test_two_pores_that_meet_at_an_edge_stay_apart():
    """A solid voxel with a pore on one side and another on the next, solid between the two."""
    depth = np.full((3, 3, 3), -0.8, np.float32)
    depth[:, 1, 1], depth[:, 0, 1], depth[:, 1, 0] = -0.2, 0.8, 0.8
    walls = Walls(depth, np.zeros((3, 3, 3, 3), np.float32), ENDED)
    assert not walls.cells[:, 1, 1].any()
    depth[:, 0, 0] = 0.8  # one pore around the corner
    assert Walls(depth, np.zeros((3, 3, 3, 3), np.float32), ENDED).cells[:, 1, 1].all()
