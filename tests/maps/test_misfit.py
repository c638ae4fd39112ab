"""The misfit of parts is the shift that they were given, from a tenth of a voxel to more than one."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.map import SocMap
from microsim.maps.misfit import misfit_of_parts, sampler, voxel_middles

H = 0.1e-6
NOISE = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((96, 96, 96)), 4)
SOLID = NOISE > 0


def map_with_parts_moved(by, axis, ratio=2):
    """A map of the middle of the structure whose quarters are moved by + - - + `by` fine voxels along an
    axis."""
    size, lines = 32 * ratio, [np.arange(16, 80)] * 3
    index = np.stack(np.meshgrid(*lines, indexing="ij")).astype(float)
    a, b = (k for k in range(3) if k != axis)
    sign = np.where((index[a] < 48) == (index[b] < 48), 1, -1)
    index[axis] += by * sign
    there = ndimage.map_coordinates(NOISE, index, order=1) > 0
    share = there.reshape([k for n in (size,) * 3 for k in (n // ratio, ratio)]).mean(axis=(1, 3, 5))
    return SocMap(np.where(share >= 0.5, 0.5, np.nan), (ratio * H,) * 3)


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("by", [0.0, 0.2, 0.6, 1.0, 2.0, 3.0, 6.0, 8.0, 10.0])
def test_parts_that_are_off_are_stated_as_far_off(by, axis):
    image = map_with_parts_moved(by, axis)
    structure = SocMap(SOLID.astype(float), (H,) * 3)
    share_at = sampler(SOLID, structure, image, lambda points: points + 16 * H)
    found = misfit_of_parts(np.isfinite(image.values), image, share_at)
    assert found[axis] == pytest.approx(by * H, rel=0.1, abs=0.03 * H * 2)
    assert max(found[k] for k in range(3) if k != axis) < 0.06 * H * 2


def test_parts_that_are_too_far_off_count_with_the_farthest():
    """Left out, they would make the misfit of the others that of the map."""
    image = map_with_parts_moved(16.0, 0)  # 8 of its voxels
    structure = SocMap(SOLID.astype(float), (H,) * 3)
    share_at = sampler(SOLID, structure, image, lambda points: points + 16 * H)
    found = misfit_of_parts(np.isfinite(image.values), image, share_at)
    assert np.linalg.norm(found) > 2.5 * 2 * H


def test_parts_without_structure_show_none():
    image = SocMap(np.full((12, 12, 12), 0.5), (2 * H,) * 3)
    structure = SocMap(SOLID.astype(float), (H,) * 3)
    share_at = sampler(SOLID, structure, image, lambda points: points)
    assert misfit_of_parts(np.isfinite(image.values), image, share_at) is None
    small = SocMap(np.where(np.arange(8) % 2, 0.5, np.nan)[:, None, None] * np.ones((8, 8, 8)), (2 * H,) * 3)
    assert misfit_of_parts(np.isfinite(small.values), small, share_at) is None  # parts of four voxels


def test_points_outside_the_structure_have_no_share():
    image, structure = SocMap(np.ones((3, 2, 1)), (H,) * 3), SocMap(SOLID[:8, :8, :1] * 1.0, (H,) * 3)
    share_at = sampler(SOLID[:8, :8, :1], structure, image, lambda points: points)
    assert share_at(voxel_middles(image)) == pytest.approx(SOLID[:3, :2, :1].astype(float))
    assert np.isnan(share_at(np.array([[-H, 0.0, 0.0]]))) and np.isfinite(share_at(np.array([[H, H, 9 * H]])))
