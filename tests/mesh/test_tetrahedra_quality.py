"""Shapes of known tetrahedra; volumes and areas of a mesh beside those of the voxels."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.mesh import tetrahedra_quality
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.tetmesh import TetMesh
from microsim.mesh.tetrahedra_quality import compared_with_voxels, dihedral_angles, quality, radius_ratios


def test_figures_of_known_tetrahedra():
    regular = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], float)
    corner = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], float)
    flat = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], float)
    cell = np.array([(0, 1, 2, 3)])
    handed = cell if np.linalg.det(regular[1:] - regular[0]) > 0 else np.array([(0, 2, 1, 3)])
    assert radius_ratios(regular, handed) == pytest.approx(1)
    assert radius_ratios(regular, handed[:, [0, 2, 1, 3]]) == pytest.approx(-1)
    # r = 1 / (3 + sqrt 3), R = sqrt(3) / 2
    assert radius_ratios(corner, cell) == pytest.approx(6 / (3 + np.sqrt(3)) / np.sqrt(3))
    assert radius_ratios(flat, cell) == pytest.approx(0)
    low, high = dihedral_angles(regular, handed)
    assert (low[0], high[0]) == pytest.approx((np.degrees(np.arccos(1 / 3)),) * 2)
    low, high = dihedral_angles(corner, cell)
    assert (low[0], high[0]) == pytest.approx((np.degrees(np.arccos(1 / np.sqrt(3))), 90))


def two_tetrahedra():
    """A unit cube's corner and its mirror image below: one right-handed in each phase."""
    points = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1)], float)
    cells, phase = np.array([(0, 1, 2, 3), (0, 2, 1, 4)]), np.array([0, 1], np.uint8)
    wall = np.array([(0, 1, 2)])
    surface, names = np.zeros(1, np.int32), ("pore", "am")
    return TetMesh(points, cells, phase, names, (0, 1), wall, surface, ("pore-am",), ((0, 1),), (1.0,) * 3)


def test_figures_of_a_mesh_are_those_of_its_elements():
    mesh = two_tetrahedra()
    found = quality(mesh)
    assert (found["elements"], found["points"], found["triangles"], found["inverted"]) == (2, 5, 1, 0)
    assert found["volume_m3"] == pytest.approx({"smallest": 1 / 6, "mean": 1 / 6})
    assert found["dihedral_angle_deg"]["largest"] == pytest.approx(90)
    turned = replace(mesh, cells=mesh.cells[:, [0, 2, 1, 3]])
    assert quality(turned)["inverted"] == 2 and quality(turned)["radius_ratio"]["mean"] < 0


def test_parts_of_a_mesh_add_up_however_many_are_measured_at_a_time(monkeypatch):
    mesh = two_tetrahedra()
    whole = radius_ratios(mesh.points, mesh.cells), *dihedral_angles(mesh.points, mesh.cells)
    monkeypatch.setattr(tetrahedra_quality, "CHUNK", 1)
    parts = radius_ratios(mesh.points, mesh.cells), *dihedral_angles(mesh.points, mesh.cells)
    assert np.array_equal(whole, parts) and whole[0] == pytest.approx(whole[0][0])


def test_phases_are_held_against_their_voxels():
    phase = np.zeros((2, 1, 1), np.uint8)
    phase[1] = 1
    grid = VoxelGrid(phase, ("pore", "am"), (1.0, 1.0, 1.0), relative=True)
    table = compared_with_voxels(two_tetrahedra(), grid)
    for name in ("pore", "am"):
        assert table[name]["volume_fraction"] == pytest.approx(1 / 12)
        assert table[name]["volume_fraction_voxels"] == 0.5
        assert table[name]["area_m2"] == pytest.approx(0.5) and table[name]["area_voxel_faces_m2"] == 1.0
