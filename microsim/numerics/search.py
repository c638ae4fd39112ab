"""Search for the best of a few costly experiments: what to try next, from what was tried.

`propose` is a function of the levers, the seed and the points told so far, and of nothing else: a search that
is killed and goes on from its history asks what it would have asked. The first points fill the box evenly (a
scrambled Sobol sequence), the others come from Gaussian processes of objectives and constraints: expected
improvement of the best, or of the hypervolume with several objectives (Optuna's GPSampler; Daulton, Balandat
and Bakshy, NeurIPS 33 (2020) 9851).
"""

import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ..base.packages import need

SPARE = 256  # points to look for one that was not tried


@dataclass(frozen=True)
class Lever:
    """What may be changed: a number from low to high, evenly on a logarithm (log) or in whole numbers
    (whole), or one of choices."""

    key: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple = ()

    def at(self, share):
        """Return the value at a share (0 to 1) of its range."""
        if self.choices:
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        if self.whole and not self.log:
            return min(int(self.low) + int(share * (self.high - self.low + 1)), int(self.high))
        low, high = (math.log(v) if self.log else v for v in (self.low, self.high))
        value = low + share * (high - low)
        value = min(max(math.exp(value) if self.log else value, self.low), self.high)
        return round(value) if self.whole else value


@dataclass(frozen=True)
class Told:
    """A point that was tried: value of each lever in order; of each objective, to be maximised; of each
    constraint, met at or below 0. objectives None: it failed."""

    point: tuple
    objectives: tuple | None = None
    constraints: tuple = ()

    @property
    def feasible(self):
        """Whether it ran and meets the constraints."""
        return self.objectives is not None and all(value <= 0 for value in self.constraints)


def first_points(levers, count, seed):
    """Return the points that a search begins with: `count` of a scrambled Sobol sequence."""
    from scipy.stats import qmc

    shares = qmc.Sobol(len(levers), rng=seed).random_base2(max(math.ceil(math.log2(count)), 0))[:count]
    return [tuple(lever.at(float(s)) for lever, s in zip(levers, row, strict=True)) for row in shares]


def propose(levers, told, objectives, seed):
    """Return the point to try next, as Told.point, none that was tried before; None where all were.

    levers: of Lever; told: points so far, in order; objectives: how many there are; seed: of the search.
    Raises Missing without Optuna and torch.
    """
    tried, found = {one.point for one in told}, _asked(levers, told, objectives, seed)
    if found not in tried:
        return found
    spare = first_points(levers, len(told) + SPARE, seed)
    return next((point for point in spare if point not in tried), None)


def _asked(levers, told, objectives, seed):
    """Ask Optuna for a point, from nothing but the arguments."""
    optuna, torch = need("optuna", "an optimisation"), need("torch", "an optimisation")
    distributions = {lever.key: _distribution(optuna, lever) for lever in levers}
    names, (values, limits) = list(distributions), _tellable(told, objectives)
    with _quiet(optuna, torch):
        sampler = optuna.samplers.GPSampler(
            seed=int(np.random.SeedSequence([seed, len(told)]).generate_state(1)[0]),
            n_startup_trials=0,
            deterministic_objective=True,
        )
        study = optuna.create_study(directions=["maximize"] * objectives, sampler=sampler)
        for one, found, kept in zip(told, values, limits, strict=True):
            trial = optuna.trial.create_trial(
                values=found,
                params=dict(zip(names, one.point, strict=True)),
                distributions=distributions,
                constraints={str(k): value for k, value in enumerate(kept)} or None,
            )
            study.add_trial(trial)
        asked = study.ask(distributions).params
    return tuple(asked[name] for name in names)


@contextmanager
def _quiet(optuna, torch):
    """Keep Optuna from talking, and torch to one thread, so that sums, and what follows from them, do not
    depend on the processor."""
    verbosity, threads = optuna.logging.get_verbosity(), torch.get_num_threads()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its experimental arguments
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
        torch.set_num_threads(threads)


def _distribution(optuna, lever):
    if lever.choices:
        return optuna.distributions.CategoricalDistribution(lever.choices)
    if lever.whole:
        return optuna.distributions.IntDistribution(int(lever.low), int(lever.high), log=lever.log)
    return optuna.distributions.FloatDistribution(lever.low, lever.high, log=lever.log)


def _tellable(told, objectives):
    """Return objectives and constraints of every point as numbers: one that failed has the worst objectives
    of the others and breaks a constraint of its own, that a point runs."""
    ran = [one for one in told if one.objectives is not None]
    worst = tuple(min(one.objectives[k] for one in ran) if ran else 0.0 for k in range(objectives))
    count, any_failed = max((len(one.constraints) for one in ran), default=0), len(ran) < len(told)
    highest = [max((one.constraints[k] for one in ran), default=1.0) for k in range(count)]
    values = [one.objectives or worst for one in told]
    limits = [
        (
            *(highest if one.objectives is None else one.constraints),
            *([1.0 if one.objectives is None else -1.0] if any_failed else []),
        )
        for one in told
    ]
    return values, limits


def front(told):
    """Return the numbers of the feasible points that no other one beats in every objective, best first by the
    first objective; of equal ones the first."""
    able = [k for k, one in enumerate(told) if one.feasible]
    kept = [k for k in able if not any(_beats(told, other, k) for other in able)]
    return sorted(kept, key=lambda k: (-told[k].objectives[0], k))


def _beats(told, other, k):
    mine, theirs = np.array(told[k].objectives), np.array(told[other].objectives)
    return bool((theirs >= mine).all() and ((theirs > mine).any() or other < k))


def hypervolume(points, reference):
    """Return the volume of what points dominate above a reference, all objectives to be maximised.

    points: [n, m]; reference: [m]. By slices along the last objective; a point that another one beats
    changes no digit.
    """
    above = np.asarray(points, float).reshape(-1, len(reference)) - np.asarray(reference, float)
    above = above[(above > 0).all(axis=1)]
    beaten = [((above >= one).all(axis=1) & (above > one).any(axis=1)).any() for one in above]
    above = above[~np.array(beaten, bool)]
    if above.shape[0] == 0:
        return 0.0
    if above.shape[1] == 1:
        return float(above.max())
    above = above[np.argsort(-above[:, -1], kind="stable")]
    depths = above[:, -1] - np.append(above[1:, -1], 0.0)
    rest = np.zeros(above.shape[1] - 1)
    return float(sum(d * hypervolume(above[: k + 1, :-1], rest) for k, d in enumerate(depths) if d > 0))
