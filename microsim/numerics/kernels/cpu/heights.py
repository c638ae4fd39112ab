"""CPU kernels of a surface as the zero of a height on the voxels: its start, its smoothing, and the shares
that it leaves of each voxel.

Each takes planes of x one after the other and keeps what the next ones need of those before, so that nothing
but heights is as large as the image.
"""

import numpy as np

from .compiled import inlined
from .cut_planes import normal, volume
from .threads import spread

ONE, TWO, LEAST = np.float32(1), np.float32(2), np.float32(1 / 64)


@spread("wide")
def surround(first, stop, wide, by, periodic):
    """Fill the `by` voxels around a box from those within: its mirror image, or along y and z with `periodic`
    its repetition."""
    nx, ny, nz = wide.shape[0] - 2 * by, wide.shape[1] - 2 * by, wide.shape[2] - 2 * by
    for i in range(first, stop):
        x = _within(np.int64(i) - by, nx, False) + by
        for j in range(wide.shape[1]):
            y = _within(j - by, ny, periodic) + by
            row, own = wide[x, y], wide[i, j]
            for k in range(by):
                own[k] = row[by + _within(k - by, nz, periodic)]
                own[by + nz + k] = row[by + _within(nz + k, nz, periodic)]
            if x != i or y != j:
                for k in range(by, by + nz):
                    own[k] = row[k]


@inlined
def _within(k, n, periodic):
    """Line within a box of n that the line k of what goes on around it repeats, or mirrors."""
    k = k % n if periodic else k % (2 * n)
    return k if k < n else 2 * n - 1 - k


@spread("height")
def begin(first, stop, mask, by, most, height):
    """Distance of each voxel's centre to the nearest voxel of the other kind less half a voxel, at most
    `most`; above 0 in True voxels, below 0 in others.

    mask: with `by` voxels more than height on either side of y and z.
    """
    reach = int(most) + 1
    nx, ny, nz = mask.shape
    planes = np.empty((2 * reach - 1, ny, nz), np.float32)  # signed squares of the distance within a plane
    line, row = np.empty((ny, nz), np.float32), np.empty(nz, np.float32)
    low, past = np.int64(first), np.int64(stop)
    for x in range(max(low - reach + 1, 0), min(past + reach - 1, nx)):
        _within_plane(mask[x], reach, line, planes[x % len(planes)])
        if x >= low + reach - 1:
            _across_planes(planes, x - reach + 1, nx, reach, by, most, row, height)
    for i in range(max(min(past, nx - reach + 1), low), past):
        _across_planes(planes, i, nx, reach, by, most, row, height)


@inlined
def _within_plane(mask, reach, line, plane):
    """Squared distance within a plane, up to `reach`, of each voxel to one of the other kind; signed."""
    ny, nz = mask.shape
    far = np.float32(reach * reach)
    for j in range(ny):
        since = far
        for k in range(nz):
            side = ONE if mask[j, k] else -ONE
            since = ONE if k > 0 and mask[j, k] != mask[j, k - 1] else min(since + ONE, far)
            line[j, k] = side * since
        since = far
        for k in range(nz - 1, -1, -1):
            since = ONE if k < nz - 1 and mask[j, k] != mask[j, k + 1] else min(since + ONE, far)
            near = min(abs(line[j, k]), since)
            line[j, k] = np.copysign(min(near * near, far), line[j, k])
    for j in range(ny):
        for k in range(nz):
            plane[j, k] = line[j, k]
        for step in range(-reach + 1, reach):
            if 0 <= j + step < ny and step != 0:
                beyond, more = line[j + step], np.float32(step * step)
                for k in range(nz):
                    plane[j, k] = _nearer(plane[j, k], beyond[k], more)


@inlined
def _nearer(own, other, more):
    """The lesser of two squares, the other one `more` away; of voxels of two kinds only that counts."""
    side = np.copysign(ONE, own)
    return side * min(side * own, max(side * other, np.float32(0)) + more)


@inlined
def _across_planes(planes, i, nx, reach, by, most, row, height):
    for j in range(height.shape[1]):
        own = planes[i % len(planes), j + by]
        for k in range(row.size):
            row[k] = own[k]
        for step in range(-reach + 1, reach):
            if 0 <= i + step < nx and step != 0:
                beyond, more = planes[(i + step) % len(planes), j + by], np.float32(step * step)
                for k in range(row.size):
                    row[k] = _nearer(row[k], beyond[k], more)
        for k in range(height.shape[2]):
            square = row[k + by]
            height[i, j, k] = np.copysign(min(np.sqrt(abs(square)) - np.float32(0.5), most), square)


