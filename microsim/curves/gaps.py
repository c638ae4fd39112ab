"""Rows of a cycler's file that hold no current, or no charge: left out and said, or taken for a rest.

Left out, the charge between the rows beside them is that of a straight line from current to current. That is
no rest: where the current turns in a gap, or the voltage leaves the range between its two ends, as it does
when it relaxes and at no current that goes on, no current flowed.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..base.errors import InputError
from ..base.schema import listed
from .columns import values_of

NOISE = 2e-3  # V by which a voltage may leave the range of a gap's ends and go on
LONG = 10.0  # times the usual time between rows: a gap that is worth its length in words
SPARSE = 0.5  # of the rows: a charge that fewer hold is left to the current
SHOWN = 4  # places that a sentence names


@dataclass(frozen=True)
class Gaps:
    """rows: which of the rows given are used, bool; picked: {role: Column or None} without what holds too
    little; words: what was left out, short; remarks: the same in sentences."""

    rows: np.ndarray
    picked: dict
    words: tuple = ()
    remarks: tuple = ()


def without_gaps(picked, table, kept, t, V):
    """Find what rows miss of current and charge; return Gaps.

    picked: {role: Column or None}; kept: rows of the table, t (s, or None) and V of each.
    """
    picked, words = _with_charge(picked, table, t)
    rows, remarks = np.ones(kept.size, bool), []
    current = _values(picked["current"], table, kept)
    if current is not None and not np.isfinite(current).any():
        words.append(f"{picked['current'].name!r} holds no values and was left out")
        picked, current = picked | {"current": None}, None
    if current is not None and not np.isfinite(current).all():
        rows, said = _without_current(current, t, V, kept, table)
        words.append(said)
        remarks.append(f"{said}.")
    lost = rows & ~_counted(picked, table, kept)
    if lost.any():
        words.append(f"{int(lost.sum())} rows without a charge ({places(table, kept[lost])}) left out")
        remarks.append(f"{words[-1]}.")
    return Gaps(rows & ~lost, picked, tuple(words), tuple(remarks))


def _values(column, table, kept):
    return values_of(column, table)[kept] if column is not None and column.unit else None


def _without_current(current, t, V, kept, table):
    """Which rows are used though some hold no current, and what was made of those, in a sentence."""
    known = np.flatnonzero(np.isfinite(current))
    rests = np.zeros(current.size, bool)
    for a, b in pairwise(known):
        if b > a + 1 and _rests(current[[a, b]], V[a : b + 1]):
            rests[a + 1 : b] = True
    out = ~np.isfinite(current) & ~rests
    parts = []
    if out.any():
        parts.append(f"{_rows(out, kept, table)} left out{_passed(current, t, known, out)}")
    if rests.any():
        why = "as the voltage goes back or the current turns there"
        parts.append(f"{_rows(rests, kept, table)} taken for rests, {why}")
    return ~out, "; ".join(parts)


def _rows(chosen, kept, table):
    return f"{int(chosen.sum())} rows without a current ({places(table, kept[chosen])})"


def _rests(ends, V):
    """Whether no current flowed in a gap, by the current at its two ends and the voltage from end to end."""
    if ends[0] * ends[1] < 0:
        return True
    low, high = sorted((V[0], V[-1]))
    beyond = max(V[1:-1].max() - high, low - V[1:-1].min())
    return bool(beyond > NOISE + high - low)


def _passed(current, t, known, out):
    """What of the charge passes in gaps that are left out, and how long the longest is, in words."""
    if t is None:
        return ""
    charge = np.abs(current[known][1:] + current[known][:-1]) / 2 * np.diff(t[known])
    over = np.array([bool(out[a + 1 : b].any()) for a, b in pairwise(known)], bool)
    words = ""
    if over.any() and charge.sum() > 0:
        share = 100 * charge[over].sum() / charge.sum()
        words = f", {share:.2g} % of the charge is that of straight lines across them"
        longest = np.diff(t[known])[over].max()
        usual = float(np.median(np.diff(t)))
        words += f", the longest over {longest:.4g} s" if longest > LONG * usual else ""
    ends = [
        name for name, lost in (("beginning", out[: known[0]]), ("end", out[known[-1] + 1 :])) if lost.any()
    ]
    return words + (f", nothing is known of the {' and the '.join(ends)}" if ends else "")


def _with_charge(picked, table, t):
    """The columns without a charge that too few rows hold, where the current tells it; and that in words."""
    by_current = t is not None and picked["current"] is not None and bool(picked["current"].unit)
    words = []
    for role in ("passed", "increment", "capacity", "charged", "discharged"):
        values = _values(picked[role], table, slice(None))
        if values is None or _enough(np.isfinite(values), role, picked):
            continue
        if by_current:
            words.append(
                f"{picked[role].name!r} holds {int(np.isfinite(values).sum())} values and was left out"
            )
            picked = picked | {role: None}
        elif role == "increment":
            raise InputError(
                f"{table.where}: expected an increment of the charge in every row, got none in"
                f" {places(table, np.flatnonzero(~np.isfinite(values)))}, and no current that tells it; fill"
                " these"
            )
    return picked, words


def _enough(known, role, picked):
    """Whether a column of a charge holds it: what a blank row added to increments is lost, a counter goes on;
    of the two of charge and discharge each may be blank while the other counts."""
    if role == "increment":
        return bool(known[1:].all())
    pair = {"charged": "discharged", "discharged": "charged"}.get(role)
    return bool(known.mean() >= SPARSE or (pair and picked[pair] is not None and known.any()))


def _counted(picked, table, kept):
    """Which rows hold the charge that the curve takes: bool, all where none is taken."""
    found = {role: _values(picked[role], table, kept) for role in picked}
    for role in ("passed", "increment"):
        if found[role] is not None:
            return np.isfinite(found[role]) | (role == "increment")
    both = [found[role] for role in ("charged", "discharged")]
    if all(values is not None for values in both):
        return np.isfinite(both).any(axis=0) & _idle(*both) & _idle(*both[::-1])
    one = next(
        (found[role] for role in ("capacity", "discharged", "charged") if found[role] is not None), None
    )
    return np.ones(kept.size, bool) if one is None else np.isfinite(one)


def _idle(counter, other):
    """Whether a counter has a value or may be blank, as one does that does not count now: the other one goes
    on meanwhile, or its own next value is the last one, or 0. Else a charge is lost with it."""
    blank = ~np.isfinite(counter)
    may = ~blank
    edges = np.flatnonzero(np.diff(np.concatenate([[0], blank.astype(np.int8), [0]])))
    for begin, end in edges.reshape(-1, 2).tolist():
        beside = other[max(begin - 1, 0) : end + 1]
        moved = np.ptp(beside[np.isfinite(beside)]) > 0 if np.isfinite(beside).any() else False
        before = counter[begin - 1] if begin else 0.0
        after = counter[end] if end < counter.size else np.nan
        may[begin:end] = moved or after == before or after == 0
    return may


def places(table, rows):
    """Return where rows stand in the file, in words: line 12 to 41, line 50."""
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    shown = [
        table.place(run[0]) + (f" to {table.place(run[-1]).split()[-1]}" if run.size > 1 else "")
        for run in runs[:SHOWN]
    ]
    return listed(shown) + (" and more" if len(runs) > SHOWN else "")


def bridged(counter):
    """Return a counter that goes on where it has no value: on a straight line to a larger one, from 0 to a
    smaller one, as one that began anew; 0 before its first value, the last one after it."""
    known = np.flatnonzero(np.isfinite(counter))
    if not known.size:
        return np.zeros_like(counter)
    rows = np.arange(counter.size)
    found = np.interp(rows, known, counter[known])
    found[: known[0]] = 0.0
    for a, b in pairwise(known):
        if abs(counter[b]) < abs(counter[a]):
            found[a + 1 : b] = 0.0
    return found


def held(numbers):
    """Return numbers in which a row without one has that of the row before it, as of a step that goes on."""
    last = np.maximum.accumulate(np.where(np.isfinite(numbers), np.arange(numbers.size), 0))
    return numbers[last]
