"""Mesh files in the programs that they are for: phases and surfaces arrive by name, with their sizes."""

import json
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.export import to_meshio, write_mesh
from microsim.mesh.files import MSH_VERSIONS, check_writable, save_meshio

from .layers import AREAS, LABELS, SHAPE, VOLUMES, H, layered, layered_tetrahedra, sizes

meshio = pytest.importorskip("meshio", reason="meshio is not installed")
BOTH = pytest.mark.parametrize("msh", MSH_VERSIONS)


def the_sizes(unit=1.0):
    """Volumes and areas, in the file's unit of length (m)."""
    found = {name: size / unit**3 for name, size in VOLUMES.items()}
    return pytest.approx(found | {name: size / unit**2 for name, size in AREAS.items()}, rel=1e-9, abs=0)


def tetrahedra(tmp_path, name="m.msh", **options):
    return str(save_meshio(tmp_path / name, layered_tetrahedra(), **options))


@BOTH
def test_gmsh(tmp_path, msh):
    try:
        import gmsh
    except (ImportError, OSError) as error:
        pytest.skip(f"gmsh cannot be loaded: {error}")
    path, found = tetrahedra(tmp_path, msh=msh), {}
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(path)
        tags, points, _ = gmsh.model.mesh.getNodes()
        points = dict(zip(tags, points.reshape(-1, 3)))
        for dimension, group in gmsh.model.getPhysicalGroups():
            cells = []
            for entity in gmsh.model.getEntitiesForPhysicalGroup(dimension, group):
                cells += gmsh.model.mesh.getElements(dimension, entity)[2]
            corners = np.array([points[tag] for tag in np.concatenate(cells)])
            order = np.arange(len(corners)).reshape(-1, dimension + 1)
            found[gmsh.model.getPhysicalName(dimension, group)] = sizes(corners, order)
    finally:
        gmsh.finalize()
    assert found == the_sizes()


def in_meshio(path):
    mesh, found = meshio.read(path), {}
    for name, (number, dimension) in mesh.field_data.items():
        blocks = zip(mesh.cells, mesh.cell_data["gmsh:physical"])
        found[name] = sum(sizes(mesh.points, b.data[g == number]) for b, g in blocks if b.dim == dimension)
    return found


@BOTH
def test_meshio(tmp_path, msh):
    assert in_meshio(tetrahedra(tmp_path, msh=msh)) == the_sizes()


@pytest.mark.parametrize(("name", "unit"), [("m.msh", 1.0), ("m.inp", 1e-6)])
def test_scikit_fem(tmp_path, name, unit):
    skfem = pytest.importorskip("skfem", reason="scikit-fem is not installed")
    mesh = skfem.Mesh.load(tetrahedra(tmp_path, name, msh="4.1"))
    found = {part: sizes(mesh.p.T, mesh.t.T[chosen]) for part, chosen in mesh.subdomains.items()}
    found |= {part: sizes(mesh.p.T, mesh.facets.T[chosen]) for part, chosen in mesh.boundaries.items()}
    assert found == the_sizes(unit)


@BOTH
def test_mfem(tmp_path, msh):
    mfem = pytest.importorskip("mfem.ser", reason="MFEM (PyPI: mfem) is not installed")
    mesh = mfem.Mesh(tetrahedra(tmp_path, msh=msh))
    points = np.array([list(mesh.GetVertexArray(i)) for i in range(mesh.GetNV())])
    cells = {(i, False): mesh.GetElementVertices(i) for i in range(mesh.GetNE())}
    cells |= {(i, True): mesh.GetBdrElementVertices(i) for i in range(mesh.GetNBE())}
    found = {}
    for sets, wall in ((mesh.attribute_sets, False), (mesh.bdr_attribute_sets, True)):
        for name in sets.GetAttributeSetNames():
            (number,) = sets.GetAttributeSet(name).ToList()
            of = mesh.GetBdrAttribute if wall else mesh.GetAttribute
            found[name] = sizes(points, [c for (i, w), c in cells.items() if w == wall and of(i) == number])
    assert found == the_sizes()


@pytest.mark.parametrize("kind", ["tetrahedra", "voxels"])
def test_fipy(tmp_path, kind):
    fipy = pytest.importorskip("fipy", reason="FiPy is not installed")
    if not shutil.which("gmsh"):
        pytest.skip("FiPy asks the program gmsh, which is not on the path")
    voxels = kind == "voxels"
    path = write_mesh(tmp_path / "m.msh", layered()) if voxels else tetrahedra(tmp_path)
    mesh = fipy.Gmsh3D(str(path))
    areas, volumes = np.asarray(mesh._faceAreas), np.asarray(mesh.cellVolumes)
    found = {name: volumes[np.asarray(mesh.physicalCells[name])].sum() for name in VOLUMES}
    surfaces = {} if voxels else AREAS
    found |= {name: areas[np.asarray(mesh.physicalFaces[name])].sum() for name in surfaces}
    assert found == pytest.approx(VOLUMES | surfaces, rel=1e-9, abs=0)


