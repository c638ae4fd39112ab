"""Surfaces within voxels: open shares, the openings of voxel faces, and shares of the smoothest surface that
labels allow.

A stair-step surface is wrong by a few per cent of every conductance; the openings of the faces, and nothing
else, mend that. They come from planes that keep each voxel's share: the plane of either voxel of a face errs
to one side where the surface is curved, the plane of both together twice as far to the other.
"""

import numpy as np

from ..numerics.backend import kernels
from ..numerics.codes import PURE


def face_openings(share, *, periodic_sides=False, least=0.0, gaps=True):
    """Measure how far voxel faces are open.

        opening = (side_i + side_j + both) / 3

    side_i: the face as the plane of voxel i cuts it (normal from 3 x 3 x 3 shares, volume kept); both: as the
    plane through both voxels does. Where no plane fits, as in a gap between two surfaces, the section of what
    two parallel planes leave open that keep both shares; in a sheet between two surfaces of one voxel what
    they leave, but at most the mean of the shares, and nothing in a wall thinner than two voxels.

    share           open share of each voxel, 0 to 1, [x, y, z]; below 1/512 a voxel is closed
    periodic_sides  the image goes on periodically along y and z, otherwise as its mirror image
    least           open part of a face below which it is closed
    gaps            False: where no plane fits the mean of the two shares, and nothing in a thin wall

    Returns float32 [axis, x, y, z], one longer along each axis: the lower face of each voxel, 0 to 1.
    Planes: Youngs, in Numerical Methods for Fluid Dynamics (1982) 273; volumes: Scardovelli and Zaleski,
    J. Comput. Phys. 164 (2000) 228.
    """
    share = np.asarray(share, np.float32)
    opening = np.empty((3, *(n + 1 for n in share.shape)), np.float32)
    kernels.cuts.openings(_padded(share, 2, periodic_sides), np.float32(least), gaps, opening)
    return opening


FAR = 1.5  # voxels: what a voxel counts as that no surface is beside


def depths_of(share, *, periodic_sides=False):
    """Measure how deep the centre of each voxel lies in the open, in voxels: the distance to the surface,
    below 0 on its other side, and the normal into the open.

        depth = distance to the plane of the share - bend / 24,   bend = div normal

    in a voxel that the surface cuts: the plane keeps the share of a surface that bends away from it by as
    much. Beside one the surfaces of those around go on, each counted by how straight it faces the voxel.
    Known up to a voxel from the surface; farther away FAR, without a normal.

    share, periodic_sides: see face_openings. Returns float32 [x, y, z], above 0 where the share is above 1/2,
    and [axis, x, y, z].
    """
    padded = _padded(np.asarray(share, np.float32), 3, periodic_sides)
    gradient = np.empty((3, *(n - 2 for n in padded.shape)), np.float32)
    kernels.cuts.gradients(padded, gradient)
    depth, normal = depths_by_gradient(padded, gradient)
    inner = (slice(1, -1),) * 3
    return depth[inner], normal[(slice(None), *inner)]


def depths_by_gradient(share, gradient, bend=None):
    """Measure the same inside the two outermost voxels of `share`, whose `gradient` [axis, x, y, z] inside
    the outermost is given, and bend with it if it is not that of the gradient's direction."""
    normal = gradient / np.maximum(np.sqrt((gradient**2).sum(axis=0)), 1e-30)
    depth = np.empty_like(normal[0])
    kernels.cuts.depths(share, gradient, depth)
    if bend is None:
        bend = np.clip(sum(_slope(normal[axis], axis) for axis in range(3)), -1, 1)
    inner = (slice(1, -1),) * 3
    near, normal = share[(slice(2, -2),) * 3], normal[(slice(None), *inner)]
    return _gone_on(near, depth[inner] - bend / 24, normal, bend)


