"""The linearised balances of the half cell as one product, J v, with coefficients in single precision.

    charge_e    ionic outflow of psi + how kappa follows c_e - face currents
    charge_s    electronic outflow of phi + face currents;  into the collector
    constraint  what is held: current, voltage or power
    lithium     storage + outflow of sto + how D_s follows sto + reaction
    salt        storage + outflow of c_e + how D_e follows c_e - (1 - t_plus) face currents  (or div(t_plus
                i_e))

GMRES asks for two digits or three of the answer and keeps its basis in single precision; half of the bytes
are half of the time. Rows are written with differences (see kernels.laplacian): in the additive 1e-7 of phi
itself would be more current than what passes the faces. Vectors in double precision, for residuals, get sums
in double precision.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..base.constants import F
from ..numerics.backend import kernels
from ..numerics.fixed_rows import in_halves
from ..numerics.graph import held_once
from ..numerics.links import Conductances, InSeries
from ..numerics.listed import Listed
from .deposit import add_stored
from .kinetics import Slopes
from .unknowns import State

SINGLE = np.float32


@dataclass(frozen=True)
class Coefficients:
    """Of the cells at a state: kappa = beta kappa(c_e) (S m-1), D_e = beta D_e(c_e), D_s(sto) (m2 s-1),
    t_plus."""

    kappa: np.ndarray
    D_e: np.ndarray
    D_s: np.ndarray
    t_plus: np.ndarray


@dataclass(frozen=True)
class Flows:
    """Conductances of the links at a state: ionic of psi (S), salt of c_e and solid of sto (m3 s-1);
    migration of psi for the current that cations carry where t_plus varies, else None."""

    ionic: InSeries
    salt: InSeries
    solid: InSeries
    migration: Conductances | None


@dataclass(frozen=True)
class Linearisation:
    """The balances about a state u, of a time step or, at a complex rate, of a small signal.

    rate: alpha / dt (s-1); slopes: of the reaction on the faces and of the whole current, one object where
    there is no double layer; counter_slopes: of the whole current of a metal counter electrode, or None;
    coefficient_slopes: d(beta kappa)/dc_e, d(beta D_e)/dc_e and dD_s/dsto of each cell; of_current, of_V:
    slopes of the constraint.
    """

    u: State
    coefficients: Coefficients
    flows: Flows
    rate: complex
    slopes: tuple
    counter_slopes: Slopes | None
    coefficient_slopes: tuple | None
    of_current: float
    of_V: float

    @property
    def layered(self):
        """Whether more than the reaction passes the faces."""
        return self.slopes[0] is not self.slopes[1]


@dataclass(frozen=True)
class Within:
    """What flows between cells of one kind: of each link w, psi and k, a and carried c_e, D sto; of each cell
    what is left of k, a and D (see kernels.laplacian)."""

    w: np.ndarray
    k: np.ndarray
    a: np.ndarray
    carried: np.ndarray
    D: np.ndarray
    k_rest: np.ndarray
    a_rest: np.ndarray | None
    D_rest: np.ndarray | None

    @classmethod
    def of(cls, cell, about):
        """Return those of a Linearisation."""
        c, flows, mesh = about.coefficients, about.flows, cell.mesh
        dkappa, dD_e, dD_s = about.coefficient_slopes
        k, k_rest = cell.ionic_links.slopes(c.kappa, dkappa, about.u.psi, SINGLE)
        a, a_rest = cell.ionic_links.with_slopes(c.D_e, dD_e, np.full(mesh.ionic.n, F), about.u.c_e)
        if flows.migration:
            # how t_plus itself changes is left out: a part in ten of a term of a few percent
            with_t = k * c.t_plus[mesh.ionic.near]
            a -= with_t
            a_rest += k_rest * c.t_plus + with_t.sum(axis=1)
        D, D_rest = cell.solid_links.with_slopes(c.D_s, dD_s, F * cell.c_s_max, about.u.sto)
        carried = flows.migration.scaled(1.0) if flows.migration else np.empty((0, 0), SINGLE)
        return cls(flows.ionic.scaled(1.0), k, a, carried, D, k_rest.astype(SINGLE), a_rest, D_rest)


@dataclass(frozen=True)
class Jacobian:
    """J v about a state. swing: at a frequency the imaginary part of what lithium and salt store; rests: what
    stays of each cell's own lithium and salt; filling: rate F c_s_max (A m-3); slopes of the reaction and of
    the whole current times area; share: of anions in the current."""

    cell: object
    within: Within
    swing: tuple
    rests: tuple
    filling: np.ndarray
    reaction: tuple
    whole: tuple
    layered: bool
    counter: tuple | None
    share: np.ndarray
    of_current: float
    of_V: float

    @classmethod
    def of(cls, cell, about, within=None):
        """Return that of a Linearisation; within: its Within, where that is known already."""
        within, area = within or Within.of(cell, about), cell.mesh.faces.area
        storage = about.rate * cell.capacity, about.rate * F * cell.salt_volume
        swing = tuple(stored.imag for stored in storage) if np.iscomplexobj(about.rate) else ()
        t_plus = about.coefficients.t_plus
        return cls(
            cell,
            replace(within, a_rest=None, D_rest=None),  # not beside what becomes of them, nine bytes a voxel
            swing,
            tuple(
                (rest + stored.real).astype(SINGLE)
                for rest, stored in zip((within.D_rest, within.a_rest), storage)
            ),
            held_once(_single(about.rate * F * cell.c_s_max)),
            *(tuple(_single(cell.sharing.of_faces(area * slope)) for slope in part) for part in about.slopes),
            about.layered,
            about.counter_slopes and tuple(cell.counter_area * slope for slope in about.counter_slopes),
            held_once(_single(np.ones(1) if about.flows.migration else 1 - t_plus)),
            about.of_current,
            about.of_V,
        )

    def lean(self):
        """Return it with the slopes of the ionic current, w and k, of eight binary digits: Newton finds its
        way as well (450 iterations of GMRES for 446 in a run), in 24 bytes a voxel less."""
        w, k = in_halves(self.within.w), in_halves(self.within.k)
        return replace(self, within=replace(self.within, w=w, k=k))

    def __call__(self, v):
        """Return J v, of the precision of v."""
        unknowns, v = self.cell.unknowns, self.cell.sharing.spread(v)
        if np.iscomplexobj(v):
            out = by_parts(self._within, v)
            d, R = unknowns.state(v), unknowns.rows(out)
            R.lithium[:] += 1j * self.swing[0] * d.sto
            R.salt[:] += 1j * self.swing[1] * d.c_e
        else:
            out = self._within(v)
        self._across(unknowns.state(v), unknowns.rows(out))
        return self.cell.sharing.taken(out)

    def lagging(self, v):
        """Return B v of J = A + i B at a frequency, of a real v: what is stored, and what of the currents
        across the faces lags."""
        unknowns, v = self.cell.unknowns, self.cell.sharing.spread(v)
        out = np.zeros_like(v)
        d, R = unknowns.state(v), unknowns.rows(out)
        R.lithium[:], R.salt[:] = self.swing[0] * d.sto, self.swing[1] * d.c_e
        self._lag._across(d, R)
        return self.cell.sharing.taken(out)

    @cached_property
    def _lag(self):
        """B of what passes the faces."""
        return replace(
            self,
            filling=_lag_of(self.filling),
            reaction=tuple(map(_lag_of, self.reaction)),
            whole=tuple(map(_lag_of, self.whole)),
            counter=self.counter and tuple(map(_lag_of, self.counter)),
        )

    def _within(self, v):
        """What is stored and what flows between cells of one kind."""
        cell, mesh, out, m = self.cell, self.cell.mesh, np.zeros_like(v), self.within
        d, R = cell.unknowns.state(v), cell.unknowns.rows(out)
        lithium_rest, salt_rest = self.rests
        ionic, electronic, solid = mesh.ionic, mesh.electronic, mesh.solid
        loop, of_ions = cell.sharing.loop, (ionic.nearby, m.w, m.a, m.k, m.carried, salt_rest, m.k_rest)
        loop(kernels.fixed.two_outflows, "ionic", *of_ions, d.psi, d.c_e, R.charge_e, R.salt)
        conducting, ends = cell.electronic_single
        if isinstance(conducting, Listed):
            of_electrons = electronic.nearby, conducting.values, conducting.places, ends
            loop(kernels.fixed.listed_outflow, "electronic", *of_electrons, d.phi, R.charge_s)
        else:
            loop(kernels.fixed.outflow, "electronic", electronic.nearby, conducting, ends, d.phi, R.charge_s)
        loop(kernels.fixed.outflow, "solid", solid.nearby, m.D, lithium_rest, d.sto, R.lithium)
        R.constraint[0] = self.of_current * cell.sharing.collected(d.phi) + self.of_V * d.V[0]
        return out

    def _across(self, d, R):
        """Add what passes the faces to the balances R."""
        cell, faces, mesh = self.cell, self.cell.sharing.faces, self.cell.mesh
        A_j, into_electrolyte = np.empty(faces.area.size, d.psi.dtype), np.zeros_like(d.psi)
        between = faces.ionic, faces.electronic, faces.solid, cell.sharing.of_faces(cell.in_positive)
        kernels.faces.face_flow(*between, self.whole, d.V[0], d.psi, d.phi, d.sto, d.c_e, A_j)
        faces.add("ionic", A_j, 1, into_electrolyte)
        faces.add("electronic", A_j, 1, R.charge_s)
        if self.layered:
            kernels.faces.face_flow(*between, self.reaction, d.V[0], d.psi, d.phi, d.sto, d.c_e, A_j)
        faces.add("solid", A_j, 1, R.lithium)
        add_stored(faces, self.filling * d.sto, R.lithium)
        if self.counter:
            dphi, _, dc_e = self.counter
            into_electrolyte[mesh.counter] += dc_e * d.c_e[mesh.counter] - dphi * d.psi[mesh.counter]
        R.charge_e[:] -= into_electrolyte
        R.salt[:] -= self.share * into_electrolyte


def by_parts(real, v):
    """Return what a real linear function of vectors makes of a complex one: of one part after the other."""
    out = np.empty_like(v)
    out.real = real(v.real.copy())
    out.imag = real(v.imag.copy())
    return out


def _lag_of(slope):
    """Return the imaginary part of a complex slope."""
    return slope.imag.astype(SINGLE)


def _single(values):
    return values.astype(np.complex64 if np.iscomplexobj(values) else SINGLE)
