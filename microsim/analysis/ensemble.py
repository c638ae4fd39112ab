"""What an ensemble of particles does under a cell's own current, beside what was measured in the cell."""

from dataclasses import dataclass

import numpy as np

from ..base.columns import unit_word
from ..base.constants import F
from ..base.errors import InputError
from ..cell.many_particles import ManyParticles
from ..maps.particle_series import calibrate_shift, passage, read_over_time, read_particles

# order (Sequence) up to which particles go together, and from which they go one after another
TOGETHER, APART = 0.1, 0.25
# what the head of a column may say that it holds instead
NO_CURRENT = (
    (unit_word("[mu]?A") + ".{0,4}cm", "a current per area: give mA per gram of active material"),
    (unit_word("(?-i:A)"), "amperes: give mA per gram of active material"),
    (unit_word("[mu]A") + r"\W*$", "a current of the whole cell: give mA per gram of active material"),
    (unit_word("C.?rate|c_rate"), "a C-rate: give mA per gram of active material"),
)
NO_POTENTIAL = ((unit_word("mV"), "mV: divide by 1000"),)
LEAST = 1e-3  # of sto that the charge of a current must be
SHORTEST = 0.02  # of the longer of two series that they must have in common: less is another unit of time


@dataclass(frozen=True, eq=False)
class CellCurrent:
    """Times (s, as in the file) and the current as change of the mean lithiation (s-1, below zero where it
    falls); sto: mean lithiation at these times."""

    t: np.ndarray
    rate: np.ndarray
    sto: np.ndarray
    capacity: float

    @property
    def t_turn(self):
        """When the lithiation is furthest from where it began (s)."""
        return float(self.t[np.argmax(np.abs(self.sto - self.sto[0]))])

    @property
    def sto_turn(self):
        """The mean lithiation then."""
        return float(np.interp(self.t_turn, self.t, self.sto))


def read_current(ensemble, field, host):
    """Return the CellCurrent of a ParticleCell for an Ensemble of the Host.

    Raises InputError where its charge is more lithium than there is.
    """
    spec, capacity = field.current, field.current.capacity or host.c_s_max * F / host.density
    if spec.file is None:
        t = np.array([0.0, 3600 * spec.hours])
        rate = np.full(2, (spec.to_sto - ensemble.initial_sto) / t[-1])
    else:
        t, given = read_over_time(ensemble.locate(spec.file), "a current (mA per gram)", NO_CURRENT)
        rate = (-1.0 if spec.positive == "charge" else 1.0) * given / capacity
    sto = ensemble.initial_sto + np.concatenate([[0.0], np.cumsum(np.diff(t) * (rate[1:] + rate[:-1]) / 2)])
    if not (sto.min() > 0 and sto.max() < 1):
        k = int(np.argmax((sto <= 0) | (sto >= 1)))
        raise InputError(
            f"current: expected a charge that leaves the mean lithiation between 0 and 1, got {sto[k]:.3g}"
            f" at {t[k] / 3600:.3g} h with {capacity / 3600:.4g} mAh/g from full to empty; give"
            " capacity_mAh_g, or correct initial_sto or the sign (positive)."
        )
    if np.ptp(sto) < LEAST:
        raise InputError(
            f"current: expected one that changes the mean lithiation, got {np.ptp(sto):.2g} over"
            f" {(t[-1] - t[0]) / 3600:.3g} h; check the file, or to_sto."
        )
    return CellCurrent(t, rate, sto, capacity)


@dataclass(frozen=True, eq=False)
class EnsembleRun:
    """What the particles do. t: times as in the file of the current (s); V; sto [particle, time], means over
    each particle; share: of all particles of each radius in the whole volume."""

    t: np.ndarray
    V: np.ndarray
    sto: np.ndarray
    share: np.ndarray

    def passages(self, levels):
        """Return the Passage of each particle through levels of lithiation."""
        return [passage(self.t, sto, levels) for sto in self.sto]

    def sequence(self, levels, ends, weights=None):
        """Return the Sequence of the particles; weights: how many there are of each radius."""
        return sequence(self.passages(levels), self.sto, ends, weights)


