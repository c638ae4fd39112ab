"""Flux maps: tubes, dead ends and necks whose flux lines are known, and conservation."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.transport.flux import flux_figures, flux_map, speed_of
from microsim.transport.tortuosity import solve_tortuosity

UM = 1e-6


def solved(labels, conducting=None, axis=0, voxel_size=(UM, UM, UM), sides="no-flux"):
    conducting = conducting or {"pore": 1.0}
    names = ("solid", "pore", "other")[: int(labels.max()) + 1]
    grid = VoxelGrid(np.asarray(labels, np.uint8), names, voxel_size, relative=True)
    result = solve_tortuosity(grid, conducting, axis, tolerance=1e-9, sides=sides, potential=True)
    flux = flux_map(result.potential, grid, conducting, axis, sides=sides)
    return grid, result, flux, flux_figures(flux, grid, conducting, axis, result)


def random_pores(shape, seed, share=0.6):
    from scipy import ndimage

    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 1.5)
    return (noise < np.quantile(noise, share)).astype(np.uint8)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_straight_tube_with_a_dead_end(axis):
    labels = np.zeros((12, 15, 1), np.uint8)
    labels[:, :3] = 1
    labels[6:9, 3:15] = (
        1  # a pocket 3 wide and 12 deep beside a tube of 36 voxels; e^(-pi y / 3) < 0.01 from 4.4 on
    )
    _, result, flux, figures = solved(np.moveaxis(labels, 0, axis), axis=axis)
    assert flux[axis].mean() == pytest.approx(result.D_eff_over_D0, rel=1e-5)
    assert 1 < figures.tau_lines < 1.1 and figures.isolated_share == 0
    assert 20 / 72 < figures.dead_end_share < 27 / 72
    assert figures.share.sum() == pytest.approx(1) and len(figures.edges) == len(figures.share) + 1


def test_tubes_have_neither_turns_nor_necks():
    labels = np.zeros((10, 4, 4), np.uint8)
    labels[:, 1:3, 1] = 1
    labels[4, 3, 3] = 1  # alone
    _, result, _, figures = solved(labels)
    assert result.tau == pytest.approx(21 / 20, rel=1e-6)  # tau counts the lone voxel
    assert figures.tau_lines == pytest.approx(1, rel=1e-5)
    assert figures.constrictivity == pytest.approx(20 / 21, rel=1e-5)
    assert figures.isolated_share == pytest.approx(1 / 21) and figures.dead_end_share == 0


def test_a_neck_constricts():
    """A tube of 8 x 8 that narrows to 2 x 2: the lines turn little, yet the neck takes most of the drop."""
    labels = np.ones((16, 8, 8), np.uint8)
    labels[6:10] = 0
    labels[6:10, 3:5, 3:5] = 1
    _, result, _, figures = solved(labels)
    assert figures.tau_lines < 1.4 and result.tau > 4
    assert figures.constrictivity == pytest.approx(figures.tau_lines**2 / result.tau)
    assert figures.constrictivity < 0.45


@pytest.mark.parametrize("sides", ["no-flux", "periodic"])
def test_the_mean_flux_is_D_eff(sides):
    labels = random_pores((14, 12, 10), 3)
    labels[(labels == 0) & (random_pores(labels.shape, 8) == 1)] = 2
    conducting = {"pore": (1.0, 0.5, 2.0), "other": 0.05}
    for axis in range(3):
        _, result, flux, _ = solved(labels, conducting, axis, (UM, 2 * UM, 0.7 * UM), sides)
        planes = flux[axis].mean(axis=tuple(a for a in range(3) if a != axis))
        assert flux[axis].mean() == pytest.approx(result.D_eff_over_D0, rel=1e-4)
        assert np.allclose(planes, result.D_eff_over_D0, rtol=1e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("first, end", [(0, 5), (4, 9), (6, 12)])
def test_the_flux_of_some_planes_is_that_of_the_whole(axis, first, end):
    grid, result, flux, _ = solved(random_pores((12, 12, 12), 5), axis=axis)
    planes = (slice(None),) * axis + (slice(first, end),)
    part = grid.crop({"xyz"[axis]: (first, end)})
    found = flux_map(result.potential[planes], part, {"pore": 1.0}, axis, part=(first, 12))
    inner = slice(1 if first else 0, -1 if end < 12 else None)  # beside a cut a plane lacks its neighbour
    known = (slice(None), *(slice(None),) * axis, inner)
    np.testing.assert_array_equal(found[known], flux[(slice(None), *planes)][known])
    if first:  # what flows there from the plane before is not counted, nor anything in its place
        below, here = (result.potential.take(plane, axis) for plane in (first - 1, first))
        lacking = np.nan_to_num((below - here) * 12 / 2)
        np.testing.assert_allclose(
            found[axis].take(0, axis), flux[axis].take(first, axis) - lacking, atol=1e-5
        )


def test_flux_lines_of_a_staircase():
    """One path of alternating steps along x and y. Inner voxels pass the flux on around a corner: (1, 1) / 2.
    Of the two voxels at an end one takes a quarter (1.5 links to the other's 0.5): (1, 1) / 8 and (7, 1) /
    8."""
    n = 6
    labels = np.zeros((n, n + 1, 1), np.uint8)
    for i in range(n):
        labels[i, i : i + 2] = 1
    _, _, flux, figures = solved(labels)
    inner = flux[:, 2, 3, 0]
    assert figures.dead_end_share == 0 and inner[0] == pytest.approx(inner[1], rel=1e-4) and inner[2] == 0
    lines = 8 * np.sqrt(0.5) + 2 * (np.sqrt(2) + np.sqrt(50)) / 8
    assert figures.tau_lines == pytest.approx(lines / 6, rel=1e-4)


def test_periodic_sides_have_no_seam():
    labels = random_pores((10, 9, 8), 4)
    _, result, flux, _ = solved(labels, sides="periodic")
    _, _, rolled, _ = solved(np.roll(labels, (3, 5), (1, 2)), sides="periodic")
    scale = result.D_eff_over_D0
    assert np.allclose(np.roll(flux, (3, 5), (2, 3)), rolled, atol=1e-4 * scale)
    assert np.abs(flux[1, :, [0, -1]]).max() > 0.05 * scale  # something does cross the seam


def test_no_flux_where_nothing_percolates():
    labels = np.ones((4, 3, 3), np.uint8)
    labels[2] = 0
    grid = VoxelGrid(labels, ("solid", "pore"), (UM, UM, UM))
    result = solve_tortuosity(grid, {"pore": 1.0}, 0, potential=True)
    with pytest.raises(InputError, match="joins both ends"):
        flux_figures(np.zeros((3, 4, 3, 3)), grid, {"pore": 1.0}, 0, result)


def test_speed_is_relative_to_the_mean_of_what_moves():
    present = np.array([True, True, True, True, False]).reshape(5, 1, 1)
    vector = np.zeros((3, 5, 1, 1))
    vector[0, :, 0, 0], vector[1, :, 0, 0] = (
        [3, 6, 9, 0, 7],
        [4, 8, 12, 0, 7],
    )  # lengths 5, 10, 15; one at rest
    speed = speed_of(vector, present, still_share=0.25)[:, 0, 0]
    assert speed == pytest.approx([0.5, 1.0, 1.5, 0.0, np.nan], nan_ok=True)
