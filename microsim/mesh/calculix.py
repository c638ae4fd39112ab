"""Input files of CalculiX and Abaqus: nodes, elements, and each phase and surface as an element set."""

import numpy as np

from .groups import file_names

# CalculiX knows no R3D3, and of C3D8RH nothing
ELEMENTS = {"hexahedron": "C3D8", "tetra": "C3D4", "triangle": "S3"}
UNIT = 1e-6  # m; CalculiX calls an element inverted below a Jacobian of 1e-20, in metres a voxel of 0.43 um
PER_LINE = 8


def write_inp(path, mesh):
    """Write a meshio mesh, points in m, with its cell sets; lengths in the file are in um.

    Numbers have at most 20 characters: CalculiX reads no more. A set's name keeps letters, digits, - and _.
    """
    with open(path, "w", encoding="ascii") as file:
        file.write(
            "*HEADING\nPhases and surfaces are element sets, by name; lengths in um (micrometres)\n*NODE\n"
        )
        numbers = np.arange(1, len(mesh.points) + 1)
        rows = np.column_stack([numbers, mesh.points / UNIT])
        np.savetxt(file, rows, fmt=["%d", "%.11e", "%.11e", "%.11e"], delimiter=", ")
        starts = np.cumsum([0, *(len(block) for block in mesh.cells)])
        for block, start in zip(mesh.cells, starts):
            numbers = np.arange(start + 1, start + len(block) + 1)
            file.write(f"*ELEMENT, TYPE={ELEMENTS[block.type]}\n")
            np.savetxt(file, np.column_stack([numbers, block.data + 1]), fmt="%d", delimiter=",")
        for name, members in zip(file_names(mesh.cell_sets, "abaqus"), mesh.cell_sets.values()):
            file.write(f"*ELSET, ELSET={name}\n")
            _write_list(file, np.concatenate([start + 1 + m for start, m in zip(starts, members)]))


def _write_list(file, numbers):
    numbers = [str(int(number)) for number in numbers]
    lines = [",".join(numbers[i : i + PER_LINE]) for i in range(0, len(numbers), PER_LINE)]
    file.write(",\n".join(lines) + "\n")
