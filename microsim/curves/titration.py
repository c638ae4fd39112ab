"""What a curve says beyond its voltage: dQ/dV, and diffusivities of a titration (GITT).

    dQ/dV: the charge between two voltages, of the curve made monotonous, over their difference
    D = 4 / pi (L dE_s / (tau dE / d sqrt(t)))^2       L: length of a sheet, r / 3 of a sphere

dE_s: from rest to rest; dE / d sqrt(t): slope of a pulse of duration tau, without the jump of its resistance.
Source: Weppner, Huggins, J. Electrochem. Soc. 124 (1977) 1569, eq. 24 and 25, for tau << L^2 / D.
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from .steps import measured_steps

SKIPPED = 0.1  # of a pulse: its beginning, in which resistance and double layer act
FEWEST = 5  # points of a pulse that a slope is taken from
SHORT = 0.1  # of L^2 / D that a pulse may last
STEADY = (
    0.01  # of dE_s that the voltage may still move in the last tenth of a rest: a fifth of it is left then
)


def dq_dv(charge, voltage, step):
    """Return voltages (V) and -dQ/dV of a half cycle, above zero, in the unit of the charge per V.

    charge (discharged since it began), voltage (V): rows of one half cycle; step (V) between the voltages.
    """
    charge, V = np.asarray(charge, float), np.asarray(voltage, float)
    falls = V[-1] < V[0]
    running = np.minimum.accumulate(V) if falls else np.maximum.accumulate(V)
    order = slice(None, None, -1) if falls else slice(None)
    V, q = running[order], charge[order]
    edges = np.arange(np.ceil(V[0] / step - 1e-9), np.floor(V[-1] / step + 1e-9) + 1) * step
    if edges.size < 2:
        raise InputError(
            f"expected a half cycle over more than {2e3 * step:g} mV for dQ/dV, got"
            f" {1e3 * (V[-1] - V[0]):.4g} mV; take smaller steps"
        )
    first = np.concatenate([[True], np.diff(V) > 0])
    last = np.concatenate([np.diff(V) > 0, [True]])
    passed = (np.interp(edges, V[first], q[first]) + np.interp(edges, V[last], q[last])) / 2
    return (edges[1:] + edges[:-1]) / 2, np.abs(np.diff(passed)) / step


@dataclass(frozen=True)
class Pulse:
    """A pulse of a titration between two rests.

    begin (s), duration (s), current (discharge above zero, the curve's unit), voltage at rest after it (V),
    step dE_s (V), slope dE / d sqrt(t) (V s-1/2) and its share of scatter, D (m2 s-1), short: whether the
    pulse is short beside L^2 / D, relaxed: whether both rests had come to an end
    """

    begin: float
    duration: float
    current: float
    voltage: float
    step: float
    slope: float
    scatter: float
    D: float
    short: bool
    relaxed: bool


def titration(curve, length):
    """Return the Pulses of a MeasuredCurve of a whole file; length (m): of a sheet, or r / 3 of spheres.

    Raises InputError where no pulse stands between two rests.
    """
    steps = measured_steps(curve)
    found = [
        _pulse(curve, *three, length)
        for three in zip(steps, steps[1:], steps[2:])
        if [step.kind for step in three] == ["rest", "current", "rest"]
    ]
    found = [pulse for pulse in found if pulse is not None]
    if not found:
        raise InputError(
            f"{curve.where}: expected pulses between rests, with {FEWEST} points or more each, got none;"
            " give the file of a titration"
        )
    return tuple(found)


def _pulse(curve, before, pulse, after, length):
    t, V = curve.time_s[pulse.first : pulse.last + 1], curve.voltage_V[pulse.first : pulse.last + 1]
    late = t - pulse.begin >= SKIPPED * pulse.duration
    root = np.sqrt(t[late] - pulse.begin)
    if late.sum() < FEWEST or np.ptp(root) == 0:
        return None
    slope, offset = np.polyfit(root, V[late], 1)
    step = float(curve.voltage_V[after.last] - curve.voltage_V[before.last])
    scatter = float(np.std(V[late] - slope * root - offset) / max(abs(slope) * np.ptp(root), 1e-12))
    D = 4 / np.pi * (length * step / (pulse.duration * slope)) ** 2 if slope else np.inf
    short = bool(pulse.duration <= SHORT * length**2 / D) if D else True
    relaxed = all(_drift(curve, rest) <= STEADY * abs(step) for rest in (before, after))
    rest = float(curve.voltage_V[after.last])
    return Pulse(
        pulse.begin, pulse.duration, pulse.value, rest, step, float(slope), scatter, float(D), short, relaxed
    )


def _drift(curve, rest):
    """By how much the voltage moves in the last tenth of a rest (V), along a straight line through it."""
    t, V = (values[rest.first : rest.last + 1] for values in (curve.time_s, curve.voltage_V))
    late = t >= rest.end - 0.1 * rest.duration
    if late.sum() < 2 or np.ptp(t[late]) == 0:
        return 0.0
    return float(abs(np.polyfit(t[late] - t[-1], V[late], 1)[0]) * 0.1 * rest.duration)
