"""CPU kernels of voxels that a surface cuts: how far their faces are open, from the open share of each voxel.

A plane n . x = a, with n >= 0 and sum(n) = 1, cuts the unit cube whose corner x = 0 lies deepest in the open.
"""

import numpy as np

from ...codes import FLAT, GOOD_FIT, POOR_FIT, PURE
from .compiled import inlined
from .threads import spread


@inlined
def _square(t):
    return t * t if t > 0 else 0.0


@inlined
def _cube(t):
    return t * t * t if t > 0 else 0.0


@inlined
def _volume(n1, n2, n3, a):
    """Share of the unit cube with n . x < a."""
    v = _cube(a) - _cube(a - n1) - _cube(a - n2) - _cube(a - n3)
    v += _cube(a - n1 - n2) + _cube(a - n1 - n3) + _cube(a - n2 - n3)
    return min(max(v / (6 * n1 * n2 * n3), 0.0), 1.0)


@inlined
def _normal(a, b, c):
    """Normal of three sizes of a gradient: positive, with a sum of 1."""
    total = max(a + b + c, 1e-30)
    a, b, c = max(a / total, FLAT), max(b / total, FLAT), max(c / total, FLAT)
    total = a + b + c
    return a / total, b / total, c / total


@inlined
def _place(n1, n2, n3, share):
    """Place a of the plane that leaves `share` of the unit cube open: the inverse of _volume.

    Scardovelli and Zaleski, J. Comput. Phys. 164 (2000) 228, section 2.
    """
    m1, m3 = min(n1, n2, n3), max(n1, n2, n3)
    m2, v = 1 - m1 - m3, min(share, 1 - share)
    six = 6 * m1 * m2 * m3
    v1 = m1 * m1 / (6 * m2 * m3)
    v2 = v1 + (m2 - m1) / (2 * m3)
    if v < v1:
        a = (six * v) ** (1 / 3)
    elif v < v2:
        a = 0.5 * (m1 + (m1 * m1 + 8 * m2 * m3 * (v - v1)) ** 0.5)
    elif m1 + m2 <= m3 and 2 * m3 * v >= m1 + m2:
        a = m3 * v + 0.5 * (m1 + m2)
    else:
        a = m2 + (0.5 - m2) * (v - v2) / max(0.5 - v2, 1e-9)  # the chord
        for _ in range(3):
            slope = _square(a) - _square(a - m1) - _square(a - m2) - _square(a - m3) + _square(a - m1 - m2)
            a -= (_volume(m1, m2, m3, a) - v) * 2 * m1 * m2 * m3 / slope
    return a if share <= 0.5 else 1 - a


@inlined
def _section(across, along1, along2, share, depth):
    """Open part of the section at `depth` of a unit cube that is open by `share`; across, along1, along2:
    gradient of the open share, without signs; depth: 0 at the open side of the cube, 1 at the other."""
    n1, n2, n3 = _normal(across, along1, along2)
    return _open_part(n2, n3, _place(n1, n2, n3, share) - n1 * depth)


@inlined
def _open_part(n2, n3, a):
    """Part of a unit square with n2 y + n3 z < a."""
    v = _square(a) - _square(a - n2) - _square(a - n3) + _square(a - n2 - n3)
    return min(max(v / (2 * n2 * n3), 0.0), 1.0)


@spread("gradient", axis=1)
def gradients(first, stop, share, gradient):
    """Gradient [axis, x, y, z] of the shares over 3 x 3 x 3 voxels (weights 1, 2, 1 across), inside the
    outermost."""
    for i in range(first, stop):
        for j in range(gradient.shape[2]):
            for k in range(gradient.shape[3]):
                gx, gy, gz = 0.0, 0.0, 0.0
                for a in range(3):
                    for b in range(3):
                        for c in range(3):
                            s = share[i + a, j + b, k + c]
                            gx += (a - 1) * (2 - abs(b - 1)) * (2 - abs(c - 1)) * s
                            gy += (b - 1) * (2 - abs(a - 1)) * (2 - abs(c - 1)) * s
                            gz += (c - 1) * (2 - abs(a - 1)) * (2 - abs(b - 1)) * s
                gradient[0, i, j, k], gradient[1, i, j, k], gradient[2, i, j, k] = gx / 32, gy / 32, gz / 32


@inlined
def _side(g, b, c, axis, share, place, upward):
    """Open part of the lower or upper face of a voxel across an axis, by the plane of its own gradient."""
    across = g[axis]
    if across == 0 and g[b] == 0 and g[c] == 0:
        return share
    n1, n2, n3 = _normal(abs(across), abs(g[b]), abs(g[c]))
    return _open_part(n2, n3, place if (across > 0) == upward else place - n1)


