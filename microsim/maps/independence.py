"""How many of a map's voxels are independent, and what a score would be on as many others.

One measured value that fills several voxels (a map brought onto a finer grid) counts once. Of what is left,
with rho_k the correlation of the differences k voxels apart along an axis,

    tau = 1 + 2 (rho_1 + ... + rho_K)          voxels to one independent one, along this axis

up to the first K that is no more than noise; the map's is the product over the axes. Intervals come from a
bootstrap over blocks 2 K wide, drawn within strata of like simulated value and like noise: the interval says
what noise and misfit would do again on this electrode, not what another electrode would give. What the
correlation still does across the edges of blocks widens it.

Source: Kuensch, Ann. Statist. 17 (1989) 1217 (blocks); Efron & Tibshirani, An Introduction to the Bootstrap
(1993), ch. 8 and 13.
"""

from dataclasses import dataclass, field
from math import comb

import numpy as np

DRAWS = 1000
PER_STRATUM = 16  # blocks among which one is drawn; the interval is widened by sqrt(16 / 15) for it
MOST_GROUPS = 4096  # more blocks are drawn in groups: the spread of a sum is the same
FEWEST_BLOCKS = 8
LEAST_CORRELATION = 0.1
FEWEST_PAIRS = 200  # of neighbours that say whether their noise is independent
ALONG, ACROSS = (1, 4), (1, 2)  # orders of their differences along one axis, and along all at once
SURE = 4.0  # standard errors
AT_ONCE, MOST = 1_000_000, 8_000_000  # voxels of a map


@dataclass(frozen=True)
class Independence:
    """Which of the compared voxels depend on each other.

    block     number of the bootstrap block that each voxel belongs to, [voxels]
    measured  values that were measured: one may fill several voxels
    count     independent voxels among them
    widening  by which a bootstrap over these blocks is too narrow
    """

    block: np.ndarray = field(repr=False)
    measured: int
    count: float
    widening: float


def independence(difference, measured):
    """Find which voxels are independent.

    difference: simulated - measured [x, y, z], NaN where not compared; measured: the measured map [x, y, z].
    """
    known = np.isfinite(difference)
    native, steps = native_voxels(np.where(known, measured, np.nan))
    rest = np.where(known, difference - difference[known].mean(), 0.0)
    edges, per_voxel, widening = [], 1.0, 1.0
    for axis, step in enumerate(steps):
        rho = _correlation(rest, known, axis, step)
        edge = min(2 * len(rho) * step, difference.shape[axis]) if rho else step
        lags = np.arange(1, len(rho) + 1) * step
        whole, inside = 1 + 2 * np.sum(rho), 1 + 2 * np.sum(np.multiply(rho, np.maximum(1 - lags / edge, 0)))
        edges.append(edge)
        per_voxel, widening = per_voxel * whole, widening * np.sqrt(whole / inside)
    own = native[known]
    first = np.unique(own, return_index=True)[1]
    if per_voxel == 1.0:
        block = own
    else:  # a measured value is whole in one block
        corner = np.argwhere(known)[first] // np.array(edges)
        block = np.unique(corner, axis=0, return_inverse=True)[1].ravel()[own]
    return Independence(block, first.size, max(first.size / per_voxel, 1.0), float(widening))


def native_voxels(measured):
    """Number the values of a map as they were measured: neighbours of exactly the same value are one, unless
    the values of the map are few (counts, 8 bits), where equal neighbours mean nothing.

    Returns int [x, y, z] (0, 1, ... without gaps where the map has a value, -1 elsewhere) and the mean width
    of one along each axis, rounded up (voxels).
    """
    from skimage.measure import label

    known = np.isfinite(measured)
    codes = np.zeros(measured.shape, np.int64)
    values, codes[known] = np.unique(measured[known], return_inverse=True)
    codes[known] += 1
    parts = label(codes, connectivity=1, background=0)
    if values.size < 0.9 * parts.max() or parts.max() == np.count_nonzero(known):
        parts = np.zeros(measured.shape, np.int64)
        parts[known] = np.arange(1, np.count_nonzero(known) + 1)
    return parts - 1, [_width(parts, axis) for axis in range(3)]


