"""Tortuosity factor and effective conductivity of the phases of a voxel grid.

    div(sigma grad u) = 0,  u = 1 on one end face, 0 on the other,  tau = eps sigma_0 / sigma_eff

Voxel-centred finite volumes: harmonic mean between voxels, half a voxel to the end faces, so that a full
block and laminates are exact. The energy of any trial field bounds sigma_eff from above (Dirichlet), and
conjugate gradients say how much they still have to gain; that, not the residual, tells when tau is good
enough.
"""

import time
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ..base.errors import InputError, NotConverged
from ..mesh.labels import marked
from ..mesh.mask import require_straight
from ..mesh.percolation import joining, percolating
from ..numerics.backend import kernels
from ..numerics.device_multigrid import DeviceMultigrid
from ..numerics.graph import contrast_layers, voxel_graph
from ..numerics.krylov import conjugate_gradients
from ..numerics.multigrid import Multigrid, precision_for
from ..numerics.open_rows import OpenMultigrid
from ..numerics.rows import BitRows, RowsMultigrid
from ..numerics.slab import RankSlab, inner_of
from .device import DeviceGraphProblem, check_device
from .interface import conductor_share, cut_cells, shares_of_two
from .two_conductors import DrivenAcross

ONE_CONDUCTOR = (
    "--backend: expected one conductor, the same along x, y and z, in whole voxels whose edges differ by at "
    "most 1.58 and with no-flux sides for mpi, got another; use --backend cpu."
)


# tolerance and number of cells from which on the potential is kept in single precision: what its rounding
# adds to the energy is below 1e-7 of it at 3000 voxels across, where neighbours differ by 3e-4
ROUGH, MANY = 1e-4, 2**19


@dataclass(frozen=True)
class TransportResult:
    """tau (None if nothing percolates), D_eff_over_D0, eps (total fraction of the conducting phases),
    eps_percolating, flux_imbalance (spread of the flux through the planes, over its mean), iterations,
    seconds, gains: history of the energy; potential: u in the voxels if asked for, NaN where nothing
    percolates."""

    tau: float | None
    D_eff_over_D0: float
    eps: float
    eps_percolating: float
    flux_imbalance: float
    iterations: int
    seconds: float
    gains: tuple = field(default=(), repr=False)
    potential: np.ndarray | None = field(default=None, repr=False)


def solve_tortuosity(
    grid,
    conducting,
    axis,
    *,
    tolerance=1e-3,
    sides="no-flux",
    interface="voxel",
    progress=None,
    potential=False,
    slab=None,
    keep=None,
):
    """Compute the tortuosity factor tau = sum(eps_p s_p) / sigma_eff along one axis.

    grid: VoxelGrid; conducting: {phase: conductivity relative to D0, one number or three for x, y, z};
    axis: 0, 1, 2; tolerance: bound of the relative error of tau; sides: "no-flux" or "periodic" walls beside
    the axis ("mirror" is no-flux: the image goes on as its mirror image); interface: where the conductor
    ends, "voxel", "smooth" or "grey" (see interface.py); potential: also return the field;
    slab: the planes along the axis that `grid` is of a volume that several ranks share (see numerics.slab),
    for one conductor of whole voxels without flux through the sides: the field is then that of these planes
    and of one plane of each neighbour; keep: keep.begin(u) fills in where to begin, keep(u) is called with
    the potential of the rank's cells before every iteration.
    With several conducting phases tau compares with their parallel mean (TauFactor's convention).
    Returns TransportResult; a conductor that does not percolate has D_eff_over_D0 = 0, tau = None.
    Raises InputError, or NotConverged with the history.
    """
    begun = time.perf_counter()
    check_transport(conducting, tolerance, sides)
    check_sample(grid, axis, sides, interface)
    slab = slab or RankSlab.of(grid.shape[axis])
    set_up = partial(_voxels, slab) if interface == "voxel" else partial(_cut_voxels, interface)
    problem, bulk = set_up(tolerance, grid, conducting, axis, sides == "periodic")
    if problem is None:
        return TransportResult(None, 0.0, bulk.eps, 0.0, 0.0, 0, time.perf_counter() - begun)
    conductance, imbalance, gains = _solve(problem, tolerance, progress, keep)
    n = np.roll(grid.shape, -axis)
    D_eff = float(conductance * bulk.unit * slab.length / (n[1] * n[2] * grid.sample_share))
    if bulk.bounded:
        D_eff = min(D_eff, float(bulk.shares @ bulk.conductivity))
    check_bounds(D_eff, bulk.shares, bulk.conductivity, tolerance, gains)
    u = np.moveaxis(slab.beside(problem.cells.scatter(problem.u)), 0, axis) if potential else None
    tau = float(bulk.shares @ bulk.conductivity) / D_eff
    found = tau, D_eff, bulk.eps, bulk.eps_percolating, imbalance, len(gains)
    return TransportResult(*found, time.perf_counter() - begun, tuple(gains), u)


