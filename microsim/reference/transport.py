"""The tortuosity factor once more, with other people's solvers on the same voxels: TauFactor and FiPy.

    div(sigma grad u) = 0,  u = 1 on one end face, 0 on the other,  tau = eps sigma_0 / sigma_eff

Same grid, same conventions and same result as `transport.tortuosity.solve_tortuosity`, to hold it against.
"""

import contextlib
import io
import time
import warnings

import numpy as np

from ..base.errors import InputError, NotConverged
from ..base.packages import need
from ..mesh.percolation import percolating
from ..transport.tortuosity import TransportResult, check_transport

FIPY_VOXELS = 1_000_000  # beyond it FiPy's mesh alone takes several gigabytes


def tortuosity_taufactor(grid, conducting, axis, *, tolerance=1e-3, sides="no-flux", progress=None):
    """Compute the tortuosity factor along one axis with TauFactor (over-relaxation in float32, on the CPU).

    grid: VoxelGrid; conducting: {phase: conductivity relative to D0}; axis: 0, 1, 2; sides: "no-flux" or
    "periodic"; tolerance: TauFactor's criterion, the spread of the flux through the planes over its largest
    value. One conductivity: Solver, PeriodicSolver, AnisotropicSolver, whose tau is ours. Several:
    MultiPhaseSolver, which holds the potential in the middle of a further layer in front of each end face
    (ours: on the faces), so that layers at the ends weigh one and a half times; they come together as 1/N.
    Returns TransportResult (gains: flux imbalance every 100 sweeps). Raises InputError for what TauFactor
    lacks, or NotConverged with the imbalances. Source: Kench, Squires, Cooper, J. Open Source Softw. 8 (2023)
    5358.
    """
    begun = time.perf_counter()
    volume = _Volume(grid, conducting, axis, tolerance, sides)
    if not volume.percolates:
        return volume.blocked(begun)
    solver, factor = _taufactor_solver(volume, sides)
    imbalances = _sweep_until(solver, tolerance, progress)
    D_eff = float(np.ravel(solver.D_eff)[0]) * factor
    return volume.result(D_eff, imbalances[-1], solver.iter, begun, imbalances)


def tortuosity_fipy(grid, conducting, axis, *, tolerance=1e-3, sides="no-flux", progress=None):
    """Compute the tortuosity factor along one axis with FiPy: DiffusionTerm on a Grid3D of the voxels.

    Harmonic means on the faces, fixed potential on the end faces (half a voxel from the centres), cells
    outside the conducting cluster held at 0 by a source. Conjugate gradients in float64 to a residual of 1e-4
    `tolerance`; the flux through the planes must then agree to `tolerance`. Arguments and result as
    `tortuosity_taufactor`. Raises InputError (above a million voxels, too), NotConverged. Source: Guyer,
    Wheeler, Warren, Comput. Sci. Eng. 11 (2009).
    """
    begun = time.perf_counter()
    volume = _Volume(grid, conducting, axis, tolerance, sides)
    if grid.voxels > FIPY_VOXELS:
        raise InputError(
            f"expected at most {FIPY_VOXELS} voxels for FiPy, got {grid.voxels}; crop or coarsen the "
            "volume, or use the multigrid solver"
        )
    if not volume.percolates:
        return volume.blocked(begun)
    if progress:
        progress(0.0, 1.0, "FiPy")
    fluxes, iterations = _fipy_fluxes(volume, tolerance, sides == "periodic")
    imbalance = float((fluxes.max() - fluxes.min()) / abs(fluxes.mean()))
    if not imbalance <= tolerance:
        raise NotConverged(
            f"FiPy's solver left the flux through the planes apart by {imbalance:.1e} after {iterations} "
            f"iterations, tolerance {tolerance:.1e}",
            [imbalance],
        )
    if progress:
        progress(1.0, 1.0, "FiPy")
    section = volume.sigma[0].size * volume.h[1] * volume.h[2]
    D_eff = float(fluxes.mean()) * volume.sigma.shape[0] * volume.h[0] / section
    return volume.result(D_eff, imbalance, iterations, begun)