@inlined
def _misfit(g, share):
    """0 where a plane fits a voxel's gradient, 1 where none does: too flat, as between two surfaces."""
    if share > 1 - PURE:
        return 0.0
    size = (g[0] * g[0] + g[1] * g[1] + g[2] * g[2]) ** 0.5 / min(1.0, 4 * share * (1 - share) + 0.3)
    return min(max((GOOD_FIT - size) / (GOOD_FIT - POOR_FIT), 0.0), 1.0)


@inlined
def _doubt(misfit, facing):
    return min(4 * misfit, 1.0) if facing else 1.0


@inlined
def _passage(share, doubt, x, y, z, dx, dy, dz):
    """1 without a doubt that a plane fits, and in a channel along an axis (step dx, dy, dz) that is narrower
    than a voxel; 0 in a wall across it."""
    s = share[x, y, z]
    wall = max(share[x + dx, y + dy, z + dz] + share[x - dx, y - dy, z - dz] - 2 * s, 0.0)
    b = 2 * s - share[x + dz, y + dx, z + dy] - share[x - dz, y - dx, z - dy]
    c = 2 * s - share[x + dy, y + dz, z + dx] - share[x - dy, y - dz, z - dx]
    channel = min(max((max(b, c, 0.0) + max(s - 2 * wall, 0.0)) / s, 0.0), 1.0)
    return 1 - doubt * (1 - channel)


@inlined
def _face(share, gradient, places, x, y, z, axis, dx, dy, dz):
    """Open part of the lower face, across an axis, of the voxel x, y, z of `share`; places: of the planes in
    the voxels of x - 1 and x."""
    s, t = share[x, y, z], share[x - dx, y - dy, z - dz]
    if s < PURE or t < PURE:
        return 0.0
    if s > 1 - PURE and t > 1 - PURE:
        return 1.0
    g, h = gradient[:, x - 1, y - 1, z - 1], gradient[:, x - 1 - dx, y - 1 - dy, z - 1 - dz]
    of_s, of_t = _misfit(g, s), _misfit(h, t)
    facing = g[0] * h[0] + g[1] * h[1] + g[2] * h[2] > 0  # the same way: one surface, not two
    passage = _passage(share, _doubt(of_s, facing), x, y, z, dx, dy, dz)
    passage = min(passage, _passage(share, _doubt(of_t, facing), x - dx, y - dy, z - dz, dx, dy, dz))
    if s > 1 - PURE or t > 1 - PURE:
        return passage
    misfit = max(of_s, of_t)
    b, c = (axis + 1) % 3, (axis + 2) % 3
    sides = _side(g, b, c, axis, s, places[x % 2, y - 1, z - 1], False)
    sides += _side(h, b, c, axis, t, places[(x - dx) % 2, y - 1 - dy, z - 1 - dz], True)
    both = sides / 2
    if facing:
        both = _section(2 * abs(g[axis] + h[axis]), abs(g[b] + h[b]), abs(g[c] + h[c]), (s + t) / 2, 0.5)
    return (1 - misfit) * (sides + both) / 3 + misfit * passage * (s + t) / 2


@spread("opening", axis=1)
def openings(first, stop, share, gradient, opening):
    """Open part [axis, x, y, z] of the lower face of each voxel across each axis.

        (1 - misfit) (side_i + side_j + both) / 3 + misfit passage (s_i + s_j) / 2

    share: open share s, with two voxels around the box; gradient: of `gradients`.
    """
    places = np.empty((2, gradient.shape[2], gradient.shape[3]))  # each serves six faces
    _plane_places(share, gradient, first + 1, places)
    for i in range(first, stop):
        _plane_places(share, gradient, i + 2, places)
        for j in range(opening.shape[2]):
            here, behind, beside = share[i + 2, j + 2], share[i + 1, j + 2], share[i + 2, j + 1]
            for k in range(opening.shape[3]):
                x, y, z, s = i + 2, j + 2, k + 2, here[k + 2]
                least = min(s, behind[k + 2], beside[k + 2], here[k + 1])
                if s < PURE or least > 1 - PURE:  # most voxels
                    opening[:, i, j, k] = s >= PURE
                    continue
                opening[0, i, j, k] = _face(share, gradient, places, x, y, z, 0, 1, 0, 0)
                opening[1, i, j, k] = _face(share, gradient, places, x, y, z, 1, 0, 1, 0)
                opening[2, i, j, k] = _face(share, gradient, places, x, y, z, 2, 0, 0, 1)


