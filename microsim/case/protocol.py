"""Read the steps of a protocol from PyBaMM's experiment wording, with repeats and profiles from files."""

import re
from dataclasses import dataclass, replace

from ..base.errors import InputError
from ..base.schema import NUMBER, choice, number, say, text, whole

UNDERSTOOD = (
    '"Discharge at C/2 until 3.5 V", "Charge at 1C for 30 minutes or until 4.2 V", "Discharge at 20 A/m2'
    ' until 3.5 V", "Discharge at 70 W/m2 until 3.5 V", "Hold at 4.2 V until C/20", "Rest for 30 minutes",'
    ' "GITT discharge at C/10 for 10 minutes, rest for 1 hour, until 3 V", {repeat: 10, steps: [...]} (with'
    " until_voltage_V, if it may end earlier) and {profile: drive.csv, quantity: c_rate}"
)
FOR = rf" for (?P<span>{NUMBER}) ?(?P<span_unit>ms|s|sec|seconds?|min|minutes?|h|hours?|d|days?)"
UNTIL = rf" until (?P<limit>{NUMBER}) ?(?P<limit_unit>m?v)"


def _bare(pattern):
    """A pattern without the names of its groups, so that it may stand twice in one."""
    return re.sub(r"\?P<\w+>", "?:", pattern)


VALUE = rf"(?P<value>{NUMBER}) ?(?P<unit>a/m2|ma/cm2|m?a|w/m2|mw/cm2|m?w)"
RATE = rf"c ?/ ?(?P<divisor>{NUMBER})|(?P<multiple>{NUMBER}) ?c|{VALUE}"
FLOW_STEP = re.compile(
    rf"(?P<verb>discharge|charge) at (?:{RATE})(?:{FOR})?(?:(?: or)?{UNTIL})?", re.IGNORECASE
)
END_CURRENT = rf" until (?:{RATE})"
HOLD_STEP = re.compile(
    rf"hold at (?P<held>{NUMBER}) ?(?P<held_unit>m?v)(?:{FOR})?(?:(?: or)?{END_CURRENT})?", re.IGNORECASE
)
REST_STEP = re.compile(rf"rest{FOR}", re.IGNORECASE)
GITT = re.compile(
    rf"gitt (?P<pulse>(?:discharge|charge) at .*?{_bare(FOR)}),? (?P<rest>rest{_bare(FOR)}),?{UNTIL}",
    re.IGNORECASE,
)
PULSES = 1000  # of a titration, at most
SECONDS_PER = {
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}  # by the unit, or by its first letter
# unit -> (what it is, SI units in it)
UNITS = {
    "a/m2": ("current_A_m2", 1.0),
    "ma/cm2": ("current_A_m2", 10.0),
    "a": ("current_A", 1.0),
    "ma": ("current_A", 1e-3),
    "w/m2": ("power_W_m2", 1.0),
    "mw/cm2": ("power_W_m2", 10.0),
    "w": ("power_W", 1.0),
    "mw": ("power_W", 1e-3),
}
QUANTITIES = ("c_rate", "current_A_m2", "current_A", "power_W_m2", "power_W")


@dataclass(frozen=True, kw_only=True)
class ProtocolStep:
    """One step of the protocol. Current, C-rate and power are above zero on discharge, below on charge.

    kind             "current", "power", "voltage" (held), "profile" or "rest"
    quantity         what `value` is: c_rate (h-1), current_A_m2, current_A, power_W_m2, power_W, voltage_V
    value            the number, or None
    profile          the file of a profile, or None
    until_voltage_V  the step ends here (falling on discharge, rising on charge), or None
    until            (quantity, value) of the current at which a held voltage ends, or None
    duration_s       the step ends after this time, or None
    skip             how many of the next steps fall away if the voltage limit ends this one (the rest of a
                     repeat)
    text             the step as the user wrote it
    """

    kind: str
    text: str
    quantity: str | None = None
    value: float | None = None
    profile: str | None = None
    until_voltage_V: float | None = None
    until: tuple | None = None
    duration_s: float | None = None
    skip: int = 0

    @property
    def charges(self):
        """Whether the step takes lithium out of the active material."""
        return self.kind in ("current", "power") and self.value < 0


class Protocol(tuple):
    """The steps, repeats written out; `written`: the list as the user gave it."""

    def __new__(cls, steps, written):
        self = super().__new__(cls, steps)
        self.written = written
        return self

    def as_yaml(self):
        return self.written


def read_protocol(raw, path):
    """Read a list of steps."""
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: expected a list of steps, got {say(raw)}; understood now: {UNDERSTOOD}.")
    steps = []
    for i, item in enumerate(raw):
        here = f"{path}.{i}"
        titration = GITT.fullmatch(" ".join(item.split())) if isinstance(item, str) else None
        if titration:
            steps += _titration(titration, here)
        elif isinstance(item, dict) and "repeat" in item:
            steps += _repeat(item, here)
        else:
            steps.append(read_step(item, here))
    return Protocol(steps, _plain(raw))


def _plain(raw):
    """The list as it was given, without the spaces that do not matter."""
    if isinstance(raw, list):
        return [_plain(item) for item in raw]
    if isinstance(raw, dict):
        return {str(key): _plain(value) for key, value in raw.items()}
    return " ".join(raw.split()) if isinstance(raw, str) else raw


