"""Kernels of a moving front against their plain twins on small random graphs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from microsim.numerics.graph import voxel_graph
from microsim.numerics.kernels import front

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
    front.front_residual(
        graph.indptr, graph.neighbour, weight, ground, entry, suction, state, p, residual, menisci
    )
    wet, dry = state == front.WET, state == front.DRY
    pull = np.maximum(p[:, None] + suction[None], 0) * dense * wet[:, None] * dry[None]
    exact = ground * (entry - p) + ((p[None] - p[:, None]) * dense * wet[None]).sum(1) - pull.sum(1)
    assert residual == pytest.approx(np.where(wet, exact, 0))
    assert menisci == pytest.approx((dense * (pull > 0)).sum(1))
    links = np.empty(weight.size, np.float32)
    front.wet_links(graph.indptr, graph.neighbour, weight, state, links)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    assert links == pytest.approx(weight * (wet[rows] & wet[graph.neighbour]), rel=1e-6)
    flow = np.empty(graph.n)
    total = front.inflows(graph.indptr, graph.neighbour, weight, ground, entry, suction, state, p, flow)
    direct = ground * np.maximum(entry + suction, 0) * dry
    assert flow == pytest.approx(pull.sum(0) + direct) and total == pytest.approx(flow.sum())


def pressure_behind(dense, suction, entry, state, j, flow):
    """The balance of a cell just filled, solved by bisection."""
    dry = np.flatnonzero((dense[j] > 0) & (state == front.DRY))

    def balance(p):
        return (entry - p) * flow / (entry + suction[j]) - (
            dense[j, dry] * np.maximum(p + suction[dry], 0)
        ).sum()

    return brentq(balance, -10, entry, xtol=1e-14) if len(dry) else entry


@many
@given(seeds, st.sampled_from([0.0, 0.4]), st.floats(0.01, 5))
def test_pressure_behind_a_new_front(seed, entry, flow):
    graph, weight, dense, _, suction, _, state = scene(seed)
    j = int(np.random.default_rng(seed).integers(graph.n))
    state[j] = front.WET
    computed = front._pressure_behind(graph.indptr, graph.neighbour, weight, suction, entry, state, j, flow)
    assert computed == pytest.approx(pressure_behind(dense, suction, entry, state, j, flow), abs=1e-9)


def advance(dense, suction, entry, state, flow, level, now, change):
    """A stage without a heap: look through all cells for the next one to be full."""
    state, flow, level, arrival, p = (
        state.copy(),
        flow.copy(),
        level.copy(),
        np.full(len(flow), np.inf),
        np.zeros(len(flow)),
    )
    begun, total, ended, clock, end = now, flow.sum(), 0.0, now, np.inf
    while True:
        filling = (state == front.DRY) & (flow > 0)
        left = np.where(filling, (1 - level) / np.where(flow > 0, flow, 1), np.inf)
        if not filling.any() or now + left.min() > end + front.TIE * (end - begun):
            return state, level, arrival, p, clock
        step = left.min()
        batch = np.flatnonzero(now + left <= now + step + front.TIE * (now + step - begun))
        last = left[batch].max()
        current = flow[state == front.DRY].sum()
        arrival[batch] = clock + current / (current + ended) * left[batch]
        clock += current / (current + ended) * last
        now += last
        level = np.where(state == front.DRY, np.minimum(level + flow * last, 1), level)
        state[batch], level[batch] = front.WET, 1.0
        for j in batch:
            p[j] = pressure_behind(dense, suction, entry, state, j, flow[j])
            onward = dense[j] * (state == front.DRY) * np.maximum(p[j] + suction, 0)
            flow += onward
            ended += flow[j] * (not onward.any())
        if end == np.inf and abs(flow[state == front.DRY].sum() - total) >= change * total:
            end = now


@many
@given(seeds, st.sampled_from([0.0, 0.4]), st.sampled_from([0.01, 0.3, 0.9]))
def test_a_stage_against_a_search_without_a_heap(seed, entry, change):
    graph, weight, dense, _, suction, p, state = scene(seed)
    rng = np.random.default_rng(seed)
    dry = state == front.DRY
    flow, level = (
        rng.uniform(0.1, 1, graph.n) * dry * (rng.random(graph.n) < 0.6),
        rng.uniform(0, 0.9, graph.n) * dry,
    )
    if not flow.any():
        return
    exact = advance(dense, suction, entry, state, flow, level, 3.0, change)
    before, arrival = state.copy(), np.full(graph.n, np.inf)
    reached = front.advance(
        graph.indptr, graph.neighbour, weight, suction, entry, state, flow, level, arrival, p, 3.0, change
    )
    new = state != before
    assert np.array_equal(state, exact[0]) and reached == pytest.approx(exact[4], rel=1e-9)
    assert level[dry] == pytest.approx(exact[1][dry], abs=1e-9)
    assert np.array_equal(np.isfinite(arrival), new) and arrival[new] == pytest.approx(
        exact[2][new], rel=1e-9
    )
    assert p[new] == pytest.approx(exact[3][new], abs=1e-9)
