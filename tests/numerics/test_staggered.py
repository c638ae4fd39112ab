"""The staggered grid: its kernels against their slow twins, its operators as operators."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.staggered import SIDES, face_mask, staggered_grid

from .twins import agree

quick = settings(max_examples=30, deadline=None)
shapes = st.tuples(*(st.integers(1, 5) for _ in range(3)))
boxes = st.sampled_from(
    [("no-slip", "pressure"), ("symmetry", "pressure"), ("periodic", "pressure"), ("periodic", "periodic")]
)


def pores(shape, seed, share=0.65):
    pore = np.random.default_rng(seed).random(shape) < share
    pore[:, 0, 0] = True
    return pore


@quick
@given(shapes, boxes, st.integers(0, 99))
def test_kernels_agree_with_their_twins(shape, box, seed):
    pore, (sides, ends) = pores(shape, seed), box
    h, rng = np.array([1.0, 0.7, 1.3]), np.random.default_rng(seed)
    grid = staggered_grid(pore, h, sides, ends, 1.4)
    u, p = rng.normal(size=grid.n), rng.normal(size=grid.cells.n)
    side = [SIDES["periodic"] if ends == "periodic" else SIDES["no-slip"], SIDES[sides], SIDES[sides]]
    index, joined = np.full(shape, -1, np.int32), np.full((grid.cells.n, 6), -1, np.int32)
    index[tuple(grid.cells.position.T)] = np.arange(grid.cells.n)
    for axis, g in enumerate(grid.faces):
        widths, wrap = np.prod(h) / h**2, side[axis] == SIDES["periodic"]
        given = (g.position, pore, axis, widths, np.array(side), 2.5, np.empty(g.n))
        agree("staggered.wall_conductance", *given, outputs=[6], rtol=1e-12)
        (cells,) = agree("staggered.face_cells", g.position, index, axis, wrap)
        first, force = grid.part(axis).start, u[grid.part(axis)]
        (joined,) = agree("staggered.cell_faces", cells, first, axis, joined, outputs=[3])
        agree("staggered.add_pressure", cells, grid.area[axis], -1.0, p, force, outputs=[4], rtol=1e-12)
    outflow, centre = np.empty(grid.cells.n), np.empty((3, grid.cells.n))
    agree("staggered.divergence", joined, grid.area, u, outflow, outputs=[3], rtol=1e-12)
    agree("staggered.centre_velocity", joined, u, centre, outputs=[2], rtol=1e-12)
    assert np.array_equal(joined, grid.cell_faces)


@pytest.mark.parametrize("last", [-1, 4])
def test_links_agree_with_their_twins(last):
    from microsim.numerics.graph import voxel_graph

    rng, g = np.random.default_rng(0), voxel_graph(pores((5, 4, 3), 1), [np.ones(n) for n in (5, 4, 3)])
    faces, mobility = rng.integers(0, 40, (g.n, 6)).astype(np.int32), rng.random(40).astype(np.float32)
    weights, out = np.array([1.0, 2.0, 3.0]), np.empty(g.neighbour.size, np.float32)
    (links,) = agree("staggered.face_links", g.indptr, g.face, g.position, 0, weights, last, out, outputs=[6])
    agree("staggered.mobility_links", g.indptr, g.face, faces, mobility, weights, out, outputs=[5])
    assert (1.5 in links) == (last > 0)


@quick
@given(shapes, boxes, st.integers(0, 99))
def test_operators_are_symmetric_and_each_others_adjoint(shape, box, seed):
    grid, rng = staggered_grid(pores(shape, seed), (1.0, 0.8, 1.5), *box, 1.5), np.random.default_rng(seed)
    (u, v), p = rng.normal(size=(2, grid.n)), rng.normal(size=grid.cells.n)
    Au, Av, push = np.empty(grid.n), np.empty(grid.n), np.zeros(grid.n)
    energy = grid.viscous(u, Au)
    grid.viscous(v, Av)
    grid.add_pressure(p, push)
    assert energy == pytest.approx(u @ Au) and energy >= -1e-9
    assert u @ Av == pytest.approx(v @ Au, rel=1e-6, abs=1e-6)  # link weights are float32
    assert u @ push == pytest.approx(p @ grid.divergence(u), rel=1e-12, abs=1e-12)


def test_velocities_live_between_pores():
    pore = pores((4, 3, 5), 3)
    mask = face_mask(pore, 0, False)
    assert mask.shape == (5, 3, 5) and np.array_equal(mask[0], pore[0]) and np.array_equal(mask[4], pore[3])
    assert np.array_equal(mask[1:4], pore[:-1] & pore[1:])
    mask = face_mask(pore, 1, False)
    assert mask.shape == (4, 4, 5) and not mask[:, 0].any() and not mask[:, 3].any()
    assert np.array_equal(face_mask(pore, 2, True)[..., 0], pore[..., 0] & pore[..., 4])
