"""The words of a protocol step: quantities with their units, and what may end a step."""

import re

from ..base.errors import InputError
from ..base.schema import NUMBER, say

LONGEST = 400  # characters of a step; more is none
SHORTEST_S, LONGEST_S = 1e-6, 100 * 365.25 * 86400.0
# of the current of a held voltage: what is less is round-off
LEAST_END = {"c_rate": 1e-6, "current_A_m2": 1e-5, "current_A_kg": 1e-4}
SECONDS_PER = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}  # by the unit, or its first letter
# unit -> (what it is, SI units in it)
FLOWS = {
    "a/m2": ("current_A_m2", 1.0),
    "ma/cm2": ("current_A_m2", 10.0),
    "ma/g": ("current_A_kg", 1.0),
    "a/kg": ("current_A_kg", 1.0),
    "a/g": ("current_A_kg", 1e3),
    "a": ("current_A", 1.0),
    "ma": ("current_A", 1e-3),
    "w/m2": ("power_W_m2", 1.0),
    "mw/cm2": ("power_W_m2", 10.0),
    "w": ("power_W", 1.0),
    "mw": ("power_W", 1e-3),
}
CHARGES = {
    "mah/g": ("charge_C_kg", 3600.0),
    "ah/kg": ("charge_C_kg", 3600.0),
    "mah/cm2": ("charge_C_m2", 3.6e4),
    "ah/m2": ("charge_C_m2", 3600.0),
    "mah": ("charge_C", 3.6),
    "ah": ("charge_C", 3600.0),
}
SPAN = rf"(?P<span>{NUMBER}) ?(?P<span_unit>ms|s|sec|seconds?|min|minutes?|h|hours?|d|days?)"
VOLTS = rf"(?P<volts>{NUMBER}) ?(?P<volts_unit>m?v)"
FLOW = (
    rf"c ?/ ?(?P<divisor>{NUMBER})|(?P<multiple>{NUMBER}) ?c|(?P<value>{NUMBER}) ?(?P<unit>{'|'.join(FLOWS)})"
)
CHARGE = rf"(?P<charge>{NUMBER}) ?(?P<charge_unit>{'|'.join(CHARGES)})"
SOC = rf"(?P<soc>{NUMBER}) ?(?P<soc_share>%?) ?soc|soc (?:of )?(?P<soc_>{NUMBER}) ?(?P<soc_share_>%?)"
PATTERNS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "duration": SPAN,
        "voltage": VOLTS,
        "flow": FLOW,
        "charge": CHARGE,
        "soc": SOC,
    }.items()
}
ENDS = re.compile(r" (?:for|until) ", re.IGNORECASE)
BETWEEN = re.compile(r" (?:or )?(?:for|until) | or ", re.IGNORECASE)


def kind_of(quantity):
    """Return what a quantity is of: current, power or voltage."""
    kind = quantity.partition("_")[0]
    return kind if kind in ("power", "voltage") else "current"


def split(wording):
    """Return what a step does, and the texts of what ends it."""
    begin = ENDS.search(wording)
    if not begin:
        return wording, []
    return wording[: begin.start()], BETWEEN.split(wording[begin.start() :])[1:]


def amount(text):
    """Return (kind, value) of a quantity: duration (s), voltage (V), flow and charge (quantity, value), soc;
    None where it is none."""
    for kind, pattern in PATTERNS.items():
        found = pattern.fullmatch(text)
        if found:
            return kind, READ[kind](found.groupdict())
    return None


def ends_of(texts, path, wording):
    """Return {kind: value} of what ends a step, each kind once."""
    ends = {}
    for text in texts:
        found = amount(text.strip())
        if found is None:
            raise InputError(
                f"{path}: expected an end like 3.5 V, 1 hour, C/20, 150 mAh/g or 50 % SOC, got {say(text)} in"
                f" {say(wording)}; correct it."
            )
        kind, value = found
        if kind in ends:
            raise InputError(
                f"{path}: expected one end of a kind, got two ({kind}) in {say(wording)}; keep one."
            )
        ends[kind] = value
    return ends


def _duration(parts):
    unit = parts["span_unit"].lower()
    return float(parts["span"]) * SECONDS_PER.get(unit, SECONDS_PER[unit[0]])


def _volts(parts):
    return float(parts["volts"]) / (1000.0 if parts["volts_unit"].lower() == "mv" else 1.0)


def _flow(parts):
    if parts["value"]:
        quantity, per = FLOWS[parts["unit"].lower()]
        return quantity, per * float(parts["value"])
    if parts["multiple"]:
        return "c_rate", float(parts["multiple"])
    return "c_rate", 1.0 / float(parts["divisor"]) if float(parts["divisor"]) else float("inf")


def _charge(parts):
    quantity, per = CHARGES[parts["charge_unit"].lower()]
    return quantity, per * float(parts["charge"])


def _soc(parts):
    value, share = (
        (parts["soc"], parts["soc_share"]) if parts["soc"] else (parts["soc_"], parts["soc_share_"])
    )
    return float(value) / (100.0 if share else 1.0)


READ = {"duration": _duration, "voltage": _volts, "flow": _flow, "charge": _charge, "soc": _soc}


def check_step(head, ends, path, wording):
    """Refuse numbers that are out of range: nothing that takes no time, for ever, or no current."""
    span = ends.get("duration", 1.0)
    if not SHORTEST_S <= span <= LONGEST_S:
        raise InputError(
            f"{path}: expected a time from {SHORTEST_S:g} s to 100 years, got {span:g} s in {say(wording)};"
            " correct it."
        )
    quantity, flow = ends.get("flow", ("", 1.0))
    if 0 < flow < LEAST_END.get(quantity, 0.0):
        raise InputError(
            f"{path}: expected an end of C/1000000 or more, got {say(wording)}; the current of a held voltage"
            " does not come to less than round-off: name a time."
        )
    for kind, value in [*filter(None, [head]), *ends.items()]:
        size = value[1] if isinstance(value, tuple) else value
        if kind in ("flow", "charge") and not 1e-30 < size < 1e30:
            raise InputError(
                f"{path}: expected a current and a time above zero, got {say(wording)}; use a rest."
            )
        if kind == "soc" and not 0 <= size <= 1:
            raise InputError(
                f"{path}: expected a state of charge from 0 to 1, or to 100 %, got {size:g} in"
                f" {say(wording)}; write 50 % SOC."
            )
