"""Charge transfer at a face: Butler-Volmer with film and double layer, and the drops across the two half cells beside
the face.

    j_r = i0(c_e, sto) [exp(alpha_a F eta / RT) - exp(-alpha_c F eta / RT)]        the reaction
    j = j_r + C_dl dv/dt          v = U(sto) + eta = phi_s - phi_e - j R_film      and the double layer beside it

All quantities at the face itself; the unknowns live at cell centres, half a cell away. The scalar problem for j_r
is solved face by face, so that the stiff exponential never reaches the global iteration. In a time step dv/dt is
(alpha v + past) / dt, so that j = j_r + a v + b.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import NotConverged
from .constants import F, R


@dataclass(frozen=True)
class Drops:
    """What changes between cell centre and face per unit of j (arrays over faces).

    resistance: ohmic, both half cells and film (ohm m2); sto: of the solid's lithiation (m2 A-1, <= 0);
    c_e: of the electrolyte's concentration (mol m-3 per A m-2, >= 0).
    """

    resistance: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray


@dataclass(frozen=True)
class FaceCurrent:
    """Current density j (A m-2) and its derivatives with phi_s (that with psi is minus it), sto and c_e.

    v: voltage between solid and electrolyte at the face, behind the film (V); reaction: the part of j that is not the
    double layer's, itself where there is none."""

    j: np.ndarray
    dphi: np.ndarray
    dsto: np.ndarray
    dc_e: np.ndarray
    v: np.ndarray | None = None
    layer: "FaceCurrent | None" = None

    @property
    def reaction(self):
        return self.layer or self


def overpotential(ratio, alpha_a, alpha_c):
    """Invert ratio = exp(alpha_a u) - exp(-alpha_c u); return u and du/dratio."""
    if np.all(alpha_a == alpha_c):
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


def face_current(phi_s, psi, sto, c_e, drops, electrode, W, T, guess, layer=None, tolerance=1e-6):
    """Solve each face's scalar problem for j_r; return FaceCurrent.

        v(j_r) = U(sto + j_r ds) + (RT/F) u(j_r / i0),   j = j_r + a v + b
        G(j_r) = phi_s - psi - W(c_e + j_r dc) - v - j r = 0

    phi_s, psi, sto, c_e: cell-centre values (psi = phi_e - W(c_e)); electrode: has U, dU, i0, alpha_a, alpha_c;
    W: concentration part of the electrolyte potential, with slope W.slope; guess: j_r to start from; layer: a
    (A m-2 V-1) and b (A m-2) of the double layer, None for none.
    G falls with j_r, so every value tried is one side of a bracket; a Newton step that leaves it is replaced by its
    middle (from far off, the inverse hyperbolic sine sends Newton from one side to the other).
    Raises NotConverged with the last relative change.
    """
    j, low, high = guess, np.full(guess.shape, -np.inf), np.full(guess.shape, np.inf)
    given = phi_s, psi, sto, c_e, drops, electrode, W, T, layer or (0.0, 0.0)
    for _ in range(100):
        G, G_j, partial, _ = _residual(j, *given)
        trial = j - G / G_j
        change = np.max(np.abs(trial - j) / (np.abs(trial) + 1e-3), initial=0)
        if change < tolerance:  # Newton's error is the square of its last change
            G, G_j, partial, v = _residual(trial, *given)
            slope = -1 / G_j
            reaction = FaceCurrent(trial + slope * G, slope, slope * partial[0], slope * partial[1],
                                   v.value + v.j * slope * G)
            return reaction if layer is None else _with_layer(reaction, v, *layer)
        low, high = np.where(G > 0, j, low), np.where(G > 0, high, j)
        outside = (trial <= low) | (trial >= high)
        j = np.where(outside & np.isfinite(low) & np.isfinite(high), (low + high) / 2, trial)
    raise NotConverged("the kinetics of a face did not converge", [change])


@dataclass(frozen=True)
class _Voltage:
    """v behind the film, and its derivatives with j_r, and with sto and c_e at fixed j_r."""

    value: np.ndarray
    j: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray


def _with_layer(r, v, a, b):
    """Return the whole current j = j_r + a v + b of a reaction current r."""
    gain = 1 + a * v.j
    return FaceCurrent(r.j + a * r.v + b, gain * r.dphi, gain * r.dsto + a * v.sto, gain * r.dc_e + a * v.c_e, r.v, r)


def _residual(j, phi_s, psi, sto, c_e, drops, electrode, W, T, layer):
    """G, dG/dj_r, (dG/dsto, dG/dc_e) of the scalar problem, and the _Voltage behind the film."""
    thermal = R * T / F
    x_face, c_face = sto + j * drops.sto, c_e + j * drops.c_e
    x, c = np.clip(x_face, 1e-6, 1 - 1e-6), np.maximum(c_face, 1e-3)
    i0 = electrode.i0(c, x, T)
    step_c, step_x = 1e-6 * c, 1e-7
    i0_c = (electrode.i0(c + step_c, x, T) - i0) / step_c
    i0_x = (electrode.i0(c, x + step_x, T) - i0) / step_x
    u, u_ratio = overpotential(j / i0, electrode.alpha_a, electrode.alpha_c)
    pull = thermal * u_ratio * j / i0**2
    # beyond a bound the face's value stays at it, and so does what depends on it
    v_x = np.where(x == x_face, electrode.dU(x) - pull * i0_x, 0.0)
    v_c = np.where(c == c_face, -pull * i0_c, 0.0)
    W_c = np.where(c == c_face, W.slope(c), 0.0)
    v = _Voltage(electrode.U(x) + thermal * u, v_x * drops.sto + v_c * drops.c_e + thermal * u_ratio / i0, v_x, v_c)
    a, b = layer
    whole = 1 + a * drops.resistance
    G = phi_s - psi - W(c) - v.value - (j + a * v.value + b) * drops.resistance
    G_j = -W_c * drops.c_e - drops.resistance - whole * v.j
    return G, G_j, (-whole * v_x, -W_c - whole * v_c), v


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
