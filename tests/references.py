"""Reference solutions of the half cell, from the equations alone: numpy and scipy, nothing of microsim.

The porous electrode is solved with Legendre spectral elements and scipy's stiff integrators, so that it
shares neither mesh, nor fluxes, nor time stepping with the finite volumes it judges.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

F = 96485.33212  # C mol-1
R = 8.314462618  # J mol-1 K-1

# -- coefficients, typed once more from the papers -------------------------------------------------


def nyman_kappa(c):
    """Nyman et al. (2008): conductivity of LiPF6 in EC:EMC 3:7 (S m-1), c in mol m-3."""
    c = c / 1000
    return 0.1297 * c**3 - 2.51 * c**1.5 + 3.329 * c


def nyman_D(c):
    """Nyman et al. (2008): salt diffusivity (m2 s-1), c in mol m-3."""
    c = c / 1000
    return 8.794e-11 * c**2 - 3.972e-10 * c + 4.862e-10


def chen_U(x):
    """Chen et al. (2020): open-circuit potential of NMC811 (V)."""
    return (
        -0.8090 * x
        + 4.4875
        - 0.0428 * np.tanh(18.5138 * (x - 0.5542))
        - 17.7326 * np.tanh(15.7890 * (x - 0.3117))
        + 17.5842 * np.tanh(15.9308 * (x - 0.3120))
    )


def chen_i0(c_e, x):
    """Chen et al. (2020): exchange current density of NMC811 at 298.15 K (A m-2), c_s_max = 63104 mol m-3."""
    return 3.42e-6 * 63104.0 * np.sqrt(c_e * x * (1 - x))


def xu_i0(c_e):
    """Xu et al. (2019): exchange current density of lithium metal (A m-2); 1 / 1.3e-5 mol m-3 of lithium."""
    return 3.5e-8 * F * (1 / 1.3e-5) ** 0.7 * c_e**0.3


# -- kinetics of one face --------------------------------------------------------------------------


def butler_volmer(j, i0, alpha_a, alpha_c, T):
    """Return the overpotential that drives j, from the equation as it stands in the books, by bisection."""
    f = F / (R * T)
    # beyond the larger of the two Tafel slopes by this much, the wanted exponential alone exceeds |j|
    reach = (np.log1p(abs(j) / i0) + 1) / (f * (alpha_a if j > 0 else alpha_c))
    return brentq(
        lambda eta: i0 * (np.exp(alpha_a * f * eta) - np.exp(-alpha_c * f * eta)) - j,
        -reach,
        reach,
        xtol=1e-15,
        rtol=1e-14,
    )


def face_current(phi_s, psi, sto, c_e, resistance, dsto, dc_e, U, i0, alpha_a, alpha_c, factor, c_0, T):
    """Return j of a face between two cell centres: eta = phi_s - phi_e - U - j R, all at the face itself.

    At the face phi_s - phi_e = (centre values) - j x resistance, sto = centre + j dsto,
    c_e = centre + j dc_e; psi = phi_e - factor ln(c_e / c_0) at the centre. `resistance`: with film.
    """

    def miss(j):
        x, c = sto + j * dsto, c_e + j * dc_e
        eta = phi_s - (psi + factor * np.log(c / c_0)) - j * resistance - U(x)
        return eta - butler_volmer(j, i0(c, x), alpha_a, alpha_c, T)

    # the range of j that keeps 0 < sto < 1 and c_e > 0 at the face
    low, high = -1e5, 1e5
    if dsto < 0:
        low, high = max(low, (1 - 1e-9 - sto) / dsto), min(high, (1e-9 - sto) / dsto)
    if dc_e > 0:
        low = max(low, (1e-6 * c_e - c_e) / dc_e)
    return brentq(miss, low, high, xtol=1e-14, rtol=1e-13)


# -- closed forms ----------------------------------------------------------------------------------


def crank_slab(y, T, terms=400):
    """(c - c0) D / (N L) of a slab with the flux N in at y = 0, none at y = 1; T = D t / L^2 (Crank)."""
    y = np.asarray(y, float)[..., None]
    n = np.arange(1, terms + 1)
    series = (2 / (n * np.pi) ** 2 * np.cos(n * np.pi * y) * np.exp(-((n * np.pi) ** 2) * T)).sum(-1)
    return T + (1 - y[..., 0]) ** 2 / 2 - 1 / 6 - series


def electrolyte_slab(y, T, terms=400):
    """(c - c0) F D / (i (1 - t_plus) L) of a slab with the same flux in at y = 0 and out at y = 1."""
    m = (2 * np.arange(terms) + 1) * np.pi
    y = np.asarray(y, float)[..., None]
    return 0.5 - y[..., 0] - (4 / m**2 * np.cos(m * y) * np.exp(-(m**2) * T)).sum(-1)


def newman_tobias(y, L, kappa, sigma, a_over_z):
    """Return (j / j_avg at y = x / L, resistance in ohm m2) of a porous electrode with linear kinetics.

    a_over_z: interface conductance per volume, a_s / (R T / (F i0) + R_film). Newman and Tobias (1962).
    """
    nu = L * np.sqrt(a_over_z * (1 / kappa + 1 / sigma))
    shape = (
        nu
        * (np.cosh(nu * (1 - y)) / kappa + np.cosh(nu * y) / sigma)
        / ((1 / kappa + 1 / sigma) * np.sinh(nu))
    )
    resistance = (
        L / (kappa + sigma) * (1 + (2 + (sigma / kappa + kappa / sigma) * np.cosh(nu)) / (nu * np.sinh(nu)))
    )
    return shape, resistance


# -- spectral elements -----------------------------------------------------------------------------


class Elements:
    """Legendre spectral elements on a line: nodes `x`, weights `w` (the mass), stiffness(a) of -(a u')'."""

    def __init__(self, edges, order):
        s, weight, self.D = _lobatto(order)
        half = np.diff(edges)[:, None] / 2
        self.number = np.arange(len(edges) - 1)[:, None] * order + np.arange(
            order + 1
        )  # node of [element, point]
        self.n = self.number[-1, -1] + 1
        self.x, self.w = np.empty(self.n), np.zeros(self.n)
        self.x[self.number] = np.asarray(edges)[:-1, None] + half * (1 + s)
        self.weight = weight * half
        np.add.at(self.w, self.number, self.weight)
        self.half = half

    def lumped(self, a):
        """Integral of a times each node's test function; `a` is a number an element."""
        out = np.zeros(self.n)
        np.add.at(out, self.number, self.weight * np.asarray(a)[:, None])
        return out

    def stiffness(self, a, share=None):
        """Matrix of int a u' v'; `a` on the nodes, times a number an element, `share`."""
        scale = (
            self.weight * a[self.number] / self.half**2 * (1 if share is None else np.asarray(share)[:, None])
        )
        K = np.zeros((self.n, self.n))
        for nodes, one in zip(self.number, scale):
            K[np.ix_(nodes, nodes)] += self.D.T @ (one[:, None] * self.D)
        return K

    def values(self, u, points):
        """Return the polynomials at `points`."""
        points = np.atleast_1d(points)
        edges = self.x[self.number[:, [0, -1]]]
        element = np.clip(np.searchsorted(edges[:, 0], points, side="right") - 1, 0, len(edges) - 1)
        out = np.empty(len(points))
        for k, (e, p) in enumerate(zip(element, points)):
            nodes = self.x[self.number[e]]
            out[k] = np.polynomial.Polynomial.fit(nodes, u[self.number[e]], len(nodes) - 1)(p)
        return out


def _lobatto(order):
    """Legendre-Gauss-Lobatto points, weights and differentiation matrix on [-1, 1]."""
    P = legendre.Legendre.basis(order)
    s = np.concatenate([[-1.0], np.sort(P.deriv().roots().real), [1.0]])
    difference = s[:, None] - s + np.eye(order + 1)
    D = P(s)[:, None] / P(s) / difference
    np.fill_diagonal(D, 0.0)
    D[0, 0], D[-1, -1] = -order * (order + 1) / 4, order * (order + 1) / 4
    return s, 2 / (order * (order + 1) * P(s) ** 2), D


# -- half cells in one dimension -------------------------------------------------------------------


@dataclass(frozen=True)
class Coefficients:
    """What the one-dimensional half cells are made of; functions of c (mol m-3) and x = c_s / c_s_max."""

    kappa: object = nyman_kappa
    D_e: object = nyman_D
    U: object = chen_U
    i0: object = chen_i0
    i0_counter: object = xu_i0
    t_plus: float = 0.2594
    tdf: float = 1.0
    T: float = 298.15
    D_s: float = 4e-15
    c_s_max: float = 63104.0
    c_e_0: float = 1000.0
    sto_0: float = 0.27

    @property
    def thermal(self):
        return R * self.T / F

    def counter_psi(self, i, c):
        """phi_e beside the lithium metal (potential 0) at current i > 0 out of it."""
        return -2 * self.thermal * np.arcsinh(i / (2 * self.i0_counter(c)))

    def junction(self, c):
        """W: phi_e = W(c) + what drives the current; i_e = -beta kappa (phi_e - W)'."""
        return 2 * self.thermal * (1 - self.t_plus) * self.tdf * np.log(c / self.c_e_0)


class SlabCell:
    """Lithium metal | electrolyte layers | dense slab of active material | collector, at a constant current.

    layers: (thickness m, porosity, transport efficiency) from the lithium on. The slab follows Crank's
    series; the salt is integrated; all potentials are quadratures, since the current is the same everywhere.
    """

    def __init__(self, layers, slab, sigma, i, times, coefficients, order=12):
        self.k, self.i, self.slab, self.sigma = coefficients, i, slab, sigma
        thickness, self.eps, self.beta = (np.array(column) for column in zip(*layers))
        self.e = Elements(np.concatenate([[0.0], np.cumsum(thickness)]), order)
        inflow = np.zeros(self.e.n)
        inflow[0], inflow[-1] = (1 - self.k.t_plus) * i / F, -(1 - self.k.t_plus) * i / F
        mass = self.e.lumped(self.eps)

        def rate(t, c):
            return (inflow - self.e.stiffness(self.k.D_e(c), self.beta) @ c) / mass

        start = np.full(self.e.n, self.k.c_e_0)
        self.t, self.c_e = (
            times,
            solve_ivp(rate, (0, times[-1]), start, "BDF", times, rtol=1e-9, atol=1e-6).y.T,
        )
        self.voltage = np.array([self._voltage(t, c) for t, c in zip(times, self.c_e)])

    def sto(self, y, t):
        """Lithiation at depth y (m) below the surface."""
        k = self.k
        unit = self.i * self.slab / (F * k.c_s_max * k.D_s)
        return k.sto_0 + unit * crank_slab(np.asarray(y) / self.slab, k.D_s * t / self.slab**2)

    def _voltage(self, t, c):
        k, i = self.k, self.i
        psi = k.counter_psi(i, c[0]) - k.junction(c[0])
        psi -= i * (self.e.weight / self.beta[:, None] / k.kappa(c[self.e.number])).sum()
        surface = float(self.sto(0.0, t))
        kinetic = -2 * k.thermal * np.arcsinh(i / (2 * k.i0(c[-1], surface)))
        return psi + k.junction(c[-1]) + k.U(surface) + kinetic - i * self.slab / self.sigma


class PorousCell:
    """Newman's porous electrode of planar sheets (half thickness H, along x) behind a separator.

    separator, electrode: (thickness m, porosity, transport efficiency). a_s: interface per volume (m-1),
    sigma_eff: of the solid; R_film (ohm m2). `solve` integrates c_e and the particles; at each instant the
    potentials and j follow from (lithium also moves along the sheets, which the usual model neglects)

        (kappa_eff psi')' = -a_s j,  (sigma_eff phi')' = a_s j,
        phi - psi - W(c_e) - U(sto) - j R_film = (2 R T / F) asinh(j / (2 i0)).
    """

    def __init__(
        self, separator, electrode, a_s, H, sigma_eff, i, coefficients, R_film=0.0, elements=3, order=10
    ):
        self.k, self.i, self.a_s, self.H, self.R_film = coefficients, i, a_s, H, R_film
        edges = np.concatenate([[0.0], separator[0] + np.linspace(0, electrode[0], elements + 1)])
        self.e = Elements(edges, order)
        self.start = separator[0]
        self.eps, self.beta = (np.array([separator[m]] + [electrode[m]] * elements) for m in (1, 2))
        self.here = np.arange(order, self.e.n)  # nodes of the electrode
        self.electrode = Elements(edges[1:], order)
        self.K_s = self.electrode.stiffness(np.full(self.electrode.n, sigma_eff))
        self.K_x = self.electrode.stiffness(np.ones(self.electrode.n))
        self.particle = Elements(H * np.array([0, 0.6, 1.0]), 6)
        self.K_p = self.particle.stiffness(np.ones(self.particle.n))
        self.mass = self.e.lumped(self.eps)
        self.n = self.e.n, self.here.size
        self.z = None
        self.scale = np.repeat([self.k.c_e_0, 1.0], [self.n[0], self.n[1] * self.particle.n])

    def split(self, y):
        """Return c_e on the nodes and sto [electrode node, depth from the particle's middle]."""
        return y[: self.n[0]], y[self.n[0] :].reshape(self.n[1], self.particle.n)

    def algebraic(self, c, surface):
        """Return psi, phi_s and j at a given state, by Newton on all three."""
        k, (n, m), here = self.k, self.n, self.here
        i0, w = k.i0(c[here], surface), self.a_s * self.electrode.w
        A = np.zeros((n + 2 * m, n + 2 * m))
        A[:n, :n] = self.e.stiffness(k.kappa(c), self.beta)
        A[here, n + m + np.arange(m)] = -w
        A[n : n + m, n : n + m], A[n : n + m, n + m :] = self.K_s, np.diag(w)
        A[0] = 0
        A[0, 0] = 1
        row = n + m + np.arange(m)
        A[row, here], A[row, n + np.arange(m)] = -1, 1
        b = np.zeros(n + 2 * m)
        b[0], b[n + m - 1] = k.counter_psi(self.i, c[0]) - k.junction(c[0]), -self.i
        b[row] = k.junction(c[here]) + k.U(surface)
        if self.z is None:
            self.z = np.concatenate([np.zeros(n), np.full(m, b[row].mean()), np.full(m, -self.i / w.sum())])
        z = self.z
        for _ in range(30):
            j = z[n + m :]
            A[row, row] = -self.R_film - 2 * k.thermal / np.sqrt(j**2 + 4 * i0**2)
            miss = A @ z - b
            miss[row] = (
                z[n : n + m] - z[here] - b[row] - j * self.R_film - 2 * k.thermal * np.arcsinh(j / (2 * i0))
            )
            dz = np.linalg.solve(A, miss)
            z = z - dz
            if np.abs(dz).max() < 1e-9:  # quadratic: the error left is far smaller
                break
        self.z = z
        return z[:n], z[n : n + m], z[n + m :]

    def rate(self, t, y):
        """d(c_e, sto)/dt."""
        k = self.k
        c, sto = self.split(y)
        j = self.algebraic(c, sto[:, -1])[2]
        inflow = np.zeros(self.n[0])
        inflow[self.here] = self.a_s * self.electrode.w * j
        inflow[0] += self.i
        # differences from c_e_0: the constant only adds round-off, which scipy's difference Jacobians magnify
        diffusion = self.e.stiffness(k.D_e(c), self.beta) @ (c - k.c_e_0)
        dc = ((1 - k.t_plus) / F * inflow - diffusion) / self.mass
        dsto = -k.D_s * sto @ self.K_p
        dsto[:, -1] -= j / (F * k.c_s_max)
        along_x = k.D_s * (self.K_x @ sto) / self.electrode.w[:, None]
        return np.concatenate([dc, (dsto / self.particle.w - along_x).ravel()])

    def voltage(self, t, y):
        c, sto = self.split(y)
        return self.algebraic(c, sto[:, -1])[1][-1]

    def rest_state(self):
        return np.concatenate(
            [np.full(self.n[0], self.k.c_e_0), np.full(self.n[1] * self.particle.n, self.k.sto_0)]
        )

    def solve(self, until_voltage, longest, rtol=1e-6):
        """Integrate from rest until the voltage is reached; return scipy's solution with dense output."""

        def stop(t, y):
            return self.voltage(t, y) - until_voltage

        stop.terminal = True
        return solve_ivp(
            self.rate,
            (0, longest),
            self.rest_state(),
            "BDF",
            jac=self.jacobian,
            rtol=rtol,
            atol=rtol * 1e-2 * self.scale,
            events=stop,
            dense_output=True,
        )

    def jacobian(self, t, y, share=1e-5):
        """Central differences, wide enough for the round-off of the potentials."""
        steps = np.diag(share * self.scale)
        return np.stack([(self.rate(t, y + d) - self.rate(t, y - d)) / (2 * d.sum()) for d in steps], axis=1)

    def c_e_at(self, y, x):
        """c_e at depth x (m, from the electrode's front)."""
        return self.e.values(self.split(y)[0], self.start + np.asarray(x))

    def mean_sto_at(self, y, x):
        """Lithiation averaged over the particle at depth x."""
        mean = self.split(y)[1] @ self.particle.w / self.H
        return self.electrode.values(mean, self.start + np.asarray(x))
