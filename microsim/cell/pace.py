"""How long the time steps of an Experiment are, and the error that each of them leaves."""

from ..numerics import bdf

SHORTEST = 1e-5  # s; below, the round-off of sto / dt shows: 3e-6 of the current at 1 us
OF_V = 0.4  # V that an error of V is held against while a current is held
# V that moves with all of the lithium, by the slope of the last step: steeper, a cell is at the end of it,
# and what cells may miss of the current is millivolts, at which time steps stall. There they may miss less
STEEP, LESS = 30.0, 0.2
GROWTH = 1.8  # of a step over the last one where too few steps tell the error


def step_into(ahead, first):
    """Return the first step into a piece of a profile of a length `ahead`, at most `first` (s)."""
    return max(min(first, ahead / 10), ahead / 100)


def longer(now, dt, error, left, tolerance):
    """Return the step after an accepted one of dt and its local error (s).

    left: time to the next corner of a profile (s). At a bend the current's slope is new, but not the current
    and what diffusion has built up. Behind its short first step comes one as long as those before the bend,
    at most half the piece: the third step of a piece tells its error by three states.
    """
    if len(now.earlier) > 2:  # enough steps to tell the error
        return max(bdf.next_step(dt, error, tolerance), SHORTEST)
    stride = min(now.pace, left / 2) if len(now.earlier) == 1 else 0.0
    return max(GROWTH * dt, stride)


def local_error(cell, now, dx, dt, bent=0.0, varies=False):
    """Return the largest rms local error of a step of dt that changes its guess by dx: of what is declared in
    unknowns, and of a current that is not asked for, over the largest one; 0 while there are too few steps to
    tell.

    bent: by how much the guess of V was off the parabola through the last ones (V). V is held against the
    nearer of the two, its guess over OF_V; what a profile asks for, against the parabola alone.
    """
    told = len(now.earlier) > 1 or (now.earlier and dt > 2 * now.earlier[0])
    if not told:
        return 0.0
    V = float(cell.state(dx).V[0])
    off = abs(V + bent) if varies else min(abs(V + bent), abs(V)) / OF_V
    share, fields = bdf.error_share(dt, now.earlier), cell.unknowns.largest_error(dx, cell.design, V=off)
    if now.solved.step.control.kind == "current":  # what is asked for has no error but round-off
        return share * fields
    return share * max(fields, abs(cell.current(dx)) / now.scale_current)


def may_miss(cell, now, share, control):
    """Return the share of the current that the balances of the next step, with a Control, may miss: `share`
    or less."""
    # at rest, and where a held voltage's current fades, it is of a current that no longer flows
    if control.kind == "voltage" or control.value == 0:
        return share * LESS
    if len(now.charges) < 2:
        return share
    (V, V_before), (q, q_before) = (float(cell.state(x).V[0]) for x in now.states[:2]), now.charges[:2]
    moved = abs(q - q_before) / cell.capacity[cell.positive_cells].sum()
    return share * LESS if abs(V - V_before) > STEEP * moved else share
