"""Newton's method with a Krylov solver and a limited step."""

from contextlib import contextmanager

import numpy as np

from ..base.errors import NotConverged
from .krylov import gmres


def newton(problem, x, *, tolerance, linear_tolerance=1e-3, maximum=12, first=None, solve=gmres):
    """Solve R(x) = 0; return x and the log {residuals, linear_iterations}.

    `problem` has residual(x) -> R, size(R) -> one number to hold against `tolerance`,
    linearise(x) -> (apply, precondition), and limit(x, dx) -> the share of dx that keeps x in its bounds.
    Where is_stale(x) says that the preconditioner is of another state linearise(x, fresh=True) has one of x.
    Each step solves J dx = -R to `linear_tolerance`; a step that does not lessen the residual is halved.
    first(dx): is shown the first step, before it is taken; what it raises ends the iteration. solve: what
    solves J dx = -R, called as gmres is.
    Raises NotConverged with the residual history, also where numbers leave all bounds.
    """
    with _finite():
        R = problem.residual(x)
        sizes, linear, loose = [problem.size(R)], [], True
        R, largest = _in_single(R)
        while not sizes[-1] <= tolerance:  # NaN is not converged
            if len(linear) == maximum or not np.isfinite(sizes[-1]):
                raise NotConverged(
                    f"Newton stopped after {len(linear)} iterations at a residual of {sizes[-1]:.1e}, "
                    f"tolerance {tolerance:.1e}",
                    sizes,
                )
            # no more digits than the target asks for
            enough = max(linear_tolerance, 0.8 * tolerance / sizes[-1]) if loose else linear_tolerance
            dx, iterations = _step(problem, x, R, min(0.1, enough), solve)
            np.multiply(dx, -largest, out=dx)
            linear.append(iterations)
            if first and len(linear) == 1:
                first(dx)
            found = _lessened(problem, x, dx, sizes[-1], tolerance)
            del dx  # none of it is needed while GMRES has its vectors
            if found is None and enough <= linear_tolerance:
                raise NotConverged(
                    f"Newton found no step that lessens its residual of {sizes[-1]:.1e}", sizes
                )
            # GMRES lessens another norm than `size`: where that hardly falls, a loose answer was not enough
            loose = found is not None and found[2] < sizes[-1] / 2
            if found:
                x, R, size = found
                R, largest = _in_single(R)
                del found  # of double precision it need not lie beside GMRES' vectors
                sizes.append(size)
        return x, {"residuals": sizes, "linear_iterations": linear}


@contextmanager
def _finite():
    """Let what overflows, and the factorisation of what is not finite, count as not converged."""
    with np.errstate(all="ignore"):
        try:
            yield
        except (np.linalg.LinAlgError, ValueError) as error:
            raise NotConverged(f"numbers left all bounds ({error})") from error


def _in_single(R):
    """Return R over its largest entry in single precision, and that entry: a right-hand side of seven digits
    lies beside the vectors of GMRES in half of the memory."""
    largest = np.abs(R).max()
    return (R / largest).astype(np.float32), largest


def _step(problem, x, R, forcing, solve):
    """Solve J dx = R; return dx and the number of iterations. Where that fails with a preconditioner of
    another state, once more with one of this very state."""
    apply, precondition = problem.linearise(x)
    try:
        dx, history = solve(apply, precondition, R, tolerance=forcing)
    except NotConverged:
        if not problem.is_stale(x):
            raise
        apply, precondition = problem.linearise(x, fresh=True)
        dx, history = solve(apply, precondition, R, tolerance=forcing)
    return dx, len(history) - 1


def _lessened(problem, x, dx, size, tolerance):
    """Go so much of dx that the residual falls; return (x, R, its size), or None where it does not."""
    share = problem.limit(x, dx)
    for _ in range(6):
        trial = x + share * dx
        R = problem.residual(trial)
        found = problem.size(R)
        if found < (1 - 0.1 * share) * size or found < tolerance:
            return trial, R, found
        share /= 2
    return None
