"""Files of meshes, each written whole or not at all: VTK, Gmsh, CalculiX, COMSOL and XDMF."""

import errno
import os
import tempfile
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.files import refuse_stream
from ..base.guard import check_target
from .calculix import write_inp
from .comsol import write_mphtxt
from .gmsh41 import write_msh41
from .groups import element_groups
from .xdmf import companions, ours, write_xdmf

FORMATS = (".vtu", ".vtk", ".msh", ".inp", ".xdmf", ".mphtxt")
# FiPy reads 2.2 alone; scikit-fem finds the surfaces inside of a mesh in 4.1 alone
MSH_VERSIONS = ("2.2", "4.1")


def save_meshio(path, mesh, msh="2.2"):
    """Write a meshio mesh, its cell sets by name, under a temporary name; move it into place when it is
    complete.

    path  .vtu, .vtk; .msh (physical groups); .inp (element sets, lengths in um, see calculix); .mphtxt
          (selections, see comsol); .xdmf (arrays and surfaces in files beside it, see xdmf)
    msh   version of .msh: 2.2 is text, unless there is cell data beside phases and surfaces, which meshio
          reads back from binary files only; 4.1 is binary
    """
    path = Path(path)
    check_writable(path)
    for target in (path, *_beside(path)):
        check_target(target)
        refuse_stream(target)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
            _write(Path(folder) / path.name, mesh, msh)
            parts = sorted(Path(folder).iterdir(), key=lambda part: part.name == path.name)
            for part in parts:  # the file itself last
                os.replace(part, path.parent / part.name)
    except OSError as error:
        raise _not_written(path, error) from error
    return path


def check_writable(path):
    """Raise InputError where a mesh file of this name cannot be written: before the work that it would
    take."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"expected a mesh file ending on {', '.join(FORMATS)}, got {path.name}; choose one of these."
        )
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _not_written(path, error) from error
    for beside in _beside(path):
        if beside.exists() and not ours(beside):
            raise InputError(
                f"expected to write {beside.name} beside {path.name}, where readers of XDMF look for its "
                "arrays, got a file of that name from elsewhere; choose another name."
            )


def _beside(path):
    return companions(path) if path.suffix.lower() == ".xdmf" else ()


def _not_written(path, error):
    return InputError(
        f"expected to write {path}, got: {error.strerror or error}; free some space or choose another folder."
    )


def _write(path, mesh, msh):
    suffix = path.suffix.lower()
    fields = sorted(set(mesh.cell_data) - {"phase", "surface"}) if len(mesh.cells) == 1 else []
    if suffix == ".inp":
        write_inp(path, mesh)
    elif suffix == ".mphtxt":
        write_mphtxt(path, mesh)
    elif suffix == ".xdmf":
        write_xdmf(path, mesh)
    elif suffix == ".msh" and msh == "4.1":
        write_msh41(path, mesh, fields)
    elif suffix == ".msh":
        _grouped(mesh, bool(fields)).write(path, file_format="gmsh22", binary=bool(fields))
    else:  # VTK itself does not know meshio's names of types in 5.1
        kind = {".vtu": "vtu", ".vtk": "vtk42"}[suffix]
        _plain(mesh).write(path, file_format=kind)


def _plain(mesh):
    import meshio

    return meshio.Mesh(mesh.points, mesh.cells, cell_data=mesh.cell_data)


def _grouped(mesh, fields):
    """Name each element's physical group as meshio's writer of Gmsh 2.2 takes it."""
    import meshio

    groups, names = element_groups(mesh)
    data = dict(mesh.cell_data) if fields else {}
    data |= {"gmsh:physical": groups, "gmsh:geometrical": groups}
    numbers = {name: np.array(pair) for name, pair in names.items()}
    return meshio.Mesh(mesh.points, mesh.cells, cell_data=data, field_data=numbers)
