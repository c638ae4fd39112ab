"""State-of-charge maps: average one onto the voxels of another and measure how well the two agree.

A map is piecewise constant on boxes. The mean of the source over a target box is

    <s>_t = sum_v |t and v| s_v / sum_v |t and v|         over the source voxels v that have a value

and the overlap of two boxes is the product of three overlaps of intervals, so that both sums are
three small sparse matrices applied one after the other, exact for any ratio and shift of the grids.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from ..base.errors import InputError
from .alignment import best_shift

ROUND_OFF = 1e-9  # relative: a shorter overlap comes from rounding the edges of voxels that only touch


@dataclass(frozen=True)
class SocMap:
    """A map of lithiation on voxels.

    values      [x, y, z], float; NaN where the map has no value (outside the active material or the sample)
    voxel_size  edges (x, y, z), m
    origin      corner of voxel [0, 0, 0] (x, y, z), m; x = 0 is where the electrode meets the separator
    """

    values: np.ndarray
    voxel_size: tuple[float, float, float]
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self):
        if np.ndim(self.values) != 3 or 0 in np.shape(self.values):
            raise InputError(
                f"expected a map with three axes and at least one voxel, got shape {np.shape(self.values)}; "
                "give a 3D array."
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


@dataclass(frozen=True)
class Comparison:
    """Two maps on the measured grid and the measures of their difference.

    metrics     name -> number: see compare_maps
    profile     {"x_m", "simulated", "measured", "simulated_std", "measured_std", "n"}: layer by layer, [x]
    histogram   {"edges" [bins + 1], "simulated" [bins], "measured" [bins]}: voxels per bin
    simulated, measured, difference (simulated - measured)
                [x, y, z] on the measured grid, NaN where not both maps have a value
    voxel_size, origin     of the measured grid, m
    """

    metrics: dict
    profile: dict
    histogram: dict
    simulated: np.ndarray = field(repr=False)
    measured: np.ndarray = field(repr=False)
    difference: np.ndarray = field(repr=False)
    voxel_size: tuple[float, float, float]
    origin: tuple[float, float, float]

    def as_dict(self):
        """Return metrics, profile and histogram as plain numbers and lists for JSON, with None for NaN."""
        return {
            "metrics": dict(self.metrics),
            "profile": {key: _plain(values) for key, values in self.profile.items()},
            "histogram": {key: _plain(values) for key, values in self.histogram.items()},
        }


def resample_onto(source, target_grid_of, *, min_coverage=0.5):
    """Average a map over each voxel of another map's grid, weighted by the overlap of their boxes.

    source, target_grid_of: SocMap; of the second only shape, voxel size and origin are used.
    min_coverage: share of a target voxel's volume (0 to 1) that source voxels with a value must cover.
    Returns an array in the target's shape, float64, NaN where covered less. Raises InputError.
    """
    _check_coverage(min_coverage)
    mean, coverage = _overlap_mean(source, target_grid_of)
    return np.where(coverage >= max(min_coverage - ROUND_OFF, ROUND_OFF), mean, np.nan)


def compare_maps(simulated, measured, *, mask=None, min_coverage=0.5, bins=50):
    """Compare a simulated map with a measured one, voxel by voxel on the measured grid.

    simulated, measured: SocMap of the same quantity. mask: bool in the measured shape, voxels to use (all).
    min_coverage: share of a measured voxel that the simulated map must cover. bins: of the histogram.

    Metrics, over the voxels in which both maps have a value, d = simulated - measured:
      n_voxels, shared_fraction (of the measured voxels with a value, in the mask), min_coverage,
      bias <d>, rmse sqrt(<d^2>), rmse_without_bias sqrt(<d^2> - <d>^2), mae <|d|>,
      pearson_r (None when a map is constant), histogram_distance: 1-Wasserstein distance, the mean
      difference of the sorted values; mean_ and std_ of simulated and measured;
      best_shift_voxels: where the simulated map would have to go to agree best (see alignment).

    Raises InputError when the two fields of view, or their voxels with a value, do not overlap.
    """
    _check_overlap(simulated, measured)
    ours = resample_onto(simulated, measured, min_coverage=min_coverage)
    theirs = np.asarray(measured.values, float)
    wanted = np.isfinite(theirs) & _check_mask(mask, theirs.shape)
    shared = wanted & np.isfinite(ours)
    if not shared.any():
        raise InputError(
            f"expected voxels in which both maps have a value, got none of {np.count_nonzero(wanted)} "
            "measured ones; check origin, axes and mask, or lower min_coverage."
        )
    metrics = _metrics(ours[shared], theirs[shared])
    metrics["shared_fraction"] = metrics["n_voxels"] / int(np.count_nonzero(wanted))
    metrics["min_coverage"] = float(min_coverage)
    metrics["best_shift_voxels"] = best_shift(ours, np.where(wanted, theirs, np.nan))
    ours, theirs = np.where(shared, ours, np.nan), np.where(shared, theirs, np.nan)
    return Comparison(
        metrics=metrics,
        profile=_profile(ours, theirs, shared, measured),
        histogram=_histogram(ours[shared], theirs[shared], bins),
        simulated=ours,
        measured=theirs,
        difference=ours - theirs,
        voxel_size=measured.voxel_size,
        origin=measured.origin,
    )


def _overlap_mean(source, target):
    """Mean of the source over each target voxel, and the share of the voxel that its values cover."""
    overlaps = [_interval_overlap(source, target, axis) for axis in range(3)]
    known = np.isfinite(source.values)
    covered = _apply(overlaps, known.astype(float))
    total = _apply(overlaps, np.where(known, source.values, 0.0).astype(float, copy=False))
    return np.divide(total, covered, out=np.full(covered.shape, np.nan), where=covered > 0), covered


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


def _metrics(ours, theirs):
    difference = ours - theirs
    bias, mean_square = difference.mean(), np.mean(difference**2)
    return {
        "n_voxels": int(ours.size),
        "bias": float(bias),
        "rmse": float(np.sqrt(mean_square)),
        "rmse_without_bias": float(np.std(difference)),
        "mae": float(np.mean(np.abs(difference))),
        "pearson_r": _pearson(ours, theirs),
        "histogram_distance": float(np.mean(np.abs(np.sort(ours) - np.sort(theirs)))),
        "mean_simulated": float(ours.mean()),
        "mean_measured": float(theirs.mean()),
        "std_simulated": float(ours.std()),
        "std_measured": float(theirs.std()),
    }


def _pearson(ours, theirs):
    """Pearson's r, or None where a map is constant up to rounding."""
    a, b = ours - ours.mean(), theirs - theirs.mean()
    if a.std() <= ROUND_OFF * np.abs(ours).max() or b.std() <= ROUND_OFF * np.abs(theirs).max():
        return None
    return float(np.clip(np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)), -1.0, 1.0))


