"""Current and charge of a measured file, with our signs: what is above zero discharges.

Which sign a file has follows from its format, from the names of its columns, or from the cell: under a
current that charges, the voltage rises.
"""

from itertools import pairwise

import numpy as np

from ..base.errors import InputError
from .columns import values_of
from .gaps import bridged
from .halves import flow_signs, sign_runs

BACK = 0.2  # of the charge of a stretch of one sign, beyond which a voltage that turns is that of both signs
TURN = 0.2  # of the range of the voltage in a stretch: less is no turn
STEADY = 0.05  # by which a current may change from row to row and be one that holds
AMISS = 1.5  # times the charge of the current that a file's own may be off: what it rounds is less
OURS = ("current_A", "capacity_mAh_g")  # columns of voltage.csv: above zero on discharge


def currents_of(picked, table, kept, t, V, positive):
    """Return {"current", "charge", "per", "charge_per"} of the rows `kept`, and what was done, in words.

    picked: {role: Column or None}; t (s, or None) and V of these rows; positive: "charge" or "discharge", or
    None.
    """
    with_unit = {role: column if column and column.unit else None for role, column in picked.items()}
    current, per = _taken(with_unit["current"], table, kept)
    current = current if current is None else np.nan_to_num(current)  # blank at rest alone: gaps.py
    passed, charge_per, known = _passed(with_unit, table, kept, current, t)
    if passed is None and current is not None and t is not None:
        middle = (current[1:] + current[:-1]) / 2
        passed, charge_per = np.concatenate([[0.0], np.cumsum(middle * np.diff(t))]), per
    if current is None and passed is None:
        return {}, []
    if known is not None and _without_signs(current, passed):
        current, known = np.abs(current) * _way(passed), (known[0], f"{known[1]}, of its current too")
    derived = current is None and t is not None
    if derived:
        current, per = _flow(passed, t), charge_per
    elif current is not None and t is not None and per == charge_per:
        _check_charge(current, passed, t, table)
    if known is not None and current is not None and np.nansum(current * np.gradient(passed)) < 0:
        current, passed = (-current, passed) if positive is None else (current, -passed)
        known = (1.0, f"{known[1]}, positive current charges: turned")
    elif known is not None and current is not None and table.positive == "charge":
        known = (1.0, f"{known[1]}, positive current discharges, against its format")
    if positive is None and known is not None:
        sign, why = known
        _check_known(current, passed, V, table)
    else:
        sign, why = _sign(current, passed, V, positive, table)
    made = {"current": current if current is None else sign * current, "per": per}
    made |= {"charge": passed if passed is None else sign * passed, "charge_per": charge_per}
    return made, [*_names(with_unit, current, passed, derived), why]


def _without_signs(current, passed):
    """Whether a current is of one sign while the charge goes both ways."""
    if current is None or (np.nanmin(current) < 0 < np.nanmax(current)):
        return False
    steps = np.diff(passed)
    return bool(np.nanmin(steps, initial=0.0) < 0 < np.nanmax(steps, initial=0.0))


def _way(passed):
    """The sign of the charge in each row; where it stands still, that of its next move, the last at the
    end."""
    steps = np.sign(np.diff(passed, prepend=passed[:1]))
    moves = np.flatnonzero(steps)
    following = np.minimum(np.searchsorted(moves, np.arange(steps.size)), moves.size - 1)
    return steps[moves[following]]


def _check_charge(current, passed, t, table):
    """Refuse a charge that the current cannot have passed: one of them is in another unit than its name says.

    Between two rows the current is taken to lie between theirs, so that a sparse file is not accused."""
    ends, dt = np.abs([current[:-1], current[1:]]), np.diff(t)
    least, most = (float(flow @ dt) for flow in (ends.min(axis=0), ends.max(axis=0)))
    total = float(np.nansum(np.abs(np.diff(passed))))
    if total > AMISS * most or total < least / AMISS:
        raise InputError(
            f"{table.where}: expected the charge that its current passes in its time, got"
            f" {total / max((least + most) / 2, 1e-300):.3g} times it: time, current or charge is in another"
            " unit than its column says; name them with their units (columns: {time_s: 1, current_mA: 3,"
            " capacity_mAh: 4}), or take the wrong column out of the file"
        )


