"""Tables of a coefficient over lithiation or salt: read from two columns, and checked to be what they seem.

A table over another axis (capacity, per cent, mol/l) would be followed in its first piece only, or held at
its end: what lies beyond the axis is refused with what it may be.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..base.columns import read_two_columns, unit_word
from ..base.errors import InputError
from ..materials.laws import Tabulated

SLACK = 0.01  # of lithiation by which a measured table may pass 0 and 1
NARROWEST = 0.1  # of lithiation that a table must span; less is a capacity in Ah
FEWEST = 3  # points
CYCLERS = (".mpt", ".mpr", ".nda", ".ndax", ".dta", ".xlsx", ".parquet")  # suffixes of cyclers' own files


@dataclass(frozen=True)
class Axis:
    """What a table is over: its name, least and largest value, what others mean by the column (pattern ->
    what it is and what to do)."""

    name: str
    low: float
    high: float
    others: dict

    def may_be(self, x, y=None):
        """Say what values beyond the axis may be."""
        return _salt_may_be(x) if self is SALT else _lithiation_may_be(x, y)


LITHIATION = Axis(
    "lithiation from 0 to 1",
    -SLACK,
    1 + SLACK,
    {
        unit_word("[mµuk]?A[.· ]?h") + "|capacit": "a capacity: divide it by that of full lithiation",
        unit_word("SOC")
        + "|state.of.charge": "a state of charge: lithiation is sto_0 + SOC (sto_100 - sto_0)",
        unit_word("DOD") + "|depth.of.discharge": "a depth of discharge: turn it into lithiation",
        "delithiat|de-lithiat": "what is taken out: write 1 - x",
        "%|per ?cent": "per cent: divide by 100",
        "mol.{0,2}m|concentration": "a concentration: divide by c_s_max",
        unit_word("m?V|Ewe|OCP|OCV") + "|volt|potential": "a potential: swap the columns",
        unit_word("time"): "a time: turn it into lithiation",
    },
)
SALT = Axis(
    "the salt concentration in mol m-3",
    0.0,
    2e4,
    {
        "mol.{0,2}(?:l|dm)" + "|" + unit_word("(?-i:M)"): "mol/l: multiply by 1000",
        "mol.{0,2}kg|molal": "mol/kg: turn it into mol m-3",
        "%|per ?cent": "per cent: turn it into mol m-3",
    },
)


@dataclass(frozen=True)
class Curve:
    """A coefficient as a table gives it: words with its unit, its Axis, how it goes on beyond its ends,
    whether its logarithm is interpolated, and what else the second column may be."""

    what: str
    axis: Axis
    beyond: str = "constant"
    logarithm: bool = True
    others: tuple = ()


AREA_PER_TIME = (
    (unit_word("cm.{0,2}2|cm²"), "cm2/s: multiply by 1e-4"),
    (unit_word("log|log10|ln"), "a logarithm: write its power"),
)
OCP = Curve("an OCP (V)", LITHIATION, "straight", False, ((unit_word("mV"), "mV: divide by 1000"),))
DIFFUSIVITY = Curve("a diffusivity (m2 s-1)", LITHIATION, others=AREA_PER_TIME)
EXCHANGE = Curve(
    "an exchange current density (A m-2)",
    LITHIATION,
    others=(
        (unit_word("mA") + ".{0,2}cm", "mA/cm2: multiply by 10"),
        (unit_word("[uµ]A") + ".{0,2}cm", "uA/cm2: multiply by 0.01"),
        (unit_word("A") + ".{0,2}cm", "A/cm2: multiply by 1e4"),
        (unit_word("log|log10|ln"), "a logarithm: write its power"),
    ),
)
SALT_DIFFUSIVITY = Curve("a diffusivity (m2 s-1)", SALT, others=AREA_PER_TIME)
CONDUCTIVITY = Curve(
    "a conductivity (S m-1)",
    SALT,
    others=(
        (unit_word("mS") + ".{0,2}cm", "mS/cm: multiply by 0.1"),
        (unit_word("S") + ".{0,2}cm", "S/cm: multiply by 100"),
        (unit_word("mS") + ".{0,2}m", "mS/m: divide by 1000"),
    ),
)


def read_table(path, curve):
    """Read a Curve from a file of two columns (CSV, with or without header lines); return a Tabulated with
    its `source`.

    Raises InputError where it is no table, not over the curve's axis, or not positive where it must be.
    """
    _check_no_cycler(path, curve)
    found = read_two_columns(path, f"{curve.axis.name} and {curve.what}")
    if found.x.size < FEWEST:
        raise InputError(f"{path}: expected a table of at least three lines, got {found.x.size}; add more")
    _check_heads(found, curve, path)
    x, y = over_axis(found.x, found.y, curve.axis, path, [f"line {line}" for line in found.line])
    if curve.logarithm and (y <= 0).any():
        raise InputError(f"{path}: expected {curve.what} above zero, got {y.min():g}; correct the table.")
    table = Tabulated(x, y, curve.beyond, curve.logarithm)
    table.source = f"table {Path(path).name}, sha256 {found.sha256[:12]}"
    return table


def _check_no_cycler(path, curve):
    """Refuse a cycler's own file, whose charge is not yet a lithiation, with how to make the table of it."""
    suffix = Path(str(path).removesuffix(".gz")).suffix.lower()
    if suffix in CYCLERS:
        raise InputError(
            f"{path}: expected a table of {curve.axis.name} and {curve.what}, got a cycler's file ({suffix});"
            " make one of a half cycle: microsim curve FILE --half-cycle N --sto FROM,TO --ocp ocp.csv"
        )


