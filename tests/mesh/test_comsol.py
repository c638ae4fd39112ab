"""COMSOL's text format, read by a reader of somebody else's (meshio++) and line by line."""

import numpy as np
import pytest

from microsim.jobs.mesh import export_mesh
from microsim.mesh.comsol import write_mphtxt
from microsim.mesh.export import to_meshio
from microsim.mesh.grid import VoxelGrid

PHASE = np.zeros((3, 2, 2), np.uint8)
PHASE[2, 1, 1], PHASE[0, 0, 0] = 2, 1


@pytest.fixture
def grid():
    return VoxelGrid(PHASE, ("pore", "am", "c b#d"), (4e-7, 5e-7, 6e-7))


def test_the_file_line_by_line(tmp_path, grid):
    write_mphtxt(tmp_path / "m.mphtxt", to_meshio(grid))
    lines = (tmp_path / "m.mphtxt").read_text().splitlines()
    assert lines[1:7] == [
        "0 1",
        "4 # number of tags",
        "5 mesh1",
        "10 mesh1_sel1",
        "10 mesh1_sel2",
        "10 mesh1_sel3",
    ]
    assert lines[7] == "4 # number of types" and lines[8] == "3 obj"
    at = lines.index("# Mesh vertex coordinates")
    assert lines[at - 3] == "36 # number of mesh vertices"
    points = np.loadtxt(lines[at + 1 : at + 37])
    assert points.max(axis=0) == pytest.approx([1.2e-6, 1e-6, 1.2e-6], rel=1e-12)
    at = lines.index("# Elements")
    first = points[np.array(lines[at + 1].split(), int)]
    corners = [(i, j, k) for k in (0, 1) for j in (0, 1) for i in (0, 1)]  # row by row
    assert first == pytest.approx(np.array(corners) * [4e-7, 5e-7, 6e-7])
    at = lines.index("# Geometric entity indices")
    assert lines[at + 1 : at + 13] == [str(1 + code) for code in PHASE.ravel()]
    assert lines[-9:] == [
        "0 0 1", "9 Selection # class", "0 # Version", "5 c b#d # Label", "5 mesh1 # Geometry/mesh tag",
        "3 # Dimension", "1 # Number of entities", "# Entities", "3",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["voxels", "tetrahedra"])
def test_another_reader_finds_domains_and_boundaries_by_name(tmp_path, grid, kind):
    other = pytest.importorskip("meshioplusplus", reason="the package meshioplusplus is not installed")
    blocks = VoxelGrid(np.kron(PHASE, np.ones((4, 4, 4), np.uint8)), grid.names, (1e-7, 1e-7, 1e-7))
    told = export_mesh(blocks, tmp_path / "m.mphtxt", kind, smoothing=0)
    mesh = other.read(tmp_path / "m.mphtxt")
    names = {region.name for region in mesh.regions}
    assert {"pore", "am", "c b#d"} <= names
    assert told.length_unit == "m"
    if kind == "tetrahedra":
        assert set(told.surfaces) <= names
    volumes = _volumes(mesh)
    for name, number in (("pore", 1), ("am", 2), ("c b#d", 3)):
        assert volumes[number] == pytest.approx(blocks.fraction(name) * blocks.phase.size * 1e-21, rel=1e-9)


def _volumes(mesh):
    """Volume of each domain, from the corners."""
    found = {}
    for block, entity in zip(mesh.cells, mesh.cell_data["mphtxt:geom"], strict=True):
        corners = np.asarray(mesh.points)[np.asarray(block.data)]
        if block.type == "tetra":
            sizes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6
        elif block.type == "hexahedron":  # meshio's corners go round
            sizes = np.abs(np.linalg.det(corners[:, [1, 3, 4]] - corners[:, :1]))
        else:
            continue
        for number in np.unique(entity):
            found[int(number)] = sizes[np.asarray(entity) == number].sum()
    return found
