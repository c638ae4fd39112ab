"""Where the voltage goes: the cell voltage as that of its electrodes' mean lithiation less losses that sum to
the whole.

Along the path of a current through one reactive face (see halfcell for the unknowns, kinetics for the face)

    V = U(x_f) + eta + j R_film + (j r_s - phi) + (psi + j r_e) + W(c_f)    a face of the electrode
    0 = the same sum, with U = 0 and phi = 0 where it is lithium metal      a face of the counter electrode

r_s, r_e: the half cells beside the face; x_f, c_f: lithiation and concentration at it. Each line holds at
each face, so a mean over the faces of either electrode with any weights gives V exactly, and so do the
differences of the means:

    V = U_mean - sum of the parts,   U_mean: the potential to which the electrodes would relax

The weights are the faces' currents, w = A j / sum(A j). Then, because charge is conserved in every cell, the
ohmic parts are the power lost over the current, (1/I) sum of i^2 R over links and half cells, and the
concentration part is (1/I) times the work of the current against W: the polarisation of Nyman, Zavalis,
Elger, Behm and Lindbergh, J. Electrochem. Soc. 157 (2010) A1236, eqs. 13 to 19, on the cells of a mesh. Where
no current passes, or little against what flows between parts of the electrode, the currents do not sum to
weights, and areas take their place.
"""

from dataclasses import dataclass

import numpy as np

from ..cell.kinetics import end_potential
from ..cell.spheres import joined_cells
from .utilisation import cells_taking_part

AGREE = 0.25  # share of the currents' sizes that their sum must reach for them to be the weights
LEAST = 1e-5  # and of the largest current of the protocol: below, the currents are what Newton leaves


@dataclass(frozen=True)
class Losses:
    """The parts (V, above zero where they take from a discharge) of U_mean - V; weights: "current" or
    "area"."""

    open_circuit: float
    voltage: float
    parts: dict
    weights: str

    @property
    def total(self):
        """U_mean - V."""
        return self.open_circuit - self.voltage

    @property
    def miss(self):
        """By how much the parts miss the total (V)."""
        return sum(self.parts.values()) - self.total


class VoltageSplit:
    """Split the voltage of a cell at any of its states.

    cell: HalfCell. particle: which particle each lithium cell is of, numbers from 0 [mesh.solid.n]; None:
    resolved cells that lithium's links join are one particle, and so are the shells of a voxel of a
    homogenised electrode. takes_part: what cells_taking_part finds, where that is known.
    """

    def __init__(self, cell, particle=None, takes_part=None):
        self.cell = cell
        self.particle = joined_cells(cell.mesh.solid) if particle is None else np.asarray(particle)
        # what no path of lithium joins to a face stays as it is for ever and sets no potential
        self.takes_part = cells_taking_part(cell) if takes_part is None else takes_part
        self.of_faces = self.particle[cell.mesh.faces.solid]

    @property
    def capacity(self):
        """Charge that fills each cell whose lithium has a way to a face (C), else 0."""
        return np.where(self.takes_part, self.cell.capacity, 0.0)

    def __call__(self, solved):
        """Return the Losses of a Solved state, for the currents that solve its faces."""
        cell, u = self.cell, self.cell.state(solved.x)
        chain, counter_chain, weights = self._chains(solved)
        mine, other, kind = _weighted(*weights, LEAST * solved.step.scale_current)
        front = _mean(chain, mine)
        back = _mean(chain if counter_chain is None else counter_chain, other)
        rest = [
            rest_potential(cell, u.sto, self.capacity * side)
            for side in (cell.positive_cells, ~cell.positive_cells)
        ]
        W_0 = float(cell.W(np.array(cell.design.c_e_0)))
        parts = {
            "kinetic": -front["eta"],
            "film": back["film"] - front["film"],
            "electrolyte_ohmic": back["electrolyte"] - front["electrolyte"],
            "electrolyte_concentration": W_0 - front["W"],
            "solid_diffusion": front["U_particle"] - front["U"],
            "particle_spread": rest[0] - front["U_particle"],
            "electronic": -front["solids"],
            "counter_kinetic": back["eta"],
            "counter_concentration": back["W"] - W_0,
            "counter_solid_diffusion": back["U"] - rest[1],
            "counter_electronic": back["solids"],
        }
        return Losses(rest[0] - rest[1], float(u.V[0]), {name: float(v) for name, v in parts.items()}, kind)

    def _chains(self, solved):
        """Return the drops at each face of both electrodes, those of a metal counter electrode (or None), and
        what the weights are made of: (A j, A) of the electrode and of the counter electrode, zero on the
        other's faces.
        """
        cell, faces = self.cell, self.cell.mesh.faces
        at, of_faces, of_counter = cell.responses(solved)
        # where a current sets in, a double layer passes 0.1 A m-2 for each uV by which a new solution differs
        j = (solved if solved.step.layer else at).interfaces.j
        area, current = faces.area, faces.area * j[cell.on_faces]
        mine, other = ((current * side, area * side) for side in (cell.in_positive, 1 - cell.in_positive))
        chain = self._chain(at, of_faces)
        if not at.counter:
            return chain, None, (mine, other)
        other = cell.counter_area * j[cell.on_counter], cell.counter_area
        return chain, self._counter_chain(at, of_counter), (mine, other)

    def _chain(self, at, response):
        """Drops at each face; at: the Point, response: of the faces there."""
        cell, faces, u, j, reaction = self.cell, self.cell.mesh.faces, at.u, at.faces.j, at.faces.reaction
        e, s = faces.ionic, faces.electronic
        beside = cell.beside(u, at.coefficients.D_s, at.step)
        U = _potential(cell.at_faces, beside + reaction * response.drops.sto)
        return {
            "U": U,
            "U_particle": _potential(cell.at_faces, self._particle_means(u.sto)[self.of_faces]),
            "eta": response.v - U,
            "film": j * at.step.R_film,
            "solids": j * faces.share * faces.half_electronic / cell.mesh.sigma[s] - u.phi[s],
            "electrolyte": j * faces.share * faces.half_ionic / at.coefficients.kappa[e] + u.psi[e],
            "W": cell.W(_concentration(u.c_e[e] + reaction * response.drops.c_e)),
        }

    def _counter_chain(self, at, response):
        """Drops at each face of a metal counter electrode."""
        cell, e, u = self.cell, self.cell.mesh.counter, at.u
        drops = {
            "eta": response.v,
            "electrolyte": at.counter.j * response.drops.resistance + u.psi[e],
            "W": cell.W(_concentration(u.c_e[e] + at.counter.reaction * response.drops.c_e)),
        }
        return drops | dict.fromkeys(("U", "U_particle", "film", "solids"), np.zeros(e.size))

    def _particle_means(self, sto):
        """Mean lithiation of each particle."""
        held = np.bincount(self.particle, self.cell.capacity)
        return np.bincount(self.particle, self.cell.capacity * sto) / np.maximum(held, 1e-300)


