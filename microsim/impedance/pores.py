"""Impedance of the pore network: diffusion through it, or charging of the double layer on its walls.

    inert walls          i omega theta c = div(D grad c),   no flux through the walls
    double-layer walls   div(kappa grad phi) = 0,           -kappa dphi/dn = i omega C phi on the walls

    1 at the entrance face; at the far end 0 (open) or no flux (blocked)
    Z = potential / flux through the entrance, per area of the box: ohm m2, kappa standing for D

Normalised, Z~ = Z kappa / L, and over omega / omega_c, it depends on the image alone:

    inert          omega_c = D / L^2
    double layer   omega_c = kappa eps / (a C L^2),   a: area of the walls per volume of the box

Exact for a full block, s = sqrt(i omega / omega_c): open tanh(s) / s, blocked coth(s) / s. The real part for
omega -> 0 gives the tortuosity factor, open: tau = eps Z~; blocked: tau_e = 3 eps Re Z~.

Sources: Cooper, Bertei, Finegan, Brandon, Electrochim. Acta 251 (2017) 681 (diffusion impedance of an image);
Nguyen et al., npj Comput. Mater. 6 (2020) 123 (electrode tortuosity factor).
"""

import time
from dataclasses import dataclass

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError
from ..mesh.grid import both_sides
from ..mesh.morphology import face_area_factors
from ..mesh.percolation import connected_to
from ..numerics.backend import kernels
from ..numerics.frequency_response import FrequencyResponse, System
from ..numerics.graph import voxel_graph
from ..transport.tortuosity import check_transport, conductivity_table

WRAP = 6  # voxels taken over from the opposite side of a periodic box before its surface is smoothed


@dataclass(frozen=True)
class PoreElectrolyte:
    """diffusivity (m2 s-1), conductivity (S m-1), capacitance of the walls (F m-2) where a phase's relative
    value is 1.

    Between inert walls the conductivity only gives Z its unit: F^2 D c / (R T) is that of an ideal solution.
    """

    diffusivity: float = 3e-10
    conductivity: float = 1.0
    capacitance: float = 0.1


@dataclass(frozen=True)
class PoreImpedance:
    """freq (Hz); Z (ohm m2, complex); Z_normalised = Z kappa / L; omega_c (rad s-1);
    R_dc (ohm m2), R_dc_normalised: real part for omega -> 0, None if the far end is open and nothing gets
    there; tau from it (see the module); capacitance: what a blocked end charges, per area of the box (F m-2);
    eps: total fraction of the conducting phases; mean: the same, each phase times its conductivity along the
    axis; eps_connected: part of the box connected to the entrance;
    area_per_volume: of the walls with a double layer (m-1), area_connected: of those that it reaches;
    resolved_up_to (Hz): where diffusion gets one voxel far, beyond which the voxels decide;
    error: bound of the relative error of Z (blocked: of Z less its capacitive part) on these voxels, at the
    frequencies where it is likely largest, None without frequencies;
    length of the box (m); solves, iterations: linear systems and conjugate gradient steps in all; seconds."""

    freq: np.ndarray
    Z: np.ndarray
    Z_normalised: np.ndarray
    omega_c: float
    R_dc: float | None
    R_dc_normalised: float | None
    tau: float | None
    capacitance: float
    eps: float
    mean: float
    eps_connected: float
    area_per_volume: float
    area_connected: float
    resolved_up_to: float
    error: float | None
    length: float
    solves: int
    iterations: int
    seconds: float
    voxels_deep: int

    @property
    def voxel_error(self):
        """Estimate the relative error of Z at each frequency from the width of the voxels, n of them deep.

            |sqrt(1 + i omega h^2 / 4 D) - 1|,   h^2 / D = 1 / (omega_c n^2)

        Exact in straight pores of inert walls whose far end is out of reach, and of the way along others:
        each voxel is a T, two halves of h / D around what it stores, and the ladder of them has
        Z sqrt(1 + i omega h^2 / 4 D) for Z = 1 / sqrt(i omega D).
        """
        omega = 2 * np.pi * self.freq / self.omega_c
        return np.abs(np.sqrt(1 + 1j * omega / (2 * self.voxels_deep) ** 2) - 1)


