"""The texture of two maps: how far their variations reach, and whether their hot and cold spots are the same.

Correlation length: the distance at which the autocovariance of a map falls to 1 / e,

    C(d) = <f(x) f(x + d)> - <f>^2,    C(0) = var(f) - <sigma^2>

along each axis, in straight lines between lags; noise is independent from one measured value to the next,
so that its share stands in C(0) alone and is taken off there. Where the noise is not known there is none.

Hot (cold) spots: connected voxels of the upper (lower) tenth of each map by itself, so that neither bias nor
amplitude counts. Two maps without relation have a tenth of them in common; what the true model would have is
found by adding drawn noise to the simulated map. Misfits: connected voxels whose difference is beyond three
standard deviations of its noise.
"""

import numpy as np
from scipy import ndimage

from .independence import native_voxels
from .map import is_constant

TENTH = 0.1
BEYOND = 3.0  # standard deviations
CHANCE = 0.0027  # share of a normal distribution beyond them
DRAWS = 8  # of noise
FEWEST = 50  # compared voxels that have a tenth
SEED = 0


def correlation_lengths(ours, theirs, sigma, voxel_size):
    """Return {"simulated", "measured", "difference": {"x_m", "y_m", "z_m"}}: lengths in m, None along an axis
    where the covariance does not fall so far within half the map, and for a map that is no more than noise.

    ours, theirs: [x, y, z] on the measured grid, NaN where not compared. sigma: noise of the measured map
    [x, y, z], or None.
    """
    known = np.isfinite(ours - theirs)
    noise = None if sigma is None else float(np.mean(sigma[known] ** 2))
    steps = native_voxels(np.where(known, theirs, np.nan))[1]
    fields = {"simulated": (ours, 0.0), "measured": (theirs, noise), "difference": (ours - theirs, noise)}
    return {
        name: {
            f"{axis}_m": _length(values, known, share, k, steps[k], voxel_size[k])
            for k, axis in enumerate("xyz")
        }
        for name, (values, share) in fields.items()
    }


def _length(values, known, noise, axis, step, edge):
    if noise is None or is_constant(values[known]):
        return None
    rest = np.where(known, values - values[known].mean(), 0.0)
    spread = np.mean(rest[known] ** 2)
    signal = spread - noise
    if signal <= 3 * spread * np.sqrt(2 / np.count_nonzero(known)):
        return None  # nothing beyond noise
    before = 0, signal
    for lag in range(step, values.shape[axis] // 2 + 1, step):
        covariance = _covariance(rest, known, axis, lag)
        if covariance is None:
            return None
        if covariance <= signal / np.e:
            fallen = (before[1] - signal / np.e) / max(before[1] - covariance, 1e-300)
            return float(edge * (before[0] + fallen * (lag - before[0])))
        before = lag, covariance
    return None


def _covariance(rest, known, axis, lag):
    first, second = (
        tuple(s if a == axis else slice(None) for a in range(3))
        for s in (slice(lag, None), slice(None, -lag))
    )
    pairs = np.count_nonzero(known[first] & known[second])
    return float(np.sum(rest[first] * rest[second]) / pairs) if pairs else None


def spots(ours, theirs, sigma, voxel_size):
    """Return {"hot", "cold": numbers, "misfit": numbers}, each None where there is none to be had.

    hot, cold   count, largest_m3 of {"simulated", "measured"}; shared: share of the measured ones' voxels
                that are the simulated ones', too (Dice: both have as many); true_model: {"shared", "count",
                "largest_m3"} of the true model, None without a noise; chance: shared without any relation
    misfit      share of the voxels beyond three sigma, expected of noise alone, count, largest_m3
    """
    known = np.isfinite(ours - theirs)
    volume = float(np.prod(voxel_size))
    flat = is_constant(ours[known]) or is_constant(theirs[known]) or np.count_nonzero(known) < FEWEST
    noisy = None if sigma is None or flat else _with_noise(ours, theirs, sigma, known)
    found = {
        name: None
        if flat
        else _tenths(sign * ours, sign * theirs, noisy and [sign * n for n in noisy], volume)
        for name, sign in (("hot", 1), ("cold", -1))
    }
    return {**found, "misfit": None if sigma is None else _misfit((ours - theirs) / sigma, known, volume)}


def _with_noise(ours, theirs, sigma, known):
    """The simulated map with noise, as the true model's measurement would be: one number a measured value."""
    rng, (native, _) = np.random.default_rng(SEED), native_voxels(np.where(known, theirs, np.nan))
    drawn = (rng.standard_normal(native.max() + 1)[native] for _ in range(DRAWS))
    return [np.where(known, ours + sigma * one, np.nan) for one in drawn]


def _tenths(ours, theirs, noisy, volume):
    a, b = _upper(ours), _upper(theirs)
    found = {"count": {}, "largest_m3": {}}
    for name, mask in (("simulated", a), ("measured", b)):
        found["count"][name], found["largest_m3"][name] = _regions(mask, volume)
    found |= {"shared": _shared(a, b), "chance": TENTH, "true_model": None}
    if noisy:
        masks = [_upper(one) for one in noisy]
        count, largest = np.mean([_regions(mask, volume) for mask in masks], axis=0)
        shared = float(np.mean([_shared(a, mask) for mask in masks]))
        found["true_model"] = {"shared": shared, "count": float(count), "largest_m3": float(largest)}
    return found


def _upper(values):
    """The upper tenth of a map's values; of equal ones at its edge the first."""
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values.ravel()[known], kind="stable")]
    mask = np.zeros(values.size, bool)
    mask[order[: max(round(TENTH * known.size), 1)]] = True
    return mask.reshape(values.shape)


def _shared(a, b):
    return float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))


def _regions(mask, volume):
    """Number of connected regions, and the volume of the largest one."""
    labels, count = ndimage.label(mask)
    return count, volume * float(np.bincount(labels.ravel())[1:].max()) if count else 0.0


def _misfit(over, known, volume):
    beyond = known & (np.abs(np.nan_to_num(over)) > BEYOND)
    count, largest = _regions(beyond, volume)
    share = np.count_nonzero(beyond) / np.count_nonzero(known)
    return {"sigmas": BEYOND, "share": share, "expected": CHANCE, "count": count, "largest_m3": largest}
