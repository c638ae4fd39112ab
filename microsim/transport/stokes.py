"""Stokes flow on a staggered grid: a symmetric saddle point, its preconditioner, and bounds of its energy.

    A u - B^T p = f,   B u = 0                      (u: face velocities, p: pressures, f: the driving force)

Preconditioner of MINRES: for u a multigrid cycle of A for each component; for p the inverse of the Schur
complement S = B A^-1 B^T as the sum of two parts,

    S^-1 ~ 1 / voxel volume + (B M B^T)^-1,     M = diag(m / V),  A m = V

S is the identity on what varies from voxel to voxel and, along a channel, a Darcy operator with the channel's
own mobility m, the response to a uniform force; the second part is one multigrid cycle of that. (Cahouet &
Chabard, Int. J. Numer. Meth. Fluids 8 (1988) 869, add the same two parts for the time-dependent problem.)
Iterations to a relative residual of 1e-8, this sum against the identity alone: sandstone 64^3 53 and more
than 300, noise 32^3 52 and 300, sphere 32^3 54 and 79; with a scaled commutator (BFBt) in its place 104, 82,
128, each of twice the work.

Bounds: with E = f.u of the solution, which the permeability is proportional to, for any u of zero divergence
and any p

    (f.u)^2 / u.A u  <=  E  <=  (f + B^T p) . A^-1 (f + B^T p)

(least dissipation, and its dual). The error of each is the square of its field's, and their gap bounds both.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from ..base.errors import NotConverged
from ..numerics.backend import kernels
from ..numerics.krylov import conjugate_gradients
from ..numerics.minres import minres
from ..numerics.multigrid import Multigrid
from .tortuosity import energy_left

DIVERGENCE = 5e-6  # sum over voxels of the outflow left, over the flux through the sample, at most
IMBALANCE = 5e-7  # spread of the flux through the planes, over the flux, at most
LOOK = 0.02  # accuracy of the first bounds, which only serve as a start unless they nearly meet


class ComponentMultigrid(Multigrid):
    """Multigrid of one velocity component, whose graph falls into many parts that the pressures alone
    connect.

    Parts do not merge, so the coarsest level may have as many cells as there are parts (20000 in noise at the
    percolation threshold); a sparse factor of it costs next to nothing, a dense one 7 GB.
    """

    def _factor(self, weight):
        level, self.sparse = self.levels[-1], None
        n, graph = level.graph.n, level.graph
        if n <= 1000:
            return super()._factor(weight)
        self.descent.top = len(self.levels)
        weight = weight if weight.size else np.ones(graph.neighbour.size)
        links = csr_array((-weight.astype(float), graph.neighbour, graph.indptr), shape=(n, n))
        self.sparse = splu(csc_array(links + diags_array(level.diagonal * (1 + 1e-7))))

    def _visit(self, k, b, again):
        level = self.levels[k]
        if k < len(self.levels) - 1:
            return super()._visit(k, b, again)
        if not again:
            level.x[:] = self.sparse.solve(b.astype(float))
        return level.x


class Stokes:
    """One flow problem: grid (StaggeredGrid), fields u and p (float64), history of the gap between the
    bounds."""

    def __init__(self, grid):
        self.grid = grid
        self.light_diagonal = grid.diagonal.astype(np.float32)
        if np.array_equal(self.light_diagonal, grid.diagonal):  # cubes: 8 bytes a face less
            self.grid = grid = replace(grid, diagonal=self.light_diagonal)
        self.velocity_cycles = []
        for axis, (g, weight, wall) in enumerate(zip(grid.faces, grid.weight, grid.wall)):
            self.velocity_cycles.append(ComponentMultigrid(g))
            self.velocity_cycles[-1].update(weight, wall)
        self.grid = grid = replace(grid, wall=())
        self.mobility = self._mobilities()
        self.pressure_cycle = self._darcy_multigrid()
        self.p = self._plane_pressures()
        self.u = np.zeros(grid.n)
        self.steps, self.gaps = 0, []

    # -- the two fields on their own -------------------------------------------------------------------------

    def _mobilities(self):
        """Response m / V of each velocity to a uniform force: A m = V, to 1e-4 of its energy."""
        volumes = self.grid.volumes()
        m = self._solve_velocities(volumes, np.zeros(self.grid.n, np.float32), 1e-4)
        floor = (
            0.05 * volumes / self.grid.diagonal
        )  # a cycle may leave a velocity of the wrong sign in a corner
        return np.maximum(m, floor).astype(np.float32) / volumes.astype(np.float32)

    def _solve_velocities(self, force, u, share):
        """Improve u, the answer of A u = force, until the energy still to gain is below a share of what it
        has."""
        r = np.empty(self.grid.n)
        for _ in range(10):  # each pass works in float32 on what the last left
            energy = max(2 * float(force @ u) - self.grid.viscous(u.astype(float), r), 0.0)
            r = (force - r).astype(np.float32)

            def enough(gains, _, energy=energy):
                if len(gains) < 3:
                    return False
                return (
                    energy_left(gains) < share * (energy + sum(gains)) or max(gains[-2:]) < 1e-11 * gains[0]
                )

            u, gains, _ = conjugate_gradients(self._viscous, self._velocity_cycle, r, enough=enough, x=u)
            if len(gains) < 3 or energy_left(gains) < share * (energy + sum(gains)):
                return u
        raise NotConverged(
            f"the velocities that go with a pressure were not found to {share:.1e} of their energy", gains
        )

    def _viscous(self, u, out):
        return self.grid.viscous(u, out, self.light_diagonal)

    def _velocity_cycle(self, r, out=None):
        out = np.empty_like(r) if out is None else out
        for axis, cycle in enumerate(self.velocity_cycles):
            part = self.grid.part(axis)
            out[part] = cycle.cycle(r[part])
        return out

    def _darcy_multigrid(self):
        """Multigrid of B M B^T; a ring has no ends to hold the pressure, so one voxel of each cluster is
        held."""
        grid, g = self.grid, self.grid.cells
        weight, mobility = np.empty(g.neighbour.size, np.float32), grid.carried(grid.carried(self.mobility))
        kernels.staggered.mobility_links(g.indptr, g.face, grid.cell_faces, mobility, grid.area, weight)
        low, high, held = np.zeros((3, g.n), np.float32)
        if grid.wrapped:
            links = csr_array((weight, g.neighbour, g.indptr), shape=(g.n, g.n), copy=True)
            links.eliminate_zeros()  # in a copy: the graph keeps its links
            held[np.unique(connected_components(links)[1], return_index=True)[1]] = (
                weight.mean() if weight.size else 1
            )
        else:
            x = g.position[:, 0]
            for ends, at, side in ((low, 0, 0), (high, x.max(), 1)):
                face = grid.cell_faces[x == at, side]
                ends[x == at] = np.where(face < 0, 0, grid.area[0] ** 2 * mobility[face])
        cycle = Multigrid(g)
        cycle.update(weight, held, low, high)
        self.grid = replace(grid, cells=replace(g, face=None))
        return cycle

    def _plane_pressures(self):
        """First guess: each plane of voxels at one pressure, the planes' mobilities in series. Exact in
        channels."""
        grid = self.grid
        if grid.wrapped:
            return np.zeros(grid.cells.n)
        along = grid.carried(grid.carried(self.mobility))[grid.part(0)].astype(float)
        resistance = np.cumsum(1 / np.bincount(grid.faces[0].position[:, 0], along))
        return (1 - resistance[:-1] / resistance[-1])[grid.cells.position[:, 0]]

    def _project(self, u, flux, left_over, spread):
        """Remove the divergence of u, changing it least where it moves least: u - M B^T q, B M B^T q = B u.

        Ends when the divergence of all voxels, and the spread of the flux through the planes, are below
        `left_over` and `spread` of the flux.
        """
        force = np.empty(self.grid.n, np.float32)
        for _ in range(10):
            r = self.grid.divergence(u)
            left, planes = np.abs(r).sum(), np.cumsum(np.bincount(self.grid.cells.position[:, 0], r))
            if left <= left_over * flux and np.ptp(planes) <= spread * flux:
                return u

            def enough(_, r, left=left):
                return np.abs(r).sum(dtype=float) <= max(min(left_over / 3 * flux, left / 30), 1e-4 * left)

            q, _, _ = conjugate_gradients(
                self._darcy, self.pressure_cycle.cycle, r.astype(np.float32), enough=enough
            )
            force[:] = 0
            self.grid.add_pressure(q, force)
            u -= self.mobility * force
        raise NotConverged(
            f"the flux is conserved to {left / flux:.1e} only, not {left_over:.0e}", [left / flux]
        )

    def _darcy(self, q, out):
        return self.pressure_cycle.apply(q, out)

    # -- both together ---------------------------------------------------------------------------------------

    def solve(self, tolerance, progress=None):
        """Lower the gap between the bounds below `tolerance` of the energy; return the energy, a lower
        bound."""
        self._darcy_pressure()
        lower = self._close_look(tolerance) if self._first_look() < LOOK / 4 else None
        for k in range(8):
            if lower is not None and self.gaps[-1] <= tolerance:
                return lower
            self._saddle_pass(tolerance / 4 * 0.1**k * self.grid.work(self.u))
            lower = self._close_look(tolerance)
            if progress:
                progress(
                    float(np.clip(np.log(max(self.gaps[-1], 1e-15)) / np.log(tolerance), 0, 1)),
                    1.0,
                    "Stokes flow",
                )
        raise NotConverged(
            f"the bounds of the permeability still differ by {self.gaps[-1]:.1e} after {self.steps} "
            f"iterations, tolerance {tolerance:.1e}",
            self.gaps,
        )

    def _first_look(self):
        """Solve roughly for velocities of the first pressures; return the gap, near 0 in straight pores."""
        lower, upper = self._bounds(LOOK, 0.1, 0.1)
        self.gaps.append(upper / lower - 1)
        return self.gaps[-1]

    def _close_look(self, tolerance):
        lower, upper = self._bounds(tolerance, min(DIVERGENCE, tolerance / 20), IMBALANCE)
        self.gaps.append(upper / lower - 1)
        return lower

    def _darcy_pressure(self):
        """Improve the pressures by those of a Darcy medium: B M (f + B^T p) = 0."""
        push = self._push()
        r = -self.grid.divergence(self.mobility * push)
        energy = float(push @ (self.mobility * push))
        if np.abs(r).sum() < 1e-6 * self._flux(self.mobility * push):
            return

        def enough(gains, _):
            return len(gains) >= 3 and energy_left(gains) < 1e-3 * energy

        conjugate_gradients(
            self._darcy, self.pressure_cycle.cycle, r.astype(np.float32), enough=enough, x=self.p
        )

    def _bounds(self, accuracy, left_over, spread):
        """Bound the energy by the velocities that go with p, and by those freed of their divergence (kept as
        u).

        accuracy: of both bounds, relative; left_over, spread: see _project.
        """
        push, out = self._push(), np.empty(self.grid.n)
        v = self._solve_velocities(push, self.u, accuracy / 10)
        upper = (2 * float(push @ v) - self.grid.viscous(v, out)) * (1 + accuracy / 10)
        u = self._project(v, self._flux(v), left_over, spread)
        work, dissipation = self.grid.work(u), self.grid.viscous(u, out)
        u *= work / dissipation
        self.u = u
        return work**2 / dissipation, upper

    def _saddle_pass(self, target):
        """Correct u and p by MINRES until the squared residual, an estimate of the energy of the error, is
        `target`."""
        grid, n = self.grid, self.grid.n
        r = np.empty(n + grid.cells.n, np.float32)
        out = np.empty(n)
        grid.viscous(self.u, out)
        r[:n] = self._push() - out
        r[n:] = grid.divergence(self.u)

        def enough(history):
            return history[-1] ** 2 <= max(target, 1e-9 * history[0] ** 2)

        x, history = minres(self._saddle, self._precondition, r, enough=enough)
        self.steps += len(history) - 1
        self.u += x[:n]
        self.p += x[n:]

    def _saddle(self, x, out):
        n = self.grid.n
        self.grid.viscous(x[:n], out[:n], self.light_diagonal)
        self.grid.add_pressure(x[n:], out[:n], -1)
        np.negative(self.grid.divergence(x[:n]), out=out[n:])

    def _precondition(self, r, out):
        n = self.grid.n
        self._velocity_cycle(r[:n], out[:n])
        np.multiply(r[n:], np.float32(1 / self.grid.volume), out=out[n:])
        out[n:] += self.pressure_cycle.cycle(r[n:])

    def _push(self):
        """Force of the drive and of the pressures on each face."""
        push = np.zeros(self.grid.n)
        self.grid.drive(push)
        self.grid.add_pressure(self.p, push)
        return push

    def _flux(self, u):
        return self.grid.work(u) * self.grid.flux_scale

    def imbalance(self):
        """Spread of the flux through the planes across axis 0, over its mean."""
        part = self.grid.part(0)
        flux = np.bincount(self.grid.faces[0].position[:, 0], self.grid.carried(self.u)[part])
        return float((flux.max() - flux.min()) / flux.mean())
