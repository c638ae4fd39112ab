"""From grey values to phases: thresholds on levels of grey, watershed, cracks inside particles, a trained
classifier.

Phases are named from dark to bright; label k is the k-th of them, and cracks, where they are looked for, come
last. Every method gives labels (uint8), and where asked the probability of each label per voxel.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from ..base.axes import axis_number
from ..base.errors import InputError
from ..volumes.slabs import MEMORY, SLAB_BYTES, by_slabs, layers, place, windows
from .preparation import grey_span

BINS = 512
MOST_PHASES = 8  # Otsu's search takes bins^(phases - 1); beyond four phases the bins are fewer
APART = 3.0  # standard deviations between two phases of their own; halves of one phase lie 2.3 apart
VALLEY = 0.5  # of the lower peak: a histogram that falls less between two levels shows one phase
SMOOTH = 3.0  # bins
BINS_OF = {5: 128, 6: 64, 7: 48, 8: 32}


@dataclass(frozen=True)
class Levels:
    """Grey levels of the phases from dark to bright: means, standard deviations (without edges), shares
    of the flat voxels, the thresholds between them, and how deep the histogram falls between each two (0 to
    1)."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    shares: tuple[float, ...]
    thresholds: tuple[float, ...]
    valleys: tuple[float, ...] = ()


# ---- levels and thresholds ---------------------------------------------------------------------------------


def histogram(values, bins=BINS, where=None):
    """Count grey values: (counts, middles of the bins); where: callable(slab) -> bool, voxels that count."""
    low, high = grey_span(values)
    edges = np.linspace(low, high, bins + 1)
    counts = np.zeros(bins, np.int64)
    for start in range(0, values.shape[0], 16):
        slab = np.asarray(values[start : start + 16], np.float32)
        counts += np.histogram(np.clip(slab if where is None else slab[where(slab)], low, high), edges)[0]
    return counts, (edges[1:] + edges[:-1]) / 2


def thresholds(values, phases, method="otsu"):
    """Find the phases - 1 grey values that part the histogram.

    otsu  largest variance between the parts (Otsu 1979; several at once: Liao, J. Inf. Sci. Eng. 17 (2001)
          713)
    li    from those, each moved to the minimum cross entropy of the two parts around it (Li & Tam 1998)
    """
    if phases < 2:
        raise InputError(
            f"expected at least two phases to part, got {phases}; name them from dark to bright."
        )
    counts, middles = histogram(values)
    return _thresholds(counts, middles, phases, method)


def _thresholds(counts, middles, phases, method):
    from skimage.filters import threshold_multiotsu

    if phases > MOST_PHASES:
        raise InputError(
            f"expected at most {MOST_PHASES} phases to part by themselves, got {phases}; give thresholds."
        )
    seen = _rebinned(counts, middles, BINS_OF.get(phases))
    if np.count_nonzero(seen[0]) < phases:
        raise InputError(
            f"expected at least {phases} different grey values for {phases} phases, got"
            f" {np.count_nonzero(seen[0])}; name fewer phases."
        )
    found = np.array(threshold_multiotsu(classes=phases, hist=seen), float)
    found += (seen[1][1] - seen[1][0]) / 2  # it names the last bin of a part: up to that bin's end
    if method == "otsu":
        return tuple(found.tolist())
    if method == "li":
        return _li(counts, middles, found)
    raise InputError(f"expected the method otsu or li, got {method!r}; choose one.")


def _rebinned(counts, middles, bins):
    """The histogram in fewer bins between the grey values that 99.9 % of the voxels lie between."""
    if bins is None:
        return counts, middles
    below = np.cumsum(counts) / counts.sum()
    first, last = np.searchsorted(below, [5e-4, 1 - 5e-4])
    coarse, edges = np.histogram(middles[first : last + 1], bins, weights=counts[first : last + 1])
    return coarse, (edges[1:] + edges[:-1]) / 2


def _li(counts, middles, start, rounds=200):
    """t <- (b - a) / (ln b - ln a), a and b the means below and above t between its two neighbours."""
    step, moved = middles[1] - middles[0], start.copy()
    offset = middles[0] - step / 2  # logarithms need grey values above 0
    for _ in range(rounds):
        last = moved.copy()
        for k, t in enumerate(moved):
            low = moved[k - 1] if k else -np.inf
            high = moved[k + 1] if k + 1 < len(moved) else np.inf
            a, b = (
                np.average(middles[part] - offset, weights=counts[part]) if counts[part].any() else None
                for part in ((middles > low) & (middles <= t), (middles > t) & (middles <= high))
            )
            if a is not None and b is not None and b > a:
                moved[k] = offset + (b - a) / (np.log(b) - np.log(a))
        if np.abs(moved - last).max() < step / 100:
            break
    return tuple(moved.tolist())


