import weakref
from dataclasses import dataclass, field

import numpy as np
import pytest

from microsim.base.errors import NotConverged
from microsim.numerics.krylov import gmres
from microsim.numerics.newton import newton


@dataclass
class Problem:
    """A system R(x) = 0 with its dense Jacobian; the exact inverse preconditions."""

    R: object
    J: object
    lowest: float = -np.inf
    visited: list = field(default_factory=list)

    def residual(self, x):
        return self.R(x)

    def size(self, R):
        return float(np.abs(R).max())

    def linearise(self, x):
        self.visited.append(x.copy())
        matrix = self.J(x)
        inverse = np.linalg.inv(matrix)
        return lambda v: matrix @ v, lambda v: inverse @ v

    def is_stale(self, x):
        return False

    def limit(self, x, dx):
        down = dx < 0
        return min(1.0, 0.9 * ((self.lowest - x[down]) / dx[down]).min(initial=np.inf))


def robertson(dt):
    """One implicit Euler step of Robertson's kinetics, rates from 0.04 to 3e7 (Hairer & Wanner, IV.1).

    It starts beside the balance 0.04 = 3e7 y2^2 that the fast reactions reach at once.
    """
    start = np.array([1.0, 4e-5, 0.0])

    def rate(y):
        first, second, third = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
        return np.array([second - first, first - second - third, third])

    def slope(y):
        return np.array(
            [
                [-0.04, 1e4 * y[2], 1e4 * y[1]],
                [0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1]],
                [0.0, 6e7 * y[1], 0.0],
            ]
        )

    return Problem(lambda y: y - start - dt * rate(y), lambda y: np.eye(3) - dt * slope(y)), start


@pytest.mark.parametrize("dt", [1e-3, 1.0, 100.0])
def test_a_stiff_step_is_solved(dt):
    problem, start = robertson(dt)
    y, log = newton(problem, start, tolerance=1e-10, maximum=30)
    assert problem.size(problem.residual(y)) == log["residuals"][-1] <= 1e-10
    assert y.sum() == pytest.approx(start.sum(), abs=1e-9) and y.min() > 0
    assert len(log["linear_iterations"]) == len(log["residuals"]) - 1 == len(problem.visited)
    assert np.array_equal(start, [1.0, 4e-5, 0.0])


def exponential(n=20):
    """u + exp(4 u) on a chain with diffusion: as kinetics on a line."""
    chain = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    load = np.linspace(-1, 3, n)
    return Problem(lambda u: chain @ u + np.exp(4 * u) - load, lambda u: chain + np.diag(4 * np.exp(4 * u)))


def test_convergence_is_quadratic_when_the_linear_solves_are_exact():
    _, log = newton(exponential(), np.zeros(20), tolerance=1e-11, linear_tolerance=1e-6)
    last = np.log(np.array([r for r in log["residuals"] if 1e-7 < r < 0.3]))
    assert last.size >= 3
    order = np.diff(last[1:]) / np.diff(last[:-1])
    assert 1.7 < order[-1] < 2.3


def test_linear_solves_do_no_more_than_asked():
    """Without a preconditioner: a looser solve takes fewer iterations, and Newton gets there all the same."""
    logs = []
    for linear_tolerance in (1e-1, 1e-6):
        problem = exponential()
        problem.linearise = lambda u, J=problem.J: (lambda v: J(u) @ v, lambda v: v.copy())
        u, log = newton(problem, np.zeros(20), tolerance=1e-8, linear_tolerance=linear_tolerance, maximum=40)
        assert problem.size(problem.residual(u)) <= 1e-8
        logs.append(log)
    assert max(logs[0]["linear_iterations"]) < 0.75 * max(logs[1]["linear_iterations"])


def test_the_last_linear_solve_aims_at_the_target_only():
    """From a residual of ten times the tolerance a reduction by 30 is enough, whatever linear_tolerance
    says."""
    problem = Problem(lambda u: np.arange(1.0, 9.0) * u, lambda u: np.diag(np.arange(1.0, 9.0)))
    problem.linearise = lambda u: (lambda v: problem.J(u) @ v, lambda v: v.copy())
    start = np.ones(8)
    _, log = newton(problem, start, tolerance=0.8, linear_tolerance=1e-6)
    _, exact = newton(problem, start, tolerance=1e-6, linear_tolerance=1e-6)
    assert len(log["linear_iterations"]) == 1 and log["linear_iterations"][0] < max(
        exact["linear_iterations"]
    )


