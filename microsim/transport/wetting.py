"""How a liquid fills the pores from one face: capillary suction against viscous resistance, voxel by voxel.

    div(k grad p) = 0 in the wet pores,   p = p_in on the inlet face,   p = -s at a meniscus that moves,
    ds_j/dt = (k / mu) grad p . n,        s = f 2 gamma cos(theta) / r,   k = c r^2 / 8

A meniscus stands between each wet and each dry voxel; it lets liquid in, and where the liquid behind it pulls
harder than it does itself (a wide pore beside narrow ones) it waits. r is half the local thickness; f and c
are one number each for the whole volume: f makes the mean suction gamma cos(theta) times wall area over pore
volume, which is what filling sets free, c makes the whole volume's permeability the given one. Both are exact
for tubes and slits. Gas that the liquid cuts off from the vents stays (a bubble at rest, not compressed), or
dissolves.

Limits: the order of filling is that of balls that fit (full morphology; Hilpert & Miller, Adv. Water Resour.
24 (2001) 243): crevices fill ahead of bodies at any contact angle, though real ones do so only below about 45
degrees, so that the trapped share is an upper bound, and the share with dissolving gas a lower one. No
gravity, no inertia, no viscosity of the gas, no flow inside a microporous phase.
"""

import time
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from ..base.errors import InputError, NotConverged
from ..mesh.grid import FACES, face_position, voxel_edges
from ..mesh.morphology import surface_area
from ..mesh.percolation import closed_clusters, connected_to
from ..numerics.backend import kernels
from ..numerics.codes import CLOSED, DRY, WET
from ..numerics.graph import voxel_graph
from ..numerics.krylov import conjugate_gradients
from ..numerics.multigrid import Multigrid
from ..shapes.thickness import local_thickness

REST = 1e-10  # inflow, as a share of the largest there was, that counts as none


@dataclass(frozen=True)
class Liquid:
    """surface_tension (N/m), contact_angle (rad), viscosity (Pa s)."""

    surface_tension: float
    contact_angle: float
    viscosity: float

    def __post_init__(self):
        for name, most in (("surface_tension", 10.0), ("viscosity", 1e6)):
            value = getattr(self, name)
            if not 0 < value < most:
                raise InputError(
                    f"expected a {name} above 0 and below {most:g} in SI units, got {value}; correct it."
                )
        if not 0 <= self.contact_angle <= np.pi:
            raise InputError(
                f"expected a contact angle from 0 to pi rad (180 degrees), got {self.contact_angle};"
                " correct it."
            )

    @property
    def pull(self):
        """Surface tension times the cosine of the contact angle, N/m; negative for a liquid that does not
        wet."""
        # a cosine of 6e-17 is a right angle
        return self.surface_tension * round(float(np.cos(self.contact_angle)), 15)


@dataclass(frozen=True)
class WettingHistory:
    """time (s) and filled (share of the cells) at the end of each stage; arrival (s) at each pore voxel,
    infinite where the liquid never comes, NaN outside the pores; trapped and unreached: shares of the
    pores."""

    time: np.ndarray
    filled: np.ndarray
    arrival: np.ndarray = field(repr=False)
    trapped: float = 0.0
    unreached: float = 0.0
    iterations: int = 0

    @property
    def stages(self):
        """How many times the pressure was solved anew."""
        return len(self.time) - 1

    @property
    def never_wetted(self):
        """Share of the pore volume that stays dry."""
        return 1.0 - float(self.filled[-1])

    def time_to(self, share):
        """Time (s) after which `share` of the pore volume is filled; None if it never is."""
        return float(np.interp(share, self.filled, self.time)) if share <= self.filled[-1] else None


@dataclass(frozen=True)
class Wetting:
    """A filling, and what drove it: mean capillary pressure (Pa), permeability (m2), the factors f and c that
    scale the local laws (see the module), washburn_time: eps mu L^2 / (2 K P), the same for a uniform medium
    (s).
    """

    filling: WettingHistory
    capillary_pressure: float
    permeability: float | None
    suction_factor: float
    conductance_factor: float
    washburn_time: float | None
    seconds: float


