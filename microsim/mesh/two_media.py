"""What lies between the centres of voxels whose shares of two media are known: how much of the line between
them, and of the face between them, is in the first medium, and how the surface stands.

Planes that keep each voxel's share, as for openings (subvoxel.py). Where two surfaces face each other across
a gap, or a sheet, of less than two voxels, the gradient of each leaves out what is beyond the gap; where two
of them lie in one voxel, its share stands for all of its parts.

A gap oblique to the grid has no such sides. Amid it the gradient vanishes, but not how that changes: the
surfaces stand across the foremost axis of g g^T + H H^T, g: gradient, H: second derivatives of the shares, in
voxels, which a surface has as a ridge has. With g alone balls of 10 that touch in body-centred and
face-centred cells of 16 voxels conducted 12 and 15 % too much.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from ..numerics.backend import kernels
from ..numerics.codes import GOOD_FIT, POOR_FIT, PURE
from .subvoxel import depths_by_gradient, face_openings

AROUND = 7  # voxels beyond the box: two have no gradient or depth, the next two no whole sight of gaps
FACING = 0.7, 0.9  # of what a voxel lacks that its neighbour has: below no gap for sure, above one for sure
BESIDE = 0.05  # weight of the gradients beside two voxels in how the surface stands between them
OPPOSED = 0.3, 0.6  # less the cosine between the gradients of voxels side by side: two surfaces, not one
REACH = 7  # voxels around one at a gap across an axis where walls that face each other are of that gap
PAIRS = (0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)  # components of a symmetric matrix
FLATTEST = 0.05  # gradient a voxel of which the direction is not told
STEEPEST = 1e-6  # least component of a normal along a line


@dataclass(frozen=True)
class Between:
    """Links of one axis between voxels, the lower one at `at` (n, 3; -1: in the mirror image or repetition
    before the box), that a surface touches. line: part of the line between the centres in the first medium;
    face: of the face; lean (n, 3, 3): n n^T of the surface's normal n, in voxels; of two that differ a mean
    of both."""

    at: np.ndarray
    line: np.ndarray
    face: np.ndarray
    lean: np.ndarray


def with_voxels_around(values, by, periodic_sides=False):
    """Return values with `by` voxels around the box: its mirror image, or along y and z its repetition."""
    wide = np.pad(values, [(by, by), (0, 0), (0, 0)], mode="symmetric")
    return np.pad(wide, [(0, 0), (by, by), (by, by)], mode="wrap" if periodic_sides else "symmetric")


def between_voxels(share, *, periodic_sides=False):
    """Find what lies between the voxels of two media that a surface runs through.

    share           of the first medium in each voxel, 0 to 1, [x, y, z]
    periodic_sides  see face_openings

    Returns a Between for each axis; of the links that lead into the box, those within it, and those out of
    it. Planes: Youngs (1982) and Scardovelli and Zaleski (2000), see subvoxel.py.
    """
    wide = with_voxels_around(np.asarray(share, np.float32), AROUND, periodic_sides)
    cut = (wide >= PURE) & (wide <= 1 - PURE)
    gaps = [_gaps(wide, cut, axis) for axis in range(3)]
    gradient = _own_gradients(wide, gaps)
    opening = (face_openings(wide) + 1 - face_openings(1 - wide)) / 2  # what either medium's planes say
    depth, normal = (np.zeros((*lead, *wide.shape), np.float32) for lead in ((), (3,)))
    inner = (slice(2, -2),) * 3
    depth[inner], normal[(slice(None), *inner)] = depths_by_gradient(
        wide, gradient[(slice(None), *[slice(1, -1)] * 3)], _bend(gradient, gaps)[inner]
    )
    oblique = np.where(cut, _opposed(gradient, cut, gaps), 0)
    misfit = np.maximum(_misfit(wide, gradient), oblique)
    fields = _Fields(wide, cut, gradient, misfit, oblique, depth, normal)
    return [fields.between(axis, opening[axis], gaps[axis], share.shape) for axis in range(3)]


@dataclass(frozen=True)
class _Fields:
    """Share, whether it is cut, gradient, misfit of planes, how sure an oblique gap is, depth, normal of
    voxels in and around a box."""

    share: np.ndarray
    cut: np.ndarray
    gradient: np.ndarray
    misfit: np.ndarray
    oblique: np.ndarray
    depth: np.ndarray
    normal: np.ndarray

    def between(self, axis, opening, gaps, shape):
        """The Between of an axis; opening: of the lower face of each voxel."""
        low, high = self._ends(axis, shape)
        both, one = self.cut[low] & self.cut[high], self.cut[low] != self.cut[high]
        g, h = self.gradient[(slice(None), *low)], self.gradient[(slice(None), *high)]
        doubt = np.maximum(self.misfit[low], self.misfit[high])
        doubt = np.maximum(doubt, sum(found.to(low) for found in gaps))
        doubt = np.where(both & ((g * h).sum(axis=0) < 0), 1, np.minimum(doubt, 1))
        a, b = self.depth[low], self.depth[high]
        crossed = np.maximum(a, b) / np.maximum(np.abs(a) + np.abs(b), 1e-30)
        line = np.where((a > 0) == (b > 0), a > 0, crossed)
        halves = (self._half(axis, low, 1) + self._half(axis, high, -1)) / 2
        line = np.where(one, halves, (1 - doubt) * line + doubt * halves)
        normal = self.normal[(slice(None), *low)] + self.normal[(slice(None), *high)]
        size = np.sqrt((normal**2).sum(axis=0))
        doubt = np.where(size > 1e-3, doubt, 1)
        lean = (1 - doubt) * _outer(normal / np.maximum(size, 1e-30))
        some = np.flatnonzero(doubt)
        lean[..., some] += doubt[some] * self._both(*(tuple(p[some] for p in end) for end in (low, high)))
        face = opening[high]
        for gap in gaps:
            sure = gap.to(low)
            face = (1 - sure) * face + sure * gap.sheet
        at = np.stack(low, axis=1) - AROUND
        return Between(at, line, face, np.moveaxis(lean, -1, 0))

    def _ends(self, axis, shape):
        """Places of both ends of the links of the box, and around it, that touch a surface."""
        low = tuple(slice(AROUND - 1, AROUND + n + 1) for n in shape)
        high = tuple(slice(s.start + (b == axis), s.stop + (b == axis)) for b, s in enumerate(low))
        differ = (self.share[low] > 0.5) != (self.share[high] > 0.5)
        at = np.nonzero(self.cut[low] | self.cut[high] | differ)
        low = tuple(place + AROUND - 1 for place in at)
        return low, tuple(place + (b == axis) for b, place in enumerate(low))

    def _half(self, axis, at, way):
        """Part in the first medium of the way from the centres of voxels to their faces, by their planes."""
        slope, depth, misfit = way * self.normal[(axis, *at)], self.depth[at], self.misfit[at]
        slope = np.where(np.abs(slope) < STEEPEST, STEEPEST, slope)
        crossing = -depth / slope
        before = np.where(slope > 0, 1 - np.clip(2 * crossing, 0, 1), np.clip(2 * crossing, 0, 1))
        part = np.where(crossing < 0, depth > 0, before)
        part = (1 - misfit) * part + misfit * self.share[at]
        return np.where(self.cut[at], part, self.share[at] > 0.5)

    def _both(self, low, high):
        """n n^T of the gradients of both voxels, with a little of those beside them, of trace 1; across an
        oblique gap of its foremost axis."""
        total = _matrix(self._turned, low) + _matrix(self._turned, high)
        total /= np.maximum(np.trace(total), 1e-30)
        sure = np.maximum(self.oblique[low], self.oblique[high])
        some = np.flatnonzero(sure)
        if some.size:
            across = self._across_gap(*(tuple(p[some] for p in end) for end in (low, high)))
            total[..., some] += sure[some] * (across - total[..., some])
        return total

    def _across_gap(self, low, high):
        """n n^T of the foremost axis of g g^T + H H^T at both voxels, of trace 1."""
        total = _matrix(self._bent, low) + _matrix(self._bent, high)
        size, axes = np.linalg.eigh(np.moveaxis(total, -1, 0))
        ahead = 1 - size[:, 1] / np.maximum(size[:, 2], 1e-30)  # of the next axis: none is foremost at 0
        return (1 - ahead) * total / np.maximum(np.trace(total), 1e-30) + ahead * _outer(axes[:, :, 2].T)

    @cached_property
    def _turned(self):
        """g g^T of each voxel with a little of those around it, its components of PAIRS."""
        found = np.empty((len(PAIRS), *self.share.shape), np.float32)
        for (a, b), part in zip(PAIRS, found):
            of = self.gradient[a] * self.gradient[b]
            part[...] = of + BESIDE * _along(of, ([0.25, 0.5, 0.25],) * 3)
        return found

    @cached_property
    def _bent(self):
        """g g^T + H H^T of each voxel, its components of PAIRS."""
        H = {pair: _second_derivative(self.share, *pair) for pair in PAIRS}
        H |= {(b, a): part for (a, b), part in H.items()}
        found = np.empty((len(PAIRS), *self.share.shape), np.float32)
        for (a, b), part in zip(PAIRS, found):
            part[...] = self.gradient[a] * self.gradient[b] + sum(H[a, k] * H[b, k] for k in range(3))
        return found


@dataclass(frozen=True)
class _Gap:
    """Voxels `at` below the middle of a gap (`sheet`: of a sheet of the first medium) and how sure it is."""

    at: tuple
    sure: np.ndarray
    sheet: bool
    shape: tuple

    def to(self, places):
        dense = np.zeros(self.shape, np.float32)
        dense[self.at] = self.sure
        return dense[places]


def _gaps(share, cut, axis):
    """Gaps and sheets across an axis, of which either wall lies in one of two voxels."""
    step = np.eye(3, dtype=int)[axis]
    inner = tuple(slice(2, -3) for _ in range(3))
    upper = tuple(slice(2 + m, n - 3 + m) for m, n in zip(step, share.shape))
    low = tuple(place + 2 for place in np.nonzero(cut[inner] & cut[upper]))
    found = []
    for sheet in (False, True):
        values = 1 - share if sheet else share
        lines = [tuple(p + k * m for p, m in zip(low, step)) for k in (-1, 0, 1, 2)]
        own = [values[line] for line in lines]
        wide = [_across(values, line, axis) for line in lines]
        ratio = np.minimum(_facing(own), _facing(wide))
        sure = np.clip((ratio - FACING[0]) / (FACING[1] - FACING[0]), 0, 1)
        kept = sure > 0
        found.append(_Gap(tuple(p[kept] for p in low), sure[kept], sheet, share.shape))
    return found


def _facing(values):
    """How much of what the inner two of four voxels lack the outer two have, the less of both sides."""
    before, a, b, behind = values
    return np.minimum((before - a) / np.maximum(1 - a, 1e-6), (behind - b) / np.maximum(1 - b, 1e-6))


def _across(values, at, axis):
    """Mean over 3 x 3 voxels across an axis, weights 1, 2, 1."""
    total = 0
    for move in np.ndindex(3, 3):
        shift = np.insert(np.array(move) - 1, axis, 0)
        weight = np.prod(2.0 - np.abs(shift)) / 32
        total = total + weight * values[tuple(p + m for p, m in zip(at, shift))]
    return total


def _own_gradients(share, gaps):
    """Gradient of the shares (0 in the outermost voxels), of voxels at a gap of those on their side of it."""
    gradient = np.zeros((3, *share.shape), np.float32)
    inner = np.empty((3, *(n - 2 for n in share.shape)), np.float32)
    kernels.cuts.gradients(share, inner)
    gradient[(slice(None), *[slice(1, -1)] * 3)] = inner
    near = np.zeros(share.shape, bool)
    for axis, found in enumerate(gaps):
        for gap in found:
            near[gap.at] = near[_above(gap.at, axis)] = True
    at = np.nonzero(near)
    stencil = np.array(
        [share[tuple(p + m - 1 for p, m in zip(at, move))] for move in np.ndindex(3, 3, 3)], float
    ).reshape(3, 3, 3, -1)
    for axis, found in enumerate(gaps):
        planes = np.moveaxis(stencil, axis, 0)
        for gap in found:
            for plane, sure in ((2, gap.to(at)), (0, gap.to(_above(at, axis, -1)))):
                planes[plane] = (1 - sure) * planes[plane] + sure * gap.sheet
    slope, mean = np.array([-0.5, 0, 0.5]), np.array([0.25, 0.5, 0.25])
    for axis in range(3):
        weights = [slope if a == axis else mean for a in range(3)]
        gradient[(axis, *at)] = np.einsum("i,j,k,ijkn->n", *weights, stencil)
    return gradient


def _above(at, axis, step=1):
    return tuple(place + step * (b == axis) for b, place in enumerate(at))


def _bend(gradient, gaps):
    """Divergence of the gradient's direction, without differences across gaps; 0 to 1 in size."""
    bend = np.zeros(gradient.shape[1:], np.float32)
    normal = gradient / np.maximum(np.sqrt((gradient**2).sum(axis=0)), 1e-30)
    for axis, found in enumerate(gaps):
        whole = np.ones(bend.shape, np.float32)
        for gap in found:
            whole[gap.at] -= gap.sure
        whole = np.maximum(whole, 0)
        rise = np.roll(normal[axis], -1, axis) - normal[axis]
        before, of_before = np.roll(rise, 1, axis), np.roll(whole, 1, axis)
        bend += (whole * rise + of_before * before) / np.maximum(whole + of_before, 1e-9)
    return np.clip(bend, -1, 1)


