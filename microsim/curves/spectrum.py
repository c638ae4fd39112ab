"""A measured impedance: frequency and complex Z of a potentiostat's file, in ohm m2 and with our sign.

Im Z < 0 for a capacitor. Files hold Im Z or -Im Z; their header says which, and the spectrum itself tells: by
the Kramers-Kronig relations the imaginary part follows from the slope of the real one,

    Im Z(omega) ~ (pi / 2) d Re Z / d ln omega

Source: Bode, Network analysis and feedback amplifier design (1945), chapter 14.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.schema import listed
from .columns import columns_of, one_of_them, refuse_missing, values_of
from .formats import read_instrument

ROLES = ("frequency", "real", "imaginary", "magnitude", "phase", "cycle")
KEYS = {"frequency": "frequency_Hz", "real": "real_ohm", "imaginary": "imaginary_ohm"}
KEYS |= {"magnitude": "magnitude_ohm", "phase": "phase_deg", "cycle": "cycle"}
TELLS = 0.5  # correlation of Im Z with the slope of Re Z from which its sign is beyond doubt


@dataclass(frozen=True, eq=False)
class MeasuredSpectrum:
    """freq (Hz), from high to low; Z (ohm m2, or ohm where per_area is false), complex, Im Z < 0 for a
    capacitor; said: what was read, in a line; where, sha256 of the file."""

    freq: np.ndarray
    Z: np.ndarray
    said: str = ""
    where: str = ""
    sha256: str = field(default="", repr=False)
    per_area: bool = True

    def of_each(self, electrodes):
        """Return the share of one of several alike electrodes."""
        return replace(self, Z=self.Z / electrodes)


def read_measured_spectrum(path, *, columns=None, cycle=None, imaginary=None, area=None, bare=False):
    """Read a measured impedance; return a MeasuredSpectrum.

    path: a file of curves.formats, .gz too. columns: {"frequency_Hz": 1, "real_ohm": 2, "imaginary_ohm": 3},
    name or number of a column by quantity and unit, where names do not tell. cycle: which of several
    spectra, as the file counts, or from 1. imaginary: "Im" or "-Im", what its column holds, where the file
    does not tell. area of the electrode (m2): of a file in ohm; bare: that it may stay in ohm.
    Raises InputError, one sentence, where the file can mean two things.
    """
    table = read_instrument(path)
    found = columns_of(table, ROLES, columns)
    picked = {role: one_of_them(found, role, table, KEYS[role]) for role in ROLES}
    freq = _frequencies(picked["frequency"], table)
    Z, sign_of, units = _complex(picked, table)
    in_ohm = bare and area is None and not any(unit.per for unit in units)
    per = 1.0 if in_ohm else _check_unit(units, area, table)
    asked = _rows_of(freq, cycle, picked["cycle"], table)
    known = np.isfinite(freq) & np.isfinite(Z) & ~((freq == 0) & (Z == 0))
    left = _left(known[asked]) + _unnumbered(asked, picked["cycle"], table, cycle)
    freq, Z = _cleaned(freq, Z, known & asked, table)
    turned, why = _turned(freq, Z, sign_of, imaginary, table)
    Z = np.conj(Z) if turned else Z
    order = np.argsort(-freq, kind="stable")
    names = [f"{role} from {column.name!r}" for role, column in picked.items() if column in sign_of]
    said = f"read {freq.size} points of {Path(table.where).name}: {listed([*names, why, *left])}"
    return MeasuredSpectrum(freq[order], Z[order] * per, said, table.where, table.sha256, not in_ohm)


def _frequencies(column, table):
    if column is None:
        refuse_missing(table, "a column of the frequency", "frequency_Hz: 1, real_ohm: 2, imaginary_ohm: 3")
    if column.unit is None:
        raise InputError(
            f"{table.where}: expected the unit of {column.name!r}, got none; say it: columns: {{frequency_Hz:"
            f" {column.name}}}"
        )
    return values_of(column, table)


def _complex(picked, table):
    """Z as the file has it, the columns that it is of, and their units."""
    used = [picked[role] for role in ("real", "imaginary")]
    if None in used:
        used = [picked[role] for role in ("magnitude", "phase")]
    if None in used:
        refuse_missing(
            table,
            "columns of the real and the imaginary part, or of magnitude and phase",
            "frequency_Hz: NAME, real_ohm: NAME, imaginary_ohm: NAME",
        )
    for column in used:
        if column.unit is None:
            raise InputError(
                f"{table.where}: expected the unit of {column.name!r}, got none; say it: columns: {{real_ohm:"
                " NAME, imaginary_ohm: NAME}, or real_ohm_cm2"
            )
    a, b = (values_of(column, table) for column in used)
    polar = used[0] is picked["magnitude"]
    return (
        (a * np.exp(1j * b) if polar else a + 1j * b),
        used,
        [c.unit for c in used if c.unit.of == "impedance"],
    )


def _rows_of(freq, cycle, counted, table):
    """The rows of the spectrum that is asked for; refuses a file of several where none is named."""
    number = _sweeps(freq)
    if counted is not None and number.max() > 1:
        number = table.numbers(counted.index)
    known = np.unique(number[np.isfinite(number)]).astype(int).tolist()
    if (cycle is None and len(known) > 1) or (cycle is not None and cycle not in known):
        raise InputError(
            f"{table.where}: expected one spectrum, got {len(known)} ({listed(known[:12])}); name one by"
            f" cycle: {known[0]}"
        )
    return np.full(freq.size, True) if cycle is None else number == cycle


def _unnumbered(asked, counted, table, cycle):
    """Rows of which the file does not say which spectrum they are of, in words."""
    if cycle is None or counted is None:
        return []
    lost = ~asked & ~np.isfinite(table.numbers(counted.index))
    return [f"{int(lost.sum())} rows without a cycle left out"] if lost.any() else []


def _sweeps(freq):
    """The number, from 1, of the spectrum that each row belongs to: one where no frequency comes again."""
    known = np.isfinite(freq) & (freq > 0)
    if known.sum() < 3 or np.unique(np.round(np.log(freq[known]), 4)).size > 0.9 * known.sum():
        return np.ones(freq.size)
    filled = np.interp(np.arange(freq.size), np.flatnonzero(known), freq[known])
    back = np.diff(filled) * np.sign(np.median(np.diff(filled))) < 0
    return 1.0 + np.concatenate([[0], np.cumsum(back)])


def _check_unit(units, area, table):
    """What brings the file's unit to ohm m2."""
    if len({unit.per for unit in units}) > 1:
        raise InputError(
            f"{table.where}: expected both parts in one unit, got ohm and ohm times an area; name the columns"
        )
    if units[0].per:
        if area is not None:
            raise InputError(
                f"{table.where}: expected an impedance in ohm beside area_cm2, got one times an area already;"
                " leave area_cm2 out"
            )
        return 1.0
    if area is None:
        says = table.header.area and f" (its header says {1e4 * table.header.area:.4g} cm2)"
        raise InputError(
            f"{table.where}: expected the area that its ohm are of, got none; add area_cm2, that of the"
            f" electrode{says or ''}"
        )
    return area


