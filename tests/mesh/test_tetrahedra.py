"""Tetrahedra with smooth interfaces: conforming, right-handed, true to volumes and areas; closed forms of
sphere and plane."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.mesh.grid import FACES, VoxelGrid
from microsim.mesh.tetmesh import tetmesh_to_meshio
from microsim.mesh.tetrahedra import smoothed, surface_links, tetrahedral_mesh
from microsim.mesh.tetrahedra_quality import compared_with_voxels, quality

meshio = pytest.importorskip("meshio", reason="meshio is not installed")


def blobs(shape=(14, 12, 13), edges=(1e-6, 1e-6, 1e-6), seed=0):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.3)
    phase = np.digitize(noise, np.quantile(noise, (0.4, 0.55))).astype(np.uint8)
    return VoxelGrid(phase, ("pore", "cbd", "am"), edges, (0, 170, 85), relative=True)


def sphere(n, radius):
    centres = np.arange(n) + 0.5 - n / 2
    x, y, z = np.ix_(centres - 0.13, centres - 0.27, centres - 0.4)
    return VoxelGrid((x**2 + y**2 + z**2 < radius**2).astype(np.uint8), ("pore", "am"), (1e-6,) * 3)


def sides(cells):
    return np.sort(cells[:, [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]].reshape(-1, 3), axis=1)


@pytest.mark.parametrize("iterations", [0, 60])
@pytest.mark.parametrize("edges", [(1e-6,) * 3, (1e-6, 2e-6, 3e-6)])
def test_elements_fill_the_box_and_share_whole_sides(iterations, edges):
    grid = blobs(edges=edges)
    mesh = tetrahedral_mesh(grid, iterations=iterations)
    assert mesh.volumes().min() > 0 and len(np.unique(mesh.cells)) == len(mesh.points)
    assert mesh.volumes().sum() == pytest.approx(grid.voxels * grid.voxel_volume, rel=1e-12, abs=0)
    triangles, times = np.unique(sides(mesh.cells), axis=0, return_counts=True)
    assert times.max() == 2
    wall = np.sort(mesh.triangles[mesh.surface >= mesh.surfaces.index("separator")], axis=1)
    assert np.array_equal(np.unique(wall, axis=0), triangles[times == 1])


def test_every_side_between_two_phases_is_on_the_surface_of_that_name():
    mesh = tetrahedral_mesh(blobs())
    owners = {}
    for cell, phase in zip(mesh.cells, mesh.phase):
        for side in sides(cell[None]):
            owners.setdefault(tuple(side), []).append(mesh.names[phase])
    named = {}
    for triangle, number in zip(mesh.triangles, mesh.surface):
        named[tuple(sorted(triangle))] = mesh.surfaces[number]
    for side, pair in owners.items():
        if len(pair) == 2 and pair[0] != pair[1]:
            assert set(named.pop(side).split("-")) == set(pair)
        elif len(pair) == 1:
            assert named.pop(side) in FACES
    assert not named


def test_box_faces_stay_flat_and_whole():
    grid = blobs()
    mesh = tetrahedral_mesh(grid)
    for name, (axis, end) in FACES.items():
        at = mesh.points[mesh.triangles[mesh.surface == mesh.surfaces.index(name)]][..., axis]
        assert np.ptp(at) == 0 and at.flat[0] == pytest.approx((0 if end == 0 else grid.shape[axis]) * 1e-6)
        area = mesh.areas()[mesh.surface == mesh.surfaces.index(name)].sum()
        assert area == pytest.approx(grid.face_area(axis) * grid.voxels / grid.shape[axis], rel=1e-12, abs=0)


def test_without_smoothing_phases_are_the_voxels():
    grid = blobs()
    table = compared_with_voxels(tetrahedral_mesh(grid, iterations=0), grid)
    for row in table.values():
        assert row["volume_fraction"] == pytest.approx(row["volume_fraction_voxels"], rel=1e-12, abs=0)
        assert row["area_m2"] == pytest.approx(row["area_voxel_faces_m2"], rel=1e-12, abs=0)


@pytest.mark.parametrize(("radius", "off"), [(5, 0.022), (8, 0.014), (12, 0.01)])
def test_a_sphere_has_the_area_and_volume_of_a_sphere(radius, off):
    grid = sphere(2 * radius + 8, radius)
    mesh = tetrahedral_mesh(grid)
    assert mesh.areas()[mesh.surface == 0].sum() == pytest.approx(4e-12 * np.pi * radius**2, rel=off, abs=0)
    assert mesh.volumes()[mesh.phase == 1].sum() == pytest.approx(
        np.count_nonzero(grid.phase) * 1e-18, rel=2e-3, abs=0
    )


@pytest.mark.parametrize("normal", [(1, 1, 0), (1, 1, 1), (2, 1, 0)])
def test_a_slanted_plane_becomes_flat(normal):
    x = np.indices((16, 16, 16)).reshape(3, -1).T + 0.5 - 8
    inside = (x @ np.array(normal) < 0.1).reshape(16, 16, 16).astype(np.uint8)
    mesh = tetrahedral_mesh(VoxelGrid(inside, ("pore", "am"), (1e-6,) * 3), iterations=100)
    corner = mesh.points[mesh.triangles[mesh.surface == 0]] * 1e6
    middle = np.abs(corner.mean(axis=1) - 8).max(axis=1) < 5  # the box's faces keep their corners
    n = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])[middle]
    area = np.linalg.norm(n, axis=1)
    tilt = np.abs(n @ np.array(normal)) / area / np.linalg.norm(normal)
    assert np.average(tilt, weights=area) > 0.995


def test_a_flat_wall_stays_where_it_is():
    phase = np.zeros((8, 6, 6), np.uint8)
    phase[4:] = 1
    mesh = tetrahedral_mesh(VoxelGrid(phase, ("pore", "am"), (1e-6,) * 3))
    assert mesh.points[mesh.triangles[mesh.surface == 0]][..., 0] == pytest.approx(4e-6, rel=1e-12, abs=0)


def test_volumes_and_areas_of_a_blobby_three_phase_image():
    grid = blobs((24, 24, 24), seed=3)
    mesh = tetrahedral_mesh(grid)
    for row in compared_with_voxels(mesh, grid).values():
        assert row["volume_fraction"] == pytest.approx(row["volume_fraction_voxels"], rel=0.01, abs=0)
        assert (
            row["area_m2"] < 0.9 * row["area_voxel_faces_m2"]
        )  # cbd is a sheet of one voxel: no room to be smooth
    found = quality(mesh)
    assert found["inverted"] == 0 and found["radius_ratio"]["smallest"] >= 0.06 - 1e-9
    assert found["elements"] == len(mesh.cells) and 0 < found["dihedral_angle_deg"]["smallest"] < 60


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 6), st.integers(1, 5), st.integers(2, 5), st.integers(2, 4))
def test_noise_gives_valid_meshes(seed, nx, ny, nz, phases):
    """Voxels at random: every way in which corners, edges and phases can meet."""
    phase = np.random.default_rng(seed).integers(0, phases, (nx, ny, nz)).astype(np.uint8)
    grid = VoxelGrid(phase, tuple("abcd"[:phases]), (1e-6,) * 3)
    mesh = tetrahedral_mesh(grid, iterations=20)
    assert mesh.volumes().min() > 0
    assert mesh.volumes().sum() == pytest.approx(phase.size * 1e-18, rel=1e-12, abs=0)
    assert np.unique(sides(mesh.cells), axis=0, return_counts=True)[1].max() <= 2


def test_a_mirrored_image_has_the_mirrored_interface():
    grid = blobs()
    links, mirrored = surface_links(grid.phase), surface_links(grid.phase[::-1])
    points = np.stack(np.indices(np.array(grid.shape) + 1), axis=-1).reshape(-1, 3).astype(float)
    shape = (*(np.array(grid.shape) + 1), 3)
    one, other = (smoothed(points, found, 20).reshape(shape) for found in (links, mirrored))
    other = other[::-1].copy()
    other[..., 0] = grid.shape[0] - other[..., 0]
    assert other == pytest.approx(one, abs=1e-9)


def test_some_phases_only_keep_their_surfaces_to_the_others():
    grid = blobs()
    mesh, whole = tetrahedral_mesh(grid, phases=["am"]), tetrahedral_mesh(grid)
    assert set(mesh.phase) == {2} and len(np.unique(mesh.cells)) == len(mesh.points)
    assert [name for name in mesh.surfaces if name not in FACES] == ["pore-am", "cbd-am"]
    assert mesh.triangles.max() < len(mesh.points) and mesh.triangles.min() >= 0
    triangles, times = np.unique(sides(mesh.cells), axis=0, return_counts=True)
    assert np.array_equal(
        np.unique(np.sort(mesh.triangles, axis=1), axis=0), triangles[times == 1]
    )  # all of its boundary
    a, b, c = np.moveaxis(
        mesh.points[mesh.triangles], 1, 0
    )  # seen from am, all point outwards: Gauss's theorem
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(mesh.volumes().sum(), rel=1e-9, abs=0)
    for name in ("pore-am", "cbd-am"):
        area, expected = (m.areas()[m.surface == m.surfaces.index(name)].sum() for m in (mesh, whole))
        assert area == pytest.approx(expected, rel=1e-12, abs=0)
    assert compared_with_voxels(mesh, grid)["am"] == compared_with_voxels(whole, grid)["am"]


def test_phases_may_have_any_names():
    """With dashes, as a face of the box is called, or as the surface between two others."""
    grid = blobs()
    odd = VoxelGrid(grid.phase, ("pore-1", "separator", "pore-1-separator"), grid.voxel_size, relative=True)
    mesh, plain = tetrahedral_mesh(odd), tetrahedral_mesh(grid)
    assert set(mesh.surfaces).isdisjoint(odd.names) and len(set(mesh.surfaces)) == len(mesh.surfaces) == 9
    assert {"pore-1-separator_face", "separator_face", "collector"} <= set(mesh.surfaces)
    rows = zip(compared_with_voxels(mesh, odd).values(), compared_with_voxels(plain, grid).values())
    for mine, theirs in rows:
        assert mine["area_m2"] == theirs["area_m2"] > 0
    assert set(tetmesh_to_meshio(mesh).cell_sets) == {*odd.names, *mesh.surfaces}


@pytest.mark.parametrize(
    "mistake",
    [{"iterations": -1}, {"least_quality": 0.0}, {"least_quality": 0.5}, {"phases": []}, {"phases": ["nmc"]}],
)
def test_mistakes_get_one_sentence(mistake):
    with pytest.raises(InputError, match="expected") as error:
        tetrahedral_mesh(blobs(), **mistake)
    assert "\n" not in str(error.value)


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def electrode(tmp_path):
    grid = blobs()
    path = tmp_path / "electrode.npy"
    np.save(path, np.array(grid.labels)[grid.phase].astype(np.uint8))
    return str(path)


PHASES = ["--phases", "pore=0,am=85,cbd=170"]


def test_command_writes_tetrahedra_and_their_figures(electrode, tmp_path, capsys):
    out = tmp_path / "electrode.msh"
    arguments = [
        "mesh",
        electrode,
        *PHASES,
        "--voxel-size-nm",
        "500",
        "--kind",
        "tetrahedra",
        "--out",
        str(out),
    ]
    assert main([*arguments, "--json", "-"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    mesh = meshio.read(out)
    capsys.readouterr()
    assert len(mesh.cells_dict["tetra"]) == numbers["quality"]["elements"]
    physical = dict(zip(("tetra", "triangle"), mesh.cell_data["gmsh:physical"]))
    number, dimension = mesh.field_data["am"]
    assert dimension == 3 and np.count_nonzero(physical["tetra"] == number) > 100
    number, dimension = mesh.field_data["separator"]
    assert dimension == 2
    assert np.count_nonzero(physical["triangle"] == number) == numbers["surfaces"]["separator"]["triangles"]
    assert numbers["phases"]["am"]["label"] == 85 and numbers["quality"]["inverted"] == 0
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "pore-am" in shown and "radius ratio" in shown


@pytest.mark.parametrize("suffix", [".vtu", ".inp", ".xdmf", ".vtk"])
def test_other_formats_read_back(electrode, tmp_path, suffix, capfd):
    out = tmp_path / f"electrode{suffix}"
    assert (
        main(
            [
                "mesh",
                electrode,
                *PHASES,
                "--voxel-size-nm",
                "500",
                "--kind",
                "tetrahedra",
                "--out",
                str(out),
                "--json",
                str(tmp_path / "n.json"),
            ]
        )
        == 0
    )
    capfd.readouterr()
    numbers, mesh = json.loads((tmp_path / "n.json").read_text()), meshio.read(out)
    assert len(mesh.cells_dict["tetra"]) == numbers["quality"]["elements"]
    if suffix == ".inp":
        assert {"pore", "am", "cbd", "collector", "pore-am"} <= set(mesh.cell_sets)
    else:
        beside = tmp_path / "electrode_surfaces.xdmf"  # which has one kind of cell a file
        faces = meshio.read(beside) if suffix == ".xdmf" else mesh
        surface = dict(zip((block.type for block in faces.cells), faces.cell_data["surface"]))["triangle"]
        names = list(numbers["surfaces"])
        assert (
            np.count_nonzero(surface == names.index("pore-am") + 1)
            == numbers["surfaces"]["pore-am"]["triangles"]
        )
        phase = dict(zip((block.type for block in mesh.cells), mesh.cell_data["phase"]))["tetra"]
        assert set(phase) == {0, 85, 170}


@pytest.mark.parametrize("suffix", [".vtu", ".vtk"])
def test_vtk_opens_the_file_with_its_phases(electrode, tmp_path, suffix, capfd):
    pyvista = pytest.importorskip("pyvista", reason="pyvista is not installed")
    out = tmp_path / f"electrode{suffix}"
    assert (
        main(
            [
                "mesh",
                electrode,
                *PHASES,
                "--voxel-size-nm",
                "500",
                "--kind",
                "tetrahedra",
                "--out",
                str(out),
                "--json",
                str(tmp_path / "n.json"),
            ]
        )
        == 0
    )
    numbers, theirs = json.loads((tmp_path / "n.json").read_text()), pyvista.read(out)
    volume = theirs.compute_cell_sizes(length=False, area=False)["Volume"]
    for phase in numbers["phases"].values():
        share = np.abs(volume[theirs["phase"] == phase["label"]]).sum() / np.abs(volume).sum()
        assert share == pytest.approx(phase["volume_fraction"], rel=1e-6, abs=0)


def test_gmsh_opens_the_file_with_its_names(electrode, tmp_path, capfd):
    try:
        import gmsh
    except (ImportError, OSError) as error:
        pytest.skip(f"gmsh cannot be loaded: {error}")
    out = tmp_path / "electrode.msh"
    assert (
        main(
            ["mesh", electrode, *PHASES, "--voxel-size-nm", "500", "--kind", "tetrahedra", "--out", str(out)]
        )
        == 0
    )
    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(out))
        names = {gmsh.model.getPhysicalName(*group) for group in gmsh.model.getPhysicalGroups()}
    finally:
        gmsh.finalize()
    assert {"pore", "am", "cbd", "pore-am", "separator", "z1"} <= names


def test_fipy_opens_the_file_with_its_phases(tmp_path):
    fipy = pytest.importorskip("fipy", reason="FiPy is not installed")
    import shutil

    if not shutil.which("gmsh"):
        pytest.skip("FiPy asks the program gmsh, which is not on the path")
    from microsim.mesh.export import save_meshio

    grid = sphere(8, 2.5)
    mesh = tetrahedral_mesh(grid)
    path = save_meshio(tmp_path / "sphere.msh", tetmesh_to_meshio(mesh))
    theirs = fipy.Gmsh3D(str(path))
    assert theirs.numberOfCells == len(mesh.cells)
    assert np.sum(theirs.cellVolumes[np.asarray(theirs.physicalCells["am"])]) == pytest.approx(
        mesh.volumes()[mesh.phase == 1].sum(), rel=1e-9, abs=0
    )


def test_command_refuses_a_place_that_cannot_be_written_before_the_work(
    electrode, tmp_path, capsys, monkeypatch
):
    from microsim.mesh import tetrahedra

    monkeypatch.setattr(tetrahedra, "tetrahedral_mesh", None)  # not reached
    (tmp_path / "folder.msh").mkdir()
    for place in (f"{electrode}/m.msh", str(tmp_path / "folder.msh")):
        assert (
            main(
                ["mesh", electrode, *PHASES, "--voxel-size-nm", "500", "--kind", "tetrahedra", "--out", place]
            )
            == 2
        )
        said = capsys.readouterr().err
        assert ("expected to write" in said or "the name of a file" in said) and said.count("\n") == 1


def test_command_writes_voxels_and_coarsens(electrode, tmp_path, capsys):
    out = tmp_path / "electrode.vtu"
    assert (
        main(
            [
                "mesh",
                electrode,
                *PHASES,
                "--voxel-size-nm",
                "500",
                "--crop",
                "x=0:12,y=0:12,z=0:12",
                "--coarsen",
                "2",
                "--keep",
                "am,cbd",
                "--out",
                str(out),
                "--json",
                "-",
            ]
        )
        == 0
    )
    numbers, mesh = json.loads(capsys.readouterr().out), meshio.read(out)
    assert numbers["shape"] == [6, 6, 6] and numbers["voxel_size_m"] == pytest.approx([1e-6] * 3)
    assert len(mesh.cells_dict["hexahedron"]) == numbers["quality"]["elements"] < 216
    assert set(mesh.cell_data["phase"][0]) == {85, 170}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--out", "m.stl", "--voxel-size-nm", "500", "--kind", "tetrahedra"], ".vtu, .vtk, .msh"),
        (["--out", "m.vtu"], "--voxel-size-nm"),
        (["--out", "m.vtu", "--voxel-size-nm", "500", "--keep", "nmc"], "pore, am, cbd"),
        (["--out", "m.vtu", "--voxel-size-nm", "500", "--smoothing", "-2"], "--smoothing"),
        (["--out", "m.vtu", "--voxel-size-nm", "500", "--least-quality", "2"], "--least-quality"),
    ],
)
def test_command_refuses(electrode, tmp_path, more, words, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["mesh", electrode, *PHASES, *more]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
