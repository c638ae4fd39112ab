"""From the steps of a protocol to what an experiment holds: amperes, volts, watts, profiles from files."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..base.columns import read_two_columns, unit_word
from ..base.errors import InputError
from ..cell.load import Load
from .measured_profile import is_measured, measured_profile
from .wording import LONGEST_S, SHORTEST_S, kind_of

LEAST, MOST = 1e-6, 1e5  # C-rates that a step may ask for
# unit in the head of a profile's values -> what it is; by the quantity that the case names
OTHER = (
    unit_word("soc|dod|capacity|temperature|energy"),
    "no current, power or voltage: give another column",
)
RATE = (unit_word("c|c.?rates?"), "a C-rate: name its quantity")
PER_AREA = unit_word(r"[cmµ]?m ?(?:\^|\*\*)?[-⁻]?[2²]")
PER_MASS = unit_word("m?g|kg")
VALUE_HEADS = {
    "c_rate": ((unit_word("m?A|m?W|m?V"), "a current, a power or a voltage: name its quantity"), OTHER),
    "current_A": (
        (unit_word("mA"), "mA: divide by 1000"),
        (unit_word("m?W|m?V"), "no current: name its quantity"),
        (PER_AREA, "a current per area: name its quantity"),
        (PER_MASS, "a current per mass: name its quantity"),
        *(RATE, OTHER),
    ),
    "current_A_m2": (
        (unit_word("mA"), "mA/cm2? multiply by 10"),
        (unit_word("m?W|m?V"), "no current: name its quantity"),
        (PER_MASS, "a current per mass: name its quantity"),
        *(RATE, OTHER),
    ),
    "current_A_kg": (
        (unit_word("m?W|m?V"), "no current: name its quantity"),
        (PER_AREA, "a current per area: name its quantity"),
        *(RATE, OTHER),
    ),
    "power_W": (
        (unit_word("mW"), "mW: divide by 1000"),
        (unit_word("m?A|m?V"), "no power: name its quantity"),
        (PER_AREA, "a power per area: name its quantity"),
        *(RATE, OTHER),
    ),
    "power_W_m2": (
        (unit_word("mW"), "mW/cm2? multiply by 10"),
        (unit_word("m?A|m?V"), "no power: name its quantity"),
        *(RATE, OTHER),
    ),
    "voltage_V": (
        (unit_word("mV"), "mV: divide by 1000"),
        (unit_word("m?A|m?W"), "no voltage: name its quantity"),
        *(RATE, OTHER),
    ),
}
# what a column of a whole cell says of a quantity per area or mass: its unit alone
WHOLE = {"current_A_m2": unit_word("A"), "current_A_kg": unit_word("m?A"), "power_W_m2": unit_word("W")}
TIME = unit_word("t|times?|seconds?|secs?|s|elapsed|durations?|zeit")
VALUE = unit_word(
    "c|c.?rates?|rate|currents?|powers?|loads?|voltages?|potential|[mk]?[aw]|m?v|[iupe]|strom|ewe"
)
TIME_HEADS = ((unit_word("h|hours?|min|minutes?|ms|days?"), "in another unit: give seconds"),)


@dataclass(frozen=True)
class Scale:
    """What a protocol's numbers are of. one_C: the current of 1C (A); area: of the cell (m2); mass: of active
    material (kg); charge_at(soc): what is discharged since the start at a state of charge (C)."""

    one_C: float
    area: float
    mass: float = np.nan
    charge_at: Callable | None = None

    def of(self, quantity):
        """Return how many SI units one of a quantity is in this cell."""
        return {
            "c_rate": self.one_C,
            "current_A_m2": self.area,
            "current_A_kg": self.mass,
            "power_W_m2": self.area,
            "charge_C_m2": self.area,
            "charge_C_kg": self.mass,
        }.get(quantity, 1.0)


def loads(protocol, scale, locate=lambda file: file):
    """Turn protocol steps into Loads. scale: Scale; locate: finds the file of a profile."""
    return [_load(step, scale, locate) for step in protocol]


def _load(step, scale, locate):
    ends = {
        "until_voltage": step.until_voltage_V,
        "duration": step.duration_s,
        "until_current": step.until and step.until[1] * scale.of(step.until[0]),
        "until_charge": step.until_charge and step.until_charge[1] * scale.of(step.until_charge[0]),
        "until_total": None if step.until_soc is None else scale.charge_at(step.until_soc),
        "skip": step.skip,
    }
    if step.kind == "profile":
        times, values = profile_of(step, locate)
        values = values * scale.of(step.quantity)
        _check_size(step, float(np.abs(values).max()), scale, 0.0)
        ends["duration"] = float(times[-1])
        return Load(step.text, profile=(times, values), profile_of=kind_of(step.quantity), **ends)
    held = "current" if step.kind == "rest" else step.kind
    value = (step.value or 0.0) * scale.of(step.quantity)
    if step.kind != "rest":
        _check_size(step, abs(value), scale)
    return Load(step.text, **{held: value}, **ends)


def _check_size(step, size, scale, least=LEAST):
    """Refuse currents that no cell is asked for: a step with them would not end, or not begin."""
    kind = kind_of(step.quantity)
    if kind == "voltage":
        return
    rate = size / scale.one_C / (3.0 if kind == "power" else 1.0)
    if not least <= rate <= MOST:
        raise InputError(
            f"{step.text}: expected C/{1 / LEAST:.0f} to {MOST:g}C, got {rate:.4g}C; correct the current"
        )


def check_profiles(protocol, locate):
    """Read the profiles that a protocol names, so that a mistake costs nothing. Raises InputError."""
    for step in protocol:
        if step.profile:
            profile_of(step, locate)


def profile_of(step, locate):
    """Return times (s) and values of a step's profile: two columns, or a cycler's file."""
    path = locate(step.profile)
    if step.per is None and step.span is None and not is_measured(path):
        return read_profile(path, step.quantity)
    return measured_profile(path, step.quantity, step.per, step.span)


def read_profile(path, quantity="c_rate"):
    """Read a profile (drive cycle): two columns, time (s) and value, by their names in either order; return
    both.

    A time that comes twice is a jump, from the value of the first line to that of the last. Raises
    InputError, which names the line.
    """
    found = _time_first(read_two_columns(path, f"time (s) and {quantity}"), quantity, path)
    for heads in found.heads:
        _check_head(heads, (TIME_HEADS, VALUE_HEADS[quantity]), path)
        _check_whole(heads[1], quantity, path)
    t, line = found.x, found.line
    if t.size < 2 or t[-1] == t[0]:
        raise InputError(f"{path}: expected a profile of two times or more, got one; add lines like 10,1.5")
    if t[0] != 0:
        raise InputError(
            f"{path}, line {line[0]}: expected time to begin at 0 s, got {t[0]:g}; count from its start"
        )
    if (np.diff(t) < 0).any():
        k = int(np.argmax(np.diff(t) < 0)) + 1
        raise InputError(
            f"{path}, line {line[k]}: expected rising time (s), or one time twice for a jump, got {t[k]:g}"
            f" after {t[k - 1]:g}; put the lines in order"
        )
    if not SHORTEST_S <= t[-1] <= LONGEST_S:
        raise InputError(f"{path}: expected a profile of at most 100 years, got {t[-1]:g} s; give seconds")
    if quantity == "voltage_V" and not (0 <= found.y.min() and found.y.max() <= 10):
        raise InputError(
            f"{path}: expected voltages from 0 to 10, got {found.y.min():g} to {found.y.max():g}; give volts"
        )
    return t, found.y


def _time_first(found, quantity, path):
    """Return Columns with the time first, as their names say; as they stand where these say nothing."""
    first, second = ([heads[k] for heads in found.heads] for k in (0, 1))
    as_it_stands, other = (
        sum(any(re.search(pattern, name, re.IGNORECASE) for name in names) for pattern, names in pairs)
        for pairs in (((TIME, first), (VALUE, second)), ((TIME, second), (VALUE, first)))
    )
    if other > as_it_stands:
        turned = tuple((value, time) for time, value in found.heads)
        return replace(found, x=found.y, y=found.x, heads=turned)
    if other and other == as_it_stands:
        raise InputError(
            f'{path}: expected a column of time (s) and one of {quantity}, got "{first[0]}" and'
            f' "{second[0]}"; name them time_s and {quantity}'
        )
    return found


def _check_head(heads, others, path):
    """Refuse a profile whose own head says that it holds something else."""
    for head, patterns in zip(heads, others, strict=True):
        said = next((word for pattern, word in patterns if re.search(pattern, head, re.IGNORECASE)), None)
        if said:
            raise InputError(
                f'{path}: expected a profile in s and its quantity, got a column "{head}", {said}'
            )


def _check_whole(head, quantity, path):
    """Refuse a column of the whole cell's amperes or watts for a quantity per area or per mass."""
    unit = WHOLE.get(quantity)
    of_part = re.search(PER_AREA, head, re.IGNORECASE) or re.search(PER_MASS, head, re.IGNORECASE)
    if unit and re.search(unit, head, re.IGNORECASE) and not of_part:
        raise InputError(
            f'{path}: expected a profile in s and {quantity}, got a column "{head}", of the whole cell: name'
            " its quantity, or write the unit of the values in its name"
        )