def solve_impedance(
    grid,
    conducting,
    axis,
    freq,
    *,
    ends="open",
    walls="inert",
    electrolyte=PoreElectrolyte(),
    relative=False,
    storage=None,
    reactive=None,
    sides="no-flux",
    area_correction=True,
    half_cells=True,
    tolerance=1e-4,
    progress=None,
):
    """Compute the impedance of the conducting phases along one axis, seen from its first end face.

    grid: VoxelGrid; conducting: {phase: conductivity or diffusivity relative to the electrolyte's, one number
    or three for x, y, z}; axis: 0, 1, 2; freq: frequencies (Hz), or with `relative` omega / omega_c; none
    gives the low-frequency limit alone; ends: "open" or "blocked" far end; walls: "inert" or "double-layer";
    storage: {phase: porosity}, default 1 (inert walls); reactive: phases whose surface carries the double
    layer, default all that do not conduct; sides: "no-flux" (or "mirror") or "periodic"; area_correction:
    voxel faces count with the area of the smooth surface they stand for; half_cells: the half voxel before a
    wall conducts (second order; without it the wall has the potential of the voxel's centre); tolerance:
    bound of the relative error of Z. Returns PoreImpedance. Raises InputError, or NotConverged with the
    history.
    """
    begun = time.perf_counter()
    _check(grid, conducting, ends, walls, storage or {}, reactive or (), electrolyte, sides, tolerance)
    box = _Box.of(grid, conducting, axis, ends, sides == "periodic")
    if walls == "double-layer":
        faces, area = _wall_faces(box, grid, reactive, area_correction)
        system = _wall_system(box, faces, area, half_cells)
        connected = _area(box, [count * box.mask for count in faces])
        omega_c = electrolyte.conductivity * box.mean / (area * electrolyte.capacitance * box.length**2)
    else:
        system, area, connected = _diffusion_system(box, grid, storage or {}), 0.0, 0.0
        omega_c = electrolyte.diffusivity / box.length**2
    omega, entrance = (
        _frequencies(freq) * (1.0 if relative else 2 * np.pi / omega_c),
        _Entrance(system, box.shape),
    )
    error = entrance.solve(omega, tolerance, progress)
    return PoreImpedance(
        **_figures(box, entrance, omega, omega_c, box.length / electrolyte.conductivity),
        omega_c=omega_c,
        area_per_volume=area,
        area_connected=connected,
        error=error,
        length=box.length,
        solves=len(entrance.response.shifts),
        iterations=sum(entrance.response.iterations),
        seconds=time.perf_counter() - begun,
        voxels_deep=box.shape[0],
    )


def _figures(box, entrance, omega, omega_c, unit):
    """Return the figures of the solved system in the units of PoreImpedance; unit: L / kappa (ohm m2)."""
    Z, R = entrance.impedance(1j * omega), entrance.dc_resistance(box.open)
    return {
        "freq": omega * omega_c / (2 * np.pi),
        "Z": Z * unit,
        "Z_normalised": Z,
        "R_dc": None if R is None else R * unit,
        "R_dc_normalised": R,
        "tau": None if R is None else box.mean * R * (3 if entrance.blocked else 1),
        "capacitance": entrance.capacity / (unit * omega_c),
        "eps": float(box.conducting.mean()),
        "mean": box.mean,
        "eps_connected": float(box.mask.mean()),
        "resolved_up_to": omega_c * box.shape[0] ** 2 / (2 * np.pi),
    }


def electrode_tortuosity(grid, conducting, axis, **options):
    """Compute the electrode tortuosity factor tau_e = 3 eps kappa Re Z / L for omega -> 0 from one real
    solve.

    Where the walls charge, Z = 1 / (i omega Q) + R + O(omega), Q = sum b, R = b . K^-1 b / Q^2 (b:
    capacitance of the walls of each cell): R is an energy, and its error the square of that of the solution.
    Arguments as for `solve_impedance`. Source: Nguyen et al. 2020 (see the module).
    """
    return solve_impedance(grid, conducting, axis, (), ends="blocked", walls="double-layer", **options).tau


