"""Links between cells that are also driven by the fields along the links beside them, as by a conductor whose
good direction is oblique to the grid.

    u.A u = sum over links e of w_e D_e^2 + D_e sum over axes c of w_ec <D_c>_e,   D: differences along links

<D_c> is the mean over the four links along c at both ends of e. The first part is that of any graph.
"""

import numpy as np
from scipy.sparse import coo_array


def lower_faces(graph):
    """Return where, in arrays of the lower faces of voxels [x, y, z], one longer along each axis, the face of
    each link of a graph stands."""
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    at = graph.position[rows].astype(np.int64)
    at[np.arange(rows.size), graph.face // 2] += graph.face % 2
    return at


def across_links(across, index, periodic):
    """Return the matrix of the second part, and what the end x = 0, held at 1, adds to the right side.

    across: w_ec [e's axis, c, x, y, z], one longer along x, y, z, of the lower face of each voxel, 0 for c =
    axis; index: number of the cell in each voxel; periodic: whether y and z go around.
    """
    n = index.size
    rows, columns, values = [], [], []
    drive = np.zeros(n)
    for axis in range(3):
        for c in (b for b in range(3) if b != axis):
            low, high, w = _links(across[axis, c], axis, index.shape, periodic)
            ends = index[tuple(low)], index[tuple(high)]
            for cell in (low, high):
                for above in (0, 1):
                    p, q, size = _ends_along(c, cell, above, index, periodic)
                    _product(ends, (p, q), w * size / 4, (rows, columns, values), drive)
    matrix = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (n, n))
    return (matrix + matrix.T).tocsr(), drive


def limited(along, across):
    """Return `across` no larger than leaves u.A u above 0 for every u, face by face.

    along: w_e [axis, x, y, z]; across: see across_links. The sum of three links that meet in a voxel is not
    below 0 where in the scaled matrix no row's entries off the diagonal exceed 1 (Gershgorin).
    """
    axes, size = range(3), np.sqrt(np.maximum(along, 1e-300))
    shape = tuple(n - 1 for n in along.shape[1:])
    row = np.ones(shape)
    for a in axes:
        for side in (0, 1):
            total = np.zeros(shape)
            for b in (b for b in axes if b != a):
                own = np.abs(_at_voxels(across[a, b], a, side))
                both = [
                    (own + np.abs(_at_voxels(across[b, a], b, other))) / _at_voxels(size[b], b, other)
                    for other in (0, 1)
                ]
                total += np.maximum(*both) / (2 * _at_voxels(size[a], a, side))
            np.maximum(row, total, out=row)
    if row.max() <= 1:
        return across
    kept, across = 1 / row, across.copy()
    for a in axes:
        least = np.ones(along.shape[1:])
        for side in (0, 1):
            faces = _at_voxels(least, a, side)
            np.minimum(faces, kept, out=faces)
        across[a] *= least
    return across


def _at_voxels(values, axis, side):
    """Values [x, y, z] of the lower (0) or upper face of each voxel across an axis."""
    shape = [n - 1 for n in values.shape]
    return values[tuple(slice(side * (b == axis), n + side * (b == axis)) for b, n in enumerate(shape))]


def _links(weight, axis, shape, periodic):
    """Voxels at the lower and upper end, [axis, link], of the links between two cells along an axis that are
    driven across, and by how much."""
    around = periodic and axis > 0
    inner = [slice(0, n) for n in shape]
    inner[axis] = slice(0 if around else 1, shape[axis])
    at = np.array(np.nonzero(weight[tuple(inner)]))
    at[axis] += inner[axis].start
    low = at.copy()
    low[axis] = (low[axis] - 1) % shape[axis]
    return low, at, weight[tuple(at)]


def _ends_along(axis, voxel, above, index, periodic):
    """Cells at the lower and upper end of the lower or upper link of voxels along an axis, -1 at an end of x,
    and how many of its difference make the field: 2 at an end, 0 at a wall."""
    n, size = index.shape[axis], np.ones(voxel.shape[1])
    low, high = voxel.copy(), voxel.copy()
    low[axis], high[axis] = voxel[axis] + above - 1, voxel[axis] + above
    outside = (low[axis] < 0) | (high[axis] >= n)
    low[axis] %= n
    high[axis] %= n
    p, q = index[tuple(low)], index[tuple(high)]
    if axis == 0:
        size[outside] = 2
        p, q = np.where(outside & (above == 0), -1, p), np.where(outside & (above == 1), -1, q)
    elif not periodic:
        size[outside] = 0
    return p, q, size


def _product(first, second, value, entries, drive):
    """Add (u_j - u_i)(u_q - u_p) value, half of it as entries of a matrix whose transpose has the other half;
    -1 for p stands for 1, for q for 0."""
    (i, j), (p, q) = first, second
    for row, sign in ((j, 1), (i, -1)):
        for column, other in ((q, 1), (p, -1)):
            there = (column >= 0) & (value != 0)
            for part, found in zip(entries, (row, column, sign * other * value / 2)):
                part.append(found[there])
        np.add.at(drive, row[p < 0], sign * value[p < 0] / 2)