def _check_heads(found, curve, path):
    """Refuse a table whose own head says that it holds something else."""
    meant = ((curve.axis.others.items(), curve.axis.name, found.x), (curve.others, curve.what, found.y))
    for heads in found.heads:
        for head, (others, expected, values) in zip(heads, meant, strict=True):
            said = next((word for pattern, word in others if re.search(pattern, head, re.IGNORECASE)), None)
            if said:
                raise InputError(
                    f'{path}: expected {expected}, got a column called "{head}", {values.min():g} to'
                    f" {values.max():g}: {said}."
                )


def over_axis(x, y, axis, path, places):
    """Return x and y by rising x.

    places: where each pair stands, in words. Raises InputError for an x beyond the axis, an x that comes
    twice, and an x that turns back (two branches in one table).
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.min() < axis.low or x.max() > axis.high or _narrow(x, axis):
        raise InputError(
            f"{path}: expected {axis.name}, got {x.min():g} to {x.max():g}, which may be {axis.may_be(x, y)}."
        )
    step = np.diff(x)
    turned = np.flatnonzero(np.sign(step) * np.sign(step[np.flatnonzero(step)[0]] if step.any() else 1) < 0)
    if turned.size:
        k = int(turned[0]) + 1
        raise InputError(
            f"{path}, {places[k]}: expected an x that rises or falls throughout, got {x[k]:g} after"
            f" {x[k - 1]:g}: charge and discharge in one table, or a list out of order? keep one branch, in"
            " order."
        )
    if (step == 0).any():
        k = int(np.argmax(step == 0)) + 1
        raise InputError(
            f"{path}, {places[k]}: expected each x once, got {x[k]:g} twice; average such points."
        )
    return (x, y) if step[0] > 0 else (x[::-1], y[::-1])


def _narrow(x, axis):
    """Whether all values are so close together, or so small, that they are in another unit."""
    return x.max() < 20.0 if axis is SALT else np.ptp(x) < NARROWEST


def _salt_may_be(x):
    if x.max() < 20.0:
        return "mol/l: multiply by 1000"
    return "another unit: give mol m-3"


def _lithiation_may_be(x, y):
    low, high = x.min(), x.max()
    divide = "divide it by that of full lithiation"
    if y is not None and low > 1.5 and high < 6 and 0 <= y.min() and y.max() <= 1:
        return "a potential (V): swap the columns"
    if np.ptp(x) < NARROWEST:
        return f"a capacity in Ah: {divide}"
    if low < -SLACK:
        return f"a capacity or a lithiation counted from another state: {divide}, or shift it"
    if high <= 1.5:
        return f"lithium per formula unit of another host, or a capacity in Ah: {divide}"
    if high <= 105:
        return f"per cent (divide by 100), or a capacity in Ah or mAh/g ({divide})"
    if high < 2000:
        return f"a capacity in mAh/g: {divide}"
    return f"a concentration in mol m-3 (divide by c_s_max), or a capacity in mAh: {divide}"