class _Volume:
    """The conductivity of each voxel with the axis of the flux first, and what a result needs of the grid."""

    def __init__(self, grid, conducting, axis, tolerance, sides):
        check_transport(conducting, tolerance, sides)
        if any(np.size(value) > 1 for value in conducting.values()):
            raise InputError(
                f"expected one conductivity for each phase with this solver, got {conducting}; "
                "the multigrid solver takes three"
            )
        table = np.zeros(len(grid.names))
        for name, value in conducting.items():
            table[grid.code(name)] = value
        order = (axis, *(a for a in range(3) if a != axis))
        self.sigma = np.ascontiguousarray(np.transpose(table[grid.phase], order))
        self.h = tuple(grid.voxel_size[a] for a in order)
        self.cluster = percolating(self.sigma > 0, 0, periodic_sides=sides == "periodic")
        self.percolates = bool(self.cluster.any())
        self.eps = float(np.mean(self.sigma > 0))

    def blocked(self, begun):
        return TransportResult(None, 0.0, self.eps, 0.0, 0.0, 0, time.perf_counter() - begun)

    def result(self, D_eff, imbalance, iterations, begun, history=()):
        return TransportResult(
            float(self.sigma.mean()) / D_eff,
            D_eff,
            self.eps,
            float(self.cluster.mean()),
            float(imbalance),
            iterations,
            time.perf_counter() - begun,
            tuple(history),
        )


# -- TauFactor -----------------------------------------------------------------------------------------------


def _taufactor_solver(volume, sides):
    """Return the TauFactor solver that fits the volume, and what its D_eff is to be multiplied by."""
    taufactor = need("taufactor", "the solver taufactor")

    if len(volume.sigma) < 2:
        raise InputError(
            "expected at least two voxels along the axis for TauFactor, got one; use the multigrid solver"
        )
    values = np.unique(volume.sigma[volume.sigma > 0])
    cubes = np.allclose(volume.h, volume.h[0], rtol=1e-12)
    if len(values) > 1:
        if sides == "periodic" or not cubes:
            raise InputError(
                "expected cubic voxels and no-flux sides for several conductivities in TauFactor, got "
                f"voxels of {volume.h} m and {sides} sides; use the multigrid solver"
            )
        labels = np.searchsorted(values, volume.sigma) + (volume.sigma > 0)
        cond = {k + 1: float(value) for k, value in enumerate(values)}
        return taufactor.MultiPhaseSolver(labels.astype(np.uint8), cond, device="cpu"), 1.0
    mask = (volume.sigma > 0).astype(np.uint8)
    if cubes:
        solver = taufactor.PeriodicSolver if sides == "periodic" else taufactor.Solver
        return solver(mask, device="cpu"), float(values[0])
    across = sum((volume.h[0] / h) ** 2 for h in volume.h[1:])
    # it takes a voxel whose neighbours weigh more than 8 for insulating and leaves out its flux
    if sides == "periodic" or 3 + 2 * across > 8:
        raise InputError(
            "expected no-flux sides and voxels that are not longer along the axis than across it in "
            f"TauFactor, got {sides} sides and voxels of {volume.h} m, the axis first; use the "
            "multigrid solver"
        )
    return taufactor.AnisotropicSolver(mask, tuple(float(h) for h in volume.h), device="cpu"), float(
        values[0]
    )


