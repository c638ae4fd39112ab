"""Conductors whose surface cuts voxels: cells linked through open faces, and the multigrid on them."""

from itertools import pairwise

import numpy as np
import pytest

from microsim.numerics.kernels.cpu.coarsening import children_of
from microsim.numerics.kernels.reference.open_faces import clusters
from microsim.numerics.krylov import conjugate_gradients
from microsim.numerics.open_rows import OpenMultigrid, OpenRows, open_aggregates


def some_rows(shape=(9, 8, 7), h=(1.0, 1.0, 1.0), periodic=False, share=0.7):
    """Cells of one conductor that are joined to an end, with faces of any opening, a third of them closed."""
    rng = np.random.default_rng(3)
    opening = rng.random((3, *(n + 1 for n in shape)), np.float32)
    opening[rng.random(opening.shape) < 1 - share] = 0
    if periodic:
        opening[1, :, -1], opening[2, :, :, -1] = opening[1, :, 0], opening[2, :, :, 0]
    cluster = clusters(opening, shape, periodic)
    held = np.unique(cluster[0][opening[0, 0, :-1, :-1] > 0])
    return OpenRows.of(np.isin(cluster, held), opening, h, periodic)


def dense(cells):
    """The matrix A, from the openings alone."""
    index, opening, n = cells.index, cells.opening, cells.index.shape
    A = np.diag(cells.inlet.astype(float) + cells.outlet)
    for axis in range(3):
        around = cells.periodic and axis > 0
        w = opening[axis][tuple(slice(k) for k in n)] * (cells.h[0] / cells.h[axis]) ** 2
        here, there = index, np.roll(index, 1, axis)
        keep = np.moveaxis(np.ones(n, bool), axis, 0)
        keep[0] = around
        keep = np.moveaxis(keep, 0, axis) & (here >= 0) & (there >= 0)
        i, j, w = here[keep], there[keep], w[keep]
        for a, b, value in ((i, i, w), (j, j, w), (i, j, -w), (j, i, -w)):
            np.add.at(A, (a, b), value)
    return A


@pytest.mark.parametrize("h", [(1.0, 1.0, 1.0), (1.0, 3.0, 0.9)])
@pytest.mark.parametrize("periodic", [False, True])
def test_a_product_is_that_of_the_openings(h, periodic):
    cells = some_rows(h=np.array(h), periodic=periodic)
    multigrid, out = OpenMultigrid(cells), np.empty(cells.n, np.float32)
    p = np.random.default_rng(1).normal(size=cells.n).astype(np.float32)
    energy = multigrid.apply(p, out)
    assert np.allclose(out, dense(cells) @ p, atol=1e-4) and np.isclose(
        energy, p @ dense(cells) @ p, rtol=1e-5
    )


@pytest.mark.parametrize("periodic", [False, True])
def test_a_cycle_is_symmetric_and_conjugate_gradients_need_few_of_them(periodic):
    cells = some_rows((24, 22, 20), periodic=periodic)
    multigrid = OpenMultigrid(cells)
    a, b = np.random.default_rng(2).normal(size=(2, cells.n)).astype(np.float32)
    one, other = (multigrid.cycle(v).copy() for v in (a, b))
    assert np.isclose(b @ one, a @ other, rtol=1e-3)
    r = cells.inlet.copy()
    x, gains, _ = conjugate_gradients(
        multigrid.apply, multigrid.cycle, r, enough=lambda gains, r: np.linalg.norm(r) < 1e-4
    )
    assert len(gains) < 25 and np.abs(cells.inlet - dense(cells) @ x).max() < 1e-3


def test_an_aggregate_holds_what_open_faces_join_within_a_block():
    cells = some_rows((6, 6, 6), share=0.5)
    graph, _, parent, _, _ = open_aggregates(cells)
    ptr, child = children_of(parent, graph.n)
    A = dense(cells) != 0
    for begin, end in pairwise(ptr):
        own = child[begin:end]
        assert len(np.unique(cells.position[own] // 2, axis=0)) == 1
        joined = np.linalg.matrix_power(A[np.ix_(own, own)].astype(float) + np.eye(own.size), 8) > 0
        assert joined.all()


def test_a_coarse_link_is_the_sum_of_the_open_faces_over_twice_the_distance():
    cells = some_rows((8, 8, 8), share=1.0)
    graph, weight, *_ = open_aggregates(cells)
    assert graph.n == 64
    for i in (0, 13, 40):
        block = graph.position[i].astype(int)
        for slot in range(graph.indptr[i], graph.indptr[i + 1]):
            other = graph.position[graph.neighbour[slot]].astype(int)
            axis = int(np.flatnonzero(other != block)[0])
            at = [slice(2 * k, 2 * k + 2) for k in block]
            at[axis] = 2 * max(block[axis], other[axis])
            assert np.isclose(weight[slot], cells.opening[axis][tuple(at)].sum() / 2, rtol=1e-5)


def test_ends_conduct_as_their_cells_in_series_with_the_way_through_them():
    cells = some_rows((8, 8, 8), share=1.0)
    graph, *_, low, _ = open_aggregates(cells)
    i = int(np.flatnonzero((graph.position == 0).all(axis=1))[0])
    ends = 2 * cells.opening[0, 0, :2, :2].astype(float).sum()
    through = 2 * cells.opening[0, 1, :2, :2].astype(float).sum()
    assert np.isclose(low[i], max(1 / (1 / ends + 1 / through), ends / 2), rtol=1e-5)


def test_planes_are_those_of_x():
    cells = some_rows()
    found = np.zeros(cells.n)
    for x in range(cells.index.shape[0]):
        for first, stop in zip(cells.planes[:, x], cells.planes[:, x + 1]):
            assert (cells.position[first:stop, 0] == x).all()
            found[first:stop] += 1
    assert (found == 1).all()
