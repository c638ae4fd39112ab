"""What changes over the depth: values by region, and choices of voxels that lean along x."""

from itertools import pairwise

import numpy as np

from ..base.errors import InputError
from ..base.schema import number, say

MOST_REGIONS = 50
ROUNDS, STEP = 12, 0.7  # of the search for a limit: a window's knot acts on its neighbours too


def region_values(low, high):
    """Make a reader of one number, or of one for each of several equal regions of the depth, from the
    separator on."""
    one = number(low, high)

    def read(raw, path, per=1.0, unit=""):
        parts = raw if isinstance(raw, (list, tuple)) else [raw]
        if not 1 <= len(parts) <= MOST_REGIONS:
            raise InputError(
                f"{path}: expected one number, or 2 to {MOST_REGIONS} for as many regions of the depth, got "
                f"{say(raw)}; correct the list."
            )
        paths = [f"{path}.{i}" for i in range(len(parts))] if parts is raw else [path]
        return tuple(one(part, where, per, unit) for part, where in zip(parts, paths))

    return read


def depth_profile(values, layers):
    """Spread the means of equal regions of the depth over the layers of voxels: linear within each region,
    none below zero.

    values: one for each region, from the separator on. Returns [layers].
    """
    values = np.asarray(values, dtype=float)
    place = (np.arange(layers) + 0.5) / layers * values.size
    region = np.minimum(place.astype(int), values.size - 1)
    slope = np.gradient(values) if values.size > 1 else np.zeros(1)
    slope = np.clip(slope, -2 * np.abs(values), 2 * np.abs(values))
    return values[region] + slope[region] * (place - region - 0.5)


def leaning_limit(values, count, lean, windows, what):
    """Find the limits below which `count` values lie, the same over the depth or leaning along x.

        chosen = values < limit(x)
        fraction of window k = count / size + lean (depth of its middle - 1/2)

    The limit is linear between the middles of the windows, so that what varies within a window stays.

    values   float32 [x, y, z], inf where nothing may be chosen
    lean     change of the chosen fraction from the separator to the collector; None: one limit for all
    windows  of equal depth in which the fraction is met
    what     the fraction's name, for errors

    Returns [x or 1, 1, 1]. Raises InputError when the mean does not allow the change.
    """
    if lean is None:
        return np.full((1, 1, 1), _smallest_beyond(values, count))
    middles = (np.arange(windows) + 0.5) / windows
    wanted = count / values.size + lean * (middles - 0.5)
    ends = np.rint(np.linspace(0, len(values), windows + 1)).astype(int)
    place, knots = (np.arange(len(values)) + 0.5) / len(values), np.zeros(windows)
    for _ in range(ROUNDS):
        limit = np.interp(place, middles, knots).astype(np.float32)[:, None, None]
        parts = [(values - limit)[a:b] for a, b in pairwise(ends)]
        steps = [_smallest_beyond(part, round(share * part.size)) if share >= 0 else np.inf
                 for part, share in zip(parts, wanted)]  # fmt: skip
        if not np.all(np.isfinite(steps)):
            raise InputError(
                f"expected a change of {what} over the depth that its mean allows, got {lean:+.3g}; lower it."
            )
        knots += STEP * np.array(steps)
    limit = np.interp(place, middles, knots).astype(np.float32)[:, None, None]
    return limit + _smallest_beyond(values - limit, count)


def _smallest_beyond(values, count):
    """The value that `count` of them lie below."""
    count = min(count, values.size - 1)
    return np.partition(values, count, axis=None)[count]
