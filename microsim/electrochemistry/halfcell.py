"""The half cell: its balances, their linearisation, and the preconditioner. Read `HalfCell.residual` first.

Unknowns, one flat vector: psi (ionic cells), phi (electronic cells), V, sto (active cells), c_e (ionic cells).

    psi = phi_e - W(c_e)      what a lithium reference electrode reads; i_e = -beta kappa grad psi
    phi = phi_s - V           electronic potential against the collector; V is the cell voltage

Both choices remove round-off and coupling: salt gradients enter psi only through the kinetics, and the electronic
drops (1e-5 to 1e-2 V) are not taken as differences of 4 V. The lithium electrode's metal is the zero of potential.
Every row is a current in A; an outflow is positive.
"""

from dataclasses import dataclass

import numpy as np

from ..numerics.graph import Graph, contrast_layers
from ..numerics.kernels import numba_cpu as kernels
from ..numerics.multigrid import Multigrid
from .cell import CellDesign, HalfCellMesh
from .constants import F
from .kinetics import Drops, concentration_potential, face_current


@dataclass(frozen=True)
class State:
    """Views into the flat vector of unknowns."""

    psi: np.ndarray
    phi: np.ndarray
    V: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray


@dataclass(frozen=True)
class Lithium:
    """The counter electrode as seen by the kinetics: U = 0, no solid diffusion, symmetric."""

    metal: object
    alpha_a: float = 0.5
    alpha_c: float = 0.5

    def U(self, sto):
        return 0.0

    def dU(self, sto):
        return 0.0

    def i0(self, c_e, sto, T):
        return self.metal.i0(c_e, T)


class Links:
    """Conducting links of a graph: w_ij = half cells in series, and the flow out of each cell."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.half = graph.half_conductances()
        self.weight = np.empty(graph.neighbour.size)
        self.diagonal = np.empty(graph.n)

    def set(self, conductivity):
        """Set w_ij from the cells' conductivity."""
        g = self.graph
        kernels.harmonic_links(g.indptr, g.neighbour, *self.half, conductivity, self.weight)
        kernels.row_sums(g.indptr, self.weight, np.zeros(g.n), self.diagonal)
        return self

    def outflow(self, u):
        """Return sum_j w_ij (u_i - u_j)."""
        out = np.empty(self.graph.n)
        kernels.apply_laplacian(self.graph.indptr, self.graph.neighbour, self.weight, self.diagonal, u, out)
        return out

    def slopes(self, conductivity, slope, u):
        """Return the row coefficients of d(outflow)/dv where conductivity depends on v: (off, diagonal)."""
        g = self.graph
        off, diagonal = np.empty(g.neighbour.size), np.empty(g.n)
        kernels.link_slopes(g.indptr, g.neighbour, *self.half, conductivity, slope, u, off, diagonal)
        return off, diagonal

    def add(self, rows, v, out):
        """out += the product of `slopes` coefficients with v."""
        kernels.apply_rows(self.graph.indptr, self.graph.neighbour, *rows, v, out)


