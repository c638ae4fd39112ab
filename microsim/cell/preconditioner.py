"""The half cell's preconditioner: lithium eliminated into the potentials, multigrid for what is left."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..base.constants import F
from ..base.memory import return_freed
from ..numerics.backend import kernels
from ..numerics.graph import Graph, contrast_layers
from ..numerics.near import Near, one_after_the_other
from .contacts import contact_layers, has_contacts
from .deposit import own_stored
from .spheres import LithiumSolver

NOBODY = np.empty(0, np.int32)
ALIKE = 2.0  # times one rate that another may be for the numbers of the one to do for it


@dataclass(frozen=True)
class Numbers:
    """What the preconditioner holds of a linearisation beside its grids.

    push, push_reaction: how the whole current and the reaction of each face follow the potential (S); pull:
    how the whole current follows sto (A); yielding: how sto follows a current into its cell (A-1);
    counter_push: push of a metal counter electrode (S), or None; response: of the potentials to V;
    response_current: what flows out of the collector for it (S).
    """

    push: np.ndarray
    push_reaction: np.ndarray
    pull: np.ndarray
    yielding: np.ndarray
    counter_push: np.ndarray | None
    response: np.ndarray
    response_current: float


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
        self.cell, mesh, design = cell, cell.mesh, cell.design
        # coarse cells across a poor contact would join what it keeps apart
        self.potentials, self.row_lengths, self.face_slots = _coupled_graph(
            mesh,
            contact_layers(mesh, design) if has_contacts(design) else contrast_layers(np.asarray(mesh.sigma)),
        )
        self.sharing = cell.sharing
        self.in_positive = self.sharing.of_faces(cell.in_positive).astype(np.float32)
        grid = self.sharing.grid
        self.lithium, self.salt_grid = LithiumSolver(mesh.solid, grid), grid(mesh.ionic)
        self.potential_grid = None  # its coarse cells follow the first weights
        self.numbers = self.rate = None

    def update(self, about):
        """Take over the numbers of a Linearisation."""
        cell, faces, rate, first = self.cell, self.cell.mesh.faces, about.rate, self.numbers is None
        self.rate = None  # what is set in part, where numbers leave all bounds, is of no use to another step
        reaction, whole = about.slopes
        push, pull = (_single(faces.area * slope) for slope in (whole.dphi, whole.dsto))
        reacted = np.bincount(faces.solid, faces.area * reaction.dsto, cell.mesh.solid.n)
        if faces.bend is not None:  # a short step's lithium lies before a face, not behind it
            reacted = np.maximum(reacted, -rate * cell.capacity / 2)
        # share of a face's response that is left once its cell's lithium follows
        kept = self._lithium_response(about)
        kept_for_others = F * cell.c_s_max * own_stored(faces, cell.mesh.solid.n)
        self.lithium.update(self._lithium_weight(about), rate * (cell.capacity + kept_for_others) + reacted)
        followed = push * (kept / (kept + reacted))[faces.solid]
        self._update_potentials(about, followed)
        self._update_salt(about, whole.dc_e)
        response = self._response(followed * cell.in_positive)
        own = self.sharing.of_faces
        self.numbers = Numbers(
            own(push),
            own(_single(faces.area * reaction.dphi) if about.layered else push),
            own(pull),
            _single(1 / (kept + reacted)),
            cell.counter_area * about.counter_slopes.dphi if about.counter_slopes else None,
            response,
            self._current(response),
        )
        self.rate = rate
        if first:
            return_freed()  # what making the levels of the grids took

    def fits(self, rate):
        """Whether its numbers do for a time step of another rate, alpha / dt (s-1), but for what a few steps
        change of the state."""
        return self.rate is not None and 1 / ALIKE <= abs(rate / self.rate) <= ALIKE

    def _lithium_weight(self, about):
        """Conductances of lithium's links, all materials on one scale of A per unit of sto."""
        exact = float if self.cell.mesh.solid.chains else np.float32
        return about.flows.solid.scaled(F * self.cell.c_s_max, exact)

    def _lithium_response(self, about):
        """What a surface cell takes up per unit of sto while lithium diffuses inwards (A): storage + uptake
        behind it.

        Behind a resolved cell a half-space: the decaying solution of (rate + 2 D/h^2) s_i = D/h^2 (s_(i-1) +
        s_(i+1)) takes w (1 - lambda) = w q / (q/2 + sqrt(q + q^2/4)), q = rate h^2 / D. Behind a shell its
        own chain.
        """
        cell, cells, rate, D_s = self.cell, self.cell.mesh.solid, about.rate, about.coefficients.D_s
        volume = cell.solid_volume
        h = volume ** (1 / 3)
        q = rate * h * h / D_s
        inward = volume / h**2 * D_s * q / (q / 2 + np.sqrt(q + q * q / 4))
        kept = F * cell.c_s_max * (rate * volume + inward)
        if cells.chains:
            kept[cells.surface()] = self.lithium.end_response(
                self._lithium_weight(about), rate * cell.capacity
            )
        return kept

    def _update_potentials(self, about, push):
        """push: how the faces' current follows the potential once lithium has followed (S)."""
        cell, n_ionic = self.cell, self.cell.mesh.ionic.n
        # what the sweeps do not look at is made anew each time: it would be a twentieth of a run's memory
        graph, weight = self._coupled(about.flows.ionic.scaled(1.0), push)
        if self.potential_grid is None:
            networks = [cell.mesh.ionic.nearby, cell.mesh.electronic.nearby]
            coded = all(isinstance(links, Near) for links in networks)
            near = one_after_the_other(networks) if coded else None
            self.potential_grid = self.sharing.grid(graph, weight, near=near)
        self.potential_grid.levels[0].graph = graph
        mass, high = (np.zeros(self.potentials.n, np.float32) for _ in range(2))
        high[n_ionic + cell.mesh.collector] = cell.collector_conductance
        mass[n_ionic + cell.mesh.counter_collector] = cell.counter_conductance
        if about.counter_slopes:
            mass[cell.mesh.counter] = cell.counter_area * about.counter_slopes.dphi
        self.potential_grid.update(weight, mass, None, high)
        self.potential_grid.levels[0].graph = self.potentials

    def _coupled(self, ionic, push):
        """Return the graph of the potentials and the weights of its links (S); whole when coarse levels are
        made of it or it is the only one, otherwise without where its links lead and its cells lie, 40 bytes
        a voxel."""
        mesh, faces, slots = self.cell.mesh, self.cell.mesh.faces, self.face_slots
        whole = self.potential_grid is None or len(self.potential_grid.levels) == 1
        indptr = np.concatenate([[0], np.cumsum(self.row_lengths, dtype=np.int64)])
        neighbour, weight = np.empty(indptr[-1] if whole else 0, np.int32), np.empty(indptr[-1], np.float32)
        n, electronic = mesh.ionic.n, np.asarray(self.cell.electronic_single[0])
        joined = neighbour, weight
        kernels.graph.fill_joined(mesh.ionic.nearby, ionic, indptr[:n], np.uint64(0), *joined)
        kernels.graph.fill_joined(mesh.electronic.nearby, electronic, indptr[n:-1], np.uint64(n), *joined)
        weight[slots] = push
        if not whole:
            return replace(self.potentials, ends=indptr), weight
        neighbour[slots[0]], neighbour[slots[1]] = n + faces.electronic, faces.ionic
        position = np.concatenate([mesh.ionic.position, mesh.electronic.position])
        return replace(self.potentials, ends=indptr, links=neighbour, places=position), weight

    def _update_salt(self, about, dc_e):
        """dc_e: how the faces' current follows c_e (A m-2 per mol m-3)."""
        cell, faces, counter = self.cell, self.cell.mesh.faces, self.cell.mesh.counter
        anions = 1 - about.coefficients.t_plus
        sink = -anions * np.bincount(faces.ionic, faces.area * dc_e, cell.mesh.ionic.n)
        if about.counter_slopes:
            sink[counter] -= anions[counter] * cell.counter_area * about.counter_slopes.dc_e
        storage = F * about.rate * cell.salt_volume
        self.salt_grid.update(about.flows.salt.scaled(F).ravel(), storage + np.maximum(sink, 0))

    def _response(self, push):
        """Response of the potentials to the cell voltage, from zero (a resumed run shall have the same)."""
        faces, b, n = self.cell.mesh.faces, self.potential_grid.levels[0].b, self.cell.mesh.ionic.n
        b[:n] = -np.bincount(faces.ionic, push, n)
        b[n:] = np.bincount(faces.electronic, push, b.size - n)
        return self.potential_grid.answer().copy()

    def _current(self, potentials):
        """Current out of the collector for given potentials."""
        return self.sharing.collected(potentials[self.cell.mesh.ionic.n :])

    def answering(self, about):
        """Return P^-1 r as a function: with the numbers of the last update, but the constraint and the
        anions' share of the current of a Linearisation."""
        return partial(self._answer, about.of_current, about.of_V, about.coefficients.t_plus)

    def _answer(self, of_current, of_V, t_plus, r):
        """Return P^-1 r in single precision; r is overwritten by it where it is of single precision."""
        cell, faces, mesh, k = self.cell, self.sharing.faces, self.cell.mesh, self.numbers
        e, m, s = faces.ionic, faces.solid, faces.electronic
        out = self.sharing.spread(r).astype(np.float32, copy=False)
        # each field is written where its row lay, once that is read
        R, d = cell.unknowns.rows(out), cell.state(out)
        b, n_ionic = self.potential_grid.levels[0].b, mesh.ionic.n
        b[:n_ionic], b[n_ionic:] = R.charge_e, R.charge_s
        A_j = k.pull * R.lithium[m] * k.yielding[m]
        kernels.faces.add_to_cells(e, A_j, 1, b[:n_ionic])
        kernels.faces.add_to_cells(s, A_j, -1, b[n_ionic:])
        potentials = self.potential_grid.answer()
        # rows: A u + pull V = b, of_current I(u) + of_V V = r_V  =>  u = A^-1 b - response V
        V = (of_current * self._current(potentials) - R.constraint[0]) / (
            of_current * k.response_current - of_V
        )
        d.V[0] = V
        for part, field in ((slice(n_ionic), d.psi), (slice(n_ionic, None), d.phi)):
            np.multiply(k.response[part], -np.float32(V), out=field)
            field += potentials[part]
        push = d.V[0] * self.in_positive + d.phi[s] - d.psi[e]
        kernels.faces.add_to_cells(m, k.push_reaction * push, -1, R.lithium)
        self.lithium.cycle(R.lithium, d.sto)
        b = self.salt_grid.levels[0].b
        b[:] = 0
        kernels.faces.add_to_cells(e, k.push * push + k.pull * d.sto[m], 1, b)
        if k.counter_push is not None:
            b[mesh.counter] -= k.counter_push * d.psi[mesh.counter]
        b *= 1 - t_plus
        b += R.salt
        d.c_e[:] = self.salt_grid.answer()
        return self.sharing.taken(out)


