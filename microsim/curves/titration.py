"""What a curve says beyond its voltage: dQ/dV, and diffusivities of a titration (GITT).

    dQ/dV: the charge between two voltages, of the curve made monotonous, over their difference
    E(t) - E(0) = dE_s (D / (k r^2)) c(D t / r^2) r^2 / (D tau)     c: at the surface, under a constant flux
    D = 4 / pi (r dE_s / (k tau dE / d sqrt(t)))^2                  the same while tau << r^2 / D

k = 1 and the length r of a sheet, k = 3 and the radius r of spheres. dE_s: from rest to rest; dE / d
sqrt(t): slope of a pulse of duration tau, without the jump of its resistance. The short form is low by a
quarter for spheres at tau = 0.011 r^2 / D: what lies below a curved surface is less than below a flat one.
Sources: Weppner, Huggins, J. Electrochem. Soc. 124 (1977) 1569, eq. 24 and 25; Crank, The Mathematics of
Diffusion (1975), eq. 4.55 and 6.45.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfcx

from ..base.errors import InputError
from .steps import measured_steps

SKIPPED = 0.1  # of a pulse: its beginning, in which resistance and double layer act
FEWEST = 5  # points of a pulse that a slope is taken from
SHORT = 0.5  # of (r / k)^2 / D that a pulse may last: beyond, 1 % of the slope is more than 3 % of D
EARLY = 0.05  # of r^2 / D up to which the far end, or the centre, is not felt to 1e-8
TERMS = 20
THETA = (1e-9, 3.0)  # of tau D / r^2 between which D is looked for
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
    step dE_s (V), slope dE / d sqrt(t) (V s-1/2) and its share of scatter, D (m2 s-1), None where the
    voltage goes with the charge alone; weppner_huggins: D of the short form, short: whether the pulse is
    short beside (r / k)^2 / D, relaxed: whether both rests had come to an end, gap: time between the rows
    about its begin, as a share of the duration; D is off by up to 2.5 times that
    """

    begin: float
    duration: float
    current: float
    voltage: float
    step: float
    slope: float
    scatter: float
    D: float | None
    weppner_huggins: float
    short: bool
    relaxed: bool
    gap: float


def titration(curve, size, sphere=False):
    """Return the Pulses of a MeasuredCurve of a whole file.

    size (m): length of a sheet, or radius of spheres. Raises InputError where no pulse stands between two
    rests.
    """
    steps = measured_steps(curve)
    found = [
        _pulse(curve, *three, size, sphere)
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


def _pulse(curve, before, pulse, after, size, sphere):
    t, V = curve.time_s[pulse.first : pulse.last + 1], curve.voltage_V[pulse.first : pulse.last + 1]
    late = t - pulse.begin >= SKIPPED * pulse.duration
    root = np.sqrt(t[late] - pulse.begin)
    if late.sum() < FEWEST or np.ptp(root) == 0:
        return None
    slope, offset = np.polyfit(root, V[late], 1)
    rest = float(curve.voltage_V[after.last])
    step, tau = rest - float(curve.voltage_V[before.last]), pulse.duration
    scatter = float(np.std(V[late] - slope * root - offset) / max(abs(slope) * np.ptp(root), 1e-12))
    length = size / 3 if sphere else size
    brief = 4 / np.pi * (length * step / (tau * slope)) ** 2 if slope else np.inf
    theta = _theta(tau * slope / step, root, tau, sphere) if step else None
    return Pulse(
        pulse.begin, tau, pulse.value, rest, step, float(slope), scatter,
        None if theta is None else theta * size**2 / tau, float(brief),
        theta is not None and theta * size**2 <= SHORT * length**2,
        all(_drift(curve, rest) <= STEADY * abs(step) for rest in (before, after)),
        float(t[0] - curve.time_s[before.last]) / tau,
    )  # fmt: skip


def _theta(wanted, root, tau, sphere):
    """tau D / size^2 at which the surface rises over sqrt(t) as measured: wanted, tau slope / dE_s.

    None where it does at no D: the voltage then goes with the charge alone, or against its own step.
    """

    def over(log):
        theta = np.exp(log)
        rise = np.polyfit(root, surface(theta * root**2 / tau, sphere), 1)[0]
        return tau * rise / (theta * (3 if sphere else 1)) - wanted

    ends = np.log(THETA)
    return float(np.exp(brentq(over, *ends))) if over(ends[0]) > 0 > over(ends[1]) else None


def surface(theta, sphere):
    """Concentration at the surface under a constant flux, in flux size / D, over theta = D t / size^2.

    Sheet with a closed far end, or sphere; the first terms while the far end is not felt, else Fourier's.
    """
    theta = np.asarray(theta, float)
    n = np.arange(1, TERMS + 1)
    root = _roots() if sphere else np.pi * n
    late = np.maximum(theta, EARLY)
    sum_ = 2 * (np.exp(-(root**2) * late[..., None]) / root**2).sum(axis=-1)
    whole = 3 * late + 0.2 - sum_ if sphere else late + 1 / 3 - sum_
    early = np.sqrt(np.minimum(theta, EARLY))
    return np.where(theta > EARLY, whole, erfcx(-early) - 1 if sphere else 2 * early / np.sqrt(np.pi))


def _roots():
    """The first roots of tan x = x, by x = n pi + arctan x, whose steps fall by 1 / (1 + x^2)."""
    whole = np.pi * np.arange(1, TERMS + 1)
    x = whole + np.pi / 2
    for _ in range(20):
        x = whole + np.arctan(x)
    return x


def _drift(curve, rest):
    """By how much the voltage moves in the last tenth of a rest (V), along a straight line through it."""
    t, V = (values[rest.first : rest.last + 1] for values in (curve.time_s, curve.voltage_V))
    late = t >= rest.end - 0.1 * rest.duration
    if late.sum() < 2 or np.ptp(t[late]) == 0:
        return 0.0
    return float(abs(np.polyfit(t[late] - t[-1], V[late], 1)[0]) * 0.1 * rest.duration)
