"""A map of lithiation on voxels, averaged onto the voxels of another, and its files.

A map is piecewise constant on boxes. The mean of the source over a target box is

    <s>_t = sum_v |t and v| s_v / sum_v |t and v|         over the source voxels v that have a value

and the overlap of two boxes is the product of three overlaps of intervals, so that both sums are
three small sparse matrices applied one after the other, exact for any ratio and shift of the grids.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..base.errors import InputError

ROUND_OFF = 1e-9  # relative: a shorter overlap comes from rounding the edges of voxels that only touch


@dataclass(frozen=True)
class SocMap:
    """A map of lithiation on voxels.

    values      [x, y, z], float; NaN where the map has no value (outside the active material or the sample)
    voxel_size  edges (x, y, z), m
    origin      corner of voxel [0, 0, 0] (x, y, z), m; x = 0 is where the electrode meets the separator
    sigma       standard deviation of the values [x, y, z], or None
    """

    values: np.ndarray
    voxel_size: tuple[float, float, float]
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sigma: np.ndarray | None = None

    def __post_init__(self):
        if np.ndim(self.values) != 3 or 0 in np.shape(self.values):
            raise InputError(
                f"expected a map with three axes and at least one voxel, got shape {np.shape(self.values)}; "
                "give a 3D array."
            )
        if self.sigma is not None and np.shape(self.sigma) != np.shape(self.values):
            raise InputError(
                f"expected a standard deviation of the map's shape {np.shape(self.values)}, got "
                f"{np.shape(self.sigma)}; give one for each voxel."
            )
        for name in ("voxel_size", "origin"):
            given = np.ravel(getattr(self, name)).astype(float)
            if given.size != 3 or not np.isfinite(given).all() or (name == "voxel_size" and given.min() <= 0):
                raise InputError(
                    f"expected three lengths (x, y, z) in m as {name}, got {getattr(self, name)}; correct it."
                )
            object.__setattr__(self, name, tuple(given.tolist()))

    @property
    def span(self):
        """Extent of the map along each axis: ((x_first, x_last), ...), m."""
        return tuple(
            (o, o + n * h) for o, n, h in zip(self.origin, self.values.shape, self.voxel_size, strict=True)
        )


def is_constant(values):
    """Whether values do not vary beyond rounding."""
    return bool(np.std(values) <= ROUND_OFF * np.abs(values).max())


def statistics(values, sigma):
    """Return mean and standard deviation over the voxels with a value, and the rms of their own sigma (None
    without one)."""
    known = np.isfinite(values)
    return {
        "mean": values[known].mean(),
        "std": values[known].std(),
        "sigma_rms": None if sigma is None else float(np.sqrt(np.nanmean(sigma[known] ** 2))),
    }


def resample_onto(source, target_grid_of, *, min_coverage=0.5):
    """Average a map over each voxel of another map's grid, weighted by the overlap of their boxes.

    source, target_grid_of: SocMap; of the second only shape, voxel size and origin are used.
    min_coverage: share of a target voxel's volume (0 to 1) that source voxels with a value must cover.
    Returns an array in the target's shape, float64, NaN where covered less. Raises InputError.
    """
    check_coverage(min_coverage)
    known = np.isfinite(source.values)
    covered = box_means(known.astype(float), source, target_grid_of)
    total = box_means(np.where(known, source.values, 0.0), source, target_grid_of)
    enough = covered >= max(min_coverage - ROUND_OFF, ROUND_OFF)
    return np.divide(total, covered, out=np.full(covered.shape, np.nan), where=enough)


def box_means(values, source, target):
    """Average an array [x, y, z] on the source's grid over the box of each target voxel, what lies outside
    the source counting as 0.

    source, target: SocMap, of which only the grids count."""
    overlaps = [_interval_overlap(source, target, axis) for axis in range(3)]
    return _apply(overlaps, values.astype(float, copy=False))


def box_sums(values, source, target):
    """Apply the transpose of `box_means`: bring an array on the target's voxels back onto the source's grid,
    so that sum(box_sums(a) b) = sum(a box_means(b))."""
    overlaps = [_interval_overlap(source, target, axis).T.tocsr() for axis in range(3)]
    return _apply(overlaps, values.astype(float, copy=False))


def _interval_overlap(source, target, axis):
    """Overlap of the two grids' intervals along one axis: sparse [target, source], in target voxels."""
    h, n = source.voxel_size[axis], source.values.shape[axis]
    h_target, n_target = target.voxel_size[axis], target.values.shape[axis]
    # edges of the target counted in source voxels: integer ratios stay exact
    edge = (target.origin[axis] - source.origin[axis]) / h + np.arange(n_target + 1) * (h_target / h)
    first = np.clip(np.floor(edge[:-1] - ROUND_OFF), 0, n).astype(int)
    end = np.clip(np.ceil(edge[1:] + ROUND_OFF), 0, n).astype(int)
    count = np.maximum(end - first, 0)
    row = np.repeat(np.arange(n_target), count)
    column = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    length = np.minimum(edge[row + 1], column + 1) - np.maximum(edge[row], column)
    real = length > ROUND_OFF * min(1.0, h_target / h)
    weights = length[real] * (h / h_target)
    return sparse.csr_array((weights, (row[real], column[real])), shape=(n_target, n))


def _apply(matrices, values):
    """Apply one matrix along each axis: out[a, b, c] = sum X[a, x] Y[b, y] Z[c, z] values[x, y, z]."""
    order = sorted(range(3), key=lambda axis: matrices[axis].shape[0] / matrices[axis].shape[1])
    for axis in order:  # the axis that shrinks most comes first and spares the others work
        lines = np.moveaxis(values, axis, 0)
        out = matrices[axis] @ np.ascontiguousarray(lines).reshape(lines.shape[0], -1)
        values = np.moveaxis(out.reshape(-1, *lines.shape[1:]), 0, axis)
    return np.ascontiguousarray(values)


def check_coverage(min_coverage):
    """Refuse a share of a voxel that is none."""
    if not 0 <= min_coverage <= 1:
        raise InputError(f"expected min_coverage between 0 and 1, got {min_coverage}; give a share.")
