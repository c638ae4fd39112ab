"""White-line shift of single particles over time: files, lithiation, when each is half-way and how long it
takes.

    sto = sto_full + (shift - shift_full) (sto_empty - sto_full) / (shift_empty - shift_full)

Linear between two anchors. Where no anchors are given, they are the medians over the particles of their first
shift and of that at the most charge, and the lithiations that the charge gives. Nickel that is oxidised
before the lithium is out bends the true relation: the mean of the particles is held against the charge.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..base.columns import read_two_columns, unit_word
from ..base.errors import InputError

TIMES = ((r"h|hours?", 3600.0), (r"min|minutes?", 60.0), (r"s|seconds?", 1.0))
FEWEST = 4  # points with which a particle has a half-way time
BEFORE, AFTER = 1 / 3, 5 / 3  # of the way to the half-way shift, between which its duration is taken


@dataclass(frozen=True, eq=False)
class ParticleSeries:
    """Shift (eV) over time (s) of one particle."""

    name: str
    t: np.ndarray
    shift: np.ndarray


def read_particles(path):
    """Read a table of columns particle, time with its unit, shift; return the ParticleSeries and sentences on
    what was left out.

    Raises InputError, which names the line, where it is no such table or a particle's times do not rise.
    """
    lines = _lines(path)
    per = _seconds(lines[0], path)
    series, dropped = {}, 0
    for k, line in lines[1:]:
        cells = [cell.strip() for cell in re.split("[,;\t]", line)]
        if len(cells) != 3:
            raise InputError(
                f"{path}, line {k}: expected particle, time, shift, got {len(cells)} cells; correct it."
            )
        t, shift = (_number(cell, path, k) for cell in cells[1:])
        if not np.isfinite([t, shift]).all():
            dropped += 1
            continue
        series.setdefault(cells[0], []).append((k, t * per, shift))
    if not series:
        raise InputError(f"{path}: expected particles with a time and a shift, got none; check the file.")
    remarks = [f"{path}: {dropped} lines without a number were left out."] if dropped else []
    return [_rising(name, rows, path) for name, rows in series.items()], remarks


def _lines(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [(k, line.strip()) for k, line in enumerate(file, 1)]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(
            f"{path}: expected a readable table of particle, time, shift, got: {reason}; check the path."
        ) from error
    lines = [(k, line) for k, line in lines if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{path}: expected a table of particle, time, shift, got an empty file; check it.")
    return lines


def _seconds(head, path):
    """Return the seconds in the unit of time that the head line names."""
    names = [cell.strip().strip('"') for cell in re.split("[,;\t]", head[1])]
    if len(names) != 3 or not names[0].lower().startswith("particle"):
        raise InputError(
            f'{path}, line {head[0]}: expected a head like "particle,time_h,delta_whiteline_eV", got'
            f' "{head[1][:60]}"; add one.'
        )
    return seconds_in(names[1], path)


def seconds_in(head, path):
    """Return the seconds in the unit that the head of a column of times names; raises InputError."""
    unit = re.sub("time", "", head, flags=re.IGNORECASE)
    for pattern, seconds in TIMES:
        if re.search(unit_word(pattern), unit, re.IGNORECASE):
            return seconds
    raise InputError(
        f'{path}: expected the unit of time in its head, like time_h or "time (s)", got "{head}"; add it.'
    )


def _number(cell, path, line):
    if cell.lower() in ("", "nan", "na", "null", "none"):
        return np.nan
    try:
        return float(cell)
    except ValueError:
        raise InputError(f'{path}, line {line}: expected a number, got "{cell[:40]}"; correct it.') from None


def _rising(name, rows, path):
    line, t, shift = (np.array(column) for column in zip(*rows))
    back = np.flatnonzero(np.diff(t) <= 0)
    if back.size:
        k = back[0] + 1
        raise InputError(
            f"{path}, line {line[k]}: expected rising times of {name}, got {t[k]:g} s after {t[k - 1]:g} s;"
            " put its lines in order, one a time."
        )
    return ParticleSeries(name, t, shift)


@dataclass(frozen=True)
class ShiftCalibration:
    """Linear relation through two anchors: shift (eV) and sto, each (full, empty); sigma_shift: of one shift
    (eV), of the grid of energies and of what the particles' anchors differ by; half_way: shift at which a
    particle is half-way (eV)."""

    shift: tuple
    sto: tuple
    sigma_shift: float
    half_way: float

    @property
    def slope(self):
        """sto per eV."""
        return (self.sto[1] - self.sto[0]) / (self.shift[1] - self.shift[0])

    @property
    def sigma_sto(self):
        return abs(self.slope) * self.sigma_shift

    def lithium(self, shift):
        """Return the lithiation at shifts (eV)."""
        return self.sto[0] + (np.asarray(shift) - self.shift[0]) * self.slope

    def levels(self):
        """Return the lithiations that stand for before, half-way and after."""
        way = self.half_way - self.shift[0]
        return [float(self.lithium(self.shift[0] + part * way)) for part in (BEFORE, 1.0, AFTER)]


def calibrate_shift(series, t_empty, sto, given=None, half_way=None):
    """Return the ShiftCalibration of some ParticleSeries.

    t_empty: time of the most charge (s); sto: lithiation before the current and then; given: shifts of the
    two anchors (eV), None for the medians over the particles; half_way: eV, None for the middle of them.
    """
    first = np.array([one.shift[0] for one in series])
    last = np.array([one.shift[np.argmin(np.abs(one.t - t_empty))] for one in series])
    shift = given or (float(np.median(first)), float(np.median(last)))
    if not abs(shift[1] - shift[0]) > 0 or sto[0] == sto[1]:
        raise InputError(
            f"measured: expected shifts that change while the current flows, got {shift[0]:g} and"
            f" {shift[1]:g} eV; give calibration.shift_eV and calibration.sto."
        )
    apart = np.diff(np.unique(np.concatenate([one.shift for one in series])).round(6))
    grid = float(apart[apart > 1e-6].min()) if (apart > 1e-6).any() else 0.0
    scatter = max(np.std(end, ddof=1) if end.size > 1 else 0.0 for end in (first, last))
    middle = sum(shift) / 2 if half_way is None else half_way
    if not min(shift) < middle < max(shift):
        raise InputError(
            f"measured.calibration.half_way_eV: expected a shift between the anchors, {shift[0]:g} and"
            f" {shift[1]:g} eV, got {middle:g}; correct it."
        )
    return ShiftCalibration(shift, sto, float(np.hypot(grid / np.sqrt(12), scatter)), middle)


def middle_levels(full, empty):
    """Return the lithiations before, half-way and after between two ends, where no shift says them."""
    half = (empty - full) / 2
    return [full + part * half for part in (BEFORE, 1.0, AFTER)]


@dataclass(frozen=True)
class Passage:
    """When a particle is half-way (s), and how long it takes to pass from before it to after it (s); None
    where it does not."""

    half_way: float | None
    duration: float | None


def passage(t, sto, levels):
    """Return the Passage of a lithiation over time through falling or rising levels (before, half-way,
    after).

    Each is the first crossing, on straight lines between the points.
    """
    before, half, after = (first_crossing(t, sto, level, levels[2] < levels[0]) for level in levels)
    duration = None if before is None or after is None or len(t) < FEWEST else after - before
    return Passage(None if len(t) < FEWEST else half, duration)


def first_crossing(t, x, level, falling):
    """Return the time at which x first passes a level, or None."""
    beyond = (x <= level) if falling else (x >= level)
    k = int(np.argmax(beyond))
    if not beyond.any() or k == 0:
        return None
    return float(t[k - 1] + (level - x[k - 1]) / (x[k] - x[k - 1]) * (t[k] - t[k - 1]))


def read_over_time(path, what, others=()):
    """Read a file of two columns, time with its unit in the head and a value; return times (s) and values.

    what: the value in words; others: what its head may say it is instead, ((pattern, words), ...). A time
    that comes twice is a jump. Raises InputError.
    """
    found = read_two_columns(path, f"time and {what}")
    if not found.heads:
        raise InputError(
            f'{path}: expected a head with the unit of time, like "time_h,value", got none; add one.'
        )
    head = found.heads[-1]
    said = next((words for pattern, words in others if re.search(pattern, head[1], re.IGNORECASE)), None)
    if said:
        raise InputError(f'{path}: expected {what}, got a column called "{head[1]}", {said}.')
    t = found.x * seconds_in(head[0], path)
    back = np.flatnonzero(np.diff(t) < 0)
    if back.size:
        line, k = found.line[back[0] + 1], back[0] + 1
        raise InputError(
            f"{path}, line {line}: expected rising times, got {found.x[k]:g} after {found.x[k - 1]:g}; put"
            " the lines in order."
        )
    if t.size < 2 or t[0] == t[-1]:
        raise InputError(f"{path}: expected {what} at two times or more, got {t.size}; check the file.")
    return t, found.y
