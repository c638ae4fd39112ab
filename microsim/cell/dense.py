"""The voltage curve between time steps, so dense that straight lines between its rows are the curve.

A step is as long as its error in time allows, and over it the voltage bends: by 6 mV at C/3. It is

    V(t) = v(t) + rest(t),   v = sum over the faces of j A (U(sto) + eta(j, sto, c_e)) / sum of j A

v, open-circuit potential and overpotential where the current reacts, follows from sto and c_e, in time the
polynomial through the last states that the step itself is of, for the currents j of its end, or of a profile
on straight lines through those of its begin; the rest, ohmic, is such a polynomial itself.
"""

from functools import partial

import numpy as np

from ..numerics.bdf import extrapolation

WITHIN = 5e-5  # V; rows are added until straight lines are this near to the curve
SHORTEST_STEP = 1e-3  # s; shorter ones are not looked into
DEEPEST = 7  # halvings of a step
BENT = 0.03  # V off its parabola; further off, where U falls steeply, an extrapolated state tells no voltage


def note_rows(cell, now, current, load):
    """Add the present state of a Progress of a HalfCell to its record, and rows before it where the curve
    bends. current: A; load: the Load of the step."""
    columns = now.record.columns
    row = (now.t, current, float(cell.state(now.solved.x).V[0]), now.charge, now.number)
    followed = columns["step"] and columns["step"][-1] == now.number and now.earlier
    if followed and now.earlier[0] > SHORTEST_STEP and now.t > columns["time_s"][-1]:
        before = tuple(values[-1] for values in columns.values())
        for since, voltage in _bends(cell, now):
            t, I, charge = _between(before, row, since, load, now.begun)
            _add(columns, (t, I, voltage, charge, now.number))
    _add(columns, row)


def foreseen(cell, now, x, since):
    """Return the voltage (V) of a state x that the last ones are extrapolated to, `since` the present one
    (s): v of x, and the rest on its parabola. V itself on a parabola misses what U bends."""
    at_faces = voltage_of_faces(cell, now)
    with np.errstate(all="ignore"):  # beyond the end of its lithium no number is foreseen
        v = at_faces(cell.state(x), since)
    return v + _sum(extrapolation(since, now.earlier), _rests(cell, now, at_faces))


def bent_off(cell, now, x, since):
    """Return by how much the voltage of such a state is off its parabola, where U bends; 0 where no current
    is held or that tells nothing (V)."""
    if not now.earlier or now.solved.step.control.kind != "current":
        return 0.0
    off = foreseen(cell, now, x, since) - float(cell.state(x).V[0])
    return off if abs(off) < BENT else 0.0


def _bends(cell, now):
    """(s from the end of the last step, V) of the rows within it that straight lines need, in order."""
    states, at_faces = now.states[: len(now.earlier[:2]) + 1], voltage_of_faces(cell, now)
    ends, rests = [float(cell.state(x).V[0]) for x in states[:2]], _rests(cell, now, at_faces)

    def voltage(since):
        weights = extrapolation(since, now.earlier)
        return float(at_faces(cell.state(_sum(weights, states)), since) + _sum(weights, rests))

    return _halved(voltage, (-now.earlier[0], ends[1]), (0.0, ends[0]), DEEPEST)


def _rests(cell, now, at_faces):
    """The voltages of the last states, less v (V)."""
    if not now.rests:  # asked for by the rows of a step and by the guess of the next one
        times = -np.cumsum([0.0, *now.earlier[:2]])
        now.rests = [
            float(cell.state(x).V[0]) - at_faces(cell.state(x), t) for x, t in zip(now.states, times)
        ]
    return now.rests


def voltage_of_faces(cell, now):
    """Return a function of a State and of the time since the present one (s) that returns v (V)."""
    faces, mesh = cell.mesh.faces, cell.mesh
    j, ours = now.solved.interfaces.reaction[cell.on_faces], mesh.positive[faces.electronic]
    weights = _shares(j * faces.area, faces.area, ours) - _shares(j * faces.area, faces.area, ~ours)
    slope = (
        0.0 if now.reacted is None or not now.earlier else (j - now.reacted[cell.on_faces]) / now.earlier[0]
    )

    def mean(u, since):
        return float(weights @ cell.voltages(u, j + since * slope))

    return mean


def _shares(current, area, part):
    """Share of each face of a part (bool) in its current, or in its area where that has both signs."""
    given, size = np.where(part, current, 0.0), np.where(part, area, 0.0)
    known = given if abs(given.sum()) > 0.5 * np.abs(given).sum() else size
    return known / (known.sum() or 1.0)


def _sum(weights, values):
    return sum(w * value for w, value in zip(weights, values))


def _halved(value, first, last, depth):
    """Points of a function between two of it, such that straight lines between all of them are near to it.

    A value of it is a voltage of all faces: a cubic through four of them stands for it where two more agree.
    """
    (a, A), (b, B) = first, last

    def line(t):
        return A + (t - a) / (b - a) * (B - A)

    inner = [(t, value(t)) for t in (a + s * (b - a) for s in (1 / 3, 2 / 3))]
    if depth == 0 or all(abs(V - line(t)) <= WITHIN for t, V in inner):
        return []
    cubic = partial(_through, [first, *inner, last])
    # where what a fourth and a fifth power would add is largest
    if all(abs(cubic(t) - value(t)) <= WITHIN / 5 for t in (a + s * (b - a) for s in (1 / 6, 5 / 6))):
        value = cubic
    middle = (a + b) / 2, value((a + b) / 2)
    return [*_halved(value, first, middle, depth - 1), middle, *_halved(value, middle, last, depth - 1)]


def _through(points, t):
    """The polynomial through points (t, value), at t."""
    value = 0.0
    for k, (t_k, v_k) in enumerate(points):
        for i, (t_i, _) in enumerate(points):
            if i != k:
                v_k *= (t - t_i) / (t_k - t_i)
        value += v_k
    return value


def _between(before, row, since, load, begun):
    """Time, current and charge at a time since a row, from that before it: the charge by its ends and its
    slopes there, which the currents are."""
    (t0, I0, _, q0, _), (t1, I1, _, q1, _) = before, row
    t = t1 + since
    dt, s = t1 - t0, (t - t0) / (t1 - t0)
    asked = load.control(t - begun)
    current = asked.value if asked.kind == "current" else I0 + s * (I1 - I0)
    charge = (
        q0
        + s * dt * I0
        + s**2 * (3 * (q1 - q0) - dt * (2 * I0 + I1))
        + s**3 * (dt * (I0 + I1) - 2 * (q1 - q0))
    )
    return t, current, charge


def _add(columns, row):
    for values, value in zip(columns.values(), row):
        values.append(value)
