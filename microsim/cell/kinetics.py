"""Charge transfer at a face: Butler-Volmer with film and double layer, and the drops across the two half
cells beside the face.

    j_r = i0(c_e, sto) [exp(alpha_a F eta / RT) - exp(-alpha_c F eta / RT)]    the reaction
    j = j_r + C_dl dv/dt - dn/dt                  beside it the double layer, and lithium n that a film takes
    v = U(sto) + eta = phi_s - phi_e - j R_film

All quantities at the face itself; the unknowns live at cell centres, half a cell away. The scalar problem for
j_r is solved face by face, so that the stiff exponential never reaches the global iteration. In a time step
dv/dt is (alpha v + past) / dt, so that j = j_r + a v + b.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ..base.constants import F, R
from ..base.errors import NotConverged
from ..numerics.backend import is_long, kernels


@dataclass(frozen=True)
class Drops:
    """What changes between cell centre and face per unit of j (arrays over faces).

    resistance: ohmic, both half cells and film (ohm m2); sto: of the solid's lithiation (m2 A-1, <= 0);
    c_e: of the electrolyte's concentration (mol m-3 per A m-2, >= 0).
    """

    resistance: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray


class DoubleLayer(NamedTuple):
    """What passes the faces beside the reaction in a time step, a v + b: a (A m-2 V-1), b (A m-2) on every
    face; what a double layer takes, and less the lithium that goes into a film."""

    a: float
    b: np.ndarray

    def on(self, part):
        """Return it on a part of the faces (a slice)."""
        return DoubleLayer(self.a, self.b[part])


class Slopes(NamedTuple):
    """Derivatives of a face's current with phi_s (that with psi is minus it), sto and c_e."""

    dphi: np.ndarray
    dsto: np.ndarray
    dc_e: np.ndarray


@dataclass(frozen=True)
class FaceCurrent:
    """Current densities of faces as solved (A m-2): the reaction, and the whole j with what the double layer
    takes; v: voltage between solid and electrolyte at the face, behind the film (V). Slopes of both; where
    there is no double layer, reaction and whole are one object."""

    j: np.ndarray
    reaction: np.ndarray
    v: np.ndarray
    slopes: Slopes
    reaction_slopes: Slopes

    def following(self, share):
        """Return it with slopes with a lithiation of which that beside the face follows a share."""
        whole = self.slopes._replace(dsto=share * self.slopes.dsto)
        if self.reaction_slopes is self.slopes:
            return replace(self, slopes=whole, reaction_slopes=whole)
        reaction = self.reaction_slopes._replace(dsto=share * self.reaction_slopes.dsto)
        return replace(self, slopes=whole, reaction_slopes=reaction)


def beside_reaction(C, formula, voltages, films, faces):
    """Return what passes the faces beside the reaction in a time step as a DoubleLayer, None for nothing.

        a v + b = C dv/dt - dn/dt      n: lithium in the film (C m-2), reduced there: Li+ + e- + ... -> film

    C: of the double layer (F m-2); formula: Bdf; voltages: across the interfaces, newest first (V); films: n
    of each reactive face after the step, and before it, newest first; faces: number of all interfaces.
    """
    if not C and not films:
        return None
    b = np.zeros(faces) + (C * formula.past(voltages) / formula.dt if C else 0.0)
    if films:
        b[: films[0].size] -= (formula.alpha * films[0] + formula.past(films[1:])) / formula.dt
    return DoubleLayer(C * formula.alpha / formula.dt, b)


def overpotential(ratio, alpha_a, alpha_c):
    """Invert ratio = exp(alpha_a u) - exp(-alpha_c u); return u and du/dratio."""
    if np.all(alpha_a == alpha_c):
        if is_long(ratio) and np.ndim(alpha_a) == 0:
            u, slope = np.empty_like(ratio), np.empty_like(ratio)
            kernels.terms.inverted(ratio, float(alpha_a), u, slope)
            return u, slope
        root = np.sqrt(ratio * ratio + 4)
        return np.arcsinh(ratio / 2) / alpha_a, 1 / (alpha_a * root)
    u = np.arcsinh(ratio / 2) * np.where(ratio > 0, 1 / alpha_a, 1 / alpha_c)
    for _ in range(30):
        up, down = np.exp(alpha_a * u), np.exp(-alpha_c * u)
        slope = alpha_a * up + alpha_c * down
        change = (up - down - ratio) / slope
        u = u - change
        if np.max(np.abs(change), initial=0) < 1e-13:
            break
    return u, 1 / slope


