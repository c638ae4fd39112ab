"""Effective conductivity tensor of a periodic image, and flux maps of a solved field.

    div(sigma (e_j + grad chi_j)) = 0,   chi_j periodic
    D_jk = < (e_j + grad chi_j) . sigma (e_k + grad chi_k) >

(first-order homogenisation, Bensoussan, Lions & Papanicolaou 1978, I.2). Both factors of D_jk are stationary
at the solution, so its error is the square of the field's; the diagonal is approached from above.
"""

import time
from dataclasses import dataclass, field, replace

import numpy as np

from ..base.errors import NotConverged
from ..mesh.percolation import cluster_labels
from ..numerics.backend import kernels
from ..numerics.graph import contrast_layers, voxel_graph
from ..numerics.krylov import conjugate_gradients
from ..numerics.multigrid import Multigrid, precision_for
from .tortuosity import check_bounds, check_transport, conductivity_table, energy_left

ROUND_OFF = 1e-12  # of the mean conductivity: what an axis without a path is left with


@dataclass(frozen=True)
class TensorResult:
    """D_eff_over_D0 (3, 3); tau (3): sum(eps_p s_p) / D_jj, None where nothing conducts; principal: its
    values in falling order and their directions (rows); iterations (3); seconds."""

    D_eff_over_D0: np.ndarray
    tau: tuple
    principal: tuple
    iterations: tuple
    seconds: float
    gains: tuple = field(default=(), repr=False)

    def numbers(self):
        """Return the figures as plain data."""
        values, directions = self.principal
        return {
            "D_eff_over_D0": self.D_eff_over_D0,
            "tau": self.tau,
            "principal_values": values,
            "principal_directions": directions,
            "iterations": self.iterations,
            "seconds": self.seconds,
        }


def conductivity_tensor(grid, conducting, *, tolerance=1e-3, progress=None):
    """Compute the 3 x 3 effective conductivity of an image that goes on periodically in x, y and z.

    grid: VoxelGrid; conducting: {phase: conductivity relative to D0, one number or three for x, y, z};
    tolerance: bound of the relative error of the diagonal.
    Returns TensorResult. Raises InputError, or NotConverged with the history.
    """
    begun = time.perf_counter()
    check_transport(conducting, tolerance, "periodic")
    table = conductivity_table(grid, conducting)
    mean = sum(grid.fraction(name) * table[grid.code(name)] for name in conducting)
    D, iterations, gains = np.zeros((3, 3)), (0, 0, 0), ()
    clusters, kept = _spanning_clusters((table[:, 0] > 0)[grid.phase])
    if kept.any():
        cell = _PeriodicCell(grid, table, clusters, kept)
        chi, gains = cell.solve(tolerance, progress)
        D, iterations = cell.tensor(chi), tuple(len(g) for g in gains)
        shares = [grid.fraction(name) for name in grid.names]
        for axis in range(3):
            check_bounds(D[axis, axis], shares, table[:, axis], tolerance, gains[axis])
    tau = tuple(float(m / d) if d > ROUND_OFF * m else None for m, d in zip(mean, np.diag(D)))
    values, vectors = np.linalg.eigh(D)
    return TensorResult(
        D, tau, (values[::-1], vectors.T[::-1]), iterations, time.perf_counter() - begun, gains
    )


def _spanning_clusters(mask):
    """Clusters of the periodic image, and which of them reach from end to end along some axis (others only
    fill up)."""
    clusters, count = cluster_labels(mask, (0, 1, 2))
    kept = np.zeros(count + 1, bool)
    for axis in range(3):
        ends = [np.unique(np.take(clusters, end, axis)) for end in (0, -1)]
        kept[np.intersect1d(*ends)] = True
    kept[0] = False
    return clusters, kept[clusters]


