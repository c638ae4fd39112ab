"""Circuits: closed-form elements, fits with uncertainties, and the Kramers-Kronig test of a spectrum.

An element is a function of the angular frequencies omega (rad s-1) and of its parameters; a circuit is any
function made of elements:

    def cell(omega, R_s, R_ct, Q, n):
        return R_s + parallel(R_ct, constant_phase(omega, Q, n))

    fit = fit_circuit(cell, freq, Z, {"R_s": 1e-3, "R_ct": 1e-2, "Q": 1.0, "n": 0.9})

Parameters are positive and are fitted as logarithms. The unit of Z is the caller's (ohm, ohm m2).
"""

import itertools
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import least_squares
from scipy.special import stdtrit

from ..base.errors import InputError, NotConverged

# ---- elements -----


def parallel(*branches):
    """Join impedances in parallel: 1 / sum(1 / Z)."""
    return 1 / sum(1 / np.asarray(Z) for Z in branches)


def constant_phase(omega, Q, n):
    """Constant-phase element 1 / (Q (i omega)^n); a capacitor for n = 1."""
    return 1 / (Q * (1j * omega) ** n)


def warburg(omega, A):
    """Diffusion into a half space: A (1 - i) / sqrt(omega)."""
    return A * (1 - 1j) / np.sqrt(omega)


def diffusion_open(omega, R, time):
    """Diffusion over a length whose far end is held at its concentration: R tanh(s) / s, s = sqrt(i omega
    time)."""
    s = np.sqrt(1j * omega * time)
    return R * np.tanh(s) / s


def diffusion_blocked(omega, R, time):
    """Diffusion over a length whose far end is closed: R coth(s) / s, s = sqrt(i omega time); Re -> R / 3."""
    s = np.sqrt(1j * omega * time)
    return R / (np.tanh(s) * s)


def diffusion_sphere(omega, R, time):
    """Diffusion into a sphere: R tanh(s) / (s - tanh(s)), s = sqrt(i omega time), time = radius^2 / D; Re ->
    R / 5."""
    s = np.sqrt(1j * omega * time)
    small = np.abs(s) < 0.05  # there s - tanh(s) cancels
    t = np.tanh(np.where(small, 1.0, s))
    return R * np.where(small, 3 / s**2 + 0.2 - s**2 / 175, t / (np.where(small, 2.0, s) - t))


def transmission_line(omega, R_ion, Q, n=1.0):
    """Pore of resistance R_ion along blocking walls of capacitance Q (constant phase n): R_ion coth(s) / s,
    s = sqrt(R_ion Q (i omega)^n); 45 degrees at high omega, R_ion / 3 + 1 / (i omega Q) at low omega (de
    Levie 1963).
    """
    s = np.sqrt(R_ion * Q * (1j * omega) ** n)
    return R_ion / (np.tanh(s) * s)


# ---- circuits -----


def symmetric_cell(omega, R_s, R_ion, Q, n):
    """One electrode's share of a blocking symmetric cell: R_s + transmission_line."""
    return R_s + transmission_line(omega, R_ion, Q, n)


def randles(omega, R_s, R_ct, Q, n, R_w, t_w):
    """Randles circuit R_s + (constant phase parallel to R_ct + diffusion with a closed far end)."""
    return R_s + parallel(constant_phase(omega, Q, n), R_ct + diffusion_blocked(omega, R_w, t_w))


# ---- fits -----

HELD = 0.5  # relative standard error beyond which the data do not hold a parameter: 95 % is a factor of e


@dataclass(frozen=True, repr=False)
class CircuitFit:
    """values {parameter: value}; errors {parameter: standard error}, None for a parameter held fixed or at
    its bound, infinite for one that the data know nothing of; Z: the circuit at the frequencies; residual:
    (Z_measured - Z) / |Z_measured|; chi2: weighted squares over the degrees of freedom; dof; log_covariance:
    of the logarithms of `free`, in its order; exponents: parameters that do not pass 1; undetermined:
    parameters that the data do not hold."""

    values: dict
    errors: dict
    Z: np.ndarray
    residual: np.ndarray
    chi2: float
    dof: int
    free: tuple
    log_covariance: np.ndarray = field(repr=False)
    exponents: tuple = ("n",)

    def interval(self, name, level=0.95):
        """Confidence interval of a parameter: symmetric in its logarithm, Student's t; of an exponent up to
        1."""
        if name not in self.free:
            raise InputError(
                f"expected a fitted parameter ({', '.join(self.free)}), got {name!r}; name one of these"
            )
        place = self.free.index(name)
        half = stdtrit(self.dof, 0.5 + level / 2) * np.sqrt(self.log_covariance[place, place])
        with np.errstate(over="ignore"):  # what is not known at all reaches from 0 to infinity
            low, high = self.values[name] * np.exp(-half), self.values[name] * np.exp(half)
        return low, min(high, 1.0) if name in self.exponents else high

    @property
    def undetermined(self):
        """Names of the parameters whose standard error passes HELD of their value: the figures say
        nothing."""
        return tuple(name for name in self.free if not self.errors[name] <= HELD * self.values[name])

    def __repr__(self):
        lines = [f"CircuitFit: chi2 {self.chi2:.3g}, off by at most {100 * self.worst:.2g} %"]
        return "\n".join([*lines, *(f"  {name}: {self._told(name)}" for name in self.values)])

    @property
    def worst(self):
        """Largest deviation of the circuit from the data, relative to |Z|."""
        return float(np.abs(self.residual).max())

    def _told(self, name):
        value, error = self.values[name], self.errors[name]
        if error is None:
            return f"{value:.5g}, fixed or at its bound"
        if name in self.undetermined:
            low, high = self.interval(name)
            return f"not determined by these data (95 %: {low:.2g} to {high:.2g})"
        return f"{value:.5g} +- {error:.2g}"