def run_ensemble(ensemble, current, parameters=(), progress=None):
    """Run an Ensemble under a CellCurrent; return the EnsembleRun. Raises NotConverged."""
    radii = np.asarray(ensemble.radii)
    material, T = ensemble.active(parameters), ensemble.temperature
    particles = ManyParticles(material, radii, ensemble.volumes, T, ensemble.shells)
    found = particles.run(ensemble.initial_sto, current.t, current.rate, ensemble.time_tolerance, progress)
    return EnsembleRun(*found, particles.share)


@dataclass(frozen=True, eq=False)
class MeasuredCell:
    """What was measured in a cell: series, their ShiftCalibration, the potential (t, V) or None, remarks."""

    series: list
    calibration: object
    potential: tuple | None
    remarks: list

    def passages(self):
        """Return the Passage of each particle, through the levels that hold for the simulated ones, too."""
        return _passages(self.series, self.calibration)

    def sequence(self):
        """Return the Sequence of the particles."""
        sto, calibration = _common(self.series, self.calibration)[1], self.calibration
        return sequence(self.passages(), sto, calibration.sto, sigma=calibration.sigma_sto)


def read_measured_cell(ensemble, field, current):
    """Read what a ParticleCell says was measured; returns a MeasuredCell. Raises InputError."""
    spec = field.measured
    series, remarks = read_particles(ensemble.locate(spec.whiteline))
    t = current.t
    _check_times(np.concatenate([one.t for one in series]), t, "measured.whiteline")
    sto = spec.calibration.sto or (float(current.sto[0]), current.sto_turn)
    given = spec.calibration
    calibration = calibrate_shift(series, current.t_turn, sto, given.shift_eV, given.half_way_eV)
    potential = None
    if spec.potential:
        potential = read_over_time(ensemble.locate(spec.potential), "a potential (V)", NO_POTENTIAL)
        _check_times(potential[0], t, "measured.potential")
    _check_direction(series, calibration, current)
    remarks = [*remarks, _anchors(calibration, given), _departure(series, calibration, current)]
    few = [one.name for one, found in zip(series, _passages(series, calibration)) if found.half_way is None]
    if few:
        remarks.append(
            f"{', '.join(few)}: no half-way time (too few points, or it does not pass that level)."
        )
    return MeasuredCell(series, calibration, potential, remarks)


def _check_times(given, t, path):
    """Refuse times that have hardly any in common with those of the current."""
    common = min(given.max(), t[-1]) - max(given.min(), t[0])
    if common < SHORTEST * max(np.ptp(given), np.ptp(t)):
        raise InputError(
            f"{path}: expected times within those of the current, {t[0] / 3600:.3g} to {t[-1] / 3600:.3g} h,"
            f" got {given.min() / 3600:.3g} to {given.max() / 3600:.3g} h; check the unit of time."
        )


def _check_direction(series, calibration, current):
    """Refuse a calibration by which the particles fill while the charge empties them, or the other way."""
    ends = [(one.shift[0], one.shift[np.argmin(np.abs(one.t - current.t_turn))]) for one in series]
    change = np.diff(calibration.lithium(np.median(ends, axis=0)))[0]
    charge = current.sto_turn - current.sto[0]
    if change * charge < 0:
        raise InputError(
            "measured.calibration: expected lithium that follows the charge, which changes sto by"
            f" {charge:.2g}, got {change:.2g} by the shifts; swap the anchors, or correct current.positive."
        )


def _passages(series, calibration):
    return [passage(one.t, calibration.lithium(one.shift), calibration.levels()) for one in series]


def _anchors(calibration, given):
    """Say what the lithium of a particle rests on."""
    (full, empty), (sto_full, sto_empty) = calibration.shift, calibration.sto
    why = (
        "as given"
        if given.shift_eV
        else "the medians of the particles' first shifts and of those at the turn"
    )
    of = "as given" if given.sto else "by the charge"
    return (
        f"Lithium from white-line shift: linear from {full:.3g} eV at sto {sto_full:.3g} to {empty:.3g} eV at"
        f" {sto_empty:.3g} (shifts {why}, lithiations {of}); a single value is known to"
        f" {calibration.sigma_sto:.2g} (steps of energy, scatter of the particles at the anchors)."
    )


def _common(series, calibration, points=200):
    """Return times that all series hold, and the lithiation of each there [particle, time]."""
    first, last = max(one.t[0] for one in series), min(one.t[-1] for one in series)
    t = np.linspace(first, last, points if last > first else 0)
    return t, np.array([np.interp(t, one.t, calibration.lithium(one.shift)) for one in series])