def _gone_on(near, depth, normal, bend):
    """Depth and normal of all voxels from those of the voxels that are cut: where nothing is, by the surfaces
    of those around, lateral distances bent by half of the whole curvature."""
    cut = (near >= PURE) & (near <= 1 - PURE)
    total, count, towards = np.zeros_like(near), np.zeros_like(near), np.where(cut, normal, 0)
    for move in np.array(list(np.ndindex(3, 3, 3))) - 1:
        square = (move**2).sum()
        here = tuple(slice(max(0, -m), n - max(0, m)) for m, n in zip(move, near.shape))
        there = tuple(slice(max(0, m), n - max(0, -m)) for m, n in zip(move, near.shape))
        along = -np.tensordot(move.astype(np.float32), normal[(slice(None), *there)], 1)
        weight = np.where(cut[there] & ~cut[here], along**4 / max(square, 1) ** 2, 0)
        total[here] += weight * (depth[there] + along + bend[there] * (square - along**2) / 4)
        count[here] += weight
        towards[(slice(None), *here)] += weight * normal[(slice(None), *there)]
        if square == 1:  # a face between two voxels that nothing cuts
            bare = ~cut[there] & ~cut[here] & ((near[there] > 0.5) != (near[here] > 0.5))
            total[here] += bare * (near[here] - 0.5)
            count[here] += bare
    far = np.where(near > 0.5, np.float32(FAR), np.float32(-FAR))
    depth = np.where(cut, depth, np.divide(total, count, out=far, where=count > 1e-3))
    least = np.where(cut, np.float32(1e-3), np.float32(0.5))
    depth = np.where(near > 0.5, np.maximum(depth, least), np.minimum(depth, -least))
    return depth, towards / np.maximum(np.sqrt((towards**2).sum(axis=0)), 1e-30)


PASSES, STEP = 12, np.float32(1.25)  # below 4/3 the accelerated steps are stable
MARGIN, DEPTH = np.float32(0.2), np.float32(4)


def smooth_shares(mask, *, periodic_sides=False):
    """Find the share of each voxel on the inner side of the smoothest surface that separates the labels.

        min of the bending energy, |laplacian phi|^2,   with phi >= MARGIN inside and <= -MARGIN outside

    at every voxel centre, so that no voxel changes its side and walls and necks of a voxel stay. The surface
    is phi = 0; phi starts as the distance to the labels' faces.

    mask  bool [x, y, z]; periodic_sides: see face_openings

    Returns float32 [x, y, z]. Lempitsky, Proc. IEEE CVPR (2010) 1197.
    """
    mask = np.asarray(mask, bool)
    if mask.all() or not mask.any():
        return mask.astype(np.float32)
    phi = _depth(mask, periodic_sides)
    _unbend(phi, periodic_sides)
    share = np.empty_like(phi)
    kernels.heights.shares(phi, periodic_sides, share)
    return share


def _unbend(phi, periodic_sides):
    """Take accelerated steps down the bending energy of phi."""
    ahead, gone = _padded(phi, 2, periodic_sides), 1.0
    onward = np.empty_like(ahead)
    for _ in range(PASSES):
        before, gone = gone, (1 + np.sqrt(1 + 4 * gone**2)) / 2
        kernels.heights.unbend(ahead, STEP, np.float32((before - 1) / gone), MARGIN, phi, onward)
        kernels.heights.surround(onward, 2, bool(periodic_sides))
        ahead, onward = onward, ahead


def _depth(mask, periodic_sides):
    """Distance of each voxel's centre to the nearest voxel of the other kind, less half a voxel; below 0 in
    False voxels."""
    by = int(DEPTH) + 1 if periodic_sides else 0
    wide = np.pad(mask, [(0, 0), (by, by), (by, by)], mode="wrap") if by else mask
    phi = np.empty(mask.shape, np.float32)
    kernels.heights.begin(wide, by, DEPTH, phi)
    return phi


def _padded(values, by, periodic_sides):
    """Values with voxels around the box: its mirror image, or along y and z its repetition."""
    wide = np.empty(tuple(n + 2 * by for n in values.shape), values.dtype)
    wide[(slice(by, -by),) * 3] = values
    kernels.heights.surround(wide, by, bool(periodic_sides))
    return wide


def _slope(wide, axis):
    """Central difference along an axis, inside the outermost."""
    inner = [slice(1, -1)] * 3
    up, down = (
        tuple(part if a == axis else s for a, s in enumerate(inner)) for part in (slice(2, None), slice(-2))
    )
    return (wide[up] - wide[down]) / 2