def neighbours_over_noise(values, sigma):
    """Return the mean square difference of neighbours over what their noise alone makes, at its least of
    several differences; None where too few tell, 1 at least of independent noise.

        <(sum_k w_k x_k)^2 / sum_k w_k^2 sigma_k^2>

    w are those of first and fourth differences along each axis, and of first and second ones along all axes
    at once. What a sample varies, in many voxels or between regions, adds to the first differences and little
    to the others, where independent noise is as large: interpolation by whatever splines, smoothing and an
    overstated noise make those less. A difference counts where it is below 1 by SURE of its own standard
    error. values, sigma: [x, y, z], NaN where there is none. Values that fill several voxels are passed over.
    """
    _, steps = native_voxels(values)
    found = []
    for orders in _orders(values.shape, steps):
        total, count, alike = 0.0, 0, np.prod([_alike(k) for k in orders])
        for part in some_slabs(values.shape, MOST, AT_ONCE, 8 * steps[0]):
            ratio = _ratios(values[part], sigma[part], orders, steps)
            total, count = total + ratio.sum(), count + ratio.size
        if count >= FEWEST_PAIRS:
            ratio = total / count
            found.append(float(ratio if ratio + SURE * np.sqrt(2 * alike / count) < 1 else max(ratio, 1.0)))
    return min(found, default=None)


