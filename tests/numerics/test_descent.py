import numpy as np
import pytest
from hypothesis import given, settings

from microsim.numerics import descent
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
def test_levels_are_views_of_what_the_call_works_on(case):
    grid = grids(case, 2, 10**9)
    for k, level in enumerate(grid.levels):
        for name in ("diagonal", "b", "x", "r"):
            assert getattr(level, name).base is grid.descent.vectors[name], (k, name)
        assert level.rows.near.base is grid.descent.rows[0]
