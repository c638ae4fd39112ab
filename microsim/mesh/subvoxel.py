"""Surfaces within voxels: open shares, the openings of voxel faces, and shares of the smoothest surface that
labels allow.

A stair-step surface is wrong by a few per cent of every conductance; the openings of the faces, and nothing
else, mend that. They come from planes that keep each voxel's share: the plane of either voxel of a face errs
to one side where the surface is curved, the plane of both together twice as far to the other.
"""

import numpy as np

from ..numerics.backend import kernels


def face_openings(share, *, periodic_sides=False):
    """Measure how far voxel faces are open.

        opening = (side_i + side_j + both) / 3

    side_i: the face as the plane of voxel i cuts it (normal from 3 x 3 x 3 shares, volume kept); both: as the
    plane through both voxels does. Where no plane fits, as in a neck between two surfaces, the mean of the
    two shares; in a wall thinner than two voxels nothing.

    share           open share of each voxel, 0 to 1, [x, y, z]; below 1/512 a voxel is closed
    periodic_sides  the image goes on periodically along y and z, otherwise as its mirror image

    Returns float32 [axis, x, y, z], one longer along each axis: the lower face of each voxel, 0 to 1.
    Planes: Youngs, in Numerical Methods for Fluid Dynamics (1982) 273; volumes: Scardovelli and Zaleski,
    J. Comput. Phys. 164 (2000) 228.
    """
    share = np.asarray(share, np.float32)
    padded = _padded(share, 2, periodic_sides)
    gradient = np.empty((3, *(n - 2 for n in padded.shape)), np.float32)
    kernels.cuts.gradients(padded, gradient)
    opening = np.empty((3, *(n + 1 for n in share.shape)), np.float32)
    kernels.cuts.openings(padded, gradient, opening)
    return opening


PASSES, STEP = 12, np.float32(1.25)  # below 4/3 the accelerated steps are stable
MARGIN, DEPTH = np.float32(0.2), 4.0


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
    np.negative(phi, out=phi, where=~mask)
    _unbend(phi, periodic_sides)
    share = np.empty_like(phi)
    wide = _padded(phi, 1, periodic_sides)
    kernels.cuts.shares(phi, *(_slope(wide, axis) for axis in range(3)), share)
    return share


def _unbend(phi, periodic_sides):
    """Take accelerated steps down the bending energy of phi."""
    ahead, gone = _padded(phi, 2, periodic_sides), 1.0
    rough = np.empty(tuple(n + 2 for n in phi.shape), np.float32)
    for _ in range(PASSES):
        kernels.cuts.roughness(ahead, rough)
        before, gone = gone, (1 + np.sqrt(1 + 4 * gone**2)) / 2
        kernels.cuts.unbend(rough, STEP, np.float32((before - 1) / gone), MARGIN, phi, ahead)
        _renew_padding(ahead, 2, periodic_sides)


def _depth(mask, periodic_sides):
    """Distance of each voxel's centre to the nearest voxel of the other kind, less half a voxel."""
    reach = int(DEPTH) + 1
    around = [(0, 0), *[(reach,) * 2] * 2] if periodic_sides else [(0, 0)] * 3
    wide = np.pad(mask, around, mode="wrap")
    square = _squared_distance(wide, reach) + _squared_distance(~wide, reach)
    inner = tuple(slice(low, low + n) for (low, _), n in zip(around, mask.shape))
    root = np.sqrt(np.arange(reach**2 + 1, dtype=np.float32))
    return np.minimum(root - np.float32(0.5), np.float32(DEPTH))[square[inner]]


def _squared_distance(mask, reach):
    """Squared distance, up to that of `reach` voxels, of the centres of True voxels to the nearest False one;
    0 elsewhere, uint8."""
    square = np.where(mask, np.uint8(reach**2), np.uint8(0))
    for axis in range(3):
        line, nearest = np.moveaxis(square, axis, 0), np.moveaxis(square.copy(), axis, 0)
        for step in range(1, min(reach, len(line))):
            beyond = np.uint8(step**2)
            np.minimum(nearest[step:], line[:-step] + beyond, out=nearest[step:])
            np.minimum(nearest[:-step], line[step:] + beyond, out=nearest[:-step])
        square = np.moveaxis(nearest, 0, axis)
    return square


def _padded(values, by, periodic_sides):
    """Values with voxels around the box: its mirror image, or along y and z its repetition."""
    wide = np.empty(tuple(n + 2 * by for n in values.shape), values.dtype)
    wide[(slice(by, -by),) * 3] = values
    _renew_padding(wide, by, periodic_sides)
    return wide


def _renew_padding(wide, by, periodic_sides):
    """Fill the voxels around the box from those within."""
    for axis in range(3):
        line = np.moveaxis(wide, axis, 0)
        mode = "wrap" if periodic_sides and axis else "symmetric"
        source = by + np.pad(np.arange(len(line) - 2 * by), by, mode=mode)
        line[:by], line[-by:] = line[source[:by]], line[source[-by:]]


def _slope(wide, axis):
    inner = [slice(1, -1)] * 3
    up, down = (
        tuple(part if a == axis else s for a, s in enumerate(inner)) for part in (slice(2, None), slice(-2))
    )
    return (wide[up] - wide[down]) / 2
