"""Circuits by name for a measured spectrum: units and starts of parameters, and a diffusivity from them.

    randles   R_s + (Q parallel to R_ct + R_w coth(s) / s)              s = sqrt(i omega t_w), far end closed
    open      ... R_w tanh(s) / s                                       far end held
    sphere    ... R_w tanh(s) / (s - tanh(s))                           into a sphere
    warburg   ... A (1 - i) / sqrt(omega)                               into a half space
    line      R_s + R_ion coth(s) / s, s = sqrt(R_ion Q (i omega)^n)    pores with blocking walls

    D = L^2 / t_w (length L, or radius of a sphere)
    D = (R T / (sqrt(2) F^2 c A))^2, with A = R_w / sqrt(2 t_w) where the end is not seen

Source: Ho, Raistrick, Huggins, J. Electrochem. Soc. 127 (1980) 343 (A); Franceschetti, Macdonald, J.
Electroanal. Chem. 101 (1979) 307 (finite lengths); de Levie (1963).
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri, stdtrit

from ..base.constants import F, R
from ..base.errors import InputError
from ..base.schema import listed
from .circuits import (
    HELD,
    constant_phase,
    diffusion_open,
    diffusion_sphere,
    fit_circuit,
    fit_transmission_line,
    parallel,
    randles,
    warburg,
)

SHAPE = {
    "R_s": 1,
    "R_ct": 1,
    "R_w": 1,
    "R_ion": 1,
    "A": 1,
    "Q": -1,
}  # power of the unit of Z in a parameter's
BESIDE = {"Q": "s^n", "t_w": "s", "A": "s^-1/2"}


def randles_open(omega, R_s, R_ct, Q, n, R_w, t_w):
    """Randles circuit whose diffusion has a far end that is held at its concentration."""
    return R_s + parallel(constant_phase(omega, Q, n), R_ct + diffusion_open(omega, R_w, t_w))


def randles_sphere(omega, R_s, R_ct, Q, n, R_w, t_w):
    """Randles circuit with diffusion into spheres."""
    return R_s + parallel(constant_phase(omega, Q, n), R_ct + diffusion_sphere(omega, R_w, t_w))


def randles_warburg(omega, R_s, R_ct, Q, n, A):
    """Randles circuit with diffusion into a half space."""
    return R_s + parallel(constant_phase(omega, Q, n), R_ct + warburg(omega, A))


CIRCUITS = {
    "randles": randles,
    "open": randles_open,
    "sphere": randles_sphere,
    "warburg": randles_warburg,
    "line": None,
}


@dataclass(frozen=True)
class Derived:
    """A figure that follows from a fit: value in SI, its interval of 95 %, whether the data hold it, and of
    what it is made, in words."""

    value: float
    interval: tuple[float, float]
    identifiable: bool
    how: str


def fit_named(name, freq, Z, fixed=None):
    """Fit a circuit by its name to a spectrum; return a CircuitFit.

    freq (Hz), Z (complex, any unit); fixed: {parameter: value}. Raises InputError, NotConverged.
    """
    freq, Z, fixed = np.asarray(freq, float), np.asarray(Z, complex), dict(fixed or {})
    if name == "line":
        if fixed.keys() - {"n"}:
            raise InputError(f"expected n alone to be held for a line, got {listed(fixed)}; leave the others")
        found = fit_transmission_line(freq, Z, eps=1.0, kappa=1.0, length=1.0, exponent=fixed.get("n"))
        return found.fit
    circuit = CIRCUITS[name]
    starts = _starts(freq, Z, name == "warburg")
    unknown = fixed.keys() - starts[0].keys()
    if unknown:
        raise InputError(
            f"expected parameters of the circuit {name} ({listed(starts[0])}) to hold, got {listed(unknown)};"
            " correct them"
        )
    return fit_circuit(circuit, freq, Z, starts, fixed=fixed)


def _starts(freq, Z, half_space):
    """A grid of starts: how the real part's rise is shared, where the arc peaks, how long diffusion takes."""
    low, high = Z.real.min(), Z.real.max()
    R_s, span = max(low, 1e-3 * high), max(high - low, 1e-3 * high)
    omega = 2 * np.pi * np.geomspace(freq.min(), freq.max(), 7)
    grid = itertools.product((0.2, 0.6), omega[2:6], 1 / omega[:3])
    return [
        {"R_s": R_s, "R_ct": share * span, "Q": 1 / (share * span * peak), "n": 0.9}
        | (
            {"A": (1 - share) * span / np.sqrt(time)}
            if half_space
            else {"R_w": 3 * (1 - share) * span, "t_w": time}
        )
        for share, peak, time in grid
    ]


