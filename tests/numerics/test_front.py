"""Kernels of a moving front against their plain twins on small random graphs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.codes import DRY, WET
from microsim.numerics.graph import voxel_graph

from .twins import agree, trade

many = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**31)


def scene(seed):
    """A small graph, random weights (alike both ways), suctions, pressures and states, and its dense
    weights."""
    rng = np.random.default_rng(seed)
    graph = voxel_graph(rng.random((4, 4, 3)) < 0.8, [np.ones(n) for n in (4, 4, 3)])
    dense = np.zeros((graph.n, graph.n))
    for i in range(graph.n):
        for j in graph.neighbour[graph.indptr[i] : graph.indptr[i + 1]]:
            dense[i, j] = dense[j, i] = dense[i, j] or rng.uniform(0.1, 2)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    weight = dense[rows, graph.neighbour]
    ground = np.where(graph.position[:, 0] == 0, rng.uniform(0.5, 2, graph.n), 0.0)
    suction, p = rng.uniform(0.2, 1, graph.n), -rng.uniform(0, 1, graph.n)
    state = rng.integers(0, 3, graph.n).astype(np.uint8)
    return graph, weight, dense, ground, suction, p, state


@many
@given(seeds, st.sampled_from([0.0, 0.4]))
def test_balances_of_wet_cells(seed, entry):
    graph, weight, dense, ground, suction, p, state = scene(seed)
    residual, menisci = np.full(graph.n, np.nan), np.full(graph.n, np.nan)
    links = (graph.indptr, graph.neighbour, weight)
    given = (*links, ground, entry, suction, state, p)
    residual, menisci = agree("front.front_residual", *given, residual, menisci, outputs=[8, 9], rtol=1e-12)
    wet, dry = state == WET, state == DRY
    pull = np.maximum(p[:, None] + suction[None], 0) * dense * wet[:, None] * dry[None]
    exact = ground * (entry - p) + ((p[None] - p[:, None]) * dense * wet[None]).sum(1) - pull.sum(1)
    assert residual == pytest.approx(np.where(wet, exact, 0))
    assert menisci == pytest.approx((dense * (pull > 0)).sum(1))
    (wetted,) = agree("front.wet_links", *links, state, np.empty(weight.size, np.float32), outputs=[4])
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    assert wetted == pytest.approx(weight * (wet[rows] & wet[graph.neighbour]), rel=1e-6)
    total, flow = agree("front.inflows", *given, np.empty(graph.n), outputs=[8], rtol=1e-12)
    direct = ground * np.maximum(entry + suction, 0) * dry
    assert flow == pytest.approx(pull.sum(0) + direct) and total == pytest.approx(flow.sum())


@many
@given(seeds, st.sampled_from([0.0, 0.4]), st.floats(0.01, 5))
def test_pressure_behind_a_new_front(seed, entry, flow):
    graph, weight, _, _, suction, _, state = scene(seed)
    j = int(np.random.default_rng(seed).integers(graph.n))
    state[j] = WET
    fast, slow = (
        trade(backend, "front")._pressure_behind(
            graph.indptr, graph.neighbour, weight, suction, entry, state, j, flow
        )
        for backend in ("cpu", "reference")
    )
    assert fast == pytest.approx(slow, abs=1e-9)


@many
@given(seeds, st.sampled_from([0.0, 0.4]), st.sampled_from([0.01, 0.3, 0.9]))
def test_a_stage_against_a_search_without_a_heap(seed, entry, change):
    graph, weight, _, _, suction, p, state = scene(seed)
    rng = np.random.default_rng(seed)
    dry = state == DRY
    flow = rng.uniform(0.1, 1, graph.n) * dry * (rng.random(graph.n) < 0.6)
    level, arrival = rng.uniform(0, 0.9, graph.n) * dry, np.full(graph.n, 9e9)
    if not flow.any():
        return
    given = (
        graph.indptr,
        graph.neighbour,
        weight,
        suction,
        entry,
        state,
        flow,
        level,
        arrival,
        p,
        3.0,
        change,
    )
    _, new, *_ = agree("front.advance", *given, outputs=[5, 7, 8, 9], rtol=1e-8)
    assert np.any(new != state)
