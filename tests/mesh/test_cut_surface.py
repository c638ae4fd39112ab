"""The surface that shares stand for: planes counted by hand, and a sphere."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.mesh.cut_surface import cut_surface
from microsim.mesh.morphology import surface_area
from microsim.mesh.subvoxel import face_openings, smooth_shares

from .test_subvoxel import ball, blocks, counted, half_space

N = 8


def middle(surface):
    """Pieces whose voxels are two or more from the sides of the box, beyond which its mirror image lies."""
    return ((surface.position >= 2) & (surface.position < N - 2)).all(axis=1)


@pytest.mark.parametrize("tilt", [0.0, 0.3, 0.6])
def test_the_area_of_a_plane_is_what_it_covers_over_the_cosine_of_its_tilt(tilt):
    normal = np.array([np.cos(tilt), np.sin(tilt), 0.0])
    surface = cut_surface(half_space(N, normal, 0.13), (1e-6, 1e-6, 1e-6))
    area = surface.vector[middle(surface)].sum(axis=0) * 1e12
    assert area == pytest.approx((N - 4) ** 2 * normal / normal[0], rel=0.02, abs=0.02)


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.8, 0.6, 0.0), (0.6, 0.5, 0.62)])
def test_depths_are_those_of_the_points_on_either_side(normal):
    normal = np.array(normal) / np.linalg.norm(normal)
    away = 0.13 - sum(a * (x - N / 2) for a, x in zip(normal, blocks(N)))  # how deep a point lies inside
    inside = counted(away > 0, N)
    sums = counted(np.where(away > 0, away, 0.0), N), counted(np.where(away < 0, -away, 0.0), N)
    surface = cut_surface(inside, (2e-6, 2e-6, 2e-6))
    at, voxels = middle(surface), tuple(surface.position.T)
    for part, share, total in ((surface.inner, inside, sums[0]), (surface.outer, 1 - inside, sums[1])):
        whole = at & (share[voxels] > 0.1)
        mean = total[voxels][whole] / share[voxels][whole]
        assert part.depth[whole] * 5e5 == pytest.approx(mean, abs=0.03)


def test_an_edge_of_another_length_stretches_areas_and_depths():
    share = half_space(N, np.array([0.8, 0.6, 0.0]), 0.13)
    cubes, long = cut_surface(share, (1.0, 1.0, 1.0)), cut_surface(share, (1.0, 1.0, 3.0))
    assert long.vector == pytest.approx(cubes.vector * [3, 3, 1])
    assert long.inner.depth == pytest.approx(cubes.inner.depth, rel=1e-3)


def test_particles_a_fraction_of_a_voxel_apart_hand_on_electrons():
    """Balls 0.6 voxels apart: nothing conducts between them in a sample, but in an electrode they touch."""
    share = sum(1 - ball(20, 4.7, (x, 8.0, 8.0)) for x in (5.0, 15.0))
    passed = cut_surface(share, (1.0, 1.0, 1.0)).inner.opening[0, 10, 7:9, 7:9]
    assert (passed > 0.005).all() and not face_openings(share)[0, 10, 7:9, 7:9].any()


def test_a_part_of_a_voxel_is_told_by_its_moments_and_the_middle_of_the_voxel():
    share = np.zeros((6, 1, 1))
    share[:3] = 1
    share[3] = 0.3
    surface = cut_surface(share, (1.0, 1.0, 1.0))
    (at,) = np.flatnonzero(surface.position[:, 0] == 3)
    for part, s in ((surface.inner, 0.3), (surface.outer, 0.7)):
        assert part.depth[at] == pytest.approx(s / 2, abs=2e-3)
        assert part.square[at] == pytest.approx(s**2 / 3, abs=2e-3)
        assert part.middle[at] == pytest.approx(s - 0.5, abs=2e-3)
    assert np.linalg.norm(surface.vector, axis=1).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.8, 0.6, 0.0), (0.6, 0.5, 0.62)])
def test_mean_squares_are_those_of_the_points_on_either_side(normal):
    normal = np.array(normal) / np.linalg.norm(normal)
    away = 0.13 - sum(a * (x - N / 2) for a, x in zip(normal, blocks(N)))
    inside, squares = counted(away > 0, N), counted(np.where(away > 0, away, 0.0) ** 2, N)
    surface = cut_surface(inside, (2e-6, 2e-6, 2e-6))
    voxels = tuple(surface.position.T)
    whole = middle(surface) & (inside[voxels] > 0.1)
    mean = squares[voxels][whole] / inside[voxels][whole]
    assert surface.inner.square[whole] * 25e10 == pytest.approx(mean, abs=0.03)


@pytest.mark.parametrize("centre", [(6.8, 7.1, 7.3), (7.0, 7.0, 7.0), (6.5, 7.5, 7.5)])
def test_a_sphere_of_ten_voxels_has_its_area_and_curvature(centre):
    surface = cut_surface(1 - ball(14, 5.0, centre), (1.0, 1.0, 1.0))
    assert surface.area.sum() == pytest.approx(4 * np.pi * 25, rel=2e-3)
    assert np.average(surface.curvature, weights=surface.area) == pytest.approx(2 / 5, rel=0.01)
    assert np.abs(surface.vector.sum(axis=0)).max() < 1e-5  # closed
    pores = cut_surface(ball(14, 5.0, centre), (1.0, 1.0, 1.0))
    assert np.average(pores.curvature, weights=pores.area) == pytest.approx(-2 / 5, rel=0.01)


def test_an_eighth_between_mirrors_is_an_eighth_of_the_sphere():
    whole = cut_surface(1 - ball(14, 5.0, (7.0, 7.0, 7.0)), (1.0, 1.0, 1.0))
    eighth = cut_surface(1 - ball(14, 5.0, (7.0, 7.0, 7.0))[7:, 7:, 7:], (1.0, 1.0, 1.0))
    assert 8 * eighth.area.sum() == pytest.approx(whole.area.sum(), rel=1e-4)
    assert 8 * eighth.curvature.sum() == pytest.approx(whole.curvature.sum(), rel=1e-4)


@pytest.mark.parametrize("noise, rel", [(0.03, 0.02), (0.05, 0.03)])
def test_noise_adds_little_to_the_area_and_no_pores_within_what_is_solid(noise, rel):
    rng, away = np.random.default_rng(0), np.array([9.8, 10.1, 10.3])
    share = np.clip(1 - ball(20, 7.0, away) + noise * rng.standard_normal((20, 20, 20)), 0, 1)
    surface = cut_surface(share, (1.0, 1.0, 1.0))
    assert surface.area.sum() == pytest.approx(4 * np.pi * 49, rel=rel)
    middle = np.linalg.norm(np.indices((20, 20, 20)).T + 0.5 - away, axis=-1).T < 4
    assert np.all(surface.inner.share[middle] == 1) and np.all(
        surface.outer.opening[:, :20, :20, :20][:, middle] == 0
    )


def test_a_crack_below_a_voxel_that_its_labels_do_not_show_stays():
    share = np.ones((8, 8, 8))
    share[4] = 0.6
    surface = cut_surface(share, (1.0, 1.0, 1.0))
    assert np.all(surface.outer.share[4] == pytest.approx(0.4)) and np.all(surface.outer.share[:4] == 0)


def test_what_is_all_or_nothing_has_no_surface():
    for share in (0.0, 1.0):
        assert len(cut_surface(np.full((3, 3, 3), share), (1.0, 1.0, 1.0)).position) == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_structures_of_a_few_voxels_a_feature_keep_their_area(seed):
    """Against voxel faces over their lean (mesh.morphology)."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((24, 24, 24)), 1.5)
    mask = noise > 0
    surface = cut_surface(smooth_shares(mask), (1.0, 1.0, 1.0))
    assert surface.area.sum() == pytest.approx(surface_area(mask, 1.0), rel=0.05)
