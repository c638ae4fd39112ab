"""What lies between the centres of voxels: lines and faces of spheres, gaps between them, sheets."""

import numpy as np
import pytest

from microsim.mesh.two_media import between_voxels

SAMPLES = 8


def shares_of(n, inside):
    fine = (np.arange(n * SAMPLES) + 0.5) / SAMPLES - n / 2
    found = inside(*np.meshgrid(fine, fine, fine, indexing="ij"))
    return found.reshape(n, SAMPLES, n, SAMPLES, n, SAMPLES).mean(axis=(1, 3, 5))


def dense(found, axis, n, what):
    """Values of the links within the box, NaN where no surface is."""
    values = np.full((n + 3, n + 3, n + 3), np.nan)
    values[tuple((found[axis].at + 1).T)] = getattr(found[axis], what)
    return values[(*[slice(1, n + 1 - (b == axis)) for b in range(3)],)]


def sphere_lines(n, radius):
    """Part of the line from each voxel to the next along x within a sphere in the middle."""
    x = np.arange(n) + 0.5 - n / 2
    half = np.sqrt(np.maximum(radius**2 - x[:, None] ** 2 - x**2, 0))
    low, high = x[:-1, None, None], x[1:, None, None]
    return np.clip(high, -half, half) - np.clip(low, -half, half)


@pytest.mark.parametrize("radius", [4.3, 5.1])
def test_lines_and_normals_of_a_sphere(radius):
    n = 14
    share = shares_of(n, lambda x, y, z: x**2 + y**2 + z**2 < radius**2)
    found = between_voxels(share)
    line = dense(found, 0, n, "line")
    there = np.isfinite(line)
    off = line - sphere_lines(n, radius)
    assert np.abs(off[there]).max() < 0.2 and abs(np.mean(off[there])) < 0.01
    middle = found[0].at + 0.5 - n / 2 + [0.5, 0, 0]
    radial = middle / np.linalg.norm(middle, axis=1)[:, None]
    crossed = (found[0].line > 0.1) & (found[0].line < 0.9) & np.all(np.abs(middle) < n / 2 - 1, axis=1)
    aligned = np.einsum("na,nab,nb->n", radial, found[0].lean, radial)[crossed]
    assert crossed.sum() > 50 and aligned.min() > 0.97


def test_media_change_places():
    share = shares_of(10, lambda x, y, z: x**2 + y**2 + z**2 < 3.2**2)
    found, other = between_voxels(share), between_voxels(1 - share)
    for a, b in zip(found, other):
        assert np.array_equal(a.at, b.at)
        assert np.allclose(a.line, 1 - b.line, atol=1e-4) and np.allclose(a.face, 1 - b.face, atol=1e-4)
        assert np.allclose(a.lean, b.lean, atol=1e-3)


@pytest.mark.parametrize("gap", [0.3, 0.8, 1.4])
@pytest.mark.parametrize("sheet", [False, True])
def test_a_gap_between_two_bodies_is_seen_from_either_side(gap, sheet):
    """Two large spheres facing each other across a voxel face: in the middle the line crosses the gap, and
    nothing of the face between is in them."""
    n, radius = 14, 6.0
    centre = radius + gap / 2
    share = shares_of(n, lambda x, y, z: (np.abs(x) - centre) ** 2 + y**2 + z**2 < radius**2)
    found = between_voxels(1 - share if sheet else share)
    line, face = (dense(found, 0, n, what)[n // 2 - 1] for what in ("line", "face"))
    y = np.arange(n) + 0.5 - n / 2
    away = np.hypot(y[:, None], y)
    near = away < 2.5
    wall = centre - np.sqrt(radius**2 - np.where(near, away, 0) ** 2)
    exact = np.clip(1 - 2 * wall, 0, 1)
    line, face = (1 - line, 1 - face) if sheet else (line, face)
    assert np.abs(line - exact)[near].max() < 0.1
    assert face[near].max() < 0.1
    lean = found[0].lean[np.all(found[0].at == [n // 2 - 1, n // 2, n // 2], axis=1)][0]
    assert lean[0, 0] > 0.95 and np.trace(lean) == pytest.approx(1, abs=1e-3)


def test_two_walls_in_one_voxel_count_by_their_share():
    share = np.ones((9, 4, 4))
    share[4] = 0.3
    found = between_voxels(share)
    at, lines = found[0].at, found[0].line
    inside = np.all((at >= 0) & (at < share.shape), axis=1)
    assert sorted(set(at[inside, 0])) == [3, 4]
    assert lines[inside] == pytest.approx(0.65, abs=1e-3)  # 0.7 of a voxel is missing on the way across both
    assert found[0].lean[inside, 0, 0].min() > 0.99


def test_nothing_lies_between_voxels_of_one_medium():
    assert all(found.at.size == 0 for found in between_voxels(np.ones((4, 5, 6))))