class HalfCell:
    """Residual, Jacobian and preconditioner of one implicit time step of the half cell."""

    def __init__(self, mesh: HalfCellMesh, design: CellDesign, active, R_film):
        self.mesh, self.design, self.active, self.R_film = mesh, design, active, R_film
        self.T, self.electrolyte = design.temperature, design.electrolyte
        self.W = concentration_potential(design.electrolyte, self.T)
        self.counter = Lithium(design.counter_electrode)
        self.ionic, self.salt = Links(mesh.ionic), Links(mesh.ionic)
        self.electronic, self.solid = Links(mesh.electronic), Links(mesh.solid)
        self.electronic.set(mesh.sigma)
        self.n = (mesh.ionic.n, mesh.electronic.n, 1, mesh.solid.n, mesh.ionic.n)
        self.ends = np.cumsum(self.n)
        self.salt_volume = mesh.eps * mesh.ionic.volumes()
        self.solid_volume = mesh.solid.volumes()
        self.collector_conductance = mesh.sigma[mesh.collector] * _end_conductance(mesh.electronic, mesh.collector, -1)
        self.counter_area = _end_area(mesh.ionic, mesh.counter)
        self.j = np.zeros(mesh.faces.area.size)
        self.j_counter = np.zeros(mesh.counter.size)
        self.scale_current = mesh.area  # what residuals are held against (A); the experiment sets it to its current
        self.precondition_with = Preconditioner(self)

    # -- the unknowns ------------------------------------------------------------------------------------------

    def state(self, x):
        """Return the fields of a flat vector as views."""
        return State(*np.split(x, self.ends[:-1]))

    def vector(self, psi, phi, V, sto, c_e):
        """Return the flat vector of the given fields (arrays or numbers)."""
        return np.concatenate([np.broadcast_to(value, n) for value, n in zip((psi, phi, V, sto, c_e), self.n)])

    # -- one time step -----------------------------------------------------------------------------------------

    def step(self, formula, past_sto, past_c_e, current):
        """Set the step to solve: BDF formula, past values of sto and c_e, applied current I (A, discharge > 0)."""
        self.formula, self.past_sto, self.past_c_e, self.current = formula, past_sto, past_c_e, current
        self.precondition_with.stale = True

    def residual(self, x):
        """Return the imbalance of every cell (A): the equations of DESIGN section 4, one balance a line."""
        u, faces, t_plus = self.state(x), self.mesh.faces, self.electrolyte.t_plus
        self._set_coefficients(u)
        A_j = faces.area * self._face_current(u).j
        A_j_counter = self.counter_area * self._counter_current(u).j
        into_electrolyte = np.bincount(faces.ionic, A_j, self.n[0])
        into_electrolyte[self.mesh.counter] += A_j_counter
        out_of_collector = self.collector_conductance * u.phi[self.mesh.collector]
        dsto_dt = (self.formula.alpha * u.sto + self.past_sto) / self.formula.dt
        dc_e_dt = (self.formula.alpha * u.c_e + self.past_c_e) / self.formula.dt
        c_s_max = self.active.c_s_max

        charge_e = self.ionic.outflow(u.psi) - into_electrolyte
        charge_s = self.electronic.outflow(u.phi) + np.bincount(faces.electronic, A_j, self.n[1])
        charge_s[self.mesh.collector] += out_of_collector
        constraint = out_of_collector.sum() - self.current
        lithium = F * c_s_max * (self.solid_volume * dsto_dt + self.solid.outflow(u.sto)) \
            + np.bincount(faces.solid, A_j, self.n[3])
        salt = F * (self.salt_volume * dc_e_dt + self.salt.outflow(u.c_e)) - (1 - t_plus) * into_electrolyte
        return np.concatenate([charge_e, charge_s, [constraint], lithium, salt])

    def balance(self, x):
        """Return x with psi, V, sto and c_e each shifted by one number so that the wholes are kept to round-off.

        Newton leaves up to its tolerance in every sum; over many steps, and over long rests, that would add up. One
        Newton step on the four sums: face currents = -I, lithium electrode = I, then lithium, then salt.
        """
        j, j_counter = self._face_current(self.state(x)), self._counter_current(self.state(x))
        area, counter_area, rate = self.mesh.faces.area, self.counter_area, self.formula.alpha / self.formula.dt
        d_psi = (counter_area @ j_counter.j - self.current) / (counter_area @ j_counter.dphi)
        d_V = d_psi - (area @ j.j + self.current) / (area @ j.dphi)
        x = x + self.vector(d_psi, 0.0, d_V, 0.0, 0.0)
        R = self.state(self.residual(x))
        d_sto = -R.sto.sum() / (F * self.active.c_s_max * rate * self.solid_volume.sum())
        d_c_e = -R.c_e.sum() / (F * rate * self.salt_volume.sum())
        return x + self.vector(0.0, 0.0, 0.0, d_sto, d_c_e)

    def size(self, R):
        """Return the largest share of the current that any one of the balances misses, cells taken absolutely."""
        return max(np.abs(part).sum() for part in np.split(R, self.ends[:-1])) / self.scale_current

    def limit(self, x, dx):
        """Return the share of dx that keeps 0 < sto < 1 and c_e > 0, at most 90 % of the way to a bound."""
        u, du = self.state(x), self.state(dx)
        share = 1.0
        for value, change, low, high in ((u.sto, du.sto, 0.0, 1.0), (u.c_e, du.c_e, 0.0, np.inf)):
            down, up = change < 0, change > 0
            room = np.concatenate([(low - value[down]) / change[down],
                                   (high - value[up]) / change[up]])
            share = min(share, 0.9 * room.min(initial=np.inf))
        return share

    # -- coefficients ------------------------------------------------------------------------------------------

    def _set_coefficients(self, u):
        """Set beta kappa(c_e), beta D_e(c_e) and D_s(sto) in the cells and on the links."""
        mesh = self.mesh
        self.kappa = mesh.beta * self.electrolyte.kappa(u.c_e, self.T)
        self.D_e = mesh.beta * self.electrolyte.D_e(u.c_e, self.T)
        self.D_s = self.active.D_s(u.sto, self.T) + np.zeros(u.sto.shape)  # a material may return one number
        self.ionic.set(self.kappa)
        self.salt.set(self.D_e)
        self.solid.set(self.D_s)

    def _face_current(self, u):
        faces, mesh = self.mesh.faces, self.mesh
        e, m, s = faces.ionic, faces.solid, faces.electronic
        ohmic = faces.share * (faces.half_ionic / self.kappa[e] + faces.half_solid / mesh.sigma[s])
        drops = Drops(ohmic + self.R_film,
                      -faces.share * faces.half_solid / (F * self.active.c_s_max * self.D_s[m]),
                      (1 - self.electrolyte.t_plus) * faces.share * faces.half_ionic / (F * self.D_e[e]))
        current = face_current(u.V + u.phi[s], u.psi[e], u.sto[m], u.c_e[e], drops, self.active, self.W, self.T, self.j)
        self.j = current.j
        return current

    def _counter_current(self, u):
        e = self.mesh.counter
        half = self.mesh.ionic.widths[0][0] / 2
        drops = Drops(half / self.kappa[e], np.zeros(e.size),
                      (1 - self.electrolyte.t_plus) * half / (F * self.D_e[e]))
        half_sto = np.full(e.size, 0.5)
        current = face_current(np.zeros(e.size), u.psi[e], half_sto, u.c_e[e], drops, self.counter, self.W, self.T,
                               self.j_counter)
        self.j_counter = current.j
        return current

    # -- linearisation -----------------------------------------------------------------------------------------

    def linearise(self, x):
        """Return (J v, P^-1 v) at x as functions."""
        u = self.state(x)
        self._set_coefficients(u)
        self.dj, self.dj_counter = self._face_current(u), self._counter_current(u)
        step = 1e-6
        slope = [self.mesh.beta * (f((1 + step) * u.c_e, self.T) - f(u.c_e, self.T)) / (step * u.c_e)
                 for f in (self.electrolyte.kappa, self.electrolyte.D_e)]
        self.kappa_rows = self.ionic.slopes(self.kappa, slope[0], u.psi)
        self.D_e_rows = self.salt.slopes(self.D_e, slope[1], u.c_e)
        D_s_slope = (self.active.D_s(u.sto + step, self.T) - self.D_s) / step
        self.D_s_rows = self.solid.slopes(self.D_s, D_s_slope, u.sto) if np.any(D_s_slope) else None
        if self.precondition_with.stale:  # once a time step: its numbers change little between Newton steps
            self.precondition_with.update()
        return self.jacobian, self.precondition_with

    def jacobian(self, v):
        """Return J v, balance by balance as in `residual`."""
        d, faces, t_plus = self.state(v), self.mesh.faces, self.electrolyte.t_plus
        e, m, s = faces.ionic, faces.solid, faces.electronic
        dj = self.dj
        A_j = faces.area * (dj.dphi * (d.V + d.phi[s] - d.psi[e]) + dj.dsto * d.sto[m] + dj.dc_e * d.c_e[e])
        into_electrolyte = np.bincount(e, A_j, self.n[0])
        counter = self.mesh.counter
        into_electrolyte[counter] += self.counter_area * (
            self.dj_counter.dc_e * d.c_e[counter] - self.dj_counter.dphi * d.psi[counter])
        out_of_collector = self.collector_conductance * d.phi[self.mesh.collector]
        rate, c_s_max = self.formula.alpha / self.formula.dt, self.active.c_s_max

        charge_e = self.ionic.outflow(d.psi) - into_electrolyte
        self.ionic.add(self.kappa_rows, d.c_e, charge_e)
        charge_s = self.electronic.outflow(d.phi) + np.bincount(s, A_j, self.n[1])
        charge_s[self.mesh.collector] += out_of_collector
        diffusion = self.solid.outflow(d.sto)
        if self.D_s_rows is not None:
            self.solid.add(self.D_s_rows, d.sto, diffusion)
        lithium = F * c_s_max * (rate * self.solid_volume * d.sto + diffusion) + np.bincount(m, A_j, self.n[3])
        diffusion = self.salt.outflow(d.c_e)
        self.salt.add(self.D_e_rows, d.c_e, diffusion)
        salt = F * (rate * self.salt_volume * d.c_e + diffusion) - (1 - t_plus) * into_electrolyte
        return np.concatenate([charge_e, charge_s, [out_of_collector.sum()], lithium, salt])