def solve_wetting(
    grid,
    through,
    liquid,
    *,
    permeability=None,
    inlet="separator",
    vents=None,
    gas="trapped",
    pressure=0.0,
    change=0.2,
    tolerance=1e-2,
    progress=None,
):
    """Let a liquid soak into the phase `through` of a grid from one face.

    grid          VoxelGrid
    through       name of the pore phase
    liquid        Liquid
    permeability  of the whole volume from the inlet to the face opposite, m2; None: every voxel as a round
                  tube, c = 1
    inlet         name of the face (grid.FACES) where the liquid comes in
    vents         names of the faces where gas can leave; None: all others, as in a crop, whose pores go on
                  beyond
    gas           "trapped": what is cut off from the vents stays; "dissolves": it leaves everywhere
    pressure      of the liquid at the inlet over that of the gas, Pa
    change        the pressure is solved anew when the inflow has changed by this share
    tolerance     largest imbalance of the flow, over the inflow

    Returns Wetting. A contact angle of 90 degrees or more wets nothing unless pressure helps.
    Raises InputError; NotConverged with the history of the imbalance.
    """
    begun = time.perf_counter()
    vents = tuple(face for face in FACES if face != inlet) if vents is None else vents
    _check(grid, through, inlet, vents, gas, change, tolerance)
    pores = grid.mask(through)
    radius = np.where(pores, local_thickness(pores, grid.voxel_size) / 2, np.float32(1))
    wet = pores & ~closed_clusters(pores)
    walls = surface_area(wet, grid.voxel_size) / (np.count_nonzero(wet) * grid.voxel_volume)
    suction_factor = walls / (2 * np.mean(1 / radius[wet], dtype=float))
    local, factor = radius.astype(float) ** 2 / 8, 1.0
    if permeability is not None:
        factor = permeability / through_permeability(pores, grid.voxel_size, local, inlet)
    filling = fill(
        pores,
        grid.voxel_size,
        factor * local,
        suction_factor * 2 * liquid.pull / radius,
        liquid.viscosity,
        inlet=inlet,
        vents=vents if gas == "trapped" else None,
        pressure=pressure,
        change=change,
        tolerance=tolerance,
        progress=progress,
    )
    mean = liquid.pull * walls
    washburn = _washburn_time(grid, through, liquid, (permeability or 0.0) * (mean + pressure), inlet)
    return Wetting(filling, mean, permeability, suction_factor, factor, washburn, time.perf_counter() - begun)


def _washburn_time(grid, through, liquid, drive, inlet):
    """Time (s) in which a front crosses a uniform medium, eps mu L^2 / (2 k p); None where nothing drives it.

    drive: permeability times pressure of suction and inlet (N).
    """
    axis = face_position(inlet)[0]
    length = grid.shape[axis] * grid.voxel_size[axis]
    return grid.fraction(through) * liquid.viscosity * length**2 / (2 * drive) if drive > 0 else None


def fill(
    pores,
    voxel_size,
    permeability,
    suction,
    viscosity,
    *,
    inlet="separator",
    vents=("collector",),
    pressure=0.0,
    change=0.2,
    tolerance=1e-2,
    progress=None,
):
    """Fill pores whose permeability and suction are known in every voxel.

    pores         bool [x, y, z]
    voxel_size    one edge or three (x, y, z), m
    permeability  of the pore voxels themselves [x, y, z], m2 (r^2 / 8 in a tube, h^2 / 12 in a slit)
    suction       capillary pressure of a meniscus in the voxel [x, y, z], Pa
    viscosity     Pa s
    vents         faces where gas can leave, or None: it leaves everywhere
    inlet, pressure, change, tolerance  as in `solve_wetting`

    Returns WettingHistory. A flat front in a uniform medium obeys l^2 = 2 k s t / mu (Lucas 1918, Washburn
    1921), tubes side by side or in series their own laws, to the tolerance of the flow. Where fronts compete,
    `change` counts: a crop of an electrode (64^3, 398 nm) is full 4 % too late with 0.1, 9 % with 0.2, 15 %
    with 0.4; its trapped share moves by up to 0.02.
    """
    edges = voxel_edges(voxel_size)
    axis = face_position(inlet)[0]
    edges = (edges[axis], *(h for a, h in enumerate(edges) if a != axis))
    openings = None if vents is None else _from_inlet(_openings(np.shape(pores), vents), inlet)
    pores, permeability, suction = (_from_inlet(array, inlet) for array in (pores, permeability, suction))
    reached, total = connected_to(pores, "separator"), np.count_nonzero(pores)
    arrival = np.where(pores, np.inf, np.nan)
    if not reached.any():
        return WettingHistory(np.zeros(1), np.zeros(1), _to_grid(arrival, inlet), 0.0, 1.0 if total else 0.0)
    front_line = _Front(reached, edges, permeability, suction, viscosity, pressure)
    times, filled = [0.0], [0.0]
    while front_line.move(openings, change, tolerance):
        times.append(front_line.now * front_line.second)
        filled.append(float(front_line.level.sum()) / total)
        if progress:
            progress(float(front_line.level.sum()), front_line.graph.n, "wetting")
    arrival[reached] = front_line.graph.scatter(front_line.arrival * front_line.second, dtype=float)[reached]
    closed = front_line.state == CLOSED
    return WettingHistory(
        np.array(times),
        np.array(filled),
        _to_grid(arrival, inlet),
        float(np.sum(1 - front_line.level[closed])) / total,
        1 - front_line.graph.n / total,
        front_line.iterations,
    )


