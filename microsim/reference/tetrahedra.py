"""Conduction through phases of a tetrahedral mesh by linear finite elements: a check of the voxel answer on
smooth interfaces.

    div(sigma grad phi) = 0,   phi = 1 and 0 on two end faces of the box, no flux elsewhere
    sigma_eff = (phi^T K phi) L / A,   K_ij = int sigma grad u_i . grad u_j

Unknowns at the corners (conforming elements: their energy bounds the conductance of the meshed bodies from
above, and phases that share no more than an edge conduct into each other), or in the middle of the sides
(Crouzeix and Raviart's: flux passes through sides only, as between voxels; without sources their flux is
Raviart and Thomas's, which is conserved, so that they bound the conductance from below).
Sources: Zienkiewicz and Taylor, The Finite Element Method, 5th ed. (2000), vol. 1, ch. 7; Crouzeix and
Raviart, RAIRO 7 (1973) R3, 33-75; Marini, SIAM J. Numer. Anal. 22 (1985) 493-496; coarse space of pieces:
Nicolaides, SIAM J. Numer. Anal. 24 (1987) 355-365.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg, splu

from ..base.axes import axis_number
from ..base.errors import InputError, NotConverged
from ..mesh.grid import VoxelGrid
from ..numerics.backend import kernels
from .body_fitted import _gradients as gradients

SIDES = np.array([(1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)])
CUBES = 5000  # of the coarse space


def conduction(mesh, conducting, axis=0, *, unknowns="sides", tolerance=1e-6, most=2000):
    """Compute the effective conductivity of a TetMesh along an axis, as that of a box filled with
    conductivity 1.

    conducting: {phase: conductivity > 0}; unknowns: "sides" or "corners"; tolerance: of the residual,
    relative. Returns 0 where no path joins the end faces. Raises InputError, NotConverged (with the
    residual).
    """
    if unknowns not in ("sides", "corners"):
        raise InputError(f"expected unknowns on sides or corners, got {unknowns!r}; choose one")
    if not set(conducting) <= set(mesh.names) or not all(value > 0 for value in conducting.values()):
        raise InputError(
            f"expected conductivities above 0 of the phases {', '.join(mesh.names)}, got {conducting}; "
            "correct them"
        )
    axis, extent = axis_number(axis), np.array(mesh.box)
    points = mesh.points / extent[axis]
    sigma = np.array([conducting.get(name, 0.0) for name in mesh.names])[mesh.phase]
    cells, sigma = mesh.cells[sigma > 0], sigma[sigma > 0]
    K, at, ends = (
        _corners(points, cells, sigma, axis) if unknowns == "corners" else _sides(points, cells, sigma, axis)
    )
    phi = _solved(K, at, axis, *ends, tolerance, most)
    return float(phi @ (K @ phi) * extent[axis] ** 2 / np.prod(np.delete(extent, axis)))


def conduction_bounds(mesh, conducting, axis=0, **options):
    """Bound the effective conductivity of the meshed bodies: (below, above), unknowns on sides and at
    corners.

    Their mean is much nearer than either: on Gaussian fields 2 and 3 voxels long within 1 % of the mean once
    each element has been cut into eight. Arguments as conduction's.
    """
    return tuple(
        conduction(mesh, conducting, axis, unknowns=unknowns, **options) for unknowns in ("sides", "corners")
    )


def bodies_in_voxels(mesh, shape):
    """Cut the bodies of a TetMesh into voxels [x, y, z] of the given shape: each is what its centre lies in.

    Returns a VoxelGrid. Raises InputError where the mesh does not fill its box.
    """
    h = np.array(mesh.box) / shape
    phase = np.full(shape, 255, np.uint8)
    kernels.elements.label_centres(mesh.points / h - 0.5, mesh.cells, mesh.phase, phase)
    if (phase == 255).any():
        raise InputError(
            "expected a mesh of all phases, got one that leaves parts of its box empty; keep all phases"
        )
    return VoxelGrid(phase, mesh.names, tuple(h), mesh.labels, relative=True)


def _corners(points, cells, sigma, axis):
    """Matrix, positions, and which unknowns lie on the two end faces."""
    x = points[:, axis]
    return _matrix(*gradients(points, cells), sigma, cells, len(points)), points, (x < 1e-9, x > 1 - 1e-9)


def _sides(points, cells, sigma, axis):
    nodes = np.sort(cells[:, SIDES].reshape(-1, 3), axis=1).astype(np.int64)
    lines = np.unique(nodes[:, 0] * len(points) + nodes[:, 1], return_inverse=True)[
        1
    ]  # three numbers need not fit one
    _, first, number = np.unique(lines * len(points) + nodes[:, 2], return_index=True, return_inverse=True)
    slope, volume = gradients(points, cells)
    corners = points[nodes[first]]
    x = corners[:, :, axis]
    K = _matrix(-3 * slope, volume, sigma, number.reshape(-1, 4), len(first))
    return K, corners.mean(axis=1), ((x < 1e-9).all(axis=1), (x > 1 - 1e-9).all(axis=1))


def _matrix(slope, volume, sigma, unknowns, n):
    local = np.einsum("eik,ejk->eij", slope, slope) * (sigma * volume)[:, None, None]
    rows, columns = (
        np.broadcast_to(unknowns[index], local.shape) for index in (np.s_[:, :, None], np.s_[:, None, :])
    )
    return sparse.csr_array((local.ravel(), (rows.ravel(), columns.ravel())), shape=(n, n))


def _solved(K, at, axis, first, last, tolerance, most):
    """The potential: 1 on the last face, 0 on the first and wherever no path joins the two."""
    _, part = sparse.csgraph.connected_components(K, directed=False)
    used = K.diagonal() > 0
    joined = used & np.isin(part, np.intersect1d(part[first & used], part[last & used]))
    free = np.flatnonzero(joined & ~first & ~last)
    phi = np.where(joined & last, 1.0, 0.0)
    if not free.size:
        return phi
    inner, b = K[free][:, free], -(K[free] @ phi)
    phi[free], info = cg(
        inner, b, x0=at[free, axis], rtol=tolerance, maxiter=most, M=_two_levels(inner, at[free])
    )
    if info:
        left = float(np.linalg.norm(b - inner @ phi[free]) / np.linalg.norm(b))
        raise NotConverged(
            f"conduction on tetrahedra stopped after {most} iterations; loosen the tolerance", [left]
        )
    return phi


def _two_levels(A, at):
    """Preconditioner: the diagonal, and exactly what is constant on each piece; a piece is what joins within
    a cube."""
    extent = np.ptp(at, axis=0)
    edge = np.prod(np.maximum(extent, 0.01 * extent.max() + 1e-12)) ** (1 / 3) / CUBES ** (1 / 3)
    cube = ((at - at.min(axis=0)) / edge).astype(np.int64) @ np.array([1 << 40, 1 << 20, 1])
    links = A.tocoo()
    near = cube[links.row] == cube[links.col]
    within = sparse.csr_array(
        (np.ones(near.sum(), np.int8), (links.row[near], links.col[near])), shape=A.shape
    )
    count, piece = sparse.csgraph.connected_components(within, directed=False)
    coarse = sparse.coo_array(
        (links.data, (piece[links.row], piece[links.col])), shape=(count, count)
    ).tocsc()
    solve, diagonal = splu(coarse, permc_spec="MMD_AT_PLUS_A").solve, A.diagonal()
    return LinearOperator(A.shape, lambda r: r / diagonal + solve(np.bincount(piece, r, count))[piece])
