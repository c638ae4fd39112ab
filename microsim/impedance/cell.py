"""Impedance of the whole cell about any state: the half cell's balances, linearised, at i omega.

    J(i omega) dx = (0, 0, dI, 0, 0),   Z = -A dV / dI

J is the Jacobian of the time step with alpha / dt = i omega. At the faces the double layer lies beside the
reaction and, if it has a permittivity, the film's capacitance beside its resistance:

    dj = dj_r + i omega C_dl dv
    z_film = R_film / (1 + i omega tau_film),   tau_film = permittivity / conductivity

A diffusion layer may be thinner than a voxel. The drop l / D across the half cell beside a face becomes what
makes a row of cells of width 2 l answer as the half-space that they stand for, exactly at any frequency:

    1 / sqrt(i omega D) - 1 / (i omega h + (D / h) lambda),   h = 2 l,   lambda = Q / (Q/2 + sqrt(Q + Q^2/4)),
                                                              Q = i omega h^2 / D

l / D at low frequencies, 1 / sqrt(i omega D) at high ones.

Two answers of the time step with alpha / dt = omega precondition J = A + i B, with H = A + B:

    (A + i B)(x + i y) = f + i g     H h = f + g,   H y = g - B h,   x = h - y

Of a decay rate lambda that leaves 1 - 2 m (1 - m), m = omega / (omega + lambda): real, between 1/2 and 1.
H^-1 of each part by itself, as dear, leaves (i omega + lambda)/(omega + lambda), on a straight way from 1 to
i, and takes one and a half times as many iterations. What is left out, as in the Jacobian: how the drops
beside the faces change with their coefficients; without a mean current they do not.

Source of the preconditioner: Axelsson, Neytcheva and Ahmad, Numer. Algorithms 66 (2014) 811.
"""

import time
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ..cell.jacobian import Jacobian, Within
from ..cell.kinetics import Drops, Slopes
from ..cell.step import Control
from ..numerics.bdf import Bdf
from ..numerics.krylov import add_pieces, complex_gmres

C_DL = 0.2  # F m-2, 20 uF cm-2: what is taken where a cell names no double layer
# iterations, each of which keeps 38 bytes a voxel. 41 frequencies on 154,000 voxels take 310 of them where it
# starts again after 4, 296 after 6, 288 after 8, in the same time
RESTART = 6


@dataclass(frozen=True)
class CellImpedance:
    """freq (Hz); Z (ohm m2); reaction [freq, x]: share of the current that reacts in each layer of the image,
    per dI; iterations at each frequency; seconds; voltage (V) and current (A) of the state."""

    freq: np.ndarray
    Z: np.ndarray
    reaction: np.ndarray = field(repr=False)
    iterations: tuple
    seconds: float
    voltage: float
    current: float


class SmallSignal:
    """A HalfCell linearised about a Solved state. C_dl: F m-2; film_time: time constant of the film (s), 0
    without capacitance."""

    def __init__(self, cell, solved, C_dl, film_time=0.0):
        self.cell, self.C_dl, self.film_time, self.R_film = cell, C_dl, film_time, solved.step.R_film
        step = cell.step(
            Bdf(1.0, 1.0, ()), [], Control("current", cell.current(solved.x)), R_film=self.R_film
        )
        at = cell.solve(solved.x, step, solved.interfaces)
        self.about = cell.linearise(at)
        self.within = Within.of(cell, self.about)
        self.about = replace(self.about, coefficient_slopes=None)  # which it alone asks for
        _, self.faces, self.counter = cell.responses(at)
        mesh, faces, known = cell.mesh, cell.mesh.faces, at.coefficients
        pace = np.sqrt(mesh.eps / known.D_e)
        self.lengths = (
            faces.share * faces.half_solid / np.sqrt(known.D_s[faces.solid]),
            faces.share * faces.half_ionic * pace[faces.ionic],
            mesh.ionic.widths[0][0] / 2 * pace[mesh.counter],
        )  # l / sqrt(D), s^(1/2)
        behind = 0 if faces.spacing is None else faces.spacing
        self.spacings = behind / np.sqrt(known.D_s[faces.solid]), behind * pace[faces.ionic]

    def at(self, s):
        """Return the Linearisation at a complex rate s (s-1)."""
        a, (solid, electrolyte, counter), (behind, beyond) = self.C_dl * s, self.lengths, self.spacings
        drops, film = self.faces.drops, self.R_film / (1 + s * self.film_time) - self.R_film
        drops = Drops(
            drops.resistance + film,
            drops.sto * _layer(solid, s, behind, stored=True),
            drops.c_e * _layer(electrolyte, s, beyond),
        )
        slopes, counter_slopes = self.faces.slopes(a, drops), None
        if self.counter:
            drops = self.counter.drops
            drops = Drops(drops.resistance, drops.sto, drops.c_e * _layer(counter, s))
            counter_slopes = self.counter.slopes(a, drops)[1]
        return replace(self.about, rate=s, slopes=slopes, counter_slopes=counter_slopes)

    def jacobian(self, about):
        """Return J v of a Linearisation at some rate, a function of complex vectors."""
        return Jacobian.of(self.cell, about, self.within)

    def precondition(self, about, lagging):
        """Return P^-1 v of a Linearisation A + i B at a frequency as a function of complex vectors.
        lagging(h) returns B h."""
        reaction, whole = about.slopes
        both = _both_parts(reaction)
        H = replace(
            about,
            rate=about.rate.imag,
            slopes=(both, _both_parts(whole) if about.layered else both),
            counter_slopes=about.counter_slopes and _both_parts(about.counter_slopes),
        )
        self.cell.preconditioner.update(H)
        return partial(_answer, self.cell.preconditioner.answering(H), lagging)

    def reaction(self, about, dx):
        """Return the current that reacts in each layer of x of the image (A), electrode only."""
        cell, d, faces = self.cell, self.cell.state(dx), self.cell.mesh.faces
        dphi, dsto, dc_e = about.slopes[0]
        push = cell.in_positive * d.V + d.phi[faces.electronic] - d.psi[faces.ionic]
        A_j = (
            -cell.in_positive
            * faces.area
            * (dphi * push + dsto * d.sto[faces.solid] + dc_e * d.c_e[faces.ionic])
        )
        layer = np.clip(
            (faces.position[:, 0] / cell.mesh.voxel_size[0]).astype(int), 0, cell.mesh.shape[0] - 1
        )
        return np.bincount(layer, A_j.real, cell.mesh.shape[0]) + 1j * np.bincount(
            layer, A_j.imag, cell.mesh.shape[0]
        )


