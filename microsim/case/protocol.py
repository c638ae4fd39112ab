"""Read the steps of a protocol from PyBaMM's experiment wording, with repeats and profiles from files."""

import re
from dataclasses import dataclass, replace

from ..base.errors import InputError
from ..base.schema import choice, listed, number, say, text, whole
from .wording import LONGEST, amount, check_step, ends_of, kind_of, split

UNDERSTOOD = (
    '"Discharge at C/2 until 3.5 V", "Charge at 1C for 30 minutes or until 4.2 V", "Discharge at 20 A/m2'
    ' until 3.5 V or 150 mAh/g", "Charge at C/2 until 80 % SOC", "Discharge at 70 W/m2 until 3.5 V", "Hold'
    ' at 4.2 V until C/20", "Rest for 30 minutes", "GITT discharge at C/10 for 10 minutes, rest for 1 hour,'
    ' until 3 V", {repeat: 10, steps: [...]} (with until_voltage_V, if it may end earlier) and {profile:'
    " drive.csv, quantity: c_rate}"
)
HEAD = re.compile(r"(?P<verb>discharge|charge|hold) at (?P<held>.+)", re.IGNORECASE)
GITT = re.compile(
    r"gitt (?P<pulse>(?:discharge|charge) at [^,]+?),? (?P<rest>rest for [^,]+?),? until (?P<limit>[^,]+)",
    re.IGNORECASE,
)
PULSES = 1000  # of a titration, at most
MOST_STEPS = 100000  # of a protocol, repeats written out
QUANTITIES = ("c_rate", "current_A_m2", "current_A_kg", "current_A", "power_W_m2", "power_W", "voltage_V")
# what the cell of a cycler's file holds -> quantity of its current, A that are one of it
PER = {
    "mass_mg": ("current_A_kg", 1e-6),
    "area_cm2": ("current_A_m2", 1e-4),
    "capacity_mAh": ("c_rate", 1e-3),
}
# what may end a step that does this
MAY_END = {
    "discharge": ("duration", "voltage", "charge", "soc"),
    "charge": ("duration", "voltage", "charge", "soc"),
    "hold": ("duration", "flow", "charge", "soc"),
    "rest": ("duration",),
}


