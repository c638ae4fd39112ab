"""Numbers of how well two maps of lithiation agree. A metric is one function of a Pair here, with its words;
JSON, tables and the report's page follow from it.

d = simulated - measured, <> the mean over the voxels in which both maps have a value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..base.quantities import LEAST_NOISE, MOST_NOISE, Quantity
from .alignment import best_shift
from .map import is_constant
from .scale import is_lithiation

METRICS = {}


@dataclass(frozen=True)
class Metric:
    """A number of two maps: what it is called, and value(Pair)."""

    quantity: Quantity
    value: Callable


@dataclass(frozen=True)
class Pair:
    """Two maps on the measured grid.

    simulated, measured  [x, y, z], NaN where a map has no value, or where the measured one is masked
    min_coverage         share of a measured voxel that the simulated map had to cover
    sigma                standard deviation of the measured values [x, y, z], or None
    """

    simulated: np.ndarray
    measured: np.ndarray
    min_coverage: float
    sigma: np.ndarray | None = None

    @cached_property
    def noisy(self):
        """Voxels whose noise is a number above LEAST_NOISE and at most `most_noise`, all where none is given,
        bool [x, y, z]."""
        if self.sigma is None:
            return np.ones(self.measured.shape, bool)
        sigma = np.nan_to_num(self.sigma, posinf=0.0)
        return (sigma > LEAST_NOISE) & (sigma <= self.most_noise)

    @cached_property
    def most_noise(self):
        """MOST_NOISE of a map of lithiation, infinity of a map of anything else."""
        known = self.measured[np.isfinite(self.measured)]
        return MOST_NOISE if known.size and is_lithiation(known) else np.inf

    @cached_property
    def shared(self):
        """Voxels in which both maps have a value, and a noise where one is given, bool [x, y, z]."""
        return np.isfinite(self.simulated) & np.isfinite(self.measured) & self.noisy

    @cached_property
    def ours(self):
        """Simulated values of the shared voxels, [voxel]."""
        return self.simulated[self.shared]

    @cached_property
    def theirs(self):
        """Measured values of the shared voxels, [voxel]."""
        return self.measured[self.shared]

    @cached_property
    def difference(self):
        """Simulated less measured of the shared voxels, [voxel]."""
        return self.ours - self.theirs


def measure_agreement(pair):
    """Return {metric: number} of a Pair."""
    return {name: metric.value(pair) for name, metric in METRICS.items()}


def metric(label, meaning="", **shown):
    """Declare a function of a Pair as a metric; label, meaning and shown are those of its Quantity."""

    def listed(function):
        name = function.__name__
        METRICS[name] = Metric(Quantity(name, label, meaning=meaning, **shown), function)
        return function

    return listed


@metric("Compared voxels", "both maps have a value")
def n_voxels(pair):
    return int(pair.ours.size)


@metric("Bias", "mean of simulated − measured")
def bias(pair):
    return float(pair.difference.mean())


@metric("RMSE", "root mean square of simulated − measured")
def rmse(pair):
    return float(np.sqrt(np.mean(pair.difference**2)))


@metric("RMSE without bias", "standard deviation of simulated − measured")
def rmse_without_bias(pair):
    return float(np.std(pair.difference))


@metric("MAE", "mean of |simulated − measured|")
def mae(pair):
    return float(np.mean(np.abs(pair.difference)))


@metric("Pearson r", "linear correlation, voxel by voxel")
def pearson_r(pair):
    """None where a map is constant up to rounding."""
    ours, theirs = pair.ours, pair.theirs
    if is_constant(ours) or is_constant(theirs):
        return None
    a, b = ours - ours.mean(), theirs - theirs.mean()
    return float(np.clip(np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)), -1.0, 1.0))


@metric("Reduced χ²", "mean of (simulated − measured)² / noise²: 1 for the true model")
def chi2(pair):
    """None where no noise is given."""
    return None if pair.sigma is None else float(np.mean((pair.difference / pair.sigma[pair.shared]) ** 2))


@metric("Histogram distance", "1-Wasserstein, mean difference of the sorted values")
def histogram_distance(pair):
    return float(np.mean(np.abs(np.sort(pair.ours) - np.sort(pair.theirs))))


@metric("Mean, simulated")
def mean_simulated(pair):
    return float(pair.ours.mean())


@metric("Mean, measured")
def mean_measured(pair):
    return float(pair.theirs.mean())


@metric("Standard deviation, simulated")
def std_simulated(pair):
    return float(pair.ours.std())


@metric("Standard deviation, measured")
def std_measured(pair):
    return float(pair.theirs.std())


@metric("Share of the measured voxels", "compared / measured with a value", shown="%", factor=100)
def shared_fraction(pair):
    return pair.ours.size / int(np.count_nonzero(np.isfinite(pair.measured)))


@metric("Least coverage", "share of a measured voxel that simulated voxels must cover", shown="%", factor=100)
def min_coverage(pair):
    return float(pair.min_coverage)


@metric("Best shift", "measured voxels (x, y, z) by which the simulated map would agree best")
def best_shift_voxels(pair):
    """Where the simulated map would have to go to agree best (see alignment)."""
    return best_shift(pair.simulated, pair.measured)
