"""How far a computed curve or impedance is from a measured one, at the measured points.

    residual = computed - measured             V, between the rows of the computed curve along straight lines
    residual = (Z - Z_measured) / |Z_measured|

    RMSE = sqrt(mean(residual^2)),   chi2 = mean((residual / sigma)^2)

A misfit that goes on over many points counts once: intervals are of a bootstrap over blocks of points, twice
as long as the residual remembers itself.

Source: Kuensch, Ann. Statist. 17 (1989) 1217 (bootstrap over blocks).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..base.errors import InputError
from .curve import MeasuredCurve
from .halves import flow_signs
from .spectrum import MeasuredSpectrum

FEWEST_BLOCKS = 6  # that an interval is drawn from
DRAWS = 1000
CLOCK = 1e-7  # of the span of a curve: times nearer than that are one
FORGOTTEN = 0.05  # correlation of a residual with itself below which it is over
UNITS = {"": ("charge_C", 1.0), "mass": ("capacity_mAh_g", 3600.0), "area": ("capacity_mAh_cm2", 36000.0)}


@dataclass(frozen=True, eq=False)
class CurveScore:
    """A computed beside a measured voltage curve, where both are.

    of         the MeasuredCurve
    by         "time" or "charge"
    x          [points]: s, or C, C kg-1 or C m-2 as the curve's charge_per says, since the part began
    measured, simulated  voltage (V), [points]
    share      of the measured points that the computed curve covers
    sigma      noise of the voltage (V), or None
    """

    of: MeasuredCurve = field(repr=False)
    by: str
    x: np.ndarray
    measured: np.ndarray
    simulated: np.ndarray
    share: float
    sigma: float | None = None

    kind: ClassVar = "voltage"

    @property
    def residual(self):
        """Computed less measured voltage (V), [points]."""
        return self.simulated - self.measured

    @property
    def rmse(self):
        """Root mean square of the residual (V)."""
        return _rms(self.residual)

    @property
    def chi2(self):
        """Mean square of the residual in units of the noise; None without one."""
        return None if self.sigma is None else float(np.mean((self.residual / self.sigma) ** 2))

    @property
    def place(self):
        """Name and size of the unit of x in results: ("time_s", 1.0), ("capacity_mAh_g", 3600.0) ..."""
        return ("time_s", 1.0) if self.by == "time" else UNITS[self.of.charge_per]

    def as_dict(self):
        """Return the scores as result.json holds them."""
        return dict(self._told)

    @cached_property
    def _told(self):
        r, (name, unit) = self.residual, self.place
        far = int(np.argmax(np.abs(r)))
        within = intervals(r, {"rmse": _rms, "bias": np.mean})
        return {
            "kind": self.kind,
            "by": self.by,
            "points": int(r.size),
            "share_compared": self.share,
            "rmse_mV": 1e3 * self.rmse,
            "bias_mV": 1e3 * float(r.mean()),
            "largest_mV": 1e3 * float(r[far]),
            "largest_at": {name: float(self.x[far]) / unit, "measured_V": float(self.measured[far])},
            "sigma_mV": None if self.sigma is None else 1e3 * self.sigma,
            "chi2": self.chi2,
            "intervals": {f"{key}_mV": ends and [1e3 * end for end in ends] for key, ends in within.items()},
        }


@dataclass(frozen=True, eq=False)
class SpectrumScore:
    """A computed impedance beside a measured one, at its frequencies.

    of: the MeasuredSpectrum; simulated: Z (ohm m2), complex, [f]; sigma: noise of each part as a share of
    |Z|, or None
    """

    of: MeasuredSpectrum = field(repr=False)
    simulated: np.ndarray
    sigma: float | None = None

    kind: ClassVar = "spectrum"

    @property
    def residual(self):
        """Computed less measured Z as a share of the measured |Z|, complex, [f]."""
        return (self.simulated - self.of.Z) / np.abs(self.of.Z)

    @property
    def chi2(self):
        """Mean square of real and imaginary residuals in units of the noise; None without one."""
        parts = np.concatenate([self.residual.real, self.residual.imag])
        return None if self.sigma is None else float(np.mean((parts / self.sigma) ** 2))

    def as_dict(self):
        """Return the scores as result.json holds them."""
        return dict(self._told)

    @cached_property
    def _told(self):
        r = self.residual
        far = int(np.argmax(np.abs(r)))
        within = intervals(np.abs(r), {"rms": _rms})["rms"]
        return {
            "kind": self.kind,
            "points": int(r.size),
            "rms_percent": 100 * _rms(np.abs(r)),
            "bias_real_percent": 100 * float(r.real.mean()),
            "bias_imag_percent": 100 * float(r.imag.mean()),
            "largest_percent": 100 * float(np.abs(r[far])),
            "largest_at": {"freq_Hz": float(self.of.freq[far])},
            "sigma_relative": self.sigma,
            "chi2": self.chi2,
            "intervals": {"rms_percent": within and [100 * end for end in within]},
            "freq_Hz": self.of.freq,
            "residual_real_percent": 100 * r.real,
            "residual_imag_percent": 100 * r.imag,
        }


def score_curve(measured, time, voltage, charge=None, *, by=None, sigma=None):
    """Compare a computed voltage curve with a MeasuredCurve; return a CurveScore.

    time (s), voltage (V), charge: of the computed curve, since its part began, the charge in the unit of the
    measured one (C, C kg-1, C m-2; above zero on discharge). by: "time" or "charge"; None: by time where the
    file has one. sigma: noise (V). Raises InputError where they have nothing in common.
    """
    by = by or ("time" if measured.time_s is not None else "charge")
    x, V = points_of(measured, by)
    at, computed = (np.asarray(time, float), voltage) if by == "time" else rising(charge, voltage, x)
    slack = 1e-9 * (at[-1] - at[0])
    inside = (x >= at[0] - slack) & (x <= at[-1] + slack)
    if inside.sum() < 2:
        unit = "s" if by == "time" else "of charge"
        raise InputError(
            f"{measured.where}: expected points where the computed curve is, from {at[0]:.4g} to {at[-1]:.4g}"
            f" {unit}, got them from {x.min():.4g} to {x.max():.4g}; compare another step, or by the other of"
            " time and charge"
        )
    simulated = _between(x[inside], at, np.asarray(computed, float), V[inside])
    return CurveScore(measured, by, x[inside], V[inside], simulated, float(inside.mean()), sigma)


def _between(x, at, values, measured):
    """Return values [at] on straight lines at x; at a jump, where at comes twice, the one nearer to the
    measured value, for the clock of a cycler does not tell which side of it a row is on."""
    found, slack = np.interp(x, at, values), CLOCK * (at[-1] - at[0])
    for k in np.flatnonzero((np.diff(at) <= slack) & (np.diff(values) != 0)):
        for side in (values[k], values[k + 1]):
            here = (np.abs(x - at[k]) <= slack) & (np.abs(side - measured) < np.abs(found - measured))
            found[here] = side
    return found


def points_of(measured, by):
    """Abscissa and voltage of the measured points; by charge those at rest are none."""
    x = measured.time_s if by == "time" else measured.charge
    if x is None:
        has = "charge" if by == "time" else "time"
        raise InputError(
            f"{measured.where}: expected a column of the {by} to compare by, got none; compare by {has}"
        )
    if by == "time":
        return x, measured.voltage_V
    flows = flow_signs(measured.current, measured.charge) != 0
    return x[flows], measured.voltage_V[flows]


def rising(charge, voltage, x):
    """Computed charge and voltage in the order of rising charge, without what passes none."""
    if charge is None:
        raise InputError("expected the charge of the computed curve to compare by, got none")
    q, V = np.asarray(charge, float), np.asarray(voltage, float)
    ours, theirs = (np.sign(values[np.argmax(np.abs(values))]) for values in (q, x))
    q, V = (q[::-1], V[::-1]) if ours < 0 else (q, V)
    if ours * theirs < 0:
        raise InputError(
            "expected a computed and a measured curve of one direction, got a charge and a discharge; name"
            " another step or half_cycle"
        )
    moves = np.concatenate([[True], np.diff(q) > 0])
    return q[moves], V[moves]


def score_spectrum(measured, Z, *, sigma=None):
    """Compare a computed impedance (ohm m2, at measured.freq) with a MeasuredSpectrum; return a
    SpectrumScore. sigma: noise of each part as a share of |Z|."""
    return SpectrumScore(measured, np.asarray(Z), sigma)


def intervals(residual, measures):
    """Return {name: (low, high)} of 95 % of measures of a residual [points], by a bootstrap over blocks; None
    where it holds too few independent ones."""
    n, block = residual.size, _memory(residual)
    if n < FEWEST_BLOCKS * block:
        return dict.fromkeys(measures)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        starts = rng.integers(0, n, -(-n // block))
        drawn = residual[((starts[:, None] + np.arange(block)) % n).ravel()[:n]]
        found.append([measure(drawn) for measure in measures.values()])
    low, high = np.quantile(found, [0.025, 0.975], axis=0).tolist()
    return dict(zip(measures, zip(low, high)))


def _memory(residual):
    """Length of a block: twice how long the residual goes on (points)."""
    r = residual - residual.mean()
    power = float(r @ r)
    if power == 0:
        return 1
    spectrum = np.fft.rfft(r, 2 * r.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: r.size] / power
    over = np.flatnonzero(correlation < FORGOTTEN)
    known = correlation[1 : over[0] if over.size else r.size]
    return max(1, round(2 * (1 + 2 * known.sum()))) if known.size else 1


def _rms(values):
    return float(np.sqrt(np.mean(values**2)))