@dataclass(frozen=True, kw_only=True)
class ProtocolStep:
    """One step of the protocol. Current, C-rate and power are above zero on discharge, below on charge.

    kind             "current", "power", "voltage" (held), "profile" or "rest"
    quantity         what `value` is: c_rate (h-1), current_A_m2, current_A_kg, current_A, power_W_m2,
                     power_W, voltage_V
    value            the number, or None
    profile          the file of a profile, or None
    until_voltage_V  the step ends here (falling on discharge, rising on charge), or None
    until            (quantity, value) of the current at which a held voltage ends, or None
    until_charge     (quantity, value) of the charge that passes before the step ends, or None
    until_soc        state of charge at which the step ends, 0 to 1, or None
    duration_s       the step ends after this time, or None
    per, span        of a cycler's file: A that are one of `quantity`; from and to (s) of it, or None
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
    until_charge: tuple | None = None
    until_soc: float | None = None
    duration_s: float | None = None
    per: float | None = None
    span: tuple | None = None
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
        titration = GITT.fullmatch(" ".join(item.split())) if _short(item) else None
        if titration:
            steps += _titration(titration, here)
        elif isinstance(item, dict) and "repeat" in item:
            steps += _repeat(item, here)
        else:
            steps.append(read_step(item, here))
        _check_count(len(steps), here)
    return Protocol(steps, _plain(raw))


def _short(item):
    return isinstance(item, str) and len(item) <= LONGEST


def _check_count(count, path):
    if count > MOST_STEPS:
        raise InputError(
            f"{path}: expected at most {MOST_STEPS} steps, repeats written out, got {count:.6g}; repeat less."
        )


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
    times = whole(1, MOST_STEPS)(item["repeat"], f"{path}.repeat")
    _check_count(len(steps) * times, path)
    steps = list(steps) * times
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
    ends = ends_of([parts["limit"]], path, parts.string)
    if set(ends) != {"voltage"} or pulse.duration_s is None:
        raise InputError(
            f"{path}: expected a pulse for a time and a voltage as the end, got {say(parts.string)}; write it"
            ' like "GITT discharge at C/10 for 10 minutes, rest for 1 hour, until 3 V".'
        )
    return _ended_at(ends["voltage"], [pulse, rest] * PULSES, path)


def read_step(raw, path="protocol"):
    """Turn a step in PyBaMM's experiment wording, or a profile's section, into a ProtocolStep."""
    if isinstance(raw, dict):
        return _profile(raw, path)
    wording = " ".join(text(raw, path).split())
    did, texts = split(wording) if _short(raw) else ("", [])
    head = HEAD.fullmatch(did)
    verb, held = ("rest", None) if did.lower() == "rest" else (head and head["verb"].lower(), None)
    if head:
        held = amount(head["held"])
    if not verb or (head and (held is None or held[0] != ("voltage" if verb == "hold" else "flow"))):
        raise InputError(f"{path}: expected a step that is understood now, got {say(raw)}; use {UNDERSTOOD}.")
    ends = ends_of(texts, path, wording)
    _check_ends(verb, ends, path, wording)
    check_step(held, ends, path, wording)
    return _made(verb, held, ends, wording)


def _check_ends(verb, ends, path, wording):
    """Refuse a step without an end, and ends that it cannot meet."""
    if not ends:
        example = "until C/20" if verb == "hold" else "until 3.5 V"
        raise InputError(f'{path}: expected an end, got "{wording}"; add "{example}" or "for 1 hour".')
    for kind in ends:
        if kind not in MAY_END[verb] or (kind == "flow" and ends[kind][0].startswith("power")):
            raise InputError(
                f"{path}: expected an end that a {verb} meets ({listed(MAY_END[verb])}; flow: a current), got"
                f' {kind} in "{wording}"; correct it.'
            )


def _made(verb, held, ends, wording):
    """Make the ProtocolStep of what is held and what ends it."""
    until = {
        "duration_s": ends.get("duration"),
        "until_voltage_V": ends.get("voltage"),
        "until": ends.get("flow"),
        "until_charge": ends.get("charge"),
        "until_soc": ends.get("soc"),
    }
    if verb == "rest":
        return ProtocolStep(kind="rest", text=wording, **until)
    if verb == "hold":
        return ProtocolStep(kind="voltage", text=wording, quantity="voltage_V", value=held[1], **until)
    quantity, value = held[1]
    value = -value if verb == "charge" else value
    return ProtocolStep(kind=kind_of(quantity), text=wording, quantity=quantity, value=value, **until)


def _profile(raw, path):
    known = {"profile", "quantity", "until_voltage_V", "from_s", "to_s", *PER}
    if "profile" not in raw or set(raw) - known:
        raise InputError(
            f"{path}: expected {{profile: FILE, quantity: {' or '.join(QUANTITIES)}}} (or a repeat), "
            f"got {say(raw)}; correct it."
        )
    per = _per(raw, path)
    quantity = per[0] if per else choice(*QUANTITIES)(raw.get("quantity", "c_rate"), f"{path}.quantity")
    span = tuple(number(0.0)(raw[key], f"{path}.{key}") if key in raw else None for key in ("from_s", "to_s"))
    file, limit = text(raw["profile"], f"{path}.profile"), raw.get("until_voltage_V")
    limit = None if limit is None else number(0.0, 10.0)(limit, f"{path}.until_voltage_V")
    return ProtocolStep(
        kind="profile",
        text=f"Profile {file}",
        quantity=quantity,
        profile=file,
        until_voltage_V=limit,
        per=per and per[1],
        span=None if span == (None, None) else span,
    )


def _per(raw, path):
    """(quantity, what one of it is in the file's current) of a profile that says what its cell holds."""
    given = [key for key in PER if key in raw]
    if not given:
        return None
    if len(given) > 1 or "quantity" in raw:
        raise InputError(
            f"{path}: expected one of quantity, {', '.join(PER)}, got {listed([*given, *raw])}; keep one."
        )
    quantity, factor = PER[given[0]]
    return quantity, factor * number(0.0, above=True)(raw[given[0]], f"{path}.{given[0]}")
