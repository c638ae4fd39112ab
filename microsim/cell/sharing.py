"""How processes share the work of a time step of the half cell.

OneProcess does all of it. Ranks hold the whole cell and its whole state each, and find the same of it; in
the linear solves of Newton's method, and where the reactive faces are solved, each works on its own planes of
x, and what it finds is told to the others. Iterations are those of one process.
"""

import zlib
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..base.errors import InputError, MicrosimError, NotConverged
from ..base.launch import NOT_SHARED
from ..numerics.krylov import gmres
from ..numerics.multigrid import Multigrid
from ..numerics.shared import SharedMultigrid, Whole, halo_of, links_of, owners_of, stretches_of
from .electrodes import mixed
from .kinetics import Drops, FaceCurrent, Slopes, face_current

# Iterations after which GMRES starts again for the first time, and the most that it takes. A run of
# thick_cathode_cei takes 425, 405 with eight, and 47 bytes a voxel less; 465 with four
FIRST, MOST = 5, 60


class OneProcess:
    """All of the work of a HalfCell. faces: the reactive faces that it works on in a linear solve; vectors:
    those of its grids."""

    react = staticmethod(face_current)

    def __init__(self, cell):
        self.cell, self.faces, self.vectors = cell, cell.mesh.faces, None

    def grid(self, graph, weight=None, visits=2, near=None):
        """Return a Multigrid. Links of eight binary digits are 28 bytes a voxel less, and take as many
        iterations; the grids of a cell answer one after the other, in the same vectors. near: neighbours
        that are there already (Near)."""
        if self.vectors is None:
            mesh = self.cell.mesh
            self.vectors = np.zeros((3, max(mesh.ionic.n + mesh.electronic.n, mesh.solid.n)), np.float32)
        return Multigrid(graph, weight, visits=visits, halved=True).lying_in(self.vectors, near)

    def let_go(self):
        """Let go of the vectors of the grids; who solves once more makes them anew."""
        self.vectors = None

    def gmres(self, apply, precondition, b, *, tolerance, restart=20):
        """Solve J x = b; return x and the relative residual history."""
        return gmres(apply, precondition, b, tolerance=tolerance, restart=restart, first=FIRST, maximum=MOST)

    def linear(self, about):
        """Return (J v, P^-1 v) of a Linearisation as functions, as its `gmres` takes them."""
        return self.cell.jacobian(about).lean(), self.cell.preconditioner.answering(about)

    def of_faces(self, values):
        """Return the values of `faces`, of those of all reactive faces."""
        return values

    def collected(self, phi):
        """Return the current into the collector (A) of potentials of the electronic cells (V)."""
        return float(self.cell.collector_conductance @ phi[self.cell.mesh.collector])

    def loop(self, kernel, kind, *arguments):
        """Run a kernel over the cells of a kind."""
        kernel(*arguments)

    def spread(self, v):
        """Return a vector of a linear solve as a flat vector of unknowns."""
        return v

    def taken(self, x):
        """Return it as a vector of a linear solve again."""
        return x


