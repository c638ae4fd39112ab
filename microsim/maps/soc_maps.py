"""From a stack of spectra to a map of lithiation, its calibration, and why a voxel has no value."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from ..base.errors import InputError
from .edge import edge_energy
from .filed_stack import AT_ONCE, side_by_side
from .lithiation import fit_calibration, through_mixtures, with_mixtures
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

CHUNK = AT_ONCE
MIXTURES = 21  # of two neighbouring references, by which a curve between them is judged


@dataclass(frozen=True)
class Measured:
    """What a method measures in each voxel, [...]: quantity, sigma (counting), jump, residual, reason
    (REASONS).

    sigma: None where the noise is not known (three images without one). residual: relative misfit of the
    linear combination; for the other methods None. method: as used, with windows.
    """

    quantity: np.ndarray
    sigma: np.ndarray | None
    jump: np.ndarray
    residual: np.ndarray | None
    reason: np.ndarray
    method: Method


@dataclass(frozen=True)
class LithiationMap:
    """A map of lithiation [...] with its standard deviation, NaN where reason is not 0.

    sigma: None where the noise of the spectra is not known. beyond: True where the quantity lies beyond the
    calibration's reference states (extrapolated, kept). budget: rms parts of the error, None what is not
    known; counts: voxels by reason, and beyond.
    """

    values: np.ndarray
    sigma: np.ndarray | None
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
            method = _with_shift(method, mean, energies, references)
    if method.normalised and (method.name == "edge" or method.sum_to_one):
        check_normalised(mu, energies, method.windows)
    return method


def _with_shift(method, mean, energies, references):
    """Fit the shift of the references to a mean spectrum [energy], brought to where spectra are fitted."""
    norm = normalisation(energies, method.windows, normalised=method.normalised)
    if method.sum_to_one:
        mean = norm.clean @ mean / float(norm.edge_jump(mean[:, None])[0][0])
    elif method.background is None:
        mean = norm.clean @ mean
    inside = _inside(energies, method.fit_range)
    shift, error = fitted_shift(
        mean[inside],
        energies[inside],
        references,
        background=None if method.sum_to_one else method.background,
        sum_to_one=method.sum_to_one,
        bounded=method.bounded,
    )
    if not np.isfinite(error):
        raise InputError(
            "--shift: expected a mean spectrum that the references fit best at one shift, got one that all"
            " shifts fit alike; give the shift in eV."
        )
    return replace(method, shift=shift, shift_sigma=error)


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

    mu          [energy, ...], or a FiledStack; sigma: None (estimated voxel by voxel; lcf: from the misfit;
                three images: not known), a number, [energy], [...] or like mu
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
    quantity = np.where(found == 0, quantity, np.nan)
    error = None if error is None else np.where(found == 0, error, np.nan)
    return Measured(quantity, error, jump, residual, found, method)


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
    """Calibrate a method on reference spectra themselves; numbers: their lithiation.

    Between two references lie their mixtures: three energies follow them exactly, and what the straight line
    of another curve is off them counts as lack of fit.
    """
    about = {"references": references.source, "sha256": references.sha256}
    spectra = references.at(energies, method.shift).T
    curve = calibration_from(method, energies, spectra, numbers, 0.0, provenance=about)
    method = at_images(method, energies)
    if method.name == "three-energy" and len(numbers) == 2:
        return through_mixtures(curve, measure_spectra(spectra, energies, method, 0.0).jump)
    x, mixed, share = [], [], np.linspace(0, 1, MIXTURES)
    for one, other in pairwise(np.argsort(numbers, kind="stable")):
        x.append(numbers[one] + (numbers[other] - numbers[one]) * share)
        mixed.append(spectra[:, [one]] + (spectra[:, [other]] - spectra[:, [one]]) * share)
    found = measure_spectra(np.concatenate(mixed, axis=1), energies, method, 0.0)
    return with_mixtures(curve, found.quantity, np.concatenate(x))


def to_lithiation(measured, calibration=None, *, shift_error=0.0):
    """Turn a measured map into lithiation: by a calibration, or (lcf) as the references' numbers say already.

    shift_error: standard deviation of all voxels' lithiation from a fitted shift of the references.
    """
    plain = measured.sigma is None
    if calibration is None:
        if measured.method.name != "lcf":
            raise InputError(
                f"expected a calibration for the method {measured.method.name}, got none; give one, or "
                "references with their lithiation."
            )
        x, beyond = measured.quantity, np.zeros(measured.quantity.shape, bool)
        error = np.hypot(measured.sigma, shift_error)
        budget = {"counting": _rms(measured.sigma), "calibration": 0.0, "lack_of_fit": 0.0}
        budget |= {"shift": shift_error} if measured.method.shift_sigma else {}
    else:
        if calibration.method != measured.method.name:
            raise InputError(
                f"expected a calibration of the method {measured.method.name}, got one of "
                f"{calibration.method}; use the one that belongs to it."
            )
        noise = 0.0 if plain else measured.sigma
        x, error, beyond = calibration.lithiation(measured.quantity, noise)
        budget = calibration.budget(measured.quantity, noise) | ({"counting": None} if plain else {})
    return LithiationMap(
        x,
        None if plain else error,
        beyond & (measured.reason == 0),
        measured.reason,
        budget,
        counts_of(measured.reason, None if calibration is None else beyond),
    )


def lithiation_of(measured, energies, calibration=None, references=None, numbers=None, *, shift_error=0.0):
    """Turn a measured map into lithiation: by a calibration, by references of known lithiation (numbers), or
    as a linear combination says already; shift_error: as of to_lithiation.

    Returns (LithiationMap, calibration), each None where there is none.
    """
    method = measured.method
    if calibration is None and method.name != "lcf" and references is not None and numbers is not None:
        calibration = calibration_of_references(method, energies, references, numbers)
    if calibration is None and method.name != "lcf":
        return None, None
    return to_lithiation(measured, calibration, shift_error=shift_error), calibration


def quantity_sigma(measured, spread):
    """Standard deviation of a measured quantity: counting, and what its mean moves with the windows; None
    where the noise is not known."""
    return None if measured.sigma is None else np.hypot(measured.sigma, spread)


def map_statistics(measured, found=None, spread=0.0):
    """Return statistics over the voxels used of a LithiationMap, or without one of the measured quantity.

    spread: standard deviation of the quantity from the choice of the windows (window_spread).
    """
    values, sigma = measured.quantity, quantity_sigma(measured, spread)
    budget = None
    if measured.method.name == "edge":
        budget = {"counting": _rms(measured.sigma), "windows": spread}
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
        sigma=None if measured.sigma is None else np.where(keep, measured.sigma, np.nan),
    ), float(least)


def _rms(values):
    values = np.asarray(values)[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")
