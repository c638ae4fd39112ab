"""A pixel classifier trained on a few painted voxels: a random forest on features at several scales
(scikit-learn)."""

import warnings
from dataclasses import dataclass

import numpy as np

from ..base.axes import axis_number
from ..base.errors import InputError
from ..base.packages import need
from ..volumes.slabs import MEMORY, place, take

SLAB_VOXELS = 2**19  # features of so many voxels at once


@dataclass(frozen=True)
class Classifier:
    """A trained forest, the scales of its features (voxels), the slicing axis (None: none) and its
    accuracy on painted voxels that each tree did not see."""

    forest: object
    smallest: float
    largest: float
    axis: int | None
    accuracy: float

    @property
    def reach(self):
        """How far features look, voxels."""
        return int(np.ceil(4 * self.largest)) + 2


def train(values, painted, phases, *, smallest=0.7, largest=3.0, axis=None, trees=60, seed=0, most=20000):
    """Train a classifier: brightness, edges and texture at several scales of the painted voxels, against
    their phase.

    values   grey [x, y, z]; painted: whole numbers [x, y, z], 0 not painted, k the k-th phase from dark to
             bright
    phases   how many; smallest, largest: scales of the features, standard deviations in voxels, doubling in
             between
    axis     slicing axis: adds the differences to the three slices before and behind, which tell a wall seen
             through a pore from a face that was cut
    most     painted voxels used per phase, drawn at random

    Features: skimage.feature.multiscale_basic_features; Arganda-Carreras et al., Bioinformatics 33 (2017)
    2424. Raises InputError if the painted labels do not fit.
    """
    need("sklearn", "the trained classifier")
    from sklearn.ensemble import RandomForestClassifier

    painted = np.asarray(painted)
    _check_painted(painted, values.shape, phases)
    axis = None if axis is None else axis_number(axis)
    found = Classifier(None, smallest, largest, axis, 0.0)
    rng, samples, answers = np.random.default_rng(seed), [], []
    chosen = _chosen(rng, painted, phases, most)
    for first, end in _slabs(values.shape, found.reach):
        here = (chosen[0] >= first) & (chosen[0] < end)
        if here.any():
            features, low = _features_of(values, first, end, found)
            samples.append(features[chosen[0][here] - low, chosen[1][here], chosen[2][here]])
            answers.append(painted[tuple(part[here] for part in chosen)] - 1)
    forest = RandomForestClassifier(
        n_estimators=trees,
        max_depth=12,
        min_samples_leaf=3,
        class_weight="balanced",
        oob_score=True,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Some inputs do not have OOB scores"
        )  # few trees: those inputs just do not count
        forest.fit(np.concatenate(samples), np.concatenate(answers))
    return Classifier(forest, smallest, largest, axis, float(forest.oob_score_))


def classify(values, classifier, *, store=MEMORY, progress=None):
    """Apply a classifier: (labels uint8 [x, y, z], probability float32 [phase, x, y, z]). Slab by slab."""
    count = len(classifier.forest.classes_)
    labels = store.empty(values.shape, np.uint8)
    probability = store.empty((count, *values.shape), np.float32)
    for first, end in _slabs(values.shape, classifier.reach):
        features, low = _features_of(values, first, end, classifier)
        features = features[first - low : end - low]
        likely = classifier.forest.predict_proba(features.reshape(-1, features.shape[-1])).astype(np.float32)
        likely = likely.reshape(*features.shape[:-1], count)
        place(labels, 0, first, end, likely.argmax(-1).astype(np.uint8))
        place(probability, 1, first, end, np.moveaxis(likely, -1, 0))
        if progress:
            progress(end, values.shape[0], "classifying")
    return labels, probability


def _check_painted(painted, shape, phases):
    if painted.shape != tuple(shape):
        raise InputError(
            f"expected painted labels of the grey volume's shape {tuple(shape)} at this step, got"
            f" {painted.shape}; paint on that volume, or move the step before those that change the shape."
        )
    low, high = int(painted.min()), int(painted.max())
    if low < 0 or high > phases:
        raise InputError(
            f"expected painted labels 0 (not painted) to {phases}, one for each phase, got {low} to {high};"
            " correct them."
        )
    missing = [k for k in range(1, phases + 1) if not np.any(painted == k)]
    if missing:
        raise InputError(
            f"expected painted voxels of every phase, 1 to {phases}, got none of"
            f" {', '.join(map(str, missing))}; paint some."
        )


def _chosen(rng, painted, phases, most):
    """Places of the painted voxels that are used: three arrays."""
    places = []
    for k in range(1, phases + 1):
        here = np.flatnonzero(painted == k)
        places.append(rng.choice(here, most, replace=False) if here.size > most else here)
    return np.unravel_index(np.sort(np.concatenate(places)), painted.shape)


def _slabs(shape, reach):
    layer = int(np.prod(shape[1:]))
    thickness = max(SLAB_VOXELS // layer - 2 * reach, 4)
    return [(a, min(a + thickness, shape[0])) for a in range(0, shape[0], thickness)]


def _features_of(values, first, end, classifier):
    """Features [x, y, z, feature] of a slab with its margins, and the layer at which it begins."""
    from skimage.feature import multiscale_basic_features

    low, high = max(first - classifier.reach, 0), min(end + classifier.reach, values.shape[0])
    slab = np.asarray(take(values, 0, low, high), np.float32)
    features = multiscale_basic_features(
        slab, sigma_min=classifier.smallest, sigma_max=classifier.largest, workers=1
    )
    if classifier.axis is None:
        return features, low
    return np.concatenate([features, _along(slab, classifier.axis)], axis=-1), low


def _along(slab, axis):
    """Differences to the slices up to three before and behind."""
    n = slab.shape[axis]
    shifted = [np.take(slab, np.clip(np.arange(n) + k, 0, n - 1), axis) - slab for k in (-3, -2, -1, 1, 2, 3)]
    return np.stack(shifted, axis=-1)
