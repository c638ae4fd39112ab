from itertools import pairwise

import numpy as np
from hypothesis import given, settings

from microsim.numerics.backend import kernels
from microsim.numerics.fixed_rows import Rows, spans_of
from microsim.numerics.graph import voxel_graph

from .random_graphs import coupled_graph, laplacian, rows_of, weighted

quick = settings(max_examples=25, deadline=None)


@quick
@given(weighted())
def test_rows_of_one_length_hold_every_link(case):
    graph, n = case.graph, case.graph.n
    rows = Rows.of(graph, np.float32)
    rows.set(graph, case.weight)
    ground = case.ground.astype(float)
    A = laplacian(graph, case.weight, ground)
    diagonal = A.diagonal().astype(np.float32)
    product = np.empty((n, n), np.float32)
    for k, unit in enumerate(np.eye(n, dtype=np.float32)):
        kernels.cycle.product(*rows, diagonal, unit, product[k])
    assert np.allclose(product, A, rtol=1e-5, atol=1e-6 * np.abs(A).max())


def test_a_cell_with_more_links_than_a_voxel_keeps_them_all():
    """Of label 2 next to label 1: one link of electrons, and one to its ions, by each face."""
    labels = np.ones((3, 3, 3), int)
    labels[1] = 2
    graph = coupled_graph(labels, [np.ones(3)] * 3)
    rows = Rows.of(graph, np.float32)
    assert np.diff(graph.indptr).max() > kernels.cycle.LINKS
    kept = [{*near, *rows.far_near[rows.far == i].ravel()} - {i} for i, near in enumerate(rows.near.tolist())]
    assert kept == [set(graph.neighbour[a:b].tolist()) for a, b in pairwise(graph.indptr)]


@quick
@given(weighted())
def test_no_link_joins_two_cells_of_a_colour(case):
    graph = case.graph
    spans = spans_of(graph)
    colour = np.full(graph.n, -1)
    for first, stop, number in spans:
        assert np.all(colour[first:stop] == -1) and stop > first
        colour[first:stop] = number
    assert np.all(colour >= 0) and list(spans[:, 2]) == sorted(spans[:, 2])
    assert np.all(colour[rows_of(graph)] != colour[graph.neighbour])
    assert sorted(set(colour)) == list(range(colour.max() + 1))


def test_two_coupled_graphs_of_voxels_are_a_chessboard():
    labels = np.random.default_rng(0).integers(0, 3, (6, 6, 6))
    graph = coupled_graph(labels, [np.ones(6)] * 3)
    assert graph.bounds.size == 5 and spans_of(graph)[:, 2].tolist() == [0, 0, 1, 1]
    one = voxel_graph(labels == 0, [np.ones(6)] * 3)
    assert spans_of(one)[:, 2].tolist() == [0, 1]