def some_slabs(shape, most, at_once, least):
    """Slices of layers along x that are looked at together: all of a map, or slabs all over a large one.

    shape: [x, y, z]; most: voxels in all; at_once: voxels of a slab; least: layers of one.
    """
    layer = max(int(np.prod(shape[1:])), 1)
    thick = max(at_once // layer, least)
    count, kept = -(-shape[0] // thick), max(most // (thick * layer), 1)
    chosen = range(count) if count <= kept else np.unique(np.linspace(0, count - 1, kept).astype(int))
    return [slice(k * thick, min((k + 1) * thick, shape[0])) for k in chosen]


def _orders(shape, steps):
    """Orders of the differences along x, y, z."""
    long = [n > step for n, step in zip(shape, steps)]
    found = [tuple(k * (a == axis) for a in range(3)) for axis in range(3) if long[axis] for k in ALONG]
    found += [tuple(k * one for one in long) for k in ACROSS if sum(long) > 1]
    return [one for one in found if all(n > k * step for n, k, step in zip(shape, one, steps))]


def _alike(order):
    """By how much more differences are needed than independent values: the sum of their squared
    correlations."""
    weights = _weights(order)
    found = np.correlate(weights, weights, "full")
    return float(np.sum((found / found.max()) ** 2))


def _weights(order):
    return np.array([(-1.0) ** k * comb(order, k) for k in range(order + 1)])


def _ratios(values, sigma, orders, steps):
    """Squared differences over what noise makes of them, [difference]."""
    variance = sigma**2
    for axis, (order, step) in enumerate(zip(orders, steps)):
        n = values.shape[axis] - order * step
        if n < 1:
            return np.empty(0)
        at = [
            tuple(slice(k * step, k * step + n) if a == axis else slice(None) for a in range(3))
            for k in range(order + 1)
        ]
        weights = _weights(order)
        values = sum(w * values[k] for w, k in zip(weights, at))
        variance = sum(w**2 * variance[k] for w, k in zip(weights, at))
    known = np.isfinite(values) & np.isfinite(variance)
    return values[known] ** 2 / variance[known]


def _apart(axis, lag):
    """Slices of a map [x, y, z] and of what lies some voxels further along an axis."""
    return (
        tuple(part if a == axis else slice(None) for a in range(3))
        for part in (slice(lag, None), slice(None, -lag))
    )


def _width(parts, axis):
    """Mean length of the runs of one number along an axis, rounded up."""
    lines = np.moveaxis(parts, axis, 0)
    begins = np.count_nonzero(lines[:1]) + np.count_nonzero((lines[1:] != lines[:-1]) & (lines[1:] > 0))
    return int(np.ceil(np.count_nonzero(lines) / begins - 0.05))


def _correlation(rest, known, axis, step):
    """Correlation at distances step, 2 step, ... along an axis, up to the first that is no more than
    noise."""
    rho, variance = [], np.mean(rest[known] ** 2)
    for lag in range(step, rest.shape[axis] // 2 + 1, step):
        first, second = _apart(axis, lag)
        pairs = np.count_nonzero(known[first] & known[second])
        value = np.sum(rest[first] * rest[second]) / max(pairs, 1) / max(variance, 1e-300)
        if value < max(LEAST_CORRELATION, 3 * np.sqrt(step / max(pairs, 1))):
            break
        rho.append(min(value, 1.0))
    return rho


def bootstrap_means(columns, found, like, sigma=None, *, seed=0):
    """Return the means of columns over blocks drawn again, [DRAWS, columns]; None where there are too few
    blocks.

    columns  [voxels, columns]. found: Independence.
    like     simulated value of each voxel, sigma its noise (or None): what strata are made of
    """
    n = np.bincount(found.block)
    if n.size < FEWEST_BLOCKS:
        return None
    rng = np.random.default_rng(seed)
    noise = None if sigma is None else np.bincount(found.block, sigma) / n
    rank = np.empty(n.size, int)
    rank[_ordered(np.bincount(found.block, like) / n, noise)] = np.arange(n.size)
    group, strata, size = _groups(n.size, rng)
    of_voxel = group[rank[found.block]]
    sums = [np.bincount(of_voxel, c, strata * size) for c in (np.ones(found.block.size), *columns.T)]
    chosen = rng.integers(0, size, (DRAWS, strata, size), np.uint8)
    where = np.arange(DRAWS * strata, dtype=np.int32).reshape(DRAWS, strata, 1) * size + chosen
    drawn = np.bincount(where.ravel(), minlength=DRAWS * strata * size).reshape(DRAWS, -1)
    totals = drawn.astype(float) @ np.stack(sums, axis=1)
    return totals[:, 1:] / totals[:, :1]


def interval(estimate, drawn, found, bounds=(-np.inf, np.inf)):
    """Return the 95 % interval (low, high) of an estimate from its values in a bootstrap; None without
    one."""
    if drawn is None or not np.isfinite(drawn).all():
        return None
    size = min(PER_STRATUM, int(found.block.max()) + 1)
    wide = found.widening * np.sqrt(size / (size - 1))
    low, high = np.percentile(drawn - estimate, [2.5, 97.5]) * wide + estimate
    return float(max(low, bounds[0])), float(min(high, bounds[1]))


def _ordered(like, sigma):
    """Order blocks by simulated value, and before that by noise in as many classes as the strata allow."""
    if sigma is None or np.ptp(sigma) <= 1e-9 * np.max(sigma):
        return np.argsort(like, kind="stable")
    classes = int(np.clip(np.sqrt(like.size / PER_STRATUM), 1, 32))
    which = np.argsort(np.argsort(sigma, kind="stable"), kind="stable") * classes // like.size
    return np.lexsort((like, which))


def _groups(blocks, rng):
    """Deal ordered blocks into strata and these into groups: the group of each block, number of strata and
    groups to a stratum."""
    strata = max(1, round(min(blocks, MOST_GROUPS) / PER_STRATUM))
    size = min(PER_STRATUM, blocks // strata)
    group = np.empty(blocks, int)
    for number, members in enumerate(np.array_split(np.arange(blocks), strata)):
        group[members] = number * size + rng.permutation(np.arange(members.size) % size)
    return group, strata, size