DOLFINX = """
import json, sys
from mpi4py import MPI
from dolfinx.io import XDMFFile
parts = []
with XDMFFile(MPI.COMM_WORLD, sys.argv[1], "r") as file:
    mesh = file.read_mesh(name="Grid")
    parts.append((3, file.read_meshtags(mesh, name="Grid")))
mesh.topology.create_connectivity(2, 3)
if len(sys.argv) > 2:
    with XDMFFile(MPI.COMM_WORLD, sys.argv[2], "r") as file:
        parts.append((2, file.read_meshtags(mesh, name="Grid")))
found = []
for dim, tags in parts:
    mesh.topology.create_connectivity(dim, 0)
    corners = mesh.topology.connectivity(dim, 0)
    mesh.topology.create_connectivity(3, 0)
    cells, dofs = mesh.topology.connectivity(3, 0), mesh.geometry.dofmap
    place = {}
    for cell in range(cells.num_nodes):
        try:
            nodes = dofs.links(cell)
        except AttributeError:
            nodes = dofs[cell]
        place.update(zip(cells.links(cell).tolist(), nodes.tolist()))
    for value in sorted(set(tags.values.tolist())):
        chosen = tags.indices[tags.values == value]
        nodes = [[place[vertex] for vertex in corners.links(i)] for i in chosen]
        found.append((value, mesh.geometry.x[nodes].tolist()))
print(json.dumps(found))
"""


def dolfinx():
    """Find a Python that has DOLFINx: this one, or the system's (Debian's python3-dolfinx)."""
    for python in (sys.executable, "/usr/bin/python3"):
        call = [python, "-c", "import dolfinx"]
        if shutil.which(python) and subprocess.run(call, check=False, capture_output=True).returncode == 0:
            return python
    pytest.skip("DOLFINx (Debian: python3-dolfinx) is not installed")


def in_dolfinx(python, *paths):
    told = subprocess.run([python, "-c", DOLFINX, *paths], capture_output=True, text=True, check=True)
    return json.loads(told.stdout.splitlines()[-1])


