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

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.optimize import lsq_linear

NORMAL = 1.96
FAINT = (
    1e-8  # what the bounds themselves say, of a direction without any effect: ten thousand times their width
)
ROUND_OFF = 1e-13  # of the largest eigenvalue
MOVES = 0.1  # share of a direction from which it counts for a parameter
ENOUGH = 0.01  # of chi2 that a step must promise: a tenth of a number's standard deviation
BOX = 1.2  # of q, a step at most: a number 3.3 times as large
TEMPER = 0.003  # share of the squares of a step that it misses: of eight fits 2e-4 to 0.1 of the first one's
SPAN = 0.5  # of the distance between its bounds, that counts for a number on a linear scale as a factor e
OFF = 0.1  # what a step misses over its `moved`, a guess until the first step has told
ROUGH = 0.01  # share of a step that slopes of a run miss
PLAIN, MISSED = 1.0, 0.1  # standard deviations that a step misses: to a run without slopes, and without a run
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


@dataclass(frozen=True)
class Found:
    """Where a fit has come to: q; values and slopes [value, parameter] of each DataSet there; last_step: how
    many standard deviations the last run lies from q, 0 where it is there; missed: of these as many as the
    slopes may be wrong by, estimated; done: whether q is the minimum."""

    q: np.ndarray
    values: list = field(repr=False)
    slopes: list = field(repr=False)
    last_step: float = 0.0
    missed: float = 0.0
    done: bool = True


def minimise(run, sets, start, low, high, *, log=None, enough=MISSED, most=30):
    """Return what is Found of the minimum, or of where `most` runs lead to.

    run(q, with_slopes): values of each set, and its slopes [value, parameter], or None. sets: [DataSet]. log:
    bool [k], numbers whose q is a logarithm, None for none. enough: standard deviations that a last step may
    miss, which is taken without a run.

    Gauss and Newton within a box of trust, at first BOX wide. Rates, conductivities and areas act by
    resistances: of a logarithm q a step s is one on a straight line in the number's reciprocal,
    dq = -ln(1 - s). What a step misses is a share of what it promises, and goes into the weakest directions
    first. It is damped by as much,

        min over s of |left + J s|^2 + TEMPER promised |s|^2

    promised: what the step without it takes off chi2, so that nothing is damped at the minimum.

    Slopes cost as much as a run. Where the next step misses PLAIN at most, as far as the last one shows, the
    run there is one without them: J is that of before, in reciprocals, and answers the last step (Broyden,
    each number weighted by what it does to the data).
    Ends where the slopes promise too little, where a step misses too little for a run, and where two runs in
    a row change chi2 by less than SETTLED: what other time steps do to a run keeps it from falling further.
    """
    low, high = np.asarray(low, float), np.asarray(high, float)
    log = np.zeros(low.size, bool) if log is None else np.asarray(log, bool)
    at = best = _At.of(run, sets, np.clip(start, low, high), True)
    box, still, off, narrow = BOX, 0, OFF, BOX
    for count in range(1, most + 1):
        step = at.step(low, high, log, box)
        missed = off * step.moved + ROUGH * step.size
        if step.promised < ENOUGH:
            return at.found()
        if missed < enough or count == most:
            return at.after(step).found(step.size, missed, missed < enough)
        new, off = at.run(run, step, missed > PLAIN)
        won = at.chi2 - new.chi2
        still = still + 1 if abs(won) < SETTLED else 0
        if still == 2:
            return min(at, new, key=lambda one: one.chi2).found()
        gain = won / step.promised
        box = min(2 * box, BOX) if gain > 0.75 else box if gain > 0.25 else step.far / 4
        if new.chi2 < best.chi2:
            at = best = new
        elif at is best and new.fresh and new.chi2 - new.step(low, high, log, BOX).promised < best.chi2:
            at, box, narrow = new, BOX, box  # a bent valley: over its side, and back to its floor
        else:
            box = box if at is best else narrow
            at = best = best if best.fresh else _At.of(run, sets, best.q, True)
    return best.found(done=False)


