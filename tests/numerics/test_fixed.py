"""Links in rows of one length: products against matrices, conductances and slopes against their formulas."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microsim.numerics.backend import kernels
from microsim.numerics.fixed_rows import in_halves
from microsim.numerics.graph import voxel_graph

from .random_graphs import one_layer
from .twins import agree, trade

quick = settings(max_examples=25, deadline=None)


def filled(case):
    """The case's graph with six links a cell, and where they are links."""
    assume(not case.graph.periodic)
    graph = case.graph.filled()
    return graph, graph.near != np.arange(graph.n)[:, None]


def matrix(graph, weight, rest):
    """A of A x = rest x + sum of weight (x_i - x_j)."""
    A = np.diag(rest.astype(float) + weight.astype(float).sum(axis=1))
    np.add.at(A, (np.arange(graph.n)[:, None], graph.near), -weight.astype(float))
    return A


@quick
@given(one_layer(), st.sampled_from([np.float32, np.float64]))
def test_outflows(case, kind):
    graph, there = filled(case)
    weight = case.rng.normal(size=there.shape).astype(np.float32)
    rest = case.rng.normal(size=graph.n).astype(np.float32)
    x, out = case.rng.normal(size=graph.n).astype(kind), np.full(graph.n, np.nan, kind)
    near, within = 1e-5 if kind is np.float32 else 1e-12, graph.near
    (found,) = agree("fixed.outflow", within, weight, rest, x, out, outputs=[4])
    assert found == pytest.approx(matrix(graph, weight, rest) @ x, abs=near)
    values, places = np.unique(np.round(weight), return_inverse=True)
    listed = values, places.reshape(weight.shape).astype(np.uint8)
    (found,) = agree("fixed.listed_outflow", within, *listed, rest, x, out, outputs=[5])
    assert found == pytest.approx(matrix(graph, np.round(weight), rest) @ x, abs=near)
    (found,) = agree("fixed.differences", within, weight, x, out, outputs=[3])
    assert found == pytest.approx(matrix(graph, weight, 0 * rest) @ x, abs=near)


@quick
@given(one_layer(), st.booleans())
def test_two_outflows(case, migrates):
    graph, there = filled(case)
    w, a, k, carried = case.rng.normal(size=(4, *there.shape)).astype(np.float32)
    k[~there] = 0
    carried = carried if migrates else carried[:0, :0]
    a_rest, k_rest = case.rng.normal(size=(2, graph.n)).astype(np.float32)
    psi, c, out_psi, out_c = case.rng.normal(size=(4, graph.n))
    given = (graph.near, w, a, k, carried, a_rest, k_rest, psi, c, out_psi, out_c)
    out_psi, out_c = agree("fixed.two_outflows", *given, outputs=[9, 10], rtol=1e-12)
    none, K = np.zeros(graph.n), np.diag(k_rest.astype(float))
    np.add.at(K, (np.arange(graph.n)[:, None], graph.near), k)
    assert out_psi == pytest.approx(matrix(graph, w, none) @ psi + K @ c, abs=1e-12)
    migration = matrix(graph, carried, none) @ psi if migrates else none
    assert out_c == pytest.approx(matrix(graph, a, a_rest) @ c + migration, abs=1e-12)
    halves = graph.near, in_halves(w), a, in_halves(k)  # which rounds w and k
    agree("fixed.two_outflows", *halves, *given[4:], outputs=[9, 10], rtol=1e-12)
    rounded, _ = agree("fixed.two_outflows", *given, outputs=[9, 10], rtol=1e-12)
    kernels.fixed.two_outflows(*halves, *given[4:9], found := np.empty(graph.n), out_c)
    assert np.array_equal(found, rounded) and np.allclose(found, out_psi, rtol=0, atol=0.1)


@quick
@given(one_layer())
def test_conductances_and_their_slopes(case):
    """A half cell that conducts nothing, too; slopes against the difference of the flow at two
    conductivities."""
    graph, there = filled(case)
    half, other = (part.reshape(there.shape) for part in graph.half_conductances())
    assert np.array_equal(half > 0, there) and np.array_equal(other > 0, there)
    assert np.array_equal(half[graph.near, np.arange(6) ^ 1][there], other[there])
    k, slope, u, dv = (case.rng.uniform(0.5, 2, graph.n), *case.rng.uniform(-1, 1, (3, graph.n)))
    cells, scale = (graph.near, half, np.arange(graph.n, dtype=np.uint32)), case.rng.uniform(1, 2, graph.n)
    blank = np.full(there.shape, np.nan), np.full(graph.n, np.nan)
    (w,) = agree("fixed.conductances", *cells, k, scale, blank[0], outputs=[5])
    assert not w[~there].any() and np.all(w[there] > 0)
    off, own = agree("fixed.slopes", *cells, k, slope, scale, u, *blank, outputs=[7, 8], rtol=1e-12)
    a, rest = agree("fixed.with_slopes", *cells, k, slope, scale, u, *blank, outputs=[7, 8], rtol=1e-12)
    assert a == pytest.approx(w - off, abs=1e-12)
    assert rest == pytest.approx(own + off.sum(axis=1), abs=1e-12)

    def flow(k):
        (out,) = agree("fixed.flows_in_series", *cells, k, u, blank[1], outputs=[5])
        return scale * out

    step = 1e-5
    difference = (flow(k + step * slope * dv) - flow(k - step * slope * dv)) / (2 * step)
    product = own * dv + (off * dv[graph.near]).sum(axis=1)
    assert product == pytest.approx(difference, rel=1e-7, abs=1e-8)


def test_a_dead_half_cell_conducts_nothing():
    graph = voxel_graph(np.ones((3, 1, 1), bool), [np.ones(n) for n in (3, 1, 1)]).filled()
    half, line, one = graph.half_conductances()[0].reshape(3, 6), np.arange(3, dtype=np.uint32), np.ones(3)
    for backend in ("cpu", "reference"):
        weight = np.full((3, 6), np.nan)
        trade(backend, "fixed").conductances(graph.near, half, line, np.array([1.0, 0, 0]), one, weight)
        assert not weight.any()


@quick
@given(one_layer())
def test_a_filled_graph_has_the_same_links(case):
    graph, there = filled(case)
    links = {(i, int(j)) for i, row in enumerate(graph.near) for j in row if i != j}
    rows = np.repeat(np.arange(graph.n), np.diff(case.graph.indptr))
    assert links == set(zip(rows.tolist(), case.graph.neighbour.tolist()))
    assert graph.is_filled and np.all((graph.faces < 6) == there.ravel())
    own, theirs = graph.areas(np.flatnonzero(there)), case.graph.areas(np.arange(rows.size))
    assert np.sort(own) == pytest.approx(np.sort(theirs))
    faces = graph.faces.reshape(there.shape)
    assert np.all(faces[there] == np.broadcast_to(np.arange(6), there.shape)[there])
