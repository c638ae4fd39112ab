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

import numpy as np

from ..base.constants import F
from ..numerics.backend import kernels

SINGLE = np.float32


class Jacobian:
    """J v about the state of a HalfCell that `update` was last called with."""

    def __init__(self, cell):
        self.cell, mesh = cell, cell.mesh
        links, cells = mesh.ionic.neighbour.size, mesh.ionic.n
        self.w, self.k, self.a = (np.empty(links, SINGLE) for _ in range(3))
        self.carried = np.empty(links if cell.t_plus_varies else 0, SINGLE)
        self.k_rest, self.a_rest, self.D_rest = (
            np.empty(cells, SINGLE),
            np.empty(cells),
            np.empty(mesh.solid.n),
        )
        self.D = np.empty(mesh.solid.neighbour.size, SINGLE)
        self.sigma = cell.electronic.weight.astype(SINGLE)
        self.ends = np.zeros(mesh.electronic.n, SINGLE)
        self.ends[mesh.collector] = cell.collector_conductance
        self.ends[mesh.counter_collector] = cell.counter_conductance
        self.scale = F * cell.c_s_max  # of each cell that holds lithium

    def update(self, u, slopes):
        """Take over the cell's coefficients and slopes of the faces about u; slopes: d(beta kappa)/dc_e,
        d(beta D_e)/dc_e and dD_s/dsto of each cell."""
        cell, mesh = self.cell, self.cell.mesh
        k, k_rest = cell.ionic.slopes(cell.kappa, slopes[0], u.psi)
        self.w[:], self.k[:], self.k_rest[:] = cell.ionic.weight, k, k_rest
        a, a_rest = (F * part for part in cell.salt.slopes(cell.D_e, slopes[1], u.c_e))
        if (
            cell.t_plus_varies
        ):  # how t_plus itself changes is left out: a part in ten of a term of a few percent
            a += k * cell.t_plus[mesh.ionic.neighbour]
            a_rest += k_rest * cell.t_plus
            self.carried[:] = cell.migration.weight
        _with_differences(mesh.ionic, F * cell.salt.weight, a, a_rest, self.a, self.a_rest)
        of_links = self.scale.repeat(np.diff(mesh.solid.indptr))
        self.D[:], self.D_rest[:] = of_links * cell.solid.weight, 0.0
        if np.any(slopes[2]):
            D, D_rest = cell.solid.slopes(cell.D_s, slopes[2], u.sto)
            _with_differences(
                mesh.solid,
                of_links * cell.solid.weight,
                of_links * D,
                self.scale * D_rest,
                self.D,
                self.D_rest,
            )
        self.set_faces(cell.rate, cell.slopes, cell.counter_slopes)
        return self

    def set_faces(self, rate, slopes, counter_slopes):
        """Take over alpha / dt and the slopes of the reaction and of the whole current on the faces; complex
        ones too."""
        cell, area = self.cell, self.cell.mesh.faces.area
        self.reaction, self.whole = (tuple(_single(area * slope) for slope in part) for part in slopes)
        self.layered = slopes[0] is not slopes[1]
        self.share = _single(np.ones(1) if cell.t_plus_varies else np.atleast_1d(1 - cell.t_plus))
        self.counter_slopes = counter_slopes and tuple(cell.counter_area * slope for slope in counter_slopes)
        self.storage = rate * cell.capacity, rate * F * cell.salt_volume
        self.rests = [
            (rest + stored.real).astype(SINGLE)
            for rest, stored in zip((self.D_rest, self.a_rest), self.storage)
        ]

    def __call__(self, v):
        """Return J v, of the precision of v."""
        if np.iscomplexobj(v):
            out = self._within(v.real.copy()) + 1j * self._within(v.imag.copy())
            d, R = self.cell.state(v), self.cell.state(out)
            R.sto[:] += 1j * self.storage[0].imag * d.sto
            R.c_e[:] += 1j * self.storage[1].imag * d.c_e
        else:
            out = self._within(v)
        self._across(self.cell.state(v), self.cell.state(out))
        return out

    def _within(self, v):
        """What is stored and what flows between cells of one kind."""
        cell, mesh, out = self.cell, self.cell.mesh, np.empty_like(v)
        d, R = cell.state(v), cell.state(out)
        kernels.laplacian.two_outflows(
            mesh.ionic.indptr,
            mesh.ionic.neighbour,
            self.w,
            self.a,
            self.k,
            self.carried,
            self.rests[1],
            self.k_rest,
            d.psi,
            d.c_e,
            R.psi,
            R.c_e,
        )
        kernels.laplacian.outflow(
            mesh.electronic.indptr, mesh.electronic.neighbour, self.sigma, self.ends, d.phi, R.phi
        )
        kernels.laplacian.outflow(
            mesh.solid.indptr, mesh.solid.neighbour, self.D, self.rests[0], d.sto, R.sto
        )
        out_of_collector = cell.collector_conductance @ d.phi[mesh.collector]
        R.V[0] = cell.of_current * out_of_collector + cell.of_V * d.V[0]
        return out

    def _across(self, d, R):
        """Add what passes the faces to the balances R."""
        faces, mesh = self.cell.mesh.faces, self.cell.mesh
        A_j, into_electrolyte = np.empty(faces.area.size, d.psi.dtype), np.zeros_like(d.psi)
        between = faces.ionic, faces.electronic, faces.solid, self.cell.lift
        kernels.faces.face_flow(*between, self.whole, d.V[0], d.psi, d.phi, d.sto, d.c_e, A_j)
        kernels.faces.add_to_cells(faces.ionic, A_j, 1, into_electrolyte)
        kernels.faces.add_to_cells(faces.electronic, A_j, 1, R.phi)
        if self.layered:
            kernels.faces.face_flow(*between, self.reaction, d.V[0], d.psi, d.phi, d.sto, d.c_e, A_j)
        kernels.faces.add_to_cells(faces.solid, A_j, 1, R.sto)
        if self.counter_slopes:
            dphi, _, dc_e = self.counter_slopes
            into_electrolyte[mesh.counter] += dc_e * d.c_e[mesh.counter] - dphi * d.psi[mesh.counter]
        R.psi[:] -= into_electrolyte
        R.c_e[:] -= self.share * into_electrolyte


def _with_differences(graph, weight, off, rest, out, out_rest):
    """Turn sum_j weight_ij (x_i - x_j) + off_ij x_j + rest_i x_i into sum_j a_ij (x_i - x_j) + rest'_i
    x_i."""
    out[:] = weight - off
    kernels.laplacian.row_sums(graph.indptr, off, rest, out_rest)


def _single(values):
    return values.astype(np.complex64 if np.iscomplexobj(values) else SINGLE)
