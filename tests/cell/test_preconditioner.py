"""The half cell's preconditioner: few iterations for any control, and a true inverse of what it holds."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import NotConverged
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.cell.step import Control, StepProblem
from microsim.impedance.cell import solve_cell_impedance
from microsim.numerics.bdf import bdf
from microsim.numerics.krylov import gmres

from ..cells import ACTIVE, CBD, half_cell, image


@pytest.fixture(scope="module")
def cell():
    return half_cell(image((10, 8, 8), 3), film=0.01)


def solved(cell, control, dt, precondition=None, maximum=40):
    """Linearise a step from rest and solve for a random right side; return J, the answer and the history."""
    x = cell.vector(psi=-cell.W(1000.0), V=3.9, sto=0.5, c_e=1000.0)
    problem = StepProblem(cell, cell.step(bdf(dt, []), [x], control), cell.at_rest(x).interfaces)
    apply, answer = problem.linearise(x)
    b = apply(np.random.default_rng(0).standard_normal(x.size).astype(np.float32))
    answered, history = gmres(apply, precondition or answer, b, tolerance=1e-3, maximum=maximum)
    return apply, b, answered, history


@pytest.mark.parametrize("dt", [1e-2, 1.0, 100.0])
@pytest.mark.parametrize("held", ["current", "voltage", "power"])
def test_a_few_iterations_are_enough(cell, dt, held):
    control = Control(
        held, {"current": 20 * cell.mesh.area, "voltage": 3.9, "power": 80 * cell.mesh.area}[held]
    )
    apply, b, answered, history = solved(cell, control, dt)
    assert len(history) - 1 <= 12
    assert np.linalg.norm(b - apply(answered)) <= 1.01e-3 * np.linalg.norm(b)


def test_without_it_forty_iterations_are_not(cell):
    with pytest.raises(NotConverged):
        solved(cell, 20 * cell.mesh.area, 1.0, precondition=lambda r: r.copy())


@pytest.mark.parametrize("sigma", [1e-6, 1e-3, 1.0, 1e8])
@pytest.mark.parametrize("of_active", [1e-4, 1e8])
def test_conductors_however_far_apart_drop_what_ohm_says(sigma, of_active):
    """Pore, active material, additive, one behind the other, up to 1e14 apart in conductivity: the additive
    costs I L / sigma in time and adds L / sigma to the impedance. Beyond 1e9 the solver may give up, but not
    err."""
    labels = np.repeat([0, 0, 0, 1, 1, 2, 2, 2], 4).reshape(8, 2, 2)

    def found(of_additive):
        parts = {"active": replace(ACTIVE, sigma=of_active), "cbd": replace(CBD, sigma=of_additive)}
        cell = half_cell(labels, **parts)
        ran = Experiment(cell, 0.4, Tolerances())
        Z = solve_cell_impedance(cell, ran.now.solved, [100.0], tolerance=1e-8).Z[0]
        return next(ran.moments([Load("d", 10.0 * cell.mesh.area, duration=1.0)])).V, Z

    try:
        (V, Z), (V_0, Z_0) = found(sigma), found(1e8)
    except NotConverged:
        assert of_active > 1e9 * sigma
        return
    resistance = 3 * 0.4e-6 * (1 / sigma - 1e-8)
    assert V_0 - V == pytest.approx(10.0 * resistance, rel=2e-6, abs=2e-7)
    assert Z - Z_0 == pytest.approx(resistance, rel=2e-6, abs=2e-9)


def test_an_answer_is_written_where_the_residual_lay(cell):
    """In single precision; of another it is copied, and answered alike."""
    x = cell.vector(psi=-cell.W(1000.0), V=3.9, sto=0.5, c_e=1000.0)
    control = Control("current", 20 * cell.mesh.area)
    problem = StepProblem(cell, cell.step(bdf(1.0, []), [x], control), cell.at_rest(x).interfaces)
    answer = problem.linearise(x)[1]
    r = np.random.default_rng(1).standard_normal(x.size).astype(np.float32)
    double = r.astype(float)
    apart = answer(double)
    assert np.array_equal(double, r) and not np.shares_memory(apart, double)
    found = answer(r)
    assert found is r and np.array_equal(found, apart)


def test_potentials_share_the_neighbours_of_their_networks(monkeypatch):
    """Of a grid whose finest level is swept by itself; links of its own rows lead to the same cells, and what
    is left of links that are let go of is no view that holds them."""
    monkeypatch.setattr("microsim.numerics.descent.SMALL", 100)
    cell = half_cell(image((20, 16, 16), 3), film=0.01)
    ran = Experiment(cell, 0.4, Tolerances())
    V = next(ran.moments([Load("d", 10.0 * cell.mesh.area, duration=1.0)])).V
    own, mesh = cell.preconditioner, cell.mesh
    levels = own.potential_grid.levels
    rows, networks = levels[0].rows, (mesh.ionic, mesh.electronic)
    assert all(np.shares_memory(rows.near.code, graph.links.code) for graph in networks)
    own.potential_grid = None  # whole again
    graph, weight = own._coupled(
        np.ones(mesh.ionic.near.shape, np.float32), np.zeros(mesh.faces.area.size, np.float32)
    )
    right = np.concatenate([graph.neighbour[graph.indptr[:-1] + k, None] for k in range(6)], axis=1)
    there = np.concatenate([weight[graph.indptr[:-1] + k, None] for k in range(6)], axis=1) > 0
    assert np.array_equal(np.asarray(rows.near)[there], right[there])
    assert all(level.graph.links.size == 0 and level.graph.links.base is None for level in levels[1:-1])
    assert 3.5 < V < 4.3