def _check(grid, conducting, ends, walls, storage, reactive, electrolyte, sides, tolerance):
    check_transport(conducting, tolerance, sides)
    for what, given, known in (
        ("ends", ends, ("open", "blocked")),
        ("walls", walls, ("inert", "double-layer")),
    ):
        if given not in known:
            raise InputError(
                f"expected {what} {known[0]} or {known[1]}, got {given!r}; choose one of the two"
            )
    if not 1e-6 <= tolerance <= 0.1:
        raise InputError(f"expected a tolerance from 1e-06 to 0.1, got {tolerance}; 1e-4 is the default")
    if not min(electrolyte.diffusivity, electrolyte.conductivity, electrolyte.capacitance) > 0:
        raise InputError(
            f"expected an electrolyte with coefficients above 0, got {electrolyte}; correct them"
        )
    for name in (*conducting, *storage, *reactive):
        grid.code(name)
    if any(not np.all(conducting.get(name, 0)) or not 0 < value <= 1 for name, value in storage.items()):
        raise InputError(
            f"expected storage above 0 and up to 1 for conducting phases, got {storage}; give for "
            "example cbd=0.47"
        )
    if storage and walls != "inert":
        raise InputError(
            "expected storage with inert walls, got double-layer walls; leave one of the two out"
        )
    if any(np.any(conducting.get(name, 0)) for name in reactive):
        raise InputError(
            f"expected reactive phases that do not conduct, got {', '.join(reactive)}; name others"
        )


def _frequencies(freq):
    freq = np.atleast_1d(np.asarray(freq, float))
    if freq.ndim != 1 or not np.all(np.isfinite(freq)) or np.any(freq <= 0):
        raise InputError(f"expected a list of frequencies above 0, got {freq}; R_dc is what zero stands for")
    return freq


@dataclass(frozen=True)
class _Box:
    """The volume with its axis in front. mask: conducting cells that are connected to the entrance;
    conducting: all that conduct; phase, h: of the grid; table [phase, axis]: relative conductivities; mean:
    the sum of the phases' fractions, each times its conductivity along the axis."""

    mask: np.ndarray
    conducting: np.ndarray
    phase: np.ndarray
    table: np.ndarray
    h: np.ndarray
    mean: float
    open: bool
    periodic: bool

    @classmethod
    def of(cls, grid, conducting, axis, ends, periodic):
        order = [axis, *(a for a in range(3) if a != axis)]
        phase = np.ascontiguousarray(np.moveaxis(grid.phase, axis, 0))
        table = conductivity_table(grid, conducting)[:, order]
        everywhere = (table[:, 0] > 0)[phase]
        reached = connected_to(
            everywhere, "separator", periodic_sides=periodic
        )  # face 0 of the axis in front
        if not reached.any():
            raise InputError(
                f"expected {', '.join(conducting)} at the entrance face of axis {AXES[axis]}, got none "
                "there; name another axis or other phases"
            )
        mean = sum(grid.fraction(name) * table[grid.code(name), 0] for name in conducting)
        return cls(
            reached,
            everywhere,
            phase,
            table,
            np.array(grid.voxel_size)[order],
            float(mean),
            ends == "open",
            periodic,
        )

    @property
    def shape(self):
        return self.mask.shape

    @property
    def length(self):
        return float(self.shape[0] * self.h[0])


def _system(box, storage):
    """The box as a System: conductances in units of kappa A / h of a voxel along the axis, times in 1 /
    omega_c.

    storage: {lag: dense array, what each cell stores behind that lag}.
    """
    graph = voxel_graph(box.mask, [np.full(n, width) for n, width in zip(box.shape, box.h)], box.periodic)
    kind, shape, weight = graph.gather(box.phase), (box.h[0] / box.h) ** 2, np.empty(0)
    if not np.allclose(
        box.table[np.unique(kind)] * shape, 1, rtol=1e-12
    ):  # else all links are 1: none to store
        weight = np.empty(graph.neighbour.size)
        kernels.links.voxel_links(graph.indptr, graph.neighbour, graph.face, kind, box.table, shape, weight)
    x, ends = graph.position[:, 0], 2 * box.table[kind, 0]
    low, high = (np.where(x == end, ends, 0.0) for end in (0, box.shape[0] - 1))
    blocked = not (box.open and high.any())
    conductivity = box.table.mean(axis=1)[kind]
    return System(
        graph,
        weight,
        low,
        np.zeros(graph.n) if blocked else high,
        np.stack([graph.gather(part) for part in storage.values()]),
        np.array(list(storage)),
        None if blocked else low,
        conductivity if np.ptp(conductivity) > 0 else None,
    )


def _diffusion_system(box, grid, storage):
    """Each cell stores theta times its volume."""
    return _system(box, {0.0: _by_phase(grid, storage, 1.0)[box.phase] / box.shape[0] ** 2})


def _by_phase(grid, values, default):
    table = np.full(len(grid.names), default)
    for name, value in values.items():
        table[grid.code(name)] = value
    return table