def _misfit(share, gradient):
    """0 where a plane fits a voxel's gradient, 1 where none does; see kernels.cuts."""
    size = np.sqrt((gradient**2).sum(axis=0)) / np.minimum(1, 4 * share * (1 - share) + np.float32(0.3))
    fit = np.clip((GOOD_FIT - size) / (GOOD_FIT - POOR_FIT), 0, 1)
    return np.where((share < PURE) | (share > 1 - PURE), np.float32(0), fit)


def _opposed(gradient, cut, gaps):
    """How sure it is that two surfaces face each other beside each voxel, other than across a gap whose sides
    are known."""
    size = np.sqrt((gradient**2).sum(axis=0))
    normal = np.where(cut & (size > FLATTEST), gradient / np.maximum(size, 1e-30), 0)
    around, worst = np.pad(normal, [(0, 0), (1, 1), (1, 1), (1, 1)]), np.zeros(size.shape, np.float32)
    for move in np.ndindex(3, 3, 3):
        beside = around[(slice(None), *(slice(m, m + n) for m, n in zip(move, size.shape)))]
        np.maximum(worst, -(normal * beside).sum(axis=0), out=worst)
    sure = np.clip((worst - OPPOSED[0]) / (OPPOSED[1] - OPPOSED[0]), 0, 1)
    known = np.zeros_like(sure)
    for axis, found in enumerate(gaps):
        for gap in found:
            for at in (gap.at, _above(gap.at, axis)):
                known[at] = np.maximum(known[at], gap.sure)
    return np.minimum(ndimage.maximum_filter(sure, 3), 1 - ndimage.maximum_filter(known, REACH))


def _second_derivative(share, a, b):
    """Second difference of the shares along axes a and b over 3 x 3 x 3 voxels."""
    bend, slope, mean = [1, -2, 1], [-0.5, 0, 0.5], [0.25, 0.5, 0.25]
    return _along(share, [bend if a == b == c else slope if c in (a, b) else mean for c in range(3)])


def _along(values, weights):
    """Sums over three voxels along each axis, by the weights of that axis."""
    for axis, of in enumerate(weights):
        values = ndimage.correlate1d(values, of, axis)
    return values


def _matrix(components, at):
    """Symmetric matrices [3, 3, n] at places, of their components of PAIRS."""
    found = np.empty((3, 3, at[0].size))
    for (a, b), part in zip(PAIRS, components):
        found[a, b] = found[b, a] = part[at]
    return found


def _outer(vectors):
    return vectors[:, None] * vectors[None]
