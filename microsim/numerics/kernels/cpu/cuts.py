"""CPU kernels of voxels that a surface cuts: how far their faces are open, from the open share of each voxel.

Gradients and planes are kept for two planes of voxels only: those of a whole image would take 32 bytes a
voxel, three times as much as its openings.
"""

import numpy as np

from ...codes import GOOD_FIT, POOR_FIT, PURE
from .compiled import inlined
from .cut_planes import normal, open_part, place, place_of_cut
from .gaps import between_two
from .threads import START, spread

NONE, ONE, TWO = np.float32(0), np.float32(1), np.float32(2)
ONCE, TWICE = np.uint64(1), np.uint64(2)
# what is kept of voxels: gradient, normal, place and misfit of their planes; where they begin, and how many
SIZE, PLACE, LACK, RECORD = (np.uint64(n) for n in (3, 6, 7, 8))
X, Y, Z = (np.uint64(n) for n in (0, 1, 2))
NEXT = np.array([1, 2, 0, 1], np.uint64)  # axes that come after each, and after that one


@spread("gradient", axis=1)
def gradients(first, stop, share, gradient):
    """Gradient [axis, x, y, z] of the shares over 3 x 3 x 3 voxels (weights 1, 2, 1 across), inside the
    outermost."""
    rows = np.empty((3, share.shape[2]), np.float32)
    for i in range(first, stop):
        for j in range(gradient.shape[2]):
            _slopes(share, i + 1, j, rows, gradient[0, i, j], gradient[1, i, j], gradient[2, i, j])


@inlined
def _slopes(share, x, j, rows, slope_x, slope_y, slope_z):
    """Write the gradient of the shares in row j of a plane x."""
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
        slope_x[k] = (across[k] + TWO * across[k + 1] + across[k + 2]) * np.float32(1 / 32)
        slope_y[k] = (along[k] + TWO * along[k + 1] + along[k + 2]) * np.float32(1 / 32)
        slope_z[k] = (mean[k + 2] - mean[k]) * np.float32(1 / 32)


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
def _face(share, planes, here, there, own, other, size, axis, across, step_b, step_c, gaps):
    """Open part of the face across an axis between two voxels, the second before the first: places in `share`
    (here, there) and of their planes (own, other; size: from one quantity of a plane to the next); steps in
    `share` across the axis and along the others; gaps: see openings."""
    s, t, b, c = share[here], share[there], NEXT[axis] * size, NEXT[axis + ONCE] * size
    a = axis * size
    ga, gb, gc = planes[own + a], planes[own + b], planes[own + c]
    ha, hb, hc = planes[other + a], planes[other + b], planes[other + c]
    facing = ga * ha + gb * hb + gc * hc > 0  # the same way: one surface, not two
    of_s, of_t = planes[own + LACK * size], planes[other + LACK * size]
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
    a, b, c, place_of = SIZE * size + a, SIZE * size + b, SIZE * size + c, PLACE * size
    at = planes[own + place_of] - (planes[own + a] if ga > 0 else NONE)
    sides = open_part(planes[own + b], planes[own + c], np.float64(at))
    at = planes[other + place_of] - (NONE if ha > 0 else planes[other + a])
    sides += open_part(planes[other + b], planes[other + c], np.float64(at))
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
    planes = np.zeros((2, RECORD, ny - TWICE, nz - TWICE), np.float32)
    records, size = planes.reshape(planes.size), (ny - TWICE) * (nz - TWICE)
    rows, work = np.empty((3, share.shape[2]), np.float32), np.zeros((10, _whole(3 * nz)))
    found, taken, row = (
        np.empty(share.shape[2], np.uint64),
        np.empty(3 * share.shape[2], np.uint64),
        nz - TWICE,
    )
    _planes(share, first + ONCE, rows, planes[(first + ONCE) % TWICE], found, work)
    for i in range(first, stop):
        x = i + TWICE
        _planes(share, x, rows, planes[x % TWICE], found, work)
        for j in range(np.uint64(opening.shape[2])):
            at = x * x_step + (j + TWICE) * nz + TWICE
            own = x % TWICE * RECORD * size + (j + ONCE) * row + ONCE
            other = (x - ONCE) % TWICE * RECORD * size + (j + ONCE) * row + ONCE
            given = flat, records, size, found, taken, work, least, gaps
            of_x = _row_of_faces(given, at, own, other, X, x_step, nz, ONCE, START, opening[0, i, j])
            of_y = _row_of_faces(given, at, own, own - row, Y, nz, ONCE, x_step, of_x, opening[1, i, j])
            of_z = _row_of_faces(given, at, own, own - ONCE, Z, ONCE, x_step, nz, of_y, opening[2, i, j])
            _open_sides(work[0], work[1], work[2], _whole(of_z))
            _open_sides(work[3], work[4], work[5], _whole(of_z))
            _open_halfway(work[6], work[7], work[8], work[9], _whole(of_z))
            _scatter(taken, work, START, of_x, least, opening[0, i, j])
            _scatter(taken, work, of_x, of_y, least, opening[1, i, j])
            _scatter(taken, work, of_y, of_z, least, opening[2, i, j])


