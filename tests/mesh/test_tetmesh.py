"""A tetrahedral mesh: which triangles lie between phases and on the box, their names, and meshio's."""

import numpy as np
import pytest

from microsim.mesh import tetmesh
from microsim.mesh.grid import FACES, VoxelGrid
from microsim.mesh.tetmesh import named_mesh, tetmesh_to_meshio

FIVE = [(0, 1, 2, 4), (1, 3, 2, 7), (1, 4, 5, 7), (2, 4, 7, 6), (1, 2, 4, 7)]  # of a box's corners


def two_boxes(names=("pore", "am"), keep=(0, 1)):
    """Two voxels along x of five tetrahedra each, the second a mirror image so that their sides meet."""
    h = np.array([1.0, 2.0, 3.0])
    corner = np.array([(i, j, k) for k in (0, 1) for j in (0, 1) for i in (0, 1)])
    place = {tuple(p): n for n, p in enumerate(np.ndindex(3, 2, 2))}
    cells = [[place[tuple(corner[c])] for c in cell] for cell in FIVE]
    mirrored = [[place[2 - corner[c][0], *corner[c][1:]] for c in cell] for cell in FIVE]
    cells = np.array([*cells, *[cell[[0, 2, 1, 3]] for cell in np.array(mirrored)]])
    phase = np.repeat(np.arange(2, dtype=np.uint8), 5)
    grid = VoxelGrid(np.array([[[0]], [[1]]], np.uint8), names, tuple(h), (0, 85), relative=True)
    points = np.array(list(place), float) * h
    return grid, named_mesh(grid, points, cells, phase, np.isin(phase, keep), len(points))


def area(mesh, name):
    return mesh.areas()[mesh.surface == mesh.surfaces.index(name)].sum()


def test_elements_fill_the_box_and_its_faces_have_their_areas():
    _, mesh = two_boxes()
    assert mesh.volumes() == pytest.approx(2 * [1, 1, 1, 1, 2]) and mesh.box == (2.0, 2.0, 3.0)
    assert set(mesh.surfaces) == {"pore-am", *FACES}
    assert [area(mesh, name) for name in ("pore-am", "separator", "collector")] == pytest.approx([6, 6, 6])
    assert [area(mesh, name) for name in ("y0", "y1", "z0", "z1")] == pytest.approx([6, 6, 4, 4])
    assert mesh.between[mesh.surfaces.index("pore-am")] == (0, 1)
    wall = mesh.points[mesh.triangles[mesh.surface == mesh.surfaces.index("pore-am")]]
    assert np.all(wall[..., 0] == 1)


def test_volumes_come_in_parts_and_are_the_same(monkeypatch):
    _, mesh = two_boxes()
    whole = mesh.volumes()
    monkeypatch.setattr(tetmesh, "CHUNK", 3)
    assert np.array_equal(mesh.volumes(), whole)


def test_one_phase_alone_keeps_its_surface_to_the_other():
    _, mesh = two_boxes(keep=(1,))
    assert set(mesh.phase) == {1} and len(mesh.points) == 8 and mesh.triangles.max() < 8
    assert area(mesh, "pore-am") == pytest.approx(6) and "separator" not in mesh.surfaces
    a, b, c = np.moveaxis(mesh.points[mesh.triangles], 1, 0)  # all point outwards: Gauss's theorem
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(6)


@pytest.mark.parametrize(("keep", "sign"), [((0, 1), 1), ((0,), 1), ((1,), -1)])
def test_normals_point_from_the_first_phase_to_the_second_or_out_of_the_mesh(keep, sign):
    _, mesh = two_boxes(keep=keep)
    a, b, c = np.moveaxis(mesh.points[mesh.triangles[mesh.surface == mesh.surfaces.index("pore-am")]], 1, 0)
    assert np.all(np.sign(np.cross(b - a, c - a)[:, 0]) == sign)


def test_surfaces_called_like_phases_get_names_of_their_own():
    _, mesh = two_boxes(names=("separator", "z0"))
    assert {"separator-z0", "separator_face", "z0_face"} < set(mesh.surfaces)
    assert area(mesh, "separator_face") == pytest.approx(6)


def test_meshio_gets_labels_numbers_and_names():
    pytest.importorskip("meshio", reason="meshio is not installed")
    _, mesh = two_boxes()
    theirs = tetmesh_to_meshio(mesh)
    tetra, triangles = theirs.cell_data["phase"]
    assert tetra.tolist() == [0] * 5 + [85] * 5 and set(triangles) == {-1}
    assert (
        set(theirs.cell_data["surface"][1]) == set(range(1, 8)) and not theirs.cell_data["surface"][0].any()
    )
    sets = theirs.cell_sets
    assert set(sets) == {"pore", "am", *mesh.surfaces}
    assert sets["am"][0].tolist() == [5, 6, 7, 8, 9] and sets["am"][1].size == 0
    assert sum(len(sets[name][1]) for name in mesh.surfaces) == len(mesh.triangles)
