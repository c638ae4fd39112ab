import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings

from microsim.numerics import descent
from microsim.numerics.backend import kernels
from microsim.numerics.graph import voxel_graph
from microsim.numerics.kernels.cpu import threads
from microsim.numerics.multigrid import Multigrid

from .random_graphs import weighted

quick = settings(max_examples=25, deadline=None)


def grids(case, visits, small):
    """A multigrid whose levels below `small` cells are one call."""
    before, descent.SMALL = descent.SMALL, small
    try:
        grid = Multigrid(case.graph, case.weight, coarsest=8, visits=visits)
    finally:
        descent.SMALL = before
    grid.update(case.weight, mass=case.ground)
    return grid


@pytest.mark.parametrize("visits", [1, 2])
@quick
@given(case=weighted())
def test_one_call_does_what_many_do(visits, case):
    whole, by_level = grids(case, visits, 10**9), grids(case, visits, 0)
    assert whole.descent.top == 0 and by_level.descent.top == len(by_level.levels) - 1
    b = case.rng.normal(size=case.graph.n).astype(np.float32)
    assert np.array_equal(whole.cycle(b), by_level.cycle(b))
    for grid in (whole, by_level):
        grid.levels[0].b[:] = b
    assert np.array_equal(whole.answer(), by_level.answer())


@quick
@given(case=weighted())
def test_what_is_left_is_summed_alike_on_one_thread_and_on_several(case):
    grid = grids(case, 2, 0)
    found = []
    for number in (1, kernels.cycle.FEW + 1):
        grid.b[:] = np.linspace(-1, 2, case.graph.n)
        with threads.limited(number):
            found.append(grid.answer().copy())
    assert np.array_equal(*found)


@quick
@given(case=weighted())
def test_levels_are_views_of_what_the_call_works_on(case):
    grid = grids(case, 2, 10**9)
    for k, level in enumerate(grid.levels):
        for name in ("diagonal", "b", "x", "r"):
            assert getattr(level, name).base is grid.descent.vectors[name], (k, name)
        assert level.rows.near.base is grid.descent.rows[0]


def test_a_grid_is_let_go_without_the_collector():
    """What the grids of a transport solve took would else lie beside what a run takes."""
    graph = voxel_graph(np.ones((8, 8, 8), bool), [np.ones(8)] * 3)
    multigrid = Multigrid(graph, coarsest=20)
    multigrid.update(np.empty(0), np.ones(graph.n))
    multigrid.cycle(np.ones(graph.n, np.float32))
    gone = weakref.ref(multigrid.levels[0])
    gc.disable()
    try:
        del multigrid
        assert gone() is None
    finally:
        gc.enable()