def _end_area(graph, cells):
    return graph.widths[1][graph.position[cells, 1]] * graph.widths[2][graph.position[cells, 2]]


def _end_conductance(graph, cells, line):
    """Face area over half cell length at an end of x (m)."""
    return _end_area(graph, cells) / (graph.widths[0][line] / 2)


class Preconditioner:
    """Approximate inverse of the Jacobian: lithium eliminated into the potentials, then potentials, lithium, salt.

    1. lithium: one V-cycle; it lowers the face conductance that the potentials see (U falls as sto rises);
    2. potentials: one V-cycle over ionic and electronic cells together, V by bordering;
    3. lithium again with the new potentials; 4. salt: one V-cycle with the new face currents.
    """

    def __init__(self, cell):
        self.cell, mesh = cell, cell.mesh
        self.potentials, self.slots, self.picks = _coupled_graph(mesh)
        self.weight = np.empty(self.potentials.neighbour.size, np.float32)
        self.potential_grid = None
        self.solid_grid, self.salt_grid = Multigrid(mesh.solid, visits=1), Multigrid(mesh.ionic, visits=1)

    def update(self):
        """Take over the numbers of the cell's present linearisation."""
        self.stale = False
        cell, faces, dj = self.cell, self.cell.mesh.faces, self.cell.dj
        c_s_max, rate = cell.active.c_s_max, cell.formula.alpha / cell.formula.dt
        ionic, electronic = self.picks
        self.A_g = faces.area * dj.dphi
        self.A_sto = faces.area * dj.dsto
        stored = F * c_s_max * rate * cell.solid_volume
        reacted = np.bincount(faces.solid, self.A_sto, cell.n[3])
        self.solid_grid.update(F * c_s_max * cell.solid.weight, stored + reacted)
        # share of a face's response that is left once its cell's lithium follows (planar diffusion into the particle)
        kept = _planar_response(rate, cell, faces)
        factor = kept / (kept + reacted)
        g = self.A_g * factor[faces.solid]
        weights = np.concatenate([cell.ionic.weight[ionic], cell.electronic.weight[electronic], g])
        self.weight[self.slots[0]] = weights
        self.weight[self.slots[1]] = weights
        n_ionic = cell.n[0]
        if self.potential_grid is None:
            self.potential_grid = Multigrid(self.potentials, self.weight)
        mass, high = np.zeros(self.potentials.n), np.zeros(self.potentials.n)
        mass[cell.mesh.counter] = cell.counter_area * cell.dj_counter.dphi
        high[n_ionic + cell.mesh.collector] = cell.collector_conductance
        self.potential_grid.update(self.weight, mass, None, high)
        sink = -(1 - cell.electrolyte.t_plus) * np.bincount(faces.ionic, faces.area * dj.dc_e, n_ionic)
        sink[cell.mesh.counter] -= (1 - cell.electrolyte.t_plus) * cell.counter_area * cell.dj_counter.dc_e
        self.salt_grid.update(F * cell.salt.weight, F * rate * cell.salt_volume + np.maximum(sink, 0))
        self._border(g)

    def _border(self, g):
        """Response w of the potentials to the cell voltage, and what the constraint then sees of it."""
        cell, faces = self.cell, self.cell.mesh.faces
        self.pull = np.concatenate([-np.bincount(faces.ionic, g, cell.n[0]),
                                    np.bincount(faces.electronic, g, cell.n[1])]).astype(np.float32)
        w, residual = np.zeros(self.potentials.n, np.float32), self.pull.copy()
        grid = self.potential_grid.levels[0]
        product = np.empty_like(w)
        for _ in range(3):
            w += self.potential_grid.cycle(residual)
            kernels.apply_laplacian(grid.graph.indptr, grid.graph.neighbour, grid.weight, grid.diagonal, w, product)
            residual = self.pull - product
        self.response = w
        self.seen = self._constraint(w)

    def _constraint(self, potentials):
        """Current out of the collector for given potentials."""
        cell = self.cell
        return float(cell.collector_conductance @ potentials[cell.n[0] + cell.mesh.collector])

    def __call__(self, r):
        """Return P^-1 r."""
        cell, faces = self.cell, self.cell.mesh.faces
        R = cell.state(r)
        e, m, s = faces.ionic, faces.solid, faces.electronic
        sto = self.solid_grid.cycle(R.sto.astype(np.float32))
        A_j = self.A_sto * sto[m]
        b = np.concatenate([R.psi + np.bincount(e, A_j, cell.n[0]), R.phi - np.bincount(s, A_j, cell.n[1])])
        potentials = self.potential_grid.cycle(b.astype(np.float32))
        # rows: A u + pull V = b, constraint(u) = r_V  =>  u = A^-1 b - response V
        V = (self._constraint(potentials) - R.V[0]) / self.seen
        potentials = potentials - np.float32(V) * self.response
        psi, phi = potentials[:cell.n[0]], potentials[cell.n[0]:]
        A_j = self.A_g * (V + phi[s] - psi[e])
        sto = self.solid_grid.cycle((R.sto - np.bincount(m, A_j, cell.n[3])).astype(np.float32)).copy()
        A_j += self.A_sto * sto[m]
        into_electrolyte = np.bincount(e, A_j, cell.n[0])
        into_electrolyte[cell.mesh.counter] -= cell.counter_area * cell.dj_counter.dphi * psi[cell.mesh.counter]
        salt = R.c_e + (1 - cell.electrolyte.t_plus) * into_electrolyte
        c_e = self.salt_grid.cycle(salt.astype(np.float32))
        return cell.vector(psi, phi, V, sto, c_e)


