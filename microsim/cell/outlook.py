"""What the last states foretell of a time step before it is solved: how long the first one may be, the state
it leads to, and how long one to a limit of voltage takes."""

from functools import cache

import numpy as np

from ..numerics import bdf
from .dense import BENT, bent_off, foreseen, voltage_of_faces
from .pace import OF_V

LONGEST_FIRST = 1.0  # s
# V to a limit, and the share of it that a step leaves: past its limit a step is solved again, before it
# another takes a few iterations; and the error of a long step would be that of the capacity, 3e-5 of it in
# the demo's corner, 5e-6 with shorter ones behind it
SHORT_OF = ((0.01, 0.5), (0.001, 0.05))
# V, as near as a step to a limit is looked for: a hold at this voltage until this current ends at once where
# the charge before it ends within 1e-5 of what the current costs, some 20 nV; 0.4 uV short it took 0.03 s
NEAR = 1e-8
# V that a step of a tolerance of 5e-4 falls at most, as steps are long by the third root of the tolerance: at
# the end of the lithium, where the voltage falls by volts a second, errors of 1e-9 of it are 0.1 mV, and each
# long step into that hands them on
MOST_FALL = 0.06
LOOKS = 12  # at most, for a limit


def first_step(cell, now, new, since, tolerances):
    """Return the length (s) of the first time step of a Progress whose fields go on to `new` (State) within
    `since` (s).

    Backward Euler's local error is dt^2/2 |u''|, and what diffuses changes at its fastest where it begins,
    |u''| dt < |u'|: dt |u'| / 2 is within the tolerance, of V too.
    """
    old = cell.state(now.solved.x)
    v = voltage_of_faces(cell, now)
    changes = cell.vector(sto=new.sto - old.sto, c_e=new.c_e - old.c_e, V=(v(new, 0.0) - v(old, 0.0)) / OF_V)
    rate = cell.unknowns.largest_error(changes, cell.design) / since
    longest = max(tolerances.first_step, LONGEST_FIRST)
    return max(tolerances.first_step, min(longest, 2 * tolerances.step / max(rate, 1e-300)))


def guess(cell, now, dt, bent=None):
    """Return the flat vector that a step of dt (s) is solved from, and by how much its V, where U bends, is
    off the parabola through the last states (V; bent, where that is known)."""
    x = extended(now, dt)
    if not cell.unknowns.inside(x):
        return now.solved.x.copy(), 0.0
    bent = bent_off(cell, now, x, dt) if bent is None else bent
    cell.state(x).V[0] += bent
    return x, bent


def extended(now, dt):
    """Return the flat vector on the parabola through the last states of a Progress, dt (s) after the present
    one."""
    return sum(w * x for w, x in zip(bdf.extrapolation(dt, now.earlier), now.states))


def foreseen_step(cell, now, load, dt, tolerance):
    """Return dt, or a shorter step (s) where within dt the voltage is foreseen to move by more than MOST_FALL
    allows at a tolerance, or to come near a limit of the Load (see SHORT_OF)."""
    if len(now.earlier) < 2 or load.profile is not None or now.solved.step.control.kind != "current":
        return dt
    V = float(cell.state(now.solved.x).V[0])

    @cache  # of a step that is not shortened both questions are of dt
    def voltage(since):
        x = extended(now, since)
        ahead = foreseen(cell, now, x, since) if cell.unknowns.inside(x) else np.nan
        return ahead if abs(ahead - float(cell.state(x).V[0])) < BENT else np.nan

    most = MOST_FALL * (tolerance / 5e-4) ** (1 / 3)
    dt = _reach(lambda since: most - abs(voltage(since) - V), most, dt, most / 10)
    way = now.side * (V - load.until_voltage) if load.until_voltage is not None else 0.0
    if way <= 0:
        return dt
    short = next((share * way for least, share in SHORT_OF if way > least), 0.0)
    return _reach(
        lambda since: now.side * (voltage(since) - load.until_voltage) - short, way - short, dt, NEAR
    )


def _reach(left, whole, dt, near):
    """Return the step of at most dt (s) of which left(step) is about 0 (V, `near`), where it is so within dt.

    left(0) is `whole`; it is NaN where nothing is foreseen.
    """
    before, beyond = (0.0, whole), (dt, left(dt))
    for _ in range(LOOKS):
        if beyond[1] >= -near:
            return beyond[0]
        since = _between(before, beyond)
        there = since, left(since)
        if abs(there[1]) < near:
            return since
        if there[1] > 0:
            before = there
        else:
            beyond = there
    # no state is foreseen further on, for another reason
    return dt if np.isnan(beyond[1]) else before[0] or dt


def _between(before, beyond):
    """Where to look next: where a straight line meets 0, or half way where nothing is known beyond."""
    (a, A), (b, B) = before, beyond
    if np.isnan(B):
        return (a + b) / 2
    return min(max(a + A / (A - B) * (b - a), a + 0.1 * (b - a)), b - 0.1 * (b - a))