class ByRanks(OneProcess):
    """The work of a HalfCell, of which each rank does its part. Vectors of a linear solve have the entries
    of a rank's own cells."""

    def __init__(self, cell, ranks):
        check_shared(cell)
        super().__init__(cell)
        self.ranks, mesh = ranks, cell.mesh
        graphs = mesh.ionic, mesh.electronic, mesh.solid.resolved
        lines = sum(np.bincount(g.position[:, 0], minlength=len(g.widths[0])) for g in graphs)
        if np.count_nonzero(lines) < ranks.size:
            raise InputError(
                f"expected at most a rank for each of {np.count_nonzero(lines)} planes of the cell, got"
                f" {ranks.size} ranks; start fewer."
            )
        self.lines = owners_of(lines, ranks.size)
        self.ionic, self.electronic, self.solid = (self.lines[g.position[:, 0]] for g in graphs)
        owner = cell.unknowns.vector(
            psi=self.ionic, phi=self.electronic, sto=self.solid, c_e=self.ionic
        ).astype(np.int64)
        self.whole, self.own = Whole(ranks, owner), [slice(*run) for run in stretches_of(owner == ranks.rank)]
        self.runs = {
            kind: stretches_of(getattr(self, kind) == ranks.rank) for kind in ("ionic", "electronic", "solid")
        }
        self.halo = halo_of(ranks, owner, *self._read())
        self.beside, self.faces = self._faces()

    def _faces(self):
        """Which faces have a cell of this rank, and they themselves."""
        faces, rank = self.cell.mesh.faces, self.ranks.rank
        beside = (self.ionic[faces.ionic] == rank) | (self.solid[faces.solid] == rank)
        beside = np.flatnonzero(beside | (self.electronic[faces.electronic] == rank))
        return beside, faces.part(beside)

    def _read(self):
        """Which rank reads which entry of a flat vector: two arrays."""
        mesh, place, faces = self.cell.mesh, self.cell.unknowns.place, self.cell.mesh.faces
        owners = {"psi": self.ionic, "phi": self.electronic, "sto": self.solid, "c_e": self.ionic}
        graphs = {"psi": mesh.ionic, "phi": mesh.electronic, "sto": mesh.solid.resolved, "c_e": mesh.ionic}
        at = {"psi": faces.ionic, "phi": faces.electronic, "sto": faces.solid, "c_e": faces.ionic}
        V = place("V").start
        reader, entry = [np.arange(self.ranks.size)], [np.full(self.ranks.size, V)]
        for name, graph in graphs.items():
            rows, neighbour = links_of(graph)
            start, readers = place(name).start, (owners[other][at[other]] for other in ("psi", "phi", "sto"))
            reader += [owners[name][rows], *readers]
            entry += [start + neighbour, *(3 * [start + at[name]])]
        return np.concatenate(reader), np.concatenate(entry).astype(np.int64)

    def of_faces(self, values):
        return values[self.beside]

    def grid(self, graph, weight=None, visits=2, near=None):
        faces, also = self.cell.mesh.faces, None
        if graph is self.cell.mesh.solid.resolved:  # what lithium answers is read across the faces
            also = self.ionic[faces.ionic], faces.solid
        return SharedMultigrid(self.ranks, self.lines, graph, weight, visits, also, halved=True)

    def collected(self, phi):
        return self.ranks.sum(float(self._collecting @ phi[self.cell.mesh.collector]))

    @cached_property
    def _collecting(self):
        own = self.electronic[self.cell.mesh.collector] == self.ranks.rank
        return np.where(own, self.cell.collector_conductance, 0.0)

    def loop(self, kernel, kind, *arguments):
        for first, stop in self.runs[kind]:
            kernel.between(first, stop, *arguments)

    def spread(self, v):
        x, first = np.zeros(self.cell.unknowns.size, v.dtype), 0
        for part in self.own:
            stop = first + part.stop - part.start
            x[part], first = v[first:stop], stop
        self.halo(x, 0)
        return x

    def taken(self, x):
        return np.concatenate([x[part] for part in self.own])

    def gmres(self, apply, precondition, b, *, tolerance, restart=20):
        """Solve J x = b as one process does; b and x are whole."""
        self._agree(b)
        own, total = self.taken(b), self.ranks.sum
        how = {"tolerance": tolerance, "restart": restart, "first": FIRST, "maximum": MOST, "total": total}
        x, history = gmres(apply, precondition, own, **how)
        return self.whole(x), history

    def _agree(self, b):
        """Refuse to go on where ranks no longer hold the same numbers: processors of several kinds may round
        otherwise."""
        found = self.ranks.join(np.array([zlib.crc32(b)]), [1] * self.ranks.size)
        if np.any(found != found[0]):
            raise MicrosimError(
                "expected the same state on all ranks, got several; start them on machines of one kind."
            )

    def react(self, sides, guess, layer=None, gentle=1):
        """Solve the scalar problems of the faces, each rank an equal share of them, as face_current does."""
        part, failure = slice(*self._share), None
        try:
            layer = layer and layer.on(part)
            found = face_current(self._sides(sides, part), guess[part], layer, gentle=gentle)
            values = np.stack(
                [found.j, found.reaction, found.v, *found.slopes, *found.reaction_slopes], axis=1
            )
        except NotConverged as error:  # said by all alike
            failure, values = error, np.empty((0, 9))
        if self.ranks.sum(float(failure is not None)):
            raise failure or NotConverged("the kinetics of a face of another rank did not converge")
        j, reaction, v, *slopes = np.ascontiguousarray(self.ranks.join(values).T)
        whole = Slopes(*slopes[:3])
        alike = found.slopes is found.reaction_slopes
        return FaceCurrent(j, reaction, v, whole, whole if alike else Slopes(*slopes[3:]))

    @property
    def _share(self):
        count, k, size = self.cell.mesh.faces.area.size, self.ranks.rank, self.ranks.size
        return count * k // size, count * (k + 1) // size

    @cached_property
    def _electrode(self):
        mesh, part = self.cell.mesh, slice(*self._share)
        return mixed(mesh.materials, mesh.material[mesh.faces.solid[part]])

    def _sides(self, sides, part):
        """Return the Sides of a part of the faces."""
        drops = sides.drops
        fields = {name: getattr(sides, name)[part] for name in ("phi_s", "psi", "sto", "c_e")}
        drops = Drops(drops.resistance[part], drops.sto[part], drops.c_e[part])
        return replace(sides, **fields, drops=drops, electrode=self._electrode)


def not_in_whole_voxels(cell):
    """Return what of a HalfCell is not resolved in whole voxels, in words."""
    mesh = cell.mesh
    others = {
        "porous electrodes of particles": mesh.solid.chains > 0,
        "surfaces within voxels": mesh.shown is not None or mesh.faces.deposit is not None,
    }
    return [name for name, given in others.items() if given]


def check_shared(cell):
    """Refuse a HalfCell that ranks do not share yet."""
    if found := not_in_whole_voxels(cell):
        raise InputError(NOT_SHARED.format(" and ".join(found)))
