"""Links driven across: their matrix is that of the energy they are defined by, and stays above 0."""

import numpy as np
import pytest

from microsim.numerics.graph import voxel_graph
from microsim.numerics.oblique import across_links, limited, lower_faces

SHAPE = (4, 3, 5)


def weights(seed, size=1.0):
    rng = np.random.default_rng(seed)
    shape = tuple(n + 1 for n in SHAPE)
    along, across = rng.uniform(1, 2, (3, *shape)), size * rng.normal(size=(3, 3, *shape))
    for a in range(3):
        across[a, a] = 0
    across[0][:, 0], across[0][:, -1] = 0, 0  # the ends' own links: the image goes on as its mirror image
    return along, across


def difference(u, axis, face, ends, periodic):
    """Difference along the link of a lower face; 0 across a wall."""
    low, high = list(face), list(face)
    low[axis] -= 1
    n = u.shape[axis]
    if 0 < face[axis] < n:
        return u[tuple(high)] - u[tuple(low)]
    if axis == 0:
        return 2 * (u[tuple(high)] - ends[0]) if face[0] == 0 else 2 * (ends[1] - u[tuple(low)])
    if not periodic:
        return 0.0
    low[axis] %= n
    high[axis] %= n
    return u[tuple(high)] - u[tuple(low)]


def energy(across, u, ends, periodic):
    """Sum of D_e w_ec <D_c>_e, link by link."""
    total = 0.0
    for a in range(3):
        for c in (b for b in range(3) if b != a):
            for face in np.ndindex(*(n + (b == a) for b, n in enumerate(SHAPE))):
                if face[a] == SHAPE[a] and (a > 0):
                    continue  # the same link as face 0, or a wall
                own = difference(u, a, face, ends, periodic)
                if own == 0 or (a == 0 and face[a] in (0, SHAPE[0])):
                    continue
                beside = 0.0
                for down in (1, 0):
                    cell = list(face)
                    cell[a] = (face[a] - down) % SHAPE[a]
                    for above in (0, 1):
                        other = list(cell)
                        other[c] += above
                        beside += difference(u, c, other, ends, periodic) / 4
                total += own * across[(a, c, *face)] * beside
    return total


@pytest.mark.parametrize("periodic", [False, True])
def test_the_matrix_is_that_of_the_energy(periodic):
    across = weights(0)[1]
    index = np.random.default_rng(1).permutation(np.prod(SHAPE)).reshape(SHAPE)
    matrix, drive = across_links(across, index, periodic)
    for seed in range(3):
        u = np.random.default_rng(seed).normal(size=SHAPE)
        flat = np.empty(u.size)
        flat[index.ravel()] = u.ravel()
        found = flat @ (matrix @ flat) - 2 * drive @ flat
        assert found == pytest.approx(energy(across, u, (1.0, 0.0), periodic), rel=1e-10)
    assert abs(matrix - matrix.T).max() < 1e-14


@pytest.mark.parametrize("size", [0.1, 3.0])
def test_limited_links_leave_the_matrix_above_zero(size):
    along, across = weights(2, size)
    kept = limited(along, across)
    graph = voxel_graph(np.ones(SHAPE, bool), [np.ones(n) for n in SHAPE])
    matrix, _ = across_links(kept, graph.index, False)
    total = matrix.toarray()
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    weight = along[(graph.face // 2, *lower_faces(graph).T)]
    np.add.at(total, (rows, graph.neighbour), -weight)
    np.add.at(total, (rows, rows), weight)
    for end, plane in ((0, 0), (SHAPE[0], -1)):
        cells = graph.index[plane].ravel()
        total[cells, cells] += 2 * along[0, end, :-1, :-1].ravel()
    assert np.linalg.eigvalsh(total).min() > 0
    if size < 1:
        assert np.array_equal(kept, across)
    else:
        assert np.all(np.abs(kept) <= np.abs(across)) and np.abs(kept).max() > 0.1


def test_lower_faces_are_those_between_the_cells():
    graph = voxel_graph(np.ones(SHAPE, bool), [np.ones(n) for n in SHAPE])
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    higher = np.maximum(graph.position[rows], graph.position[graph.neighbour])
    assert np.array_equal(lower_faces(graph), higher)
