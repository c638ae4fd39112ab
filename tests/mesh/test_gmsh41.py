"""Gmsh 4.1: every phase and surface has its entity, in any order of the elements."""

import numpy as np
import pytest

from microsim.mesh.gmsh41 import write_msh41

from .layers import AREAS, VOLUMES, layered_tetrahedra, sizes

meshio = pytest.importorskip("meshio", reason="meshio is not installed")


def written(path, mesh, *fields):
    write_msh41(path, mesh, fields)
    return meshio.read(path)


def test_sets_come_back_by_name_with_their_sizes(tmp_path):
    mesh = layered_tetrahedra()
    theirs = written(tmp_path / "m.msh", mesh)
    assert np.array_equal(theirs.points, mesh.points)
    for name, size in (VOLUMES | AREAS).items():
        parts = zip(theirs.cells, theirs.cell_sets[name])
        found = sum(sizes(mesh.points, block.data[members]) for block, members in parts if len(members))
        assert found == pytest.approx(size, rel=1e-12, abs=0)


def test_reversed_and_lone_triangles_keep_their_name(tmp_path):
    """A surface of one triangle has no point of its own; its sign is its corners' order, not a number's."""
    mesh = layered_tetrahedra()
    mesh.cells[1].data = mesh.cells[1].data[:, ::-1]
    mesh.cell_sets = {"lone": [np.array([], int), np.array([7])], "rest": mesh.cell_sets["am"]}
    theirs = written(tmp_path / "m.msh", mesh)
    assert [len(members) for members in theirs.cell_sets["lone"] if len(members)] == [1]
    assert theirs.field_data["lone"].tolist() == [1, 2]
    lone = next(b.data[m] for b, m in zip(theirs.cells, theirs.cell_sets["lone"]) if len(m))
    assert np.array_equal(lone, mesh.cells[1].data[7:8])
    assert sum(len(block) for block in theirs.cells) == sum(len(block) for block in mesh.cells)


def test_fields_follow_their_elements(tmp_path):
    mesh = layered_tetrahedra()
    x = [mesh.points[block.data].mean(axis=1)[:, 0] for block in mesh.cells]
    mesh.cell_data["x"] = x
    mesh.cell_sets = {"odd": [np.arange(1, len(x[0]), 2), np.array([], int)]}
    theirs = written(tmp_path / "m.msh", mesh, "x")
    for block, values in zip(theirs.cells, theirs.cell_data["x"]):
        assert values == pytest.approx(theirs.points[block.data].mean(axis=1)[:, 0])
