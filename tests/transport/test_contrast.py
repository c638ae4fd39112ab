"""Conductors far apart: right to the tolerance, or an error; never a number outside Wiener's bounds."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import NotConverged
from microsim.impedance.pores import solve_impedance
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tensor import conductivity_tensor
from microsim.transport.tortuosity import check_bounds, solve_tortuosity

CUBE = np.array([1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0]).reshape(
    3, 3, 3
)


def exact(labels, conductivity):
    """D_eff along x by elimination in rational numbers: no round-off at any contrast."""
    sigma = [[[Fraction(float(conductivity[p])) for p in row] for row in plane] for plane in labels]
    nx, ny, nz = labels.shape
    index = {cell: k for k, cell in enumerate(np.ndindex(labels.shape))}
    rows = [{} for _ in index]
    right = [Fraction(0)] * len(index)
    for (i, j, k), row in index.items():
        own = sigma[i][j][k]
        for end in ((i == 0) + (i == nx - 1),):
            rows[row][row] = rows[row].get(row, 0) + 2 * own * end
        right[row] += 2 * own * (i == 0)
        for a, b, c in ((i + 1, j, k), (i, j + 1, k), (i, j, k + 1)):
            if (a, b, c) in index:
                there, far = index[a, b, c], sigma[a][b][c]
                w = 2 * own * far / (own + far) if own and far else Fraction(0)
                for p, q in ((row, there), (there, row)):
                    rows[p][p] = rows[p].get(p, 0) + w
                    rows[p][q] = rows[p].get(q, 0) - w
    u = solve(rows, right)
    flux = sum(2 * sigma[nx - 1][j][k] * u[index[nx - 1, j, k]] for j in range(ny) for k in range(nz))
    return float(flux * nx / (ny * nz))


def solve(rows, right):
    """Gaussian elimination of a symmetric positive definite system, row by row."""
    n, rows, right = len(rows), [dict(row) for row in rows], list(right)
    for p in range(n):
        for q in [q for q in rows[p] if q > p]:
            factor = rows[q].get(p, 0) / rows[p][p]
            if factor:
                for s, value in rows[p].items():
                    rows[q][s] = rows[q].get(s, 0) - factor * value
                right[q] -= factor * right[p]
    u = [Fraction(0)] * n
    for p in reversed(range(n)):
        u[p] = (right[p] - sum(value * u[q] for q, value in rows[p].items() if q > p)) / rows[p][p]
    return u


def grid_of(labels):
    return VoxelGrid(np.asarray(labels, np.uint8), ("a", "b"), None)


def found(labels, b, **options):
    return solve_tortuosity(grid_of(labels), {"a": 1.0, "b": b}, 0, **options).D_eff_over_D0


@pytest.mark.parametrize("exponent", range(13))
def test_any_contrast_of_a_cube(exponent):
    b = 10.0**-exponent
    assert found(CUBE, b) == pytest.approx(exact(CUBE, (1.0, b)), rel=1e-3, abs=0)


@pytest.mark.parametrize("exponent", [13, 14, 16, 18, 20, 30, 100, 300])
def test_beyond_round_off_right_or_an_error(exponent):
    b = 10.0**-exponent
    try:
        value = found(CUBE, b)
    except NotConverged:
        return
    assert value == pytest.approx(exact(CUBE, (1.0, b)), rel=1e-3, abs=0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.2, 0.8), st.floats(-14, 3), st.sampled_from(["x", "y", "z"]))
def test_random_media(seed, share, exponent, axis):
    labels = (np.random.default_rng(seed).random((4, 3, 3)) < share).astype(np.uint8)
    b = 10.0**exponent
    turned = np.moveaxis(labels, 0, "xyz".index(axis))
    grid = VoxelGrid(turned, ("a", "b"), None)
    try:
        value = solve_tortuosity(grid, {"a": 1.0, "b": b}, "xyz".index(axis)).D_eff_over_D0
    except NotConverged:
        assert exponent < -10
        return
    assert value == pytest.approx(exact(labels, (1.0, b)), rel=1e-3, abs=0)


@pytest.mark.parametrize("b", [1e-5, 1e-7, 1e-9, 1e-11])
def test_a_larger_image_against_a_direct_solve(b):
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    labels = (np.random.default_rng(2).random((14, 12, 12)) < 0.8).astype(np.uint8)
    sigma, index = np.array([1.0, b])[labels], np.arange(labels.size).reshape(labels.shape)
    rows, columns, values = [], [], []
    for axis in range(3):
        low, high = (np.take(index, range(k, labels.shape[axis] - 1 + k), axis).ravel() for k in (0, 1))
        w = 2 / (1 / sigma.ravel()[low] + 1 / sigma.ravel()[high])
        for p, q, sign in ((low, low, 1), (high, high, 1), (low, high, -1), (high, low, -1)):
            rows.append(p), columns.append(q), values.append(sign * w)
    ends = np.zeros(labels.shape)
    ends[0] += 2 * sigma[0]
    inlet = ends.ravel().copy()
    ends[-1] += 2 * sigma[-1]
    rows.append(index.ravel()), columns.append(index.ravel()), values.append(ends.ravel())
    A = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))).tocsc()
    u = spsolve(A, inlet).reshape(labels.shape)
    reference = (2 * sigma[-1] * u[-1]).sum() * labels.shape[0] / (labels.shape[1] * labels.shape[2])
    assert found(labels, b) == pytest.approx(reference, rel=2e-3, abs=0)


@pytest.mark.parametrize("b", [1e-6, 1e-9, 1e-11])
def test_the_tensor(b):
    """A checkerboard of rods along z: sqrt(s_a s_b) across (Keller), the mean along; laminates are exact."""
    layers = np.zeros((4, 4, 4), int)
    layers[::2] = 1
    D = conductivity_tensor(grid_of(layers), {"a": 1.0, "b": b}).D_eff_over_D0
    assert np.diag(D) == pytest.approx([2 / (1 + 1 / b), (1 + b) / 2, (1 + b) / 2], rel=1e-3, abs=0)
    labels = (np.random.default_rng(2).random((8, 8, 8)) < 0.8).astype(np.uint8)
    small, large = (
        conductivity_tensor(grid_of(labels), {"a": 1.0, "b": value}).D_eff_over_D0[0, 0] / value
        for value in (b, 1e-4)
    )
    assert small == pytest.approx(large, rel=5e-3)  # good islands in a poor matrix: proportional to it


@pytest.mark.parametrize("b", [1e-5, 1e-7, 1e-9])
def test_the_impedance_at_rest(b):
    labels = (np.random.default_rng(2).random((10, 8, 8)) < 0.8).astype(np.uint8)
    Z = solve_impedance(grid_of(labels), {"a": 1.0, "b": b}, 0, [1e-3 * b], relative=True)
    conductance = found(labels, b, tolerance=1e-4)
    assert Z.Z_normalised[0].real == pytest.approx(1 / conductance, rel=1e-2)


def test_bounds():
    check_bounds(0.5, [0.5, 0.5], [1.0, 0.0], 1e-3)
    check_bounds(2 / 11, [0.5, 0.5], [1.0, 0.1], 1e-3)
    for wrong in (0.51, -1e-9, np.nan):
        with pytest.raises(NotConverged, match="Wiener"):
            check_bounds(wrong, [0.5, 0.5], [1.0, 0.0], 1e-3)
    with pytest.raises(NotConverged, match="Wiener"):
        check_bounds(0.15, [0.5, 0.5], [1.0, 0.1], 1e-3)
