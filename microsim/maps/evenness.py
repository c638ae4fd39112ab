"""How evenly a map of lithium lies: by particle, fragment, grain, over the depth, from the surface inwards.

A variance falls into two parts, between the means of pieces and within them, and the noise sigma of the map
adds to either:

    between = sum_p n_p (m_p - <m>)^2 / n  -  sum_p n_p / n (1 - n_p / n) sigma_p^2 / k_p
    within  = sum_p n_p var_p / n          -  sum_p n_p / n sigma_p^2 (1 - 1 / k_p)

n_p: voxels of a piece, k_p: measured values in them (one may fill several voxels), sigma_p^2: mean of sigma^2
over it. What is left below zero is none. Intervals are those of a bootstrap over the pieces.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

DRAWS, SEED, LEVEL = 400, 0, 0.95
FEWEST = 5  # pieces that a relation, or an interval, is told of


@dataclass(frozen=True, eq=False)
class Pieces:
    """What a map says of each of some pieces, numbered from 1; NaN for a piece in which it has no value.

    voxels     with a value; mean and its sigma; var: variance within (of the voxels); noise: mean sigma^2,
               0 where no noise is known; values: measured ones in the voxels
    """

    voxels: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    var: np.ndarray = field(repr=False)
    noise: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)

    @property
    def seen(self):
        """Which pieces the map has a value in."""
        return self.voxels > 0

    @property
    def std_within(self):
        """Standard deviation within each piece, the noise's share taken off."""
        return np.sqrt(np.maximum(self._clean_within(), 0.0))

    def _clean_within(self):
        return self.var - self.noise * (1 - 1 / np.maximum(self.values, 1))

    def spread(self, of=None):
        """Return between and within of some pieces (numbers from 0, all where None): their std with and
        without the noise's share; NaN between fewer than two."""
        of = np.flatnonzero(self.seen) if of is None else of
        n, share = self.voxels[of], self.voxels[of] / max(self.voxels[of].sum(), 1)
        mean = float(share @ self.mean[of]) if n.size else np.nan
        raw = float(share @ (self.mean[of] - mean) ** 2), float(share @ self.var[of])
        noise = share @ (self.noise[of] / self.values[of] * (1 - share))
        clean = raw[0] - float(noise), float(share @ self._clean_within()[of])
        if n.size < 2:  # nothing lies between
            raw, clean = (np.nan, raw[1]), (np.nan, clean[1])
        names = "std_between", "std_within"
        found = {name: _root(value) for name, value in zip(names, clean)}
        return {"mean": mean, **found, **{f"{k}_raw": _root(v) for k, v in zip(names, raw)}}


def pieces_of(values, sigma, labels, count, repeats=1.0):
    """Return the Pieces of a map [x, y, z] and labels 1 to count (0: none) on the same voxels.

    sigma: standard deviation [x, y, z], or None; repeats: voxels that one measured value fills.
    """
    known = np.isfinite(values) & (labels > 0)
    of, v = labels[known] - 1, values[known]
    n = np.bincount(of, minlength=count)

    def mean(weights):
        total = np.bincount(of, weights, count)
        return np.divide(total, n, out=np.full(count, np.nan), where=n > 0)

    means = mean(v)
    noise = np.zeros(count) if sigma is None else np.nan_to_num(mean(sigma[known] ** 2))
    k = np.maximum(n / repeats, np.minimum(n, 1))
    error = np.sqrt(np.divide(noise, k, out=np.full(count, np.nan), where=n > 0))
    return Pieces(n, means, error, mean((v - means[of]) ** 2), noise, k)


def within_owners(pieces, owner, count):
    """Return the std between and within the pieces of each owner, noise taken off, [count] both; NaN for
    owners of fewer than two pieces with a value. owner: of each piece, numbers from 0, -1 for none."""
    seen = np.flatnonzero(pieces.seen & (owner >= 0))
    own, n = owner[seen], pieces.voxels[seen].astype(float)
    total = np.bincount(own, n, count)

    def mean(weights):
        summed = np.bincount(own, n * weights, count)
        return np.divide(summed, total, out=np.full(count, np.nan), where=total > 0)

    middle = mean(pieces.mean[seen])
    noise = pieces.noise[seen] / pieces.values[seen] * (1 - n / total[own])
    between = mean((pieces.mean[seen] - middle[own]) ** 2 - noise)
    within = mean(pieces._clean_within()[seen])
    several = np.bincount(own, minlength=count) > 1
    return tuple(
        np.where(several, np.sqrt(np.maximum(np.nan_to_num(part), 0)), np.nan) for part in (between, within)
    )


