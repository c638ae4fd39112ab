"""Energy of an absorption edge: half height, steepest rise, or white-line peak, for millions of spectra.

Each is the energy E at which a coefficient of a local polynomial about E vanishes, f(E) = c_(m-1) = 0:

    half height  m = 1   line through mu - pre-edge line - level * jump, value
    peak         m = 2   parabola at the white line, slope
    derivative   m = 3   cubic at the steepest rise, curvature

f(E) and its slope f'(E) are linear functionals of the spectrum (normalisation included), tabulated over E.
Hence E = E_k - f(E_k) / f'(E_k), and sigma_E^2 = sum_i (df(E)/dmu_i)^2 sigma_i^2 / f'(E)^2.
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from .method import DEGREE
from .spectra import CODE, as_rows, reasons, sigma_rows

WIDTH = {"half": 0.0, "peak": 3.5, "derivative": 4.0}  # eV, half the range of the local polynomial
BLOCK = 4096  # spectra at a time: their gradients stay in the cache
FINE = 10  # centres of the local polynomial in an interval of the energies
STEPS = 6


@dataclass(frozen=True)
class SpectrumEstimate:
    """A number per voxel from its spectrum: values, standard deviation from counting (None: not known),
    reason (REASONS)."""

    values: np.ndarray
    sigma: np.ndarray | None
    reason: np.ndarray


def edge_energy(mu, norm, sigma=None, *, kind="half", level=0.5, width=None, least_jump=3.0):
    """Find the edge energy (eV) of every spectrum.

    mu     [energy, ...], absorption (need not be normalised)
    norm   Normalisation: pre-edge line, jump and the range in which the edge is looked for
    sigma  None, a number, [energy], [...] or like mu: standard deviation of mu
    kind   "half" (normalised mu = level), "derivative" (steepest rise) or "peak" (white line)
    width  half the energy range of the local polynomial, eV; at least the polynomial's own number of energies
           are used
    least_jump  edge jumps below so many of their standard deviations count as none

    Returns SpectrumEstimate (eV). Raises InputError for an unknown kind.
    """
    if kind not in DEGREE:
        raise InputError(
            f"expected half, derivative or peak as the kind of edge energy, got {kind!r}; choose one."
        )
    rows, shape = as_rows(mu, norm.energies.size)
    noise = sigma_rows(sigma, rows, shape)
    local = _functionals(norm, kind, level, WIDTH[kind] if width is None else width)
    values, errors = np.full(rows.shape[1], np.nan), np.full(rows.shape[1], np.nan)
    reason = np.zeros(rows.shape[1], np.uint8)
    for start in range(0, rows.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        here = noise if noise is None or noise.ndim == 0 or noise.shape[1] == 1 else noise[:, part]
        values[part], errors[part], reason[part] = _block(rows[:, part], here, norm, local, least_jump)
    return SpectrumEstimate(values.reshape(shape), errors.reshape(shape), reason.reshape(shape))


@dataclass(frozen=True)
class _Local:
    """For each centre k: its energy, and the functionals [k, energy] of f = c_(m-1) and of its slope df/dE
    there."""

    centres: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    choose: np.ndarray  # [coarse, energy]: what the first centre is chosen by
    start: np.ndarray  # [coarse]: number of the centre that belongs to it
    kind: str
    reach: float  # eV: how far from the last centre the answer may lie
    constant: float  # added to f: minus the level, of spectra that are normalised already


def _functionals(norm, kind, level, width):
    energies, degree = norm.energies, DEGREE[kind]
    clean, constant = norm.clean, 0.0
    if kind == "half" and norm.normalised:
        constant = -level
    elif kind == "half":
        clean = clean - level * norm.jump
    low, high = norm.windows.edge
    if kind == "peak":
        low = max(low, norm.windows.e0)
    inside = np.flatnonzero((energies >= low) & (energies <= high))
    if inside.size < degree + 3:
        raise InputError(
            f"expected at least {degree + 3} energies in the range of the edge, {low:g} to {high:g} eV, got "
            f"{inside.size}; widen the range or record more energies."
        )
    if kind == "half" and width <= 0:
        return _interpolation(energies, inside, clean, constant)
    grid = energies[inside]
    fine = np.linspace(grid[0], grid[-1], FINE * (grid.size - 1) + 1)
    fits = np.array([_local_fit(energies, centre, degree, width) for centre in fine])
    value = fits[:, degree - 1] @ clean
    seen = {"half": degree - 1, "peak": 0, "derivative": 1}[kind]  # what lies highest, or changes its sign
    coarse = np.arange(0, fine.size, FINE // 2)
    slope = np.gradient(value, fine, axis=0)
    step = float(np.diff(grid).max())
    return _Local(fine, value, slope, fits[coarse, seen] @ clean, coarse, kind, step, constant)


def _interpolation(energies, inside, clean, constant):
    """Straight lines between neighbouring energies."""
    left, right = inside[:-1], inside[1:]
    step = (energies[right] - energies[left])[:, None]
    slope = (clean[right] - clean[left]) / step
    value = (clean[right] + clean[left]) / 2
    centres = (energies[left] + energies[right]) / 2
    return _Local(
        centres, value, slope, clean[left], np.arange(left.size), "half", float(step.max()), constant
    )


def _local_fit(energies, centre, degree, width):
    """Coefficients c_0 ... c_degree of a polynomial about a centre, as functionals [degree + 1, energy].

    Least squares with the weights (1 - (d / h)^3)^3 of the distance d, so that they change smoothly with the
    centre.
    """
    distance = np.abs(energies - centre)
    reach = max(width, 1.001 * np.sort(distance)[degree + 1])
    near = distance < reach
    weight = (1 - (distance[near] / reach) ** 3) ** 1.5  # the square root of the weight in the sum of squares
    powers = np.vander((energies[near] - centre) / reach, degree + 1, increasing=True)
    fit = np.zeros((degree + 1, energies.size))
    fit[:, near] = np.linalg.pinv(powers * weight[:, None]) * weight / reach ** np.arange(degree + 1)[:, None]
    return fit


def _block(rows, sigma, norm, local, least_jump):
    jump, sigma_jump = norm.edge_jump(rows, sigma)
    reason = reasons(rows, jump, sigma_jump, least_jump)
    rows = np.where(reason == 0, rows, 0.0)
    k = _choose(local, rows)
    with np.errstate(all="ignore"):
        for _ in range(STEPS):  # Newton's steps, each from the centre nearest to the last answer
            here = k
            value = np.einsum("ne,en->n", local.value[here], rows) + local.constant
            slope = np.einsum("ne,en->n", local.slope[here], rows)
            offset = -value / slope
            energy = local.centres[here] + offset
            k = np.where(np.abs(offset) <= 2 * local.reach, _nearest(local.centres, energy), here)
            if (k == here).all():
                break
        right_way = slope > 0 if local.kind == "half" else slope < 0
        found = (np.abs(offset) <= local.reach) & right_way & np.isfinite(energy)
        reason[(reason == 0) & ~found] = CODE["no edge found"]
        energy[reason > 0] = np.nan
        if sigma is None:
            return energy, np.where(reason == 0, 0.0, np.nan), reason
        gradient = local.value[here] + offset[:, None] * local.slope[here]
        variance = _quadratic(gradient, sigma, rows.shape) / slope**2
    return energy, np.where(reason == 0, np.sqrt(variance), np.nan), reason


def _quadratic(gradient, sigma, shape):
    """Sum over energies of (gradient * sigma)^2, gradient [n, energy]."""
    if sigma.ndim == 0 or sigma.shape[0] == 1:
        total = np.einsum("ne,ne->n", gradient, gradient)
        return total * (sigma**2 if sigma.ndim == 0 else sigma[0] ** 2)
    noise = np.broadcast_to(sigma, shape)
    return np.einsum("ne,ne,en,en->n", gradient, gradient, noise, noise)


def _choose(local, rows):
    """Number of the centre at which each spectrum's edge is first looked for.

    Half height: behind as many energies as lie below it before the top of the white line; noise that crosses
    the level several times then moves the choice evenly up and down.
    """
    seen = local.choose @ rows + local.constant
    top = np.argmax(seen, axis=0)
    if local.kind != "half":
        return local.start[top]
    below = (seen < 0) & (np.arange(len(seen))[:, None] <= top)
    return local.start[np.clip(below.sum(axis=0) - 1, 0, len(seen) - 1)]


def _nearest(centres, energy):
    k = np.clip(np.searchsorted(centres, np.nan_to_num(energy)), 1, len(centres) - 1)
    return k - (np.abs(energy - centres[k - 1]) <= np.abs(centres[k] - energy))
