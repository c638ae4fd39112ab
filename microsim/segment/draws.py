"""Volumes drawn from a segmentation: labels that the grey values allow as well as those that were found.

A draw moves the edges between phases by

    by(x) = noise / step between the levels * g(x) + shift / 2 * z

noise   of the level, or what an image of the labels leaves at edges (edges.py), where that is more; of that
        at most three times the level's
g       Gaussian field of unit variance over the voxels with the correlation length of what the levels leave
        of the grey values (residuals): neighbours move together as far as noise does, and no further
z       one number for the whole draw: where the threshold between two levels lies is uncertain by `shift` of
        the step, taken for two standard deviations

A voxel beside another phase turns to it where its grey value lies beyond the threshold so moved: with the
normal distribution of by(x), whatever the lengths are. Steps that were left out (shading, noise that gives
stray voxels, blurred edges taken for a phase between) are in no draw; segment/doubts.py looks for those.
"""

import numpy as np
from scipy import ndimage
from scipy.special import ndtri

from ..mesh.grid import both_sides
from .edges import edge_residual, levels_of
from .segmentation import moved_edges

MOST = 3.0  # times the noise of a level: what is more at edges is a sharpened image, not noise
LENGTHS = np.geomspace(0.3, 8.0, 60)  # voxels
SEEN = 0.02  # correlation of neighbours below which residuals count as independent


def drawn_labels(state, shift, count, seed=0):
    """Yield `count` label volumes [x, y, z] that the grey values allow; shift: share of the grey step."""
    noise, length = _relative_noise(state), residual_length(state)
    rng = np.random.default_rng(seed)
    common = ndtri((rng.permutation(count) + rng.random(count)) / count)  # spread evenly over the normal one
    for z in common:
        by = noise * gaussian_field(rng, noise.shape, length)
        by += np.float32(shift / 2 * z)
        yield moved_edges(state.matter, state.labels, state.levels, by)


def gaussian_field(rng, shape, length):
    """Draw a Gaussian field of unit variance, white noise through a Gaussian filter of standard deviation
    `length` (voxels): its correlation at a distance d is exp(-d^2 / (4 length^2)), from one voxel up."""
    field = rng.standard_normal(shape, np.float32)
    if length:
        field = ndimage.gaussian_filter(field, length, mode="wrap")
        field /= np.sqrt(_products(length, 0) ** 3)
    return field


def _products(length, apart):
    """Sum of the products of the weights of a Gaussian filter so many voxels apart, along one axis."""
    delta = np.zeros(2 * int(4 * length + 2) + 1)
    delta[delta.size // 2] = 1.0
    weights = ndimage.gaussian_filter1d(delta, length, mode="constant")
    return float((weights[apart:] * weights[: weights.size - apart]).sum())


def residual_length(state):
    """Measure the correlation length (voxels) of the grey values less their level, in voxels whose neighbours
    have their label: the `length` of `gaussian_field`."""
    labels = np.asarray(state.labels)
    flat = ndimage.maximum_filter(labels, 3) == ndimage.minimum_filter(labels, 3)
    residual = np.where(flat, np.asarray(state.matter, np.float32) - levels_of(state)[labels], 0)
    if not flat.any() or not residual.any():
        return 0.0
    alike = np.mean([_neighbours_alike(residual, flat, axis) for axis in range(3)]) / np.mean(
        residual[flat] ** 2, dtype=float
    )
    neighbours = [_products(length, 1) / _products(length, 0) for length in LENGTHS]
    return 0.0 if alike < SEEN else float(np.interp(alike, neighbours, LENGTHS))


def _neighbours_alike(residual, flat, axis):
    """Mean product of the residuals of two neighbours."""
    (a, b), (known, other) = both_sides(residual, axis), both_sides(flat, axis)
    both = known & other
    return float(np.mean(a[both] * b[both], dtype=float)) if both.any() else 0.0


def _relative_noise(state):
    """Noise of each voxel over the smaller step from its level to one beside it: float32 [x, y, z]. That of
    the level, or what the labels leave at edges, where it is more."""
    means, spreads, left = state.levels.means, state.levels.spreads, edge_residual(state)
    between = np.diff(means)
    steps = np.minimum(np.r_[np.inf, between], np.r_[between, np.inf])
    shares = [min(max(spread, left), MOST * spread) / step for spread, step in zip(spreads, steps)]
    share = np.full(256, shares[0], np.float32)  # cracks as the first phase
    share[: len(shares)] = shares
    return share[np.asarray(state.labels)]
