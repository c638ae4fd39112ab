import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.export import fipy_values, from_fipy, tetrahedral_sphere, to_fipy, to_meshio, write_mesh
from microsim.mesh.files import FORMATS, save_meshio
from microsim.mesh.grid import VoxelGrid

from ..missing import hide

meshio = pytest.importorskip("meshio", reason="meshio is not installed")


@pytest.fixture
def grid():
    phase = np.random.default_rng(0).integers(0, 3, (3, 4, 5)).astype(np.uint8)
    return VoxelGrid(phase, ("pore", "am", "cbd"), (1e-6, 2e-6, 3e-6), (0, 85, 170))


def volumes(mesh):
    """Signed volume of each element: of a tetrahedron, or of a hexahedron as six."""
    corner = mesh.points[mesh.cells[0].data]
    if mesh.cells[0].type == "hexahedron":
        corner = corner[:, [0, 1, 3, 4]]  # a box: three edges from one corner
    a, b, c = (corner[:, i] - corner[:, 0] for i in (1, 2, 3))
    box = np.einsum("ij,ij->i", np.cross(a, b), c)
    return box if mesh.cells[0].type == "hexahedron" else box / 6


def test_hexahedra_are_the_voxels(grid):
    field = np.arange(60.0).reshape(grid.shape)
    mesh = to_meshio(grid, {"sto": field})
    assert mesh.points.shape == (4 * 5 * 6, 3) and mesh.cells[0].data.shape == (60, 8)
    assert volumes(mesh) == pytest.approx(np.full(60, 6e-18), rel=1e-9, abs=0)
    x, y, z = np.indices(grid.shape)
    centres = (np.stack([x, y, z], axis=-1) + 0.5).reshape(-1, 3) * grid.voxel_size
    assert mesh.points[mesh.cells[0].data].mean(axis=1) == pytest.approx(centres, rel=1e-9, abs=0)
    assert np.array_equal(mesh.cell_data["sto"][0], field.ravel())
    assert np.array_equal(mesh.cell_data["phase"][0], np.array([0, 85, 170])[grid.phase].ravel())
    for code, name in enumerate(grid.names):
        assert np.array_equal(mesh.cell_sets[name][0], np.flatnonzero(grid.phase == code))


def test_every_corner_order_is_right_handed(grid):
    hexahedron = to_meshio(grid).points[to_meshio(grid).cells[0].data[0]] / grid.voxel_size
    bottom, top = hexahedron[:4], hexahedron[4:]
    assert np.array_equal(bottom[:, 2], [0] * 4) and np.array_equal(top[:, :2], bottom[:, :2])
    assert np.array_equal(bottom[:, :2], [[0, 0], [1, 0], [1, 1], [0, 1]])


def test_tetrahedra_fill_the_box_and_share_whole_faces(grid):
    field = np.arange(60.0).reshape(grid.shape)
    mesh = to_meshio(grid, {"sto": field}, elements="tetrahedra")
    assert volumes(mesh) == pytest.approx(np.full(360, 1e-18), rel=1e-9, abs=0)
    assert np.array_equal(mesh.cell_data["sto"][0], field.ravel().repeat(6))
    triangles = np.sort(
        mesh.cells[0].data[:, [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]].reshape(-1, 3), axis=1
    )
    _, times = np.unique(triangles, axis=0, return_counts=True)
    boundary = 2 * 2 * (3 * 4 + 4 * 5 + 3 * 5)  # two triangles for each voxel face of the box
    assert np.count_nonzero(times == 1) == boundary and times.max() == 2


def test_some_phases_only(grid):
    mesh = to_meshio(grid, phases=["am"])
    assert len(mesh.cells[0]) == np.count_nonzero(grid.mask("am")) and set(mesh.cell_sets) == {"am"}
    assert np.array_equal(np.unique(mesh.cells[0].data), np.arange(len(mesh.points)))  # no loose points
    assert volumes(mesh) == pytest.approx(6e-18, rel=1e-9, abs=0)


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s != ".mphtxt"])  # which test_comsol reads
@pytest.mark.parametrize("elements", ["hexahedra", "tetrahedra"])
def test_files_read_back(grid, tmp_path, suffix, elements, capfd):
    field = np.where(grid.mask("am"), 0.5, np.nan)
    path = write_mesh(tmp_path / "new" / f"electrode{suffix}", grid, {"sto": field}, elements=elements)
    assert capfd.readouterr() == ("", "")
    mesh = meshio.read(path)
    unit = 1e-6 if suffix == ".inp" else 1
    assert volumes(mesh).sum() * unit**3 == pytest.approx(60 * 6e-18, rel=1e-9, abs=0)
    if suffix != ".inp":  # Abaqus has no place for fields in its input
        copies = 6 if elements == "tetrahedra" else 1
        assert np.array_equal(mesh.cell_data["sto"][0], field.ravel().repeat(copies), equal_nan=True)
    binder = np.count_nonzero(grid.mask("cbd")) * (6 if elements == "tetrahedra" else 1)
    if suffix == ".msh":
        number, dimension = mesh.field_data["cbd"]
        assert dimension == 3 and np.count_nonzero(mesh.cell_data["gmsh:physical"][0] == number) == binder
    if suffix == ".inp":
        assert sum(len(members) for members in mesh.cell_sets["cbd"]) == binder
    expected = {f"electrode{suffix}"} | ({"electrode.h5"} if suffix == ".xdmf" else set())
    assert {part.name for part in path.parent.iterdir()} == expected


