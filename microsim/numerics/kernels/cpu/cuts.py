"""CPU kernels of voxels that a surface cuts: how far their faces are open, from the open share of each voxel.

Gradients and planes are kept for two planes of voxels only: those of a whole image would take 32 bytes a
voxel, three times as much as its openings.
"""

import numpy as np

from ...codes import GOOD_FIT, POOR_FIT, PURE
from .compiled import inlined
from .cut_planes import normal, open_part, place
from .gaps import between_two
from .threads import spread

NONE, ONE, TWO = np.float32(0), np.float32(1), np.float32(2)
ONCE, TWICE = np.uint64(1), np.uint64(2)
# what is kept of a voxel: gradient, normal, place and misfit of its plane; where they begin, and how many
SIZE, PLACE, LACK, RECORD = (np.uint64(n) for n in (3, 6, 7, 8))
X, Y, Z = (np.uint64(n) for n in (0, 1, 2))
NEXT = np.array([1, 2, 0, 1], np.uint64)  # axes that come after each, and after that one


@spread("gradient", axis=1)
def gradients(first, stop, share, gradient):
    """Gradient [axis, x, y, z] of the shares over 3 x 3 x 3 voxels (weights 1, 2, 1 across), inside the
    outermost."""
    rows = np.empty((6, share.shape[2]), np.float32)
    for i in range(first, stop):
        for j in range(gradient.shape[2]):
            _slopes(share, i + 1, j, rows)
            for k in range(gradient.shape[3]):
                for axis in range(3):
                    gradient[axis, i, j, k] = rows[3 + axis, k]


@inlined
def _slopes(share, x, j, rows):
    """Write the gradient of the shares in row j of a plane x into the last three of six rows."""
    low, mid, high = share[x - 1], share[x], share[x + 1]
    across, along, mean = rows[0], rows[1], rows[2]
    for k in range(rows.shape[1]):
        first = low[j, k] + TWO * mid[j, k] + high[j, k]
        last = low[j + 2, k] + TWO * mid[j + 2, k] + high[j + 2, k]
        across[k] = (high[j, k] - low[j, k]) + TWO * (high[j + 1, k] - low[j + 1, k])
        across[k] += high[j + 2, k] - low[j + 2, k]
        along[k] = last - first
        mean[k] = first + last + TWO * (low[j + 1, k] + TWO * mid[j + 1, k] + high[j + 1, k])
    for k in range(rows.shape[1] - 2):
        rows[3, k] = (across[k] + TWO * across[k + 1] + across[k + 2]) * np.float32(1 / 32)
        rows[4, k] = (along[k] + TWO * along[k + 1] + along[k + 2]) * np.float32(1 / 32)
        rows[5, k] = (mean[k + 2] - mean[k]) * np.float32(1 / 32)


@inlined
def _misfit(a, b, c, share):
    """0 where a plane fits a voxel's gradient, 1 where none does: too flat, as between two surfaces."""
    size = (np.float64(a) * a + np.float64(b) * b + np.float64(c) * c) ** 0.5
    size /= min(1.0, 4 * share * (1 - share) + 0.3)
    return min(max((GOOD_FIT - size) / (GOOD_FIT - POOR_FIT), 0.0), 1.0)


@inlined
def _doubt(misfit, facing):
    return min(4 * misfit, 1.0) if facing else 1.0


@inlined
def _passage(share, doubt, at, across, b, c):
    """1 without a doubt that a plane fits, and in a channel through a face that is narrower than a voxel; 0
    in a wall. Places in `share`: that of the voxel, and steps across the face and beside."""
    if doubt == 0:
        return 1.0
    s = share[at]
    wall = max(share[at + across] + share[at - across] - TWO * s, NONE)
    beside = max(TWO * s - share[at + b] - share[at - b], TWO * s - share[at + c] - share[at - c], NONE)
    channel = min(max((beside + max(s - TWO * wall, NONE)) / s, NONE), ONE)
    return 1 - doubt * (1 - channel)