def phase_levels(values, phases, *, method="otsu", steepest=0.06, given=None):
    """Measure the grey level of each phase in the voxels where the image is flat.

    Edges, and the light in pores that fades with depth, fill the histogram between the levels; voxels whose
    gradient is at most `steepest` (share of the range of grey values, 1 to 99 %, per voxel) show the levels
    themselves. Their histogram is parted (see `thresholds`); level and standard deviation of a part are its
    median and 1.48 times its median absolute deviation. The thresholds lie half way between levels, where a
    blurred edge is.

    Where a phase is nowhere flat (a shell of two voxels), two parts of the flat voxels are no phases of their
    own: less than three standard deviations apart, or without a valley between them. Then the histogram of
    all voxels is parted instead, if that does better: by Otsu's thresholds, or between its highest peaks.

    given: thresholds to use (dark to bright). Returns Levels. Raises InputError for a phase without voxels.
    """
    everywhere = histogram(values)
    gradient = steepest * _range(*everywhere)
    flat = histogram(values, where=lambda slab: _gradient(slab) <= gradient)
    if np.count_nonzero(flat[0]) < phases:  # no flat parts: all voxels
        flat = everywhere
    if given:
        return _levels(*flat, _check_cuts(given, phases), given)
    found = [_levels(*flat, _thresholds(*flat, phases, method))]
    for cut in (_thresholds, _between_peaks):
        if not parted(found[-1]):
            cuts = cut(*everywhere, phases, method)
            found += [_levels(*everywhere, cuts)] if cuts else []
    return max(found, key=lambda levels: (parted(levels), apart(levels)))


def _levels(counts, middles, cuts, given=None):
    """Levels of the parts of a histogram between cuts."""
    part = np.digitize(middles, cuts)
    if given and middles[-1] < cuts[-1] <= middles[-1] + (middles[1] - middles[0]) * 0.501:
        part[-1] = len(cuts)  # the brightest voxels are at the end of the last bin, and of the last phase
    found = [_level(counts[part == k], middles[part == k], k, cuts) for k in range(len(cuts) + 1)]
    means, spreads, sizes = zip(*found)
    between = tuple((a + b) / 2 for a, b in pairwise(means))
    shares, valleys = tuple(n / sum(sizes) for n in sizes), _valleys(counts, middles, means)
    return Levels(means, spreads, shares, tuple(given) if given else between, valleys)


def _valleys(counts, middles, means):
    """Least count between each two levels over that at the lower of them, of the smoothed histogram."""
    smooth = ndimage.gaussian_filter1d(counts.astype(float), SMOOTH, mode="constant")
    at = [int(np.argmin(np.abs(middles - mean))) for mean in means]
    return tuple(
        float(smooth[a : b + 1].min() / max(min(smooth[a], smooth[b]), 1e-12)) for a, b in pairwise(at)
    )


def apart(levels):
    """Least distance of two neighbouring levels over their standard deviation."""
    pairs = zip(pairwise(levels.means), pairwise(levels.spreads))
    return min((b - a) / np.sqrt((s**2 + t**2) / 2) for (a, b), (s, t) in pairs)


def parted(levels):
    """Whether each two neighbouring levels are two phases: apart, and with a valley between."""
    return apart(levels) >= APART and max(levels.valleys, default=0.0) <= VALLEY


def _between_peaks(counts, middles, phases, method):
    """Thresholds in the valleys between the highest peaks of a histogram, or None for too few peaks."""
    from scipy.signal import find_peaks

    smooth = np.sqrt(ndimage.gaussian_filter1d(counts.astype(float), SMOOTH, mode="constant"))
    peaks, about = find_peaks(np.r_[0.0, smooth, 0.0], prominence=1.0)
    if peaks.size < phases:
        return None
    chosen = np.sort(peaks[np.argsort(about["prominences"])[-phases:]] - 1)
    return tuple(float(middles[a + np.argmin(smooth[a : b + 1])]) for a, b in pairwise(chosen))


