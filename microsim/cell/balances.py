"""The half cell: its balances and their linearisation. Read `HalfCell.residual` first.

Unknowns, one flat vector: psi (ionic cells), phi (electronic cells), V, sto (active cells), c_e (ionic
cells).

    psi = phi_e - W(c_e)      what a lithium reference electrode reads; i_e = -beta kappa grad psi
    phi = phi_s - V           electronic potential against its own collector; V is the cell voltage

Both choices remove round-off and coupling: salt gradients enter psi only through the kinetics, and the
electronic drops (1e-5 to 1e-2 V) are not taken as differences of 4 V. The counter electrode's metal is the
zero of potential; in a counter slab phi = phi_s. Every row is a current in A; an outflow is positive.
"""

from dataclasses import dataclass

import numpy as np

from ..base.constants import F
from ..numerics.links import Links
from .design import CellDesign
from .electrodes import Lithium, mixed
from .jacobian import Jacobian
from .kinetics import Drops, concentration_potential, face_current, face_response
from .mesh import HalfCellMesh
from .preconditioner import Preconditioner

LEAP = 0.3  # V that a potential may move in one step of Newton


@dataclass(frozen=True)
class State:
    """Views into the flat vector of unknowns."""

    psi: np.ndarray
    phi: np.ndarray
    V: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray


@dataclass(frozen=True)
class Control:
    """What is held: "current" (A, discharge > 0), "voltage" (V) or "power" (W, discharge > 0)."""

    kind: str
    value: float