@inlined
def _face(share, planes, here, there, own, other, axis, across, step_b, step_c, gaps):
    """Open part of the face across an axis between two voxels, the second before the first: places in `share`
    (here, there) and of their planes (own, other); steps in `share` across the axis and along the others;
    gaps: see openings."""
    s, t = share[here], share[there]
    if s < PURE or t < PURE:
        return 0.0
    if s > 1 - PURE and t > 1 - PURE:
        return 1.0
    b, c = NEXT[axis], NEXT[axis + ONCE]
    ga, gb, gc = planes[own + axis], planes[own + b], planes[own + c]
    ha, hb, hc = planes[other + axis], planes[other + b], planes[other + c]
    facing = ga * ha + gb * hb + gc * hc > 0  # the same way: one surface, not two
    of_s, of_t = planes[own + LACK], planes[other + LACK]
    passage = _passage(share, _doubt(of_s, facing), here, across, step_b, step_c)
    passage = min(passage, _passage(share, _doubt(of_t, facing), there, across, step_b, step_c))
    if s > 1 - PURE or t > 1 - PURE:
        return passage
    misfit, mean = max(of_s, of_t), 0.5 * (np.float64(s) + np.float64(t))
    two = passage * mean
    if gaps and misfit > 0:
        g, h = (
            (np.float64(ga), np.float64(gb), np.float64(gc)),
            (np.float64(ha), np.float64(hb), np.float64(hc)),
        )
        two = between_two(share, here, there, g, h, (across, step_b, step_c), two)
    if misfit == 1:
        return two
    at = planes[own + PLACE] - (planes[own + SIZE + axis] if ga > 0 else NONE)
    sides = open_part(planes[own + SIZE + b], planes[own + SIZE + c], np.float64(at))
    at = planes[other + PLACE] - (NONE if ha > 0 else planes[other + SIZE + axis])
    sides += open_part(planes[other + SIZE + b], planes[other + SIZE + c], np.float64(at))
    both = sides / 2
    if facing:
        n1, n2, n3 = normal(2 * abs(np.float64(ga) + ha), abs(np.float64(gb) + hb), abs(np.float64(gc) + hc))
        both = open_part(n2, n3, place(n1, n2, n3, mean) - 0.5 * n1)
    return (1 - misfit) * (sides + both) / 3 + misfit * two


@inlined
def _at_least(least, open_):
    return open_ if open_ >= least else 0.0


@spread("opening", axis=1)
def openings(first, stop, share, least, gaps, opening):
    """Open part [axis, x, y, z] of the lower face of each voxel across each axis.

        (1 - misfit) (side_i + side_j + both) / 3 + misfit two

    two: with `gaps` see gaps.between_two, else passage (s_i + s_j) / 2.

    share: open share s, with two voxels around the box; least: what is open by less is closed.
    """
    ny, nz = np.uint64(share.shape[1]), np.uint64(share.shape[2])
    flat, x_step = share.reshape(share.size), ny * nz
    planes = np.zeros((2, ny - TWICE, nz - TWICE, RECORD), np.float32)
    rows, y_record = np.empty((6, share.shape[2]), np.float32), RECORD * (nz - TWICE)
    records = planes.reshape(planes.size)
    _planes(share, first + ONCE, rows, planes[(first + ONCE) % TWICE])
    for i in range(first, stop):
        x = i + TWICE
        _planes(share, x, rows, planes[x % TWICE])
        own_plane = x % TWICE * y_record * (ny - TWICE)
        other_plane = (x - ONCE) % TWICE * y_record * (ny - TWICE)
        for j in range(np.uint64(opening.shape[2])):
            begin = x * x_step + (j + TWICE) * nz + TWICE
            record = (j + ONCE) * y_record + RECORD
            for k in range(np.uint64(opening.shape[3])):
                at, own, other = begin + k, own_plane + record + k * RECORD, other_plane + record + k * RECORD
                s = flat[at]
                lowest = min(s, flat[at - x_step], flat[at - nz], flat[at - ONCE])
                if s < PURE or lowest > 1 - PURE:  # most voxels
                    whole = NONE if s < PURE else ONE
                    opening[0, i, j, k], opening[1, i, j, k], opening[2, i, j, k] = whole, whole, whole
                    continue
                a, b, c = at - x_step, at - nz, at - ONCE
                opening[0, i, j, k] = _at_least(
                    least, _face(flat, records, at, a, own, other, X, x_step, nz, ONCE, gaps)
                )
                opening[1, i, j, k] = _at_least(
                    least, _face(flat, records, at, b, own, own - y_record, Y, nz, ONCE, x_step, gaps)
                )
                opening[2, i, j, k] = _at_least(
                    least, _face(flat, records, at, c, own, own - RECORD, Z, ONCE, x_step, nz, gaps)
                )


@inlined
def _planes(share, x, rows, planes):
    """Write the gradients of the voxels of one x; where they are cut normal, place and misfit of their planes
    too."""
    for j in range(planes.shape[0]):
        _slopes(share, x, j, rows)
        for k in range(planes.shape[1]):
            a, b, c, s = rows[3, k], rows[4, k], rows[5, k], share[x, j + 1, k + 1]
            planes[j, k, 0], planes[j, k, 1], planes[j, k, 2], planes[j, k, 7] = a, b, c, NONE
            if PURE <= s <= 1 - PURE:
                n1, n2, n3 = normal(np.float64(abs(a)), np.float64(abs(b)), np.float64(abs(c)))
                planes[j, k, 3], planes[j, k, 4], planes[j, k, 5] = n1, n2, n3
                planes[j, k, 6] = place(n1, n2, n3, np.float64(s))
                planes[j, k, 7] = _misfit(a, b, c, s)


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
                    n1, n2, n3 = normal(abs(g[0]), abs(g[1]), abs(g[2]))
                    plane = (place(n1, n2, n3, s) - 0.5) / (n1 * n1 + n2 * n2 + n3 * n3) ** 0.5
                    misfit = _misfit(g[0], g[1], g[2], s)
                    depth[i, j, k] = (1 - misfit) * plane + misfit * (s - 0.5)
