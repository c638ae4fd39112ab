"""Meshes for other programs: voxels for meshio and FiPy, and tetrahedra made with pygmsh."""

import numpy as np

from ..base.errors import InputError, Missing
from ..base.packages import need
from .files import check_writable, save_meshio
from .grid import voxel_edges

# corners of a voxel, counted round the bottom and then round the top (VTK, Gmsh and Abaqus agree)
CORNERS = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)])

# Kuhn's six tetrahedra round the diagonal 0-6: neighbouring voxels cut their common face along the same line
TETRAHEDRA = np.array([(0, 1, 2, 6), (0, 2, 3, 6), (0, 3, 7, 6), (0, 7, 4, 6), (0, 4, 5, 6), (0, 5, 1, 6)])


def to_meshio(grid, cell_data=None, *, elements="hexahedra", phases=None):
    """Turn a voxel grid into a meshio mesh with one hexahedron, or six tetrahedra, for each voxel.

    grid       VoxelGrid
    cell_data  {name: array [x, y, z]} (NaN allowed); `phase` is always there (the label of the volume file)
    elements   "hexahedra" or "tetrahedra" (Kuhn's division; neighbours share whole faces)
    phases     names to keep; default all

    Points are in m, the first corner of the box at the origin. Cells follow the voxels in C order. Each phase
    is also a named cell set.
    """
    import meshio

    keep = np.ones(grid.shape, dtype=bool) if phases is None else grid.mask(*phases)
    if elements not in ("hexahedra", "tetrahedra"):
        raise InputError(f"expected elements hexahedra or tetrahedra, got {elements!r}; choose one.")
    if not keep.any():
        raise InputError(
            f"expected phases that fill at least one voxel, got {list(phases)}; name another one."
        )
    points, cells = _hexahedra(grid, keep)
    copies = 1
    if elements == "tetrahedra":
        cells, copies = cells[:, TETRAHEDRA].reshape(-1, 4), len(TETRAHEDRA)
    values = {"phase": np.array(grid.labels, dtype=np.int32)[grid.phase], **(cell_data or {})}
    for name, array in values.items():
        if np.shape(array) != grid.shape:
            raise InputError(
                f"expected {name} with the grid's shape {grid.shape}, got {np.shape(array)}; resample it."
            )
    data = {name: [np.repeat(np.asarray(array)[keep], copies)] for name, array in values.items()}
    codes = np.repeat(grid.phase[keep], copies)
    sets = {
        name: [np.flatnonzero(codes == code)] for code, name in enumerate(grid.names) if np.any(codes == code)
    }
    kind = "hexahedron" if elements == "hexahedra" else "tetra"
    return meshio.Mesh(points, [(kind, cells)], cell_data=data, cell_sets=sets)


def write_mesh(path, grid, cell_data=None, *, elements="hexahedra", phases=None, msh="2.2"):
    """Write a grid's mesh in the suffix's format (.vtu .vtk .msh .inp .xdmf .mphtxt), whole or not at all.

    Arguments as to_meshio's and save_meshio's. Returns the path.
    """
    check_writable(path)  # before the work
    return save_meshio(path, to_meshio(grid, cell_data, elements=elements, phases=phases), msh)


def to_fipy(grid):
    """Make the FiPy mesh with one cell for each voxel (fipy.Grid3D, in m, corner at the origin).

    FiPy's axes x, y, z are the grid's, but its cells count x fastest: bring arrays over with fipy_values and
    back with from_fipy. All phases are in the mesh; coefficients tell them apart.
    """
    fipy = need("fipy", "a FiPy mesh")

    (nx, ny, nz), (hx, hy, hz) = grid.shape, grid.voxel_size
    return fipy.Grid3D(dx=hx, dy=hy, dz=hz, nx=nx, ny=ny, nz=nz)


def fipy_values(array):
    """Order an array [x, y, z] as the cells of to_fipy's mesh: x fastest, then y, then z."""
    return np.ravel(array, order="F")


def from_fipy(values, shape):
    """Bring FiPy cell values back to an array [x, y, z] of the grid's shape."""
    return np.ascontiguousarray(np.reshape(values, shape, order="F"))


