"""How surfaces bend, from one plane in each voxel: spheres, cylinders, planes and balls that nearly touch."""

import numpy as np
import pytest

from microsim.mesh.curvature import curvatures
from microsim.mesh.cut_surface import cut_surface

from .test_subvoxel import ball, half_space


def pieces(radius, centre, n):
    """Planes that touch a sphere on the way from its centre to the middles of n^3 voxels it runs through."""
    position = np.argwhere(np.ones((n, n, n)))
    away = position + 0.5 - centre
    far = np.linalg.norm(away, axis=1)
    normal = away / far[:, None]
    cut = np.abs(radius - far) < np.abs(normal).sum(axis=1) / 2
    return position[cut], normal[cut], radius - far[cut], np.ones(cut.sum()), (n, n, n)


@pytest.mark.parametrize("radius", [3.0, 5.0, 12.0])
def test_planes_that_touch_a_sphere_bend_as_it_does(radius):
    n = 2 * int(radius) + 4
    K = curvatures(*pieces(radius, (n / 2 + 0.2,) * 3, n), (1.0, 1.0, 1.0))
    assert K == pytest.approx(np.full(K.size, 2 / radius), rel=0.01)


def test_an_edge_in_metres_gives_curvature_per_metre():
    position, normal, middle, area, shape = pieces(5.0, (7.0, 7.0, 7.0), 14)
    K = curvatures(position, normal, 2e-6 * middle, 4e-12 * area, shape, (2e-6,) * 3)
    assert K == pytest.approx(np.full(K.size, 0.2e6), rel=0.01)


def test_an_eighth_between_mirrors_bends_as_the_whole():
    K = curvatures(*pieces(5.0, (0.0, 0.0, 0.0), 8), (1.0, 1.0, 1.0))
    assert K == pytest.approx(np.full(K.size, 0.4), rel=0.01)


def test_a_cylinder_bends_one_way_and_a_plane_none():
    y, z = np.ix_((np.arange(12 * 40) + 0.5) / 40, (np.arange(12 * 40) + 0.5) / 40)
    inside = (y - 6.1) ** 2 + (z - 5.8) ** 2 < 16
    share = np.broadcast_to(inside.reshape(12, 40, 12, 40).mean(axis=(1, 3)), (4, 12, 12))
    surface = cut_surface(share, (1.0, 1.0, 1.0))
    assert np.average(surface.curvature, weights=surface.area) == pytest.approx(0.25, rel=0.03)
    flat = cut_surface(half_space(8, np.array([0.8, 0.6, 0.0]), 0.13), (1.0, 1.0, 1.0))
    amid = ((flat.position >= 2) & (flat.position < 6)).all(axis=1)
    assert np.abs(flat.curvature[amid]).max() < 0.02


def test_a_ball_less_than_a_voxel_away_bends_none_of_another():
    """Means over smoothed shares gave a third of it."""
    share = 1 - ball(14, 4.7, (0.0, 7.0, 7.0)) + 1 - ball(14, 4.7, (10.0, 7.0, 7.0))
    surface = cut_surface(share, (1.0, 1.0, 1.0))
    near = np.abs(surface.position[:, 0] + 0.5 - 5.0) < 2
    assert np.average(surface.curvature[near], weights=surface.area[near]) == pytest.approx(2 / 4.7, rel=0.15)


def test_a_piece_alone_is_flat_and_no_piece_has_no_curvature():
    one = np.array([[1, 1, 1]]), np.array([[1.0, 0, 0]]), np.zeros(1), np.ones(1), (3, 5, 5)
    assert curvatures(*one, (1.0, 1.0, 1.0)) == pytest.approx([0.0], abs=1e-6)
    none = np.zeros((0, 3), int), np.zeros((0, 3)), np.zeros(0), np.zeros(0), (3, 3, 3)
    assert curvatures(*none, (1.0, 1.0, 1.0)).size == 0
