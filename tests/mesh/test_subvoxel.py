"""Openings of voxel faces and shares of smooth surfaces: planes, spheres, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.mesh.subvoxel import FAR, _depth, depths_of, face_openings, smooth_shares

quick = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 2**31)
FINE = (np.arange(8) + 0.5) / 8  # samples along a voxel


def blocks(n):
    """Coordinates of 8 samples along each axis of each of n voxels."""
    line = (np.arange(n)[:, None] + FINE).ravel()
    return np.meshgrid(line, line, line, indexing="ij", sparse=True)


def counted(inside, n):
    return inside.reshape(n, 8, n, 8, n, 8).mean(axis=(1, 3, 5))


def half_space(n, normal, place):
    return counted(sum(a * (x - n / 2) for a, x in zip(normal, blocks(n))) < place, n)


def ball(n, radius, centre):
    return counted(sum((x - c) ** 2 for x, c in zip(blocks(n), centre)) > radius**2, n)


def mixed(seed, shape=(6, 7, 5)):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 0.8)
    return np.clip(0.5 + noise / noise.std(), 0, 1)


@quick
@given(seeds)
def test_whole_voxels_open_where_both_are(seed):
    mask = np.random.default_rng(seed).random((5, 6, 4)) < 0.6
    for axis, opening in enumerate(faces_of(mask)):
        inner = np.take(opening, range(1, mask.shape[axis]), axis)
        both = np.take(mask, range(1, mask.shape[axis]), axis) & np.take(
            mask, range(mask.shape[axis] - 1), axis
        )
        assert np.array_equal(inner, both)


@quick
@given(seeds, st.integers(0, 2))
def test_a_mirror_image_has_the_mirrored_openings(seed, axis):
    share = mixed(seed)
    one, other = faces_of(share), faces_of(np.flip(share, axis))
    for along in range(3):
        assert np.flip(other[along], axis) == pytest.approx(one[along], abs=2e-5)


def faces_of(share):
    """Openings across each axis, as many as there are faces."""
    opening = face_openings(share)
    return [
        opening[axis][tuple(slice(n + (a == axis)) for a, n in enumerate(share.shape))] for axis in range(3)
    ]


@quick
@given(seeds)
def test_axes_change_places(seed):
    share = mixed(seed)
    one, other = faces_of(share), faces_of(share.transpose(2, 0, 1))
    for axis in range(3):
        assert other[axis] == pytest.approx(one[(2, 0, 1)[axis]].transpose(2, 0, 1), abs=2e-5)


@pytest.mark.parametrize("normal", [(1.0, 0.4, 0.2), (-0.3, 1.0, 0.6), (0.1, -0.2, 1.0)])
def test_openings_at_a_plane(normal):
    n, place = 8, 0.37
    opening = face_openings(half_space(n, normal, place))
    line = (np.arange(n)[:, None] + FINE).ravel() - n / 2
    y, z = line[:, None], line
    for k in range(2, n - 1):  # away from the ends, where the image goes on as its mirror image
        open_ = normal[0] * (k - n / 2) + normal[1] * y + normal[2] * z < place
        exact = open_.reshape(n, 8, n, 8).mean(axis=(1, 3))[2:-2, 2:-2]
        assert opening[0, k, 2 : n - 2, 2 : n - 2] == pytest.approx(exact, abs=0.06)


def test_openings_at_a_sphere_are_a_hundredth_off():
    n, radius, centre = 16, 5.3, (8.1, 7.7, 8.4)
    opening = face_openings(ball(n, radius, centre))[0, 1:n, :n, :n]
    line = (np.arange(n)[:, None] + FINE).ravel()
    square = (line[:, None] - centre[1]) ** 2 + (line - centre[2]) ** 2
    sections = [square + (k - centre[0]) ** 2 > radius**2 for k in range(1, n)]
    exact = np.array([s.reshape(n, 8, n, 8).mean(axis=(1, 3)) for s in sections])
    assert np.sqrt(np.mean((opening - exact) ** 2)) < 0.006
    assert abs(np.mean(opening - exact)) < 2e-4


@pytest.mark.parametrize(
    "edges",
    [(3.0, 4.0), (3.5, 4.5), (3.2, 4.1), (3.6, 4.6), (3.8, 4.9), (3.45, 4.55), (3.4, 4.5), (3.55, 4.4)],
)
def test_a_wall_of_about_a_voxel_is_kept(edges):
    line = np.arange(9.0)
    wall = np.clip(np.minimum(line[1:], edges[1]) - np.maximum(line[:-1], edges[0]), 0, 1)
    share = np.broadcast_to((1 - wall)[:, None, None], (8, 4, 4))
    assert face_openings(share)[0, 1:-1, :4, :4].min() < 1e-6


@pytest.mark.parametrize("width", [0.3, 0.6])
def test_a_channel_narrower_than_a_voxel_is_kept(width):
    share = np.zeros((8, 5, 5))
    share[:, 2, 2] = width
    assert face_openings(share)[0, :, 2, 2] == pytest.approx(width, abs=1e-5)


@quick
@given(seeds)
def test_smooth_shares_keep_every_voxel_on_its_side(seed):
    mask = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(9, 8, 7)), 1) > 0
    share = smooth_shares(mask)
    assert share.min() >= 0 and share.max() <= 1
    assert share[mask].min() >= 0.5 >= share[~mask].max()


def test_a_wall_and_a_channel_of_one_voxel_stay():
    mask = np.ones((10, 6, 6), bool)
    mask[5] = False
    assert face_openings(smooth_shares(mask))[0, 1:-1, :6, :6].min() < 1e-6
    mask = np.zeros((10, 7, 7), bool)
    mask[:, 3, 3] = True
    assert face_openings(smooth_shares(mask))[0, :, 3, 3].min() > 0.3


def test_smooth_shares_of_a_sphere_are_nearer_than_its_voxels():
    n, radius, centre = 20, 7.3, (10.2, 9.9, 10.1)
    exact = ball(n, radius, centre)
    middles = np.arange(n) + 0.5
    mask = sum((x - c) ** 2 for x, c in zip(np.ix_(middles, middles, middles), centre)) > radius**2
    off, smooth = mask - exact, smooth_shares(mask) - exact
    assert np.sqrt(np.mean(smooth**2)) < 0.5 * np.sqrt(np.mean(off**2))


@pytest.mark.parametrize("periodic", [False, True])
def test_flat_faces_and_pure_volumes_stay(periodic):
    mask = np.zeros((8, 5, 5), bool)
    assert not smooth_shares(mask, periodic_sides=periodic).any()
    assert smooth_shares(~mask, periodic_sides=periodic).all()
    mask[:4] = True
    assert smooth_shares(mask, periodic_sides=periodic) == pytest.approx(mask.astype(float), abs=1e-3)


def test_a_periodic_image_may_begin_anywhere():
    mask = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(6, 9, 8)), 1.2, mode="wrap") > 0
    moved = np.roll(mask, (4, 3), (1, 2))
    share = smooth_shares(mask, periodic_sides=True)
    assert smooth_shares(moved, periodic_sides=True) == pytest.approx(
        np.roll(share, (4, 3), (1, 2)), abs=1e-5
    )


def test_openings_of_a_periodic_image_may_begin_anywhere():
    share = mixed(8, (5, 7, 6))
    cells = (slice(None), *(slice(n) for n in share.shape))
    one = face_openings(share, periodic_sides=True)[cells]
    moved = face_openings(np.roll(share, (3, 2), (1, 2)), periodic_sides=True)[cells]
    assert moved == pytest.approx(np.roll(one, (3, 2), (2, 3)), abs=2e-5)


@quick
@given(seeds, st.booleans())
def test_depth_is_the_distance_to_the_other_label(seed, periodic):
    mask = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(12, 4, 9)), 2, mode="wrap") > 0
    mask[0, 0, 0] = not mask[-1, -1, -1]
    around = [(0, 0), (8, 8), (8, 8)] if periodic else [(0, 0)] * 3
    wide = np.pad(mask, around, mode="wrap")
    exact = ndimage.distance_transform_edt(wide) + ndimage.distance_transform_edt(~wide) - 0.5
    inner = tuple(slice(low, low + n) for (low, _), n in zip(around, mask.shape))
    assert np.allclose(_depth(mask, periodic), np.minimum(exact[inner], 4) * np.where(mask, 1, -1))


@pytest.mark.parametrize("centre", [(8.0, 8.0, 8.0), (7.6, 8.2, 7.9)])
def test_depths_beside_a_ball_are_the_distance(centre):
    share, radius = ball(16, 5.3, centre), 5.3
    depth, normal = depths_of(share)
    line = np.arange(16) + 0.5
    away = np.stack([a - c for a, c in zip(np.meshgrid(line, line, line, indexing="ij"), centre)])
    exact = np.sqrt((away**2).sum(axis=0)) - radius
    near = np.abs(exact) < 1
    assert depth[near] == pytest.approx(exact[near], abs=0.1)  # planes go on straight beside their voxels
    assert np.sqrt(np.mean((depth - exact)[near] ** 2)) < 0.03
    assert (depth * (share - 0.5) >= 0).all() and (np.abs(depth[np.abs(exact) > 2.7]) == FAR).all()
    lean = (normal * away).sum(axis=0) / np.sqrt((away**2).sum(axis=0))
    assert (lean[near & (normal != 0).any(axis=0)] > 0.97).all()


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.6, 0.8, 0.0), (2 / 3, 1 / 3, 2 / 3)])
def test_depths_beside_a_plane_are_the_distance(normal):
    depth, found = depths_of(half_space(10, normal, 0.25))
    line = np.arange(10) - 4.5
    exact = 0.25 - sum(a * x for a, x in zip(normal, np.meshgrid(line, line, line, indexing="ij")))
    inner = np.zeros(exact.shape, bool)
    inner[2:-2, 2:-2, 2:-2] = True  # at the ends the image goes on as its mirror
    near = inner & (np.abs(exact) < 0.9)
    assert depth[near] == pytest.approx(exact[near], abs=0.03)
    assert -found[:, near].mean(axis=1) == pytest.approx(normal, abs=0.02)


@pytest.mark.parametrize("normal", [(1.0, 0.3, 0.2), (1.0, 1.0, 0.0), (1.0, 1.0, 0.5), (0.1, 1.0, 0.8)])
@pytest.mark.parametrize("width", [0.5, 0.8])
def test_a_gap_narrower_than_a_voxel_opens_what_it_cuts_of_each_face(normal, width):
    """On average to 0.03, from face to face to 0.11; by mean shares -0.05 to -0.22 and 0.13 to 0.39."""
    n, away = 10, np.array(normal) / np.linalg.norm(normal)
    share = counted(abs(sum(a * (x - n / 2) for a, x in zip(away, blocks(n))) - 0.13) < width / 2, n)
    line, inner, off = (np.arange(n)[:, None] + FINE).ravel() - n / 2, slice(3, n - 3), []
    for axis, opening in enumerate(face_openings(share)):
        b, c = (a for a in range(3) if a != axis)
        for k in range(3, n - 3):
            depth = away[axis] * (k - n / 2) + away[b] * line[:, None] + away[c] * line - 0.13
            exact = (abs(depth) < width / 2).reshape(n, 8, n, 8).mean(axis=(1, 3))
            found = np.take(opening, k, axis)[:n, :n]
            off.append(np.where((exact > 0) | (found > 0), found - exact, np.nan)[inner, inner])
    assert abs(np.nanmean(off)) < 0.04 and np.sqrt(np.nanmean(np.square(off))) < 0.12