def _sweep_until(solver, tolerance, progress, most=200_000, patience=30):
    """Sweep by hundreds until TauFactor's own criterion holds; return the flux imbalance after each hundred.

    TauFactor prints where it should raise, so what it prints is kept from the user, and float32 may stall
    above the tolerance: `patience` hundreds without a smaller imbalance end it.
    """
    imbalances = []
    while not solver.converged:
        with contextlib.redirect_stdout(io.StringIO()):
            solver.solve(iter_limit=solver.iter + 100, verbose=False, conv_crit=tolerance)
        planes = solver.flux_1d[0]
        imbalances.append(float((planes.max() - planes.min()) / abs(planes).max()))
        stalled = len(imbalances) > patience and min(imbalances[-patience:]) >= min(imbalances[:-patience])
        if not solver.converged and (stalled or solver.iter >= most):
            raise NotConverged(
                f"TauFactor stopped after {solver.iter} sweeps with the flux through the planes apart by "
                f"{imbalances[-1]:.1e}, tolerance {tolerance:.1e}",
                imbalances,
            )
        if progress:
            share = np.log(max(imbalances[-1], 1e-16)) / np.log(tolerance)
            progress(min(1.0, max(0.0, float(share))), 1.0, "TauFactor")
    return imbalances


# -- FiPy ----------------------------------------------------------------------------------------------------


def _fipy_fluxes(volume, tolerance, periodic):
    """Solve with FiPy; return the flux through every plane of faces along the axis, and the iterations."""
    fipy = need("fipy", "the solver fipy")
    from fipy.solvers.scipy import LinearCGSolver

    mesh = _fipy_mesh(fipy, volume, periodic)
    conducting = np.where(volume.cluster, volume.sigma, 0.0).ravel(order="F")  # FiPy counts x fastest
    unit = conducting.max()
    sigma = fipy.CellVariable(mesh=mesh, value=conducting / unit)
    u = fipy.CellVariable(mesh=mesh, value=0.0)
    u.constrain(1.0, mesh.facesLeft)
    u.constrain(0.0, mesh.facesRight)
    face_sigma = sigma.harmonicFaceValue
    # no preconditioner: FiPy's Jacobi calls a sparse direct solve and takes five times as long
    solver = LinearCGSolver(tolerance=1e-4 * tolerance, criterion="RHS", iterations=20_000, precon=None)
    outside = fipy.CellVariable(mesh=mesh, value=(conducting == 0).astype(float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is judged by the flux
        (fipy.DiffusionTerm(coeff=face_sigma) - fipy.ImplicitSourceTerm(coeff=outside)).solve(
            var=u, solver=solver
        )
    return _plane_fluxes(np.array(u.value), conducting, volume), solver.convergence.iterations


def _fipy_mesh(fipy, volume, periodic):
    """A Grid3D of the voxels; where the sides are periodic, of more than one voxel, they are joined."""
    from fipy.meshes import periodicGrid3D

    (nx, ny, nz), (dx, dy, dz) = volume.sigma.shape, (h / volume.h[0] for h in volume.h)
    joined = (periodic and ny > 1, periodic and nz > 1)
    kind = {
        (False, False): fipy.Grid3D,
        (True, False): periodicGrid3D.PeriodicGrid3DTopBottom,
        (False, True): periodicGrid3D.PeriodicGrid3DFrontBack,
        (True, True): periodicGrid3D.PeriodicGrid3DTopBottomFrontBack,
    }[joined]
    return kind(nx=nx, ny=ny, nz=nz, dx=dx, dy=dy, dz=dz)


def _plane_fluxes(u, sigma, volume):
    """Conductivity times potential times length: the flux through inlet, inner planes and outlet."""
    u, sigma = (values.reshape(volume.sigma.shape, order="F") for values in (u, sigma))
    a, b = sigma[:-1], sigma[1:]
    both = a + b
    harmonic = np.divide(2 * a * b, both, out=np.zeros_like(both), where=both > 0)
    planes = [2 * sigma[:1] * (1 - u[:1]), harmonic * (u[:-1] - u[1:]), 2 * sigma[-1:] * u[-1:]]
    flux = np.concatenate([plane.sum(axis=(1, 2)) for plane in planes])
    return flux * volume.h[1] * volume.h[2] / volume.h[0]
