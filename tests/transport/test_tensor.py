"""Tensor of a periodic image: closed forms, published spheres, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.mesh.grid import VoxelGrid
from microsim.transport.tensor import conductivity_tensor
from microsim.transport.tortuosity import solve_tortuosity

quick = settings(max_examples=10, deadline=None)


def tensor(labels, conducting, voxel_size=1e-6, tolerance=1e-8):
    names = ("a", "b", "c")[: int(labels.max()) + 1]
    return conductivity_tensor(
        VoxelGrid(np.asarray(labels, np.uint8), names, voxel_size, relative=True),
        conducting,
        tolerance=tolerance,
    )


def noise(shape, seed):
    rng = np.random.default_rng(seed)
    rough = rng.standard_normal(shape)
    for axis in range(3):
        rough = rough + np.roll(rough, 1, axis) + np.roll(rough, -1, axis)
    return np.digitize(rough, np.quantile(rough, [0.4, 0.8])).astype(np.uint8)


def test_laminates_are_exact():
    labels = np.zeros((8, 6, 6), np.uint8)
    labels[4:] = 1
    result = tensor(labels, {"a": 1.0, "b": 10.0}, (1e-6, 2e-6, 0.5e-6))
    assert result.D_eff_over_D0 == pytest.approx(np.diag([20 / 11, 5.5, 5.5]), rel=1e-8, abs=1e-10)
    assert result.tau == pytest.approx((5.5 * 11 / 20, 1.0, 1.0), rel=1e-8)


def test_a_staircase_conducts_along_the_diagonal_only():
    """Paths of steps along x and y, two links in series a period: D = 1 / 2 N [[1, 1], [1, 1]]."""
    n = 6
    labels = np.zeros((n, n, 1), np.uint8)
    for i in range(n):
        labels[i, [i, (i + 1) % n]] = 1
    result = tensor(labels, {"b": 1.0})
    assert result.D_eff_over_D0[:2, :2] == pytest.approx(np.full((2, 2), 1 / (2 * n)), rel=1e-8)
    values, directions = result.principal
    assert values == pytest.approx(
        [2 / n, 1 / n, 0], abs=1e-9
    )  # along z the one layer repeats: straight pillars
    assert np.abs(directions[1]) == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0], abs=1e-6)


@pytest.mark.parametrize(("f", "exact"), [(0.3, 0.598362400), (0.5, 0.366231501)])
def test_spheres_in_a_cubic_array(f, exact):
    """Finite-volume answers on these 64^3 images (conjugate gradients to 1e-10, another code)."""
    n = 64
    c = np.arange(n) + 0.5 - n / 2
    radius = (3 * f / 4 / np.pi) ** (1 / 3) * n
    labels = c[:, None, None] ** 2 + c[:, None] ** 2 + c**2 < radius**2
    result = tensor(labels.astype(np.uint8), {"a": 1.0}, tolerance=1e-7)
    assert result.D_eff_over_D0 == pytest.approx(exact * np.eye(3), abs=2e-7)


@quick
@given(st.integers(0, 99), st.sampled_from([(6, 7, 5), (8, 4, 9)]))
def test_symmetric_bounded_and_turning_with_the_image(seed, shape):
    labels, conducting = noise(shape, seed), {"a": 1.0, "b": 0.3, "c": (2.0, 0.5, 0.1)}
    result = tensor(labels, conducting)
    D, (values, directions) = result.D_eff_over_D0, result.principal
    assert np.all(np.diff(values) <= 0) and np.allclose(directions.T @ np.diag(values) @ directions, D)
    assert np.allclose(D, D.T, atol=1e-12) and np.all(np.linalg.eigvalsh(D) > 0)
    share = np.bincount(labels.ravel(), minlength=3) / labels.size
    sigma = np.array([[1.0] * 3, [0.3] * 3, [2.0, 0.5, 0.1]])
    assert np.all(np.diag(D) <= share @ sigma + 1e-9) and np.all(
        np.diag(D) >= 1 / (share @ (1 / sigma)) - 1e-9
    )
    rolled = tensor(np.roll(labels, (2, 1, 3), (0, 1, 2)), conducting).D_eff_over_D0
    assert np.allclose(rolled, D, atol=1e-6)
    mirrored = tensor(labels[::-1], conducting).D_eff_over_D0
    flip = np.diag([-1, 1, 1])
    assert np.allclose(mirrored, flip @ D @ flip, atol=1e-6)
    swapped = tensor(labels.swapaxes(0, 1), {**conducting, "c": (0.5, 2.0, 0.1)}).D_eff_over_D0
    order = [1, 0, 2]
    assert np.allclose(swapped, D[np.ix_(order, order)], atol=1e-6)


def test_a_mirrored_image_has_the_no_flux_answer():
    """Image and mirror image joined along every axis: no mean flux across, and walls are symmetry planes."""
    labels = noise((6, 5, 4), 5)
    whole = labels
    for axis in range(3):
        whole = np.concatenate([whole, np.flip(whole, axis)], axis)
    conducting = {"a": 1.0, "b": 0.3, "c": 2.0}
    D = tensor(whole, conducting).D_eff_over_D0
    grid = VoxelGrid(labels, ("a", "b", "c"), 1e-6)
    for axis in range(3):
        alone = solve_tortuosity(grid, conducting, axis, tolerance=1e-9).D_eff_over_D0
        assert D[axis, axis] == pytest.approx(alone, rel=1e-6)
    assert np.abs(D - np.diag(np.diag(D))).max() < 1e-9


def test_nothing_that_spans_is_zero():
    labels = np.zeros((5, 5, 5), np.uint8)
    labels[2, 2, 2] = 1
    result = tensor(labels, {"b": 1.0})
    assert not result.D_eff_over_D0.any() and result.tau == (None, None, None)


def test_one_voxel_conducts_as_it_does():
    for conductivity in (1.0, (1.0, 0.5, 2.0)):
        grid = VoxelGrid(np.zeros((1, 1, 1)), ("pore",), 4e-7)
        found = conductivity_tensor(grid, {"pore": conductivity})
        assert np.diag(found.D_eff_over_D0) == pytest.approx(np.broadcast_to(conductivity, 3))