def spread_with_intervals(pieces, draws=DRAWS, seed=SEED):
    """Return the spread of all pieces with `intervals`: 95 % of a bootstrap over the pieces, None of few."""
    seen = np.flatnonzero(pieces.seen)
    found = {"count": int(seen.size), **pieces.spread()}
    if seen.size < FEWEST:
        return {**found, "intervals": None}
    rng = np.random.default_rng(seed)
    drawn = [pieces.spread(rng.choice(seen, seen.size)) for _ in range(draws)]
    names = ("mean", "std_between", "std_within")
    return {**found, "intervals": {name: _interval([one[name] for one in drawn]) for name in names}}


def groups_of(pieces, group, names, **more):
    """Return the spread of each group of pieces: count, mean, sigma, between, within, and means of `more`.

    group: number of each piece's group, from 0; names: what each is, dicts; more: {name: values of the
    pieces}.
    """
    rows = []
    for k, name in enumerate(names):
        of = np.flatnonzero(pieces.seen & (group == k))
        row = {**name, "count": int(of.size)}
        if of.size:
            share = pieces.voxels[of] / pieces.voxels[of].sum()
            row |= {**pieces.spread(of), "sigma": float(np.sqrt(share**2 @ pieces.sigma[of] ** 2))}
            row |= {key: float(share @ np.asarray(values, float)[of]) for key, values in more.items()}
        rows.append(row)
    return rows


def size_classes(diameter, count=3):
    """Return the class of each piece by size, as many pieces in each, and what the classes are."""
    edges = np.quantile(diameter, np.linspace(0, 1, count + 1)) if len(diameter) else np.zeros(count + 1)
    of = np.clip(np.searchsorted(edges, diameter, side="right") - 1, 0, count - 1)
    return of, [{"from_m": float(a), "to_m": float(b)} for a, b in pairwise(edges)]


def depth_regions(depth, length, count=3):
    """Return the region of each piece by depth, of equal width, and what the regions are."""
    edges = np.linspace(0, length, count + 1)
    of = np.clip((depth / length * count).astype(int), 0, count - 1)
    return of, [{"from_m": float(a), "to_m": float(b)} for a, b in pairwise(edges)]


def profile(values, sigma, place, width, count, repeats=1.0):
    """Return mean, its sigma, std without noise and share of the voxels in bins of a place (m) [x, y, z]."""
    bins = np.where(np.isfinite(place), np.minimum((np.nan_to_num(place) / width).astype(int), count - 1), -1)
    found = pieces_of(values, sigma, bins + 1, count, repeats)
    return {
        "place_m": ((np.arange(count) + 0.5) * width).tolist(),
        "mean": found.mean.tolist(),
        "sigma": found.sigma.tolist(),
        "std": found.std_within.tolist(),
        "share": (found.voxels / max(found.voxels.sum(), 1)).tolist(),
    }


def relation(x, y, draws=DRAWS, seed=SEED):
    """Return Spearman's rank correlation with a 95 % bootstrap interval over the pieces; None of few or of a
    constant."""
    from scipy.stats import spearmanr

    known = np.isfinite(x) & np.isfinite(y)
    a, b = np.asarray(x, float)[known], np.asarray(y, float)[known]
    if a.size < FEWEST or _same(a) or _same(b):
        return None
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(draws):
        at = rng.integers(0, a.size, a.size)
        if not (_same(a[at]) or _same(b[at])):
            drawn.append(spearmanr(a[at], b[at])[0])
    return {"spearman": float(spearmanr(a, b)[0]), "interval": _interval(drawn), "count": int(a.size)}


def _same(values):
    return bool(np.ptp(values) <= 1e-12 * max(np.abs(values).max(), 1e-300))


def _interval(values):
    return [float(q) for q in np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])] if values else None


def _root(value):
    return float(np.sqrt(max(value, 0.0)))
