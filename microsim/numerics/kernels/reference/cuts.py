"""Slow twins of cpu.cuts."""

import numpy as np

from ...codes import GOOD_FIT, POOR_FIT, PURE
from .cut_planes import normal, places
from .gaps import between_two


def gradients(share, gradient):
    """Gradient [axis, x, y, z] of the shares over 3 x 3 x 3 voxels (weights 1, 2, 1 across), inside the
    outermost."""
    inner = tuple(n - 2 for n in share.shape)
    gradient[:] = 0
    for place in np.ndindex(3, 3, 3):
        step = np.array(place) - 1
        window = share[tuple(slice(a, a + n) for a, n in zip(place, inner))].astype(float)
        for axis in range(3):
            across = np.prod([2 - abs(s) for s in np.delete(step, axis)])
            gradient[axis] += step[axis] * across * window / 32


def _section(g, share, depth):
    """Open part of the section at `depth` of unit cubes; g: gradient, the axis across the section first."""
    n = normal(g)
    a = places(n, share) - n[0] * depth
    corners = [np.array(c, float) for c in np.ndindex(2, 2)]
    cut = sum((-1) ** c.sum() * np.maximum(a - np.tensordot(c, n[1:], 1), 0) ** 2 for c in corners)
    return np.clip(cut / (2 * n[1] * n[2]), 0, 1)


def depths(share, gradient, depth):
    """Distance of the centre of each voxel to the plane that cuts it; see cpu.cuts."""
    s, n = share[(slice(1, -1),) * 3].astype(float), normal(gradient)
    plane = (places(n, s) - 0.5) / np.sqrt((n**2).sum(axis=0))
    misfit = np.where((s < PURE) | (s > 1 - PURE), 1, _misfit(gradient, s))
    depth[:] = (1 - misfit) * plane + misfit * (s - 0.5)


def openings(share, least, gaps, opening):
    """Open part [axis, x, y, z] of the lower face of each voxel across each axis; see cpu.cuts."""
    gradient = np.empty((3, *(n - 2 for n in share.shape)), np.float32)
    gradients(share, gradient)
    for axis in range(3):
        order = [axis, (axis + 1) % 3, (axis + 2) % 3]
        turned = share.transpose(order).astype(float)
        slopes = gradient[order].transpose([0, *(a + 1 for a in order)])
        found = _lower_faces(turned, slopes, gaps)
        opening[axis] = np.where(found >= least, found, 0).transpose(np.argsort(order))


def _lower_faces(share, gradient, gaps):
    """Open part of the lower faces across axis 0."""
    here = (slice(2, -1),) * 3
    before = (slice(1, -2), *here[1:])
    s, t = share[here], share[before]
    g, h = gradient[:, 1:, 1:, 1:], gradient[:, :-1, 1:, 1:]
    of_s, of_t = _misfit(g, s), _misfit(h, t)
    facing = (g * h).sum(axis=0) > 0
    doubts = [np.where(facing, np.minimum(4 * misfit, 1), 1) for misfit in (of_s, of_t)]
    passage = np.minimum(_passage(share, doubts[0], here), _passage(share, doubts[1], before))
    sides = _side(g, s, False) + _side(h, t, True)
    doubled = (g + h) * np.array([2, 1, 1])[:, None, None, None]
    both = np.where(facing, _section(doubled, (s + t) / 2, 0.5), sides / 2)
    misfit = np.maximum(of_s, of_t)
    two = passage * (s + t) / 2
    if gaps:
        two = between_two(share, here, before, g, h, two)
    open_ = (1 - misfit) * (sides + both) / 3 + misfit * two
    open_ = np.where((s > 1 - PURE) | (t > 1 - PURE), passage, open_)
    open_[(s > 1 - PURE) & (t > 1 - PURE)] = 1
    open_[(s < PURE) | (t < PURE)] = 0
    return open_


def _side(g, share, upward):
    none = np.all(g == 0, axis=0)
    return np.where(none, share, _section(g, share, np.where((g[0] > 0) == upward, 0.0, 1.0)))


def _misfit(g, share):
    size = np.sqrt((g**2).sum(axis=0)) / np.minimum(1, 4 * share * (1 - share) + 0.3)
    return np.where(share > 1 - PURE, 0, np.clip((GOOD_FIT - size) / (GOOD_FIT - POOR_FIT), 0, 1))


def _passage(share, doubt, part):
    s = share[part]
    bend = [sum(share[_moved(part, axis, step)] for step in (1, -1)) - 2 * s for axis in range(3)]
    wall = np.maximum(bend[0], 0)
    channel = np.maximum(np.maximum(-bend[1], -bend[2]), 0) + np.maximum(s - 2 * wall, 0)
    return 1 - doubt * (1 - np.clip(channel / np.maximum(s, PURE), 0, 1))


def _moved(part, axis, step):
    return tuple(
        slice(p.start + step * (a == axis), p.stop + step * (a == axis) or None) for a, p in enumerate(part)
    )