@inlined
def _plane_places(share, gradient, x, places):
    """Places of the planes in the voxels of one x that are cut."""
    for j in range(places.shape[1]):
        for k in range(places.shape[2]):
            s, g = share[x, j + 1, k + 1], gradient[:, x - 1, j, k]
            if PURE <= s <= 1 - PURE:
                n1, n2, n3 = _normal(abs(g[0]), abs(g[1]), abs(g[2]))
                places[x % 2, j, k] = _place(n1, n2, n3, s)


@spread("depth")
def depths(first, stop, share, gradient, depth):
    """Distance of the centre of each voxel to the plane that cuts it, in voxels, above 0 where the centre is
    open; (s - 1/2) where no plane fits or nothing is cut.

    share: open share s, with a voxel around the box; gradient: of `gradients`, of the same voxels as depth.
    """
    for i in range(first, stop):
        for j in range(depth.shape[1]):
            for k in range(depth.shape[2]):
                s, g = share[i + 1, j + 1, k + 1], gradient[:, i, j, k]
                depth[i, j, k] = s - 0.5
                if PURE <= s <= 1 - PURE:
                    n1, n2, n3 = _normal(abs(g[0]), abs(g[1]), abs(g[2]))
                    plane = (_place(n1, n2, n3, s) - 0.5) / (n1 * n1 + n2 * n2 + n3 * n3) ** 0.5
                    misfit = _misfit(g, s)
                    depth[i, j, k] = (1 - misfit) * plane + misfit * (s - 0.5)


@spread("share")
def shares(first, stop, height, slope_x, slope_y, slope_z, share):
    """Share of each voxel where height > 0, height linear with its slopes."""
    for i in range(first, stop):
        for j in range(share.shape[1]):
            for k in range(share.shape[2]):
                a, b, c = abs(slope_x[i, j, k]), abs(slope_y[i, j, k]), abs(slope_z[i, j, k])
                place = 0.5 if height[i, j, k] > 0 else -0.5
                if 2 * abs(height[i, j, k]) < a + b + c:
                    place = height[i, j, k] / (a + b + c)
                n1, n2, n3 = _normal(a, b, c)
                share[i, j, k] = _volume(n1, n2, n3, 0.5 + place)


@spread("out")
def roughness(first, stop, values, out):
    """Mean over 3 x 3 x 3 voxels (weights 1, 2, 1 along each axis) less the middle, inside the outermost."""
    plane = np.empty(values.shape[1:], values.dtype)
    row = np.empty(values.shape[2], values.dtype)
    for i in range(first, stop):
        _plane_sums(values, i, plane)
        for j in range(out.shape[1]):
            _row_sums(plane, j, row)
            for k in range(out.shape[2]):
                out[i, j, k] = row[k] + 2 * row[k + 1] + row[k + 2] - values[i + 1, j + 1, k + 1]


@spread("height")
def unbend(first, stop, rough, step, momentum, margin, height, ahead):
    """One accelerated step down the bending energy, from `ahead` (with two voxels around the box):

        height' = ahead - step (B - 1) rough, then no nearer to 0 than `margin`, on the side of height
        ahead' = height' + momentum (height' - height)

    rough: (B - 1) ahead, of `roughness`, with a voxel around the box. Nesterov, Soviet Math. Dokl. 27 (1983)
    372; Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009) 183.
    """
    plane = np.empty(rough.shape[1:], rough.dtype)
    row = np.empty(rough.shape[2], rough.dtype)
    for i in range(first, stop):
        _plane_sums(rough, i, plane)
        for j in range(height.shape[1]):
            _row_sums(plane, j, row)
            for k in range(height.shape[2]):
                change = row[k] + 2 * row[k + 1] + row[k + 2] - rough[i + 1, j + 1, k + 1]
                new, old = ahead[i + 2, j + 2, k + 2] - step * change, height[i, j, k]
                new = max(new, margin) if old > 0 else min(new, -margin)
                height[i, j, k], ahead[i + 2, j + 2, k + 2] = new, new + momentum * (new - old)


@inlined
def _plane_sums(values, i, plane):
    for j in range(plane.shape[0]):
        for k in range(plane.shape[1]):
            plane[j, k] = values[i, j, k] + 2 * values[i + 1, j, k] + values[i + 2, j, k]


@inlined
def _row_sums(plane, j, row):
    """Sums of three rows of three planes, over all 64 weights."""
    for k in range(row.size):
        row[k] = (plane[j, k] + 2 * plane[j + 1, k] + plane[j + 2, k]) * np.float32(1 / 64)
