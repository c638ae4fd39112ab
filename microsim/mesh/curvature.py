"""How a surface bends that is known as one plane in each voxel it runs through.

Around a piece the surface is the paraboloid over its plane that comes nearest to the pieces about it, of
which only those count that face the same way: another surface a voxel away shall not bend it.

    h = a + b . s + s . H s / 2,   K = - tr H

h: how far the middle of another piece lies out of the plane; s: where in the plane, at the distance of that
middle, so that spheres are met exactly. Source: paraboloids through pieces, Jibben, Carlson & Francois,
Comput. Math. Appl. 78 (2019) 643.
"""

import numpy as np

SPREAD = 1.5  # voxels: standard deviation of the pieces' weights
AROUND = 2  # voxels that pieces are taken from, to each side
FARTHEST = 8  # square of that distance, over all axes
ALIKE = 0.5  # cosine between normals from which pieces are of one surface
STIFF = 1e-3  # least weight on H, of that of the pieces: where there are few of them the surface is flat
AT_ONCE = 1 << 15  # pieces


def curvatures(position, normal, middle, area, shape, voxel_size):
    """Return K of each piece, the sum of both curvatures, above 0 where what lies within bulges (m-1).

    position (n, 3): voxel of each; normal (n, 3): unit vector out; middle: how far within the voxel's middle
    lies (m); area (m2); shape: voxels along each axis, beyond which its mirror image lies; voxel_size: m.
    """
    edges, scale = np.array(voxel_size, float), max(voxel_size)
    index = np.full(shape, -1)
    index[tuple(position.T)] = np.arange(len(position))
    index = np.pad(index, AROUND, mode="symmetric")
    pieces = position, normal, normal * (middle / scale)[:, None], area
    parts = [
        _of_some(np.arange(first, min(first + AT_ONCE, len(area))), pieces, index, shape, edges / scale)
        for first in range(0, len(area), AT_ONCE)
    ]
    return np.concatenate([np.zeros(0), *parts]) / scale


def _of_some(some, pieces, index, shape, edges):
    """K of some pieces, in units of the longest edge; pieces: position, normal, point on the plane, area."""
    position, normal, point, area = pieces
    own, plane = normal[some], _across(normal[some])
    left, right = np.zeros((len(some), 6, 6)), np.zeros((len(some), 6))
    for offset in np.ndindex(*(2 * AROUND + 1,) * 3):
        offset = np.array(offset) - AROUND
        if offset @ offset > FARTHEST:
            continue
        there = position[some] + offset
        other = index[tuple((there + AROUND).T)]
        mirrored = np.where(there // np.array(shape) % 2 == 1, -1, 1)
        alike = ((normal[other] * mirrored) * own).sum(axis=1)
        away = offset * edges + point[other] * mirrored - point[some]
        square = (away**2).sum(axis=1)
        weight = (
            area[other]
            * np.exp(-square / (2 * SPREAD**2))
            * np.where((other >= 0) & (alike > ALIKE), alike, 0)
        )
        terms, height = _terms(away, own, plane, square)
        left += (terms * weight[:, None])[:, :, None] * terms[:, None, :]
        right += terms * (weight * height)[:, None]
    left[:, (3, 4, 5), (3, 4, 5)] += STIFF * left[:, :1, 0]
    left[:, (0, 1, 2), (0, 1, 2)] += 1e-9 * left[:, :1, 0]
    found = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return -(found[:, 3] + found[:, 5])


def _across(normal):
    """Two unit vectors [n, 2, 3] across each normal."""
    least = np.eye(3)[np.abs(normal).argmin(axis=1)]
    first = np.cross(normal, least)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(normal, first)], axis=1)


def _terms(away, normal, plane, square):
    """Return 1, s, t, s^2/2, s t, t^2/2 of points [n, 6], and their heights."""
    height = (away * normal).sum(axis=1)
    at = np.einsum("nka,na->nk", plane, away)
    s, t = (at * np.sqrt(square / np.maximum((at**2).sum(axis=1), 1e-12))[:, None]).T
    return np.stack([np.ones_like(s), s, t, s * s / 2, s * t, t * t / 2], axis=1), height