def test_dolfinx_tetrahedra(tmp_path):
    python = dolfinx()
    path = tetrahedra(tmp_path, "m.xdmf")
    found = in_dolfinx(python, path, str(tmp_path / "m_surfaces.xdmf"))
    assert [value for value, _ in found] == [*LABELS, *range(1, len(AREAS) + 1)]
    names = [
        {number: name for name, (number, _) in meshio.read(tmp_path / file).field_data.items()}
        for file in ("m.xdmf", "m_surfaces.xdmf")
    ]
    kinds = [names[len(corners[0]) == 3][value] for value, corners in found]
    whole = [sizes(np.reshape(c, (-1, 3)), np.arange(np.size(c) // 3).reshape(len(c), -1)) for _, c in found]
    assert dict(zip(kinds, whole)) == the_sizes()


def test_dolfinx_voxels(tmp_path):
    python = dolfinx()
    write_mesh(tmp_path / "v.xdmf", layered())
    found = in_dolfinx(python, str(tmp_path / "v.xdmf"))
    assert [(value, len(cells)) for value, cells in found] == [(label, 2 * 4 * 4) for label in LABELS]


def run_ccx(folder, deck):
    if not shutil.which("ccx"):
        pytest.skip("CalculiX (Debian: calculix-ccx) is not installed")
    (folder / "deck.inp").write_text(deck)
    told = subprocess.run(["ccx", "deck"], check=False, cwd=folder, capture_output=True, text=True)
    assert told.returncode == 0 and "Job finished" in told.stdout and "*ERROR" not in told.stdout
    return folder / "deck.dat"


def test_calculix_conducts_through_named_phases(tmp_path):
    """Layers of 1, 2 and 4 times the conductivity in series: temperatures fall as 1 : 1/2 : 1/4."""
    path = write_mesh(tmp_path / "m.inp", layered())
    x = meshio.read(path).points[:, 0] / (H * 1e6)
    ends = [np.flatnonzero(np.isclose(x, end)) + 1 for end in (0, SHAPE[0])]
    lines = ["*INCLUDE,INPUT=m.inp"]
    for name, conductivity in (("pore", 1.0), ("am", 2.0), ("cbd", 4.0)):
        lines += [f"*MATERIAL,NAME=M{name}", "*CONDUCTIVITY", f"{conductivity}"]
        lines += [f"*SOLID SECTION,ELSET={name},MATERIAL=M{name}"]
    lines += ["*NSET,NSET=ALL,GENERATE", f"1,{len(x)}", "*STEP", "*HEAT TRANSFER,STEADY STATE", "*BOUNDARY"]
    lines += [f"{node},11,11,{value}" for nodes, value in zip(ends, (1.0, 0.0)) for node in nodes]
    data = run_ccx(tmp_path, "\n".join([*lines, "*NODE PRINT,NSET=ALL", "NT", "*END STEP", ""]))
    rows = [line.split() for line in data.read_text().splitlines()]
    found = np.array([[float(item) for item in row] for row in rows if len(row) == 2 and row[0].isdigit()])
    expected = np.interp(x[found[:, 0].astype(int) - 1], [0, 2, 4, 6], [1, 1 - 2 / 3.5, 1 - 3 / 3.5, 0])
    assert len(found) == len(x) and found[:, 1] == pytest.approx(expected, abs=1e-5)


def test_calculix_takes_tetrahedra_and_named_surfaces(tmp_path):
    tetrahedra(tmp_path, "m.inp")
    lines = ["*INCLUDE,INPUT=m.inp", "*MATERIAL,NAME=M", "*CONDUCTIVITY", "1."]
    lines += [f"*SOLID SECTION,ELSET={name},MATERIAL=M" for name in VOLUMES]
    lines += [f"*SHELL SECTION,ELSET={name},MATERIAL=M\n1e-3" for name in AREAS]
    lines += ["*STEP", "*HEAT TRANSFER,STEADY STATE", "*BOUNDARY", "1,11,11,1.", "2,11,11,0."]
    run_ccx(tmp_path, "\n".join([*lines, "*NODE FILE", "NT", "*END STEP", ""]))


# ---- the files themselves ----------------------------------------------------------------------------------


@BOTH
def test_names_survive_in_msh(tmp_path, msh):
    mesh = to_meshio(layered())
    odd = dict(zip(['pore "a"', "2 \u00b5m, wide", "CBD"], mesh.cell_sets.values()))
    mesh.cell_sets = odd
    assert set(meshio.read(save_meshio(tmp_path / "m.msh", mesh, msh)).field_data) == {
        "pore 'a'",
        "2 \u00b5m, wide",
        "CBD",
    }


def test_fields_are_in_msh_41_too(tmp_path):
    x = (np.arange(6.0)[:, None, None] * np.ones(SHAPE)).astype(float)
    mesh = meshio.read(write_mesh(tmp_path / "m.msh", layered(), {"x": x}, msh="4.1"))
    for block, values in zip(mesh.cells, mesh.cell_data["x"]):
        assert values + 0.5 == pytest.approx(mesh.points[block.data].mean(axis=1)[:, 0] / H)


def test_xdmf_does_not_take_the_place_of_other_data(tmp_path):
    """fields.h5 of a run, or the volume itself, lies where DOLFINx looks for the arrays of fields.xdmf."""
    for name in ("v.h5", "w_surfaces.h5", "u_surfaces.xdmf"):
        path = tmp_path / name
        if name.endswith("h5"):
            with h5py.File(path, "w") as file:
                file["labels"] = layered().phase
        else:
            path.write_text("<Xdmf/>")
        kept = path.read_bytes()
        with pytest.raises(InputError, match=f"to write {name} beside {name[0]}.xdmf.* choose another name"):
            check_writable(tmp_path / f"{name[0]}.xdmf")
        with pytest.raises(InputError, match="choose another name"):
            tetrahedra(tmp_path, f"{name[0]}.xdmf")
        assert path.read_bytes() == kept
    tetrahedra(tmp_path, "m.xdmf")
    write_mesh(tmp_path / "m.xdmf", layered())  # our own are written anew
    assert len(meshio.read(tmp_path / "m.xdmf").cells_dict["hexahedron"]) == layered().voxels


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "m.vtu"
    path.write_text("old")

    def full(self, name, **kwargs):
        with open(name, "w") as file:
            file.write("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(meshio.Mesh, "write", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_mesh(path, layered())
    assert path.read_text() == "old" and [part.name for part in tmp_path.iterdir()] == ["m.vtu"]


@pytest.mark.parametrize("name", ["m.stl", "m", "m.msh2"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=".vtu, .vtk, .msh, .inp, .xdmf"):
        check_writable(tmp_path / name)
