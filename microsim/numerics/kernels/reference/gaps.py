"""Gaps and sheets between two surfaces in one voxel, slow: what cpu.gaps is held against."""

import numpy as np

from ...codes import PURE
from .cut_planes import normal, places, volume

HALVINGS, LEVEL = 12, 1e-4  # as in cpu.gaps
SLOPE, MEAN, BEND = [-0.5, 0, 0.5], [0.25, 0.5, 0.25], [1, -2, 1]


def between_two(share, here, before, g, h, otherwise):
    """Open part of the lower faces across axis 0 of voxels that two surfaces run through; see cpu.gaps.

    share: with voxels around; here, before: parts of it beyond the faces and on their lower side.
    """
    own, other = _bends(share, here), _bends(share, before)
    squares = sum(np.einsum("a...,b...->ab...", x, x) for x in (g, h))
    squares = squares + sum(np.einsum("ac...,cb...->ab...", x, x) for x in (own, other))
    trace = np.einsum("aa...", squares)
    axis = _foremost(squares)
    sheet = np.einsum("a...,ab...,b...", axis, own + other, axis) > 0
    s, t = (np.where(sheet, 1 - share[part], share[part]) for part in (here, before))
    views = np.stack([normal(axis)] * 2, axis=1), np.stack([s, t]), np.stack([t, s])
    between = _through(*views).mean(axis=0)
    found = np.where(sheet, np.minimum(1 - between, otherwise), between)
    return np.where(trace < LEVEL, otherwise, found)


def _foremost(squares):
    """The foremost axis, of any length: the largest column of the 32nd power."""
    power = np.moveaxis(squares, (0, 1), (-2, -1))
    power = np.where(np.trace(power, axis1=-2, axis2=-1)[..., None, None] < LEVEL, np.eye(3), power)
    for _ in range(5):
        power = power / np.trace(power, axis1=-2, axis2=-1)[..., None, None]
        power = power @ power
    column = np.argmax(np.diagonal(power, axis1=-2, axis2=-1), axis=-1)
    return np.moveaxis(np.take_along_axis(power, column[..., None, None], -1)[..., 0], -1, 0)


def _bends(share, part):
    """Second differences [axis, axis, ...] of the shares over 3 x 3 x 3 voxels."""
    found = np.zeros((3, 3, *share[part].shape))
    for place in np.ndindex(3, 3, 3):
        window = share[tuple(slice(p.start + m - 1, (p.stop + m - 1) or None) for p, m in zip(part, place))]
        for a, b in np.ndindex(3, 3):
            kinds = [BEND if axis == a == b else SLOPE if axis in (a, b) else MEAN for axis in range(3)]
            found[a, b] += np.prod([kind[m] for kind, m in zip(kinds, place)]) * window
    return found


def _section(n, a):
    corners = [np.array(c, float) for c in np.ndindex(2, 2)]
    cut = sum((-1) ** c.sum() * np.maximum(a - np.tensordot(c, n[1:], 1), 0) ** 2 for c in corners)
    return np.clip(cut / (2 * n[1] * n[2]), 0, 1)


def _through(n, s, t):
    upper = places(n, s)
    most = volume(n, upper + n[0])
    beneath_face = (t >= most - PURE * PURE) | (places(n, np.maximum(most - t, 0)) <= n[0])
    first = _section(n, upper)
    low, high = np.zeros(s.shape), 1 - s
    lower = places(n, high)
    above = t <= 1 - volume(n, lower + n[0])
    second = 1 - _section(n, lower)
    for _ in range(HALVINGS):
        beneath = (low + high) / 2
        lower, upper = places(n, beneath), places(n, beneath + s)
        more = volume(n, upper + n[0]) - volume(n, lower + n[0]) > t
        low, high = np.where(more, beneath, low), np.where(more, high, beneath)
    third = _section(n, upper) - _section(n, lower)
    return np.where(beneath_face, first, np.where(above, second, third))
