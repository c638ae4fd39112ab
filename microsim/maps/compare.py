"""How well two maps of lithiation agree: one averaged onto the voxels of the other, voxel by voxel."""

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from .alignment import best_shift
from .map import ROUND_OFF, resample_onto


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
