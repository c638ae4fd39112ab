"""Half cycles of a measured file: where current of one sign flows, with the rests between."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError

FLOWS = 1e-3  # of the largest current: less is a rest


@dataclass(frozen=True)
class HalfCycle:
    """A charge or a discharge.

    number from 1, direction "charge" or "discharge", first and last row, begun (s), charge_begun (in the
    curve's unit), cycle: as the file counts, else two half cycles each; volts: at its first and its last row
    """

    number: int
    direction: str
    first: int
    last: int
    begun: float
    charge_begun: float
    cycle: int
    volts: tuple[float, float]

    @property
    def said(self):
        """Say which one it is."""
        return f"half cycle {self.number} ({self.direction}) of them"

    @property
    def listed(self):
        """Say which one it is, for a choice."""
        first, last = self.volts
        return f"{self.number} {self.direction} {first:.3f} to {last:.3f} V (cycle {self.cycle})"


def flow_signs(current, charge):
    """Return the sign of the current in each row, 0 at rest.

    current: of the rows, or None: then it follows from the charge passed since the first row.
    """
    if current is None:
        steps = np.diff(charge)
        current = np.concatenate([steps[:1], steps])  # nothing says what flowed before the first row
    flow = np.nan_to_num(current)
    return np.where(np.abs(flow) > FLOWS * np.abs(flow).max(initial=0.0), np.sign(flow), 0.0)


def sign_runs(signs):
    """Return (first row, last row, sign) of each stretch of one sign; rests within and between are passed
    over."""
    rows = np.flatnonzero(signs)
    if not rows.size:
        return []
    ends = np.flatnonzero(np.diff(signs[rows]))
    firsts, lasts = rows[np.concatenate([[0], ends + 1])], rows[np.concatenate([ends, [rows.size - 1]])]
    return [(int(a), int(b), float(signs[a])) for a, b in zip(firsts, lasts)]


def half_cycles(curve):
    """Return the half cycles of a MeasuredCurve of a whole file; none where no current is known."""
    if curve.current is None and curve.charge is None:
        return ()
    runs = sign_runs(flow_signs(curve.current, curve.charge))
    return tuple(_half(curve, k, *run) for k, run in enumerate(runs, 1))


def _half(curve, number, first, last, sign):
    counted = curve.cycle is not None and np.isfinite(curve.cycle[first])
    V = curve.voltage_V
    return HalfCycle(
        number,
        "discharge" if sign > 0 else "charge",
        first,
        last,
        begun(curve, first),
        0.0 if curve.charge is None else float(curve.charge[max(first - 1, 0)]),
        int(curve.cycle[first]) if counted else (number + 1) // 2,
        (float(V[first]), float(V[last])),
    )


def begun(curve, first):
    """Return when the current set in (s): so long before its first row as its charge took."""
    if curve.time_s is None:
        return 0.0
    now, before = curve.time_s[first], curve.time_s[max(first - 1, 0)]
    if curve.charge is None or curve.current is None or curve.per != curve.charge_per:
        return float(now)
    passed = curve.charge[first] - curve.charge[max(first - 1, 0)]
    return float(np.clip(now - passed / curve.current[first], before, now))


def chosen(halves, cycle, half_cycle, curve):
    """Return the half cycle that is asked for; None for all of the file. Refuses what could be several."""
    if half_cycle == "all":
        return None
    if not halves:
        if cycle is None and half_cycle is None:
            return None
        raise InputError(
            f"{curve.where}: expected a current or a charge that tells its half cycles apart, got none; give"
            " columns, or leave cycle and half_cycle out"
        )
    fitting = [
        half
        for half in halves
        if (cycle is None or half.cycle == cycle)
        and (half_cycle is None or half_cycle in (half.number, half.direction))
    ]
    if len(fitting) == 1:
        return fitting[0]
    asked = ", ".join(
        f"{key}: {value}"
        for key, value in (("cycle", cycle), ("half_cycle", half_cycle))
        if value is not None
    )
    shown = "; ".join(half.listed for half in halves[:12]) + ("; ..." if len(halves) > 12 else "")
    raise InputError(
        f"{curve.where}: expected one half cycle{f' at {asked}' if asked else ''}, got"
        f" {len(fitting) or 'none'} of {shown}; name one by half_cycle: its number, or all for the whole file"
    )
