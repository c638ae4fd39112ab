"""A measured voltage curve: rows of a cycler's file, one of its half cycles, in SI and with our signs.

Discharge is above zero, as everywhere here: lithium goes into the electrode at the collector. Charge passed
is what the file says (a column of it, or increments); without one it is the integral of the current.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.schema import listed
from .charges import currents_of
from .columns import columns_of, one_of_them, refuse_missing, values_of
from .formats import read_instrument
from .gaps import held, places, without_gaps
from .halves import HalfCycle, chosen, half_cycles
from .header import Header

ROLES = (
    "time",
    "step time",
    "voltage",
    "current",
    "increment",
    "passed",
    "charged",
    "discharged",
    "capacity",
)
ROLES += ("cycle", "step", "mode", "frequency")
CHARGES = ("increment", "passed", "charged", "discharged", "capacity")
BY_ROW = ("time_s", "voltage_V", "current", "charge", "cycle", "step", "mode")
VOLTS = (-5.0, 10.0)  # of any cell; fill values lie beyond
LEAST = 0.01  # V; a cell that never has as much was read in another unit
LEAST_CURVE = 0.05  # of rows without a frequency among those of impedances, which are a curve
LATE = 1e-3  # of the time that a file spans, by which its first row may be late without a word
CLOCK = 1e8  # s (three years): a time above is a clock's, and begins anywhere
NO_UNIT = 6.0  # a column of voltage without a unit is in V up to this


@dataclass(frozen=True, eq=False)
class MeasuredCurve:
    """A measured voltage curve, or one of its half cycles.

    time_s     since it began (s), or None where the file has no time
    voltage_V  V
    current    discharge above zero, in A, A kg-1 or A m-2 as `per` says; None where it is not known
    charge     discharged since it began, in C, C kg-1 or C m-2 as `charge_per` says; None where not known
    per, charge_per  "", "mass" or "area"
    cycle      number of the cycle, as the file counts, [row], or None
    step       number of the step of the cycler's programme [row], or None
    mode       number of the way of control, as EC-Lab has it [row], or None
    half       HalfCycle that this is, or None: all of the file
    halves     all half cycles of the file
    said       what was read, in a line
    remarks    what its rows miss of current and charge, in sentences
    header     what the file says of its cell
    where, sha256  of the file
    """

    time_s: np.ndarray | None
    voltage_V: np.ndarray
    current: np.ndarray | None = None
    charge: np.ndarray | None = None
    per: str = ""
    charge_per: str = ""
    cycle: np.ndarray | None = None
    step: np.ndarray | None = None
    mode: np.ndarray | None = None
    half: HalfCycle | None = None
    halves: tuple = ()
    said: str = ""
    remarks: tuple = ()
    header: Header = field(default_factory=Header)
    where: str = ""
    sha256: str = field(default="", repr=False)

    @property
    def capacity_mAh_g(self):
        """Discharged since it began per gram of active material (mAh g-1); None where that is not known."""
        return self.charge / 3600 if self.charge is not None and self.charge_per == "mass" else None


def read_measured_curve(
    path, *, columns=None, cycle=None, half_cycle=None, positive_current=None, mass=None, area=None
):
    """Read a measured voltage curve; return a MeasuredCurve.

    path: a file of curves.formats, .gz too. columns: {"voltage_V": "Ewe/V", "time_h": 1, ...}, name or number
    of a column by quantity and unit, where names do not tell. cycle: as the file counts, or from 1;
    half_cycle: its number in the file from 1, "charge", "discharge", or "all": the whole file. Without them a
    file of one half cycle is that. positive_current: "charge" or "discharge", where the file does not tell.
    mass of active material (kg) or area of the electrode (m2): brings currents and charges to one or the
    other. Raises InputError, one sentence, where the file can mean two things.
    """
    table = read_instrument(path)
    found = columns_of(table, ROLES, columns)
    _check_no_spectrum(found.pop("frequency"), table, columns)
    found["increment"] = [] if found["passed"] else found["increment"]
    picked = {role: one_of_them(found, role, table, KEYS[role]) for role in found}
    kept, t, V, left, lost = _rows(table, picked)
    if t is None and not any(picked[role] for role in CHARGES):
        refuse_missing(table, "a column of the time or of the charge", "time_s: 1, voltage_V: 2")
    gaps = without_gaps(picked, table, kept, t, V)
    picked, kept, V, t = gaps.picked, kept[gaps.rows], V[gaps.rows], t if t is None else t[gaps.rows]
    currents, how = currents_of(picked, table, kept, t, V, positive_current)
    counted, odd = _counted(picked["cycle"], table, kept)
    (stepped, _), (mode, _) = (_counted(picked[role], table, kept) for role in ("step", "mode"))
    whole = MeasuredCurve(t, V, **currents, cycle=counted, where=table.where, sha256=table.sha256)
    whole = replace(whole, step=stepped, mode=mode, header=table.header, remarks=(*lost, *gaps.remarks))
    whole = _per_what(whole, mass, area)
    halves = half_cycles(whole)
    part = _part(whole, chosen(halves, cycle, half_cycle, whole))
    names = [_called(role, picked[role]) for role in ("time", "step time", "voltage") if picked[role]]
    words = [*names, *(how or ["no current"]), *left, *gaps.words, *odd, *_which(part)]
    size = f"read {V.size} points of {Path(table.where).name}: "
    return replace(part, halves=halves, said=size + listed(words))


def _check_no_spectrum(found, table, columns):
    """Refuse an impedance; a file that holds a frequency of 0 in some rows has a curve in these."""
    if found and not columns and not _resting(table, found[0]):
        raise InputError(
            f"{table.where}: expected a voltage curve, got a column of frequencies; give an impedance as"
            " spectrum"
        )


def _resting(table, frequency):
    """Whether a good part of the rows has a frequency of 0, as where impedances stand between other steps."""
    return np.mean(table.numbers(frequency.index) == 0) > LEAST_CURVE


def _counted(column, table, kept):
    """Numbers of cycles or steps of the rows kept; None where they are no whole numbers, and so in words."""
    if column is None:
        return None, []
    values = table.numbers(column.index)[kept]
    known = values[np.isfinite(values)]
    if (known == np.round(known)).all():
        return values, []
    return None, [f"{column.name!r} holds no whole numbers and was left out"]


def _which(part):
    return [] if part.half is None else [part.half.said]


KEYS = {"time": "time_s", "step time": "time_s", "voltage": "voltage_V", "current": "current_mA"}
KEYS |= {"increment": "increment_mAh", "passed": "passed_mAh", "charged": "charged_mAh", "cycle": "cycle"}
KEYS |= {"discharged": "discharged_mAh", "capacity": "capacity_mAh", "step": "step", "mode": "mode"}


def _called(role, column):
    return f"{role.split()[-1]} from {column.name!r}"


# ---- rows: time and voltage --------------------------------------------------------------------------------


def _rows(table, picked):
    """The rows that hold a time and a voltage, these two, what was left out in words, and what had none in a
    sentence."""
    voltage = picked["voltage"] or refuse_missing(table, "a column of the voltage", "time_s: 1, voltage_V: 2")
    V, t, left, lost = _volts(voltage, table), _times(picked, table), [], []
    t, added = _added_up(t, picked["step"], table)
    left += added
    known = np.isfinite(V) & (True if t is None else np.isfinite(t))
    if known.sum() < 2:
        raise InputError(
            f"{table.where}: expected two rows with a time and a voltage at least, got {int(known.sum())};"
            " give a file that holds the curve"
        )
    kept = np.flatnonzero(known)
    if not known.all():
        leads = kept[0] > 0 and t is not None
        first = ", the first among them: time counts from the row after these" if leads else ""
        where = places(table, np.flatnonzero(~known))
        left.append(f"{int((~known).sum())} rows without a value left out{first} ({where})")
        lost.append(f"{left[-1]}.")
    _check_volts(V[kept], voltage, table)
    if t is not None:
        kept, again = _without_repeats(kept, t, V)
        left += [f"{again} repeated rows left out"] if again else []
        _check_order(t[kept], kept, table)
        t = t[kept]
        late = LATE * np.ptp(t) < t[0] < CLOCK
        left += [f"its time begins at {t[0]:.6g} s and is counted from there"] if late else []
    return kept, t, V[kept], left, lost


def _volts(column, table):
    V = values_of(column, table)
    if column.unit is None and np.nanmax(np.abs(V), initial=0.0) > NO_UNIT:
        raise InputError(
            f"{table.where}: expected the unit of {column.name!r}, got none and values up to"
            f" {np.nanmax(np.abs(V)):.4g}; say it: columns: {{voltage_mV: {column.name}}}"
        )
    return V


def _check_volts(V, column, table):
    if np.abs(V).max() < LEAST:
        raise InputError(
            f"{table.where}: expected the voltage of a cell in {column.name!r}, got at most"
            f" {np.abs(V).max():.3g} V; say its unit: columns: {{voltage_V: {column.name}}}"
        )
    far = (V < VOLTS[0]) | (V > VOLTS[1])
    if far.any():
        raise InputError(
            f"{table.where}: expected a voltage from {VOLTS[0]:g} to {VOLTS[1]:g} V in {column.name!r}, got"
            f" {V[far][0]:.4g} V; say its unit (columns: {{voltage_mV: {column.name}}}), or leave that row"
            " out"
        )


def _times(picked, table):
    column = picked["time"] or picked["step time"]
    if column is None:
        return None
    if column.unit is None and not table.clocked(column.index):
        raise InputError(
            f"{table.where}: expected the unit of {column.name!r}, got none; say it: columns: {{time_s:"
            f" {column.name}}}, or time_min, time_h"
        )
    return values_of(column, table)


def _added_up(t, step, table):
    """Times that begin anew with each step, added up; and that, in words."""
    if t is None or step is None:
        return t, []
    known = np.isfinite(t)
    times, number = t[known], held(table.numbers(step.index))[known]
    back, changes = np.flatnonzero(np.diff(times) < 0) + 1, np.flatnonzero(np.diff(number) != 0) + 1
    if not back.size or not np.isin(back, changes).all():
        return t, []
    before, added = np.zeros(times.size), np.full(t.size, np.nan)
    before[changes] = times[changes - 1]
    added[known] = np.cumsum(before) + times
    return added, [f"its time begins anew with each step of {step.name!r}: added up"]


def _without_repeats(kept, t, V):
    """Rows without those that say again what the row before them says."""
    again = np.concatenate([[False], (np.diff(t[kept]) == 0) & (np.diff(V[kept]) == 0)])
    return kept[~again], int(again.sum())


def _check_order(t, kept, table):
    back = np.flatnonzero(np.diff(t) < 0)
    if back.size:
        k = back[0] + 1
        raise InputError(
            f"{table.where}, {table.place(kept[k])}: expected times that go on, got {t[k]:.6g} s after"
            f" {t[k - 1]:.6g} s; sort the rows, or give the part of the file that is one measurement"
        )


def _per_what(curve, mass, area):
    """Bring current and charge to what is asked: per mass (kg) or per area (m2)."""
    if mass is None and area is None:
        return curve
    made, size, per = {}, mass or area, "mass" if mass else "area"
    for name, of in (("current", "per"), ("charge", "charge_per")):
        values = getattr(curve, name)
        if values is not None and getattr(curve, of) == "":
            made |= {name: values / size, of: per}
        elif values is not None and getattr(curve, of):
            raise InputError(
                f"{curve.where}: expected a {name} that {'mass_mg' if mass else 'area_cm2'} can be told of,"
                f" got one per {getattr(curve, of)} already; leave that key out"
            )
    return replace(curve, **made)


def _part(curve, half):
    """The rows of a half cycle, its time and charge from its beginning."""
    if half is None:
        first = None if curve.time_s is None else curve.time_s - curve.time_s[0]
        return replace(curve, time_s=first)
    rows = slice(half.first, half.last + 1)
    cut = {name: getattr(curve, name) for name in BY_ROW}
    cut = {name: None if values is None else values[rows] for name, values in cut.items()}
    if cut["time_s"] is not None:
        cut["time_s"] = cut["time_s"] - half.begun
    if cut["charge"] is not None:
        cut["charge"] = cut["charge"] - half.charge_begun
    return replace(curve, **cut, half=half)
