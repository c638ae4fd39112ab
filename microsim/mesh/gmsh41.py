"""Gmsh's mesh format 4.1, binary: one entity for each named phase and surface.

meshio writes entities from the points, of which a small surface may have none of its own, so that its name is
lost; here every group has its entity. Format: Gmsh reference manual, "MSH file format".
"""

import numpy as np

from .groups import element_groups

ELEMENTS = {"triangle": 2, "quad": 3, "tetra": 4, "hexahedron": 5}  # Gmsh's numbers of the types
INT, SIZE, REAL = np.int32, np.uint64, np.float64


def write_msh41(path, mesh, fields=()):
    """Write a meshio mesh with its cell sets as physical groups; fields: names of cell data to go with
    them.

    Elements of no set have a number and no name: meshio asks for a number on all or on none.
    """
    groups, names = element_groups(mesh)
    parts = [
        (block, number or len(mesh.cell_sets) + 1, np.flatnonzero(group == number))
        for block, group in zip(mesh.cells, groups)
        for number in np.unique(group)
    ]
    with open(path, "wb") as file:
        _section(file, "MeshFormat", b"4.1 1 8\n", INT(1), b"\n")
        lines = [f'{dimension} {number} "{name}"' for name, (number, dimension) in names.items()]
        _section(file, "PhysicalNames", "\n".join([f"{len(lines)}", *lines, ""]).encode())
        _section(file, "Entities", *_entities(mesh.points, parts), b"\n")
        _section(file, "Nodes", *_nodes(mesh.points, parts), b"\n")
        _section(file, "Elements", *_elements(parts), b"\n")
        for name in fields:
            _section(file, "ElementData", *_values(name, mesh, parts), b"\n")


def _section(file, name, *parts):
    file.write(f"${name}\n".encode())
    for part in parts:
        file.write(part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes())
    file.write(f"$End{name}\n".encode())


def _entities(points, parts):
    """Tag, bounding box and physical group (positive: meshio knows no reversed ones) of each group of
    elements."""
    yield SIZE([0, *(sum(block.dim == dimension for block, _, _ in parts) for dimension in (1, 2, 3))])
    for block, number, members in sorted(parts, key=lambda part: part[0].dim):
        corners = points[block.data[members]].reshape(-1, 3)
        yield from (INT(number), REAL([corners.min(axis=0), corners.max(axis=0)]))
        yield from (SIZE(1), INT(number), SIZE(0))


def _nodes(points, parts):
    block, number, _ = max(parts, key=lambda part: part[0].dim)
    count = len(points)
    yield from (SIZE([1, count, 1, count]), INT([block.dim, number, 0]), SIZE(count))
    yield from (np.arange(1, count + 1, dtype=SIZE), REAL(points))


def _elements(parts):
    count = sum(len(members) for _, _, members in parts)
    yield SIZE([len(parts), count, 1, count])
    first = 1
    for block, number, members in parts:
        yield from (INT([block.dim, number, ELEMENTS[block.type]]), SIZE(len(members)))
        numbers = np.arange(first, first + len(members))
        yield np.column_stack([numbers, block.data[members] + 1]).astype(SIZE)
        first += len(members)


def _values(name, mesh, parts):
    blocks = {id(block): values for block, values in zip(mesh.cells, mesh.cell_data[name])}
    values = np.concatenate([blocks[id(block)][members] for block, _, members in parts])
    table = np.zeros(len(values), dtype=[("element", INT), ("value", REAL)])
    table["element"], table["value"] = np.arange(1, len(values) + 1), values
    yield from (f'1\n"{name}"\n1\n0.0\n3\n0\n1\n{len(values)}\n'.encode(), table)
