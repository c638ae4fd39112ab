"""The half cell's preconditioner: lithium eliminated into the potentials, multigrid for what is left."""

import numpy as np

from ..base.constants import F
from ..numerics.backend import kernels
from ..numerics.graph import Graph, contrast_layers
from ..numerics.multigrid import Multigrid
from .spheres import LithiumSolver


class Preconditioner:
    """Approximate inverse of the Jacobian: lithium eliminated into the potentials, then potentials, lithium,
    salt.

    1. lithium beside the faces follows the potentials at once; that lowers the face conductance that the
    potentials see
       (U falls as sto rises);
    2. potentials: two W-cycles over ionic and electronic cells together, V by bordering;
    3. lithium with the new potentials: one V-cycle (exact in particles); 4. salt: two W-cycles with the new
    face currents.

    Potentials and salt need both: of 495 iterations of a run 459 are left with two cycles for the potentials
    alone, 432 with W-cycles for the salt alone, 260 with two of each, 167 with exact answers to both; an
    exact one for lithium saves none.
    """

    def __init__(self, cell):
        self.cell, mesh = cell, cell.mesh
        resisted = cell.design.contact_resistance or cell.design.contact_lost
        # coarse cells across a poor contact would join what it keeps apart
        self.potentials, self.slots, self.picks = _coupled_graph(
            mesh, mesh.additive if resisted else contrast_layers(mesh.sigma)
        )
        self.weight = np.empty(self.potentials.neighbour.size, np.float32)
        self.potential_grid, self.lift = None, cell.lift.astype(np.float32)
        self.lithium, self.salt_grid = LithiumSolver(mesh.solid), Multigrid(mesh.ionic)

    def update(self):
        """Take over the numbers of the cell's present linearisation."""
        self.stale = False
        cell, faces, rate = self.cell, self.cell.mesh.faces, self.cell.rate
        ionic, electronic = self.picks
        (dphi_r, dsto_r, _), (dphi, dsto, dc_e) = cell.slopes
        self.A_g, self.A_sto = (faces.area * dphi).astype(np.float32), (faces.area * dsto).astype(np.float32)
        self.A_g_r = (faces.area * dphi_r).astype(np.float32) if cell.layer else self.A_g
        reacted = np.bincount(faces.solid, faces.area * dsto_r, cell.n[3])
        # share of a face's response that is left once its cell's lithium follows
        kept = self._lithium_response(rate)
        factor = kept / (kept + reacted)
        self.follows = (1 / (kept + reacted)).astype(np.float32)
        # all materials on one scale of A per unit of sto
        weight = F * cell.solid.weight * np.repeat(cell.c_s_max, np.diff(cell.mesh.solid.indptr))
        self.lithium.update(weight, rate * cell.capacity + reacted)
        g = self.A_g * factor[faces.solid]
        weights = np.concatenate([cell.ionic.weight[ionic], cell.electronic.weight[electronic], g])
        self.weight[self.slots[0]] = weights
        self.weight[self.slots[1]] = weights
        n_ionic = cell.n[0]
        if self.potential_grid is None:
            self.potential_grid = Multigrid(self.potentials, self.weight)
        mass, high = np.zeros(self.potentials.n), np.zeros(self.potentials.n)
        high[n_ionic + cell.mesh.collector] = cell.collector_conductance
        mass[n_ionic + cell.mesh.counter_collector] = cell.counter_conductance
        sink = -(1 - cell.t_plus) * np.bincount(faces.ionic, faces.area * dc_e, n_ionic)
        if cell.counter:
            self.counter_dphi, _, dc_e = cell.counter_slopes
            mass[cell.mesh.counter] = cell.counter_area * self.counter_dphi
            sink[cell.mesh.counter] -= (1 - cell.t_plus[cell.mesh.counter]) * cell.counter_area * dc_e
        self.potential_grid.update(self.weight, mass, None, high)
        self.salt_grid.update(F * cell.salt.weight, F * rate * cell.salt_volume + np.maximum(sink, 0))
        self._border(g * cell.lift)

    def _lithium_response(self, rate):
        """What a surface cell takes up per unit of sto while lithium diffuses inwards (A): storage + uptake
        behind it.

        Behind a resolved cell a half-space: the decaying solution of (rate + 2 D/h^2) s_i = D/h^2 (s_(i-1) +
        s_(i+1)) takes w (1 - lambda) = w q / (q/2 + sqrt(q + q^2/4)), q = rate h^2 / D. Behind a shell its
        own chain.
        """
        cell, cells = self.cell, self.cell.mesh.solid
        h = cell.solid_volume ** (1 / 3)
        q = rate * h * h / cell.D_s
        inward = cell.solid_volume / h**2 * cell.D_s * q / (q / 2 + np.sqrt(q + q * q / 4))
        kept = F * cell.c_s_max * (rate * cell.solid_volume + inward)
        if cells.chains:
            weight = F * cell.solid.weight * np.repeat(cell.c_s_max, np.diff(cells.indptr))
            kept[cells.surface()] = self.lithium.end_response(weight, rate * cell.capacity)
        return kept

    def _border(self, g):
        """Response of the potentials to the cell voltage, from zero (a resumed run shall have the same), and
        what the constraint sees of it."""
        cell, faces, b = self.cell, self.cell.mesh.faces, self.potential_grid.levels[0].b
        b[: cell.n[0]] = -np.bincount(faces.ionic, g, cell.n[0])
        b[cell.n[0] :] = np.bincount(faces.electronic, g, cell.n[1])
        self.response = self.potential_grid.answer().copy()
        self.seen = self._constraint(self.response)

    def _constraint(self, potentials):
        """Current out of the collector for given potentials."""
        cell = self.cell
        return float(cell.collector_conductance @ potentials[cell.n[0] + cell.mesh.collector])

    def __call__(self, r):
        """Return P^-1 r in single precision."""
        cell, faces, mesh = self.cell, self.cell.mesh.faces, self.cell.mesh
        e, m, s = faces.ionic, faces.solid, faces.electronic
        R, out = cell.state(r), np.empty(r.size, np.float32)
        d, b, n_ionic = cell.state(out), self.potential_grid.levels[0].b, cell.n[0]
        b[:n_ionic], b[n_ionic:] = R.psi, R.phi
        A_j = self.A_sto * (R.sto[m] * self.follows[m]).astype(np.float32)
        kernels.faces.add_to_cells(e, A_j, 1, b[:n_ionic])
        kernels.faces.add_to_cells(s, A_j, -1, b[n_ionic:])
        potentials = self.potential_grid.answer()
        # rows: A u + pull V = b, of_current I(u) + of_V V = r_V  =>  u = A^-1 b - response V
        V = (cell.of_current * self._constraint(potentials) - R.V[0]) / (
            cell.of_current * self.seen - cell.of_V
        )
        d.V[0] = V
        np.subtract(potentials[:n_ionic], np.float32(V) * self.response[:n_ionic], out=d.psi)
        np.subtract(potentials[n_ionic:], np.float32(V) * self.response[n_ionic:], out=d.phi)
        push = d.V[0] * self.lift + d.phi[s] - d.psi[e]
        lithium = R.sto.astype(np.float32)
        kernels.faces.add_to_cells(m, self.A_g_r * push, -1, lithium)
        d.sto[:] = self.lithium.cycle(lithium)
        into_electrolyte = np.zeros(n_ionic, np.float32)
        kernels.faces.add_to_cells(e, self.A_g * push + self.A_sto * d.sto[m], 1, into_electrolyte)
        if cell.counter:
            into_electrolyte[mesh.counter] -= cell.counter_area * self.counter_dphi * d.psi[mesh.counter]
        self.salt_grid.levels[0].b[:] = R.c_e + (1 - cell.t_plus) * into_electrolyte
        d.c_e[:] = self.salt_grid.answer()
        return out