def fit_circuit(circuit, freq, Z, start, *, fixed=None, exponents=("n",), weights="modulus"):
    """Fit the parameters of a circuit to a spectrum.

        minimise sum |(Z - circuit(2 pi freq, **parameters)) / sigma|^2

    circuit: function (see the module); freq (Hz); Z (complex); start: {parameter: value}, or several of
    these, of which the best answer is kept; fixed: {parameter: value}; exponents: parameters that do not pass
    1; weights: "modulus" (sigma = |Z|), "unit" (all alike), or sigma itself, the standard deviation of real
    and imaginary part. Errors follow from the curvature at the minimum, scaled by the scatter of the
    residuals unless sigma is given. Returns CircuitFit. Raises InputError, NotConverged.
    """
    starts, fixed = [start] if isinstance(start, dict) else list(start), dict(fixed or {})
    free = tuple(name for name in starts[0] if name not in fixed)
    omega, Z, sigma = _checked(freq, Z, weights, starts, len(free))
    best = None
    for values in starts:
        begin = {name: min(values[name], 0.999) if name in exponents else values[name] for name in free}
        with np.errstate(
            all="ignore"
        ):  # trial steps may leave the range of floating point; they are then not taken
            answer = _attempt(circuit, omega, Z, sigma, begin, fixed, exponents)
        best = answer if best is None or answer is not None and answer.cost < best.cost else best
    if best is None:
        raise NotConverged(
            "the fit of the circuit came to no end from any of its starts; give other start values"
        )
    scaled = isinstance(weights, str)
    return _result(circuit, omega, Z, {**best.fitted, **fixed}, free, best, scaled, tuple(exponents))


def _checked(freq, Z, weights, starts, free):
    freq, Z = np.asarray(freq, float), np.asarray(Z, complex)
    if freq.ndim != 1 or freq.shape != Z.shape or not (np.all(freq > 0) and np.all(np.isfinite(Z))):
        raise InputError(
            f"expected as many finite impedances as frequencies above 0, got shapes {freq.shape} and "
            f"{Z.shape}; give one complex value for each frequency"
        )
    if 2 * freq.size <= free:
        raise InputError(
            f"expected more than {free // 2} frequencies for {free} parameters, got {freq.size}; give "
            "more, or fix parameters"
        )
    if any(not value > 0 for values in starts for value in values.values()):
        raise InputError(f"expected start values above 0, got {starts}; correct them")
    if isinstance(weights, str) and weights not in ("modulus", "unit"):
        raise InputError(f"expected weights modulus, unit or numbers, got {weights!r}; choose one")
    sigma = {"modulus": np.abs(Z), "unit": np.ones(Z.shape)}[weights] if isinstance(weights, str) else weights
    return 2 * np.pi * freq, Z, np.broadcast_to(np.asarray(sigma, float), Z.shape)


def _attempt(circuit, omega, Z, sigma, begin, fixed, exponents):
    """Minimise from one start; None if that leaves the range of numbers or takes too long.

    The variables are log(parameter / its start): from the origin the first step is at most one of them by a
    factor e, while a step scaled by the slopes throws a small resistance out of sight.
    """
    names, first = list(begin), np.array(list(begin.values()))

    def misfit(logs):
        off = (Z - circuit(omega, **fixed, **dict(zip(names, first * np.exp(logs))))) / sigma
        return np.concatenate([off.real, off.imag])

    upper = [-np.log(begin[name]) if name in exponents else np.inf for name in names]
    if not np.all(np.isfinite(misfit(np.zeros(len(names))))):
        return None
    try:
        answer = least_squares(
            misfit,
            np.zeros(len(names)),
            bounds=(-np.inf, upper),
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
            max_nfev=2000,
        )
    except (ValueError, np.linalg.LinAlgError):
        return None
    answer.fitted = dict(zip(names, (first * np.exp(answer.x)).tolist()))
    return answer if answer.success else None


