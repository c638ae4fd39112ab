"""The surface of a phase that runs through voxels, piece by piece: area, and the depth of what lies on
either side.

Each piece is the plane that keeps its voxel's share. Its area vector is what closes the open parts of the
voxel's faces,

    A n = - sum of the open parts' area vectors

so that an even field passes through the part of a voxel as through the whole. Noise of the shares tilts
planes, which would add to their area: of planes that lean little against the smoothed normal what they show
along it counts, and all of those that lean more, as at edges, but nothing of what faces the other way. As the
cap of a sphere of the surface's curvature K that is

    A (n . n_smooth) (1 + A K^2 / 16 pi)
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..numerics.codes import PURE
from .curvature import curvatures
from .subvoxel import face_openings

CLOSED = 1e-3  # of a face: what is open by less carries nothing, and would only spoil the conditioning
LEAST = 1e-6  # area, in voxel faces, of a piece that counts
SMOOTHING = 1.5  # voxels; less leaves the noise of second differences, more mixes neighbouring surfaces
FAINT = 0.25  # share, or what lacks of one, that is noise where no voxel around is mostly another phase
EDGE = 0.95  # cosine between a plane's normal and the smoothed one, 18 degrees, below which it is no noise
STEEP = 1.0  # curvature times the width of a piece beyond which it is not known
SLIM = 1e-3  # least component of a normal beside its largest: volumes divide by their product


@dataclass(frozen=True)
class Part:
    """One side of a surface. opening: open part of the lower face of each voxel [axis, x, y, z]; share of
    each voxel [x, y, z], 0 where it has none; of each piece: depth (m) and square (m2), the mean distance
    of the part of its voxel from it and that of its square; middle: distance of the voxel's middle, below 0
    where that lies on the other side (m)."""

    opening: np.ndarray
    share: np.ndarray
    depth: np.ndarray
    square: np.ndarray
    middle: np.ndarray


@dataclass(frozen=True)
class CutSurface:
    """Pieces of a surface: position (n, 3) of their voxels; vector (n, 3): area times normal out of the
    phase, as planes (m2); area: as caps of a surface whose normal is smooth (m2); curvature: sum of the
    two, above 0 where the phase bulges (m-1); inner, outer: the Part that the phase has, and the rest."""

    position: np.ndarray
    vector: np.ndarray
    area: np.ndarray
    curvature: np.ndarray
    inner: Part
    outer: Part


def cut_surface(share, voxel_size):
    """Find the surface of a phase from its share of each voxel.

    share: 0 to 1, [x, y, z], beyond the box as its mirror image; voxel_size: edges along x, y, z (m)

    Returns a CutSurface. Area vectors: the divergence theorem; planes: Scardovelli and Zaleski, J. Comput.
    Phys. 164 (2000) 228.
    """
    share = _without_noise(np.asarray(share, np.float32))
    edges = np.asarray(voxel_size, float)
    inner, outer = (_openings(part) for part in (share, 1 - share))
    vector = np.stack([_closing(inner, axis) for axis in range(3)], axis=-1)
    at = np.nonzero(np.linalg.norm(vector, axis=-1) > LEAST)
    vector = vector[at] * (edges.prod() / edges)
    area = np.linalg.norm(vector, axis=1)
    lean = (vector * smooth_normals(share, edges, at)).sum(axis=1) / area
    counted = np.where(lean > EDGE, lean, np.clip(2 * np.minimum(lean, EDGE - lean / 2), 0, 1))
    counts = counted > LEAST  # what faces the other way is noise
    vector, area = vector[counts], (area * counted)[counts]
    at = [place[counts] for place in at]
    normal = vector / np.linalg.norm(vector, axis=1, keepdims=True)
    slopes = np.abs(normal) * edges
    parts = [
        Part(opening, one, *_depths(one[tuple(at)].astype(float), slopes))
        for opening, one in ((inner, share), (outer, 1 - share))
    ]
    position = np.stack(at, axis=1)
    curvature = curvatures(position, normal, parts[0].middle, area, share.shape, voxel_size)
    area = area * (1 + np.minimum(area * curvature**2, STEEP**2) / (16 * np.pi))
    return CutSurface(position, vector, area, curvature, *parts)


def smooth_normals(share, voxel_size, at):
    """Measure unit normals out of a phase [n, 3] at voxels `at`.

    n = - grad S / |grad S|,   S: the shares smoothed by a Gaussian of SMOOTHING of the largest edge
    """
    sigma = SMOOTHING * max(voxel_size) / np.asarray(voxel_size)
    smooth = ndimage.gaussian_filter(share, sigma, mode="reflect")  # beyond the box its mirror image
    smooth = np.pad(smooth, 1, mode="symmetric")
    inner = tuple(place + 1 for place in at)
    g = np.array([_slope(smooth, axis, h)[inner] for axis, h in enumerate(voxel_size)], float)
    return -(g / np.sqrt(np.maximum((g**2).sum(axis=0), 1e-30))).T


def _slope(values, axis, h):
    return np.gradient(values, np.float32(h), axis=axis)


def _without_noise(share):
    """Shares, those of nearly all or nothing as that; also what a noisy image holds amid voxels that are all
    mostly the phase, or mostly not: the electrolyte shall not seep into particles."""
    full = share >= 0.5
    amid = ndimage.minimum_filter(full, 3) == ndimage.maximum_filter(full, 3)
    near = np.where(amid, np.float32(FAINT), np.float32(PURE))
    return np.where(share < near, 0, np.where(share > 1 - near, 1, share)).astype(np.float32)


def _openings(share):
    """Without gaps: particles a fraction of a voxel apart are those that touch in an electrode, and hand on
    electrons."""
    return face_openings(share, least=CLOSED, gaps=False)


def _closing(opening, axis):
    """What closes each voxel's open faces across an axis, in units of a face."""
    inner = tuple(slice(None) if a == axis else slice(None, -1) for a in range(3))
    return -np.diff(opening[axis][inner].astype(float), axis=axis)


def _depths(share, slopes):
    """Mean distance (m) of the part of each voxel below a plane from it, that of its square (m2), and the
    middle's of the voxel; slopes (n, 3): components of the normal times the voxel's edges (m)."""
    m = np.maximum(slopes, SLIM * slopes.max(axis=1, keepdims=True))
    whole = m.sum(axis=1)
    low, high = np.zeros(len(m)), whole.copy()
    for _ in range(50):
        place = (low + high) / 2
        more = _moment(m, place, 3) / 6 > share
        low, high = np.where(more, low, place), np.where(more, place, high)
    share = np.maximum(share, PURE)
    middle = place - whole / 2
    depth = np.maximum(_moment(m, place, 4) / 24 / share, np.maximum(middle, 0))
    return depth, np.maximum(_moment(m, place, 5) / 60 / share, depth**2), middle


def _moment(m, place, power):
    """Sum over the corners c of a unit cube of +-(place - m . c)^power where that is above 0, over m1 m2
    m3."""
    corners = [np.array(c) for c in np.ndindex(2, 2, 2)]
    total = sum((-1) ** c.sum() * np.maximum(place - m @ c, 0) ** power for c in corners)
    return total / m.prod(axis=1)