def _flow(passed, t):
    """The current (unit of passed per s) of a file that holds the charge only; that of the row before where
    two rows are of one time."""
    steps, dt = np.diff(passed), np.diff(t)
    flow = np.full(passed.size, np.nan)
    flow[1:][dt > 0] = steps[dt > 0] / dt[dt > 0]
    flow[0] = flow[np.flatnonzero(np.isfinite(flow))[0]] if np.isfinite(flow).any() else 0.0
    last = np.maximum.accumulate(np.where(np.isfinite(flow), np.arange(flow.size), 0))
    return flow[last]


def _names(picked, current, passed, derived):
    said = [f"current from {picked['current'].name!r}"] if current is not None and not derived else []
    roles = [role for role in ("passed", "increment", "discharged", "charged", "capacity") if picked[role]]
    said += [f"charge from {picked[roles[0]].name!r}"] if passed is not None and roles else []
    return said + (["current from the charge over the time"] if derived else [])


def _check_known(current, passed, V, table):
    """Refuse capacities whose names say that it discharges while the voltage rises."""
    if _by_voltage(current, passed, V) == "charge":
        raise InputError(
            f"{table.where}: expected a voltage that falls while the discharged capacity grows, got one that"
            " rises: the names of its capacities are the other way round; say positive_current: charge or"
            " discharge, or name the columns"
        )


def _taken(column, table, kept):
    if column is None:
        return None, ""
    return values_of(column, table)[kept], column.unit.per


def _passed(picked, table, kept, current, t):
    """The charge passed since the first row, what it is per, and its sign (with its reason) where its columns
    say it; None where it follows from the current."""
    if picked["passed"]:
        values, per = _taken(picked["passed"], table, kept)
        return values - values[0], per, None
    if picked["increment"]:
        added = values_of(picked["increment"], table)
        added[:1] = np.nan_to_num(added[:1])  # nothing says what came before the first row
        total = np.cumsum(added)[kept]
        return total - total[0], picked["increment"].unit.per, None
    if table.names and set(OURS) <= set(table.names) and picked["capacity"]:
        values, per = _taken(picked["capacity"], table, kept)
        return values - values[0], per, (1.0, "positive current discharges")
    if picked["discharged"] and picked["charged"]:
        out, per = _taken(picked["discharged"], table, kept)
        back, _ = _taken(picked["charged"], table, kept)
        return _risen(out) - _risen(back), per, (1.0, "signs from the names of its capacities")
    return *_of_capacity(picked, table, kept, current, t), None


def _of_capacity(picked, table, kept, current, t):
    """The charge of a capacity that counts from each half cycle's start, with the sign of the current."""
    column = picked["capacity"] or picked["discharged"] or picked["charged"]
    if column is None:
        return None, ""
    values, per = _taken(column, table, kept)
    if current is None:
        if (np.diff(values) < -1e-3 * np.nanmax(np.abs(values))).any():
            raise InputError(
                f"{table.where}: expected a capacity that goes on, got {column.name!r}, which begins anew,"
                " and no current; give one half cycle a file, or a column of the current"
            )
        return values - values[0], per
    return np.cumsum(_counted(values, current, t) * np.sign(current)), per


def _counted(values, current, t):
    """What a capacity has counted in each row since the one before, where it begins anew now and then.

    It did where it came closer to zero by more than the current can have passed, to no more than that, or
    than a hundredth of the largest: one that goes back to zero row by row is net."""
    steps, before = np.abs(np.diff(values, prepend=values[:1])), np.abs(np.append(values[:1], values[:-1]))
    moved = steps[steps > 0]
    if not moved.size:
        return steps
    flown = np.full(steps.size, np.median(moved))
    if t is not None:
        flow = np.abs(current)
        flow = np.maximum(flow, np.append(flow[:1], flow[:-1])) * np.diff(t, prepend=t[:1])
        both = (flow > 0) & (steps > 0)
        flown = flow * (np.median(steps[both] / flow[both]) if both.any() else 0.0)
    most, size = 2 * (flown + moved.min()), np.abs(values)
    anew = (steps > most) & (size < before) & (size <= np.maximum(most, 1e-2 * size.max()))
    return np.where(anew, size, steps)