def _result(circuit, omega, Z, values, free, answer, scaled, exponents):
    inner = np.array([name for name, active in zip(free, answer.active_mask) if not active], dtype=object)
    J = answer.jac[:, answer.active_mask == 0]
    dof = 2 * omega.size - inner.size
    chi2 = 2 * answer.cost / dof
    covariance = _covariance(J) * (chi2 if scaled else 1.0)
    spread = dict(zip(inner, np.sqrt(np.diag(covariance))))
    errors = {name: float(values[name] * spread[name]) if name in spread else None for name in values}
    modelled = circuit(omega, **values)
    off = (Z - modelled) / np.abs(Z)
    return CircuitFit(values, errors, modelled, off, chi2, dof, tuple(inner), covariance, exponents)


def _covariance(J):
    """(J^T J)^-1, infinite for parameters that the data do not tell from others or know nothing of."""
    norms = np.linalg.norm(J, axis=0)
    norms[norms == 0] = 1.0
    _, size, rows = np.linalg.svd(J / norms, full_matrices=False)
    seen = size > 1e-7 * size[0]  # slopes by differences are not better than that
    covariance = (rows[seen].T / size[seen] ** 2) @ rows[seen] / np.outer(norms, norms)
    lost = np.flatnonzero(np.abs(rows[~seen]).max(axis=0, initial=0.0) > 1e-3)
    covariance[lost, lost] = np.inf
    return covariance


@dataclass(frozen=True)
class LineFit:
    """R_ion (ohm m2) of one electrode and tau = eps kappa R_ion / L, with standard errors; fit:
    CircuitFit.

    The line is uniform: of an electrode that is denser at one end it gives neither the tau of transport nor
    an error that covers it, only a misfit (fit.worst).
    """

    R_ion: float
    R_ion_error: float
    tau: float
    tau_error: float
    fit: CircuitFit


def fit_transmission_line(
    freq, Z, *, eps, kappa, length, electrodes=1, series=True, exponent=None, weights="modulus"
):
    """Fit a uniform transmission line to the impedance of electrodes with blocking walls.

        Z = electrodes (R_s + R_ion coth(s) / s),   tau / eps = R_ion kappa / L    (Landesfeind et al. 2016)

    freq (Hz); Z (ohm m2); eps: porosity; kappa (S m-1); length of an electrode (m); electrodes: 2 for a
    symmetric cell; series: whether there is a resistance R_s beside; exponent: of the constant phase, None to
    fit it. Returns LineFit. Source: Landesfeind, Hattendorff, Ehrl, Wall, Gasteiger, J. Electrochem. Soc. 163
    (2016) A1373.
    """
    freq, Z = np.asarray(freq, float), np.asarray(Z, complex) / electrodes
    slow, fast = np.argmin(freq), np.argmax(freq)
    rise = max(Z[slow].real - Z[fast].real, 1e-3 * abs(Z[slow]))
    Q = 1 / (2 * np.pi * freq[slow] * max(-Z[slow].imag, 1e-6 * abs(Z[slow])))
    fixed = {} if series else {"R_s": 0.0}
    fixed |= {} if exponent is None else {"n": float(exponent)}
    starts = [
        {"R_s": share * max(Z[fast].real, 1e-3 * rise), "R_ion": factor * rise, "Q": Q, "n": n}
        for factor in (3.0, 1.0, 10.0)
        for share, n in ((0.9, 0.9), (0.03, 0.99), (0.001, 0.999))
    ]
    fit = fit_circuit(
        symmetric_cell,
        freq,
        Z,
        starts,
        fixed=fixed,
        weights=weights if isinstance(weights, str) else np.asarray(weights) / electrodes,
    )
    R, error, unit = fit.values["R_ion"], fit.errors["R_ion"], eps * kappa / length
    return LineFit(R, error, unit * R, unit * error, fit)


def fit_pore_line(found, kappa):
    """Fit a line to the impedance of pores with a blocked end, as one would fit a measured spectrum.

    found: impedance.pores.PoreImpedance; kappa: of the electrolyte (S m-1). Up to ten times omega_c: faster
    than that the line sees the first voxels only, not the electrode. None below four such frequencies.
    Returns LineFit.
    """
    seen = found.freq <= 10 * (found.omega_c / (2 * np.pi))
    if seen.sum() < 4:
        return None
    options = {"eps": found.mean, "kappa": kappa, "length": found.length}
    return fit_transmission_line(found.freq[seen], found.Z[seen], **options, series=False, exponent=1.0)