@spread("height")
def unbend(first, stop, ahead, step, momentum, margin, height, onward):
    """One accelerated step down the bending energy, from `ahead` (with two voxels around the box):

        height' = ahead - step (B - 1)^2 ahead, then no nearer to 0 than `margin`, on the side of height
        onward = height' + momentum (height' - height)

    B: mean over 3 x 3 x 3 voxels, weights 1, 2, 1 along each axis. Nesterov, Soviet Math. Dokl. 27 (1983)
    372; Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009) 183.
    """
    rough = np.empty((3, height.shape[1] + 2, height.shape[2] + 2), np.float32)  # (B - 1) ahead
    plane, row = np.empty(ahead.shape[1:], np.float32), np.empty(ahead.shape[2], np.float32)
    for x in range(first, first + 2):
        _roughness(ahead[x], ahead[x + 1], ahead[x + 2], plane, row, rough[x % 3])
    for i in range(first, stop):
        _roughness(ahead[i + 2], ahead[i + 3], ahead[i + 4], plane, row, rough[(i + 2) % 3])
        low, mid, high = rough[i % 3], rough[(i + 1) % 3], rough[(i + 2) % 3]
        _plane_sums(low, mid, high, plane)
        for j in range(height.shape[1]):
            _row_sums(plane, j, mid.shape[1], row)
            for k in range(height.shape[2]):
                change = row[k] + TWO * row[k + 1] + row[k + 2] - mid[j + 1, k + 1]
                old = height[i, j, k]
                side = np.copysign(ONE, old)
                new = side * max(side * (ahead[i + 2, j + 2, k + 2] - step * change), margin)
                height[i, j, k], onward[i + 2, j + 2, k + 2] = new, new + momentum * (new - old)


@inlined
def _roughness(low, mid, high, plane, row, out):
    """Mean over 3 x 3 x 3 voxels less the middle, of the plane `mid`, inside the outermost."""
    _plane_sums(low, mid, high, plane)
    for j in range(out.shape[0]):
        _row_sums(plane, j, row.size, row)
        for k in range(out.shape[1]):
            out[j, k] = row[k] + TWO * row[k + 1] + row[k + 2] - mid[j + 1, k + 1]


@inlined
def _plane_sums(low, mid, high, plane):
    for j in range(mid.shape[0]):
        for k in range(mid.shape[1]):
            plane[j, k] = low[j, k] + TWO * mid[j, k] + high[j, k]


@inlined
def _row_sums(plane, j, size, row):
    """Sums of three rows of three planes, over all 64 weights."""
    for k in range(size):
        row[k] = (plane[j, k] + TWO * plane[j + 1, k] + plane[j + 2, k]) * LEAST


@spread("share")
def shares(first, stop, height, periodic, share):
    """Share of each voxel where height > 0, height linear with its central differences; beyond the box the
    image goes on as its mirror image, or periodically along y and z."""
    nx, ny, nz = height.shape
    for i in range(first, stop):
        low, own, high = height[max(np.int64(i) - 1, 0)], height[i], height[min(np.int64(i) + 1, nx - 1)]
        for j in range(ny):
            j1, j2 = _beside(j, ny, periodic)
            for k in range(nz):
                k1, k2 = _beside(k, nz, periodic)
                a, b, c = (
                    abs(high[j, k] - low[j, k]),
                    abs(own[j2, k] - own[j1, k]),
                    abs(own[j, k2] - own[j, k1]),
                )
                value, reach = np.float64(own[j, k]), 0.5 * (np.float64(a) + np.float64(b) + np.float64(c))
                if 2 * abs(value) < reach:
                    n1, n2, n3 = normal(a, b, c)
                    share[i, j, k] = volume(n1, n2, n3, 0.5 + value / reach)
                else:
                    share[i, j, k] = 1 if value > 0 else 0


@inlined
def _beside(k, n, periodic):
    """Lines before and behind line k."""
    before = k - 1 if k > 0 else (n - 1 if periodic else 0)
    behind = k + 1 if k < n - 1 else (0 if periodic else n - 1)
    return before, behind