@inlined
def _row_of_faces(given, begin, own, other, axis, across, step_b, step_c, plain, out):
    """Open parts of the lower faces of a row of voxels that begins at `begin`: of whole voxels, and one by
    one where two surfaces may lie. Where one does they are found several at a time, with the instructions of
    a vector, from what is written from `plain` on; returns where that ends."""
    share, records, size, found, taken, work, least, gaps = given
    for k in range(np.uint64(out.size)):
        lower = min(share[begin + k], share[begin + k - across])
        out[k] = NONE if lower < PURE else ONE
    count, first = START, plain
    for k in range(np.uint64(out.size)):
        lower = min(share[begin + k], share[begin + k - across])
        found[count] = k
        count += np.uint64((lower >= PURE) & (lower <= 1 - PURE))
    for n in range(count):
        k = found[n]
        i, j, at = own + k, other + k, begin + k
        if _is_one_surface(records, i, j, size):
            taken[plain] = k
            plain += np.uint64(max(share[at], share[at - across]) <= 1 - PURE)
        else:
            open_ = _face(share, records, at, at - across, i, j, size, axis, across, step_b, step_c, gaps)
            out[k] = _at_least(least, open_)
    for n in range(first, plain):
        k = taken[n]
        work[9, n] = 0.5 * (np.float64(share[begin + k]) + np.float64(share[begin + k - across]))
        _gather(records, own + k, other + k, size, axis, work, n)
    return plain


@inlined
def _scatter(taken, work, first, stop, least, out):
    for n in range(first, stop):
        out[taken[n]] = _at_least(least, (work[2, n] + work[5, n] + work[9, n]) / 3)


@inlined
def _whole(count):
    """A count up to whole vectors of eight: of what is left over one takes as long as three within a vector,
    and of the 14 faces across one axis of a row of 128, the mean of a random medium, six would be."""
    return (count + np.uint64(7)) & ~np.uint64(7)


@inlined
def _is_one_surface(records, own, other, size):
    """Whether two voxels' planes fit them and face the same way."""
    total = records[own] * records[other] + records[own + size] * records[other + size]
    total += records[own + TWICE * size] * records[other + TWICE * size]
    return (total > 0) & (records[own + LACK * size] + records[other + LACK * size] == 0)


@inlined
def _gather(records, own, other, size, axis, work, n):
    """Write what `_open_sides` takes of the planes of two voxels, and `_open_halfway` of both."""
    a, b, c, to_normal = axis * size, NEXT[axis] * size, NEXT[axis + ONCE] * size, SIZE * size
    ga, ha = records[own + a], records[other + a]
    work[0, n], work[1, n] = records[own + to_normal + b], records[own + to_normal + c]
    work[2, n] = records[own + PLACE * size] - (records[own + to_normal + a] if ga > 0 else NONE)
    work[3, n], work[4, n] = records[other + to_normal + b], records[other + to_normal + c]
    work[5, n] = records[other + PLACE * size] - (NONE if ha > 0 else records[other + to_normal + a])
    work[6, n] = 2 * abs(np.float64(ga) + ha)
    work[7, n] = abs(np.float64(records[own + b]) + records[other + b])
    work[8, n] = abs(np.float64(records[own + c]) + records[other + c])


@inlined
def _open_sides(n2, n3, place_of, count):
    """Open parts of unit squares with n2 y + n3 z < place, in its stead."""
    for n in range(count):
        place_of[n] = open_part(n2[n], n3[n], place_of[n])


@inlined
def _open_halfway(a, b, c, share, count):
    """Open parts of the sections halfway through boxes of two voxels, in the stead of their share."""
    for n in range(count):
        n1, n2, n3 = normal(a[n], b[n], c[n])
        share[n] = open_part(n2, n3, place_of_cut(n1, n2, n3, share[n]) - 0.5 * n1)


@inlined
def _planes(share, x, rows, planes, found, work):
    """Write the gradients of the voxels of one x; where they are cut normal, place and misfit of their planes
    too."""
    for j in range(np.uint64(planes.shape[1])):
        _slopes(share, x, j, rows, planes[0, j], planes[1, j], planes[2, j])
        count, lack = START, planes[7, j]
        for k in range(np.uint64(planes.shape[2])):
            s = share[x, j + ONCE, k + ONCE]
            found[count], lack[k] = k, NONE
            count += np.uint64((s >= PURE) & (s <= 1 - PURE))
        for n in range(count):
            k = found[n]
            a, b, c, s = planes[0, j, k], planes[1, j, k], planes[2, j, k], share[x, j + ONCE, k + ONCE]
            work[0, n], work[1, n], work[2, n], work[3, n] = abs(a), abs(b), abs(c), s
            lack[k] = _misfit(a, b, c, s)
        _place_planes(work[0], work[1], work[2], work[3], _whole(count))
        for n in range(count):
            for part in range(4):
                planes[3 + part, j, found[n]] = work[part, n]


@inlined
def _place_planes(a, b, c, share, count):
    """Normals and places of planes, in the stead of sizes of gradients and of shares."""
    for n in range(count):
        n1, n2, n3 = normal(a[n], b[n], c[n])
        share[n] = place_of_cut(n1, n2, n3, share[n])
        a[n], b[n], c[n] = n1, n2, n3


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
