"""The steps that a cycler ran, from its file: currents, holds and rests with their times and ends.

A step begins where the current sets in, changes its sign or ends, and where the file counts another step or
another way of control. Its current is the charge that passed in it over its time, so that a run of these
steps passes the file's own charge.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import InputError
from .gaps import held
from .halves import begun, flow_signs

# of a step's charge: so far from a straight line over time is a current constant; or so little of itself does
# it vary, for in a pulse of few rows the charge is uncertain by more
STRAIGHT = 0.01
FLAT = 2e-3  # V within which a voltage is held
FALLS = 0.95  # of its first value: a current that ends below it is that of a held voltage
AT_LIMIT = 5e-3  # V from the file's highest or lowest voltage that a limit of it can be
ROUND, LOW, NEAR = 0.05, 0.05, 3e-3  # V: limits are round, but for those below LOW
ALIKE = 1e-3  # within which two durations are one: those steps ended by their time
SHORTEST = 1e-3  # s


@dataclass(frozen=True)
class MeasuredStep:
    """A step of a cycler.

    kind      "current", "voltage" (held), "rest" or "varying"
    value     mean current (discharge above zero, in the curve's unit), or the voltage held (V); 0 at rest
    begin, end  s, as the curve counts
    limit     round voltage at the end of the file's range that ended it (V), or None
    cycle     as the file counts, else two half cycles each
    half      number of its half cycle from 1, None at rest
    first, last  its rows
    charge    that passed in it, above zero on discharge (the curve's unit)
    """

    kind: str
    value: float
    begin: float
    end: float
    limit: float | None
    cycle: int
    half: int | None
    first: int
    last: int
    charge: float

    @property
    def duration(self):
        """How long it took (s)."""
        return self.end - self.begin


def measured_steps(curve):
    """Return the steps of a MeasuredCurve of a whole file, in order. Raises InputError where it has no time
    or no current."""
    if curve.time_s is None or curve.current is None or curve.charge is None:
        raise InputError(
            f"{curve.where}: expected a time and a current to take its steps from, got none of one; name the"
            " columns"
        )
    pieces = _pieces(curve)
    starts = [_start(curve, pieces, k) for k in range(len(pieces))]
    ends = [*starts[1:], (float(curve.time_s[-1]), float(curve.charge[-1]))]
    found = [
        _made(curve, piece, *begin, *end)
        for piece, begin, end in zip(pieces, starts, ends)
        if end[0] - begin[0] > SHORTEST
    ]
    return tuple(_of_cycles(_limited(_joined(found), curve), curve))


def _pieces(curve):
    """(first row, last row, sign of the current) of each stretch that is one step."""
    signs = flow_signs(curve.current, curve.charge)
    cuts = np.diff(signs) != 0
    for counted in (curve.step, curve.mode):
        if counted is not None:
            cuts |= (np.diff(held(counted)) != 0) & np.isfinite(held(counted)[:-1])
    firsts = [0, *(np.flatnonzero(cuts) + 1).tolist()]
    pieces = [(a, b, float(signs[a])) for a, b in zip(firsts, [*(k - 1 for k in firsts[1:]), signs.size - 1])]
    return [part for piece in pieces for part in _held_apart(curve, *piece)]


def _held_apart(curve, first, last, sign):
    """A stretch in one piece, or in two where its end is a voltage held after a current."""
    V, current = curve.voltage_V[first : last + 1], np.abs(curve.current[first : last + 1])
    flat = np.abs(V - V[-1]) <= FLAT
    start = int(np.flatnonzero(~flat)[-1]) + 1 if not flat.all() else 0
    tail = current[start:]
    if sign == 0 or start == 0 or tail.size < 3 or tail[-1] > FALLS * tail[0]:
        return [(first, last, sign)]
    return [(first, first + start - 1, sign), (first + start, last, sign)]


def _start(curve, pieces, k):
    """When a step began (s), and the charge that had passed then: a rest at the row before it, a current so
    long before its first row as its charge took. What passed between the rows of a rest and of a current is
    the current's."""
    (first, _, sign), t, q = pieces[k], curve.time_s, curve.charge
    before = max(first - 1, 0)
    if first == 0 or sign == 0:
        return float(t[before]), float(q[first])
    at = min(begun(curve, first), float(t[first]))
    return at, float(q[before] if pieces[k - 1][2] == 0 else np.interp(at, t, q))


def _made(curve, piece, begin, passed, end, passed_then):
    first, last, sign = piece
    t, q, V = curve.time_s, curve.charge, curve.voltage_V
    charge = passed_then - passed
    step = MeasuredStep("rest", 0.0, begin, end, None, 0, None, first, last, charge)
    if sign == 0:
        return replace(step, charge=0.0)
    inside = slice(first, last + 1)
    if np.ptp(V[inside]) <= 2 * FLAT and abs(curve.current[last]) < FALLS * abs(curve.current[first]):
        return replace(step, kind="voltage", value=float(np.median(V[inside])))
    line = passed + charge * (t[inside] - begin) / (end - begin)
    flow = np.abs(curve.current[inside])
    straight = (
        np.abs(q[inside] - line).max() <= STRAIGHT * abs(charge) or np.ptp(flow) <= STRAIGHT * flow.max()
    )
    return replace(step, kind="current" if straight else "varying", value=charge / (end - begin))


def _joined(steps):
    """Rests that follow rests as one."""
    found = []
    for step in steps:
        if found and step.kind == found[-1].kind == "rest":
            found[-1] = replace(found[-1], end=step.end, last=step.last)
        else:
            found.append(step)
    return found


def _limited(steps, curve):
    """The steps with the voltages that ended them: that of a hold after them, else a round one at an end of
    the file's range, where no like step took as long."""
    for k, step in enumerate(steps):
        others = [o for o in steps[:k] + steps[k + 1 :] if o.kind == step.kind and o.value * step.value > 0]
        timed = any(abs(o.duration - step.duration) <= ALIKE * step.duration for o in others)
        flows = step.kind in ("current", "varying") and not timed
        held = k + 1 < len(steps) and steps[k + 1].kind == "voltage" and step.kind in ("current", "varying")
        limit = _round(steps[k + 1].value) if held else _limit(step, curve.voltage_V) if flows else None
        yield replace(step, limit=limit)


def _limit(step, V):
    at, end = float(V[step.last]), float(V.max() if step.value < 0 else V.min())
    near = round(round(at / ROUND) * ROUND, 3) if at > LOW else round(at, 3)
    return near if abs(at - end) <= AT_LIMIT and abs(at - near) <= NEAR else None


def _round(V):
    """The round voltage that a limit close by is, else that voltage to the millivolt."""
    near = round(round(V / ROUND) * ROUND, 3)
    return near if V > LOW and abs(V - near) <= NEAR else round(V, 3)


def _of_cycles(steps, curve):
    """The steps with the numbers of their cycles and half cycles; a rest belongs to what comes before it."""
    cycle = None
    for step in steps:
        half = next((h for h in curve.halves if h.first <= step.last and step.first <= h.last), None)
        flows = half is not None and step.kind != "rest"
        if curve.cycle is not None and np.isfinite(curve.cycle[step.last]):
            cycle = int(curve.cycle[step.last])
        elif flows:
            cycle = half.cycle
        yield replace(
            step, cycle=_first(curve) if cycle is None else cycle, half=half.number if flows else None
        )


def _first(curve):
    return curve.halves[0].cycle if curve.halves else 1
