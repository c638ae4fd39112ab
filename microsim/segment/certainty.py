"""How sure a segmentation is: fractions with edges moved to other grey values, probability of the labels."""

import numpy as np

from .segmentation import label_shares, moved_edges, moved_slabs, shares_of_parts, threshold_probabilities


def fractions_with_bounds(state, shift):
    """Return the share of each label: {"middle": as it is, "low" and "high": with the edges moved by so much
    of the grey step, lower and higher}."""
    found = {"middle": _shares(state, state.labels)}
    for bound, by in (("low", -shift), ("high", shift)):
        found[bound] = _moved_shares(state, by)
    return found


def _moved_shares(state, by):
    """Share of each label with moved edges, of which no more than a slab is in memory."""
    parts = moved_slabs(state.matter, state.labels, state.levels, by)
    if state.sample is None:
        return shares_of_parts((part for _, part in parts), len(state.names))
    inside = (part[state.sample[first : first + len(part)]] for first, part in parts)
    return shares_of_parts(inside, len(state.names))


def _shares(state, labels):
    """Share of each label, in the sample alone."""
    count = len(state.names)
    if state.sample is None:
        return label_shares(labels, count)
    return label_shares(labels[state.sample][:, None, None], count)


def bound_volume(state, shift, bound):
    """Return the labels with the edges moved by a share of the grey step: "low" or "high" grey values."""
    by = {"low": -shift, "high": shift}[bound]
    return moved_edges(state.matter, state.labels, state.levels, by)


def mean_probability(state):
    """Return the mean probability of the label that a voxel was given before edges and cracks were looked
    at."""
    found = 0.0
    for i in range(state.labels.shape[0]):
        if state.probability is None:
            likely = threshold_probabilities(state.matter[i : i + 1], state.levels)
        else:
            likely = state.probability[:, i]
        likely, inside = np.max(likely, axis=0), slice(None)
        if state.sample is not None:
            inside = state.sample[i].reshape(likely.shape)
        found += float(likely[inside].sum(dtype=float))
    return found / (state.labels.size if state.sample is None else np.count_nonzero(state.sample))


def phase_probabilities(state):
    """Return the probability of each phase, [phase, x, y, z]."""
    if state.probability is not None:
        return state.probability
    return threshold_probabilities(state.matter, state.levels)