def _cleaned(freq, Z, known, table):
    """The points that hold a frequency and an impedance; refuses what no spectrum has."""
    freq, Z = freq[known], Z[known]
    if freq.size < 3:
        raise InputError(f"{table.where}: expected three points of a spectrum at least, got {freq.size}")
    if freq.min() <= 0:
        raise InputError(
            f"{table.where}: expected frequencies above 0 Hz, got {freq.min():.4g}; leave that row out"
        )
    if (Z == 0).any():
        raise InputError(f"{table.where}: expected impedances other than 0, got 0; leave those rows out")
    points = np.unique(np.stack([freq, Z.real, Z.imag]), axis=1)
    return points[0], points[1] + 1j * points[2]


def _left(known):
    return [] if known.all() else [f"{int((~known).sum())} rows without a value left out"]


def _turned(freq, Z, used, imaginary, table):
    """Whether the imaginary part has to be turned, and why, in words."""
    column, shape = used[1], _shape(freq, Z)
    says = {True: "-Im", False: "Im", None: shape}[column.negated]
    held = imaginary or says
    if imaginary is None and shape and shape != says:
        raise InputError(
            f"{table.where}: expected {says} Z in {column.name!r}, as it is called, got the shape of {shape}"
            " Z, as the slope of its real part tells; say which: imaginary: Im or -Im"
        )
    if held is None:
        raise InputError(
            f"{table.where}: expected to know whether {column.name!r} holds Im Z or -Im Z, got a spectrum"
            " that does not tell; say which: imaginary: Im or -Im"
        )
    return held == "-Im", f"{held} Z: turned" if held == "-Im" else "Im Z as it is"


def _shape(freq, Z):
    """What the column of the imaginary part holds by the slope of the real one: "Im", "-Im", or None."""
    order = np.argsort(freq)
    x, R, X = np.log(freq[order]), Z.real[order], Z.imag[order]
    apart = np.diff(x) > 1e-9
    slope, middle = np.diff(R)[apart] / np.diff(x)[apart], ((X[1:] + X[:-1]) / 2)[apart]
    size = np.sqrt((slope @ slope) * (middle @ middle))
    told = slope @ middle / size if size > 0 else 0.0
    return "Im" if told > TELLS else "-Im" if told < -TELLS else None