def _wall_system(box, faces, area, half_cells):
    """Each wall face stores its area's capacitance, behind half a voxel of its cell: admittance
    i omega C A / (1 + lag i omega), lag = C h / (2 kappa)."""
    unit = box.mean / (area * box.length**2)  # omega_c C / kappa
    storage = {}
    for axis, count in enumerate(faces):
        kappa = box.table[:, axis] if half_cells else np.where(box.table[:, axis] > 0, np.inf, 0)
        for value in np.unique(kappa[kappa > 0]):
            lag = float(unit * box.h[axis] / (2 * value))
            stored = np.where((kappa == value)[box.phase], count * (unit * box.h[0] ** 2 / box.h[axis]), 0)
            storage[lag] = storage.get(lag, 0) + stored
    return _system(box, storage)


def _wall_faces(box, grid, reactive, corrected):
    """Count the wall faces of each conducting voxel along each axis, corrected each for its share of true
    area.

    Returns three arrays [x, y, z] and the area of all walls per volume of the box (m-1).
    """
    reactive = _by_phase(grid, dict.fromkeys(reactive or grid.names, 1.0), 0.0)[box.phase] > 0
    margin = [(0, 0)] + [(WRAP if box.periodic else 0,) * 2] * 2
    conducting, walls = (
        np.pad(mask, margin, "wrap") for mask in (box.conducting, reactive & ~box.conducting)
    )
    factors = face_area_factors(conducting, box.h) if corrected else (np.float32(1),) * 3
    inner = tuple(slice(before, before + n) for (before, _), n in zip(margin, box.shape))
    counts = []
    for axis in range(3):
        count = np.zeros(conducting.shape, np.float32)
        pairs = zip(both_sides(count, axis), both_sides(conducting, axis), reversed(both_sides(walls, axis)))
        for here, inside, wall in pairs:
            here += factors[axis] * (inside & wall)
        counts.append(count[inner])
    area = _area(box, counts)
    if area == 0:
        raise InputError(
            "expected walls for the double layer, got none; name phases beside the conducting ones"
        )
    return counts, area


def _area(box, counts):
    """Area per volume of the box (m-1) of wall faces counted along each axis."""
    return float(sum(count.sum(dtype=float) / h for count, h in zip(counts, box.h)) / box.mask.size)


class _Entrance:
    """What the entrance face of a System sees, in units of L / kappa and 1 / omega_c.

    Open:     A u = g (1 at the entrance),                 Y = sum(g) - g . A^-1 g
    Blocked:  A v = b, v = 1 - u the drop from there,      Y = sum(b) - b . A^-1 b,  b = sum_c d_c B_c 1
    """

    def __init__(self, system, shape):
        self.response = FrequencyResponse(system)
        self.blocked = system.source is None
        self.total = system.low.sum()
        self.stored, self.lag = system.storage.sum(axis=1), system.lag
        self.unit = shape[0] / (shape[1] * shape[2])

    @property
    def capacity(self):
        return float(self.stored.sum() * self.unit)

    def solve(self, omega, tolerance, progress):
        """Make the response good at all omega; return the bound of the relative error, None without
        frequencies."""
        if omega.size == 0:
            self.response.add(0.0, self._scale, 0.1 * tolerance)
            return None
        return self.response.reach(omega.min(), omega.max(), self._scale, tolerance, progress=progress)

    def _admittance(self, s, G):
        if not self.blocked:
            return self.total - G
        return s * (self._charging(s) - s * G)

    def _charging(self, s):
        """sum(b) / s"""
        return self.stored @ (1 / (1 + np.multiply.outer(self.lag, s)))

    def _scale(self, s, G):
        """The error of G that changes Z, less the capacitive part 1 / (s Q) of a blocked end, by as much as
        that is: |Y| for an open end, |Y^2 / s^2 (1 / Y - 1 / (s Q))| for a blocked one."""
        if not self.blocked:
            return np.abs(self.total - G)
        delayed = (self.stored * self.lag) @ (1 / (1 + np.multiply.outer(self.lag, s)))
        return np.abs((self._charging(s) - s * G) * (delayed + G)) / self.stored.sum()

    def impedance(self, s):
        return 1 / (self._admittance(s, self.response(s)) * self.unit) if s.size else np.empty(0, complex)

    def dc_resistance(self, asked_open):
        """Real part for omega -> 0; None where the far end is open and out of reach."""
        G = self.response(0.0)[0]
        if not self.blocked:
            return float(1 / ((self.total - G) * self.unit))
        return (
            None if asked_open else float((G + self.lag @ self.stored) / self.stored.sum() ** 2 / self.unit)
        )