@dataclass(frozen=True)
class Sides:
    """What lies on the two sides of each face: phi_s, psi = phi_e - W(c_e) (V), sto and c_e (mol m-3) at the
    cell centres, and the Drops from there; electrode: has U, dU, i0, alpha_a, alpha_c; W: concentration part
    of the electrolyte's potential, with its slope; T (K)."""

    phi_s: np.ndarray
    psi: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray
    drops: Drops
    electrode: object
    W: object
    T: float

    def at_face(self, j):
        """Return sto and c_e at faces whose reaction is j (A m-2), then both within their bounds."""
        x, c = self.sto + j * self.drops.sto, self.c_e + j * self.drops.c_e
        return x, c, np.minimum(np.maximum(x, 1e-6), 1 - 1e-6), np.maximum(c, 1e-3)  # np.clip takes longer

    def gentle(self, j):
        """Whether no face whose reaction is j (A m-2) is near an end of its lithium or of its salt, where
        the square of a change is no measure of what it leaves."""
        x, c, _, _ = self.at_face(j)
        return x.min(initial=0.5) > LAST and x.max(initial=0.5) < 1 - LAST and c.min(initial=np.inf) > SCARCE

    def voltage(self, j):
        """Return the voltage v behind the film of faces whose reaction is j (V)."""
        electrode, (_, _, x, c) = self.electrode, self.at_face(j)
        u, _ = overpotential(j / electrode.i0(c, x, self.T), electrode.alpha_a, electrode.alpha_c)
        return electrode.U(x) + end_potential(x)[0] + R * self.T / F * u

    def response(self, j):
        """Return the Response of faces whose reaction is j (A m-2), and c_e at them."""
        drops, electrode, T = self.drops, self.electrode, self.T
        thermal = R * T / F
        x_face, c_face, x, c = self.at_face(j)
        i0 = electrode.i0(c, x, T)
        step_c, step_x = 1e-6 * c, 1e-7
        i0_c = (electrode.i0(c + step_c, x, T) - i0) / step_c
        i0_x = (electrode.i0(c, x + step_x, T) - i0) / step_x
        u, u_ratio = overpotential(j / i0, electrode.alpha_a, electrode.alpha_c)
        pull = thermal * u_ratio * j / i0**2
        # beyond a bound the face's value stays at it, and so does what depends on it
        end, end_slope = end_potential(x)
        v_x = np.where(x == x_face, electrode.dU(x) + end_slope - pull * i0_x, 0.0)
        v_c = np.where(c == c_face, -pull * i0_c, 0.0)
        W_c = np.where(c == c_face, self.W.slope(c), 0.0)
        return Response(electrode.U(x) + end + thermal * u, thermal * u_ratio / i0, v_x, v_c, W_c, drops), c

    def mismatch(self, j, a, b):
        """Return G of the scalar problem at j_r (see face_current), and the Response there."""
        response, c = self.response(j)
        whole = j + a * response.v + b
        return self.phi_s - self.psi - self.W(c) - response.v - whole * self.drops.resistance, response


ROUGH = 1e-5  # relative change of j_r that swift kinetics may end at, twice: the round-off of G


def face_current(sides, guess, layer=None, tolerance=1e-6, gentle=1):
    """Solve each face's scalar problem for j_r; return FaceCurrent.

        v(j_r) = U(sto + j_r ds) + (RT/F) u(j_r / i0),   j = j_r + a v + b
        G(j_r) = phi_s - psi - W(c_e + j_r dc) - v - j r = 0

    sides: Sides; guess: j_r to start from (A m-2); layer: DoubleLayer, None for none; tolerance: last
    relative change of a Newton step, whose error is about its square, and that of its slopes itself;
    gentle: so many times that where every face has lithium and salt to spare.
    G falls with j_r, so every value tried is one side of a bracket; a Newton step that leaves it is replaced
    by its middle (from far off, the inverse hyperbolic sine sends Newton from one side to the other).
    Raises NotConverged with the last relative change.
    """
    j, low, high, moved = guess, *(np.full(guess.shape, bound) for bound in (-np.inf, np.inf, np.inf))
    (a, b), drops, last = layer or (0.0, 0.0), sides.drops, np.inf
    for _ in range(100):
        G, response = sides.mismatch(j, a, b)
        trial = j - G / response.G_j(a, drops)
        change = np.max(np.abs(trial - j) / (np.abs(trial) + 1e-3), initial=0)
        near = change < tolerance or max(change, last) < ROUGH
        if near or change < gentle * tolerance and sides.gentle(trial):
            return response.current(trial, j, layer)
        last = change
        low, high = np.where(G > 0, j, low), np.where(G > 0, high, j)
        astray = (trial <= low) | (trial >= high) | (np.abs(trial - j) > moved / 2)
        j, before = np.where(astray & np.isfinite(low) & np.isfinite(high), (low + high) / 2, trial), j
        moved = np.abs(j - before)
    raise NotConverged("the kinetics of a face did not converge", [change])


