"""Clusters and links of voxels whose faces are open in part: twins, and what must hold of any."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from .open_voxels import SHAPE, STRETCH, some_cells, some_open
from .twins import agree

quick = settings(max_examples=12, deadline=None)


@quick
@given(st.integers(0, 2**31), st.booleans())
def test_clusters(seed, periodic):
    opening = some_open(seed, periodic)
    (cluster,) = agree("open_faces.clusters", opening, SHAPE, periodic)
    for axis in range(3):
        here = tuple(slice(a == axis, n) for a, n in enumerate(SHAPE))
        there = tuple(slice(n - (a == axis)) for a, n in enumerate(SHAPE))
        joined = opening[axis][here] > 0
        assert np.array_equal(cluster[here][joined], cluster[there][joined])
    first = cluster == np.arange(cluster.size).reshape(SHAPE)
    assert np.array_equal(np.unique(cluster), np.flatnonzero(first))


def linked(graph, periodic, opening):
    """Rows of open links."""
    near, weight = np.zeros((graph.n, 6), np.uint32), np.zeros((graph.n, 6), np.float32)
    cells = graph.index, periodic, opening, STRETCH, near, weight, np.zeros(graph.n, np.float32)
    near, weight, total = agree("open_faces.open_rows", *cells, outputs=[4, 5, 6])
    assert np.allclose(total, weight.sum(axis=1))
    return near, weight


@quick
@given(st.integers(0, 2**31), st.booleans())
def test_open_links(seed, periodic):
    graph, opening = some_cells(seed, periodic)
    near, weight = linked(graph, periodic, opening)
    dense, whole = np.zeros((2, graph.n, graph.n))
    np.add.at(dense, (np.arange(graph.n)[:, None], near), weight)
    assert np.allclose(dense, dense.T)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    place = graph.position[rows].astype(int)
    place[np.arange(rows.size), graph.face // 2] += graph.face % 2
    open_ = opening[graph.face // 2, *place.T] * STRETCH[graph.face // 2]
    np.add.at(whole, (rows, graph.neighbour), open_)
    assert np.allclose(dense, whole)


@quick
@given(st.integers(0, 2**31))
def test_residuals_and_their_sums_over_planes(seed):
    graph, opening = some_cells(seed, False)
    near, weight = linked(graph, False, opening)
    rng, x = np.random.default_rng(seed), graph.position[:, 0]
    lines = np.arange(SHAPE[0] + 1)
    planes = np.array([a + np.searchsorted(x[a:b], lines) for a, b in pairwise(graph.bounds)])
    ends = [np.where(x == end, rng.random(graph.n), 0).astype(np.float32) for end in (0, SHAPE[0] - 1)]
    u, r = rng.random(graph.n), np.zeros(graph.n, np.float32)
    given_ = planes, near, weight, *ends, u, r, *np.zeros((2, SHAPE[0]))
    r, energy, sums = agree("open_faces.residual", *given_, outputs=[6, 7, 8])
    (again,) = agree("open_faces.plane_sums", planes, r, np.zeros(SHAPE[0]), outputs=[2])
    assert np.allclose(again, sums, atol=1e-5) and np.allclose(sums, np.bincount(x, r, SHAPE[0]), atol=1e-5)
    links = (weight * (u[:, None] - u[near]) ** 2).sum() / 2
    assert np.isclose(energy.sum(), links + ends[0] @ (1 - u) ** 2 + ends[1] @ u**2)
