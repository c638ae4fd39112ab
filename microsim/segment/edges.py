"""What labels leave unexplained at their edges: an image of the labels, blurred, against the grey values.

    image = G_s * level(label) + noise

G_s is a Gaussian point spread whose standard deviation s (voxels) is the one that leaves least. Where labels
are right, what is left at edges is the noise of the flat parts; where a blurred edge between a dark and a
bright phase was taken for a film of the phase between, the same image is explained better without that film.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SPREADS = np.arange(0.0, 2.1, 0.25)  # voxels
SIDE = 128  # voxels of the box in the middle that is looked at
BETTER = 0.9  # of what is left with a film that is left without it, where there is none
FEWEST = 50  # voxels of a film that tell


@dataclass(frozen=True)
class BlurredFilm:
    """A film of phase `k` between a darker and a brighter one that a blurred edge explains better: its share
    of the phase's voxels, and what is left without it over what is left with it."""

    k: int
    share: float
    left: float


def edge_residual(state):
    """Root mean square of what is left in voxels beside another phase, in grey values; 0 without edges."""
    values, labels = _middle(state)
    edge = ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3)
    return _left(values, labels, levels_of(state), edge) if edge.any() else 0.0


def blurred_films(state):
    """List the phases between a darker and a brighter one whose films are blurred edges: [BlurredFilm]."""
    values, labels = _middle(state)
    labels = np.where(labels < len(state.phases), labels, np.uint8(0))  # cracks are dark
    level, found = levels_of(state), []
    for k in range(1, len(state.phases) - 1):
        films = [_film(values, labels, level, k, reach) for reach in (1, 2)]
        best = min(filter(None, films), key=lambda film: film.left, default=None)
        if best and best.left < BETTER:
            found.append(best)
    return found


def levels_of(state):
    """Grey level of each label; a label without one (cracks) has that of the first phase."""
    level = np.full(256, state.levels.means[0], np.float32)
    level[: len(state.levels.means)] = state.levels.means
    return level


def _film(values, labels, level, k, reach):
    """The voxels of phase k that lie within `reach` of a darker and of a brighter phase, each given to the
    nearer of the two grey levels; None for few."""
    around = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), reach)
    low, high = (find(labels, footprint=around) for find in (ndimage.minimum_filter, ndimage.maximum_filter))
    film = (labels == k) & (low < k) & (high > k)
    if np.count_nonzero(film) < FEWEST:
        return None
    bright = values > (level[low] + level[high]) / 2
    without = np.where(film, np.where(bright, high, low), labels)
    where = ndimage.binary_dilation(film)
    left = _left(values, without, level, where) / max(_left(values, labels, level, where), 1e-12)
    return BlurredFilm(k, float(film.sum() / np.count_nonzero(labels == k)), left)


def _left(values, labels, level, where):
    """Root mean square over some voxels of the grey values less the labels' image, at the best blur."""
    clean = level[labels]
    blurred = (ndimage.gaussian_filter(clean, s) if s else clean for s in SPREADS)
    return float(min(np.sqrt(np.mean((values - image)[where] ** 2, dtype=float)) for image in blurred))


def _middle(state):
    """Grey values and labels of a box in the middle of the volume."""
    box = tuple(slice(max((n - SIDE) // 2, 0), max((n - SIDE) // 2, 0) + SIDE) for n in state.labels.shape)
    return np.asarray(state.matter[box], np.float32), np.asarray(state.labels[box])
