"""COMSOL's text format of meshes, .mphtxt: each phase and surface a named selection; lengths in m.

COMSOL numbers domains from 1 and boundaries from 0, and counts corners row by row where others go round.
"""

import numpy as np

from .groups import file_names

TYPES = {
    "hexahedron": ("hex", (0, 1, 3, 2, 4, 5, 7, 6)),
    "tetra": ("tet", (0, 1, 2, 3)),
    "triangle": ("tri", (0, 1, 2)),
}
FIRST = {3: 1, 2: 0}  # number of the first domain, of the first boundary
TAG = "mesh1"


def write_mphtxt(path, mesh):
    """Write a meshio mesh, points in m, with its cell sets as domains and boundaries under their names."""
    numbers, selections = _entities(mesh)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        tags = [TAG, *(f"{TAG}_sel{k}" for k in range(1, len(selections) + 1))]
        file.write("# Created by microsim; lengths in m\n0 1\n")
        file.write(f"{len(tags)} # number of tags\n" + "".join(f"{_text(tag)}\n" for tag in tags))
        file.write(f"{len(tags)} # number of types\n" + f"{_text('obj')}\n" * len(tags))
        file.write(f"\n0 0 1\n{_text('Mesh')} # class\n4 # version\n3 # sdim\n")
        file.write(f"{len(mesh.points)} # number of mesh vertices\n0 # lowest mesh vertex index\n\n")
        file.write("# Mesh vertex coordinates\n")
        np.savetxt(file, mesh.points, fmt="%.15g")
        file.write(f"\n{len(mesh.cells)} # number of element types\n")
        for block, entity in zip(mesh.cells, numbers, strict=True):
            _write_block(file, block, entity)
        for name, dimension, number in selections:
            file.write(f"\n0 0 1\n{_text('Selection')} # class\n0 # Version\n{_text(name)} # Label\n")
            file.write(f"{_text(TAG)} # Geometry/mesh tag\n{dimension} # Dimension\n1 # Number of entities\n")
            file.write(f"# Entities\n{number}\n")


def _entities(mesh):
    """Number of the domain or boundary of each element, block by block, and [(name, dimension, number)]."""
    numbers = [np.full(len(block), FIRST[block.dim], np.int64) for block in mesh.cells]
    count, selections = dict(FIRST), []
    for name, members in zip(file_names(mesh.cell_sets, "gmsh"), mesh.cell_sets.values(), strict=True):
        for block, entity, chosen in zip(mesh.cells, numbers, members, strict=True):
            if len(chosen):
                entity[chosen] = count[block.dim]
                selections.append((name, block.dim, count[block.dim]))
                count[block.dim] += 1
    return numbers, selections


def _write_block(file, block, entity):
    kind, order = TYPES[block.type]
    file.write(f"\n{_text(kind)} # type name\n{len(order)} # number of vertices per element\n")
    file.write(f"{len(block)} # number of elements\n# Elements\n")
    np.savetxt(file, np.asarray(block.data)[:, order], fmt="%d")
    file.write(f"\n{len(block)} # number of geometric entity indices\n# Geometric entity indices\n")
    np.savetxt(file, entity, fmt="%d")


def _text(words):
    """A text as COMSOL writes it: its length in bytes, then itself."""
    return f"{len(words.encode())} {words}"
