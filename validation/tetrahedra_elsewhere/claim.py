"""The files of `microsim mesh` load elsewhere with their phases and surfaces: a 64^3 crop in meshio, gmsh and
FiPy.

References are the numbers that the command itself reports. FiPy solves on a 24^3 crop, three conductivities,
by fluxes between the centres of two elements, which are not exact where the line of centres is not normal to
the side: within 5 % of finite elements on the same mesh. FiPy keeps a dictionary of all sides, so that
reading takes more than a minute and 2 kB for each element.
"""

import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from microsim.cli import main
from microsim.jobs.validate import Check, Skip
from microsim.mesh.files import save_meshio
from microsim.mesh.grid import grid_from_labels
from microsim.mesh.tetmesh import tetmesh_to_meshio
from microsim.mesh.tetrahedra import tetrahedral_mesh
from microsim.reference.tetrahedra import conduction
from microsim.volumes.volume import read_voxels

CROP, EDGE = "x=20:84,y=100:164,z=100:164", 398e-9
SIGMA = {"pore": 1.0, "cbd": 0.1, "am": 0.01}


def checks(data):
    missing = [name for name in ("meshio", "gmsh", "fipy") if importlib.util.find_spec(name) is None]
    if data is None or missing or not shutil.which("gmsh"):
        raise Skip(
            "the data folder, meshio, gmsh with its program, and"
            f" FiPy{', missing: ' * bool(missing)}{', '.join(missing)}"
        )
    with tempfile.TemporaryDirectory() as folder:
        told = _written(Path(folder) / "crop.msh")
        yield from _in_meshio(Path(folder) / "crop.msh", told)
        yield from _in_gmsh(Path(folder) / "crop.msh", told)
        yield from _in_fipy(Path(folder) / "crop.msh", told)
        yield from _conduction_in_fipy(Path(folder))


def _written(path):
    arguments = [
        "mesh",
        "nrel_nmc",
        "--kind",
        "tetrahedra",
        "--crop",
        CROP,
        "--voxel-size-nm",
        "398",
        "--out",
        str(path),
    ]
    with redirect_stdout(io.StringIO()) as told:
        main([*arguments, "--json", "-"])
    return json.loads(told.getvalue())


def _in_meshio(path, told):
    import meshio

    with redirect_stdout(io.StringIO()):  # it prints an empty line
        mesh = meshio.read(path)
    groups = dict(zip((block.type for block in mesh.cells), mesh.cell_data["gmsh:physical"]))
    yield Check("64^3 in meshio: tetrahedra", len(mesh.cells_dict["tetra"]), told["quality"]["elements"])
    corner = mesh.points[mesh.cells_dict["tetra"]]
    volume = np.abs(np.linalg.det(corner[:, 1:] - corner[:, :1])) / 6
    for name, phase in told["phases"].items():
        share = volume[groups["tetra"] == mesh.field_data[name][0]].sum() / volume.sum()
        yield Check(f"64^3 in meshio: volume fraction of {name}", share, phase["volume_fraction"], 1e-9)
    count = sum(
        np.count_nonzero(groups["triangle"] == mesh.field_data[name][0]) == surface["triangles"]
        for name, surface in told["surfaces"].items()
    )
    yield Check("64^3 in meshio: surfaces with all their triangles", count, 9)


def _in_gmsh(path, told):
    import gmsh

    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(path))
        groups = {gmsh.model.getPhysicalName(*group): group for group in gmsh.model.getPhysicalGroups()}
        elements = len(gmsh.model.mesh.getElementsByType(4)[0])
    finally:
        gmsh.finalize()
    yield Check("64^3 in gmsh: tetrahedra", elements, told["quality"]["elements"])
    yield Check("64^3 in gmsh: phases as volumes", sum(groups[name][0] == 3 for name in told["phases"]), 3)
    yield Check("64^3 in gmsh: surfaces", sum(groups[name][0] == 2 for name in told["surfaces"]), 9)


READ = """
import json, sys, time, resource, numpy, fipy
begun = time.process_time()
mesh = fipy.Gmsh3D(sys.argv[1])
volume, area = numpy.asarray(mesh.cellVolumes), numpy.asarray(mesh._faceAreas)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
share = {n: float(volume[numpy.asarray(c)].sum() / volume.sum()) for n, c in mesh.physicalCells.items()}
json.dump({"seconds": time.process_time() - begun, "GB": peak, "fractions": share,
    "areas": {n: float(area[numpy.asarray(f)].sum()) for n, f in mesh.physicalFaces.items()}}, sys.stdout)
"""


def _in_fipy(path, told):
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    yield Check("64^3 in FiPy: processor seconds to read", found["seconds"], 300, kind="at most")
    yield Check("64^3 in FiPy: peak memory, GB", found["GB"], 6, kind="at most")
    for name, phase in told["phases"].items():
        yield Check(
            f"64^3 in FiPy: volume fraction of {name}",
            found["fractions"][name],
            phase["volume_fraction"],
            1e-6,
        )
    for name, surface in told["surfaces"].items():
        yield Check(f"64^3 in FiPy: area of {name}, m2", found["areas"][name], surface["area_m2"], 1e-6)


def _conduction_in_fipy(folder):
    import fipy
    from fipy.solvers.scipy import LinearCGSolver

    labels = read_voxels("nrel_nmc", voxel_size=(EDGE,) * 3).values
    grid = grid_from_labels(labels, {"pore": 0, "am": 1, "cbd": 2}, EDGE)
    mesh = tetrahedral_mesh(grid.crop({"x": (20, 44), "y": (100, 124), "z": (100, 124)}))
    theirs = fipy.Gmsh3D(str(save_meshio(folder / "small.msh", tetmesh_to_meshio(mesh))))
    value = sum(SIGMA[name] * np.asarray(cells) for name, cells in theirs.physicalCells.items())
    sigma, u = fipy.CellVariable(mesh=theirs, value=value), fipy.CellVariable(mesh=theirs, value=0.0)
    u.constrain(0.0, theirs.physicalFaces["separator"])
    u.constrain(1.0, theirs.physicalFaces["collector"])
    fipy.DiffusionTerm(coeff=sigma.harmonicFaceValue).solve(
        u, solver=LinearCGSolver(tolerance=1e-8, iterations=5000)
    )
    found = []
    for name, level in (("separator", 0.0), ("collector", 1.0)):
        face = np.flatnonzero(np.asarray(theirs.physicalFaces[name]))
        cell = np.asarray(theirs.faceCellIDs[0])[face]
        slope = np.abs(u.value[cell] - level) / np.asarray(theirs._cellDistances)[face]
        found.append(float(np.sum(value[cell] * slope * np.asarray(theirs._faceAreas)[face]) / mesh.box[0]))
    yield Check("24^3 in FiPy: what flows in and out", found[1], found[0], 1e-4)
    yield Check(
        "24^3 in FiPy: conductivity along x (reference: finite elements)",
        found[0],
        conduction(mesh, SIGMA),
        0.05,
    )