def through_permeability(pores, voxel_size, permeability, inlet="separator", tolerance=1e-4):
    """Compute the permeability (m2) of a volume from that of its pore voxels, from the inlet to the face
    opposite."""
    edges = voxel_edges(voxel_size)
    axis = face_position(inlet)[0]
    edges = (edges[axis], *(h for a, h in enumerate(edges) if a != axis))
    pores, permeability = (_from_inlet(array, inlet) for array in (pores, permeability))
    reached = connected_to(pores, "separator")
    if not reached[-1].any():
        raise InputError(
            "expected pores that join the inlet to the face opposite, got none that do; leave the"
            " permeability out, or let the liquid in from another face."
        )
    flow = _Front(reached, edges, permeability, np.zeros(pores.shape), 1.0, 1.0).flow_through(tolerance)
    return flow * edges[0] * pores.shape[0] / (edges[1] * edges[2] * pores.shape[1] * pores.shape[2])


class _Front:
    """Cells that the liquid can reach, in units of the mean permeability, the largest pressure and
    `second`."""

    def __init__(self, reached, edges, permeability, suction, viscosity, pressure):
        self.graph = graph = voxel_graph(reached, [np.full(n, h) for n, h in zip(reached.shape, edges)])
        local, self.suction = graph.gather(permeability).astype(float), graph.gather(suction).astype(float)
        mean = local.mean()
        local /= mean
        self.high = max(np.abs(self.suction).max(), abs(pressure))
        self.high = self.high if self.high > 0 else 1.0
        self.suction /= self.high
        self.entry = pressure / self.high
        self.face = edges[1] * edges[2] / edges[0]
        self.weight = np.empty(graph.neighbour.size)
        kernels.links.harmonic_links(
            graph.indptr, graph.neighbour, *graph.half_conductances(), local, self.weight
        )
        self.weight /= self.face
        self.ends = 2 * local
        self.ground = np.where(graph.position[:, 0] == 0, self.ends, 0.0)
        self.unit = mean * self.face * self.high  # of the flow, Pa m3
        self.second = np.prod(edges) * viscosity / self.unit
        self.multigrid = Multigrid(graph)
        self.light = np.empty(graph.neighbour.size, np.float32)
        self.state = np.full(graph.n, DRY, np.uint8)
        self.p, self.level, self.arrival = np.zeros(graph.n), np.zeros(graph.n), np.full(graph.n, np.inf)
        self.now, self.largest, self.iterations = 0.0, 0.0, 0

    def move(self, openings, change, tolerance):
        """Solve the pressure and let the front move by one stage; return whether it moved."""
        if openings is not None:
            self._close(openings)
        flow, total = self._flow(tolerance)
        if total <= REST * self.largest:
            return False
        g = self.graph
        self.now = kernels.front.advance(
            g.indptr,
            g.neighbour,
            self.weight,
            self.suction,
            self.entry,
            self.state,
            flow,
            self.level,
            self.arrival,
            self.p,
            self.now,
            change,
        )
        return True

    def _close(self, openings):
        """Close the dry cells from which no way leads through dry cells to a vent."""
        clusters, count = ndimage.label(self.graph.scatter(self.state == DRY, False, bool))
        leads_out = np.zeros(count + 1, bool)
        leads_out[clusters[openings]] = True
        shut = (self.state == DRY) & ~self.graph.gather(leads_out[clusters])
        self.state[shut] = CLOSED

    def _flow(self, tolerance):
        """Newton's method for the pressure, whose only bends are menisci that start or stop; inflow of dry
        cells."""
        g, history, menisci = self.graph, [], None
        cells = (
            g.indptr,
            g.neighbour,
            self.weight,
            self.ground,
            self.entry,
            self.suction,
            self.state,
            self.p,
        )
        residual, now, flow = np.empty(g.n), np.empty(g.n), np.empty(g.n)
        kernels.front.wet_links(g.indptr, g.neighbour, self.weight, self.state, self.light)
        for _ in range(100):
            kernels.front.front_residual(*cells, residual, now)
            total = kernels.front.inflows(*cells, flow)
            off = np.abs(residual).sum()
            self.largest = max(self.largest, total)
            history.append(off / total if total > 0 else np.inf)
            if off <= max(tolerance * total, REST * self.largest):
                return flow, total
            if menisci is None or not np.array_equal(menisci, now):
                menisci = now.copy()
                self._update(menisci, None)
            self._correct(residual, max(0.3 * tolerance * total, 0.1 * off))
        raise NotConverged(
            f"the pressure still left {history[-1]:.1e} of the inflow unbalanced after "
            f"{len(history)} steps, tolerance {tolerance:.1e}",
            history,
        )

    def _update(self, menisci, outlet):
        wet = self.state == WET
        # dry cells take no part: their own equations get a weight that nobody notices
        self.multigrid.update(
            self.light, np.where(wet, menisci, 1e-6), np.where(wet, self.ground, 0.0), outlet
        )

    def _correct(self, residual, goal):
        g, diagonal = self.graph, self.multigrid.levels[0].diagonal

        def apply(x, out):
            return kernels.laplacian.apply_laplacian(g.indptr, g.neighbour, self.light, diagonal, x, out)

        def enough(gains, r):
            return np.abs(r).sum(dtype=float) <= goal

        correction, gains, _ = conjugate_gradients(
            apply, self.multigrid.cycle, residual.astype(np.float32), enough=enough
        )
        self.iterations += len(gains)
        self.p += np.where(self.state == WET, correction, 0.0)

    def flow_through(self, tolerance):
        """Flow (times viscosity, Pa m3 / Pa) for a unit pressure drop between the two end faces, all cells
        wet."""
        g = self.graph
        self.state[:] = WET
        outlet = np.where(g.position[:, 0] == len(g.widths[0]) - 1, self.ends, 0.0)
        self.light[:] = self.weight
        self._update(np.zeros(g.n), outlet)
        diagonal, out = np.empty(g.n), np.empty(g.n)
        kernels.laplacian.row_sums(g.indptr, self.weight, self.ground + outlet, diagonal)
        history = []
        for _ in range(20):
            kernels.laplacian.apply_laplacian(g.indptr, g.neighbour, self.weight, diagonal, self.p, out)
            residual, leaves = self.ground - out, float(outlet @ self.p)
            off = np.abs(residual).sum()
            history.append(off / leaves if leaves > 0 else 1.0)
            if off <= tolerance * leaves:
                return leaves * self.unit / self.high
            self._correct(residual, max(0.3 * tolerance * leaves, 1e-5 * off))
        raise NotConverged(
            f"the pressure between the end faces still left {history[-1]:.1e} of the flow unbalanced, "
            f"tolerance {tolerance:.1e}",
            history,
        )