class HalfCell:
    """Residual, Jacobian and preconditioner of one implicit time step of the cell."""

    def __init__(self, mesh: HalfCellMesh, design: CellDesign, R_film):
        self.mesh, self.design, self.R_film = mesh, design, R_film
        self.T, self.electrolyte = design.temperature, design.electrolyte
        self.in_cells, self.at_faces = (
            mixed(mesh.materials, of) for of in (mesh.material, mesh.material[mesh.faces.solid])
        )
        self.c_s_max = self.in_cells.c_s_max + np.zeros(mesh.solid.n)
        self.W = concentration_potential(design.electrolyte, self.T)
        self.counter = Lithium(design.counter_electrode) if mesh.counter.size else None
        self.ionic, self.salt = Links(mesh.ionic), Links(mesh.ionic)
        self.t_plus_varies = callable(self.electrolyte.t_plus)
        self.migration = Links(mesh.ionic) if self.t_plus_varies else None
        self.electronic, self.solid = Links(mesh.electronic), Links(mesh.solid)
        self.electronic.set(mesh.sigma)
        if design.contact_resistance or design.contact_lost:
            self.electronic.resist(mesh.additive, design.contact_resistance, design.contact_lost)
        self.n = (mesh.ionic.n, mesh.electronic.n, 1, mesh.solid.n, mesh.ionic.n)
        self.ends = np.cumsum(self.n)
        self.salt_volume = mesh.eps * mesh.ionic.volumes()
        self.solid_volume = mesh.solid.volumes()
        self.capacity = F * self.c_s_max * self.solid_volume  # of each cell, C
        self.collector_conductance = mesh.sigma[mesh.collector] * _end_conductance(
            mesh.electronic, mesh.collector, -1
        )
        self.counter_conductance = mesh.sigma[mesh.counter_collector] * _end_conductance(
            mesh.electronic, mesh.counter_collector, 0
        )
        self.counter_area = _end_area(mesh.ionic, mesh.counter)
        self.lift = mesh.positive[mesh.faces.electronic].astype(float)  # faces whose phi_s contains V
        self.positive_cells = np.zeros(mesh.solid.n, bool)
        self.positive_cells[:] = mesh.positive[mesh.solid_to_electronic]
        self.j = np.zeros(mesh.faces.area.size)
        self.j_counter = np.zeros(mesh.counter.size)
        # voltages across the interfaces as last solved, those of the counter electrode last; their double
        # layer, see step
        self.v, self.layer = np.zeros(self.j.size + self.j_counter.size), None
        self.scale_current = (
            mesh.area
        )  # what residuals are held against (A); the experiment sets it to its current
        self.counter_slopes, self.jacobian, self.precondition_with = (
            None,
            Jacobian(self),
            Preconditioner(self),
        )

    # -- the unknowns ----------------------------------------------------------------------------------------

    @property
    def active(self):
        """The first active material of the electrode."""
        return self.mesh.materials[0]

    def state(self, x):
        """Return the fields of a flat vector as views."""
        return State(*np.split(x, self.ends[:-1]))

    def vector(self, psi, phi, V, sto, c_e):
        """Return the flat vector of the given fields (arrays or numbers)."""
        return np.concatenate(
            [np.broadcast_to(value, n) for value, n in zip((psi, phi, V, sto, c_e), self.n)]
        )

    # -- one time step ---------------------------------------------------------------------------------------

    def step(self, formula, past_sto, past_c_e, control, layer=None):
        """Set the step to solve: BDF formula, past values of sto and c_e, the Control (a number is a
        current), and the double layer's a and b in j = j_r + a v + b (see kinetics), b on the faces and then
        on the counter electrode.
        """
        self.layer = layer
        self.formula, self.past_sto, self.past_c_e = formula, past_sto, past_c_e
        self.control = control if isinstance(control, Control) else Control("current", float(control))
        self.precondition_with.stale = True

    def current(self, x):
        """Return the current out of the collector (A, discharge > 0)."""
        return float(self.collector_conductance @ self.state(x).phi[self.mesh.collector])

    def _miss(self, current, V):
        """By how much the control is missed, as a current; and its slopes with the current and with V."""
        kind, value = self.control.kind, self.control.value
        if kind == "voltage":
            stiffness = self.scale_current / 0.01  # 10 mV off count as all of the current
            return stiffness * (V - value), 0.0, stiffness
        if kind == "power":
            return current - value / V, 1.0, value / V**2
        return current - value, 1.0, 0.0

    def residual(self, x):
        """Return the imbalance of every cell (A): the equations of docs/method.md, one balance a line."""
        u, faces = self.state(x), self.mesh.faces
        self._set_coefficients(u)
        current = self._face_current(u)
        A_j = faces.area * current.j
        into_electrolyte = np.bincount(faces.ionic, A_j, self.n[0])
        if self.counter:
            into_electrolyte[self.mesh.counter] += self.counter_area * self._counter_current(u).j
        out_of_collector = self.collector_conductance * u.phi[self.mesh.collector]
        dsto_dt = (self.formula.alpha * u.sto + self.past_sto) / self.formula.dt
        dc_e_dt = (self.formula.alpha * u.c_e + self.past_c_e) / self.formula.dt

        charge_e = self.ionic.outflow(u.psi) - into_electrolyte
        charge_s = self.electronic.outflow(u.phi) + np.bincount(faces.electronic, A_j, self.n[1])
        charge_s[self.mesh.collector] += out_of_collector
        charge_s[self.mesh.counter_collector] += self.counter_conductance * u.phi[self.mesh.counter_collector]
        constraint = self._miss(out_of_collector.sum(), u.V[0])[0]
        lithium = (
            self.capacity * dsto_dt
            + F * self.c_s_max * self.solid.outflow(u.sto)
            + np.bincount(faces.solid, faces.area * current.reaction.j, self.n[3])
        )
        salt = (
            F * (self.salt_volume * dc_e_dt + self.salt.outflow(u.c_e)) - (1 - self.t_plus) * into_electrolyte
        )
        if self.t_plus_varies:  # div(t_plus i_e) over the faces, in place of t_plus div(i_e)
            salt += self._carried().outflow(u.psi) - self.t_plus * into_electrolyte
        return np.concatenate([charge_e, charge_s, [constraint], lithium, salt])

    def balance(self, x):
        """Return x with psi, V, sto and c_e each shifted by one number so that the wholes are kept to
        round-off.

        Newton leaves up to its tolerance in every sum; over many steps, and over long rests, that would add
        up. One Newton step on the sums: face currents of the electrode = -I, those of the counter electrode =
        I, then lithium (of each electrode), then salt.
        """
        rate = self.formula.alpha / self.formula.dt
        for _ in range(3):  # where material is full one step of Newton leaves 1e-6 of the current
            x, change = self._balance_charge(x)
            if change < 1e-12:
                break
        R = self.state(self.residual(x))
        d_sto = np.zeros(self.n[3])
        for cells in (self.positive_cells, ~self.positive_cells):
            if cells.any():
                d_sto[cells] = -R.sto[cells].sum() / (rate * self.capacity[cells].sum())
        d_c_e = -R.c_e.sum() / (F * rate * self.salt_volume.sum())
        return x + self.vector(0.0, 0.0, 0.0, d_sto, d_c_e)

    def _balance_charge(self, x):
        """Return x with V and psi shifted so that both electrodes pass the current, and the larger shift
        (V)."""
        V = self.state(x).V[0]
        (total, slope), (total_counter, slope_counter) = self._electrode_currents(self.state(x))
        if self.control.kind == "voltage":
            d_V, d_psi = self.control.value - V, (total + total_counter) / (slope + slope_counter)
        else:
            current = self.control.value / (V if self.control.kind == "power" else 1.0)
            d_psi = (total_counter - current) / slope_counter
            d_V = d_psi - (total + current) / slope
        return x + self.vector(d_psi, 0.0, d_V, 0.0, 0.0), max(abs(d_V), abs(d_psi))

    def _electrode_currents(self, u):
        """Return sum of A j and of A dj/dphi_s over the electrode and over the counter electrode (A, A
        V-1)."""
        j, area = self._face_current(u), self.mesh.faces.area
        sums = [((share * area) @ j.j, (share * area) @ j.dphi) for share in (self.lift, 1 - self.lift)]
        if self.counter:
            j = self._counter_current(u)
            sums[1] = (self.counter_area @ j.j, self.counter_area @ j.dphi)
        return sums

    def stored(self):
        """Return the charge in the double layer of the electrode and of the counter electrode (C)."""
        C, v = self.design.double_layer, self.v
        if not C:
            return np.zeros(2)
        area, n = self.mesh.faces.area, self.j.size
        counter = self.counter_area @ v[n:] if self.counter else ((1 - self.lift) * area) @ v[:n]
        return C * np.array([(self.lift * area) @ v[:n], counter])

    def currents(self):
        """Return the currents across the interfaces of the electrode and of the counter electrode as last
        solved (A)."""
        counter = (
            self.counter_area @ self.j_counter
            if self.counter
            else (1 - self.lift) @ (self.mesh.faces.area * self.j)
        )
        return self.lift @ (self.mesh.faces.area * self.j), counter

    def size(self, R):
        """Return the largest share of the current that any one of the balances misses, cells taken
        absolutely."""
        return max(np.abs(part).sum() for part in np.split(R, self.ends[:-1])) / self.scale_current

    def limit(self, x, dx):
        """Return the share of dx that keeps 0 < sto < 1 and c_e > 0, at most 90 % of the way to a bound, and
        potentials within LEAP of where they were: from full particles, whose current hardly depends on V,
        Newton leaps by kV.
        """
        u, du = self.state(x), self.state(dx)
        share = min(1.0, LEAP / max(np.abs(part).max(initial=1e-30) for part in (du.psi, du.phi, du.V)))
        for value, change, low, high in ((u.sto, du.sto, 0.0, 1.0), (u.c_e, du.c_e, 0.0, np.inf)):
            down, up = change < 0, change > 0
            room = np.concatenate([(low - value[down]) / change[down], (high - value[up]) / change[up]])
            share = min(share, 0.9 * room.min(initial=np.inf))
        return share

    def face_sto(self, x):
        """Return the lithiation at the reactive faces themselves, for the currents solved last."""
        u, faces = self.state(x), self.mesh.faces
        return u.sto[faces.solid] - self.j * faces.share * faces.half_solid / (
            F * self.c_s_max[faces.solid] * self.in_cells.D_s(u.sto, self.T)[faces.solid]
        )

    # -- coefficients ----------------------------------------------------------------------------------------

    def _set_coefficients(self, u):
        """Set beta kappa(c_e), beta D_e(c_e) and D_s(sto) in the cells and on the links."""
        mesh = self.mesh
        self.kappa = mesh.beta * self.electrolyte.kappa(u.c_e, self.T)
        self.D_e = mesh.beta * self.electrolyte.D_e(u.c_e, self.T)
        self.D_s = self.in_cells.D_s(u.sto, self.T) + np.zeros(
            u.sto.shape
        )  # a material may return one number
        self.t_plus = self.electrolyte.value("t_plus", u.c_e, self.T)
        self.ionic.set(self.kappa)
        self.salt.set(self.D_e)
        self.solid.set(self.D_s)

    def _carried(self):
        """Links of the current that cations carry: t_plus of the face times the ionic conductance."""
        links, g = self.ionic, self.mesh.ionic
        rows = np.repeat(np.arange(g.n), np.diff(g.indptr))
        weight = links.weight * (self.t_plus[rows] + self.t_plus[g.neighbour]) / 2
        self.migration.weight = weight
        self.migration.diagonal = np.bincount(rows, weight, g.n)
        return self.migration

    def _face_drops(self, u, R_film):
        """Drops beside the reactive faces, with a film that resists with R_film."""
        faces, mesh = self.mesh.faces, self.mesh
        e, m, s = faces.ionic, faces.solid, faces.electronic
        ohmic = faces.share * (faces.half_ionic / self.kappa[e] + faces.half_electronic / mesh.sigma[s])
        return Drops(
            ohmic + R_film,
            -faces.share * faces.half_solid / (F * self.c_s_max[m] * self.D_s[m]),
            (1 - self.t_plus[e]) * faces.share * faces.half_ionic / (F * self.D_e[e]),
        )

    def _counter_drops(self):
        e, half = self.mesh.counter, self.mesh.ionic.widths[0][0] / 2
        return Drops(half / self.kappa[e], np.zeros(e.size), (1 - self.t_plus[e]) * half / (F * self.D_e[e]))

    def _face_current(self, u):
        faces, e, m = self.mesh.faces, self.mesh.faces.ionic, self.mesh.faces.solid
        phi_s = u.V * self.lift + u.phi[faces.electronic]
        current = face_current(
            phi_s,
            u.psi[e],
            u.sto[m],
            u.c_e[e],
            self._face_drops(u, self.R_film),
            self.at_faces,
            self.W,
            self.T,
            self.j,
            self._layer_of(slice(None, self.j.size)),
        )
        self.j, self.v[: current.j.size] = current.j, current.v
        return current

    def _layer_of(self, part):
        return self.layer and (self.layer[0], self.layer[1][part])

    def _counter_current(self, u):
        e = self.mesh.counter
        current = face_current(
            np.zeros(e.size),
            u.psi[e],
            np.full(e.size, 0.5),
            u.c_e[e],
            self._counter_drops(),
            self.counter,
            self.W,
            self.T,
            self.j_counter,
            self._layer_of(slice(self.j.size, None)),
        )
        self.j_counter, self.v[self.j.size :] = current.j, current.v
        return current

    def responses(self, x):
        """Return how the faces and those of a metal counter electrode (or None) answer to small changes about
        x."""
        u, faces = self.state(x), self.mesh.faces
        self._set_coefficients(u)
        faces_at = face_response(
            self._face_current(u).reaction.j,
            u.sto[faces.solid],
            u.c_e[faces.ionic],
            self._face_drops(u, self.R_film),
            self.at_faces,
            self.W,
            self.T,
        )[0]
        if not self.counter:
            return faces_at, None
        e = self.mesh.counter
        return (
            faces_at,
            face_response(
                self._counter_current(u).reaction.j,
                np.full(e.size, 0.5),
                u.c_e[e],
                self._counter_drops(),
                self.counter,
                self.W,
                self.T,
            )[0],
        )

    # -- linearisation ---------------------------------------------------------------------------------------

    def linearise(self, x, fresh=False):
        """Return (J v, P^-1 v) at x as functions."""
        u = self.state(x)
        self._set_coefficients(u)
        _, self.of_current, self.of_V = self._miss(self.current(x), u.V[0])
        if self.t_plus_varies:
            self._carried()
        self.rate = self.formula.alpha / self.formula.dt
        whole = self._face_current(u)
        self.slopes = whole.slopes()
        if self.counter:
            self.counter_slopes = self._counter_current(u).slopes()[1]
        step = 1e-6
        kappa, D_e = (
            self.mesh.beta * (f((1 + step) * u.c_e, self.T) - f(u.c_e, self.T)) / (step * u.c_e)
            for f in (self.electrolyte.kappa, self.electrolyte.D_e)
        )
        self.jacobian.update(u, (kappa, D_e, (self.in_cells.D_s(u.sto + step, self.T) - self.D_s) / step))
        if (
            self.precondition_with.stale or fresh
        ):  # once a time step: its numbers change little between Newton steps
            self.precondition_with.update()
        return self.jacobian, self.precondition_with


def _end_area(graph, cells):
    return graph.widths[1][graph.position[cells, 1]] * graph.widths[2][graph.position[cells, 2]]


def _end_conductance(graph, cells, line):
    """Face area over half cell length at an end of x (m)."""
    return _end_area(graph, cells) / (graph.widths[0][line] / 2)
