"""Planes in voxels, slow: what cpu.cut_planes is held against."""

import numpy as np

from ...codes import FLAT

CORNERS = np.array(list(np.ndindex(2, 2, 2)), float)
SIGNS = (-1.0) ** CORNERS.sum(axis=1)


def normal(g):
    n = np.maximum(np.abs(g) / np.maximum(np.abs(g).sum(axis=0), 1e-30), FLAT)
    return n / n.sum(axis=0)


def volume(n, a):
    """Share of unit cubes with n . x < a: pyramids over the corners, by inclusion and exclusion."""
    cut = np.tensordot(SIGNS, np.maximum(a - np.tensordot(CORNERS, n, 1), 0) ** 3, 1)
    return np.clip(cut / (6 * n.prod(axis=0)), 0, 1)


def places(n, share):
    """Places a of the planes n . x = a that leave `share` of unit cubes open, by bisection."""
    low, high = np.zeros(share.shape), np.ones(share.shape)
    for _ in range(24):
        a = (low + high) / 2
        more = volume(n, a) > share
        low, high = np.where(more, low, a), np.where(more, a, high)
    return (low + high) / 2