def _check(grid, through, inlet, vents, gas, change, tolerance):
    grid.code(through)
    face_position(inlet)
    for vent in vents:
        face_position(vent)
    if inlet in vents:
        raise InputError(
            f"expected vents on other faces than the inlet, got {inlet} as both; leave it out of the vents."
        )
    if gas not in ("trapped", "dissolves"):
        raise InputError(f"expected gas that is trapped or dissolves, got {gas!r}; choose one of the two.")
    if not 0 < change < 1 or not 0 < tolerance < 1:
        raise InputError(
            f"expected change and tolerance between 0 and 1, got {change} and {tolerance}; 0.2 and 1e-2 "
            "are the defaults."
        )


def _from_inlet(array, inlet):
    """Turn an array so that the inlet is its first layer along its first axis."""
    axis, end = face_position(inlet)
    turned = np.moveaxis(np.asarray(array), axis, 0)
    return np.ascontiguousarray(turned[::-1] if end else turned)


def _to_grid(array, inlet):
    """Undo _from_inlet, as float32."""
    axis, end = face_position(inlet)
    return np.ascontiguousarray(np.moveaxis(array[::-1] if end else array, 0, axis), np.float32)


def _openings(shape, vents):
    """Mark the voxels at the vents."""
    marks = np.zeros(shape, bool)
    for vent in vents:
        axis, end = face_position(vent)
        marks[(slice(None),) * axis + (end,)] = True
    return marks
