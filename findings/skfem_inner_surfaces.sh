#!/usr/bin/env bash
# scikit-fem reads a surface that is tagged inside a body, such as that between particle and electrolyte, as one of its boundaries:
# so one guesses. From a msh 2.2 file it takes the tags of outer faces alone; inner ones are left out without a word, while
# meshio's cell sets of the same mesh keep them. Whoever couples two phases there has no faces. Name them by cell sets.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q scikit-fem==11.0.0 meshio==5.3.5 numpy==2.4.6
cd "$place"
venv/bin/python - <<'PYTHON'
from itertools import permutations

import meshio
import numpy as np
import skfem
from skfem.io.meshio import from_meshio

print("scikit-fem", skfem.__version__, "meshio", meshio.__version__)
number = np.arange(12).reshape(3, 2, 2)  # of the corners of two unit cubes side by side
corners = np.argwhere(number >= 0).astype(float)


def tetrahedra(cube):
    """Six in a cube: one for each order in which a path along its edges takes the axes."""
    for order in permutations(np.eye(3, dtype=int)):
        yield [number[cube, 0, 0], *(number[tuple(np.sum(order[: k + 1], axis=0) + [cube, 0, 0])] for k in range(3))]


cells = np.array([*tetrahedra(0), *tetrahedra(1)])
faces = [[number[x, 0, 0], number[x, 1, 1], number[x, *middle]] for x in range(3) for middle in ((1, 0), (0, 1))]
names = {"left": 11, "inner": 12, "right": 13}
tags = [np.repeat(list(names.values()), 2), np.repeat([1, 2], 6)]
blocks = [("triangle", np.array(faces)), ("tetra", cells)]

tagged = {"gmsh:physical": tags, "gmsh:geometrical": tags}
solids = {"one": np.array([1, 3]), "two": np.array([2, 3])}
named = {name: np.array([tag, 2]) for name, tag in names.items()}
meshio.write("body.msh", meshio.Mesh(corners, blocks, cell_data=tagged, field_data=named | solids), "gmsh22", binary=False)
sets = {name: [np.flatnonzero(tags[0] == tag), np.empty(0, int)] for name, tag in names.items()}

by_file = {name: len(found) for name, found in skfem.Mesh.load("body.msh").boundaries.items()}
by_sets = {name: len(found) for name, found in from_meshio(meshio.Mesh(corners, blocks, cell_sets=sets)).boundaries.items()}
in_file = int((meshio.read("body.msh").cell_data["gmsh:physical"][0] == 12).sum())
print("faces of each name, from msh 2.2:", by_file, "; from cell sets:", by_sets, "; tagged inner in the file:", in_file)

assert by_sets == {"left": 2, "inner": 2, "right": 2} and in_file == 2
assert by_file == {"left": 2, "right": 2}, "inner surfaces come along now"
PYTHON
