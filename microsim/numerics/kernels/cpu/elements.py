"""CPU kernel: which tetrahedron holds the centre of a voxel."""

import numpy as np

from ...codes import EDGE
from .compiled import compiled, inlined


@compiled
def label_centres(points, cells, phase, labels):
    """Give each voxel [x, y, z] the phase of the element that holds its centre; the last one where several
    do.

    points (n, 3) in voxels, the centres at whole numbers; cells (m, 4), right-handed; labels [x, y, z] are
    written.
    """
    a, b, c = np.empty(3), np.empty(3), np.empty(3)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    for e in range(len(cells)):
        p = points[cells[e, 0]]
        for k in range(3):
            a[k], b[k], c[k] = (
                points[cells[e, 1], k] - p[k],
                points[cells[e, 2], k] - p[k],
                points[cells[e, 3], k] - p[k],
            )
            low[k] = max(0, int(np.ceil(p[k] + min(0.0, a[k], b[k], c[k]) - 1e-9)))
            high[k] = min(labels.shape[k] - 1, int(np.floor(p[k] + max(0.0, a[k], b[k], c[k]) + 1e-9)))
        bc, ca, ab = _cross(b, c), _cross(c, a), _cross(a, b)
        six = ab[0] * c[0] + ab[1] * c[1] + ab[2] * c[2]
        for i in range(low[0], high[0] + 1):
            for j in range(low[1], high[1] + 1):
                for k in range(low[2], high[2] + 1):
                    x, y, z = i - p[0], j - p[1], k - p[2]
                    first = bc[0] * x + bc[1] * y + bc[2] * z
                    second = ca[0] * x + ca[1] * y + ca[2] * z
                    third = ab[0] * x + ab[1] * y + ab[2] * z
                    if min(first, second, third, six - first - second - third) >= -EDGE * six:
                        labels[i, j, k] = phase[e]


@inlined
def _cross(u, v):
    return (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