def fit_randles(freq, Z, *, exponent=None, weights="modulus"):
    """Fit `randles` from a grid of starts; exponent: of the constant phase, None to fit it. Returns
    CircuitFit."""
    freq, Z = np.asarray(freq, float), np.asarray(Z, complex)
    low, high = Z.real.min(), Z.real.max()
    R_s, span = max(low, 1e-3 * high), max(high - low, 1e-3 * high)
    omega = 2 * np.pi * np.geomspace(freq.min(), freq.max(), 7)
    grid = itertools.product((0.2, 0.6), omega[2:6], 1 / omega[:3])
    starts = [
        {
            "R_s": R_s,
            "R_ct": share * span,
            "Q": 1 / (share * span * peak),
            "n": 0.9,
            "R_w": 3 * (1 - share) * span,
            "t_w": time,
        }
        for share, peak, time in grid
    ]
    return fit_circuit(
        randles, freq, Z, starts, fixed=None if exponent is None else {"n": float(exponent)}, weights=weights
    )


# ---- Kramers-Kronig -----


@dataclass(frozen=True)
class KramersKronig:
    """elements: number of RC elements; mu: 1 - (sum of the negative resistances / of the positive ones);
    residual: (Z - Z_fit) / |Z|, complex; Z: the fit, which obeys Kramers and Kronig."""

    elements: int
    mu: float
    residual: np.ndarray
    Z: np.ndarray


def kramers_kronig(freq, Z, *, mu_limit=0.85, most=None, capacity=True, inductance=True):
    """Test whether a spectrum is that of a linear, causal and stable system (lin-KK).

        Z_fit = R_0 + sum_k R_k / (1 + i omega t_k) [+ 1 / (i omega C)] [+ i omega L]

    with t_k spaced evenly in log t is linear in what is fitted and obeys the Kramers-Kronig relations, so
    that what it cannot follow does not. Elements are added, from two a decade on, until mu falls below
    `mu_limit` (then they begin to follow the noise), at most `most` (the number of frequencies). Too few
    elements along a smooth spectrum have a low mu too: where up to eight more take a quarter off the
    residual, the search goes on (noise gives them a few per cent). freq (Hz), Z (complex). Returns
    KramersKronig. Source: Schoenleber, Klotz, Ivers-Tiffee, Electrochim. Acta 131 (2014) 20, eq. 10 to 22.
    """
    omega, Z, _ = _checked(freq, Z, "modulus", [], 0)
    if omega.size < 4:
        raise InputError(f"expected at least 4 frequencies, got {omega.size}; give more")
    least = fewest_elements(omega)
    if not testable(omega):
        raise InputError(
            f"expected more than {(least + 3) // 2} frequencies over so many decades, got {omega.size}; give "
            "more or leave the Kramers-Kronig test out"
        )
    tried = {}
    for elements in range(least, max(omega.size if most is None else most, least) + 1):
        for ahead in range(elements, max(elements, min(elements + 8, omega.size)) + 1):
            if ahead not in tried:
                tried[ahead] = _linear_fit(omega, Z, ahead, capacity, inductance)
        mu, residual = tried[elements]
        left = min(np.linalg.norm(tried[k][1]) for k in tried if k >= elements)
        if mu <= mu_limit and left > 0.75 * np.linalg.norm(residual):
            break
    return KramersKronig(elements, mu, residual, Z - residual * np.abs(Z))


def fewest_elements(freq):
    """Return the number of elements, two a decade, that a spectrum's Kramers-Kronig test begins with."""
    return max(3, int(2 * np.log10(np.max(freq) / np.min(freq))))


def testable(freq):
    """Whether a spectrum has more numbers than its Kramers-Kronig test has unknowns; else it always
    passes."""
    return fewest_elements(freq) + 3 < 2 * np.size(freq)


def _linear_fit(omega, Z, elements, capacity, inductance):
    """Least squares of the relative deviation, real and imaginary part alike; return mu and the residual."""
    times = np.geomspace(1 / omega.max(), 1 / omega.min(), elements)
    columns = [np.ones(omega.size), *(1 / (1 + 1j * omega * time) for time in times)]
    columns += [1 / (1j * omega)] * capacity + [1j * omega] * inductance
    A, unit = np.stack(columns, axis=1) / np.abs(Z)[:, None], Z / np.abs(Z)
    stacked = np.concatenate([A.real, A.imag])
    size = np.linalg.norm(stacked, axis=0)
    x = np.linalg.lstsq(stacked / size, np.concatenate([unit.real, unit.imag]), rcond=None)[0] / size
    R = x[1 : elements + 1]
    mu = 1 - np.abs(R[R < 0]).sum() / max(R[R >= 0].sum(), 1e-300)
    return float(mu), unit - A @ x
