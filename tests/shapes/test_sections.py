"""Pieces of sections against discs and bars whose area and perimeter are known."""

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.shapes.measures import measure_shapes
from microsim.shapes.particles import find_particles, sizes_by_depth
from microsim.shapes.sections import equal_diameter, section_remarks, section_thickness, thin_axis

NAMES = ("pore", "am")


def section(axis, edges=(1e-7, 1e-7, 1e-7)):
    """Discs of 10 and 12 voxels radius, one voxel thick along an axis."""
    x, y = np.indices((64, 64)) + 0.5
    discs = (np.hypot(x - 20, y - 20) < 10) | (np.hypot(x - 45, y - 40) < 12)
    return VoxelGrid(np.expand_dims(discs.astype(np.uint8), axis), NAMES, edges)


def test_which_volumes_are_sections():
    assert [thin_axis(shape) for shape in ((1, 4, 4), (4, 1, 4), (4, 4, 1))] == [0, 1, 2]
    assert [thin_axis(shape) for shape in ((4, 4, 4), (1, 1, 4), (1, 1, 1))] == [None] * 3
    assert (
        section_thickness((4, 4, 1), (1.0, 2.0, 3.0)) == 3 and section_thickness((4, 4, 2), (1, 2, 3)) is None
    )
    assert section_remarks((4, 4, 4)) == [] and "along y, a section" in section_remarks((4, 1, 4))[0]


def test_a_diameter_is_that_of_the_round_body():
    assert equal_diameter([4 / 3 * np.pi * 2.0**3]) == pytest.approx([4])
    assert equal_diameter([np.pi * 2.0**2 * 0.1], 0.1) == pytest.approx([4])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("across", [1e-7, 1e-9, 3e-6])
def test_discs_keep_their_diameter_whatever_the_edge_across(axis, across):
    edges = [1e-7] * 3
    edges[axis] = across
    grid = section(axis, edges)
    found = find_particles(grid)
    assert sorted(found.diameter) == pytest.approx([2.0e-6, 2.4e-6], rel=0.01)
    assert np.all(np.abs(found.sphericity - 1) <= found.sphericity_error)
    assert found.sphericity_error == pytest.approx(0.4e-7 / (found.diameter / 2))
    assert found.surface / across == pytest.approx(np.pi * found.diameter, rel=0.01)
    of_balls = measure_shapes(grid, ["sizes"])["sizes"]["am"]
    assert of_balls["mean_between_m"][1] - of_balls["mean_between_m"][0] == pytest.approx(3e-7)
    assert len(of_balls["edges_m"]) < 30
    sizes = sizes_by_depth(found.parts, grid, regions=1)[0]
    assert sorted(sizes["diameters_m"]) == pytest.approx([2.0e-6, 2.4e-6], rel=0.01)


def test_a_bar_has_its_circularity():
    bar = np.zeros((60, 30, 1), np.uint8)
    bar[10:50, 10:20] = 1
    found = find_particles(VoxelGrid(bar, NAMES, 1e-7))
    assert found.sphericity[0] == pytest.approx(2 * np.sqrt(np.pi * 400) / 100, abs=0.05)


def test_discs_of_any_radius_and_place_are_as_round_as_is_said():
    rng = np.random.default_rng(0)
    for radius in (3, 5, 8, 12, 20):
        for _ in range(4):
            centre = radius + 6 + rng.uniform(-0.5, 0.5, 2)
            x, y = np.indices((2 * radius + 12,) * 2) + 0.5
            disc = np.hypot(x - centre[0], y - centre[1]) < radius
            found = find_particles(VoxelGrid(disc[:, :, None].astype(np.uint8), NAMES, 1e-7), smallest=1)
            assert 1 - found.sphericity[0] <= found.sphericity_error[0]
            assert found.diameter[0] == pytest.approx(2e-7 * radius, rel=0.06)
