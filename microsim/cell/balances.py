"""The half cell: its balances and their linearisation. Read `HalfCell.residual` first.

Which unknowns there are, and which balance determines each, is said in `unknowns`. Every row is a current in
A; an outflow is positive. A HalfCell never changes: what a time step holds travels in a Step, what was solved
in a Point, its slopes in a Linearisation.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..base.constants import F
from ..numerics.bdf import Bdf
from ..numerics.graph import held_once
from ..numerics.links import Links
from ..numerics.listed import Listed
from ..numerics.ranks import ALONE, Alone
from .contacts import kept_at_collector, with_contacts
from .deposit import add_stored
from .design import CellDesign
from .device import sharing_of
from .electrodes import Lithium, mixed
from .jacobian import Coefficients, Flows, Jacobian, Linearisation
from .kinetics import Drops, FaceCurrent, Sides, concentration_potential, face_current
from .mesh import HalfCellMesh
from .preconditioner import Preconditioner
from .spheres import joined_cells
from .step import Control, Interfaces, Solved, Step
from .unknowns import Balances, State, Unknowns


@dataclass(frozen=True)
class Point(Solved):
    """What was solved at a state: u, its fields; coefficients of the cells and the flows that they make;
    faces: currents across the reactive faces; counter: those of a metal counter electrode, or None."""

    u: State
    coefficients: Coefficients
    flows: Flows
    faces: FaceCurrent
    counter: FaceCurrent | None


@dataclass(frozen=True, eq=False, repr=False)
class HalfCell:
    """Balances of the cell, and their linearisation.

    mesh: cells, links and reactive faces; design: what they are made of; R_film: film on these at the start
    (ohm m2); ranks: that share its work; on_device: whether a device does. The properties are its constants.
    """

    mesh: HalfCellMesh
    design: CellDesign
    R_film: np.ndarray
    ranks: Alone = ALONE
    on_device: bool = False

    @property
    def T(self):
        """Temperature (K)."""
        return self.design.temperature

    @property
    def electrolyte(self):
        """The electrolyte's laws."""
        return self.design.electrolyte

    @cached_property
    def in_cells(self):
        """The active material of each cell that holds lithium, as one."""
        return mixed(self.mesh.materials, self.mesh.material)

    @cached_property
    def at_faces(self):
        """The active material at each reactive face, as one."""
        return mixed(self.mesh.materials, self.mesh.material[self.mesh.faces.solid])

    @cached_property
    def counter(self):
        """The metal of the counter electrode as the kinetics see it; None where it is a slab."""
        return Lithium(self.design.counter_electrode) if self.mesh.counter.size else None

    @cached_property
    def W(self):
        """The part of phi_e that salt gradients cause, a function of c_e (V)."""
        return concentration_potential(self.electrolyte, self.T)

    @cached_property
    def unknowns(self):
        """Where each block of unknowns lies in a flat vector."""
        mesh = self.mesh
        counts = {"ionic": mesh.ionic.n, "electronic": mesh.electronic.n, "solid": mesh.solid.n, "cell": 1}
        return Unknowns(counts)

    @cached_property
    def c_s_max(self):
        """Saturation of each cell that holds lithium (mol m-3)."""
        return np.broadcast_to(self.in_cells.c_s_max, self.mesh.solid.n)

    @cached_property
    def salt_volume(self):
        """Volume of electrolyte in each ionic cell (m3)."""
        return Listed.of(self.mesh.eps * self.mesh.ionic.volumes())

    @property
    def solid_volume(self):
        """Volume of active material in each cell that holds lithium (m3)."""
        return self.mesh.solid.volumes()

    @cached_property
    def capacity(self):
        """Charge that fills each cell that holds lithium (C)."""
        return held_once(F * self.c_s_max * self.solid_volume)

    @cached_property
    def halves(self):
        """What drops across half a cell per A m-2: electronic (ohm m2), lithium times D_s, salt times D_e."""
        faces = self.mesh.faces
        electronic = faces.share * faces.half_electronic / self.mesh.sigma[faces.electronic]
        of_solid = -faces.share * faces.half_solid / (F * self.c_s_max[faces.solid])
        return electronic, of_solid, faces.share * faces.half_ionic / F

    @cached_property
    def ionic_links(self):
        """Links between ionic cells."""
        return Links.of(self.mesh.ionic)

    @cached_property
    def solid_links(self):
        """Links between cells that hold lithium."""
        return Links.of(self.mesh.solid)

    @cached_property
    def electronic(self):
        """Conductances between electronic cells, contacts included (S)."""
        mesh, design = self.mesh, self.design
        return with_contacts(Links.of(mesh.electronic).conducting(mesh.sigma), mesh, design)

    @cached_property
    def electronic_single(self):
        """Electronic conductances, Listed if they are few, and each cell's to a collector (S, float32)."""
        ends = np.zeros(self.mesh.electronic.n, np.float32)
        ends[self.mesh.collector] = self.collector_conductance
        ends[self.mesh.counter_collector] = self.counter_conductance
        return Listed.of(self.electronic.scaled(1.0)), ends

    @cached_property
    def collector_conductance(self):
        """Conductance of each electronic cell at the collector to it (S)."""
        mesh = self.mesh
        return self._to_end(mesh.collector, -1) * mesh.collector_open * kept_at_collector(mesh, self.design)

    @cached_property
    def counter_conductance(self):
        """Conductance of each electronic cell at the counter slab's own collector to it (S)."""
        return self._to_end(self.mesh.counter_collector, 0)

    def _to_end(self, cells, line):
        graph = self.mesh.electronic
        return self.mesh.sigma[cells] * (_end_area(graph, cells) / (graph.widths[0][line] / 2))

    @cached_property
    def counter_area(self):
        """Area of each ionic cell at the metal counter electrode (m2)."""
        return _end_area(self.mesh.ionic, self.mesh.counter)

    @cached_property
    def in_positive(self):
        """1 on faces of the electrode at the collector, whose phi_s contains V; 0 on those of a slab."""
        return self.mesh.positive[self.mesh.faces.electronic].astype(float)

    @cached_property
    def positive_cells(self):
        """Which cells that hold lithium belong to the electrode at the collector."""
        return self.mesh.positive[self.mesh.solid_to_electronic]

    @cached_property
    def apart_cells(self):
        """Which cells that hold lithium have lost all contact since the start."""
        apart = self.mesh.apart
        return np.zeros(self.mesh.solid.n, bool) if apart is None else apart[self.mesh.solid_to_electronic]

    @cached_property
    def pieces_apart(self):
        """Which piece each of these is of, numbers from 0; each keeps its own lithium."""
        return np.unique(joined_cells(self.mesh.solid)[self.apart_cells], return_inverse=True)[1]

    @cached_property
    def sharing(self):
        """Who does the work of a time step."""
        return sharing_of(self)

    @cached_property
    def preconditioner(self):
        """Its solver for potentials, lithium and salt; holds the numbers of a linearisation for a while."""
        return Preconditioner(self)

    @cached_property
    def on_faces(self):
        """The reactive faces in what is kept of the Interfaces, as a slice."""
        return slice(None, self.mesh.faces.area.size)

    @property
    def places(self):
        """Both, in this order."""
        return self.on_faces, self.on_counter

    @cached_property
    def on_counter(self):
        """The metal counter electrode in what is kept of the Interfaces, as a slice."""
        return slice(self.mesh.faces.area.size, None)

    # -- states and steps ------------------------------------------------------------------------------------

    def state(self, x):
        """Return the fields of a flat vector as views."""
        return self.unknowns.state(x)

    def vector(self, **fields):
        """Return the flat vector of the given fields (arrays or numbers), zero where none is given."""
        return self.unknowns.vector(**fields)

    def current(self, x):
        """Return the current out of the collector (A, discharge > 0)."""
        return float(self.collector_conductance @ self.state(x).phi[self.mesh.collector])

    def step(self, formula, states, control, *, R_film=None, scale_current=None, layer=None):
        """Return the Step of a BDF formula after earlier states (flat vectors, newest first).

        control: Control, or a current (A); R_film: that of the start where none is given; scale_current: what
        residuals are held against (A), else 1 A m-2; layer: DoubleLayer or None.
        """
        fields = zip(*map(self.state, states)) if states else [()] * len(self.unknowns.blocks)
        earlier = [values if block.stored else None for block, values in zip(self.unknowns.blocks, fields)]
        control = control if isinstance(control, Control) else Control("current", float(control))
        R_film = self.R_film if R_film is None else R_film
        return Step(formula, State._make(earlier), control, R_film, scale_current or self.mesh.area, layer)

    def at_rest(self, x):
        """Return a state x, at which no current is known yet, as Solved."""
        none = np.zeros(self.mesh.faces.area.size + self.mesh.counter.size)
        step = self.step(Bdf(1.0, 1.0, ()), [], Control("current", self.current(x)))
        return Solved(x, step, Interfaces(none, none, none))

    # -- one time step ---------------------------------------------------------------------------------------

    def solve(self, x, step, guess, like=None, near=None, react=face_current):
        """Return the Point at x: the currents across the interfaces are solved for. guess: Interfaces; like:
        a Point whose coefficients are those of x, too; near: a Point of the step whose slopes tell more than
        a guess; react: solves the reactive faces."""
        u = self.state(x)
        known = like.coefficients if like else self.coefficients(u)
        flows = like.flows if like else self.flows(known)
        start, at_counter = self._followed(near, x) if near else (guess.reaction[k] for k in self.places)
        layer = step.layer and step.layer.on(self.on_faces)
        faces = self._bent(react(self.sides(u, known, step), start, layer), known, step)
        if not self.counter:
            return Point(x, step, Interfaces(faces.j, faces.reaction, faces.v), u, known, flows, faces, None)
        layer = step.layer and step.layer.on(self.on_counter)
        metal = face_current(self.counter_sides(u, known), at_counter, layer)
        both = (np.concatenate([getattr(part, k) for part in (faces, metal)]) for k in ("j", "reaction", "v"))
        return Point(x, step, Interfaces(*both), u, known, flows, faces, metal)

    def _followed(self, near, x):
        """Return the reactions at x by the slopes of a Point near it: of the faces and of a metal counter."""
        d, faces, counter = self.state(x - near.x), self.mesh.faces, self.mesh.counter
        dphi, dsto, dc_e = near.faces.reaction_slopes
        push = d.V * self.in_positive + d.phi[faces.electronic] - d.psi[faces.ionic]
        change = dphi * push + dsto * d.sto[faces.solid] + dc_e * d.c_e[faces.ionic]
        if not near.counter:
            return near.faces.reaction + change, None
        dphi, _, dc_e = near.counter.reaction_slopes
        at_counter = dc_e * d.c_e[counter] - dphi * d.psi[counter]
        return near.faces.reaction + change, near.counter.reaction + at_counter

    def residual(self, at):
        """Return the imbalance of every cell (A) at a Point: the equations of docs/method.md, one a line."""
        u, step, mesh, faces, t_plus = at.u, at.step, self.mesh, self.mesh.faces, at.coefficients.t_plus
        flows, d_dt = at.flows, at.step.changes(at.u)
        A_j = faces.area * at.faces.j
        into_electrolyte = faces.summed("ionic", A_j, mesh.ionic.n)
        if at.counter:
            into_electrolyte[mesh.counter] += self.counter_area * at.counter.j
        out_of_collector = self.collector_conductance * u.phi[mesh.collector]

        charge_e = flows.ionic.outflow(u.psi) - into_electrolyte
        charge_s = self.electronic.outflow(u.phi) + faces.summed("electronic", A_j, mesh.electronic.n)
        charge_s[mesh.collector] += out_of_collector
        charge_s[mesh.counter_collector] += self.counter_conductance * u.phi[mesh.counter_collector]
        constraint = step.control.miss(out_of_collector.sum(), u.V[0], step.scale_current)[0]
        lithium = (
            self.capacity * d_dt.sto
            + F * self.c_s_max * flows.solid.outflow(u.sto)
            + faces.summed("solid", faces.area * at.faces.reaction, mesh.solid.n)
        )
        add_stored(faces, F * self.c_s_max * d_dt.sto, lithium)
        salt = F * (self.salt_volume * d_dt.c_e + flows.salt.outflow(u.c_e)) - (1 - t_plus) * into_electrolyte
        if flows.migration:  # div(t_plus i_e) over the faces, in place of t_plus div(i_e)
            salt += flows.migration.outflow(u.psi) - t_plus * into_electrolyte
        return self.unknowns.joined(
            Balances(charge_e=charge_e, charge_s=charge_s, constraint=constraint, lithium=lithium, salt=salt)
        )

    # -- what was solved -------------------------------------------------------------------------------------

    def stored(self, interfaces):
        """Return the charge in the double layer of the electrode and of the counter electrode (C)."""
        C, v = self.design.double_layer, interfaces.v
        if not C:
            return np.zeros(2)
        area, of_faces = self.mesh.faces.area, v[self.on_faces]
        counter = (
            self.counter_area @ v[self.on_counter]
            if self.counter
            else ((1 - self.in_positive) * area) @ of_faces
        )
        return C * np.array([(self.in_positive * area) @ of_faces, counter])

    def currents(self, interfaces):
        """Return the currents across the interfaces of the electrode and of the counter electrode (A)."""
        A_j = self.mesh.faces.area * interfaces.j[self.on_faces]
        if self.counter:
            return self.in_positive @ A_j, self.counter_area @ interfaces.j[self.on_counter]
        return self.in_positive @ A_j, (1 - self.in_positive) @ A_j

    def face_drop(self, solved):
        """Return by how much the lithiation at the reactive faces differs from that of the cells behind them:
        -j_r l / (F c_s_max D_s), of the reaction alone, for a double layer is no flux of lithium; and what
        its profile bends."""
        u, m = self.state(solved.x), self.mesh.faces.solid
        D_s = self.in_cells.D_s(u.sto, self.T) + np.zeros(u.sto.shape)
        reaction = solved.interfaces.reaction[self.on_faces]
        return self.beside(u, D_s, solved.step) - u.sto[m] + reaction * self.halves[1] / D_s[m]

    def face_sto(self, solved):
        """Return the lithiation at the reactive faces themselves."""
        return self.state(solved.x).sto[self.mesh.faces.solid] + self.face_drop(solved)

    def responses(self, solved):
        """Solve once more; return the Point, and how the faces and those of a metal counter electrode (or
        None) answer to small changes."""
        at = self.solve(solved.x, solved.step, solved.interfaces)
        of_faces = self.sides(at.u, at.coefficients, at.step).response(at.faces.reaction)[0]
        if not at.counter:
            return at, of_faces, None
        return at, of_faces, self.counter_sides(at.u, at.coefficients).response(at.counter.reaction)[0]

    # -- coefficients ----------------------------------------------------------------------------------------

    def coefficients(self, u):
        """Return the Coefficients of the cells at a State."""
        beta, T = self.mesh.beta, self.T
        return Coefficients(
            beta * self.electrolyte.kappa(u.c_e, T),
            beta * self.electrolyte.D_e(u.c_e, T),
            self.in_cells.D_s(u.sto, T) + np.zeros(u.sto.shape),  # a material may return one number
            self.electrolyte.value("t_plus", u.c_e, T),
        )

    def flows(self, coefficients):
        """Return the Flows between cells of given Coefficients."""
        ionic = self.ionic_links.conducting(coefficients.kappa)
        return Flows(
            ionic,
            self.ionic_links.conducting(coefficients.D_e),
            self.solid_links.conducting(coefficients.D_s),
            ionic.shared(coefficients.t_plus) if callable(self.electrolyte.t_plus) else None,
        )

    def beside(self, u, D_s, step):
        """Return the lithiation that the drops to the faces begin with, s - b / D_s ds/dt: that of the
        cells, and how its profile bends within them."""
        faces = self.mesh.faces
        sto = u.sto[faces.solid]
        if faces.bend is None or not step.formula.weights:  # of a state at rest no change is known
            return sto
        return sto - faces.bend / D_s[faces.solid] * step.changes(u).sto[faces.solid]

    def _bent(self, found, known, step):
        """Return a FaceCurrent with its slopes with the cells' lithiation in place of those with `beside`."""
        faces = self.mesh.faces
        if faces.bend is None or not step.formula.weights:
            return found
        return found.following(1 - faces.bend / known.D_s[faces.solid] * step.rate)

    def sides(self, u, known, step):
        """Return the Sides of the reactive faces in a step, with its film."""
        faces, (electronic, of_solid, of_ionic) = self.mesh.faces, self.halves
        e, m, s = faces.ionic, faces.solid, faces.electronic
        drops = Drops(
            electronic + faces.share * faces.half_ionic / known.kappa[e] + step.R_film,
            of_solid / known.D_s[m],
            of_ionic * (1 - known.t_plus[e]) / known.D_e[e],
        )
        phi_s = u.V * self.in_positive + u.phi[s]
        sto = self.beside(u, known.D_s, step)
        return Sides(phi_s, u.psi[e], sto, u.c_e[e], drops, self.at_faces, self.W, self.T)

    def voltages(self, u, j):
        """Return the voltage across each reactive face (V) that lets j react (A m-2), by the coefficients of
        the cells beside the faces alone."""
        faces, T, (_, of_solid, of_ionic) = self.mesh.faces, self.T, self.halves
        sto, c_e = u.sto[faces.solid], u.c_e[faces.ionic]
        D_e = self.mesh.beta[faces.ionic] * self.electrolyte.D_e(c_e, T)
        anions = 1 - self.electrolyte.value("t_plus", c_e, T)
        drops = Drops(0.0, of_solid / self.at_faces.D_s(sto, T), of_ionic * anions / D_e)
        return Sides(None, None, sto, c_e, drops, self.at_faces, self.W, T).voltage(j)

    def counter_sides(self, u, known):
        """Return the Sides of the faces of a metal counter electrode."""
        e, half = self.mesh.counter, self.mesh.ionic.widths[0][0] / 2
        none = np.zeros(e.size)
        drops = Drops(half / known.kappa[e], none, (1 - known.t_plus[e]) * half / (F * known.D_e[e]))
        return Sides(none, u.psi[e], none + 0.5, u.c_e[e], drops, self.counter, self.W, self.T)

    # -- linearisation ---------------------------------------------------------------------------------------

    def linearise(self, at):
        """Return the Linearisation about a Point."""
        u, control, known = at.u, at.step.control, at.coefficients
        _, of_current, of_V = control.miss(self.current(at.x), u.V[0], at.step.scale_current)
        return Linearisation(
            u,
            known,
            at.flows,
            at.step.rate,
            (at.faces.reaction_slopes, at.faces.slopes),
            at.counter and at.counter.slopes,
            self._coefficient_slopes(u, known),
            of_current,
            of_V,
        )

    def _coefficient_slopes(self, u, known):
        step, T = 1e-6, self.T
        kappa, D_e = (
            self.mesh.beta * (f((1 + step) * u.c_e, T) - f(u.c_e, T)) / (step * u.c_e)
            for f in (self.electrolyte.kappa, self.electrolyte.D_e)
        )
        return kappa, D_e, (self.in_cells.D_s(u.sto + step, T) - known.D_s) / step

    def jacobian(self, about):
        """Return J v of a Linearisation, a function."""
        return Jacobian.of(self, about)


def _end_area(graph, cells):
    return graph.widths[1][graph.position[cells, 1]] * graph.widths[2][graph.position[cells, 2]]