def tetrahedral_sphere(radius, box, size):
    """Mesh a sphere in the middle of a box with tetrahedra that meet at its surface (pygmsh, OpenCASCADE).

    radius, size  of the sphere and (about) of the elements' edges, m
    box           one edge or three (x, y, z), m

    Returns a meshio mesh of tetrahedra, points in m with the box's corner at the origin, cell data `phase`: 1
    in the sphere, 0 outside, and the cell sets "particle" and "matrix".
    """
    edges = voxel_edges(box)
    if not 0 < 2 * radius < min(edges):
        raise InputError(
            f"expected a sphere inside the box, got radius {radius:g} m in {min(edges):g} m; enlarge the box."
        )
    if not 0.01 * radius < size <= min(edges):
        raise InputError(
            f"expected elements from a hundredth of the radius up to the box, got size {size:g} m; "
            "correct it."
        )
    mesh = _gmsh_sphere(radius / max(edges), [edge / max(edges) for edge in edges], size / max(edges))
    return _tetrahedra_of(mesh, max(edges))


def _hexahedra(grid, keep):
    """Corner points (m) that the kept voxels use, and for each of these voxels its eight."""
    nodes = np.array(grid.shape) + 1
    corners = np.argwhere(keep)[:, None, :] + CORNERS
    cells = np.ravel_multi_index(tuple(np.moveaxis(corners, -1, 0)), nodes)
    used = np.zeros(nodes.prod(), dtype=bool)
    used[cells] = True
    number = np.cumsum(used) - 1
    points = np.stack(np.unravel_index(np.flatnonzero(used), nodes), axis=1) * np.array(grid.voxel_size)
    return points, number[cells]


def load_gmsh():
    """Import gmsh and pygmsh, which recipes of geometries need; raises Missing that says what to install."""
    what = "a tetrahedral mesh of a geometry"
    try:
        return need("gmsh", what), need("pygmsh", what)
    except OSError as error:  # gmsh is a shared library that links to those of a desktop
        raise Missing(
            f"expected the library gmsh for {what}, got: {error}; install the system packages "
            "libglu1-mesa libxrender1 libxcursor1 libxft2 libxinerama1 (Debian), or use voxel elements"
        ) from error


def _gmsh_sphere(radius, edges, size):
    """The mesh of pygmsh, in units of the longest edge: gmsh's geometry stops at 1e-8."""
    gmsh, pygmsh = load_gmsh()
    with pygmsh.occ.Geometry() as geometry:
        gmsh.option.setNumber("General.Terminal", 0)  # it would write to standard output
        geometry.characteristic_length_min = geometry.characteristic_length_max = size
        matrix = geometry.add_box([0, 0, 0], edges)
        particle = geometry.add_ball([edge / 2 for edge in edges], radius)
        shell = geometry.boolean_difference(matrix, particle, delete_other=False)
        parts = geometry.boolean_fragments(shell, particle)
        geometry.add_physical(parts[0], "matrix")
        geometry.add_physical(parts[1:], "particle")
        return geometry.generate_mesh(dim=3)


def _tetrahedra_of(mesh, scale):
    """Keep the tetrahedra and the points they use."""
    import meshio

    blocks = [block for block, cells in enumerate(mesh.cells) if cells.type == "tetra"]
    cells = np.concatenate([mesh.cells[block].data for block in blocks])
    starts = np.cumsum([0] + [len(mesh.cells[block]) for block in blocks])
    inside = np.zeros(len(cells), dtype=np.int32)
    for start, block in zip(starts, blocks):
        inside[start + np.asarray(mesh.cell_sets["particle"][block], dtype=int)] = 1
    used, cells = np.unique(cells, return_inverse=True)
    sets = {"matrix": [np.flatnonzero(inside == 0)], "particle": [np.flatnonzero(inside)]}
    points = mesh.points[used] * scale
    return meshio.Mesh(
        points, [("tetra", cells.reshape(-1, 4))], cell_data={"phase": [inside]}, cell_sets=sets
    )