def rest_potential(cell, sto, capacity):
    """Return the potential (V) at which cells of given capacity (C) would come to rest, 0 where there are
    none.

    One active material: U at its mean lithiation. Several: the E at which they hold, together, the lithium
    they hold.
    """
    of, used = cell.mesh.material, np.unique(cell.mesh.material[capacity > 0])
    if used.size == 0:
        return 0.0
    held = [capacity * (of == k) for k in used]
    means = np.array([part @ sto / part.sum() for part in held])
    at_mean = np.array(
        [_potential(cell.mesh.materials[k], mean) for k, mean in zip(used, means)], float
    ).ravel()
    if np.ptp(at_mean) == 0:
        return float(at_mean[0])
    tables = [
        np.unique(np.append(np.linspace(0, 1, 4001)[1:-1], mean)) for mean in means
    ]  # exact where a material is now
    falling = [
        np.minimum.accumulate(_potential(cell.mesh.materials[k], table)) for k, table in zip(used, tables)
    ]
    share = np.array([part.sum() for part in held]) / capacity.sum()

    def surplus(E):
        found = [np.interp(-E, -U, table) for U, table in zip(falling, tables)]
        return share @ (np.array(found) - means)

    low, high = at_mean.min(), at_mean.max()
    if surplus(low) <= 0:  # at rest already, to round-off
        return float(low)
    if surplus(high) >= 0:
        return float(high)
    from scipy.optimize import brentq

    return float(brentq(surplus, low, high))


def _potential(material, sto):
    """U with what the kinetics add at the ends of sto (V)."""
    x = np.clip(sto, 1e-6, 1 - 1e-6)
    return material.U(x) + end_potential(x)[0]


def _concentration(c_e):
    return np.maximum(c_e, 1e-3)


def _weighted(mine, other, least):
    """Return weights on the faces of both electrodes that sum to 1, of (A j, A) of each, and what they
    are."""
    if all(abs(current.sum()) > max(AGREE * np.abs(current).sum(), least) for current, _ in (mine, other)):
        return mine[0] / mine[0].sum(), other[0] / other[0].sum(), "current"
    return mine[1] / mine[1].sum(), other[1] / other[1].sum(), "area"


def _mean(chain, weights):
    return {name: float(weights @ values) for name, values in chain.items()}
