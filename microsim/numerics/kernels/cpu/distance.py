"""CPU kernels of distances and covering balls, serial: one pass over lines, one over balls."""

import numpy as np

from .compiled import compiled, inlined


@compiled
def envelopes(f, h, shift):
    """f[.., .., i] = min over j of f[.., .., j] + h^2 (i + shift - j)^2, line by line."""
    nx, ny, n = f.shape
    line, apex, start = np.empty(n), np.empty(n, np.int64), np.empty(n + 1)
    for x in range(nx):
        for y in range(ny):
            top = -1
            for j in range(n):
                line[j] = f[x, y, j] / (h * h)
                if line[j] == np.inf:
                    continue
                meet = -np.inf
                while top >= 0:
                    i = apex[top]
                    meet = (line[j] - line[i] + (j * j - i * i)) / (2.0 * (j - i))
                    if meet > start[top]:
                        break
                    top -= 1
                    meet = -np.inf
                top += 1
                apex[top], start[top] = j, meet
            if top < 0:
                continue
            start[top + 1] = np.inf
            k = 0
            for i in range(n):
                while start[k + 1] < i + shift:
                    k += 1
                f[x, y, i] = (line[apex[k]] + (i + shift - apex[k]) ** 2) * h * h


@compiled
def cover(centres, squared, spacing, following, thickness):
    """Lay balls, largest first; each line of a ball takes the voxels that no larger ball has taken.

    `following` leads from a place on a line along z to the next one still to be taken.
    """
    nx, ny, nz = thickness.shape
    hx, hy, hz = spacing
    for n in range(squared.size):
        x, y, z = centres[n, 0] / 2, centres[n, 1] / 2, centres[n, 2] / 2
        radius = np.sqrt(np.float64(squared[n]))
        reach2 = (radius + 0.5) ** 2
        for i in range(*_within(x, np.sqrt(reach2) / hx, nx)):
            left = reach2 - ((i - x) * hx) ** 2
            for j in range(*_within(y, np.sqrt(left) / hy, ny)):
                first, end = _within(z, np.sqrt(left - ((j - y) * hy) ** 2) / hz, nz)
                k = _find(following, i, j, first)
                while k < end:
                    thickness[i, j, k] = 2 * radius
                    following[i, j, k] = k + 1
                    k = _find(following, i, j, k + 1)


@inlined
def _within(centre, reach, size):
    """First index nearer than `reach` to the centre, and one past the last."""
    return max(int(np.floor(centre - reach)) + 1, 0), min(int(np.ceil(centre + reach)), size)


@inlined
def _find(following, i, j, k):
    while following[i, j, k] != k:
        following[i, j, k] = following[i, j, following[i, j, k]]
        k = following[i, j, k]
    return k
