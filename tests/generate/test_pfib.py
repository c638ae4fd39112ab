"""The synthetic stack follows its stated optics, and its cracks their stated share."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.generate.pfib import LEVELS, Optics, add_cracks, pfib_stack
from microsim.mesh.grid import VoxelGrid

PLAIN = Optics(blur=1e-6, noise=0, curtains=0, shading=0, flicker=0, drift=0)
NAMES = ("pore", "am", "cbd")


def slit():
    """Active material, a void of 10 slices and 21 x 21 voxels, active material behind."""
    labels = np.ones((27, 27, 24), np.uint8)
    labels[3:24, 3:24, 6:16] = 0
    return VoxelGrid(labels, NAMES, 1e-7)


def test_a_wall_behind_shines_through_its_opening():
    from dataclasses import replace

    stack = pfib_stack(slit(), replace(PLAIN, reach=8.0))
    column = stack.grey[13, 13].astype(float) / 255
    depth = 16 - np.arange(6, 16) - 0.5
    shine = 121 / (121 + depth**2) * np.exp(-depth / 8)  # 11 voxels from the middle to the rim
    level = column[18:].mean()
    assert column[6:16] == pytest.approx(LEVELS["pore"] + (level - LEVELS["pore"]) * shine, abs=0.05)
    assert stack.lit_voids > 0.2
    dark = pfib_stack(slit(), replace(PLAIN, reach=0.0))
    assert np.all(np.abs(dark.grey[13, 13, 6:16] / 255 - LEVELS["pore"]) < 0.01) and dark.lit_voids < 0.01


def test_a_slanted_line_of_sight_sees_the_side_wall():
    from dataclasses import replace

    shown = pfib_stack(slit(), replace(PLAIN, reach=8.0, tilt_deg=45)).grey[13, :, 7]
    assert shown[22] > shown[8] + 30  # the wall at the high end of y is near


@pytest.mark.parametrize("axis", "xyz")
def test_shape_axis_and_seed(axis):
    optics = Optics(axis=axis, seed=3)
    labels = np.random.default_rng(0).integers(0, 3, (12, 13, 14)).astype(np.uint8)
    grid = VoxelGrid(labels, NAMES, 1e-7)
    first, second = pfib_stack(grid, optics), pfib_stack(grid, optics)
    assert first.grey.shape == grid.shape and np.array_equal(first.grey, second.grey)
    assert len(first.shifts) == grid.shape["xyz".index(axis)] and not first.shifts[0].any()
    assert not np.array_equal(first.grey, pfib_stack(grid, Optics(axis=axis, seed=4)).grey)


def test_cracks_take_their_share_of_each_particle():
    x = np.meshgrid(*[np.arange(40) - 19.5] * 3, indexing="ij", sparse=True)
    ball = sum(part**2 for part in x) <= 17**2
    found = add_cracks(ball.astype(np.uint8), ball.astype(int), 0.065, seed=2)
    assert np.count_nonzero(found == 3) == round(0.065 * ball.sum()) and not np.any(found[~ball])
    many = add_cracks(ball.astype(np.uint8), ball.astype(int), 0.3, seed=2)  # takes several sheets
    assert np.count_nonzero(many == 3) == round(0.3 * ball.sum())
    assert np.array_equal(found, add_cracks(ball.astype(np.uint8), ball.astype(int), 0.065, seed=2))
    with pytest.raises(InputError, match="share of cracks"):
        add_cracks(ball.astype(np.uint8), ball.astype(int), 0.7)


def test_unknown_phases_are_refused():
    with pytest.raises(InputError, match="got gold"):
        pfib_stack(VoxelGrid(np.zeros((4, 4, 4), np.uint8), ("gold",), 1e-7))