@dataclass(frozen=True)
class _Bulk:
    """What is known before the solve: shares of all kinds of material, their conductivity along the axis,
    the largest (the problem's unit), the fraction that conducts, the part of it that percolates;
    bounded: no more than the parallel mean, where openings do not see an obstacle that touches no face."""

    shares: np.ndarray
    conductivity: np.ndarray
    eps: float
    eps_percolating: float
    bounded: bool = False

    @property
    def unit(self):
        return self.conductivity.max()


def _voxels(slab, tolerance, grid, conducting, axis, periodic):
    """The problem of whole voxels; None where nothing percolates."""
    order = [axis, *(b for b in range(3) if b != axis)]
    phase = np.ascontiguousarray(np.moveaxis(grid.phase, axis, 0))
    h, table = np.array(grid.voxel_size)[order], conductivity_table(grid, conducting)[:, order]
    shares = _shares(grid, slab)
    mask = marked(phase, table[:, 0] > 0)
    mask = percolating(mask, 0, periodic_sides=periodic) if slab.alone else joining(mask, slab)
    through = slab.ranks.sum(np.count_nonzero(mask))
    through = float(through / (slab.length * mask[0].size * grid.sample_share))
    bulk = _Bulk(shares, table[:, 0], float(shares[table[:, 0] > 0].sum()), through)
    if through == 0:
        return None, bulk
    weights = (table[table[:, 0] > 0] / bulk.unit) * (h[0] / h) ** 2
    if len(np.unique(weights, axis=0)) == 1 and not periodic and weights.max() <= 2.5 * weights.min():
        rows = BitRows.of(slab.with_ghosts(mask))
        del phase, mask  # a byte a voxel each, beside the ten or so that the solve takes
        return _RowsProblem(rows, weights[0], slab, tolerance), bulk
    if not slab.alone:
        raise InputError(ONE_CONDUCTOR)
    return _phases_problem(mask, phase, table / bulk.unit, h, periodic), bulk


def _shares(grid, slab):
    """Volume fraction of each name of the grid in the whole volume."""
    if slab.alone:
        return np.array([grid.fraction(name) if name in grid.phases else 0.0 for name in grid.names])
    count = sum(np.bincount(layer.ravel(), minlength=len(grid.names)) for layer in grid.phase)
    count = slab.ranks.sum(count)
    return count / count.sum()


def _cut_voxels(interface, tolerance, grid, conducting, axis, periodic):
    """The problem of voxels that the conductor's surface cuts; None where nothing percolates."""
    if kernels.on_device:
        raise InputError("--backend: expected --interface voxel for gpu, got another; use --backend cpu.")
    two = shares_of_two(grid, conducting, interface, periodic_sides=periodic)
    if two:
        return _two_conductors(*two, axis, np.array(grid.voxel_size), periodic)
    share, conductivity = conductor_share(grid, conducting, interface, periodic_sides=periodic)
    order = [axis, *(b for b in range(3) if b != axis)]
    h, along = np.array(grid.voxel_size)[order], conductivity[order]
    found, eps, through = cut_cells(np.moveaxis(share, axis, 0), h * np.sqrt(along[0] / along), periodic)
    bulk = _Bulk(np.array([eps, 1 - eps]), np.array([along[0], 0.0]), eps, through, bounded=True)
    del share  # 4 bytes a voxel of the 65 or so that the solve takes
    return _OpenProblem(*found, tolerance) if found else None, bulk


def _two_conductors(share, conductivity, axis, h, periodic):
    """The problem of two conductors whose surface cuts voxels."""
    order = [axis, *(b for b in range(3) if b != axis)]
    share, h = np.ascontiguousarray(np.moveaxis(share, axis, 0)), h[order]
    mean = float(share.mean(dtype=float))
    bulk = _Bulk(np.array([mean, 1 - mean]), np.array(conductivity), 1.0, 1.0)
    return _ObliqueProblem(share, np.array(conductivity) / bulk.unit, h, periodic), bulk


