"""A profile from a cycler's file: its current, or its voltage, over the time, from one time to another."""

from pathlib import Path

import numpy as np

from ..base.errors import InputError

PLAIN = (".csv", ".txt", ".tsv", ".dat")  # two columns may be in these
PER_OF = {"current_A": "", "current_A_kg": "mass", "current_A_m2": "area"}


def is_measured(path):
    """Whether a profile is a file of a cycler: by its suffix, or as a table of more than two columns."""
    from ..curves.formats import read_instrument

    if Path(str(path).removesuffix(".gz")).suffix.lower() not in PLAIN:
        return True
    try:
        table = read_instrument(path)
        return table.names is not None and table.width > 2
    except InputError:
        return False  # the reader of two columns says what is wrong with it


def measured_profile(path, quantity, per=None, span=None):
    """Return times from 0 (s) and values of a quantity, above zero on discharge; linear between the rows.

    per: A that are one of the quantity; None where the file's own unit is that of the quantity. span: from
    and to (s, as the file counts), each None for the file's end. Raises InputError.
    """
    from ..curves.curve import read_measured_curve

    curve = read_measured_curve(path, half_cycle="all")
    values = curve.voltage_V if quantity == "voltage_V" else curve.current
    if curve.time_s is None or values is None:
        raise InputError(f"{path}: expected a time and a current to run, got none of one; name another file")
    if quantity != "voltage_V":
        values = _current(values, curve, quantity, per, path)
    known = np.isfinite(values)
    t, values = curve.time_s[known], values[known]
    low, high = (t[-1 * k] if end is None else end for k, end in enumerate(span or (None, None)))
    if not t[0] - 1e-6 <= low < high <= t[-1] + 1e-6:
        raise InputError(
            f"{path}: expected times from {t[0]:g} to {t[-1]:g} s, got from_s {low:g} and to_s {high:g};"
            " correct them"
        )
    inside = (t > low) & (t < high)
    ends = np.interp([low, high], t, values)
    times = np.concatenate([[low], t[inside], [high]]) - low
    return times, np.concatenate([ends[:1], values[inside], ends[1:]])


def _current(values, curve, quantity, per, path):
    if per is not None and curve.per:
        raise InputError(
            f"{path}: expected a current in A, got one per {curve.per} already; leave the mass, area or"
            " capacity out and name its quantity"
        )
    if per is None and PER_OF.get(quantity, "none") != curve.per:
        unit = {"": "A", "mass": "A/kg", "area": "A/m2"}[curve.per]
        raise InputError(
            f"{path}: expected a current that is {quantity}, got one in {unit}; say mass_mg, area_cm2 or"
            " capacity_mAh of its cell, or another quantity"
        )
    return values if per is None else values / per