def _coupled_graph(mesh, kind):
    """Return one graph of ionic and electronic cells linked by the faces, the slots of its links, and which
    link of each part goes there (each link once). kind: 0 or 1 for each electronic cell, never joined on
    coarse levels.
    """
    parts, edges, offset = [], [], 0
    for graph in (mesh.ionic, mesh.electronic):
        rows = np.repeat(np.arange(graph.n, dtype=np.int32), np.diff(graph.indptr))
        once = np.flatnonzero(rows < graph.neighbour)
        parts.append(once)
        edges.append((rows[once] + offset, graph.neighbour[once] + offset))
        offset += graph.n
    edges.append((mesh.faces.ionic, mesh.faces.electronic + mesh.ionic.n))
    first, second = (np.concatenate(side).astype(np.int32) for side in zip(*edges))
    indptr, neighbour, slots = kernels.graph.rows_from_edges(offset, first, second)
    layer = np.concatenate([np.zeros(mesh.ionic.n, np.uint8), 2 + np.asarray(kind, np.uint8)])
    bounds = np.concatenate([mesh.ionic.bounds, mesh.ionic.n + mesh.electronic.bounds[1:]])
    position = np.concatenate([mesh.ionic.position, mesh.electronic.position])
    graph = Graph(indptr, neighbour, position, layer, bounds, mesh.ionic.widths)
    return graph, slots, parts
