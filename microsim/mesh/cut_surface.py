"""The surface of a phase that runs through voxels, piece by piece: area, and the depth of what lies on
either side.

Each piece is the plane that keeps its voxel's share. Its area vector is what closes the open parts of the
voxel's faces,

    A n = - sum of the open parts' area vectors

so that an even field passes through the part of a voxel as through the whole.
"""

from dataclasses import dataclass

import numpy as np

from ..numerics.codes import PURE
from .subvoxel import face_openings

CLOSED = 1e-3  # of a face: what is open by less carries nothing, and would only spoil the conditioning
LEAST = 1e-6  # area, in voxel faces, of a piece that counts
SLIM = 1e-3  # least component of a normal beside its largest: volumes divide by their product


@dataclass(frozen=True)
class Part:
    """One side of a surface. opening: open part of the lower face of each voxel [axis, x, y, z]; share of
    each voxel [x, y, z], 0 where it has none; of each piece: depth, mean distance of the part of its voxel
    from it (m), and shift, how much farther from it that is than the middle of the voxel."""

    opening: np.ndarray
    share: np.ndarray
    depth: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True)
class CutSurface:
    """Pieces of a surface: position (n, 3) of their voxels; vector (n, 3): area times normal out of the
    phase (m2); inner, outer: the Part that the phase has, and the rest."""

    position: np.ndarray
    vector: np.ndarray
    inner: Part
    outer: Part


def cut_surface(share, voxel_size):
    """Find the surface of a phase from its share of each voxel.

    share: 0 to 1, [x, y, z], beyond the box as its mirror image; voxel_size: edges along x, y, z (m)

    Returns a CutSurface. Area vectors: the divergence theorem; planes: Scardovelli and Zaleski, J. Comput.
    Phys. 164 (2000) 228.
    """
    share = np.asarray(share, np.float32)
    share = np.where(share < PURE, 0, np.where(share > 1 - PURE, 1, share)).astype(np.float32)
    edges = np.asarray(voxel_size, float)
    inner, outer = (_openings(part) for part in (share, 1 - share))
    vector = np.stack([_closing(inner, axis) for axis in range(3)], axis=-1)
    position = np.argwhere(np.linalg.norm(vector, axis=-1) > LEAST)
    at = tuple(position.T)
    vector = vector[at] * (edges.prod() / edges)
    slopes = np.abs(vector) / np.linalg.norm(vector, axis=1, keepdims=True) * edges
    sides = [_depth(part[at].astype(float), slopes) for part in (share, 1 - share)]
    return CutSurface(position, vector, Part(inner, share, *sides[0]), Part(outer, 1 - share, *sides[1]))


def _openings(share):
    opening = face_openings(share)
    opening[opening < CLOSED] = 0
    return opening


def _closing(opening, axis):
    """What closes each voxel's open faces across an axis, in units of a face."""
    inner = tuple(slice(None) if a == axis else slice(None, -1) for a in range(3))
    return -np.diff(opening[axis][inner].astype(float), axis=axis)


def _depth(share, slopes):
    """Mean distance (m) of the part of each voxel below a plane from it, and how much that is more than the
    middle's; slopes (n, 3): components of the normal times the voxel's edges (m)."""
    m = np.maximum(slopes, SLIM * slopes.max(axis=1, keepdims=True))
    whole = m.sum(axis=1)
    low, high = np.zeros(len(m)), whole.copy()
    for _ in range(50):
        place = (low + high) / 2
        more = _moment(m, place, 3) / 6 > share
        low, high = np.where(more, low, place), np.where(more, place, high)
    depth = _moment(m, place, 4) / 24 / np.maximum(share, PURE)
    return depth, np.maximum(depth - (place - whole / 2), 0)


def _moment(m, place, power):
    """Sum over the corners c of a unit cube of +-(place - m . c)^power where that is above 0, over m1 m2
    m3."""
    corners = [np.array(c) for c in np.ndindex(2, 2, 2)]
    total = sum((-1) ** c.sum() * np.maximum(place - m @ c, 0) ** power for c in corners)
    return total / m.prod(axis=1)
