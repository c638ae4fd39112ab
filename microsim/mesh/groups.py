"""Names of phases and surfaces as mesh files hold them: groups of elements with a name and a number."""

import re

import numpy as np

LONGEST = {"gmsh": 127, "abaqus": 80}  # characters of a name


def element_groups(mesh):
    """Number the named sets of a meshio mesh: ([group of each element] for each block, {name: (number,
    dimension)}).

    Groups count from 1 over all dimensions; 0: an element without a name.
    """
    groups, found = [np.zeros(len(block), dtype=np.int32) for block in mesh.cells], {}
    names = file_names(mesh.cell_sets, "gmsh")
    for number, (name, members) in enumerate(zip(names, mesh.cell_sets.values()), start=1):
        for block, group, chosen in zip(mesh.cells, groups, members):
            if len(chosen):
                group[chosen], found[name] = number, (number, block.dim)
    return groups, found


def file_names(names, kind):
    """Names that a format can hold ("gmsh": no double quotes, no breaks of a line; "abaqus": letters, digits,
    - and _ behind a letter, and no two that differ in capitals only), each once."""
    found, alike = {}, str.lower if kind == "abaqus" else str
    for name in names:
        plain = re.sub(r"[\s\\]+", " ", name.replace('"', "'"))
        if kind == "abaqus":
            plain = re.sub("[^A-Za-z0-9_-]+", "_", name)
            plain = plain if plain[:1].isalpha() else f"S{plain}"
        plain = plain[: LONGEST[kind] - 3]
        while alike(plain) in found:
            plain += "_"
        found[alike(plain)] = plain
    return list(found.values())
