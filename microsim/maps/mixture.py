"""Spectra as mixtures: linear combination of references, and the three-energy method.

Linear combination:  mu(E) = sum_r w_r ref_r(E - shift) + background(E), least squares with w >= 0 if asked
                     for.
Three energies:      m = (mu_edge - mu_pre) / (mu_post - mu_pre).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from ..base.errors import InputError
from .edge import SpectrumEstimate
from .spectra import CODE, as_rows, check_energies, curve_through, functional, reasons, sigma_rows

BLOCK = 8192
MOST_REFERENCES = 8  # all subsets of them are tried where bounds are active


@dataclass(frozen=True)
class References:
    """Reference spectra: energies (eV), values [reference, energy], names; said: what was done to them;
    freed: of pre-edge lines that they had as measured."""

    energies: np.ndarray
    values: np.ndarray
    names: tuple[str, ...]
    source: str = ""
    sha256: str = ""
    said: tuple[str, ...] = ()
    freed: bool = False

    def about(self):
        """Return which spectra they are and where they come from, as plain data."""
        return {"names": self.names, "file": self.source, "sha256": self.sha256}

    def pick(self, names):
        """Return the named references, in the order given."""
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise InputError(
                f"expected references out of {', '.join(self.names)}, got {', '.join(unknown)}; correct the"
                " names."
            )
        rows = [self.names.index(name) for name in names]
        return replace(self, values=self.values[rows], names=tuple(names))

    def at(self, energies, shift=0.0):
        """Interpolate to energies (eV), the references moved up by shift (eV): [reference, energy].

        By cubic splines: straight lines flatten an edge between its energies, so that a fitted shift leans
        to whole steps (0.1 eV of 0.5, a lithiation 0.03 off in nickel's range of 2 eV; splines 0.002).
        """
        energies = np.asarray(energies, float)
        wanted = energies - shift
        if wanted[0] < self.energies[0] - 1e-6 or wanted[-1] > self.energies[-1] + 1e-6:
            raise InputError(
                f"expected references from {wanted[0]:g} to {wanted[-1]:g} eV, got {self.energies[0]:g} to "
                f"{self.energies[-1]:g} eV; leave out the energies beyond them (--fit-range)."
            )
        return self._curves(wanted)

    @cached_property
    def _curves(self):
        return curve_through(self.energies, self.values)


@dataclass(frozen=True)
class Fit:
    """A linear combination fit.

    weights    [reference, ...]; sigma: their standard deviation from counting, as without bounds
    share      [reference, ...]: weights over their sum; share_sigma likewise
    residual   [...]: root mean square of the misfit over that of the spectrum
    mean       [...]: sum of shares times the references' own numbers (their lithiation); mean_sigma likewise
    reason     [...]: see REASONS; shift: eV by which the references were moved; names of the references
    """

    names: tuple[str, ...]
    weights: np.ndarray
    sigma: np.ndarray
    share: np.ndarray
    share_sigma: np.ndarray
    residual: np.ndarray
    reason: np.ndarray
    mean: np.ndarray
    mean_sigma: np.ndarray
    shift: float = 0.0


def fit_references(
    mu,
    energies,
    references,
    sigma=None,
    *,
    shift=0.0,
    bounded=True,
    sum_to_one=False,
    background=None,
    weights=None,
    numbers=None,
    inside=None,
    norm=None,
    least=3.0,
):
    """Fit every spectrum as a combination of references.

    mu          [energy, ...]; energies [energy], eV; sigma: None, a number, [energy], [...] or like mu, or
                "misfit": that of the fit itself, which counts what the references lack as noise
    references  References of the same normalisation as mu, or of any with its jump 1: the shares have no
                scale
    shift       eV by which the references are moved up; see fitted_shift
    bounded     weights >= 0; sum_to_one: weights add up to 1 (then shares are the weights)
    background  number of terms of a polynomial in energy fitted along: None none, 1 constant, 2 line
    weights     [energy], of the squares (default all alike)
    numbers     [reference]: a number of each (its lithiation), to be averaged by share; default 1, 0, 0 ...
    inside      [energy], bool: the energies that are fitted (default all)
    norm        Normalisation: spectra are freed of their pre-edge line, and divided by their jump if the
                weights add up to
                1; sigma, that of mu, is propagated through both
    least       spectra whose sum of weights is below so many of its standard deviations (or not above 0) have
                no edge

    Exact: the minimum over all sets of weights that are above 0. Returns Fit; raises InputError.
    """
    energies = check_energies(energies)
    rows, shape = as_rows(mu, energies.size)
    inside = np.ones(energies.size, bool) if inside is None else np.asarray(inside, bool)
    n, used = len(references.names), energies[inside]
    _check_count(n, used.size, background)
    design = _design(used, references.at(used, shift), background)
    root = np.ones(used.size) if weights is None else np.sqrt(np.asarray(weights, float))
    problem = _Problem(
        design,
        root,
        _solvers(design, root, n, sum_to_one),
        (np.eye(energies.size) if norm is None else norm.clean)[inside],
        norm.jump if norm is not None and sum_to_one and not norm.normalised else None,
        bounded,
        np.eye(n)[0] if numbers is None else np.asarray(numbers, float),
    )
    noise = sigma if isinstance(sigma, str) else sigma_rows(sigma, rows, shape)
    finite = np.isfinite(rows).all(axis=0)
    parts = [
        problem.fit(np.where(finite[part], rows[:, part], 0.0), _noise_of(noise, part))
        for part in (slice(k, k + BLOCK) for k in range(0, rows.shape[1], BLOCK))
    ]
    found = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    total, total_error = found["weights"].sum(axis=0), found.pop("total_error")
    with np.errstate(invalid="ignore"):
        empty = ~((total > 0) & (total > least * total_error))
    reason = np.select([~finite, empty], [CODE["not finite"], CODE["no edge jump"]], 0).astype(np.uint8)
    for name, array in found.items():
        array[..., reason > 0] = np.nan
        found[name] = array.reshape((*array.shape[:-1], *shape))
    return Fit(references.names, **found, reason=reason.reshape(shape), shift=float(shift))


def _check_count(references, energies, background):
    if references > MOST_REFERENCES or energies < references + (background or 0) + 1:
        raise InputError(
            f"expected at most {MOST_REFERENCES} references and more energies than parameters, got "
            f"{references} references and {energies} energies; choose fewer."
        )


def _noise_of(noise, part):
    """The noise of a block of spectra, where each has its own."""
    alike = noise is None or isinstance(noise, str) or noise.ndim == 0 or noise.shape[1] == 1
    return noise if alike else noise[:, part]


@dataclass(frozen=True)
class _Problem:
    """What all spectra share: columns of the fit, roots of the weights, a solver for each set of references,
    rows that free a spectrum of its baseline, the row that gives its jump (or None), bounds, and the numbers
    to be averaged by share."""

    design: np.ndarray
    root: np.ndarray
    solvers: dict
    clean: np.ndarray
    jump: np.ndarray | None
    bounded: bool
    numbers: np.ndarray

    def fit(self, raw, noise):
        """Fit a block of spectra [energy, k]; noise: sigma_rows, None, or "misfit"."""
        n, root = len(self.numbers), self.root[:, None]
        jump = 1.0 if self.jump is None else self.jump @ raw
        jump = np.where(np.abs(jump) > 1e-12, jump, 1.0)  # such spectra are left out by their reason
        block = self.clean @ raw / jump
        values = _bounded(block, self.design, self.root, self.solvers, n, self.bounded)
        misfit = ((block - self.design @ values) * root) ** 2
        if isinstance(noise, str):
            noise = jump * np.sqrt(misfit.sum(axis=0, keepdims=True) / np.subtract(*self.design.shape))
        matrix, offset = self.solvers[tuple(range(n))]
        covariance = _covariance(
            matrix[:n] @ self.clean, noise, raw.shape, values[:n] - offset[:n, None], self.jump, jump
        )
        with np.errstate(all="ignore"):
            total = values[:n].sum(axis=0)
            share = values[:n] / total
            return {
                "weights": values[:n],
                "sigma": np.sqrt(np.einsum("rrn->rn", covariance)),
                "share": share,
                "share_sigma": np.array([_mean_error(one, share, total, covariance) for one in np.eye(n)]),
                "mean": self.numbers @ share,
                "mean_sigma": _mean_error(self.numbers, share, total, covariance),
                "residual": np.sqrt(misfit.sum(axis=0) / ((block * root) ** 2).sum(axis=0)),
                # 0 where the weights add up to 1
                "total_error": np.sqrt(np.maximum(covariance.sum(axis=(0, 1)), 0)),
            }


def _design(energies, columns, background):
    scaled = (energies - energies.mean()) / np.ptp(energies)
    return np.column_stack([*columns, *(scaled**k for k in range(background or 0))])


def _solvers(design, root, n, sum_to_one):
    """For each set of references that may be above 0: parameters = M @ mu + offset, exact least squares."""
    solvers = {}
    extra = list(range(n, design.shape[1]))
    for size in range(n, -1, -1):
        for chosen in combinations(range(n), size):
            if sum_to_one and size == 0:
                continue
            columns = [*chosen, *extra]
            matrix, offset = np.zeros((design.shape[1], len(root))), np.zeros(design.shape[1])
            if columns:
                part = design[:, columns] * root[:, None]
                inverse = np.linalg.pinv(part) * root
                if sum_to_one:
                    ones = np.array([1.0] * size + [0.0] * len(extra))
                    towards = np.linalg.pinv(part.T @ part) @ ones
                    towards = towards / (ones @ towards)
                    inverse, offset[columns] = inverse - np.outer(towards, ones @ inverse), towards
                matrix[columns] = inverse
            solvers[chosen] = matrix, offset
    return solvers


def _bounded(block, design, root, solvers, n, bounded):
    """Parameters [parameter, n] that minimise the misfit; with bounds the best of all sets that keep them."""
    sets = list(solvers)
    matrix, offset = solvers[sets[0]]
    best = matrix @ block + offset[:, None]
    if not bounded:
        return best
    left = np.flatnonzero((best[:n] < 0).any(axis=0))
    if left.size == 0:
        return best
    few, lowest = block[:, left], np.full(left.size, np.inf)
    for chosen in sets[1:]:
        matrix, offset = solvers[chosen]
        values = matrix @ few + offset[:, None]
        cost = (((few - design @ values) * root[:, None]) ** 2).sum(axis=0)
        better = (values[:n] >= 0).all(axis=0) & (cost < lowest)
        lowest[better] = cost[better]
        best[:, left[better]] = values[:, better]
    return best


def _covariance(matrix, sigma, shape, weights, jump_row, jump):
    """Covariance [r, s, n] of weights w = M @ mu / jump: sum_E G_r G_s sigma^2, G = (M - w jump_row) /
    jump."""
    n = len(matrix)
    if sigma is None:
        return np.zeros((n, n, shape[1]))
    rows = matrix if jump_row is None else np.vstack([matrix, jump_row])
    pairs = np.einsum("re,se->rse", rows, rows)
    found = np.tensordot(pairs, np.broadcast_to(sigma, shape) ** 2, axes=(2, 0))
    if jump_row is None:
        return found
    mixed = weights[:, None] * found[None, n, :n]
    whole = weights[:, None] * weights[None] * found[n, n]
    return (found[:n, :n] - mixed - mixed.transpose(1, 0, 2) + whole) / jump**2


def _mean_error(numbers, share, total, covariance):
    """Standard deviation of the mean number, sum_r a_r w_r / sum_r w_r (delta method)."""
    apart = numbers[:, None] - numbers @ share
    return np.sqrt(np.maximum(np.einsum("rn,sn,rsn->n", apart, apart, covariance), 0)) / total


def fitted_shift(mean, energies, references, *, reach=4.0, weights=None, **options):
    """Find the shift (eV) of the references that fits a mean spectrum best: shift and its standard deviation.

    mean [energy]; reach: largest shift looked at, eV (energies that the references then leave are not used);
    options as for fit_references. The standard deviation is that of the misfit's curvature, with the misfit
    as noise. Raises InputError where the best shift lies at the end of the range.
    """
    from scipy.optimize import minimize_scalar

    energies = check_energies(energies)
    inside = (energies - reach >= references.energies[0]) & (energies + reach <= references.energies[-1])
    if inside.sum() < len(references.names) + 3:
        raise InputError(
            f"expected references beyond the fitted energies by {reach:g} eV, got {references.energies[0]:g}"
            f" to {references.energies[-1]:g} eV; narrow the fit range or the shift."
        )
    used, spectrum = energies[inside], np.asarray(mean, float)[inside]
    weights = None if weights is None else np.asarray(weights)[inside]

    def misfit(shift):
        fit = fit_references(spectrum, used, references, shift=shift, weights=weights, **options)
        return float(fit.residual) ** 2 if fit.reason == 0 else np.inf

    grid = np.linspace(-reach, reach, max(int(4 * reach) + 1, 9))
    costs = [misfit(shift) for shift in grid]
    k = int(np.argmin(costs))
    if k in (0, grid.size - 1):
        raise InputError(
            f"expected a best shift within {reach:g} eV, got {grid[k]:g} eV at its end; "
            "check the references, or allow a larger shift."
        )
    best = minimize_scalar(
        misfit, bounds=(grid[k - 1], grid[k + 1]), method="bounded", options={"xatol": 1e-4}
    )
    step = 0.05
    curvature = (misfit(best.x + step) - 2 * best.fun + misfit(best.x - step)) / step**2
    freedom = max(used.size - len(references.names) - 1, 1)
    error = np.sqrt(2 * best.fun / (freedom * curvature)) if curvature > 0 else np.inf
    return float(best.x), float(error)


def three_energy(mu, sigma=None, *, least_jump=3.0):
    """Reduce absorption before, at and behind the edge to one number per voxel.

        m = (mu_edge - mu_pre) / (mu_post - mu_pre)
        s_m^2 = [s_edge^2 + (m - 1)^2 s_pre^2 + m^2 s_post^2] / (mu_post - mu_pre)^2

    mu [3, ...]; sigma: None, a number, [3], [...] or like mu. Spectra whose edge jump is below least_jump of
    its standard deviations (or not above 0) have no value. Returns SpectrumEstimate, without sigma (None)
    where that of mu is not known: three energies do not show it.
    """
    rows, shape = as_rows(mu, 3)
    noise = sigma_rows(sigma, rows, shape)
    jump, sigma_jump = functional(np.array([-1.0, 0.0, 1.0]), rows, noise)
    reason = reasons(rows, jump, sigma_jump, least_jump)
    with np.errstate(all="ignore"):
        m = np.where(reason == 0, (rows[1] - rows[0]) / jump, np.nan)
        if noise is None:
            return SpectrumEstimate(m.reshape(shape), None, reason.reshape(shape))
        spread = np.broadcast_to(noise, rows.shape)
        error = np.sqrt(spread[1] ** 2 + ((m - 1) * spread[0]) ** 2 + (m * spread[2]) ** 2) / jump
    error = np.where(reason == 0, error, np.nan)
    return SpectrumEstimate(m.reshape(shape), error.reshape(shape), reason.reshape(shape))