@pytest.mark.parametrize("suffix", [".vtu", ".vtk"])
def test_vtk_opens_hexahedra_with_their_fields(grid, tmp_path, suffix):
    pyvista = pytest.importorskip("pyvista", reason="pyvista is not installed")
    field = np.arange(60.0).reshape(grid.shape)
    theirs = pyvista.read(write_mesh(tmp_path / f"electrode{suffix}", grid, {"sto": field}))
    assert np.array_equal(theirs["sto"], field.ravel())
    assert np.array_equal(theirs["phase"], np.array([0, 85, 170])[grid.phase].ravel())
    assert theirs.volume == pytest.approx(60 * 6e-18, rel=1e-5, abs=0)


@pytest.mark.parametrize(
    "mistake, words",
    [
        (lambda g, p: write_mesh(p / "m.stl", g), ".vtu, .vtk, .msh"),
        (lambda g, p: to_meshio(g, elements="pyramids"), "hexahedra or tetrahedra"),
        (lambda g, p: to_meshio(g, {"sto": np.zeros(4)}), "the grid's shape"),
        (lambda g, p: to_meshio(g, phases=["nmc"]), "pore, am, cbd"),
        (lambda g, p: to_meshio(g, phases=[]), "at least one voxel"),
        (lambda g, p: tetrahedral_sphere(2e-6, 3e-6, 1e-6), "inside the box"),
        (lambda g, p: tetrahedral_sphere(1e-6, 3e-6, 1e-9), "hundredth"),
    ],
)
def test_mistakes_get_one_sentence(grid, tmp_path, mistake, words):
    with pytest.raises(InputError, match=words):
        mistake(grid, tmp_path)


def test_fipy_cells_lie_where_the_voxels_lie(grid):
    pytest.importorskip("fipy", reason="FiPy is not installed")
    mesh = to_fipy(grid)
    indices = np.indices(grid.shape)
    for axis in range(3):
        position = (indices[axis] + 0.5) * grid.voxel_size[axis]
        assert mesh.cellCenters.value[axis] == pytest.approx(fipy_values(position), rel=1e-9, abs=0)
        assert from_fipy(mesh.cellCenters.value[axis], grid.shape) == pytest.approx(position, rel=1e-9, abs=0)
    assert mesh.cellVolumes == pytest.approx(grid.voxel_volume, rel=1e-9, abs=0)


def load_gmsh():
    try:
        import pygmsh  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"gmsh cannot be loaded: {error}")


def test_tetrahedral_sphere(tmp_path):
    load_gmsh()
    coarse, fine = (tetrahedral_sphere(5e-6, (12e-6, 14e-6, 16e-6), size) for size in (4e-6, 2e-6))
    errors = []
    for mesh in (coarse, fine):
        volume, inside = np.abs(volumes(mesh)), mesh.cell_data["phase"][0] == 1
        assert volume.sum() == pytest.approx(12e-6 * 14e-6 * 16e-6, rel=1e-9, abs=0)
        assert mesh.points.min(axis=0) == pytest.approx(np.zeros(3), abs=1e-14)
        assert mesh.points.max(axis=0) == pytest.approx(np.array([12e-6, 14e-6, 16e-6]), rel=1e-9, abs=0)
        errors.append(1 - volume[inside].sum() / (4 / 3 * np.pi * 5e-6**3))
        radii = np.linalg.norm(mesh.points - np.array([6e-6, 7e-6, 8e-6]), axis=1)
        assert radii[np.unique(mesh.cells[0].data[inside])].max() == pytest.approx(5e-6, rel=1e-6, abs=0)
        assert radii[np.unique(mesh.cells[0].data[~inside])].min() == pytest.approx(5e-6, rel=1e-6, abs=0)
        assert np.array_equal(mesh.cell_sets["particle"][0], np.flatnonzero(inside))
    assert 0 < errors[1] < 0.06 and 2.5 < errors[0] / errors[1] < 6  # chords: second order in the size
    path = save_meshio(tmp_path / "sphere.msh", fine)
    assert len(meshio.read(path).cells_dict["tetra"]) == len(fine.cells[0])


def test_missing_libraries_of_gmsh_are_named(monkeypatch):
    hide(monkeypatch, "pygmsh", error=OSError)
    with pytest.raises(InputError, match="pygmsh.*install the system packages libglu1-mesa") as error:
        tetrahedral_sphere(1e-6, 4e-6, 0.5e-6)
    assert "\n" not in str(error.value)
