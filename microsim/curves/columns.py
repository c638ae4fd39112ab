"""Which column of a measured file holds what, in which unit: by its name, or as one says.

A name that is none of these is left alone. Two columns of one quantity that differ, a quantity without a unit
and an unknown unit are not guessed: the option `columns` names the column and its unit, {voltage_V: Ewe/V}.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.schema import any_of, listed
from .units import Unit, split_name

# what a name without its unit says a column holds, and the quantity that its unit must be of
TIME = r"(?:test |total |cumulative |elapsed |run |running |experiment(?:al)? |exp )?time(?: elapsed)?|t|zeit"
TIME += "|testtime"
VOLTAGE = r"<?ewe>?|<?ecell>?|ewe-ece|<?e>?|u|v|vf|spannung|<?ewe>? vs\.? .*|e we|"
VOLTAGE += r"(?:cell |terminal |working electrode )?(?:voltage|potential|volts)(?: vs\.? .*)?"
CAPACITY = r"(?:specific |areal |discharge |charge |dis|cumulative )*capacity|cap|q|kapazität"
ROLES = {
    "time": ("time", TIME),
    "step time": ("time", r"(?:step|relative) ?time"),
    "voltage": ("voltage", VOLTAGE),
    "current": ("current", r"<?i>?|im|j|current(?: density)?|curr|amps|strom|specific current"),
    "increment": ("charge", r"dq"),
    "passed": ("charge", r"\(?q-qo?\)?|charge passed|total charge|net (?:capacity|charge)"),
    "charged": (
        "charge",
        r"q charge|charg(?:e|ing) (?:specific )?capacity|(?:chg|charge)\.? ?cap(?:acity)?\.?|capacitance chg",
    ),
    "discharged": (
        "charge",
        r"q discharge|discharg(?:e|ing) (?:specific )?capacity|capacitance dchg|"
        + r"(?:dchg|discharge|dch)\.? ?cap(?:acity)?\.?",
    ),
    "capacity": ("charge", CAPACITY),
    "cycle": (None, r"cycle(?: ?(?:number|index|count|no\.?|id|#))?|cyc#?|zyklus"),
    "step": (None, r"ns|step(?: ?(?:number|index|count|no\.?|id|#))?"),
    "mode": (None, "mode"),
    "frequency": ("frequency", r"f|freq\.?|frequency|freq\(hz\)|omega|ω"),
    "real": ("impedance", r"re ?\(?z?\)?|z'|z ?re(?:al)?|real(?: impedance| ?\(?z\)?)?|zr|re\[z\]|z real|r"),
    "imaginary": (
        "impedance",
        r"-? ?(?:im ?\(?z?\)?|z''|z\"|z ?im(?:a?g)?|imag(?:inary)?(?: impedance| ?\(?z\)?)?|zi|zj|x)",
    ),
    "magnitude": ("impedance", r"\|z\||absolute impedance|z ?mod|mod(?:ulus)?|magnitude|zmod|z"),
    "phase": ("angle", r"-? ?(?:phase(?: ?\(z\))?|zphz|theta|phase angle|arg ?\(?z\)?|phi)"),
}

# names that say so little that another one of the same role takes their place
WEAK = {"time": "time|t", "real": "r", "imaginary": "-? ?x", "magnitude": "z", "step": "step"}


@dataclass(frozen=True)
class Column:
    """A column: its number, what it is called, its Unit (None where the file gives none); negated: whether
    its name has a minus in front, None where its name says nothing."""

    index: int
    name: str
    unit: Unit | None
    negated: bool | None = None


LARGEST = 1e15  # that an instrument writes, in whatever unit: ms of a year are 3e10


def columns_of(table, roles, named=None):
    """Return {role: [Column]} of a RawTable, in the order of the file.

    roles: those of interest. named: {role_unit: name or number from 1}, which wins, or None.
    """
    found = {role: [] for role in roles}
    for index, name in enumerate(table.names or ()):
        stem, unit, _ = split_name(name)
        role = _role_of(stem, roles)
        if role and (unit is None or unit.of == ROLES[role][0]) and table.numeric(index):
            found[role].append(Column(index, name, unit, _negated(stem)))
    found = {role: _strongest(columns, role) for role, columns in found.items()}
    for key, value in (named or {}).items():
        role, unit = _named_role(key, roles)
        index = _index_of(value, table, key)
        name = table.name_of(index)
        stem = split_name(name)[0]
        negated = _negated(stem) if table.names and _role_of(stem, roles) == role else None
        found[role] = [Column(index, name, unit, negated)]
    return found


def _strongest(columns, role):
    """The columns of a role without those of a weak name, where others are."""
    strong = [c for c in columns if not re.fullmatch(WEAK.get(role, "(?!)"), _bare(split_name(c.name)[0]))]
    return strong or columns


def _negated(stem):
    return bool(re.match(r"\s*(?:-|\u2212|neg)", stem, re.IGNORECASE))


def _bare(stem):
    bare = re.sub(r"[\s_]+", " ", stem.replace("\u2212", "-").replace("\u2019", "'")).strip().lower()
    return re.sub(r"^neg\.? ", "-", bare)


def _role_of(stem, roles):
    bare = _bare(stem)
    return next(
        (role for role, (_, words) in ROLES.items() if role in roles and re.fullmatch(words, bare)), None
    )


def _named_role(key, roles):
    """The role and the Unit of a key of the option columns, as time_s or real_ohm_cm2."""
    stem, unit, _ = split_name(str(key))
    stem = stem.replace("_", " ")
    if stem in roles and (unit.of if unit else None) == ROLES[stem][0]:
        return stem, unit
    examples = {
        "time": "time_s",
        "voltage": "voltage_V",
        "current": "current_mA",
        "capacity": "capacity_mAh_g",
    }
    examples |= {"frequency": "frequency_Hz", "real": "real_ohm", "imaginary": "imaginary_ohm"}
    shown = [examples[role] for role in roles if role in examples]
    raise InputError(
        f"columns.{key}: expected a quantity with its unit, as {any_of(shown)}, got {key}; correct it"
    )


def _index_of(value, table, key):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value == int(value) and 1 <= value <= table.width:
            return int(value) - 1
    elif table.names and table.names.count(str(value)) == 1:
        return table.names.index(str(value))
    known = listed(table.names) if table.names else f"none but numbers, 1 to {table.width}"
    raise InputError(
        f"columns.{key}: expected one of the columns of {table.where} ({known[:300]}), got {value};"
        " correct it"
    )


def values_of(column, table):
    """Return the numbers of a column in SI [row]; raises InputError for numbers that no instrument writes."""
    factor = column.unit.factor if column.unit else 1.0
    values = table.numbers(column.index)
    far = np.flatnonzero(np.abs(values) > LARGEST)
    if far.size:
        raise InputError(
            f"{table.where}, {table.place(far[0])}: expected a measured number in {column.name!r}, got"
            f" {values[far[0]]:.4g}; mend or drop that line"
        )
    return factor * values


def one_of_them(found, role, table, key):
    """Return the Column of a role, None where there is none.

    Several that hold the same are one; refuses several that differ. key: what option names it by.
    """
    columns = found.get(role, [])
    if len(columns) < 2:
        return columns[0] if columns else None
    with_unit = [column for column in columns if column.unit is not None] or columns
    first, *others = with_unit
    for other in others:
        same = (first.unit and first.unit.per) == (other.unit and other.unit.per)
        a, b = values_of(first, table), values_of(other, table)
        known = np.isfinite(a) & np.isfinite(b)
        if not same or not np.allclose(a[known], b[known], rtol=1e-4, atol=1e-4 * _size(a)):
            raise InputError(
                f"{table.where}: expected one column of {role}, got {first.name} and {other.name}, which"
                f" differ; name one: columns: {{{key}: {first.name}}}"
            )
    return first


def _size(values):
    known = values[np.isfinite(values)]
    return float(np.ptp(known)) if known.size else 0.0


def refuse_missing(table, what, example):
    """Raise the InputError of a file in which a quantity is not found."""
    shown = listed(table.names)[:300] if table.names else f"{table.width} columns without names"
    raise InputError(
        f"{table.where}: expected {what}, got {shown}; name it with its unit: columns: {{{example}}}"
    )
