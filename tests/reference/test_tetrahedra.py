"""Conduction on tetrahedra: slabs exactly, bounds, and what is refused."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError, NotConverged
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.tetrahedra import tetrahedral_mesh
from microsim.reference.tetrahedra import bodies_in_voxels, conduction, conduction_bounds

BOTH = ["sides", "corners"]


def layers(n=(6, 4, 5)):
    phase = np.zeros(n, np.uint8)
    phase[2:4] = 1
    return tetrahedral_mesh(VoxelGrid(phase, ("a", "b"), (1e-6, 2e-6, 1e-6)))


@pytest.mark.parametrize("unknowns", BOTH)
def test_layers_conduct_in_series_and_side_by_side(unknowns):
    mesh, sigma = layers(), {"a": 1.0, "b": 4.0}
    assert conduction(mesh, sigma, 0, unknowns=unknowns, tolerance=1e-12) == pytest.approx(
        1 / (2 / 3 + 1 / 12), rel=1e-9
    )
    assert conduction(mesh, sigma, "y", unknowns=unknowns, tolerance=1e-12) == pytest.approx(
        2 / 3 + 4 / 3, rel=1e-9
    )
    assert conduction(mesh, {"b": 4.0}, 2, unknowns=unknowns, tolerance=1e-12) == pytest.approx(
        4 / 3, rel=1e-9
    )


@pytest.mark.parametrize("unknowns", BOTH)
def test_what_does_not_reach_through_does_not_conduct(unknowns):
    assert conduction(layers(), {"b": 4.0}, 0, unknowns=unknowns) == 0.0


def test_corners_conduct_over_an_edge_and_sides_do_not():
    phase = np.zeros((4, 4, 3), np.uint8)
    phase[:2, :2], phase[2:, 2:] = 1, 1
    mesh = tetrahedral_mesh(VoxelGrid(phase, ("a", "b"), (1e-6,) * 3), iterations=0)
    assert conduction(mesh, {"b": 1.0}, 0, unknowns="sides") == 0.0
    assert conduction(mesh, {"b": 1.0}, 0, unknowns="corners") > 0.05


@pytest.mark.parametrize("unknowns", BOTH)
def test_a_mesh_of_some_phases_still_spans_the_box_of_the_image(unknowns):
    phase = np.zeros((6, 4, 5), np.uint8)
    phase[2:4, 1:3] = 1
    grid = VoxelGrid(phase, ("a", "b"), (1e-6, 2e-6, 1e-6))
    part = tetrahedral_mesh(grid, phases=["b"], iterations=0)
    assert conduction(part, {"b": 1.0}, 0, unknowns=unknowns) == 0.0
    assert conduction(part, {"b": 1.0}, 2, unknowns=unknowns, tolerance=1e-12) == pytest.approx(
        4 / 24, rel=1e-9
    )


def test_both_kinds_of_unknowns_bound_the_conductance_and_close_in():
    """Blobs of two phases, contrast 10: the exact answer of the finest lies between, however coarse the
    rest."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).random((6, 6, 6)), 1.0)
    phase, gaps, bounds = (noise > np.median(noise)).astype(np.uint8), [], []
    for fine in (1, 2, 3):
        grid = VoxelGrid(
            phase.repeat(fine, 0).repeat(fine, 1).repeat(fine, 2),
            ("a", "b"),
            (1e-6 / fine,) * 3,
            relative=True,
        )
        mesh = tetrahedral_mesh(grid, iterations=0)
        bounds.append(conduction_bounds(mesh, {"a": 1.0, "b": 10.0}))
        gaps.append(bounds[-1][1] - bounds[-1][0])
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert bounds[0][0] < bounds[1][0] < bounds[2][0] < bounds[2][1] < bounds[1][1] < bounds[0][1]


def blobs(edges=(1e-6, 2e-6, 3e-6)):
    noise = ndimage.gaussian_filter(np.random.default_rng(1).random((6, 5, 4)), 1.0)
    return VoxelGrid((noise > np.median(noise)).astype(np.uint8), ("a", "b"), edges, (7, 9), relative=True)


def test_bodies_of_no_smoothing_are_the_voxels():
    grid = blobs()
    found = bodies_in_voxels(tetrahedral_mesh(grid, iterations=0), (18, 15, 12))
    assert np.array_equal(found.phase, grid.phase.repeat(3, 0).repeat(3, 1).repeat(3, 2))
    assert found.labels == (7, 9) and found.voxel_size == pytest.approx((1e-6 / 3, 2e-6 / 3, 1e-6))


def test_bodies_in_voxels_are_what_each_centre_lies_in():
    """By brute force: of all elements, the one whose least barycentric coordinate is largest."""
    mesh, shape = tetrahedral_mesh(blobs(), iterations=30), (11, 13, 9)
    centres = (np.stack(np.indices(shape), axis=-1).reshape(-1, 3) + 0.5) * np.array(mesh.box) / shape
    corner = mesh.points[mesh.cells]
    share = np.einsum(
        "epk,ekj->epj", centres - corner[:, None, 0], np.linalg.inv(corner[:, 1:] - corner[:, :1])
    )
    least = np.minimum(share.min(axis=2), 1 - share.sum(axis=2))
    assert least.max(axis=0).min() > -1e-12
    clear = least.max(axis=0) > 1e-9  # not on a side
    expected = mesh.phase[least.argmax(axis=0)]
    assert clear.mean() > 0.95
    assert np.array_equal(bodies_in_voxels(mesh, shape).phase.ravel()[clear], expected[clear])


@pytest.mark.parametrize("unknowns", BOTH)
def test_a_long_thin_body_takes_few_iterations(unknowns):
    """400 voxels in a row with a neck of a third after each eighth: at most 7 + 3 of 8 in resistance, were it
    all straight."""
    phase = np.zeros((400, 3, 3), np.uint8)
    phase[::8, 1:] = 1
    mesh = tetrahedral_mesh(VoxelGrid(phase, ("a", "b"), (1e-6,) * 3), iterations=0)
    assert 0.5 < conduction(mesh, {"a": 1.0}, 0, unknowns=unknowns, most=120) < 0.8


def test_mistakes_and_too_few_iterations():
    with pytest.raises(InputError, match="sides or corners"):
        conduction(layers(), {"a": 1.0}, unknowns="edges")
    with pytest.raises(InputError, match="phases a, b"):
        conduction(layers(), {"c": 1.0})
    with pytest.raises(InputError, match="mesh of all phases"):
        bodies_in_voxels(tetrahedral_mesh(blobs(), phases=["a"]), (6, 5, 4))
    with pytest.raises(NotConverged):
        conduction(layers(), {"a": 1.0, "b": 50.0}, most=1, tolerance=1e-12)