def _profile(ours, theirs, shared, measured):
    """Mean and standard deviation of both maps in each layer x of the measured grid."""
    n = shared.sum(axis=(1, 2))
    profile = {"x_m": measured.origin[0] + (np.arange(n.size) + 0.5) * measured.voxel_size[0], "n": n}
    for name, values in (("simulated", ours), ("measured", theirs)):
        inside = np.where(shared, values, 0.0)
        mean = _mean(inside.sum(axis=(1, 2)), n)
        spread = np.where(shared, values - np.nan_to_num(mean)[:, None, None], 0.0)
        profile[name], profile[name + "_std"] = mean, np.sqrt(_mean((spread**2).sum(axis=(1, 2)), n))
    return profile


def _mean(total, n):
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _histogram(ours, theirs, bins):
    edges = np.histogram_bin_edges(np.concatenate([ours, theirs]), bins)
    counts = {name: np.histogram(v, edges)[0] for name, v in (("simulated", ours), ("measured", theirs))}
    return {"edges": edges, **counts}


def _check_coverage(min_coverage):
    if not 0 <= min_coverage <= 1:
        raise InputError(f"expected min_coverage between 0 and 1, got {min_coverage}; give a share.")


def _check_mask(mask, shape):
    mask = np.ones(shape, bool) if mask is None else np.asarray(mask)
    if mask.shape != shape or mask.dtype != bool:
        raise InputError(
            f"expected a mask of True and False in the measured map's shape {shape}, got {mask.dtype} "
            f"{mask.shape}; make it on the measured grid."
        )
    return mask


def _check_overlap(simulated, measured):
    for axis, a, b in zip("xyz", simulated.span, measured.span, strict=True):
        if min(a[1], b[1]) - max(a[0], b[0]) <= 0:
            um = [f"{1e6 * lo:.4g} to {1e6 * hi:.4g} um" for lo, hi in (a, b)]
            raise InputError(
                f"expected two maps that overlap, got the simulated one at {axis} = {um[0]} and the measured "
                f"one at {um[1]}; give the measured map's origin, or another crop."
            )


def _plain(values):
    return [None if isinstance(v, float) and np.isnan(v) else v for v in np.asarray(values).tolist()]
