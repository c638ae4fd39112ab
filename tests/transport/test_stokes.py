"""The Stokes solver's parts: sparse factors of separate velocities, bounds of the energy."""

import numpy as np
import pytest

from microsim.numerics.graph import voxel_graph
from microsim.numerics.staggered import staggered_grid
from microsim.transport.flow import THROAT, flowing
from microsim.transport.stokes import ComponentMultigrid, Stokes


def test_many_separate_velocities_need_no_dense_factor():
    """As many parts as cells, none of which can be joined to another."""
    lonely = np.zeros((24, 24, 24), bool)
    lonely[::2, ::2, ::2] = True
    graph = voxel_graph(lonely, [np.ones(24)] * 3)
    cycle = ComponentMultigrid(graph)
    cycle.update(np.ones(graph.neighbour.size), np.arange(1.0, graph.n + 1))
    assert cycle.levels[-1].graph.n == 12**3 and cycle.sparse is not None
    assert cycle.cycle(np.ones(graph.n, np.float32)) == pytest.approx(
        1 / np.arange(1.0, graph.n + 1), rel=1e-5
    )


@pytest.mark.parametrize(("sides", "ends"), [("no-slip", "pressure"), ("periodic", "periodic")])
def test_bounds_hold_the_energy_between_them_and_meet(sides, ends):
    pore = np.random.default_rng(2).random((6, 5, 4)) < 0.8
    pore[:, 2, 2] = True
    grid = staggered_grid(flowing(pore, sides, ends), (1.0, 0.8, 1.2), sides, ends, THROAT)
    flow = Stokes(grid)
    lower, upper = flow._bounds(0.1, 0.1, 0.1)
    energy = flow.solve(1e-8)
    assert lower <= energy * (1 + 1e-8) and energy <= upper and lower < 0.999 * upper
    assert energy == pytest.approx(flow.grid.work(flow.u), rel=1e-8) and flow.gaps[-1] <= 1e-8
    assert np.abs(flow.grid.divergence(flow.u)).sum() <= 1e-5 * flow._flux(flow.u)
    assert flow.imbalance() < 1e-6


def test_the_first_guess_is_exact_in_a_channel():
    """Planes in series: the pressure falls linearly, each plane's velocity is the same, and no saddle is
    solved."""
    grid = staggered_grid(np.ones((5, 3, 3), bool), (1.0, 1.0, 1.0), "no-slip", "pressure", THROAT)
    flow = Stokes(grid)
    plane = grid.cells.position[:, 0]
    assert flow.p == pytest.approx(1 - (plane + 0.5) / 5, abs=1e-3)
    flow.solve(1e-6)
    assert flow.steps == 0
