"""Read the steps of a protocol from PyBaMM's experiment wording."""

import re
from dataclasses import dataclass

from .errors import InputError
from .schema import NUMBER, say, text

UNDERSTOOD = (
    '"Discharge at C/2 until 3.5 V", "Charge at 1C for 30 minutes or until 4.2 V", '
    '"Discharge at 20 A/m2 until 3.5 V" and "Rest for 30 minutes"'
)
FOR = rf" for (?P<span>{NUMBER}) ?(?P<span_unit>s|seconds?|min|minutes?|h|hours?)"
UNTIL = rf" until (?P<limit>{NUMBER}) ?(?P<limit_unit>m?v)"
DENSITY = rf"(?P<density>{NUMBER}) ?(?P<density_unit>a/m2|ma/cm2)"
RATE = rf"c ?/ ?(?P<divisor>{NUMBER})|(?P<multiple>{NUMBER}) ?c|{DENSITY}"
CURRENT_STEP = re.compile(
    rf"(?P<verb>discharge|charge) at (?:{RATE})(?:{FOR})?(?:(?: or)?{UNTIL})?", re.IGNORECASE
)
REST_STEP = re.compile(rf"rest{FOR}", re.IGNORECASE)
SECONDS_PER = {"s": 1.0, "m": 60.0, "h": 3600.0}  # by the first letter of the unit


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the protocol. Current and C-rate are above zero on discharge, below on charge.

    kind             "current" (constant current) or "rest"
    c_rate           h-1, or None
    current_A_m2     A m-2 of electrode cross-section, or None
    until_voltage_V  the step ends here (falling on discharge, rising on charge), or None
    duration_s       the step ends after this time, or None
    text             the step as the user wrote it
    """

    kind: str
    text: str
    c_rate: float | None = None
    current_A_m2: float | None = None
    until_voltage_V: float | None = None
    duration_s: float | None = None

    @property
    def charges(self):
        """Whether the step takes lithium out of the active material."""
        return (self.c_rate or self.current_A_m2 or 0.0) < 0

    def as_yaml(self):
        """Give the step back as it was written."""
        return self.text


def read_protocol(raw, path):
    """Read a list of steps."""
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: expected a list of steps, got {say(raw)}; understood now: {UNDERSTOOD}.")
    return tuple(read_step(step, f"{path}.{i}") for i, step in enumerate(raw))


def read_step(raw, path="protocol"):
    """Turn a step in PyBaMM's experiment wording into a Step."""
    wording = " ".join(text(raw, path).split())
    match = REST_STEP.fullmatch(wording) or CURRENT_STEP.fullmatch(wording)
    if not match:
        raise InputError(f"{path}: expected a step that is understood now, got {say(raw)}; use {UNDERSTOOD}.")
    parts = match.groupdict()
    if any(parts.get(key) and float(parts[key]) <= 0 for key in ("span", "divisor", "multiple", "density")):
        raise InputError(f"{path}: expected a current and a time above zero, got {say(raw)}; use a rest.")
    if match.re is REST_STEP:
        return Step(kind="rest", text=wording, duration_s=_seconds(parts))
    if not parts["span"] and not parts["limit"]:
        raise InputError(f'{path}: expected an end, got {say(raw)}; add "until 3.5 V" or "for 1 hour".')
    ends = {"duration_s": _seconds(parts), "until_voltage_V": _volts(parts)}
    return Step(kind="current", text=wording, **ends, **_current(parts))


def _seconds(parts):
    return float(parts["span"]) * SECONDS_PER[parts["span_unit"][0].lower()] if parts["span"] else None


def _volts(parts):
    per = 1000.0 if (parts["limit_unit"] or "").lower() == "mv" else 1.0
    return float(parts["limit"]) / per if parts["limit"] else None


def _current(parts):
    sign = -1.0 if parts["verb"].lower() == "charge" else 1.0
    if parts["density"]:
        per_m2 = 10.0 if parts["density_unit"].lower() == "ma/cm2" else 1.0  # 1 mA/cm2 = 10 A/m2
        return {"current_A_m2": sign * per_m2 * float(parts["density"])}
    c_rate = float(parts["multiple"]) if parts["multiple"] else 1.0 / float(parts["divisor"])
    return {"c_rate": sign * c_rate}