def _check_cuts(given, phases):
    cuts = [float(t) for t in given]
    if len(cuts) != phases - 1 or any(a >= b for a, b in pairwise(cuts)):
        raise InputError(
            f"expected {phases - 1} rising thresholds for {phases} phases, got"
            f" {', '.join(f'{t:g}' for t in cuts)}; give one between each two."
        )
    return cuts


def _gradient(slab):
    return (
        ndimage.gaussian_gradient_magnitude(slab, 0.8, mode="nearest")
        if min(slab.shape) > 1
        else np.zeros_like(slab)
    )


def _range(counts, middles):
    """Grey values between which 98 % of the voxels lie, apart."""
    below = np.cumsum(counts) / counts.sum()
    return float(middles[np.searchsorted(below, 0.99)] - middles[np.searchsorted(below, 0.01)])


def _level(counts, middles, k, cuts):
    if not counts.any():
        raise InputError(
            f"expected voxels in every phase, got none in phase {k + 1} of {len(cuts) + 1} (thresholds "
            f"{', '.join(f'{t:g}' for t in cuts)}); name fewer phases or give other thresholds."
        )
    median = _weighted_median(middles, counts)
    spread = 1.4826 * _weighted_median(np.abs(middles - median), counts)
    return median, max(spread, (middles[1] - middles[0]) if len(middles) > 1 else 1e-6), int(counts.sum())


def _weighted_median(values, counts):
    order = np.argsort(values)
    below = np.cumsum(counts[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])


def label_by_thresholds(values, cuts, *, store=MEMORY, progress=None):
    """Label voxels by the number of thresholds at or below their grey value: uint8 [x, y, z]."""

    def step(slab):
        return np.digitize(slab, cuts).astype(np.uint8)

    return by_slabs(step, values, dtype=np.uint8, store=store, progress=progress, message="labelling")


def label_shares(labels, count):
    """Share of each of `count` labels: list of floats."""
    return shares_of_parts(layers(labels, 0), count)


def shares_of_parts(parts, count):
    """Share of each of `count` labels in a volume that comes in parts: list of floats."""
    found, size = np.zeros(count, np.int64), 0
    for part in parts:
        found += np.bincount(np.ravel(part), minlength=count)[:count]
        size += np.size(part)
    return (found / size).tolist()


def threshold_probabilities(values, levels):
    """Return the probability of each phase per voxel: float32 [phase, x, y, z].

        P(k) = Phi((b_k+1 - v) / s) - Phi((b_k - v) / s)

    with the thresholds b and the spread s of the nearest level.

    What noise alone could do to a voxel's label; a threshold in the wrong place is not seen (see `moved`).
    """
    from scipy.special import ndtr

    values = np.asarray(values, np.float32)
    nearest = np.digitize(values, [(a + b) / 2 for a, b in pairwise(levels.means)])
    spread = np.asarray(levels.spreads, np.float32)[nearest]
    below = [np.zeros_like(values), *(ndtr((values - t) / spread) for t in levels.thresholds)]
    above = [*below[1:], np.zeros_like(values)]
    below[0] = np.ones_like(values)
    return np.stack([low - high for low, high in zip(below, above)]).astype(np.float32)


def moved_edges(values, labels, levels, by, *, store=MEMORY):
    """Move the edges between phases to where the threshold is `by` of the step between the two levels higher:
    uint8.

    by > 0: a voxel beside a darker phase whose grey is below the moved threshold goes to it; by < 0: a voxel
    beside a brighter phase whose grey is above goes to that. Edges move by one voxel at most, nothing changes
    elsewhere; a label without a level (cracks) has that of the first phase. Low, middle and high volumes
    (-by, 0, by) give every number computed from them an error bar; `by` may also differ from voxel to voxel,
    [x, y, z] (draws.py). Slab by slab.
    """
    out = store.empty(labels.shape, np.uint8)
    for first, part in moved_slabs(values, labels, levels, by):
        out[first : first + len(part)] = part
    return out


