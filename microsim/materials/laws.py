"""Laws that material sets share: Arrhenius factor, sums of terms, tables, sites, exchange current density.

A potential is an object: `U(sto)` is its value, `U.slope(sto)` its derivative.
"""

import functools
from dataclasses import dataclass

import numpy as np

from ..base.constants import F, R
from ..numerics.backend import is_long, kernels

T_REF = 298.15  # K
NEAR_FULL = 1e-8  # least sto (1 - sto) in an exchange current density, so that it never vanishes


def arrhenius(energy, T, reference=T_REF):
    """Return exp(E / R (1 / T_ref - 1 / T)); energy in J mol-1, temperatures in K."""
    return np.exp(energy / R * (1 / reference - 1 / T))


@dataclass(frozen=True)
class SumOfTerms:
    """sum_k p_k x^k + sum a tanh(b (x - c)) + sum a exp(b (x - c)), and its slope.

    polynomial: p_0, p_1, ...; steps and exponentials: triples (a, b, c).
    """

    polynomial: tuple = ()
    steps: tuple = ()
    exponentials: tuple = ()

    def __call__(self, x):
        if is_long(x):
            kernels.terms.value(*self._numbers, x, out := np.empty_like(x))
            return out
        return (
            _horner(self.polynomial, x)
            + sum(a * np.tanh(b * (x - c)) for a, b, c in self.steps)
            + sum(a * np.exp(b * (x - c)) for a, b, c in self.exponentials)
        )

    def slope(self, x):
        if is_long(x):
            kernels.terms.slope(*self._numbers, x, out := np.empty_like(x))
            return out
        return (
            _horner([k * p for k, p in enumerate(self.polynomial)][1:], x)
            + sum(a * b * (1 - np.tanh(b * (x - c)) ** 2) for a, b, c in self.steps)
            + sum(a * b * np.exp(b * (x - c)) for a, b, c in self.exponentials)
        )

    @functools.cached_property
    def _numbers(self):
        triples = (np.array(part, float).reshape(-1, 3) for part in (self.steps, self.exponentials))
        return np.array(self.polynomial, float), *triples


def _horner(polynomial, x):
    value = 0.0
    for p in reversed(polynomial):
        value = value * x + p
    return value


class Tabulated:
    """Monotone cubic interpolation of a table (PCHIP, Fritsch & Butland 1984), with its slope.

    Between two points it stays between them. Beyond the ends: straight on with the end's slope ("straight"),
    or the end's value ("constant"). x rises; logarithm: interpolates ln y, so that a positive table stays
    positive.
    """

    def __init__(self, x, y, beyond="straight", logarithm=False):
        from scipy.interpolate import PchipInterpolator

        self.x, self.y = np.asarray(x, float), np.asarray(y, float)
        self.beyond, self.logarithm = beyond, logarithm
        self._curve = PchipInterpolator(self.x, np.log(self.y) if logarithm else self.y)
        self._curve_slope = self._curve.derivative()

    def __call__(self, x):
        inside = np.clip(x, self.x[0], self.x[-1])
        value = self._curve(inside)
        if self.beyond == "straight":
            value = value + (x - inside) * self._curve_slope(inside)
        return np.exp(value) if self.logarithm else value

    def slope(self, x):
        inside = np.clip(x, self.x[0], self.x[-1])
        slope = self._curve_slope(inside) * (1.0 if self.beyond == "straight" else inside == x)
        return slope * self(x) if self.logarithm else slope


@dataclass(frozen=True)
class Warmed:
    """A potential at another temperature: U(sto) + by dU/dT(sto), with its slope. by: K."""

    U: object
    dU_dT: object
    by: float

    def __call__(self, x):
        return self.U(x) + self.by * self.dU_dT(x)

    def slope(self, x):
        return self.U.slope(x) + self.by * self.dU_dT.slope(x)


