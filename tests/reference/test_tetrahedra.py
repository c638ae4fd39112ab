"""Conduction on tetrahedra: slabs exactly, bounds, and what is refused."""

import numpy as np
import pytest

from microsim.errors import InputError, NotConverged
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.tetrahedra import tetrahedral_mesh
from microsim.reference.tetrahedra import conduction

BOTH = ["sides", "corners"]


def layers(n=(6, 4, 5)):
    phase = np.zeros(n, np.uint8)
    phase[2:4] = 1
    return tetrahedral_mesh(VoxelGrid(phase, ("a", "b"), (1e-6, 2e-6, 1e-6)))


@pytest.mark.parametrize("unknowns", BOTH)
def test_layers_conduct_in_series_and_side_by_side(unknowns):
    mesh, sigma = layers(), {"a": 1.0, "b": 4.0}
    assert conduction(mesh, sigma, 0, unknowns=unknowns, tolerance=1e-12) == pytest.approx(1 / (2 / 3 + 1 / 12), rel=1e-9)
    assert conduction(mesh, sigma, "y", unknowns=unknowns, tolerance=1e-12) == pytest.approx(2 / 3 + 4 / 3, rel=1e-9)
    assert conduction(mesh, {"b": 4.0}, 2, unknowns=unknowns, tolerance=1e-12) == pytest.approx(4 / 3, rel=1e-9)


@pytest.mark.parametrize("unknowns", BOTH)
def test_what_does_not_reach_through_does_not_conduct(unknowns):
    assert conduction(layers(), {"b": 4.0}, 0, unknowns=unknowns) == 0.0


def test_corners_conduct_over_an_edge_and_sides_do_not():
    phase = np.zeros((4, 4, 3), np.uint8)
    phase[:2, :2], phase[2:, 2:] = 1, 1
    mesh = tetrahedral_mesh(VoxelGrid(phase, ("a", "b"), (1e-6,) * 3), iterations=0)
    assert conduction(mesh, {"b": 1.0}, 0, unknowns="sides") == 0.0
    assert conduction(mesh, {"b": 1.0}, 0, unknowns="corners") > 0.05


def test_mistakes_and_too_few_iterations():
    with pytest.raises(InputError, match="sides or corners"):
        conduction(layers(), {"a": 1.0}, unknowns="edges")
    with pytest.raises(InputError, match="phases a, b"):
        conduction(layers(), {"c": 1.0})
    with pytest.raises(NotConverged):
        conduction(layers(), {"a": 1.0, "b": 50.0}, most=1, tolerance=1e-12)
