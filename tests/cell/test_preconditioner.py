"""The half cell's preconditioner: few iterations for any control, and a true inverse of what it holds."""

import numpy as np
import pytest

from microsim.base.errors import NotConverged
from microsim.cell.step import Control, StepProblem
from microsim.numerics.bdf import bdf
from microsim.numerics.krylov import gmres

from ..cells import half_cell, image


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
