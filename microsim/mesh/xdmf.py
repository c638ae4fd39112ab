"""XDMF as DOLFINx opens it: one kind of element in a file, the arrays of STEM.xdmf in STEM.h5.

Surfaces are a file of their own, STEM_surfaces.xdmf, on the same points in the same order. The names of the
values stand in each file's Information, which meshio reads as field data; DOLFINx has the values alone.
"""

import xml.etree.ElementTree as ET

import numpy as np

from ..base.files import require_space

OVERHEAD = 2**16  # bytes of an HDF5 file beside its arrays
MARK = "written_by"  # attribute of the HDF5 file
KINDS = {
    3: ("phase", ""),
    2: ("surface", "_surfaces"),
}  # dimension -> values that come first, end of the stem


def companions(path):
    """Name the files that may stand beside an XDMF file and hold its arrays and surfaces."""
    beside = [path.with_name(f"{path.stem}_surfaces{suffix}") for suffix in (".h5", ".xdmf")]
    return [path.with_suffix(".h5"), *beside]


def ours(path):
    """Whether a companion was written here, and may be written anew."""
    import h5py

    try:
        with h5py.File(path.with_suffix(".h5"), "r") as file:
            return file.attrs.get(MARK) == "microsim mesh"
    except OSError:
        return False


def write_xdmf(path, mesh):
    """Write a meshio mesh, its surfaces into a second file, each with its HDF5 file beside it."""
    import h5py
    import meshio

    arrays = [
        mesh.points,
        *(block.data for block in mesh.cells),
        *(a for d in mesh.cell_data.values() for a in d),
    ]
    require_space(path.parent, OVERHEAD + sum(np.asarray(array).nbytes for array in arrays))
    for block, *values in zip(mesh.cells, *mesh.cell_data.values()):
        first, ending = KINDS[block.dim]
        data = {first: None} | dict(zip(mesh.cell_data, values))
        data.pop(*(other for other, _ in KINDS.values() if other != first), None)
        part = path.with_name(f"{path.stem}{ending}.xdmf")
        one = meshio.Mesh(mesh.points, [block], cell_data={name: [array] for name, array in data.items()})
        one.write(part, file_format="xdmf")
        _add_names(part, _names(mesh, block, data[first]), block.dim)
        with h5py.File(part.with_suffix(".h5"), "a") as file:
            file.attrs[MARK] = "microsim mesh"


def _names(mesh, block, values):
    """{name: value} of the sets that lie in a block; a set has one value."""
    place = next(number for number, other in enumerate(mesh.cells) if other is block)
    sets = {name: members[place] for name, members in mesh.cell_sets.items()}
    return {name: int(np.asarray(values)[members[0]]) for name, members in sets.items() if len(members)}


def _add_names(path, names, dimension):
    tree, listed = ET.parse(path), ET.Element("main")
    for name, value in names.items():
        ET.SubElement(listed, "map", key=name, dim=str(dimension)).text = str(value)
    about = ET.SubElement(tree.find("Domain/Grid"), "Information", Name="names", Value=str(len(names)))
    about.text = ET.tostring(listed, encoding="unicode")
    tree.write(path)