def check_sample(grid, axis, sides="no-flux", interface="voxel"):
    """Refuse what has no meaning for a sample that a mask cuts out of the box: an axis along which its cross
    section changes, sides that repeat, surfaces within voxels, which its border would be one of."""
    if not grid.masked:
        return
    require_straight(grid, axis)
    if sides == "periodic" or interface != "voxel":
        given = "--sides periodic" if sides == "periodic" else f"--interface {interface}"
        raise InputError(
            f"--mask: expected no-flux sides and whole voxels beside it, got {given}; leave it out."
        )


def conductivity_table(grid, conducting):
    """Return the conductivity of each phase of the grid along x, y, z; 0 for the phases not named."""
    table = np.zeros((len(grid.names), 3))
    for name, value in conducting.items():
        table[grid.code(name)] = value
    return table


def check_bounds(D_eff, shares, conductivity, tolerance, gains=()):
    """Refuse an answer that no medium of these phases can have: one outside Wiener's bounds.

    1 / sum(eps_p / s_p) <= D_eff <= sum(eps_p s_p),   Wiener, Abh. Saechs. Akad. Wiss. 32 (1912) 509

    shares: eps of every phase; conductivity: s of every phase; tolerance: relative. Raises NotConverged.
    """
    shares, conductivity = np.array(shares), np.array(conductivity)
    present = shares > 0
    upper = float(shares @ conductivity)
    poorest = conductivity[present].min()
    lower = float(1 / np.sum(shares[present] / conductivity[present])) if poorest > 0 else 0.0
    if not lower * (1 - 3 * tolerance) <= D_eff <= upper * (1 + 3 * tolerance):
        raise NotConverged(
            f"expected a conductivity from {lower:.4g} to {upper:.4g} (Wiener's bounds), the solver came to "
            f"{D_eff:.4g}; conductors so far apart are beyond it: raise the lowest, or leave that phase out",
            gains,
        )


def check_transport(conducting, tolerance, sides, known=("no-flux", "mirror", "periodic")):
    """Refuse conductivities, tolerances and sides that mean nothing."""
    values = [np.ravel(value).astype(float) for value in conducting.values()]
    sound = all(
        v.size in (1, 3) and np.all(np.isfinite(v)) and (np.all(v > 0) or np.all(v == 0)) for v in values
    )
    if not sound or not any(np.all(v > 0) for v in values):
        raise InputError(
            "expected conductivities of 0 or more with one above 0, a number or three (x, y, z) for each "
            f"phase, got {conducting}; give for example pore=1.0"
        )
    if sides not in known:
        raise InputError(f"expected sides {' or '.join(known)}, got {sides!r}; choose one of them")
    if not 0 < tolerance < 1:
        raise InputError(f"expected a tolerance between 0 and 1, got {tolerance}; 1e-3 is the default")


class _RowsProblem:
    """The linear system of one axis for one conductor, in units of the conductance of a face of x (2 to the
    ends)."""

    dtype = np.float32

    def __init__(self, rows, weights, slab, tolerance):
        self.cells, self.slab, self.weights = rows, slab, tuple(weights)
        make = DeviceMultigrid.of if kernels.on_device else partial(RowsMultigrid, slab=slab)
        self.multigrid = make(rows, self.weights)
        self.inner = inner_of(slab, rows.ranges_of(slab.own))
        cells, links = (slab.planes(found) for found in kernels.rows.plane_links(rows.bits))
        profile = _series_profile(2.0 * cells[0], links[:-1].astype(float), 2.0 * cells[-1])
        rough = tolerance >= ROUGH and slab.ranks.sum(rows.n) >= MANY and not kernels.on_device
        self.u = np.empty(rows.n, np.float32 if rough else np.float64)
        kernels.rows.set_planes(rows.bits, rows.start, profile[slab.first : slab.stop], self.u)
        if kernels.on_device:
            self.cells, self.u = self.multigrid.rows, kernels.device.upload(self.u)

    def residual(self, r):
        """Write b - A u; return its sum over each plane and the conductance that u stands for, in float64."""
        conductance, planes = kernels.rows.residual(
            self.cells.bits, self.cells.start, *self.weights, self.u, r, self.multigrid.planes
        )
        return self.slab.planes(planes), self.slab.ranks.sum(conductance)

    def apply(self, p, out):
        rows, grid = self.cells, self.multigrid
        return self.slab.ranks.sum(
            kernels.rows.apply(rows.bits, rows.start, *grid.weights, p, out, grid.planes)
        )

    def plane_sums(self, r):
        return self.slab.planes(kernels.rows.plane_sums(self.cells.bits, self.cells.start, r))


