"""How well two maps of lithiation agree: one averaged onto the voxels of the other, voxel by voxel."""

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from .map import resample_onto
from .metrics import Pair, measure_agreement


@dataclass(frozen=True)
class Comparison:
    """Two maps on the measured grid and the measures of their difference.

    metrics     name -> number: see metrics
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

    Metrics: see metrics, over the voxels in which both maps have a value.

    Raises InputError when the two fields of view, or their voxels with a value, do not overlap.
    """
    _check_overlap(simulated, measured)
    ours = resample_onto(simulated, measured, min_coverage=min_coverage)
    theirs = np.asarray(measured.values, float)
    theirs = np.where(np.isfinite(theirs) & _check_mask(mask, theirs.shape), theirs, np.nan)
    pair = Pair(ours, theirs, min_coverage, measured.sigma)
    shared = pair.shared
    if not shared.any():
        raise InputError(
            "expected voxels in which both maps have a value, got none of "
            f"{np.count_nonzero(np.isfinite(theirs))} measured ones; check origin, axes and mask, or lower "
            "min_coverage."
        )
    ours, theirs = np.where(shared, ours, np.nan), np.where(shared, theirs, np.nan)
    return Comparison(
        metrics=measure_agreement(pair),
        profile=_profile(ours, theirs, shared, measured),
        histogram=_histogram(pair.ours, pair.theirs, bins),
        simulated=ours,
        measured=theirs,
        difference=ours - theirs,
        voxel_size=measured.voxel_size,
        origin=measured.origin,
    )


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