def end_unseen(freq, Z, fit, fixed=None):
    """Tell whether a half space follows a spectrum as well as a circuit whose diffusion has an end (F test).

    Then no frequency sees that end: any larger R_w, with t_w as its square, fits alike, which the curvature
    at the answer does not know.
    """
    held = dict(fixed or {})
    if not {"R_w", "t_w"} <= set(fit.free):
        return False
    bare = fit_named("warburg", freq, Z, {name: held[name] for name in held if name not in ("R_w", "t_w")})
    more = bare.chi2 * bare.dof - fit.chi2 * fit.dof
    return bool(more <= fit.chi2 * fdtri(1, fit.dof, 0.95))


def unit_of_parameter(name, unit):
    """Return the unit of a parameter, where Z is in `unit`: ohm, or ohm m2."""
    power = SHAPE.get(name, 0)
    of_Z = {1: unit, -1: f"1/({unit})" if " " in unit else f"1/{unit}"}.get(power, "")
    return (
        " ".join(part for part in (BESIDE.get(name, ""), of_Z) if part)
        if power < 0
        else " ".join(part for part in (of_Z, BESIDE.get(name, "")) if part)
    )


def combined(fit, powers, factor=1.0, how=""):
    """Return factor * product of parameters to powers as a Derived, with its interval from the covariance of
    the logarithms, which knows that one may be told where each alone is not."""
    value = factor * float(np.prod([fit.values[name] ** power for name, power in powers.items()]))
    weights = np.array([powers.get(name, 0.0) for name in fit.free])
    seen = weights != 0
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.sqrt(weights[seen] @ fit.log_covariance[np.ix_(seen, seen)] @ weights[seen])
        spread = float(spread) if np.isfinite(spread) else np.inf
        half = stdtrit(fit.dof, 0.975) * spread
        ends = (value * float(np.exp(-half)), value * float(np.exp(half)))
    at_bound = any(name in powers and fit.errors[name] is None for name in fit.values)
    return Derived(value, ends, bool(spread <= HELD) and not at_bound, how)


def warburg_coefficient(fit):
    """Return A (unit of Z, s^-1/2) of the 45 degree part of a fit as a Derived; None where it has none."""
    if "A" in fit.values:
        return combined(fit, {"A": 1.0}, how="A")
    if {"R_w", "t_w"} <= set(fit.values):
        return combined(fit, {"R_w": 1.0, "t_w": -0.5}, 2**-0.5, "R_w / sqrt(2 t_w)")
    return None


def diffusivity_over(fit, length):
    """Return D = length^2 / t_w (m2 s-1) as a Derived; length of the way, or radius of the spheres (m)."""
    if "t_w" not in fit.values:
        raise InputError(
            "expected a circuit with a time of diffusion (randles, open, sphere) beside a length, got none;"
            " choose one, or give a concentration"
        )
    return combined(fit, {"t_w": -1.0}, length**2, "L^2 / t_w")


def diffusivity_of_warburg(fit, concentration, temperature):
    """Return D = (R T / (sqrt(2) F^2 c A))^2 (m2 s-1) as a Derived.

    A in ohm m2 s-1/2; concentration of lithium (mol m-3); temperature (K). The activity is taken as the
    concentration: of a host whose potential is not Nernst's it is an apparent D.
    """
    factor = (R * temperature / (2**0.5 * F**2 * concentration)) ** 2
    how = "(R T / (sqrt(2) F^2 c A))^2"
    if "A" in fit.values:
        return combined(fit, {"A": -2.0}, factor, how)
    if {"R_w", "t_w"} <= set(fit.values):
        return combined(fit, {"R_w": -2.0, "t_w": 1.0}, 2 * factor, f"{how}, A = R_w / sqrt(2 t_w)")
    raise InputError("expected a circuit with a diffusion beside a concentration, got a line; choose another")