def _phases_problem(mask, phase, table, h, periodic):
    """The same for several conductors, periodic sides or flat voxels, on a graph of the cells."""
    graph = voxel_graph(mask, [np.full(n, w) for n, w in zip(mask.shape, h)], periodic)
    kind, shape = graph.gather(phase), (h[0] / h) ** 2
    if np.allclose(
        table[table[:, 0] > 0] * shape, 1, rtol=1e-12
    ):  # all links alike: no weights to store or read
        weight = np.empty(0)
    else:
        weight = np.empty(graph.neighbour.size)
        kernels.links.voxel_links(graph.indptr, graph.neighbour, graph.face, kind, table, shape, weight)
    x, ends = graph.position[:, 0], 2 * table[kind, 0]
    inlet, outlet = np.where(x == 0, ends, 0.0), np.where(x == mask.shape[0] - 1, ends, 0.0)
    layer = contrast_layers(table.mean(axis=1)[kind])
    return _graph_problem(graph, weight, inlet, outlet, layer, precision_for(table))


def _graph_problem(graph, *numbers):
    """The linear system of one axis on a graph, where the kernels run."""
    if not kernels.on_device:
        return _GraphProblem(graph, *numbers)
    check_device(graph.n, numbers[-1])
    return DeviceGraphProblem(_GraphProblem(graph, *numbers, coarsest=kernels.cycle.COARSEST_CELLS))


class _GraphProblem:
    """The linear system of one axis on a graph: link weights (none: ones), conductances to the ends."""

    inner = None

    def __init__(self, graph, weight, inlet, outlet, layer, dtype, coarsest=300):
        self.cells, self.weight, self.inlet, self.outlet = graph, weight, inlet, outlet
        self.shape, self.dtype = tuple(len(w) for w in graph.widths), dtype
        self.diagonal = np.empty(graph.n)
        kernels.laplacian.row_sums(graph.indptr, weight, inlet + outlet, self.diagonal)
        light, layered = weight.astype(dtype), replace(graph, layer=layer)
        self.multigrid = Multigrid(layered, light if layer.any() else None, coarsest, dtype=dtype)
        self.multigrid.update(light, None, inlet, outlet)
        self.apply = self.multigrid.apply
        self.u = self._first_guess()

    def _first_guess(self):
        x, forward = self.cells.position[:, 0], self.cells.face == 1
        rows = np.repeat(x, np.diff(self.cells.indptr))[forward]
        between = np.bincount(rows, self.weight[forward] if self.weight.size else None, self.shape[0])[:-1]
        return _series_profile(self.inlet.sum(), between, self.outlet.sum())[x]

    def residual(self, r):
        g, out = self.cells, np.empty(self.cells.n)
        if self.dtype is np.float32:
            quadratic = kernels.laplacian.apply_laplacian(
                g.indptr, g.neighbour, self.weight, self.diagonal, self.u, out
            )
            np.subtract(self.inlet, out, out=out)
            conductance = quadratic - 2 * float(self.inlet @ self.u) + float(self.inlet.sum())
        else:  # sums of what is above 0, and flows by differences: nothing that is nearly alike is subtracted
            kernels.laplacian.outflow(g.indptr, g.neighbour, self.weight, self.outlet, self.u, out)
            np.subtract(self.inlet * (1 - self.u), out, out=out)
            conductance = kernels.laplacian.link_energy(g.indptr, g.neighbour, self.weight, self.u)
            conductance += float(self.inlet @ (1 - self.u) ** 2 + self.outlet @ self.u**2)
        r[:] = out
        return self.plane_sums(out), conductance

    def plane_sums(self, r):
        return np.bincount(self.cells.position[:, 0], r, self.shape[0])


class _ObliqueProblem(DrivenAcross, _GraphProblem):
    """The same where links are also driven by the fields along those beside them."""


