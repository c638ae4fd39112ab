"""Clusters and links of voxels whose faces are open in part: twins, and what must hold of any."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.graph import voxel_graph

from .twins import agree

quick = settings(max_examples=12, deadline=None)
SHAPE = (5, 6, 4)


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


@quick
@given(st.integers(0, 2**31), st.booleans())
def test_open_links(seed, periodic):
    opening = some_open(seed, periodic)
    mask = np.random.default_rng(seed).random(SHAPE) < 0.8
    graph = voxel_graph(mask, [np.ones(n) for n in SHAPE], periodic)
    cells = graph.position, graph.index, periodic, opening
    (count,) = agree("open_faces.count_links", *cells, np.zeros_like(graph.indptr), outputs=[4])
    start = np.cumsum(count)
    empty = [np.zeros(start[-1], kind) for kind in (np.int32, np.uint8, np.float64)]
    shape = np.array([1.0, 2.0, 0.5])
    neighbour, _, weight = agree("open_faces.fill_links", *cells, shape, start, *empty, outputs=[6, 7, 8])
    dense = np.zeros((graph.n, graph.n))
    np.add.at(dense, (np.repeat(np.arange(graph.n), np.diff(start)), neighbour), weight)
    assert weight.min() > 0 and np.allclose(dense, dense.T)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    place = graph.position[rows].astype(int)
    place[np.arange(rows.size), graph.face // 2] += graph.face % 2
    whole = np.zeros_like(dense)
    np.add.at(whole, (rows, graph.neighbour), opening[graph.face // 2, *place.T] * shape[graph.face // 2])
    assert np.allclose(dense, whole)
