"""Reaction extent and capacity loss, voxel by voxel, from maps of lithium after successive states.

    d_k = C (x_k - x_(k-1))                        what process k moved (mAh g-1); C: mAh g-1 of one lithium
    extent_k = |d_k|,  loss_k = extent_(k-1) - extent_k

Noise makes |d| too large where little moved: of d = 0 with a standard deviation s it makes 0.8 s. Hence
extent_k = t_k d_k with the sign t_k of the whole process (that of its mean) where |d_k| <= 4 s, and of the
voxel itself beyond; without noise that is |d_k| everywhere. The signs also carry the noise on: map k-1 is
part of both extents of a loss,

    loss_k = C [(t_k + t_(k-1)) x_(k-1) - t_(k-1) x_(k-2) - t_k x_k]
    var loss_k = C^2 [(t_k + t_(k-1))^2 s_(k-1)^2 + s_(k-2)^2 + s_k^2]

so that it cancels between a charge and a discharge and counts twice between two discharges. Means are those
of independent voxels: a measured value that fills several voxels counts once.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

ODD = 0.02  # of the mean of |change|: where less passed on the whole it is worth a sentence
APART = 0.02  # of a curve's charge: maps whose mean is further from it are worth a sentence
TOLD = 2.0  # sigma of a mean loss, below which it may be none
ROUND_OFF = 1e-9  # of an extent: a difference below it is none
OWN_SIGN = 4.0  # standard deviations of a change from which on a voxel's own sign counts


@dataclass(frozen=True)
class ReactionSeries:
    """Extents and losses of the voxels that all maps share; process k leads from map k to map k + 1.

    change     d_k [process, voxel], mAh g-1, above zero where lithium came in
    extent     [process, voxel]; loss [process - 1, voxel]: the first is that of the second process
    extent_sigma, loss_sigma   their standard deviations, or None where the maps have none
    direction  sign of each process' mean change
    weight     mass of each voxel, of any scale
    repeats    voxels that one measured value fills
    """

    change: np.ndarray
    extent: np.ndarray
    loss: np.ndarray
    extent_sigma: np.ndarray | None
    loss_sigma: np.ndarray | None
    direction: np.ndarray
    weight: np.ndarray
    repeats: float = 1.0

    @property
    def noisy(self):
        """Whether the maps came with a noise."""
        return self.extent_sigma is not None

    def mean(self, values):
        """Return the mean by mass of values [..., voxel]."""
        return values @ self.weight / self.weight.sum()

    def sigma_of_mean(self, sigma):
        """Return the standard deviation of that mean, of independent measured values; None without one."""
        if sigma is None:
            return [None] * len(self.extent)
        return np.sqrt(self.repeats * (sigma**2 @ self.weight**2)) / self.weight.sum()

    def elsewhere(self, passed):
        """Return the lithium of each process that came and is not in the maps (mAh g-1): what films and side
        reactions took, below zero what they gave; None each without a curve.

            passed - change,   passed above zero where the charge brings lithium in

        passed: charge of each process by a voltage curve, above zero on discharge (mAh g-1), or None.
        """
        if passed is None:
            return [None] * len(self.extent)
        way = 1.0 if np.sum(np.asarray(passed) * self.direction) >= 0 else -1.0
        return way * np.asarray(passed) - self.mean(self.change)

    def inactive_share(self, times_sigma):
        """Return the share of voxels whose change stays below some sigma in every process; None without."""
        if self.extent_sigma is None:
            return None
        return float(np.mean((np.abs(self.change) < times_sigma * self.extent_sigma).all(axis=0)))

    def remarks(self, classes, passed=None, fills=None):
        """Return a sentence for each thing that a reader of the numbers must know.

        classes: loss_classes of each loss; passed: charge of each process by a voltage curve, above zero on
        discharge (mAh g-1), or None; fills: whether a discharge brings lithium in, None where either may be.
        """
        told = [*_blurred(self, classes), *_odd(self), *_gained(self), *_untold(self)]
        return told if passed is None else [*told, *_against(self, passed, fills), *_apart(self, passed)]


def reaction_series(lithium, capacity, *, sigma=None, weight=None, repeats=1.0):
    """Compute reaction extents and capacity losses from lithium after successive states.

    lithium    per formula unit [state, voxel], at least two states
    capacity   of one lithium per formula unit, mAh g-1, a number or [voxel]
    sigma      standard deviation of lithium [state, voxel], independent from map to map, or None
    weight     mass of each voxel [voxel], of any scale; default: all alike
    repeats    voxels that one measured value fills
    """
    change = capacity * np.diff(lithium, axis=0)
    weight = np.ones(change.shape[1]) if weight is None else np.asarray(weight, float)
    direction = np.where(change @ weight < 0, -1.0, 1.0)
    variance = None if sigma is None else (capacity * np.asarray(sigma, float)) ** 2
    noise = 0.0 if variance is None else np.sqrt(variance[1:] + variance[:-1])
    sign = np.where(np.abs(change) > OWN_SIGN * noise, np.sign(change), direction[:, None])
    extent = sign * change
    loss = extent[:-1] - extent[1:]
    loss = np.where(np.abs(loss) > ROUND_OFF * np.abs(extent[:-1]), loss, 0.0)
    loss_sigma = None
    if variance is not None:
        shared = (sign[1:] + sign[:-1]) ** 2 * variance[1:-1]
        loss_sigma = np.sqrt(shared + variance[:-2] + variance[2:])
    return ReactionSeries(
        change=change,
        extent=extent,
        loss=loss,
        extent_sigma=None if variance is None else noise,
        loss_sigma=loss_sigma,
        direction=direction,
        weight=weight,
        repeats=repeats,
    )


def loss_classes(loss, weight, edges):
    """Share volume and loss out to classes of loss.

    loss, weight: [voxel]; edges: rising (mAh g-1). The first class takes in all below its upper edge,
    negative losses too, the last all above its lower edge.

    Returns {"edges_mAh_g", "volume_share", "loss_share": by class, each of sum 1, "below_share",
    "beyond_share": volume below the first and beyond the last edge}; no share of the loss (None) where there
    is none on the whole.
    """
    edges = np.asarray(edges, float)
    of, n = np.searchsorted(edges[1:-1], loss, side="right"), len(edges) - 1
    lost = np.bincount(of, weight * loss, n)
    total = lost.sum()
    return {
        "edges_mAh_g": edges.tolist(),
        "volume_share": (np.bincount(of, minlength=n) / loss.size).tolist(),
        "loss_share": (lost / total).tolist() if abs(total) > 1e-12 * np.abs(lost).sum() else None,
        "below_share": float(np.mean(loss < edges[0])),
        "beyond_share": float(np.mean(loss > edges[-1])),
    }


def class_names(edges):
    """Name classes of loss by their edges; the outer ones take in all beyond."""
    if len(edges) == 2:
        return ["all"]
    middle = [f"{low:g} to {high:g}" for low, high in pairwise(edges[1:-1])]
    return [f"below {edges[1]:g}", *middle, f"above {edges[-2]:g}"]


# ---- what a reader must know ---------------------------------------------------------------------------


def _blurred(series, classes):
    if series.loss_sigma is None or not classes or len(classes[0]["edges_mAh_g"]) < 3:
        return []
    noise = float(np.sqrt(series.mean(series.loss_sigma**2).max()))
    width = float(np.diff(classes[0]["edges_mAh_g"]).min())
    if noise <= width / 2:
        return []
    told = f"The noise of the loss of one voxel, {noise:.3g} mAh/g, is wide against classes of {width:g}"
    return [f"{told}: their shares are blurred by it, means are not."]


def _odd(series):
    why = "some voxels go against the process" + (", or noise adds to it" if series.noisy else "")
    sizes, extents, net = (series.mean(v) for v in (np.abs(series.change), series.extent, series.change))
    return [
        f"Process {k}: |change| is {size:.4g} mAh/g on average, its extent {extent:.4g}, and"
        f" {abs(passed):.4g} passed on the whole: {why}."
        for k, (size, extent, passed) in enumerate(zip(sizes, extents, net), start=1)
        if size - abs(passed) > ODD * size
    ]


def _gained(series):
    return [
        f"Process {k}: its extent is {-mean:.4g} mAh/g larger than that of the one before; shares of the loss"
        " are shares of this gain."
        for k, (mean, size) in enumerate(zip(series.mean(series.loss), series.mean(series.extent)), start=2)
        if mean < -ROUND_OFF * abs(size)
    ]


def _untold(series):
    if not series.noisy:
        return []
    means, sigmas = series.mean(series.loss), series.sigma_of_mean(series.loss_sigma)
    return [
        f"Process {k}: its loss of {mean:.3g} mAh/g on average is not told from none (sigma {noise:.2g}):"
        " shares of the loss are those of the noise."
        for k, (mean, noise) in enumerate(zip(means, sigmas), start=2)
        if abs(mean) < TOLD * noise
    ]


def _apart(series, passed):
    net = np.abs(series.mean(series.change))
    sigma = np.zeros(net.size) if not series.noisy else series.sigma_of_mean(series.extent_sigma)
    return [
        f"Process {k}: by the maps {mine:.4g} mAh/g passed on the whole, by the curve {charge:.4g}; the maps"
        " are of other material or states, or of a part that is not the whole's mean, or lithium went"
        " elsewhere, as into films."
        for k, (mine, charge, noise) in enumerate(zip(net, np.abs(passed), sigma), start=1)
        if abs(mine - charge) > APART * charge + 3 * noise
    ]


def _against(series, passed, fills):
    turns = set(np.sign(passed) * series.direction)
    if len(turns) == 1 and (fills is None or turns == {1.0 if fills else -1.0}):
        return []
    ways = ", ".join("in" if sign > 0 else "out" for sign in series.direction)
    turns = ", ".join("discharge" if charge > 0 else "charge" for charge in passed)
    told = (
        f"Maps and curve do not take turns alike: by the maps lithium goes {ways}, by the curve it is {turns}"
    )
    return [f"{told}; check the order of the maps."]