def _repeat(item, path):
    if not {"repeat", "steps"} <= set(item) <= {"repeat", "steps", "until_voltage_V"}:
        raise InputError(
            f"{path}: expected the keys repeat and steps, and perhaps until_voltage_V, got "
            f"{', '.join(map(str, item))}; correct them."
        )
    steps, limit = read_protocol(item["steps"], f"{path}.steps"), item.get("until_voltage_V")
    steps = list(steps) * whole(1, 100000)(item["repeat"], f"{path}.repeat")
    return (
        steps
        if limit is None
        else _ended_at(number(0.0, 10.0)(limit, f"{path}.until_voltage_V"), steps, path)
    )


def _ended_at(limit, steps, path):
    """Let the first step under current that reaches a voltage end them all."""
    flows = [step for step in steps if step.kind in ("current", "power")]
    if not flows or any(step.until_voltage_V is not None or step.skip for step in flows):
        raise InputError(
            f"{path}: expected steps under current without a voltage of their own beside until_voltage_V, "
            "got others; remove one of the two."
        )
    return [
        replace(step, until_voltage_V=limit, skip=len(steps) - 1 - k) if step in flows else step
        for k, step in enumerate(steps)
    ]


def _titration(parts, path):
    """Pulses and rests by turns, until a pulse reaches the voltage (galvanostatic intermittent titration)."""
    pulse, rest = (read_step(parts[name][0].upper() + parts[name][1:], path) for name in ("pulse", "rest"))
    return _ended_at(_volts(parts.groupdict(), "limit"), [pulse, rest] * PULSES, path)


def read_step(raw, path="protocol"):
    """Turn a step in PyBaMM's experiment wording, or a profile's section, into a ProtocolStep."""
    if isinstance(raw, dict):
        return _profile(raw, path)
    wording = " ".join(text(raw, path).split())
    match = next((m for m in (p.fullmatch(wording) for p in (REST_STEP, FLOW_STEP, HOLD_STEP)) if m), None)
    if not match:
        raise InputError(f"{path}: expected a step that is understood now, got {say(raw)}; use {UNDERSTOOD}.")
    parts = match.groupdict()
    if any(parts.get(key) and float(parts[key]) <= 0 for key in ("span", "divisor", "multiple", "value")):
        raise InputError(f"{path}: expected a current and a time above zero, got {say(raw)}; use a rest.")
    if match.re is REST_STEP:
        return ProtocolStep(kind="rest", text=wording, duration_s=_seconds(parts))
    if match.re is HOLD_STEP:
        return _hold(wording, parts, path)
    if not parts["span"] and not parts["limit"]:
        raise InputError(f'{path}: expected an end, got {say(raw)}; add "until 3.5 V" or "for 1 hour".')
    quantity, value = _flow(parts)
    value = -value if parts["verb"].lower() == "charge" else value
    return ProtocolStep(
        kind=_kind(quantity),
        text=wording,
        quantity=quantity,
        value=value,
        duration_s=_seconds(parts),
        until_voltage_V=_volts(parts, "limit"),
    )


def _hold(wording, parts, path):
    until = _flow(parts) if any(parts[key] for key in ("divisor", "multiple", "value")) else None
    if until and until[0].startswith("power"):
        raise InputError(f'{path}: expected a current to hold until, got "{wording}"; write C/20 or 1 A/m2.')
    if not until and not parts["span"]:
        raise InputError(f'{path}: expected an end, got "{wording}"; add "until C/20" or "for 1 hour".')
    return ProtocolStep(
        kind="voltage",
        text=wording,
        quantity="voltage_V",
        value=_volts(parts, "held"),
        until=until,
        duration_s=_seconds(parts),
    )


def _profile(raw, path):
    known = {"profile", "quantity", "until_voltage_V"}
    if "profile" not in raw or set(raw) - known:
        raise InputError(
            f"{path}: expected {{profile: FILE, quantity: {' or '.join(QUANTITIES)}}} (or a repeat), "
            f"got {say(raw)}; correct it."
        )
    quantity = choice(*QUANTITIES)(raw.get("quantity", "c_rate"), f"{path}.quantity")
    file, limit = text(raw["profile"], f"{path}.profile"), raw.get("until_voltage_V")
    limit = None if limit is None else number(0.0, 10.0)(limit, f"{path}.until_voltage_V")
    return ProtocolStep(
        kind="profile", text=f"Profile {file}", quantity=quantity, profile=file, until_voltage_V=limit
    )


def _seconds(parts):
    if not parts["span"]:
        return None
    unit = parts["span_unit"].lower()
    return float(parts["span"]) * SECONDS_PER.get(unit, SECONDS_PER[unit[0]])


def _volts(parts, key):
    per = 1000.0 if (parts[f"{key}_unit"] or "").lower() == "mv" else 1.0
    return float(parts[key]) / per if parts[key] else None


def _flow(parts):
    """Quantity and size of a current or a power."""
    if parts["value"]:
        quantity, per = UNITS[parts["unit"].lower()]
        return quantity, per * float(parts["value"])
    return "c_rate", float(parts["multiple"]) if parts["multiple"] else 1.0 / float(parts["divisor"])


def _kind(quantity):
    return "power" if quantity.startswith("power") else "current"