def _planar_response(rate, cell, faces):
    """What a surface cell takes up per unit of sto while lithium diffuses inwards (A): storage + half-space uptake.

    Beyond the surface cell the decaying solution of (rate + 2 D/h^2) s_i = D/h^2 (s_(i-1) + s_(i+1)) takes
    w (1 - lambda), lambda = 1 + q/2 - sqrt(q + q^2/4), q = rate h^2 / D.
    """
    h = faces.half_solid.max() * 2
    q = rate * h * h / cell.D_s
    lam = 1 + q / 2 - np.sqrt(q + q * q / 4)
    inward = cell.solid_volume / h**2 * cell.D_s * (1 - lam)
    return F * cell.active.c_s_max * (rate * cell.solid_volume + inward)


def _coupled_graph(mesh):
    """Return one graph of ionic and electronic cells linked by the faces, the slots of its links, and which link of
    each part goes there (each link once)."""
    parts, edges, offset = [], [], 0
    for graph in (mesh.ionic, mesh.electronic):
        rows = np.repeat(np.arange(graph.n, dtype=np.int32), np.diff(graph.indptr))
        once = np.flatnonzero(rows < graph.neighbour)
        parts.append(once)
        edges.append((rows[once] + offset, graph.neighbour[once] + offset))
        offset += graph.n
    edges.append((mesh.faces.ionic, mesh.faces.electronic + mesh.ionic.n))
    first, second = (np.concatenate(side).astype(np.int32) for side in zip(*edges))
    indptr, neighbour, slots = kernels.rows_from_edges(offset, first, second)
    layer = np.concatenate([np.zeros(mesh.ionic.n, np.uint8), 2 + contrast_layers(mesh.sigma)])
    bounds = np.concatenate([mesh.ionic.bounds, mesh.ionic.n + mesh.electronic.bounds[1:]])
    position = np.concatenate([mesh.ionic.position, mesh.electronic.position])
    graph = Graph(indptr, neighbour, position, layer, bounds, mesh.ionic.widths)
    return graph, slots, parts
