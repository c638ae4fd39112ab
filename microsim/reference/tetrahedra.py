"""Conduction through phases of a tetrahedral mesh by linear finite elements: a check of the voxel answer on smooth interfaces.

    div(sigma grad phi) = 0,   phi = 1 and 0 on two end faces of the box, no flux elsewhere
    sigma_eff = (phi^T K phi) L / A,   K_ij = int sigma grad u_i . grad u_j

Unknowns at the corners (conforming elements: their energy bounds the conductance from above, and phases that share no more
than an edge conduct into each other), or in the middle of the sides (Crouzeix and Raviart's: flux passes through sides only,
as between voxels).
Sources: Zienkiewicz and Taylor, The Finite Element Method, 5th ed. (2000), vol. 1, ch. 7; Crouzeix and Raviart,
RAIRO 7 (1973) R3, 33-75.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from ..errors import InputError, NotConverged
from ..mesh.grid import axis_number
from .body_fitted import _gradients as gradients

SIDES = np.array([(1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)])


def conduction(mesh, conducting, axis=0, *, unknowns="sides", tolerance=1e-6, most=20000):
    """Compute the effective conductivity of a TetMesh along an axis, as that of a box filled with conductivity 1.

    conducting: {phase: conductivity > 0}; unknowns: "sides" or "corners"; tolerance: of the residual, relative.
    Returns 0 where no path joins the end faces. Raises InputError, NotConverged (with the residual).
    """
    if unknowns not in ("sides", "corners"):
        raise InputError(f"expected unknowns on sides or corners, got {unknowns!r}; choose one")
    if not set(conducting) <= set(mesh.names) or not all(value > 0 for value in conducting.values()):
        raise InputError(f"expected conductivities above 0 of the phases {', '.join(mesh.names)}, got {conducting}; "
                         "correct them")
    axis, extent = axis_number(axis), mesh.points.max(axis=0) - mesh.points.min(axis=0)
    points = (mesh.points - mesh.points.min(axis=0)) / extent[axis]
    sigma = np.array([conducting.get(name, 0.0) for name in mesh.names])[mesh.phase]
    cells, sigma = mesh.cells[sigma > 0], sigma[sigma > 0]
    K, at, ends = _corners(points, cells, sigma, axis) if unknowns == "corners" else _sides(points, cells, sigma, axis)
    phi = _solved(K, at, *ends, tolerance, most)
    return float(phi @ (K @ phi) * extent[axis] ** 2 / np.prod(np.delete(extent, axis)))


def _corners(points, cells, sigma, axis):
    """Matrix, position along the axis, and which unknowns lie on the two end faces."""
    x = points[:, axis]
    return _matrix(*gradients(points, cells), sigma, cells, len(points)), x, (x < 1e-9, x > 1 - 1e-9)


def _sides(points, cells, sigma, axis):
    nodes = np.sort(cells[:, SIDES].reshape(-1, 3), axis=1).astype(np.int64)
    _, first, number = np.unique(nodes @ np.array([len(points) ** 2, len(points), 1]), return_index=True, return_inverse=True)
    slope, volume = gradients(points, cells)
    x = points[nodes[first], axis]
    K = _matrix(-3 * slope, volume, sigma, number.reshape(-1, 4), len(first))
    return K, x.mean(axis=1), ((x < 1e-9).all(axis=1), (x > 1 - 1e-9).all(axis=1))


def _matrix(slope, volume, sigma, unknowns, n):
    local = np.einsum("eik,ejk->eij", slope, slope) * (sigma * volume)[:, None, None]
    rows, columns = (np.broadcast_to(unknowns[index], local.shape) for index in (np.s_[:, :, None], np.s_[:, None, :]))
    return sparse.csr_array((local.ravel(), (rows.ravel(), columns.ravel())), shape=(n, n))


def _solved(K, at, first, last, tolerance, most):
    """The potential: 1 on the last face, 0 on the first and wherever no path joins the two."""
    _, part = sparse.csgraph.connected_components(K, directed=False)
    used = K.diagonal() > 0
    joined = used & np.isin(part, np.intersect1d(part[first & used], part[last & used]))
    free = np.flatnonzero(joined & ~first & ~last)
    phi = np.where(joined & last, 1.0, 0.0)
    if not free.size:
        return phi
    inner, b = K[free][:, free], -(K[free] @ phi)
    diagonal = inner.diagonal()
    jacobi = LinearOperator(inner.shape, lambda r: r / diagonal)
    phi[free], info = cg(inner, b, x0=at[free], rtol=tolerance, maxiter=most, M=jacobi)
    if info:
        left = float(np.linalg.norm(b - inner @ phi[free]) / np.linalg.norm(b))
        raise NotConverged(f"conduction on tetrahedra stopped after {most} iterations; loosen the tolerance", [left])
    return phi
