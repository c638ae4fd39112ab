"""Two touching particles in a box of electrolyte as tetrahedra that meet at their surfaces (pygmsh,
OpenCASCADE).

    python meshes/two_particles.py two_particles.msh

Two spheres of 4 and 3 um that overlap by 0.4 um in a box of 18 x 10 x 10 um; physical groups "particles" and
"electrolyte". The volumes follow from the spheres' caps, so the mesh is also a check of whatever reads it.
"""

import sys

import meshio
import numpy as np

from microsim.base.errors import InputError
from microsim.mesh.export import load_gmsh
from microsim.mesh.files import save_meshio

BOX = (18.0, 10.0, 10.0)  # um, like all lengths until the end: gmsh's geometry stops at 1e-8
RADII, OVERLAP, SIZE = (4.0, 3.0), 0.4, 1.0


def particles_volume():
    """Return the volume of both spheres less the lens that they share (m3)."""
    (R, r), d = RADII, sum(RADII) - OVERLAP
    lens = np.pi * (R + r - d) ** 2 * (d**2 + 2 * d * (R + r) - 3 * (R - r) ** 2) / (12 * d)
    return (4 / 3 * np.pi * (R**3 + r**3) - lens) * 1e-18


def build():
    """Return the meshio mesh, points in m, cell sets "particles" and "electrolyte"."""
    gmsh, pygmsh = load_gmsh()
    with pygmsh.occ.Geometry() as geometry:
        gmsh.option.setNumber("General.Terminal", 0)
        geometry.characteristic_length_min = geometry.characteristic_length_max = SIZE
        first = 1.0 + RADII[0]
        centres = [first, first + sum(RADII) - OVERLAP]
        balls = [geometry.add_ball([x, BOX[1] / 2, BOX[2] / 2], R) for x, R in zip(centres, RADII)]
        particles = geometry.boolean_union(balls)
        rest = geometry.boolean_difference(geometry.add_box([0, 0, 0], BOX), particles, delete_other=False)
        geometry.boolean_fragments(rest, particles)
        made = geometry.generate_mesh(dim=3)
    cells = np.concatenate([block.data for block in made.cells if block.type == "tetra"])
    used, cells = np.unique(cells, return_inverse=True)
    points, cells = made.points[used], cells.reshape(-1, 4)
    middle = points[cells].mean(axis=1)
    away = [np.linalg.norm(middle - [x, BOX[1] / 2, BOX[2] / 2], axis=1) / R for x, R in zip(centres, RADII)]
    inside = np.minimum(*away) < 1
    sets = {"electrolyte": [np.flatnonzero(~inside)], "particles": [np.flatnonzero(inside)]}
    return meshio.Mesh(
        points * 1e-6, [("tetra", cells)], cell_data={"phase": [inside.astype(np.int32)]}, cell_sets=sets
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(save_meshio(sys.argv[1], build()))
    except InputError as error:
        sys.exit(str(error))
