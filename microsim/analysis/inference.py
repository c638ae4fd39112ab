"""Least squares for some numbers of a model that takes minutes: where they lie, how far they are known, and
which of them the data do not hold.

    chi2(q) = sum_t w_t sum_i [(model_i(q) - measured_i) / sigma_i]^2,   low <= q <= high

w_t: the weight of a data set, its independent values over all of its values as far as it is known
beforehand. At the minimum, with J the weighted slopes, the covariance is that of a weighted fit to data whose
noise is S,

    C = (J'J)^-1 J' S J (J'J)^-1,   S_t = max(1, chi2_t) w_t n_t / n_independent,t

so that an interval widens by sqrt(chi2) where the model misses the data by more than their noise, and for
residuals that go together. Intervals are q +- 1.96 sqrt(C_kk), cut at the bounds.

A direction of q that the data do not hold: along it the interval is wider than the bounds are apart. A
parameter is not identifiable where such a direction moves it, where its interval passes both bounds or, on a
logarithmic scale, one of them.

Source: Bates and Watts, Nonlinear Regression Analysis (1988), ch. 2; White, Econometrica 50 (1982) 1 (the
covariance).
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import lsq_linear

NORMAL = 1.96
FAINT = (
    1e-8  # what the bounds themselves say, of a direction without any effect: ten thousand times their width
)
ROUND_OFF = 1e-13  # of the largest eigenvalue
MOVES = 0.1  # share of a direction from which it counts for a parameter
ENOUGH = 0.01  # of chi2 that a step must promise: a tenth of a number's standard deviation
BOX, WIDEST = 0.7, 1.0  # of q, the first step at most: a number doubles; any other one: a factor e
SETTLED = 0.1  # of chi2: a tenth of what a number does that is off by its standard deviation


@dataclass(frozen=True)
class DataSet:
    """Measured values, their noise, the weight of their squares."""

    measured: np.ndarray = field(repr=False)
    sigma: np.ndarray = field(repr=False)
    weight: float = 1.0

    def residual(self, values):
        """Return (values - measured) / sigma."""
        return (values - self.measured) / self.sigma

    def chi2(self, values):
        """Return the mean square of the residual."""
        return float(np.mean(self.residual(values) ** 2))


@dataclass(frozen=True)
class Minimum:
    """Numbers at the minimum: q; covariance [k, k]; interval [k, 2] cut at the bounds; held [k]: whether the
    data hold each; loose: directions [n, k] that they do not hold, over the distance between the bounds, 1 at
    most; correlation [k, k]."""

    q: np.ndarray
    covariance: np.ndarray = field(repr=False)
    interval: np.ndarray
    held: np.ndarray
    loose: np.ndarray
    correlation: np.ndarray


def minimise(evaluate, near, sets, start, low, high, *, most=30):
    """Return q at the minimum, and whether it was found within the most runs.

    evaluate(q): values of each set; near(q): slopes [value, parameter] of each set at or near q. sets:
    [DataSet].

    Gauss and Newton within a box of trust: a step is the answer of the linear problem within the bounds and
    the box (scipy's lsq_linear; the shortest where the data do not hold a direction), and the box follows how
    much of what was promised came, WIDEST at most. Ends where the slopes promise too little, and where two
    runs in a row change chi2 by less than SETTLED: what other time steps do to a run keeps it from falling
    further. Runs take minutes: scipy's least_squares shortens the first steps for the sake of the bounds, and
    takes a straight line in three runs where this takes two. A Levenberg term instead of the box alone took
    half of the runs in one experiment and ended in another valley in the next.
    """
    scale = [np.sqrt(one.weight) / one.sigma for one in sets]

    def residual(q):
        return np.concatenate(
            [np.sqrt(one.weight) * one.residual(v) for one, v in zip(sets, evaluate(np.array(q)))]
        )

    low, high = np.asarray(low, float), np.asarray(high, float)
    q = np.clip(start, low, high)
    left, box, still = residual(q), BOX, 0
    for _ in range(most - 1):
        chi2 = left @ left
        J = np.concatenate([factor[:, None] * slope for factor, slope in zip(scale, near(q))])
        step = _step(J, left, np.maximum(low - q, -box), np.minimum(high - q, box))
        promised = chi2 - np.sum((left + J @ step) ** 2)
        if promised < ENOUGH:
            return q, True
        tried = np.clip(q + step, low, high)
        found = residual(tried)
        won = chi2 - found @ found
        still = still + 1 if abs(won) < SETTLED else 0
        if won > 0:
            q, left = tried, found
        if still == 2:
            return q, True
        share = won / promised
        box = min(2 * box, WIDEST) if share > 0.75 else box if share > 0.25 else np.abs(step).max() / 4
    return q, False


def _step(J, left, lowest, highest):
    """Return the step that lowers |left + J step| most within its bounds, the shortest of several."""
    tiny = 1e-12
    short = np.sqrt(tiny) * (np.linalg.norm(J) + 1.0) * np.eye(J.shape[1])
    bounds = np.minimum(lowest, -tiny), np.maximum(highest, tiny)
    return lsq_linear(np.vstack([J, short]), np.append(-left, np.zeros(len(short))), bounds).x


def at_minimum(q, slopes, sets, values, independent, low, high, log):
    """Return the Minimum at a minimum q.

    slopes, values: of each DataSet there; independent: independent values of each; log: bool [k].
    """
    q, low, high = (np.asarray(part, float) for part in (q, low, high))
    reach = high - low
    J = [np.sqrt(one.weight) * s / one.sigma[:, None] for one, s in zip(sets, slopes)]
    spread = [
        max(1.0, one.chi2(v)) * one.weight * v.size / max(n, 1.0)
        for one, v, n in zip(sets, values, independent)
    ]
    A, B = (
        sum(factor * (part.T @ part) for factor, part in zip(factors, J)) * np.outer(reach, reach)
        for factors in ([1.0] * len(J), spread)
    )
    known, axes = np.linalg.eigh(A)
    seen = known > ROUND_OFF * known.max()  # the rest are directions without any effect
    inverse = axes / (np.where(seen, known, 0.0) + FAINT)
    noise = np.where(np.outer(seen, seen), axes.T @ B @ axes, 0.0) + FAINT * np.eye(q.size)
    C = inverse @ noise @ inverse.T  # of q over the distance between its bounds
    deviation = np.sqrt(np.diag(C))
    size, axes = np.linalg.eigh(C)
    loose = axes[:, NORMAL * np.sqrt(np.maximum(size, 0.0)) > 1.0].T
    loose = loose / np.abs(loose).max(axis=1, keepdims=True)
    ends = np.stack([q - NORMAL * reach * deviation, q + NORMAL * reach * deviation], axis=1)
    past = np.stack([ends[:, 0] <= low, ends[:, 1] >= high])
    held = ~(np.abs(loose) > MOVES).any(axis=0) & ~np.where(log, past.any(axis=0), past.all(axis=0))
    return Minimum(
        q, C * np.outer(reach, reach), np.clip(ends, low[:, None], high[:, None]), held, loose,
        np.clip(C / np.outer(deviation, deviation), -1, 1),
    )  # fmt: skip
