"""Agreement of two maps between the particles, and within them.

A variance falls into two parts, between the means of the particles and within each,

    var(m) = sum_p n_p (m_p - <m>)^2 / n + sum_v (m_v - m_p(v))^2 / n

and a correlation is that of either part alone. Noise sigma adds P <sigma^2> / k to the first and the rest to
the second, k measured values in the n voxels (one may fill several), so that the true model has r^2 = 1 -
noise / variance in each.
"""

from dataclasses import dataclass, field

import numpy as np

from .independence import native_voxels

FEWEST = 3  # particles: two points always lie on a line


@dataclass(frozen=True)
class ByParticle:
    """n: particles compared; pearson_r_between, pearson_r_within (None for a constant, and
    between fewer than three), and their ceilings,
    what the true model would have (None without noise); simulated, measured, voxels: mean and size of each
    particle."""

    n: int
    pearson_r_between: float | None
    pearson_r_within: float | None
    ceiling_between: float | None
    ceiling_within: float | None
    simulated: np.ndarray = field(repr=False)
    measured: np.ndarray = field(repr=False)
    voxels: np.ndarray = field(repr=False)

    def as_dict(self):
        """Return the numbers for JSON."""
        names = ("n", "pearson_r_between", "pearson_r_within", "ceiling_between", "ceiling_within")
        return {name: getattr(self, name) for name in names}


def by_particle(ours, theirs, labels, sigma=None):
    """Split the agreement of two maps into that between and that within particles; None without particles.

    ours, theirs, sigma: [x, y, z], NaN where not compared. labels: number of the particle, 0 for none.
    """
    known = np.isfinite(ours - theirs) & (labels > 0)
    if not known.any():
        return None
    _, own = np.unique(labels[known], return_inverse=True)
    n, s, m = np.bincount(own), ours[known], theirs[known]
    mean_s, mean_m = np.bincount(own, s) / n, np.bincount(own, m) / n
    variance = None if sigma is None else float(np.mean(sigma[known] ** 2))
    values = native_voxels(np.where(known, theirs, np.nan))[0].max() + 1
    share = min(n.size / values, 1.0)  # of the noise that lies between particles
    return ByParticle(
        n=int(n.size),
        pearson_r_between=_pearson(mean_s[own], mean_m[own]) if n.size >= FEWEST else None,
        pearson_r_within=_pearson(s - mean_s[own], m - mean_m[own]),
        ceiling_between=_ceiling(mean_m[own], variance, share) if n.size >= FEWEST else None,
        ceiling_within=_ceiling(m - mean_m[own], variance, 1 - share),
        simulated=mean_s,
        measured=mean_m,
        voxels=n,
    )


def _pearson(a, b):
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return float(np.clip(np.sum(a * b) / size, -1, 1)) if size > 1e-18 * a.size else None


def _ceiling(values, variance, share):
    if variance is None or not values.var() > 0:
        return None
    return float(np.sqrt(max(0.0, 1 - share * variance / values.var())))


def labels_on(labels, source, target):
    """Give each voxel of another grid the particle that fills most of it (int [x, y, z], 0 for none).

    labels: int [x, y, z] on the grid of source; source, target: SocMap, of which only the grids count.
    """
    if np.less(target.voxel_size, np.multiply(0.999, source.voxel_size)).any():
        return _at_middles(labels, source, target)
    x, y, z = np.nonzero(labels)
    place = [_containing(source, target, axis)[at] for axis, at in enumerate((x, y, z))]
    inside = np.logical_and.reduce([(p >= 0) & (p < n) for p, n in zip(place, target.values.shape)])
    voxel = np.ravel_multi_index([p[inside] for p in place], target.values.shape)
    pairs, count = np.unique(np.stack([voxel, labels[x, y, z][inside]]), axis=1, return_counts=True)
    order = np.argsort(count, kind="stable")  # the last one written is the largest
    out = np.zeros(target.values.size, labels.dtype)
    out[pairs[0][order]] = pairs[1][order]
    return out.reshape(target.values.shape)


def _at_middles(labels, source, target):
    """Labels at the middles of the voxels of a finer grid."""
    index = [_containing(target, source, axis) for axis in range(3)]
    inside = [(i >= 0) & (i < n) for i, n in zip(index, labels.shape)]
    taken = labels[np.ix_(*(np.clip(i, 0, n - 1) for i, n in zip(index, labels.shape)))]
    x, y, z = inside
    return taken * (x[:, None, None] & y[:, None] & z)


def _containing(inner, outer, axis):
    """Index of the outer grid's voxel in which the middle of each inner one lies."""
    middle = inner.origin[axis] + (np.arange(inner.values.shape[axis]) + 0.5) * inner.voxel_size[axis]
    return np.floor((middle - outer.origin[axis]) / outer.voxel_size[axis] + 1e-9).astype(int)