def let_go(cell):
    """Let go of a HalfCell's Preconditioner, a third of what a run holds, once all of its steps are solved;
    who solves another one makes it anew."""
    vars(cell).pop("preconditioner", None)
    cell.sharing.let_go()
    return_freed()


def _single(values):
    return values.astype(np.float32)


def _coupled_graph(mesh, kind):
    """Return one graph of ionic and electronic cells linked by the faces, its links and places left out, the
    number of links of each cell, and the two slots of each face's link. kind: 0 or 1 for each electronic
    cell, never joined on coarse levels.
    """
    faces = mesh.faces
    indptr, slots = kernels.graph.joined_rows(mesh.ionic.n, mesh.electronic.n, faces.ionic, faces.electronic)
    layer = np.concatenate([np.zeros(mesh.ionic.n, np.uint8), 2 + np.asarray(kind, np.uint8)])
    bounds = np.concatenate([mesh.ionic.bounds, mesh.ionic.n + mesh.electronic.bounds[1:]])
    nowhere = np.broadcast_to(np.int16(0), (layer.size, 3))
    graph, lengths = Graph(NOBODY, NOBODY, nowhere, layer, bounds, mesh.ionic.widths), np.diff(indptr)
    return graph, lengths.astype(np.min_scalar_type(lengths.max(initial=0))), slots
