"""One implicit time step of the half cell: what it holds beside the state, what solves it, and how Newton's
method sees it."""

import weakref
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ..numerics.bdf import Bdf
from .kinetics import DoubleLayer
from .salt_at_faces import check_salt
from .unknowns import State
from .wholes import balanced

# times the tolerance of the faces' currents: a step of Newton is of slopes to 1e-4 and of currents to 1e-8 of
# themselves; by the tight one a corner of the demo asks its faces 659 times, not 423
GENTLE = 100
# iterations of GMRES before it starts again. Most solves take fewer than 8, and a run of the demo as many
# with 8; but with 8, or with 8 and then 32, a cell whose contacts are all but lost (0.1 % of 1 mohm m2) is
# not solved within 40
RESTART = 20


@dataclass(frozen=True)
class Control:
    """What is held: "current" (A, discharge > 0), "voltage" (V) or "power" (W, discharge > 0)."""

    kind: str
    value: float

    def miss(self, current, V, scale):
        """Return by how much it is missed, as a current (A), and the slopes of that with the current and with
        V; scale: the current that counts as all of it (A)."""
        if self.kind == "voltage":
            stiffness = scale / 0.01  # 10 mV off count as all of the current
            return stiffness * (V - self.value), 0.0, stiffness
        if self.kind == "power":
            return current - self.value / V, 1.0, self.value / V**2
        return current - self.value, 1.0, 0.0


@dataclass(frozen=True)
class Step:
    """What the balances of a time step hold beside the state.

    formula: Bdf; earlier: State of each field's earlier values, newest first, None where nothing is stored;
    control; R_film: film on the reactive faces (ohm m2); scale_current: what residuals are held against (A);
    layer: what the double layer takes, on the reactive faces and then on a metal counter electrode, or None.
    """

    formula: Bdf
    earlier: State = field(repr=False)
    control: Control
    R_film: np.ndarray = field(repr=False)
    scale_current: float
    layer: DoubleLayer | None = field(default=None, repr=False)

    @property
    def rate(self):
        """alpha / dt (s-1)."""
        return self.formula.alpha / self.formula.dt

    def earlier_let_go(self):
        """Return it without the states that its balances alone ask for."""
        return replace(self, earlier=State._make(len(self.earlier) * [None]))

    def changes(self, u):
        """Return d/dt of the fields of a state that are stored, as a State."""
        f = self.formula
        return State._make(
            None if earlier is None else (f.alpha * value + f.past(earlier)) / f.dt
            for value, earlier in zip(u, self.earlier)
        )


@dataclass(frozen=True)
class Interfaces:
    """What passes the interfaces, on the reactive faces and then on a metal counter electrode: j, and the
    part of it that reacts (A m-2, > 0: lithium leaves the solid); v: voltage across them, behind the film
    (V)."""

    j: np.ndarray
    reaction: np.ndarray
    v: np.ndarray


@dataclass(frozen=True)
class Solved:
    """A state x (flat vector), the Step that it solves, and the Interfaces that were solved with it."""

    x: np.ndarray = field(repr=False)
    step: Step
    interfaces: Interfaces = field(repr=False)


class StepTooLong(Exception):
    """A step whose local error, `error`, is more than is allowed."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error


class StepProblem:
    """A Step of a HalfCell as Newton's method sees it. at: what was solved last; set_at: a reference to the
    state at which it has set the preconditioner, None before; a weak one, for Newton goes on from there."""

    def __init__(self, cell, step, guess, anew=True):
        """guess: Interfaces to start from; anew: whether the preconditioner is set even where the numbers
        that it has would do."""
        self.cell, self.step, self.interfaces, self.anew = cell, step, guess, anew
        self.at = self.set_at = None

    def _solve(self, x):
        react = partial(self.cell.sharing.react, gentle=GENTLE)
        self.at = self.cell.solve(x, self.step, self.interfaces, near=self.at, react=react)
        self.interfaces = self.at.interfaces
        return self.at

    def residual(self, x):
        """Return the imbalance of every cell (A)."""
        return self.cell.residual(self._solve(x))

    def size(self, R):
        """Return the largest share of the current that any one of the balances misses, cells taken
        absolutely."""
        return self.cell.unknowns.largest_sum(R) / self.step.scale_current

    def limit(self, x, dx):
        """Return the share of dx that keeps x within its bounds."""
        return self.cell.unknowns.limit(x, dx)

    def linearise(self, x, fresh=False):
        """Return (J v, P^-1 v) at x as functions; the preconditioner's numbers change little between Newton
        steps and are set once, if at all, or when asked for `fresh` ones."""
        # Newton asks for slopes where its residual is
        solved = self.at is not None and self.at.x is x and self.at.flows is not None
        about = self.cell.linearise(self.at if solved else self._solve(x))
        due = self.anew and self.set_at is None
        if fresh or due or not self.cell.preconditioner.fits(about.rate):
            self.cell.preconditioner.update(about)
            self.set_at = weakref.ref(x)
        linear = self.cell.sharing.linear(about)
        # J has the coefficients of the cells by now; those of the next state are others: 14 bytes a voxel
        self.at = replace(self.at, coefficients=None, flows=None)
        return linear

    def is_stale(self, x):
        """Whether the preconditioner has the numbers of another state than x."""
        return self.set_at is None or self.set_at() is not x

    def solved(self):
        """Return what was solved last, with its wholes kept to round-off (see wholes); raises NotConverged
        where it is no answer (see salt_at_faces)."""
        x, at = balanced(self.cell, self.at)
        check_salt(self.cell, at)
        return Solved(x, at.step, at.interfaces)
