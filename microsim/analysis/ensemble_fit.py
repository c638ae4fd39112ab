"""Parameters of an ensemble's material by least squares from half-way times, durations and the potential.

minimise sum of ((simulated - measured) / sigma)^2 over log10 of the parameters;
covariance (J^T J)^-1 max(1, chi2 / (n - p)), intervals +- 1.96 sigma, linearised at the minimum
"""

from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import InputError, NotConverged
from ..case.ensemble import FORMULAE
from ..materials.expressions import Expression
from .ensemble import misfits, run_ensemble

STEP, DECADES = 0.01, 3.0  # of log10 of a parameter: to take slopes with; how far from its start
EXACT = 1e-6  # tolerance in time: more error shows in the slopes, and the search stops where it should not
FAR = 1e3  # residual where the model does not run


@dataclass(frozen=True, eq=False)
class FittedParameters:
    """Names, start, log10 of the values found, their covariance, chi2 of `n` residuals, number of runs."""

    names: tuple
    start: np.ndarray
    log10: np.ndarray
    covariance: np.ndarray
    chi2: float
    n: int
    runs: int

    @property
    def values(self):
        return dict(zip(self.names, (10.0**self.log10).tolist(), strict=True))

    def numbers(self):
        """Return them as plain data; not identifiable: an interval of more than a decade either way, or at
        the bound of the search."""
        sigma = np.sqrt(np.diag(self.covariance))
        held = (1.96 * sigma < 1) & (np.abs(self.log10 - np.log10(self.start)) < 0.99 * DECADES)
        reach = np.minimum(1.96 * sigma, 300.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation = self.covariance / np.outer(sigma, sigma)
        return {
            "parameters": {
                name: {
                    "value": float(10.0**x),
                    "interval": [float(10.0 ** (x - r)), float(10.0 ** (x + r))],
                    "start": float(s),
                    "identifiable": bool(ok),
                }
                for name, x, r, s, ok in zip(self.names, self.log10, reach, self.start, held, strict=True)
            },
            "correlation": np.nan_to_num(correlation).round(4).tolist(),
            "chi2": self.chi2,
            "residuals": self.n,
            "runs": self.runs,
        }


def fit_ensemble(ensemble, current, measured, progress=None):
    """Return the FittedParameters of an Ensemble with a section fit. Raises NotConverged where its start does
    not run."""
    from scipy.optimize import least_squares

    spec, model = ensemble.fit, _Model(ensemble, current, measured, progress)
    start, x = np.log10([ensemble.parameters[name] for name in spec.free]), None
    for of_times in (True, False):  # times alone first: the steps of a voltage have minima of their own
        size = model.choose(of_times)
        if size < start.size:
            continue
        found = least_squares(
            model.residuals,
            start if x is None else x,
            model.slopes,
            bounds=(start - DECADES, start + DECADES),
            x_scale=0.3,
            xtol=2e-3,
            ftol=1e-3,
            max_nfev=spec.evaluations,
        )
        x = found.x
    if x is None:
        raise InputError(
            f"fit.free: expected at most {size} parameters, as many as there are measured figures, got"
            f" {start.size}; free fewer, or give the potential."
        )
    chi2, J = float(2 * found.cost), model.slopes(x)
    covariance = np.linalg.pinv(J.T @ J, rcond=1e-12) * max(1.0, chi2 / max(size - start.size, 1))
    unseen = (J**2).sum(axis=0) < 1e-12
    covariance[np.diag_indices(start.size)] += np.where(unseen, 1e6, 0.0)
    return FittedParameters(spec.free, 10.0**start, x, covariance, chi2, size, model.runs)


class _Model:
    """Residuals and their slopes over log10 of the free parameters; runs: how many there were."""

    def __init__(self, ensemble, current, measured, progress):
        exact = min(ensemble.time_tolerance, EXACT)
        self.ensemble, self.current = replace(ensemble, time_tolerance=exact), current
        self.measured, self.progress = measured, progress
        self.runs, self.kept = 0, {}
        self.first = self._run({})  # the start has to run

    def choose(self, of_times):
        """Choose the residuals of times alone, or all; return how many there are."""
        self.chosen = np.concatenate(
            [np.full(part.size, not of_times or name != "voltage") for name, part in self.first.items()]
        )
        return int(self.chosen.sum())

    def residuals(self, x):
        found = self._at(x)
        return np.full(int(self.chosen.sum()), FAR) if found is None else found

    def slopes(self, x):
        """Return d residual / d log10 parameter, on the side on which the model runs; 0 where on none."""
        J, here = np.zeros((int(self.chosen.sum()), x.size)), self._at(x)
        for k in range(x.size):
            for step in (STEP, -STEP):
                there = self._at(x + step * (np.arange(x.size) == k))
                if here is not None and there is not None:
                    J[:, k] = (there - here) / step
                    break
        return J

    def _at(self, x):
        """Return the residuals, or None where the model does not run."""
        key = x.tobytes()
        if key not in self.kept:
            try:
                self.kept[key] = self._run(dict(zip(self.ensemble.fit.free, (10.0**x).tolist(), strict=True)))
            except (InputError, NotConverged):
                self.kept[key] = None
        found = self.kept[key]
        return None if found is None else np.concatenate(list(found.values()))[self.chosen]

    def _run(self, values):
        self.runs += 1
        if self.progress:
            share = self.runs / (self.ensemble.fit.evaluations * (1 + len(self.ensemble.fit.free)))
            self.progress(min(share, 0.99), 1.0, f"fit, run {self.runs}")
        run = run_ensemble(self.ensemble, self.current, values)
        parts, spec = misfits(run, self.measured, self.ensemble.count), self.ensemble.fit
        hours = 3600 * spec.sigma_h
        sigma = {"half_way": hours, "duration": hours, "voltage": spec.sigma_mV / 1e3}
        return {name: difference / sigma[name] for name, difference in parts.items()}


def exchange_band(ensemble, fitted, sto, draws=400, seed=0):
    """Return i0 (A m-2 at 1000 mol m-3) over sto by the formula of an Ensemble: at its values, and the 2.5
    and 97.5 % of draws from the fit's covariance; None where i0 is no formula."""
    text = ensemble.material.get(FORMULAE[0]) if isinstance(ensemble.material, dict) else None
    if not isinstance(text, str):
        return None
    names = tuple(ensemble.parameters)
    formula = Expression(text, "material.i0_A_m2", ("sto", "T", "c_e", *names))
    at = np.array([ensemble.parameters[name] for name in names])[:, None] * np.ones(draws + 1)
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_normal(fitted.log10, fitted.covariance, draws, method="eigh")
    logs = np.vstack([fitted.log10, np.clip(drawn, fitted.log10 - 6, fitted.log10 + 6)])
    for k, name in enumerate(fitted.names):
        at[names.index(name)] = 10.0 ** logs[:, k]
    curves = formula(sto[:, None], ensemble.temperature, 1000.0, *at)
    low, high = np.nanpercentile(curves[:, 1:], [2.5, 97.5], axis=1)
    return curves[:, 0], low, high
