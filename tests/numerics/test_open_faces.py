"""Clusters and links of voxels whose faces are open in part: twins, and what must hold of any."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.graph import voxel_graph
from microsim.numerics.kernels.cpu.coarsening import children_of

from .twins import agree

quick = settings(max_examples=12, deadline=None)
SHAPE = (5, 6, 4)
STRETCH = np.array([1.0, 2.0, 0.5], np.float32)


def some_open(seed, periodic):
    """Openings of half the faces, those of opposite sides alike where they are one face."""
    rng = np.random.default_rng(seed)
    opening = rng.random((3, *(n + 1 for n in SHAPE)), np.float32) * (rng.random((3, 6, 7, 5)) < 0.5)
    if periodic:
        opening[1, :, -1], opening[2, :, :, -1] = opening[1, :, 0], opening[2, :, :, 0]
    return opening.astype(np.float32)


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


def some_cells(seed, periodic):
    """Graph of most of the voxels; openings, those of opposite sides alike where they are one face."""
    mask = np.random.default_rng(seed).random(SHAPE) < 0.8
    return voxel_graph(mask, [np.ones(n) for n in SHAPE], periodic), some_open(seed, periodic)


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
@given(st.integers(0, 2**31), st.booleans(), st.sampled_from([(2, 2, 2), (2, 1, 2), (1, 2, 1)]))
def test_blocks_of_voxels(seed, periodic, step):
    graph, opening = some_cells(seed, periodic)
    blocks = [-(-n // s) for n, s in zip(SHAPE, step)]
    part, parts = np.zeros(SHAPE, np.uint8), np.zeros(blocks, np.uint8)
    given_ = graph.index, opening, step
    part, parts = agree("open_faces.block_parts", *given_, part, parts, outputs=[3, 4])
    base = (np.cumsum(parts) - parts.ravel()).astype(np.int32).reshape(blocks)
    parent = np.zeros(graph.n, np.int32)
    (parent,) = agree("open_faces.parents", graph.position, step, base, part, parent, outputs=[4])
    assert np.array_equal(np.unique(parent), np.arange(parts.sum()))
    near, weight = linked(graph, periodic, opening)
    children = children_of(parent, int(parts.sum()))
    position = graph.position[children[1][children[0][:-1]]] // np.array(step)
    ratios = [np.linspace(0.4, 0.6, n, dtype=np.float32) for n in blocks]
    given_ = near, weight, parent, *children, position.astype(np.int16), *ratios
    indptr, neighbour, total = agree("open_faces.block_links", *given_)
    rows = np.repeat(np.arange(len(position)), np.diff(indptr))
    assert len(set(zip(rows.tolist(), neighbour.tolist()))) == rows.size and (rows != neighbour).all()
    across = parent[near] != parent[:, None]
    ratio = np.array([r[position[:, a]] for a, r in enumerate(ratios)]).max() + 1e-6
    held = (weight * across).sum()
    assert held * 0.4 - 1e-3 <= total.sum() <= held * ratio


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
