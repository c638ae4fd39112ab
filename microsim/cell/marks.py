"""States that a run lands on on its way: a time step ends where a mark is met, and nothing else changes."""

from dataclasses import dataclass

import numpy as np

from .ends import time_of_end


@dataclass(frozen=True)
class Mark:
    """A state to land on.

    name     of the mark
    kind     "time" (s), "voltage" (V), "charge" discharged since the start of the run (C), or "mean": a
    weighted
             mean of the lithiation
    target   of that quantity
    within   how near to the target counts as there
    weights  of the lithium cells, [mesh.solid.n], and what cells of no path to the collector add, of a "mean"
    """

    name: str
    kind: str
    target: float
    within: float
    weights: np.ndarray | None = None
    offset: float = 0.0

    def distance(self, t, u, charge):
        """How far a state is from the target: time (s), State, charge discharged (C)."""
        match self.kind:
            case "mean":
                value = float(self.weights @ u.sto) + self.offset
            case "voltage":
                value = float(u.V[0])
            case "charge":
                value = charge
            case _:
                value = t
        return value - self.target


def step_to_mark(marks, times, states, charges):
    """Return the length of a step that meets the first mark which a step of times[0] passes; None where it
    passes none.

    times (s), states (State), charges (discharged by then, C): after the step, at present, and one step
    before.
    """
    found = []
    for mark in marks:
        far = [mark.distance(*at) for at in zip(times, states, charges)]
        if far[0] * far[1] < 0 and min(abs(far[0]), abs(far[1])) > mark.within:
            since = np.subtract(times, times[1])
            found.append(time_of_end(list(since), list(np.multiply(far, np.sign(far[0])))))
    return min(found, default=None)


def time_of_mark(marks, t):
    """Return a time (s), that of the mark which it differs from by rounding alone."""
    return next((m.target for m in marks if m.kind == "time" and abs(t - m.target) <= m.within), t)
