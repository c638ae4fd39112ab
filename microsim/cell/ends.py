"""What ends a protocol step: how far a state is past each end that the step names, and when it was met."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class EndValues:
    """What ends are held against: voltage (V), current (A), charge discharged since the start of the run and
    that at which the step began (C)."""

    V: float
    current: float
    charge: float
    charge_begun: float


def past_ends(load, reached, side, capacity):
    """Return {kind: how far past} of the ends of a Load: the voltage in V, the others as a share.

    side: 1 where a step without a direction of its own (a profile) began above its voltage limit, -1 below;
    capacity: of the electrode (C), the measure of a state of charge.
    """
    past = {}
    if load.until_voltage is not None:
        past["voltage"] = (load.until_voltage - reached.V) * (load.sign or side)
    if load.until_current is not None:
        past["current"] = 1.0 - abs(reached.current) / load.until_current
    if load.until_charge is not None:
        past["charge"] = abs(reached.charge - reached.charge_begun) / load.until_charge - 1.0
    if load.until_total is not None:
        way = load.sign or np.sign(load.until_total - reached.charge_begun) or 1.0
        past["soc"] = (reached.charge - load.until_total) * way / capacity
    return past


def time_of_end(times, values):
    """Return when a value passes 0: root of the parabola through the last values.

    times: dt, 0 and the time before it (s); values: at these, the first above 0 and the second below.
    """
    dt, known = times[0], min(len(times), len(values))
    roots = np.roots(np.polyfit(times[:known], values[:known], known - 1))
    roots = [root.real for root in roots if abs(root.imag) < 1e-9 and 0 < root.real < dt]
    linear = dt * values[1] / (values[1] - values[0])
    if roots:
        return min(roots, key=lambda root: abs(root - linear))
    return linear if 0 < linear < dt else dt / 2


def met_at_once(load, reason, reached):
    """Say that a step had nothing to do: the end that it names for `reason` was met as its current set in."""
    end, there = {
        "voltage": (f"{load.until_voltage} V", f"at {reached.V:.4f} V under this current"),
        "current": ("its end current", f"at {abs(reached.current) / (load.until_current or 1):.4g} of it"),
    }.get(reason, ("its state of charge", "there"))
    return f"expected to reach {end} by {load.name!r}, got a cell already {there}"