def moved_slabs(values, labels, levels, by):
    """Go through what `moved_edges` gives slab by slab: (number of the first layer, labels)."""
    level = np.full(256, levels.means[0], np.float32)
    level[: len(levels.means)] = levels.means
    thickness = max(SLAB_BYTES // (32 * labels[0].size), 1)  # a hundred bytes a voxel at work
    for old, own, first in windows(labels, 1, thickness):
        low, high = first - own.start, first - own.start + len(old)
        here = by[low:high] if np.ndim(by) else np.full(old.shape, by, np.float32)
        yield first, _moved(np.asarray(values[low:high], np.float32), old, level, here)[own]


def _moved(values, old, level, by):
    new, best = old.copy(), np.zeros(old.shape, np.float32)
    for axis in range(3):
        for here, there in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
            here, there = ((slice(None),) * axis + (part,) for part in (here, there))
            mine, other = level[old[here]], level[old[there]]
            cut = (mine + other) / 2 + by[here] * np.abs(mine - other)
            off = (mine - other) * np.sign(by[here])  # above 0: the move is from this phase to that one
            turns = (off > best[here]) & ((cut - values[here]) * by[here] > 0)
            new[here][turns] = old[there][turns]
            best[here][turns] = off[turns]
    return new


def watershed_labels(values, labels, *, axis=None, steepest=0.1, smoothing=0.7, store=MEMORY, progress=None):
    """Assign voxels on edges to the phase that each edge ends in, instead of the one between two.

    A blurred edge between the darkest and the brightest phase passes through the levels between, and
    thresholds leave a film of those there. Markers are voxels with the label of more than three quarters of
    the voxels around and those where the image is flattest (share `steepest`); the rest is flooded from them
    over the gradient (Meyer, Signal Process. 38 (1994) 113).

    axis: given: slice by slice across this axis, which leaves what lies behind a slice out; None: in 3-D,
    whole volume smoothing: of the gradient, voxels
    """
    if axis is None:
        return _flooded(np.asarray(values, np.float32), np.asarray(labels), steepest, smoothing)
    axis, out = axis_number(axis), store.empty(values.shape, np.uint8)
    for s, (image, old) in enumerate(zip(layers(values, axis), layers(labels, axis))):
        flooded = _flooded(image.astype(np.float32), old, steepest, smoothing)
        place(out, axis, s, s + 1, np.expand_dims(flooded, axis))
        if progress:
            progress(s + 1, values.shape[axis], "watershed")
    return out


def _flooded(values, labels, steepest, smoothing):
    from skimage.segmentation import watershed

    gradient = ndimage.gaussian_gradient_magnitude(values, smoothing, mode="nearest")
    agreeing = np.zeros(labels.shape, np.float32)
    for label in np.unique(labels):
        share = ndimage.uniform_filter((labels == label).astype(np.float32), 3, mode="nearest")
        agreeing = np.where(labels == label, share, agreeing)
    sure = (agreeing > 0.75) | (gradient <= np.quantile(gradient, steepest))
    return (watershed(gradient, np.where(sure, labels.astype(np.int32) + 1, 0)) - 1).astype(np.uint8)


# ---- cracks ------------------------------------------------------------------------------------------------


def find_cracks(values, labels, levels, *, active, void=0, width=4, contrast=0.75, hull=True, progress=None):
    """Mark thin dark voxels inside particles: bool [x, y, z].

    A crack is at most 2 `width` voxels wide, lies in a particle, and is dark:

        in a particle  in the closing of the active material by a ball of radius `width` and (hull) in the
                       convex hull of its own particle, so that the neck between two particles that touch is
                       none
        dark           void by its label, or black top-hat (closing of the grey image less itself) above
                       `contrast` times the step from the void's level to that of the active material

    active, void: labels. Needs the whole volume in memory. Raises InputError without active material.
    """
    from ..shapes.splitting import closing_by_distance, inside_hulls, split_touching

    labels = np.asarray(labels)
    solid = labels == active
    if not solid.any():
        raise InputError("expected active material to look for cracks in, got none; correct the thresholds.")
    envelope = closing_by_distance(solid, width)
    if hull:
        envelope = inside_hulls(split_touching(envelope, progress=progress), solid)
    step = levels.means[active] - levels.means[void]
    return envelope & ((labels == void) | (black_tophat(values, width) > contrast * step))


def black_tophat(values, width):
    """Closing of the grey values less themselves: how far a dark detail at most 2 `width` wide lies below its
    rim."""
    from skimage.morphology import ball
    from skimage.morphology import black_tophat as tophat

    return tophat(np.asarray(values, np.float32), ball(int(width), decomposition="sequence"))