class _OpenProblem:
    """The linear system of one axis for one conductor that ends within voxels, on OpenRows."""

    dtype, inner = np.float32, None

    def __init__(self, cells, aggregates, tolerance):
        self.cells, self.multigrid = cells, OpenMultigrid(cells, aggregates)
        self.apply, self.planes = self.multigrid.apply, cells.planes
        rough = tolerance >= ROUGH and cells.n >= MANY
        self.u = np.empty(cells.n, np.float32 if rough else np.float64)
        between = self.plane_sums(cells.weight[:, 1])[:-1]
        profile = _series_profile(cells.inlet.sum(dtype=float), between, cells.outlet.sum(dtype=float))
        for own in self.planes:
            for first, stop, value in zip(own, own[1:], profile):
                self.u[first:stop] = value

    def residual(self, r):
        cells, (energy, sums) = self.cells, np.empty((2, self.planes.shape[1] - 1))
        kernels.open_faces.residual(
            *(self.planes, cells.near, cells.weight, cells.inlet, cells.outlet, self.u, r, energy, sums)
        )
        return sums, float(energy.sum())

    def plane_sums(self, r):
        sums = np.empty(self.planes.shape[1] - 1)
        kernels.open_faces.plane_sums(self.planes, r, sums)
        return sums


def _series_profile(first, between, last):
    """First guess: each plane at one potential, planes in series. Exact for laminates."""
    resistance = np.cumsum(1 / np.concatenate([[first], between, [last]]))
    return 1 - resistance[:-1] / resistance[-1]


def _solve(problem, tolerance, progress, keep=None):
    """Lower the energy until what is left to gain bounds tau; return conductance, flux imbalance, gains."""
    if keep:
        keep.begin(problem.u)
    gains, r, before = [], kernels.vectors.zeros(problem.u.size, problem.dtype), np.inf
    for done in range(20):  # each pass works in its precision on what the last left in float64
        planes, conductance = problem.residual(r)
        if not conductance <= before * (1 + tolerance) and problem.u.dtype != np.float32:
            break
        if _enough(problem, tolerance, conductance, progress, gains, r, planes):
            return conductance, _imbalance(planes, conductance), gains
        if done > 1 and problem.u.dtype == np.float32:  # along very long ways the flux asks for more digits
            problem.u = problem.u.astype(float)
            planes, conductance = problem.residual(r)
        before, enough = conductance, partial(_enough, problem, tolerance, conductance, progress)
        stop = partial(
            _pass_ends, tuple(gains), enough, 1e-10 * conductance, keep and partial(keep, problem.u)
        )
        _, more, _ = conjugate_gradients(
            problem.apply, problem.multigrid.cycle, r, enough=stop, x=problem.u, inner=problem.inner
        )
        gains += more
    far = "; conductors so far apart leave too few digits: raise the lowest, or leave that phase out"
    raise NotConverged(
        f"the flux through the planes still differs by {_imbalance(planes, conductance):.1e} of "
        f"itself after {len(gains)} iterations, tolerance of tau {tolerance:.1e}"
        f"{far if problem.dtype is np.float64 else ''}",
        gains,
    )


def _enough(problem, tolerance, conductance, progress, gains, r, planes=None):
    """Whether the energy still to gain, extrapolated from the last gains, is below a third of the tolerance
    and the flux through the planes agrees to ten times the tolerance."""
    if len(gains) < 3:
        # the sum of all |r| is no less than their length, which takes no array of its own
        if gains or np.sqrt((problem.inner or kernels.vectors.inner)(r, r)) >= 1e-12 * conductance:
            return False
        return problem.plane_sums(kernels.vectors.magnitudes(r)).sum() < 1e-12 * conductance
    left = energy_left(gains) / conductance
    if progress:
        progress(float(np.clip(np.log(max(left, 1e-16)) / np.log(tolerance / 3), 0, 1)), 1.0, "conduction")
    if left >= tolerance / 3:
        return False
    return _imbalance(problem.plane_sums(r) if planes is None else planes, conductance) < 10 * tolerance


def energy_left(gains):
    """Extrapolate what conjugate gradients still have to gain from their last three gains (a geometric
    series)."""
    rate = min(max(gains[-1] / gains[-2], gains[-2] / gains[-3], 0.1), 0.95)
    return max(gains[-1], gains[-2] * rate) * rate / (1 - rate)


def _imbalance(planes, conductance):
    """Largest difference of the flux through two planes, over the conductance (drop 1)."""
    flux = np.cumsum(planes)
    return float((max(flux.max(), 0) - min(flux.min(), 0)) / conductance)


def _pass_ends(done, enough, floor, keep, new, residual):
    """Whether a float32 pass, after the gains of those before it, has reached the goal or its own
    precision."""
    if keep:
        keep()
    return bool(new) and (enough([*done, *new], residual) or (len(new) > 3 and max(new[-3:]) < floor))
