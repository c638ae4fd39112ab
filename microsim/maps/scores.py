"""What the agreement of two maps is worth: beside what the true model would reach under the measurement's
noise, beside maps that know nothing of the structure, and with intervals.

With s simulated, m measured, d = s - m, sigma the noise of a voxel and <> the mean over the compared voxels:

    floor      rmse^2 = <sigma^2>,   r^2 = 1 - <sigma^2> / var(m)          of the true model
    chi2       <d^2 / sigma^2>                                             1 for the true model
    explained  1 - (<d^2> - <sigma^2>) / (var(m) - <sigma^2>)              1 for the true model, 0 for the
    best
                                                                           constant, below 0 for a worse map
    skill      1 - (<d^2> - <sigma^2>) / (<d_naive^2> - <sigma^2>)         against another map

A naive map whose p numbers were fitted to the n measured values themselves (their mean, the means of layers)
follows their noise: p / n <sigma^2> is added to what it leaves. Without a noise, sigma = 0, and what is
explained is a lower bound.
"""

from dataclasses import dataclass, field

import numpy as np

from .independence import bootstrap_means, independence, interval
from .map import is_constant

BOUNDS = {"rmse": (0.0, np.inf), "mae": (0.0, np.inf), "chi2": (0.0, np.inf), "pearson_r": (-1.0, 1.0)}
ANYTHING = (-np.inf, np.inf)


@dataclass(frozen=True)
class Naive:
    """A map that knows little: its values [x, y, z], and how many numbers of it were fitted to the measured
    map."""

    values: np.ndarray = field(repr=False)
    fitted: int = 0


@dataclass(frozen=True)
class Scores:
    """What the agreement of two maps is worth.

    floor       {"rmse", "pearson_r", "mae", "chi2"} of the true model, None without a noise
    explained   share of what can be explained, None where the map shows nothing beyond its noise
    explained_without_bias   the same of the simulated map moved to the mean of the measured one
    naive_rmse  of the naive maps, {"constant", ...: number or None}
    skill       {"constant", "depth", "shell", "homogenised": number, or None where not to be had}
    intervals   {"rmse", "bias", "mae", "pearson_r", "chi2", "explained": (low, high) or None}, 95 %
    independent_voxels   among the compared ones
    hidden      naive maps that leave no more than noise
    measured_values      among the compared voxels, of which independent noise would leave all independent
    """

    floor: dict | None
    explained: float | None
    explained_without_bias: float | None
    naive_rmse: dict
    skill: dict
    intervals: dict
    independent_voxels: int
    hidden: tuple[str, ...]
    measured_values: int = 0


def score(ours, theirs, sigma=None, naive=None):
    """Score a simulated map against a measured one.

    ours, theirs  [x, y, z] on one grid, NaN where not compared. sigma: noise of each voxel [x, y, z], or None
    naive         {"depth", "shell", "homogenised": Naive, or None where there is none to be had}
    """
    known = np.isfinite(ours - theirs)
    s, m, noise = ours[known], theirs[known], None if sigma is None else sigma[known]
    found = independence(np.where(known, ours - theirs, np.nan), theirs)
    others = {"constant": Naive(np.full(ours.shape, m.mean()), 1), **(naive or {})}
    fitted = {n: (o.values[known], min(o.fitted / found.measured, 1.0)) for n, o in others.items() if o}
    columns = _columns(s, m, noise, fitted)
    table = np.stack(list(columns.values()), axis=1)
    drawn = bootstrap_means(table, found, s, noise)
    value = _scores(dict(zip(columns, table.mean(axis=0))))
    if is_constant(s) or is_constant(m):
        value["pearson_r"] = np.nan
    again = None if drawn is None else _scores(dict(zip(columns, drawn.T)))
    within = {
        name: interval(number, None if again is None else again[name], found, BOUNDS.get(name, ANYTHING))
        if np.isfinite(number)
        else None
        for name, number in value.items()
    }
    hidden = tuple(name for name in others if _hidden(value.get(f"left_{name}"), within.get(f"left_{name}")))
    skill = {n: None if n in hidden or not others[n] else _number(value, f"skill_{n}") for n in others}
    intervals = {name: within[name] for name in ("rmse", "bias", "mae", "pearson_r")}
    intervals["chi2"] = None if noise is None else within["chi2"]
    intervals["explained"] = within["skill_constant"] if skill["constant"] is not None else None
    return Scores(
        floor=None if noise is None else _floor(noise, value["left_constant"]),
        explained=skill["constant"],
        explained_without_bias=None if skill["constant"] is None else _number(value, "centred"),
        naive_rmse={name: _rmse(value, f"left_{name}") for name in others},
        skill=skill,
        intervals=intervals,
        independent_voxels=round(found.count),
        hidden=hidden,
        measured_values=found.measured,
    )


def _columns(s, m, noise, naive):
    """What the scores are made of, {name: [voxels]}; s and m from their means, for the digits.

    naive: {name: (values, numbers fitted to a measured voxel)}; what was fitted follows the noise by so much.
    """
    variance = np.zeros(s.size) if noise is None else noise**2
    columns = {f"naive_{n}": (m - values) ** 2 + share * variance for n, (values, share) in naive.items()}
    d, s, m = s - m, s - s.mean(), m - m.mean()
    columns |= {"d": d, "d2": d**2, "ad": abs(d), "s": s, "m": m, "s2": s**2, "m2": m**2, "sm": s * m}
    columns["var"] = variance
    columns["chi2"] = variance if noise is None else (d / noise) ** 2
    return columns


def _scores(c):
    """Scores of the means of the columns; of numbers, or of arrays [draws]."""
    with np.errstate(invalid="ignore", divide="ignore"):
        var_s, var_m = c["s2"] - c["s"] ** 2, c["m2"] - c["m"] ** 2
        found = {"rmse": np.sqrt(c["d2"]), "bias": c["d"], "mae": c["ad"], "chi2": c["chi2"]}
        found["var"] = c["var"]
        found["pearson_r"] = (c["sm"] - c["s"] * c["m"]) / np.sqrt(var_s * var_m)
        for name in (key.removeprefix("naive_") for key in c if key.startswith("naive_")):
            found[f"left_{name}"] = c[f"naive_{name}"] - c["var"]
            found[f"skill_{name}"] = 1 - (c["d2"] - c["var"]) / found[f"left_{name}"]
        found["centred"] = 1 - (c["d2"] - c["d"] ** 2 - c["var"]) / found["left_constant"]
    return found


def _hidden(left, bounds):
    """Whether what a naive map leaves over is no more than noise; False where it is not known."""
    return left is not None and (not left > 0 or (bounds is not None and bounds[0] <= 0))


def _rmse(values, name):
    """Of a naive map on values that it was not fitted to."""
    return float(np.sqrt(max(values[name] + values["var"], 0.0))) if name in values else None


def _number(values, name):
    return float(values[name]) if name in values and np.isfinite(values[name]) else None


def _floor(noise, signal):
    """What the true model would reach; signal: variance of the measured map beyond its noise."""
    variance = float(np.mean(noise**2))
    r = float(np.sqrt(max(signal, 0.0) / (max(signal, 0.0) + variance)))
    return {
        "rmse": float(np.sqrt(variance)),
        "pearson_r": r,
        "mae": float(np.sqrt(2 / np.pi) * noise.mean()),
        "chi2": 1.0,
    }