@dataclass(frozen=True)
class _Step:
    """A step to q.

    way: on the straight lines; shrunk: by which factor slopes change with q; promised: of chi2; size: in
    standard deviations; moved: the sum of what each number moves alone, in standard deviations, times how far
    it goes, to which the curvature that a step misses is in proportion; far: in q.
    """

    q: np.ndarray
    way: np.ndarray
    shrunk: np.ndarray
    promised: float
    size: float
    moved: float
    far: float


@dataclass(frozen=True)
class _At:
    """Where a fit is: values and slopes of each set; fresh: whether a run had these slopes."""

    sets: list
    q: np.ndarray
    values: list
    slopes: list | None
    fresh: bool = True

    @classmethod
    def of(cls, run, sets, q, with_slopes):
        values, slopes = run(np.array(q), with_slopes)
        return cls(sets, q, values, slopes, slopes is not None)

    def run(self, run, step, with_slopes):
        """Run where a step leads to; return it, with slopes, and what the step missed over its `moved`."""
        new, ours = _At.of(run, self.sets, step.q, with_slopes), self.after(step)
        off = float(np.linalg.norm(new.left - ours.left)) / step.moved
        return (new if new.slopes else replace(new, slopes=ours.bent(new, step))), off

    @cached_property
    def left(self):
        """The residual, by standard deviations."""
        return np.concatenate(
            [np.sqrt(one.weight) * one.residual(v) for one, v in zip(self.sets, self.values)]
        )

    @property
    def chi2(self):
        return float(self.left @ self.left)

    @cached_property
    def J(self):
        return np.concatenate(
            [np.sqrt(one.weight) / one.sigma[:, None] * s for one, s in zip(self.sets, self.slopes)]
        )

    def step(self, low, high, log, box):
        """Return the _Step from here."""
        lowest, highest = (
            np.where(log, -np.expm1(-np.where(log, way, 0.0)), way)
            for way in (np.maximum(low - self.q, -box), np.minimum(high - self.q, box))
        )
        way = _step(self.J, self.left, lowest, highest)
        whole = self.chi2 - np.sum((self.left + self.J @ way) ** 2)
        damped = np.sqrt(TEMPER * max(whole, 0.0)) * np.diag(np.where(log, 1.0, 1 / SPAN))
        J, left = np.vstack([self.J, damped]), np.append(self.left, np.zeros(way.size))
        way = _step(J, left, lowest, highest)
        promised = float(self.chi2 - np.sum((self.left + self.J @ way) ** 2))
        shrunk = np.where(log, 1 - np.where(log, way, 0.0), 1.0)
        q = np.clip(self.q - np.where(log, np.log(shrunk), -way), low, high)
        size = float(np.linalg.norm(self.J @ way))
        moved = float(np.linalg.norm(self.J, axis=0) @ way**2)
        return _Step(q, way, shrunk, promised, size, moved, float(np.abs(q - self.q).max()))

    def after(self, step):
        """Return where the step leads on the straight lines."""
        values = [v + s @ step.way for v, s in zip(self.values, self.slopes)]
        return _At(self.sets, step.q, values, [s * step.shrunk for s in self.slopes], False)

    def bent(self, new, step):
        """Return slopes that answer the step, from those here where it should have led to: each number's by
        the share that it has in what the step did to the data. A number that they hardly hold takes long
        steps, and would take the miss of the others upon its slope."""
        moved = step.way / step.shrunk
        share = np.sum(self.J**2, axis=0) * moved
        return [
            s + np.outer(v - ours, share / (moved @ share))
            for s, v, ours in zip(self.slopes, new.values, self.values)
        ]

    def found(self, last_step=0.0, missed=0.0, done=True):
        return Found(self.q, self.values, self.slopes, last_step, missed, done)


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