class Sites:
    """Potential of a host of several kinds of sites, each an ideal solution of its own width (multi-species,
    multi-reaction).

        sto = sum_j X_j / (1 + exp(F (U - U_j) / (w_j R T)))

    U falls with sto whatever the parameters. The equation gives sto(U); its inverse is kept as a monotone
    cubic spline through 4001 potentials, with exact slopes. U_j (V), X_j (sum 1), w_j: sequences; T (K) as
    fitted.

    Source: Verbrugge et al., J. Electrochem. Soc. 164 (2017) E3243, eqs. 5 to 7.
    """

    def __init__(self, potentials, shares, widths, T=T_REF, empty=1e-6):
        from scipy.interpolate import CubicHermiteSpline

        self.potentials, self.shares, self.widths, self.T = map(np.asarray, (potentials, shares, widths, T))
        U = np.linspace(self._where(empty), self._where(1 - empty), 4001)
        sto, filling = self.sto(U)
        apart = np.concatenate(
            [[True], np.diff(np.maximum.accumulate(sto)) > 1e-13]
        )  # where U drops at one lithiation
        sto, U, filling = sto[apart], U[apart], filling[apart]
        secant = np.diff(U) / np.diff(sto)
        steepest = 3 * np.maximum(
            np.append(secant[0], secant), np.append(secant, secant[-1])
        )  # else it would overshoot
        self._curve = CubicHermiteSpline(sto, U, np.maximum(1 / filling, steepest))
        self._curve_slope = self._curve.derivative()
        self.ends = (sto[0], sto[-1])

    def sto(self, U):
        """Return the lithiation at potentials U, and d sto / dU (V-1)."""
        from scipy.special import expit

        f = F / (R * self.T * self.widths)
        filled = expit(-f * (np.asarray(U)[..., None] - self.potentials))
        return filled @ self.shares, -(f * filled * (1 - filled)) @ self.shares

    def _where(self, sto):
        from scipy.optimize import brentq

        return brentq(lambda U: self.sto(U)[0] - sto, -5.0, 10.0)

    def __call__(self, sto):
        inside = np.clip(sto, *self.ends)
        return self._curve(inside) + (sto - inside) * self._curve_slope(inside)

    def slope(self, sto):
        return self._curve_slope(np.clip(sto, *self.ends))


@dataclass(frozen=True)
class ExchangeCurrent:
    """i0 = m exp(E / R (1 / T_ref - 1 / T)) c_e^1/2 c_s^1/2 (c_s_max - c_s)^1/2 (A m-2).

    rate: m (A m-2 (m3 mol-1)^1.5); c_s_max (mol m-3); energy: E (J mol-1).
    """

    rate: float
    c_s_max: float
    energy: float = 0.0
    reference: float = T_REF

    def __call__(self, c_e, sto, T):
        filled = np.sqrt(np.maximum(c_e, 0) * np.maximum(sto * (1 - sto), NEAR_FULL))
        return self.rate * arrhenius(self.energy, T, self.reference) * self.c_s_max * filled


@dataclass(frozen=True)
class SkewedExchangeCurrent:
    """i0 = i_ref exp(E / R (1 / T_ref - 1 / T)) (c_e / c_ref)^(1-a) sto^a (1 - sto)^(1-a) (A m-2)."""

    i_ref: float
    alpha: float
    energy: float
    c_ref: float = 1000.0

    def __call__(self, c_e, sto, T):
        x, a = np.minimum(np.maximum(sto, NEAR_FULL), 1 - NEAR_FULL), self.alpha
        salt = (np.maximum(c_e, 0) / self.c_ref) ** (1 - a)
        return self.i_ref * arrhenius(self.energy, T) * salt * x**a * (1 - x) ** (1 - a)


@dataclass(frozen=True)
class Diffusivity:
    """D = D_ref exp(E / R (1 / T_ref - 1 / T)), the same at every lithiation (m2 s-1)."""

    value: float
    energy: float = 0.0

    def __call__(self, sto, T):
        return self.value * arrhenius(self.energy, T) + 0 * sto


@functools.cache
def landesfeind(kappa, D_e, t_plus, tdf):
    """Return kappa, D_e, t_plus, tdf as functions of (c_e, T) in the forms of Landesfeind & Gasteiger (2019),
    eqs. 11 to 14.

    Arguments: the coefficients of each, for c in mol l-1, kappa in mS cm-1, D_e in 1e-10 m2 s-1.
    """

    def conductivity(c_e, T):
        p, c, e = kappa, np.maximum(c_e, 0) / 1000, np.exp(1000 / T)
        return (
            0.1
            * p[0]
            * (1 + (T - p[1]))
            * c
            * (1 + p[2] * np.sqrt(c) + p[3] * (1 + p[4] * e) * c)
            / (1 + c * c * c * c * p[5] * e)
        )

    def diffusivity(c_e, T):
        p, c = D_e, c_e / 1000
        return 1e-10 * p[0] * np.exp(p[1] * c) * np.exp(p[2] / T) * np.exp(p[3] * c / T)

    def polynomial(p):
        def law(c_e, T):
            c = c_e / 1000
            return (
                p[0]
                + p[1] * c
                + p[2] * T
                + p[3] * c**2
                + p[4] * c * T
                + p[5] * T**2
                + p[6] * c * c * c
                + p[7] * c**2 * T
                + p[8] * c * T**2
            )

        return law

    return conductivity, diffusivity, polynomial(t_plus), polynomial(tdf)