class _PeriodicCell:
    """The periodic linear system in units of the largest conductivity; one cell of each cluster is grounded.

    No current can reach the ground, so it only fixes the constant that chi is free by.
    """

    def __init__(self, grid, table, clusters, kept):
        self.h, self.unit = np.array(grid.voxel_size), table.max()
        self.graph = graph = voxel_graph(kept, [np.full(n, w) for n, w in zip(grid.shape, self.h)], 2)
        self.volume = grid.voxels * grid.voxel_volume
        kind, shape = graph.gather(grid.phase), np.prod(self.h) / self.h**2
        self.weight = np.empty(graph.neighbour.size)
        kernels.links.voxel_links(
            graph.indptr, graph.neighbour, graph.face, kind, table / self.unit, shape, self.weight
        )
        # along an axis of one voxel each cell is its own neighbour
        own = (table / self.unit)[kind].sum(axis=0) * grid.voxel_volume
        self.self_links = np.diag(np.where(np.array(grid.shape) == 1, own, 0.0))
        layer = contrast_layers(table.mean(axis=1)[kind])
        self.graph = graph = replace(graph, layer=layer)
        ground = np.zeros(graph.n)
        ground[np.unique(graph.gather(clusters), return_index=True)[1]] = shape.max()
        self.ground, self.dtype = ground, precision_for(table)
        light = self.weight.astype(self.dtype)
        self.multigrid = Multigrid(graph, light if layer.any() else None, dtype=self.dtype)
        self.multigrid.update(light, ground)
        self.diagonal = np.empty(graph.n)
        kernels.laplacian.row_sums(graph.indptr, self.weight, ground, self.diagonal)

    def solve(self, tolerance, progress):
        """Return chi (3, n) and the gains of each of the three problems."""
        chi, gains = np.zeros((3, self.graph.n)), []
        for axis in range(3):
            if progress:
                progress(axis, 3, f"gradient along {'xyz'[axis]}")
            gains.append(self._solve_axis(axis, chi, tolerance))
        return chi, tuple(gains)

    def _solve_axis(self, axis, chi, tolerance):
        source, out, gains = self._source(axis), np.empty(self.graph.n), []
        for _ in range(20):  # each pass works in its precision on what the last left in float64
            self._product(chi[axis], out)
            r = (source - out).astype(self.dtype)
            energy = self.tensor(chi)[axis, axis] / self.unit * self.volume
            if np.abs(r).sum(dtype=float) <= 1e-12 * np.abs(self.weight).sum() * self.h[axis] or (
                len(gains) > 2 and energy_left(gains) < tolerance / 3 * energy
            ):
                return tuple(gains)
            done = tuple(gains)

            def enough(new, r, done=done, energy=energy):
                return len(new) > 2 and (
                    energy_left([*done, *new]) < tolerance / 3 * energy or max(new[-3:]) < 1e-10 * energy
                )

            cycle = self.multigrid.cycle
            gains += conjugate_gradients(self.multigrid.apply, cycle, r, enough=enough, x=chi[axis])[1]
        raise NotConverged(
            f"the energy of the gradient along {'xyz'[axis]} still falls after {len(gains)} iterations, "
            f"tolerance {tolerance:.1e}",
            gains,
        )

    def _product(self, x, out):
        """A x in double precision; by differences where conductors are far apart."""
        g, kind = self.graph, kernels.laplacian
        if self.dtype is np.float32:
            kind.apply_laplacian(g.indptr, g.neighbour, self.weight, self.diagonal, x, out)
        else:
            kind.outflow(g.indptr, g.neighbour, self.weight, self.ground, x, out)

    def _source(self, axis):
        """Net current that the unit gradient alone would leave in each cell."""
        rows = np.repeat(np.arange(self.graph.n), np.diff(self.graph.indptr))
        step = np.where(self.graph.face == 2 * axis + 1, 1.0, 0.0) - (self.graph.face == 2 * axis)
        return np.bincount(rows, self.weight * step * self.h[axis], self.graph.n)

    def tensor(self, chi):
        """Return D_jk of the correctors chi (3, n)."""
        g = self.graph
        energy = kernels.laplacian.bilinear_energy(g.indptr, g.neighbour, g.face, self.weight, self.h, chi)
        return self.unit * (energy + self.self_links) / self.volume
