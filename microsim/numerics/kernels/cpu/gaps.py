"""Gaps and sheets between two surfaces that both run through a voxel: parts of CPU kernels.

What is open between two parallel planes a and a + width apart, n . x from one to the other, with n >= 0 and
sum(n) = 1, leaves shares s and t of two voxels side by side across axis 1: those fix both planes.
"""

import numpy as np

from ...codes import PURE
from .compiled import inlined
from .cut_planes import normal, open_part, place, volume

HALVINGS = 12  # of the share below the lower plane: leave 1/8000 of it
LEVEL = 1e-4  # squares of gradients and second differences below which nothing says where a gap leads


@inlined
def _ring(share, at, b, c):
    """Mean of 3 x 3 voxels across an axis, weights 1, 2, 1 each way."""
    edges = np.float64(share[at + b]) + share[at - b] + share[at + c] + share[at - c]
    corners = np.float64(share[at + b + c]) + share[at + b - c] + share[at - b + c] + share[at - b - c]
    return (4 * np.float64(share[at]) + 2 * edges + corners) / 16


@inlined
def _twist(share, at, a, b):
    return (np.float64(share[at + a + b]) - share[at + a - b] - share[at - a + b] + share[at - a - b]) / 4


@inlined
def _bends(share, at, a, b, c):
    """Second differences of the shares over 3 x 3 x 3 voxels: aa, bb, cc, ab, ac, bc."""
    aa = _ring(share, at + a, b, c) - 2 * _ring(share, at, b, c) + _ring(share, at - a, b, c)
    bb = _ring(share, at + b, a, c) - 2 * _ring(share, at, a, c) + _ring(share, at - b, a, c)
    cc = _ring(share, at + c, a, b) - 2 * _ring(share, at, a, b) + _ring(share, at - c, a, b)
    ab = _twist(share, at - c, a, b) + 2 * _twist(share, at, a, b) + _twist(share, at + c, a, b)
    ac = _twist(share, at - b, a, c) + 2 * _twist(share, at, a, c) + _twist(share, at + b, a, c)
    bc = _twist(share, at - a, b, c) + 2 * _twist(share, at, b, c) + _twist(share, at + a, b, c)
    return aa, bb, cc, ab / 4, ac / 4, bc / 4


@inlined
def _squares(g1, g2, g3, aa, bb, cc, ab, ac, bc):
    """g g^T + H H^T: aa, bb, cc, ab, ac, bc of it."""
    return (
        g1 * g1 + aa * aa + ab * ab + ac * ac,
        g2 * g2 + ab * ab + bb * bb + bc * bc,
        g3 * g3 + ac * ac + bc * bc + cc * cc,
        g1 * g2 + aa * ab + ab * bb + ac * bc,
        g1 * g3 + aa * ac + ab * bc + ac * cc,
        g2 * g3 + ab * ac + bb * bc + bc * cc,
    )


@inlined
def _foremost(aa, bb, cc, ab, ac, bc):
    """Foremost axis, of any length, of a sum of squares: the largest column of its 32nd power."""
    for _ in range(5):
        over = 1 / (aa + bb + cc)
        aa, bb, cc, ab, ac, bc = aa * over, bb * over, cc * over, ab * over, ac * over, bc * over
        aa, bb, cc, ab, ac, bc = _squares(0.0, 0.0, 0.0, aa, bb, cc, ab, ac, bc)
    if aa >= bb and aa >= cc:
        return aa, ab, ac
    if bb >= cc:
        return ab, bb, bc
    return ac, bc, cc


@inlined
def _below(n1, n2, n3, a):
    return 0.0 if a <= 0 else (1.0 if a >= 1 else volume(n1, n2, n3, a))


@inlined
def _section(n2, n3, a):
    return 0.0 if a <= 0 else (1.0 if a >= n2 + n3 else open_part(n2, n3, a))


@inlined
def _through(n1, n2, n3, s, t):
    """Open part of the face between two voxels, the second before the first: s between the two planes is
    kept, and t as far as a plane within reach of the face allows."""
    upper = place(n1, n2, n3, s)
    most = _below(n1, n2, n3, upper + n1)
    if t >= most - PURE * PURE or place(n1, n2, n3, most - t) <= n1:  # the lower plane is below the face
        return _section(n2, n3, upper)
    low, high = 0.0, 1 - s
    lower = place(n1, n2, n3, high)
    if t <= 1 - _below(n1, n2, n3, lower + n1):  # the upper plane is above the voxel
        return 1 - _section(n2, n3, lower)
    for _ in range(HALVINGS):
        beneath = (low + high) / 2
        lower, upper = place(n1, n2, n3, beneath), place(n1, n2, n3, beneath + s)
        if _below(n1, n2, n3, upper + n1) - _below(n1, n2, n3, lower + n1) > t:
            low = beneath
        else:
            high = beneath
    return _section(n2, n3, upper) - _section(n2, n3, lower)


@inlined
def between_two(share, here, there, g, h, steps, otherwise):
    """Open part of the face between two voxels, the second before the first, that two surfaces run through.

        of a gap the section of what two planes leave open; of a sheet, between two surfaces that are open
        outwards, of what they leave closed, and at most `otherwise`, since what is open on either side of it
        in one voxel would pass through it

    share: flattened; g, h: gradients, and steps in `share`, the axis across the face first. Both planes stand
    across the foremost axis of g g^T + H H^T, summed over both voxels; a gap is where shares bend down along
    it. Seen from either voxel, and the mean.
    """
    a, b, c = steps
    own, other = _bends(share, here, a, b, c), _bends(share, there, a, b, c)
    m, k = _squares(*g, *own), _squares(*h, *other)
    sums = m[0] + k[0], m[1] + k[1], m[2] + k[2], m[3] + k[3], m[4] + k[4], m[5] + k[5]
    if sums[0] + sums[1] + sums[2] < LEVEL:
        return otherwise
    x, y, z = _foremost(*sums)
    bend = x * x * (own[0] + other[0]) + y * y * (own[1] + other[1]) + z * z * (own[2] + other[2])
    bend += 2 * (x * y * (own[3] + other[3]) + x * z * (own[4] + other[4]) + y * z * (own[5] + other[5]))
    n1, n2, n3 = normal(abs(x), abs(y), abs(z))
    s, t, sheet = np.float64(share[here]), np.float64(share[there]), bend > 0
    if sheet:
        s, t = 1 - s, 1 - t
    between = 0.0
    for _ in range(2):
        between += _through(n1, n2, n3, s, t) / 2
        s, t = t, s
    return min(1 - between, otherwise) if sheet else between
