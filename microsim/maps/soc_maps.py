"""From a stack of spectra to a map of lithiation, its calibration, and why a voxel has no value."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..base.errors import InputError
from .edge import edge_energy
from .filed_stack import AT_ONCE, side_by_side
from .lithiation import fit_calibration
from .map import statistics
from .method import Method, Windows
from .mixture import fit_references, fitted_shift, three_energy
from .soundness import check_covered, check_images, check_normalised, check_three, mean_spectrum
from .spectra import (
    CODE,
    REASONS,
    check_energies,
    estimated_sigma,
    normalisation,
    reasons,
    sigma_rows,
    windows_for,
)

REACH = 4.0  # eV by which references may be off the energy scale of a stack
BETTER = 0.5  # of what references leave, below which those moved elsewhere are worth a sentence
END = 0.05  # of the lithiation between references: closer to one of them it is that one alone
LEAST_SHIFT = 0.1  # eV, within which energy scales agree anyway
POOR = 0.05  # of a mean spectrum that references may leave without a word
CHUNK = AT_ONCE


@dataclass(frozen=True)
class Measured:
    """What a method measures in each voxel, [...]: quantity, sigma (counting), jump, residual, reason
    (REASONS).

    residual: relative misfit of the linear combination; for the other methods None. method: as used, with
    windows.
    """

    quantity: np.ndarray
    sigma: np.ndarray
    jump: np.ndarray
    residual: np.ndarray | None
    reason: np.ndarray
    method: Method


@dataclass(frozen=True)
class LithiationMap:
    """A map of lithiation [...] with its standard deviation, NaN where reason is not 0.

    beyond: True where the quantity lies beyond the calibration's reference states (extrapolated, kept).
    budget: rms parts of the error; counts: voxels by reason, and beyond.
    """

    values: np.ndarray
    sigma: np.ndarray
    beyond: np.ndarray
    reason: np.ndarray
    budget: dict
    counts: dict = field(default_factory=dict)


def prepared(method, mu, energies, references=None):
    """Settle the windows and the energy shift of a method on the mean spectrum of a stack [energy, ...]."""
    energies = check_energies(energies, len(mu))
    if method.name == "three-energy" and energies.size == 3:
        return replace(method, three=tuple(energies.tolist()), windows=None)  # a calibration's: not of these
    if not isinstance(method.windows, Windows) and energies.size == 3:
        raise InputError(
            f"--method: expected three-energy for a stack of three images, got {method.name}; choose that."
        )
    mean = mean_spectrum(mu)
    check_images(energies, mean)
    if not isinstance(method.windows, Windows):
        method = replace(method, windows=windows_for(energies, mean, **(method.windows or {})))
    if method.name == "three-energy" and method.three is None:
        w = method.windows
        method = replace(method, three=(w.pre[1], w.e0, (w.post[0] + w.post[1]) / 2))
    if method.name == "lcf":
        if references is None:
            raise InputError(
                "expected reference spectra for a linear combination, got none; add --references."
            )
        if method.shift is None:
            options = {
                "background": method.background,
                "sum_to_one": method.sum_to_one,
                "bounded": method.bounded,
            }
            inside = _inside(energies, method.fit_range)
            shift, _ = fitted_shift(mean[inside], energies[inside], references, **options)
            method = replace(method, shift=shift)
    if method.normalised and (method.name == "edge" or method.sum_to_one):
        check_normalised(mu, energies, method.windows)
    return method


def at_images(method, energies):
    """Return the method with its three energies as the images have them."""
    if method.name != "three-energy":
        return method
    energies = np.asarray(energies, float)
    nearest = [float(energies[np.argmin(np.abs(energies - wanted))]) for wanted in method.three]
    return replace(method, three=tuple(nearest))


def check_calibrated(method, energies):
    """Refuse a stack that lacks the energies which a calibrated method (its own windows or three) measures
    at."""
    energies = check_energies(energies)
    if (method.three if method.name == "three-energy" else method.windows) is None:
        raise InputError(
            f"expected the energies of the method {method.name} in the calibration, got none; make it with"
            " microsim calibrate."
        )
    if method.name == "three-energy":
        check_three(energies, method.three)
    elif method.name == "edge" or method.sum_to_one:
        check_covered(energies, method.windows)


def measure_spectra(
    mu, energies, method, sigma=None, *, references=None, numbers=None, reason=None, progress=None
):
    """Reduce every spectrum of a stack to one number.

    mu          [energy, ...], or a FiledStack; sigma: None (estimated voxel by voxel; lcf: from the misfit),
                a number, [energy], [...] or like mu
    method      Method, as `prepared` returns it; references, numbers (their lithiation) for a linear
                combination
    reason      [...] of what is masked already, from optical_density
    progress    callable (done, total, message)

    Returns Measured. Raises InputError.
    """
    energies, shape = check_energies(energies, len(mu)), np.shape(mu)[1:]
    flat = side_by_side(mu)
    noise = None if sigma is None else np.asarray(sigma, float)
    by_voxel = noise is not None and noise.ndim > 1 or noise is not None and noise.shape == shape and shape
    parts, total = [], flat.shape[1]
    for start in range(0, total, CHUNK):
        if progress is not None:
            progress(start, total, f"spectra: {method.name}")
        part = slice(start, start + CHUNK)
        here = noise
        if by_voxel:
            here = noise.reshape(*noise.shape[: noise.ndim - len(shape)], -1)[..., part]
        parts.append(_measure(flat[:, part].astype(float), energies, method, here, references, numbers))
    quantity, error, jump, residual, found = (
        None if column[0] is None else np.concatenate(column).reshape(shape) for column in zip(*parts)
    )
    if reason is not None:
        found = np.where(reason > 0, reason, found).astype(np.uint8)
    quantity, error = np.where(found == 0, quantity, np.nan), np.where(found == 0, error, np.nan)
    return Measured(quantity, error, jump, residual, found, method)


def fit_remark(mu, energies, measured, references, numbers):
    """Return sentences on references that leave much of the spectra, averaged over the voxels that were used
    so that noise is none of it, or far more than they would elsewhere on the scale; () where they fit.

    mu: [energy, ...]; measured: Measured of them; references, numbers: as of measure_spectra.
    """
    used = np.flatnonzero(measured.reason.ravel() == 0)
    if measured.method.name != "lcf" or not used.size:
        return ()
    some = used[:: -(-used.size // CHUNK)]
    mean = side_by_side(mu)[:, some].astype(float).mean(axis=1, keepdims=True)
    found = measure_spectra(mean, energies, measured.method, references=references, numbers=numbers)
    moved = _moved_remark(mean, energies, measured.method, found, references, numbers)
    left = float(found.residual[0])
    if not left > POOR:
        return moved
    said = f"The references leave {left:.0%} of the mean spectrum: they are of another energy scale"
    return (*moved, f"{said} (--shift fit), another edge or thickness, or a state is missing among them.")


def _moved_remark(mean, energies, method, found, references, numbers):
    """A sentence on references that fit a mean spectrum [energy, 1] far better elsewhere on the energy scale
    than where they stand; found: Measured of it there. () where one of them alone does: that is an edge that
    moves with lithium, no other scale."""
    if numbers is None:
        return ()

    known = {"references": references, "numbers": numbers}
    own, best, reach = method.shift, (found.residual[0], method.shift, found), REACH
    for step in (REACH / 8, REACH / 64):
        for shift in best[1] + np.arange(-reach, reach + step / 2, step):
            try:
                there = measure_spectra(mean, energies, replace(method, shift=float(shift)), **known)
            except InputError:  # no energies that the moved references cover
                continue
            best = min(best, (there.residual[0], float(shift), there), key=lambda one: one[0])
        reach = step
    left, shift, there = best
    off = abs(there.quantity[0] - (max(numbers) + min(numbers)) / 2) / np.ptp(numbers)
    if not left < BETTER * found.residual[0] or abs(shift - own) < LEAST_SHIFT or off > 0.5 - END:
        return ()
    said = f"References moved by {shift - own:+.2g} eV leave {left:.1%} of the mean spectrum in place of"
    said += f" {found.residual[0]:.1%}, and make its lithiation {there.quantity[0]:.3g} in place of"
    said += f" {found.quantity[0]:.3g}: if they were measured on another energy scale, give --shift fit."
    return (said,)


def _measure(rows, energies, method, sigma, references, numbers):
    """Return value, sigma, jump, residual (or None) and reason of each spectrum, by the method."""
    if method.name == "three-energy":
        return _by_three_energies(rows, energies, method, sigma)
    norm = normalisation(energies, method.windows, normalised=method.normalised)
    jump, _ = norm.edge_jump(rows)
    if method.name == "lcf":
        return _by_references(rows, energies, method, sigma, references, numbers, norm, jump)
    sigma = estimated_sigma(rows, norm) if sigma is None else sigma
    options = {"kind": method.kind, "level": method.level, "width": method.width}
    found = edge_energy(rows, norm, sigma, least_jump=method.least_jump, **options)
    return found.values, found.sigma, jump, None, found.reason


def _by_three_energies(rows, energies, method, sigma):
    chosen = [int(np.argmin(np.abs(energies - energy))) for energy in method.three]
    if len(set(chosen)) < 3:
        raise InputError(
            "expected three different energies of the stack near"
            f" {', '.join(f'{e:g}' for e in method.three)} eV, got"
            f" {', '.join(f'{energies[k]:g}' for k in chosen)}; choose others."
        )
    if sigma is not None and sigma.ndim and len(sigma) == energies.size:
        sigma = sigma[chosen]
    elif sigma is None and energies.size > 3:
        sigma = estimated_sigma(rows, normalisation(energies, method.windows))
    found = three_energy(rows[chosen], sigma, least_jump=method.least_jump)
    return found.values, found.sigma, rows[chosen[2]] - rows[chosen[0]], None, found.reason


def _by_references(rows, energies, method, sigma, references, numbers, norm, jump):
    fit = fit_references(
        rows,
        energies,
        references,
        "misfit" if sigma is None else sigma,
        shift=method.shift,
        numbers=numbers,
        bounded=method.bounded,
        sum_to_one=method.sum_to_one,
        least=method.least_jump,
        inside=_covered(energies, method, references),
        background=None if method.sum_to_one else method.background,
        norm=norm if method.sum_to_one or method.background is None else None,
    )
    # the sum of the weights alone does not say whether there is an edge: bounds make noise positive
    noise = estimated_sigma(rows, norm) if sigma is None else sigma_rows(sigma, rows, jump.shape)
    spread = norm.edge_jump(rows, noise)[1]
    reason = np.maximum(fit.reason, reasons(rows, jump, spread, method.least_jump))
    mean, error, residual = (
        np.where(reason == 0, v, np.nan) for v in (fit.mean, fit.mean_sigma, fit.residual)
    )
    return mean, error, jump, residual, reason


def _covered(energies, method, references):
    """Mark the energies of the fit that the shifted references cover; refuses none."""
    known, own = references.energies, energies - method.shift
    inside = _inside(energies, method.fit_range) & (own >= known[0]) & (own <= known[-1])
    if inside.any():
        return inside
    window = ""
    if method.fit_range is not None:
        window = f" from {method.fit_range[0]:g} to {method.fit_range[1]:g} eV"
    raise InputError(
        f"expected energies of the stack ({energies[0]:g} to {energies[-1]:g} eV){window} that the"
        f" references cover, which reach from {known[0]:g} to {known[-1]:g}"
        f" eV and are shifted by {method.shift:g} eV, got none; take references of this edge, or another"
        " shift or range."
    )


def _inside(energies, window):
    return (
        np.ones(energies.size, bool) if window is None else (energies >= window[0]) & (energies <= window[1])
    )


def calibration_from(
    method,
    energies,
    spectra,
    lithiation,
    sigma=None,
    *,
    degree=1,
    ends=None,
    references=None,
    numbers=None,
    provenance=None,
):
    """Calibrate a method on spectra [energy, state] of known lithiation [state], measured as a stack is (see
    fit_calibration)."""
    method = at_images(prepared(method, spectra, energies, references), energies)
    found = measure_spectra(spectra, energies, method, sigma, references=references, numbers=numbers)
    if (found.reason > 0).any():
        lost = int((found.reason > 0).sum())
        raise InputError(
            f"expected an edge in each of the {found.reason.size} reference states, got none in {lost}; "
            "leave those out or move the windows."
        )
    settings = method.as_dict()
    if references is not None:
        settings |= {
            "references": list(references.names),
            "references_sha256": references.sha256,
            "numbers": None if numbers is None else list(numbers),
        }
    return fit_calibration(
        method.name,
        found.quantity,
        lithiation,
        found.sigma,
        degree=degree,
        ends=ends,
        settings=settings,
        provenance=provenance,
    )


def calibration_of_references(method, energies, references, numbers):
    """Calibrate a method on reference spectra themselves; numbers: their lithiation."""
    about = {"references": references.source, "sha256": references.sha256}
    spectra = references.at(energies, method.shift).T
    return calibration_from(method, energies, spectra, numbers, 0.0, provenance=about)


def to_lithiation(measured, calibration=None):
    """Turn a measured map into lithiation: by a calibration, or (lcf) as the references' numbers say
    already."""
    if calibration is None:
        if measured.method.name != "lcf":
            raise InputError(
                f"expected a calibration for the method {measured.method.name}, got none; give one, or "
                "references with their lithiation."
            )
        x, error, beyond = measured.quantity, measured.sigma, np.zeros(measured.quantity.shape, bool)
        budget = {"counting": _rms(measured.sigma), "calibration": 0.0, "lack_of_fit": 0.0}
    else:
        if calibration.method != measured.method.name:
            raise InputError(
                f"expected a calibration of the method {measured.method.name}, got one of "
                f"{calibration.method}; use the one that belongs to it."
            )
        x, error, beyond = calibration.lithiation(measured.quantity, measured.sigma)
        budget = calibration.budget(measured.quantity, measured.sigma)
    return LithiationMap(
        x,
        error,
        beyond & (measured.reason == 0),
        measured.reason,
        budget,
        counts_of(measured.reason, None if calibration is None else beyond),
    )


def lithiation_of(measured, energies, calibration=None, references=None, numbers=None):
    """Turn a measured map into lithiation: by a calibration, by references of known lithiation (numbers), or
    as a linear combination says already.

    Returns (LithiationMap, calibration), each None where there is none.
    """
    method = measured.method
    if calibration is None and method.name != "lcf" and references is not None and numbers is not None:
        calibration = calibration_of_references(method, energies, references, numbers)
    if calibration is None and method.name != "lcf":
        return None, None
    return to_lithiation(measured, calibration), calibration


def quantity_sigma(measured, spread):
    """Standard deviation of a measured quantity: counting, and what its mean moves with the windows."""
    return np.hypot(measured.sigma, spread)


def map_statistics(measured, found=None, spread=0.0):
    """Return statistics over the voxels used of a LithiationMap, or without one of the measured quantity.

    spread: standard deviation of the quantity from the choice of the windows (window_spread).
    """
    values, sigma = measured.quantity, quantity_sigma(measured, spread)
    plain = {"counting": _rms(measured.sigma), "windows": spread}
    budget = plain if measured.method.name == "edge" else None
    if found:
        values, sigma, budget = found.values, found.sigma, found.budget
    own, known = statistics(values, sigma), np.isfinite(values)
    weights = np.clip(measured.jump[known], 0, None)
    weighted = np.average(values[known], weights=weights) if weights.sum() > 0 else None
    misfit = measured.residual
    return {
        "mean": own["mean"],
        "std": own["std"],
        "mean_weighted_by_jump": weighted,
        "sigma_rms": own["sigma_rms"],
        "budget": budget,
        "voxels": found.counts if found else counts_of(measured.reason),
        "residual_median": None if misfit is None else float(np.median(misfit[known])),
    }


def counts_of(reason, beyond=None):
    """Count voxels by reason, those used first."""
    counts = {name: int((reason == code).sum()) for code, name in enumerate(REASONS)}
    counts = {name: n for name, n in counts.items() if n or name == "used"}
    if beyond is not None:
        counts["beyond calibration"] = int((beyond & (reason == 0)).sum())
    return counts


def masked(measured, least):
    """Mask voxels whose edge jump is below a number, or ("otsu") below the threshold that parts two
    populations.

    The populations are those of all voxels with a jump, also of those without a value. Returns (Measured,
    threshold).
    """
    jump = measured.jump
    known = np.isfinite(jump) & ~np.isin(
        measured.reason, [CODE[name] for name in ("not finite", "saturated", "dead", "outside")]
    )
    if least == "otsu":
        from skimage.filters import threshold_otsu

        if not known.any() or np.ptp(jump[known]) == 0:
            return measured, None
        least = float(threshold_otsu(jump[known]))
    with np.errstate(invalid="ignore"):
        out = (measured.reason == 0) & ~(jump >= least)
    reason = np.where(out, CODE["masked"], measured.reason).astype(np.uint8)
    keep = reason == 0
    return replace(
        measured,
        reason=reason,
        quantity=np.where(keep, measured.quantity, np.nan),
        sigma=np.where(keep, measured.sigma, np.nan),
    ), float(least)


def _rms(values):
    values = np.asarray(values)[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")