def _departure(series, calibration, current):
    """Say how far the mean of the particles is from the charge, which a linear calibration cannot know."""
    t, sto = _common(series, calibration)
    if not t.size:
        return "The particles have no time in common: their mean is not held against the charge."
    off = sto.mean(axis=0) - np.interp(t, current.t, current.sto)
    k = int(np.argmax(np.abs(off)))
    way = "less" if off[k] < 0 else "more"
    return (
        f"The particles hold up to {abs(off[k]):.2g} {way} lithium than the charge leaves in the cell (at"
        f" {t[k] / 3600:.3g} h): by the particles that were looked at, or by a shift that is not linear."
    )


# ---- beside each other -------------------------------------------------------------------------------------


def quantiles(passages, n, name="half_way", weights=None):
    """Return n quantiles, (k - 1/2) / n, of a figure of Passages: who is who among particles is not known."""
    given = np.array([np.nan if getattr(p, name) is None else getattr(p, name) for p in passages])
    weights = np.ones(given.size) if weights is None else np.asarray(weights, float)
    known = np.isfinite(given)
    if not known.any():
        return np.full(n, np.nan)
    order = np.argsort(given[known])
    weights = weights[known][order]
    at = (np.cumsum(weights) - weights / 2) / weights.sum()
    return np.interp((np.arange(n) + 0.5) / n, at, given[known][order])


@dataclass(frozen=True)
class Sequence:
    """Whether particles go together.

    spread     standard deviation of their half-way times (s)
    duration   median time that one takes (s); each None where too few are known
    order      largest standard deviation of their lithiations at one time, over half the way from full to
               empty: 0 together, 1 each at once, one after another; None of a single one
    noise      order that the uncertainty of a lithiation alone may look like
    """

    spread: float | None
    duration: float | None
    order: float | None
    noise: float = 0.0

    @property
    def verdict(self):
        """Say it in words."""
        if self.order is None:
            return "not known"
        if self.order < 2 * self.noise and self.noise > TOGETHER / 2:
            return "not told from noise"
        return (
            "together" if self.order < TOGETHER else "one after another" if self.order > APART else "partly"
        )


def sequence(passages, sto, ends, weights=None, sigma=0.0):
    """Return the Sequence of particles.

    passages: of each; sto [particle, time]: their lithiations at common times; ends: mean lithiation full and
    empty; weights: how many there are of each; sigma: of a lithiation.
    """
    weights = np.ones(len(passages)) if weights is None else np.asarray(weights, float)
    known = [(p.half_way, w) for p, w in zip(passages, weights, strict=True) if p.half_way is not None]
    half = abs(ends[1] - ends[0]) / 2
    order, noise = float(_spread(sto, weights).max(initial=0.0) / half), sigma / half
    order = order if len(passages) > 1 and np.size(sto) else None
    if len(known) < 2:
        return Sequence(None, _median_duration(passages), order, noise)
    t, w = np.array(known).T
    return Sequence(float(_spread(t, w)), _median_duration(passages), order, noise)


def _spread(values, weights):
    """Weighted standard deviation over the first axis."""
    mean = np.average(values, axis=0, weights=weights)
    return np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))


def misfits(found, measured, weights, windows=12):
    """Return {name: differences simulated - measured} of what is known: half_way (s, quantiles by order),
    duration (s, median), voltage (V, means over windows of time: its steps come earlier or later)."""
    simulated, seen = found.passages(measured.calibration.levels()), measured.passages()
    n = sum(p.half_way is not None for p in seen)
    parts = {}
    if n:
        ours = quantiles(simulated, n, weights=weights)
        ours = np.where(np.isfinite(ours), ours, found.t[-1])
        parts["half_way"] = ours - quantiles(seen, n)
    ours, theirs = (_median_duration(one) for one in (simulated, seen))
    if theirs is not None:
        parts["duration"] = np.array([(found.t[-1] - found.t[0] if ours is None else ours) - theirs])
    if measured.potential is not None:
        t, V = measured.potential
        at = np.linspace(max(t[0], found.t[0]), min(t[-1], found.t[-1]), 100 * windows)
        off = np.interp(at, found.t, found.V) - np.interp(at, t, V)
        parts["voltage"] = off.reshape(windows, -1).mean(axis=1)
    return parts


def _median_duration(passages):
    known = [p.duration for p in passages if p.duration is not None]
    return float(np.median(known)) if known else None
