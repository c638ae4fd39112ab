"""A tetrahedral mesh with named phases and surfaces, and the way to meshio."""

from dataclasses import dataclass

import numpy as np

from .grid import FACES
from .tetrahedra_quality import CHUNK, SIDES, volumes


@dataclass(frozen=True)
class TetMesh:
    """Tetrahedra of several phases and the surfaces between them.

    points    (n, 3), m;  cells (m, 4), right-handed;  phase (m,) uint8, index into names
    triangles (k, 3);  surface (k,) index into surfaces: "am-pore" (interfaces), "separator", "collector",
                       "y0", ...; their normals point from the first-named phase to the second, or out of the
                       mesh where that holds one of the two alone
    between   the two phases on either side of each surface, indices into names; () for the box's faces
    labels    what stood for each name in the volume's file
    box       edges of the whole image, m; one corner is the origin
    """

    points: np.ndarray
    cells: np.ndarray
    phase: np.ndarray
    names: tuple
    labels: tuple
    triangles: np.ndarray
    surface: np.ndarray
    surfaces: tuple
    between: tuple
    box: tuple

    def volumes(self):
        """Return the signed volume of each element, m3."""
        return np.concatenate([volumes(part) for part in self._corners()])

    def _corners(self):
        for first in range(0, len(self.cells), CHUNK):
            yield self.points[self.cells[first : first + CHUNK]]

    def areas(self):
        """Return the area of each triangle, m2."""
        a, b, c = np.moveaxis(self.points[self.triangles], 1, 0)
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def named_mesh(grid, points, cells, phase, keep, corners):
    """Keep elements and the points in use, find the triangles on interfaces and on the box, and name them."""
    sides, one, other, outside = _sides(cells, corners)
    owner, kept = np.repeat(phase, 4), np.repeat(keep, 4)
    between = (owner[one] != owner[other]) & (kept[one] | kept[other])
    one, other = one[between], other[between]
    pairs = np.minimum(owner[one], owner[other]).astype(int) * 256 + np.maximum(owner[one], owner[other])
    # by an element that is in the mesh, of both that of the first-named phase: normals point to the second
    first = kept[one] & ((owner[one] < owner[other]) | ~kept[other])
    seen = np.where(first, one, other)
    found = [
        (
            f"{grid.names[pair // 256]}-{grid.names[pair % 256]}",
            (int(pair // 256), int(pair % 256)),
            seen[pairs == pair],
        )
        for pair in np.unique(pairs)
    ]
    outside = outside[kept[outside]]
    for face, (axis, end) in FACES.items():
        wall = 0.0 if end == 0 else grid.shape[axis] * grid.voxel_size[axis]
        there = np.abs(points[sides[outside]][:, :, axis] - wall).max(axis=1) < 1e-6 * grid.voxel_size[axis]
        if there.any():
            found.append((face, (), outside[there]))
    names, beside, members = zip(*found)
    cells, phase, triangles = cells[keep], phase[keep], sides[np.concatenate(members)]
    used, cells = np.unique(cells, return_inverse=True)
    number = np.full(len(points), -1)
    number[used] = np.arange(len(used))
    surface = np.repeat(np.arange(len(names), dtype=np.int32), [len(part) for part in members])
    return TetMesh(
        points[used],
        cells.reshape(-1, 4),
        phase,
        grid.names,
        grid.labels,
        number[triangles],
        surface,
        _different(names, grid.names),
        beside,
        tuple(n * h for n, h in zip(grid.shape, grid.voxel_size)),
    )


def _sides(cells, corners):
    """All sides (4 elements, 3), which of them are two elements' (two arrays of their numbers) and which
    one's; left out are those inside a voxel, which have its inner point as a corner."""
    sides = cells[:, SIDES].reshape(-1, 3)
    candidates = np.flatnonzero((sides < corners).all(axis=1))
    keys = np.sort(sides[candidates], axis=1).astype(np.int64)
    keys = (
        (keys[:, 0] * corners + keys[:, 1]) * corners + keys[:, 2] if corners < 2_000_000 else _ranked(keys)
    )
    order = np.argsort(keys, kind="stable")
    keys, numbers = keys[order], candidates[order]
    paired = np.flatnonzero(keys[1:] == keys[:-1])
    single = np.ones(len(keys), dtype=bool)
    single[paired], single[paired + 1] = False, False
    return sides, numbers[paired], numbers[paired + 1], numbers[single]


def _different(names, taken):
    """Names of surfaces, with "_face" behind those that a phase or another surface has."""
    found = []
    for name in names:
        while name in taken or name in found:
            name += "_face"
        found.append(name)
    return tuple(found)


def _ranked(keys):
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel()


def tetmesh_to_meshio(mesh):
    """Turn a TetMesh into a meshio mesh: tetrahedra and triangles, with each phase and each surface as a
    named cell set.

    Cell data: `phase`, the label of the volume's file, -1 on triangles; `surface`, 1, 2, ... in the order of
    mesh.surfaces on triangles, 0 on tetrahedra.
    """
    import meshio

    none = np.array([], dtype=int)
    sets = {name: [np.flatnonzero(mesh.phase == code), none] for code, name in enumerate(mesh.names)}
    sets = {name: members for name, members in sets.items() if members[0].size}
    sets |= {
        name: [none, np.flatnonzero(mesh.surface == number)] for number, name in enumerate(mesh.surfaces)
    }
    data = {
        "phase": [np.array(mesh.labels, np.int32)[mesh.phase], np.full(len(mesh.triangles), -1, np.int32)],
        "surface": [np.zeros(len(mesh.cells), np.int32), mesh.surface + 1],
    }
    return meshio.Mesh(
        mesh.points, [("tetra", mesh.cells), ("triangle", mesh.triangles)], cell_data=data, cell_sets=sets
    )