def test_the_first_step_is_shown_before_it_is_taken():
    """And no other one; what is raised there ends the iteration."""
    shown = []
    asked, problem, start = [], exponential(), np.zeros(20)
    _, log = newton(problem, start, tolerance=1e-10, first=shown.append)
    assert len(shown) == 1 < len(log["linear_iterations"])
    assert np.allclose(problem.J(start) @ shown[0], -problem.R(start), atol=1e-2)
    problem.R = lambda u, R=problem.R: asked.append(u) or R(u)
    with pytest.raises(ZeroDivisionError):
        newton(problem, np.zeros(20), tolerance=1e-10, first=lambda dx: 1 / 0)
    assert len(asked) == 1


def test_a_solution_is_not_touched():
    problem = exponential()
    solution, _ = newton(problem, np.zeros(20), tolerance=1e-10)
    again, log = newton(problem, solution, tolerance=1e-9)
    assert np.array_equal(again, solution) and log["linear_iterations"] == []


def test_steps_keep_within_the_bounds():
    """log(u) = -8 from u = 1: a whole step would leave u > 0, where R is not even asked for."""
    asked = []

    def R(u):
        asked.append(u[0])
        return np.log(u) + 8

    problem = Problem(R, lambda u: np.diag(1 / u), lowest=0.0)
    u, _ = newton(problem, np.array([1.0]), tolerance=1e-10)
    assert u[0] == pytest.approx(np.exp(-8)) and min(asked) > 0


def test_a_step_too_long_is_halved():
    """arctan: from 3 whole Newton steps run away."""
    problem = Problem(np.arctan, lambda u: np.diag(1 / (1 + u**2)))
    u, log = newton(problem, np.array([3.0]), tolerance=1e-10)
    assert abs(u[0]) < 1e-9 and all(np.diff(log["residuals"]) < 0)


def test_no_solution_raises_with_the_history():
    problem = Problem(lambda u: u**2 + 1, lambda u: np.diag(2 * u))
    with pytest.raises(NotConverged) as failure:
        newton(problem, np.array([2.0]), tolerance=1e-8)
    assert failure.value.history[0] == 5 and min(failure.value.history) >= 1


def test_too_few_iterations_raise_with_the_history():
    with pytest.raises(NotConverged, match="after 2 iterations") as failure:
        newton(exponential(), np.zeros(20), tolerance=1e-10, maximum=2)
    assert len(failure.value.history) == 3


def test_an_infinite_residual_raises():
    with pytest.raises(NotConverged):
        newton(Problem(lambda u: u + np.inf, lambda u: np.eye(1)), np.ones(1), tolerance=1e-8)


def test_a_residual_that_is_no_number_raises():
    with pytest.raises(NotConverged):
        newton(Problem(lambda u: u * np.nan, lambda u: np.eye(1)), np.ones(1), tolerance=1e-8)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("fails", [np.linalg.LinAlgError("singular"), ValueError("infs or NaNs"), None])
def test_numbers_beyond_all_bounds_are_not_converged(fails):
    """A factorisation that fails, or an overflow: neither a traceback nor a warning."""

    class Beyond:
        def residual(self, x):
            return np.float64(1e300) * np.full(3, 1e300) if fails is None else np.ones(3)

        def size(self, R):
            return float(np.abs(R).sum())

        def linearise(self, x, fresh=False):
            raise fails

    with pytest.raises(NotConverged):
        newton(Beyond(), np.zeros(3), tolerance=1e-6)


@dataclass
class Skewed(Problem):
    """A linear system without a preconditioner, whose size counts the second row more than GMRES does."""

    def size(self, R):
        return float(abs(R[0]) + 1e4 * abs(R[1]))

    def linearise(self, x):
        return lambda v: self.J(x) @ v, lambda v: v


def test_where_a_loose_answer_lessens_nothing_a_sharper_one_is_asked_for():
    matrix, b = np.diag([1.0, -3.0]), np.array([1.0, 1e-3])
    x, log = newton(Skewed(lambda x: matrix @ x - b, lambda x: matrix), np.zeros(2), tolerance=2.0)
    assert log["linear_iterations"] == [1, 2] and len(log["residuals"]) == 2
    np.testing.assert_allclose(matrix @ x, b, rtol=1e-3)


def test_no_residual_of_double_precision_lies_beside_the_vectors_of_a_linear_solve():
    """It is a twelfth of what a run holds there; the solver has it in single precision."""
    problem, start = robertson(1.0)
    made, beside, residual = [], [], problem.R

    def told(x):
        R = residual(x)
        made.append(weakref.ref(R))
        return R

    def solve(apply, precondition, b, tolerance):
        beside.append(sum(ref() is not None for ref in made))
        return gmres(apply, precondition, b, tolerance=tolerance)

    problem.R = told
    newton(problem, start, tolerance=1e-9, solve=solve)
    assert len(beside) > 2 and not any(beside)