def _risen(values):
    """What a counter that begins anew now and then has counted since its first row; one that counts below
    zero, as Neware's of pulses, counts too."""
    counted = bridged(values)
    counted = -counted if counted.max(initial=0.0) <= 0 else counted
    return np.cumsum(np.maximum(np.diff(counted, prepend=counted[:1]), 0.0))


def _sign(current, passed, V, positive, table):
    """1 where what is above zero in the file discharges, -1 where it charges; and why, in words."""
    by_cell, back = _by_voltage(current, passed, V), _back_share(current, passed, V)
    said = positive or table.positive
    if positive is None and back > BACK:
        raise InputError(
            f"{table.where}: expected a voltage that goes one way under a current of one sign, got one that"
            f" turns, and {100 * back:.0f} % of the charge against it: of a file without signs give one half"
            " cycle alone, or capacities of charge and discharge; where it is one half cycle, say"
            " positive_current: charge or discharge"
        )
    if said is None and by_cell is None:
        raise InputError(
            f"{table.where}: expected to know what a positive current does, got a voltage that rises and"
            " falls under the same sign; say positive_current: charge or discharge (of a file without signs"
            " give one half cycle alone)"
        )
    if positive is None and said and by_cell and said != by_cell:
        raise InputError(
            f"{table.where}: expected that positive current would {said}, as its format has it, got a voltage"
            f" as if it would {by_cell}; say positive_current: charge or discharge"
        )
    found = said or by_cell
    against = ""
    if positive and by_cell and positive != by_cell:
        against = f" (as is said, though the voltage moves as if it would {by_cell})"
    elif back > BACK:
        against = f" (as is said, though {100 * back:.0f} % of the charge passes against the voltage)"
    if found == "charge":
        return -1.0, f"positive current charges: turned{against}"
    return 1.0, f"positive current discharges{against}"


def _back_share(current, passed, V):
    """The largest share of the charge of a stretch of one sign that passes, at a current that holds, while
    the voltage goes the other way than from its beginning to its end."""
    signs = flow_signs(current, passed)
    return max((_back(current, passed, V, a, b, signs) for a, b, _ in sign_runs(signs) if b > a), default=0.0)


def _back(current, passed, V, first, last, signs):
    rows = first + np.flatnonzero(signs[first : last + 1])
    volts = V[rows]
    moved = np.ones(rows.size - 1) if passed is None else np.abs(np.diff(passed[rows]))
    held = np.ones(rows.size - 1, bool)
    if current is not None:
        held = np.abs(np.diff(current[rows])) <= STEADY * np.abs(current[rows[1:]])
    ends = _turns(volts, TURN * np.ptp(volts))
    way = np.sign(volts[-1] - volts[0]) or 1.0
    legs = [(a, b) for a, b in pairwise(ends) if np.sign(volts[b] - volts[a]) == -way]
    against = sum(float(moved[a:b][held[a:b]].sum()) for a, b in legs)
    return against / max(float(moved.sum()), 1e-300)


def _turns(values, least):
    """Numbers of the first value, of those at which values turn by more than `least`, and of the last."""
    found, low, high, way = [0], 0, 0, 0
    for k, value in enumerate(values.tolist()):
        low, high = (k if value < values[low] else low), (k if value > values[high] else high)
        if way >= 0 and values[high] - value > least:
            found, low, way = found + [high] * (way > 0 or high > 0), k, -1
        elif way <= 0 and value - values[low] > least:
            found, high, way = found + [low] * (way < 0 or low > 0), k, 1
    return [*found, values.size - 1]


def _by_voltage(current, passed, V):
    """What a positive current does by the voltage at the ends of each stretch of one sign; None where they
    disagree."""
    runs = [(a, b, sign) for a, b, sign in sign_runs(flow_signs(current, passed)) if b > a]
    risen = {float(np.sign((V[b] - V[a]) * sign)) for a, b, sign in runs}
    if len(risen) != 1 or 0.0 in risen:
        return None
    return "charge" if risen == {1.0} else "discharge"
