"""Speed maps are relative to the mean of what moves, in a section that shows some of it."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from microsim.mesh.grid import VoxelGrid
from microsim.report import transport_figures


def test_the_distribution_of_speeds_is_of_what_moves():
    speed = np.array([0.5, 1.0, 1.5, 0.0, np.nan])
    edges, share = transport_figures.distribution(speed)
    assert share.sum() == pytest.approx(1) and share[np.searchsorted(edges, 0.5) - 1] == pytest.approx(1 / 3)


def test_a_section_is_that_with_values_nearest_to_the_middle():
    grid = VoxelGrid(np.zeros((9, 6, 3), np.uint8), ("pore",), (1e-6,) * 3)
    values = np.broadcast_to(np.arange(6.0)[:, None], grid.shape).copy()  # the layer's number along y
    assert transport_figures.section_along(values, grid, 2)[2] == (1, 2, 0, 4)
    assert transport_figures.section_along(values, grid, 0)[2][2:] == (2, 1)
    values[:, :, 1] = np.nan  # a wall in the middle
    plane, aspect, where = transport_figures.section_along(values, grid, 0)
    assert where == (0, 1, 2, 0) and aspect == pytest.approx(2 / 3)
    assert np.array_equal(plane, values[:, :, 0])
    assert transport_figures.section_along(np.full(grid.shape, np.nan), grid, 0)[2][3] == 1


@pytest.mark.parametrize("voxel_size, unit, end", [(0.5e-6, "µm", 2.0), (None, "voxels", 4.0)])
def test_a_section_is_in_voxels_where_their_size_is_not_known(voxel_size, unit, end):
    """A voxel for a metre would make axes of millions of µm."""
    labels = np.zeros((4, 6, 5), np.uint8)
    grid = VoxelGrid(labels, ("a", "b"), voxel_size or 1.0, relative=voxel_size is None)
    plane, _, where = transport_figures.section_along(np.ones(grid.shape), grid, 0)
    axes = Figure().subplots()
    transport_figures.show_along(axes, plane, grid, where)
    assert axes.get_xlabel() == f"Depth x ({unit})" and axes.get_ylabel().endswith(f" ({unit})")
    assert axes.get_xlim()[1] == pytest.approx(end) and axes.get_title(loc="left").endswith(unit)
