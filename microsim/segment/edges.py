"""What labels leave unexplained at their edges: an image of the labels, blurred, against the grey values.

    image = G_s * level(label) + noise

G_s is a Gaussian point spread whose standard deviation s (voxels) is the one that leaves least. Where labels
are right, what is left at edges is the noise of the flat parts; where a blurred edge between a dark and a
bright phase was taken for a film of the phase between, the image is explained better there without that film.
True films and such stand side by side, so that each is looked at where it is.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SPREADS = np.arange(0.0, 2.1, 0.25)  # voxels
SIDE = 128  # voxels of the box in the middle that is looked at
AROUND = 1.5  # voxels over which what is left is compared
MANY = 0.03  # share of a phase; of true films up to 0.002 look blurred, of mixed ones 0.12 to 0.37
FEWEST = 50  # voxels of a film that tell


@dataclass(frozen=True)
class BlurredFilm:
    """Films of phase `k` between a darker and a brighter one that a blurred edge explains better: their share
    of the phase's voxels."""

    k: int
    share: float


def edge_residual(state):
    """Root mean square of what is left in voxels beside another phase, in grey values; 0 without edges."""
    values, labels = _middle(state)
    edge = ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3)
    return _left(values, labels, levels_of(state), edge) if edge.any() else 0.0


def blurred_films(state):
    """List the phases between a darker and a brighter one with films that are blurred edges:
    [BlurredFilm]."""
    values, labels = _middle(state)
    labels = np.where(labels < len(state.phases), labels, np.uint8(0))  # cracks are dark
    level, found = levels_of(state), []
    for k in range(1, len(state.phases) - 1):
        share = max(_blurred_share(values, labels, level, k, reach) for reach in (1, 2))
        if share > MANY:
            found.append(BlurredFilm(k, share))
    return found


def levels_of(state):
    """Grey level of each label; a label without one (cracks) has that of the first phase."""
    level = np.full(256, state.levels.means[0], np.float32)
    level[: len(state.levels.means)] = state.levels.means
    return level


def _blurred_share(values, labels, level, k, reach):
    """Share of phase k that lies within `reach` of a darker and of a brighter phase, and that the image takes
    back: given to the nearer of the two grey levels, it leaves less around itself. 0 for few voxels."""
    around = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), reach)
    low, high = (find(labels, footprint=around) for find in (ndimage.minimum_filter, ndimage.maximum_filter))
    film = (labels == k) & (low < k) & (high > k)
    if np.count_nonzero(film) < FEWEST:
        return 0.0
    bright = values > (level[low] + level[high]) / 2
    without = np.where(film, np.where(bright, high, low), labels)
    where = ndimage.binary_dilation(film)
    gain = (_missed(values, labels, level, where) - _missed(values, without, level, where)) * where
    blurred = film & (ndimage.gaussian_filter(gain, AROUND) > 0)
    return float(np.count_nonzero(blurred) / np.count_nonzero(labels == k))


def _left(values, labels, level, where):
    """Root mean square over some voxels of the grey values less the labels' image, at the best blur."""
    return float(np.sqrt(np.mean(_missed(values, labels, level, where)[where], dtype=float)))


def _missed(values, labels, level, where):
    """Square of the grey values less the labels' image, at the blur that leaves least in some voxels."""
    clean, least = level[labels], (np.inf, None)
    for s in SPREADS:
        missed = (values - (ndimage.gaussian_filter(clean, s) if s else clean)) ** 2
        least = min(least, (float(np.mean(missed[where], dtype=float)), missed), key=lambda one: one[0])
    return least[1]


def _middle(state):
    """Grey values and labels of a box in the middle of the volume."""
    box = tuple(slice(max((n - SIDE) // 2, 0), max((n - SIDE) // 2, 0) + SIDE) for n in state.labels.shape)
    return np.asarray(state.matter[box], np.float32), np.asarray(state.labels[box])
