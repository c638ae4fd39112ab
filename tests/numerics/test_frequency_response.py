"""Frequency response by projection against dense solves of the same system, and what theory says of it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import NotConverged
from microsim.mesh.percolation import connected_to
from microsim.numerics.backend import kernels
from microsim.numerics.frequency_response import FrequencyResponse, System
from microsim.numerics.graph import voxel_graph


def system_of(shape, seed=0, lags=(0.0,), source=True, contrast=1.0):
    """Random pores with random storage, the first plane held at a value."""
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.8
    mask[0, 0, 0] = True
    mask = connected_to(mask, "separator")
    graph = voxel_graph(mask, [np.ones(n) for n in shape])
    kind = rng.integers(0, 2, graph.n)
    table = np.repeat([[1.0], [contrast]], 3, axis=1)
    weight = np.empty(graph.neighbour.size)
    kernels.links.voxel_links(graph.indptr, graph.neighbour, graph.face, kind, table, np.ones(3), weight)
    x, zero = graph.position[:, 0], np.zeros(graph.n)
    low = np.where(x == 0, 2 * table[kind, 0], 0)
    high = np.where(x == shape[0] - 1, 2.0, 0.0) if source else zero
    storage = rng.random((len(lags), graph.n)) * (rng.random((len(lags), graph.n)) < 0.6)
    storage[0, 0] = 1.0
    return System(
        graph,
        weight,
        low,
        high,
        storage,
        np.array(lags),
        low if source else None,
        table[kind, 0] if contrast != 1 else None,
    )


def dense(system, s):
    """G(s) by a direct solve."""
    g = system.graph
    A = np.zeros((g.n, g.n), complex)
    rows = np.repeat(np.arange(g.n), np.diff(g.indptr))
    A[rows, g.neighbour] = -system.weight
    A[np.arange(g.n), np.arange(g.n)] = system.low + system.high - A.sum(axis=1)
    per_s = 1 / (1 + system.lag * s)
    A += np.diag((s * per_s) @ system.storage)
    b = system.source if system.source is not None else per_s @ system.storage
    return b @ np.linalg.solve(A, b)


def relative(s, G):
    return np.abs(G)


systems = st.builds(
    system_of,
    st.tuples(*[st.integers(1, 6)] * 3),
    st.integers(0, 2**31),
    st.sampled_from([(0.0,), (0.0, 0.3), (0.2, 5.0, 0.01)]),
    st.booleans(),
    st.sampled_from([1.0, 50.0]),
)


@settings(max_examples=40, deadline=None)
@given(systems, st.floats(-3, 0), st.floats(0.1, 5))
def test_the_response_is_that_of_direct_solves(system, low, decades):
    response = FrequencyResponse(system)
    lowest, highest = 10.0**low, 10.0 ** (low + decades)
    error = response.reach(lowest, highest, relative, 1e-5)
    omega = np.geomspace(lowest, highest, 7)
    exact = np.array([dense(system, 1j * w) for w in omega])
    assert np.abs(response(1j * omega) / exact - 1).max() <= 1e-5
    assert error <= 1e-5


@settings(max_examples=25, deadline=None)
@given(systems, st.floats(-2, 2))
def test_the_bound_of_the_error_holds(system, log_omega):
    """|e . A e| <= sqrt(2) r* . H^-1 r, as far as conjugate gradients have it (within a tenth); and not far
    above."""
    response = FrequencyResponse(system)
    response.add(0.5, relative, 1e-8)
    s = 1j * 10.0**log_omega
    exact = dense(system, s)
    error = abs(response(s)[0] - exact)
    bound = response.check(s.imag, np.inf)
    assert error <= 1.15 * bound + 1e-10 * abs(exact)
    assert bound <= 20 * error + 1e-8 * abs(exact)


def test_what_a_check_computes_lessens_the_error():
    system = system_of((7, 6, 5), 1)
    response = FrequencyResponse(system)
    response.add(0.1, relative, 1e-6)
    errors = []
    for _ in range(4):
        errors.append(abs(response(3j)[0] - dense(system, 3j)))
        response.check(3.0, 0.0)
    assert all(b < 0.3 * a for a, b in pairwise(errors))


@pytest.mark.parametrize("source", [True, False])
def test_at_a_real_shift_the_answer_is_exact_and_always_from_below(source):
    system = system_of((6, 5, 5), 2, source=source)
    exact = {s: dense(system, s).real for s in (0.0, 0.3, 4.0, 50.0)}
    response, before = FrequencyResponse(system), dict.fromkeys(exact, 0.0)
    for shift, value in exact.items():
        response.add(shift, relative, 1e-9)
        assert response(shift)[0] == pytest.approx(value, rel=1e-8)
        now = {s: response(s)[0] for s in exact}
        assert all(before[s] * (1 - 1e-9) <= now[s] <= exact[s] * (1 + 1e-9) for s in exact)
        before = now


def test_a_shift_matches_the_slope_too():
    """Second-order: at a shift the projection has G and dG/ds (Hermite interpolation)."""
    system, step = system_of((6, 5, 5), 3), 1e-3
    response = FrequencyResponse(system)
    response.add(1.0, relative, 1e-12)
    slopes = [
        (g(1 + step) - g(1 - step)) / (2 * step)
        for g in (lambda s: response(s)[0], lambda s: dense(system, s))
    ]
    assert slopes[0] == pytest.approx(slopes[1].real, rel=1e-4)


def test_one_cell_is_solved_at_once():
    graph = voxel_graph(np.ones((1, 1, 1), bool), [np.ones(1)] * 3)
    system = System(
        graph, np.empty(0), np.array([2.0]), np.zeros(1), np.ones((1, 1)), np.zeros(1), np.array([2.0])
    )
    response = FrequencyResponse(system)
    response.reach(1e-3, 1e3, relative, 1e-6)
    assert len(response.basis) == 1
    assert response(2j)[0] == pytest.approx(4 / (2 + 2j))


def test_no_rounds_left_is_said_with_the_changes():
    with pytest.raises(NotConverged, match="after 3 rounds") as failure:
        FrequencyResponse(system_of((8, 8, 8), 4)).reach(1e-3, 1e3, relative, 1e-6, maximum=3)
    assert len(failure.value.history) == 3