@dataclass(frozen=True)
class Response:
    """How a face answers to small changes: the voltage v behind the film; its slopes: with j_r at fixed sto
    and c_e at the face (the charge transfer resistance R_ct), with sto and with c_e; the slope of W; the
    drops. `a` is the double layer's admittance (A m-2 V-1): C_dl alpha / dt in a time step, i omega C_dl at a
    frequency, where the drops may be complex too."""

    v: np.ndarray
    R_ct: np.ndarray
    v_sto: np.ndarray
    v_c_e: np.ndarray
    W_c_e: np.ndarray
    drops: Drops

    def v_j(self, drops):
        """Slope of v with j_r at fixed sto and c_e beside the face."""
        return self.v_sto * drops.sto + self.v_c_e * drops.c_e + self.R_ct

    def G_j(self, a, drops):
        """Slope of G with j_r."""
        return -self.W_c_e * drops.c_e - drops.resistance - (1 + a * drops.resistance) * self.v_j(drops)

    def slopes(self, a, drops=None):
        """Return the Slopes of j_r, and of the whole j = j_r + a v + b; one object where a = 0."""
        drops = drops or self.drops
        dphi, gain, beside = -1 / self.G_j(a, drops), 1 + a * self.v_j(drops), 1 + a * drops.resistance
        reaction = Slopes(dphi, -dphi * beside * self.v_sto, -dphi * (self.W_c_e + beside * self.v_c_e))
        if np.all(a == 0):
            return reaction, reaction
        return reaction, Slopes(
            gain * reaction.dphi, gain * reaction.dsto + a * self.v_sto, gain * reaction.dc_e + a * self.v_c_e
        )

    def current(self, j, at, layer):
        """Return the FaceCurrent of j_r, near the `at` where this was evaluated."""
        v, (a, b) = self.v + self.v_j(self.drops) * (j - at), layer or (0.0, 0.0)
        reaction, whole = self.slopes(a)
        return FaceCurrent(j if layer is None else j + a * v + b, j, v, whole, reaction)


SCARCE = 10.0  # mol m-3 of salt at a face
LAST, PULL = 1e-3, 1e-3  # the last share of sto at either end, and the scale of what is added there (V)


def end_potential(x):
    """What no fit of an OCP says: where material runs full or empty its potential leaves all bounds (V), and
    its slope.

        +- PULL (1 - s)^2 / s,   s = share of the last 0.1 % of sto that is left;   0 elsewhere

    8 mV at 1e-4 from the end, 1 V at 1e-6; towards the end 1e-6 V / (what is left), the term PyBaMM adds to
    its OCPs.
    """
    if np.min(x, initial=0.5) >= LAST and np.max(x, initial=0.5) <= 1 - LAST:
        return 0.0, 0.0
    low, high = np.minimum(x / LAST, 1), np.minimum((1 - x) / LAST, 1)
    value = PULL * ((1 - low) ** 2 / low - (1 - high) ** 2 / high)
    return value, PULL / LAST * (2 - 1 / low**2 - 1 / high**2)


@dataclass(frozen=True)
class ConcentrationPotential:
    """W(c_e) = 2 R T (1 - t_plus) tdf / F ln(c_e / c_0): the part of phi_e that salt gradients cause (V)."""

    factor: float
    c_0: float

    def __call__(self, c_e):
        return self.factor * np.log(c_e / self.c_0)

    def slope(self, c_e):
        return self.factor / c_e


class TabulatedPotential:
    """W(c_e) = integral of f(c) / c dc from c_0, f = 2 R T (1 - t_plus) tdf / F, where f depends on c.

    Kept as a cubic spline of W over ln c (f is its slope), 1e-3 to 1e5 mol m-3.
    """

    def __init__(self, factor, c_0):
        from scipy.interpolate import CubicHermiteSpline

        x = np.linspace(np.log(1e-3), np.log(1e5), 4001)
        f, middle = factor(np.exp(x)), factor(np.exp((x[1:] + x[:-1]) / 2))
        W = np.concatenate([[0.0], np.cumsum((x[1] - x[0]) * (f[:-1] + 4 * middle + f[1:]) / 6)])  # Simpson
        self.factor, self.spline = factor, CubicHermiteSpline(x, W, f)
        self.W_0 = self.spline(np.log(c_0))

    def __call__(self, c_e):
        return self.spline(np.log(c_e)) - self.W_0

    def slope(self, c_e):
        return self.factor(c_e) / c_e


def concentration_potential(electrolyte, T):
    """Return W such that i_e = -beta kappa grad(phi_e - W); in closed form for constant t_plus and tdf."""

    def factor(c_e):
        return 2 * R * T * (1 - electrolyte.value("t_plus", c_e, T)) * electrolyte.value("tdf", c_e, T) / F

    if callable(electrolyte.t_plus) or callable(electrolyte.tdf):
        return TabulatedPotential(factor, electrolyte.c_e_0)
    return ConcentrationPotential(float(factor(np.array(electrolyte.c_e_0))), electrolyte.c_e_0)
