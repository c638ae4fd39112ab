"""What a time step holds: its control, the changes of what is stored, the face as Newton sees it."""

import weakref

import numpy as np
import pytest

from microsim.cell.step import Control, StepProblem
from microsim.numerics.bdf import bdf

from ..cells import half_cell, image


@pytest.mark.parametrize("kind, value", [("current", 0.3), ("voltage", 3.9), ("power", 1.1)])
def test_what_is_held_is_missed_by_a_current_with_its_slopes(kind, value):
    control, I, V, scale, h = Control(kind, value), 0.4, 3.7, 2.0, 1e-6
    miss, of_I, of_V = control.miss(I, V, scale)
    met = {"current": (0.3, V), "voltage": (I, 3.9), "power": (1.1 / V, V)}[kind]
    assert control.miss(*met, scale)[0] == pytest.approx(0, abs=1e-12)
    assert of_I == pytest.approx((control.miss(I + h, V, scale)[0] - miss) / h, abs=1e-6)
    assert of_V == pytest.approx((control.miss(I, V + h, scale)[0] - miss) / h, rel=1e-5, abs=1e-6)


def test_a_voltage_is_missed_by_all_of_the_current_at_10_mV():
    assert Control("voltage", 4.0).miss(0.0, 4.01, 3.0)[0] == pytest.approx(3.0)


def test_the_changes_are_those_of_the_formula():
    """u = t^2 has du/dt = 2 t, which BDF2 knows exactly whatever the steps."""
    cell = half_cell(image((6, 4, 4), 1))
    states = [cell.vector(sto=t * t, c_e=100 * t * t) for t in (0.2, 0.1)]
    step = cell.step(bdf(0.3, [0.1]), states, 0.0)
    changes = step.changes(cell.state(cell.vector(sto=0.25, c_e=25.0)))
    assert changes.sto == pytest.approx(1.0) and changes.c_e == pytest.approx(100.0)
    assert changes.psi is changes.phi is changes.V is None
    assert step.rate == pytest.approx(step.formula.alpha / 0.3)


def test_a_number_is_a_current_and_the_film_is_the_cells():
    cell = half_cell(image((6, 4, 4), 1), film=0.02)
    step = cell.step(bdf(1.0, []), [], 0.5)
    assert step.control == Control("current", 0.5) and step.R_film is cell.R_film
    assert step.scale_current == cell.mesh.area and step.layer is None
    thick = cell.step(bdf(1.0, []), [], 0.5, R_film=np.full(cell.R_film.size, 0.1), scale_current=7.0)
    assert np.all(thick.R_film == 0.1) and thick.scale_current == 7.0


def test_the_preconditioner_is_set_once_a_step_and_when_asked():
    cell = half_cell(image((6, 5, 5), 1))
    x = cell.vector(psi=-0.05, V=4.0, sto=0.4, c_e=1000.0)
    problem = StepProblem(cell, cell.step(bdf(10.0, []), [x], 1e-9), cell.at_rest(x).interfaces)
    problem.linearise(x)
    first = cell.preconditioner.numbers
    problem.linearise(x)
    assert cell.preconditioner.numbers is first
    problem.linearise(x, fresh=True)
    assert cell.preconditioner.numbers is not first


def test_a_state_that_newton_has_left_need_not_lie_in_memory():
    """Of ten million voxels it is 190 MB, beside the vectors of GMRES."""
    cell = half_cell(image((6, 5, 5), 1))
    x = cell.vector(psi=-0.05, V=4.0, sto=0.4, c_e=1000.0)
    step = cell.step(bdf(10.0, []), [x.copy()], 1e-9)
    problem = StepProblem(cell, step, cell.at_rest(x).interfaces)
    problem.linearise(x)
    assert not problem.is_stale(x)
    left, y = weakref.ref(x), x + 0.0
    problem.residual(y)
    del x
    assert left() is None and problem.is_stale(y)


def test_numbers_that_were_set_in_part_do_for_no_other_step(monkeypatch):
    cell = half_cell(image((6, 5, 5), 1))
    x = cell.vector(psi=-0.05, V=4.0, sto=0.4, c_e=1000.0)
    step, guess = cell.step(bdf(10.0, []), [x], 1e-9), cell.at_rest(x).interfaces
    StepProblem(cell, step, guess).linearise(x)
    preconditioner, rates = cell.preconditioner, step.rate * np.array([0.4, 0.6, 1.9, 2.1])
    assert [preconditioner.fits(rate) for rate in rates] == [False, True, True, False]
    before = preconditioner.numbers
    StepProblem(cell, step, guess, anew=False).linearise(x)
    assert preconditioner.numbers is before
    with monkeypatch.context() as patched, pytest.raises(np.linalg.LinAlgError):
        patched.setattr(preconditioner, "_update_salt", lambda *_: np.linalg.cholesky(-np.eye(2)))
        StepProblem(cell, step, guess).linearise(x)
    assert not preconditioner.fits(step.rate)
    StepProblem(cell, step, guess, anew=False).linearise(x)
    assert preconditioner.numbers is not before and preconditioner.fits(step.rate)