def solve_cell_impedance(
    cell, solved, freq, *, C_dl=None, film_time=0.0, tolerance=1e-6, restart=RESTART, progress=None
):
    """Compute the impedance of a half cell about a state.

    cell: HalfCell; solved: the state (Solved, as of an experiment or of cell.at_rest); freq: Hz; C_dl: double
    layer of every interface, F m-2 (None: the cell's own, or 0.2 where it has none); film_time: s; tolerance:
    of the residual over dI, one or [f]; restart: iterations after which GMRES starts again.

    Returns CellImpedance. Raises NotConverged with the residuals. Sources: the balances of `cell.balances`;
    Sikha and White, J. Electrochem. Soc. 154 (2007) A43, for the homogenised electrode.
    """
    begun, C_dl = time.perf_counter(), C_dl if C_dl is not None else cell.design.double_layer or C_DL
    signal = SmallSignal(cell, solved, C_dl, film_time)
    b = cell.vector(V=1.0).astype(np.float32)
    freq = np.asarray(freq, float)
    tolerance = np.broadcast_to(tolerance, freq.shape)
    Z, reaction = np.empty(freq.size, complex), np.empty((freq.size, cell.mesh.shape[0]), complex)
    iterations, known = [0] * freq.size, []
    for done, k in enumerate(np.argsort(-freq)):
        omega = 2 * np.pi * freq[k]
        about = signal.at(1j * omega)
        jacobian = signal.jacobian(about)
        precondition = signal.precondition(about, jacobian.lagging)
        guess, known = _guess(np.log(omega), known, b.size), known[-2:]  # held beside the vectors of GMRES
        dx, history = complex_gmres(jacobian, precondition, b, guess, tolerance=tolerance[k], restart=restart)
        known.append((np.log(omega), dx.astype(np.complex64)))
        Z[k] = -cell.mesh.area * cell.state(dx).V[0]
        reaction[k], iterations[k] = signal.reaction(about, dx), len(history) - 1
        if progress:
            progress(done + 1, freq.size, f"impedance at {freq[k]:.3g} Hz")
    V, current, seconds = cell.state(solved.x).V[0], cell.current(solved.x), time.perf_counter() - begun
    return CellImpedance(freq, Z, reaction, tuple(iterations), seconds, float(V), current)


def _both_parts(slopes):
    """Return the sums of the real and the imaginary parts of Slopes."""
    return Slopes(*(slope.real + slope.imag for slope in slopes))


def _answer(solve, lagging, r):
    """Return P^-1 r from solve(v) = H^-1 v and lagging(v) = B v, of real vectors (see above)."""
    h, out = solve(r.real + r.imag), np.empty_like(r)
    out.imag = solve(r.imag - lagging(h))
    np.subtract(h, out.imag, out=out.real)
    return out


def _layer(length, s, spacing=0.0, stored=False):
    """The drop across a half cell over l / D (see above); `length`: l / sqrt(D); spacing: of the cells behind
    that of a part of a voxel, over sqrt(D); stored: whether it stores for others what its profile's bend
    asks (see cell.deposit)."""
    turn, size = np.sqrt(s / abs(s)), np.sqrt(abs(s))
    q = np.maximum(length * size, 1e-4)
    p, q = np.maximum(2 * q, spacing * size) * turn, q * turn
    on = p / 2 + np.sqrt(p * p / 4 + 1)
    late = 4 * q * q / 3 - p * q + p * p / 6 if stored else 0
    return (1 - (1 - (p / 2 - q) / on) / (2 * q + (1 + late) / on)) / q


def _guess(at, known, n):
    """Extend the last solutions as a polynomial of log omega."""
    guess, factors = np.zeros(n, complex), []
    for log, dx in known:
        others = [other for other, _ in known if other != log]
        factors.append(np.prod([(at - other) / (log - other) for other in others]))
    add_pieces(factors, [dx for _, dx in known], guess)
    return guess
