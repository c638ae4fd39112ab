"""Spectra per voxel: from detector frames to normalised absorption, with the noise of counting.

An array of spectra is [energy, ...]: energy first, then the voxels in any shape. Every step from absorption
mu to a number of interest is, voxel by voxel, a linear functional of the spectrum or a quotient of two, so
that a standard deviation sigma(E) is propagated exactly to first order: var(q) = sum_E (dq / dmu(E))^2
sigma(E)^2.
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from .method import Windows

# why a voxel has no value; the code 0 is a voxel with one
REASONS = ("used", "not finite", "saturated", "dead", "no edge jump", "no edge found", "masked", "outside")
CODE = {name: code for code, name in enumerate(REASONS)}
LOWEST_ENERGY, HIGHEST_ENERGY = 50.0, 5e5  # eV; below, the file is in keV


@dataclass(frozen=True)
class Normalisation:
    """The normalisation of spectra as linear functionals; see `normalisation`.

    background  [energy, energy]: spectrum -> its pre-edge line at every energy
    after       [energy, energy]: spectrum -> its post-edge polynomial at every energy
    jump        [energy]: spectrum -> edge jump at e0
    normalised  the spectra are normalised already: nothing is subtracted and the jump is 1
    """

    energies: np.ndarray
    windows: Windows
    background: np.ndarray
    after: np.ndarray
    jump: np.ndarray
    normalised: bool = False

    @property
    def clean(self):
        """Spectrum -> spectrum without its pre-edge line, [energy, energy]."""
        return np.eye(self.energies.size) - (0.0 if self.normalised else self.background)

    def edge_jump(self, rows, sigma=None):
        """Edge jump of spectra [energy, n] and its standard deviation."""
        if self.normalised:
            finite = np.isfinite(rows).all(axis=0)
            return np.where(finite, 1.0, np.nan), np.zeros(rows.shape[1])
        return functional(self.jump, rows, sigma)


def check_energies(energies, count=None):
    """Return energies (eV) as an array, or say what is wrong: not rising, not finite, in keV, or another
    count."""
    energies = np.asarray(energies, float)
    if energies.ndim != 1 or energies.size < 3:
        raise InputError(
            f"expected a list of at least 3 energies, got shape {energies.shape}; give one per image."
        )
    if not np.isfinite(energies).all():
        bad = int((~np.isfinite(energies)).sum())
        raise InputError(
            f"expected finite energies, got {bad} that are not of {energies.size}; correct the list."
        )
    steps = np.diff(energies)
    if steps.min() <= 0:
        k = int(np.argmin(steps > 0))
        raise InputError(
            f"expected energies that rise from image to image, got {energies[k]:g} eV before"
            f" {energies[k + 1]:g} eV; sort the energies and the images together and average repeated ones."
        )
    if energies[0] < LOWEST_ENERGY or energies[-1] > HIGHEST_ENERGY:
        raise InputError(
            f"expected energies in eV, got {energies[0]:g} to {energies[-1]:g}; convert them (1 keV is 1000"
            " eV)."
        )
    if count is not None and energies.size != count:
        raise InputError(
            f"expected one energy for each of the {count} images, got {energies.size}; give the list of this"
            " stack."
        )
    return energies


NEAR = 0.4  # of the usual spacing: energies that are closer are one, as where scans or their regions meet
AROUND = 4  # spacings on either side that say what is usual, by the middle one of the five largest


def joined(energies, values):
    """Return energies, those that nearly coincide as one, and the means of spectra [..., energy] over them.

    Noise over a few meV is a slope of 1 / eV: a joint 2 meV wide, where regions of a scan meet, is taken for
    the edge, and a spline swings out beside it, so that lithiations of 0.5 are wrong by 0.1 to 1."""
    energies, values = np.asarray(energies, float), np.asarray(values, float)
    if energies.size < 3:
        return energies, values
    gaps = np.diff(energies)
    around = [gaps[max(k - AROUND, 0) : k + AROUND + 1] for k in range(gaps.size)]
    usual = np.array([np.median(np.sort(some)[-AROUND - 1 :]) for some in around])
    first = np.flatnonzero(np.concatenate([[True], gaps >= NEAR * usual]))
    if first.size < 3:
        return energies, values
    count = np.diff(np.append(first, energies.size))
    return np.add.reduceat(energies, first) / count, np.add.reduceat(values, first, axis=-1) / count


def slope_of(energies, values):
    """Return the slope of a spectrum [energy] at its energies, through those that are apart."""
    apart, means = joined(energies, values)
    return np.interp(energies, apart, np.gradient(means, apart))


def curve_through(energies, values):
    """Return a cubic spline through spectra [..., energy], through energies that are apart."""
    from scipy.interpolate import CubicSpline

    return CubicSpline(*joined(energies, values), axis=-1)


def windows_for(energies, mean, *, e0=None, pre=None, post=None, edge=None, post_degree=None):
    """Choose what is not given of the energy windows from the mean spectrum.

    mean [energy]. e0: steepest rise of the mean; pre: up to 15 eV below e0; post: from 25 eV above e0, or 30
    % of the way to the last energy if that is more (at most 150 eV), at least the last three energies; edge:
    from 15 eV below e0 to 20 eV above; post_degree: 2 for a post-edge range over 150 eV, 1 over 40 eV, else
    0.
    """
    energies, mean = check_energies(energies), np.asarray(mean, float)
    if not np.isfinite(mean).all():
        raise InputError(
            "expected a finite mean spectrum, got NaN or infinity; mask the voxels that have none."
        )
    if np.ptp(mean) == 0:
        raise InputError(
            f"expected a mean spectrum with an edge, got {mean[0]:g} at every energy; check the stack."
        )
    if e0 is None:
        e0 = float(energies[np.argmax(_rise(mean, energies))])
    pre = pre or (float(energies[0]), max(e0 - 15.0, float(energies[1])))
    start = e0 + np.clip(0.3 * (energies[-1] - e0), 25.0, 150.0)
    post = post or (float(min(start, energies[-3])), float(energies[-1]))
    edge = edge or (max(e0 - 15.0, float(energies[0])), min(e0 + 20.0, float(energies[-1])))
    if post_degree is None:
        span = post[1] - post[0]
        post_degree = 2 if span > 150 else 1 if span > 40 else 0
    pre, post = (_within(energies, window) for window in (pre, post))
    return Windows(pre, post, tuple(edge), float(e0), int(post_degree))


def _rise(mean, energies):
    """Slope of a mean spectrum; refuses one that falls at its edge."""
    slope, third = slope_of(energies, mean), max(len(mean) // 3, 1)
    step = np.median(mean[-third:]) - np.median(mean[:third])
    if -slope.min() > 2 * slope.max() and -step > 0.5 * np.ptp(mean):
        raise InputError(
            f"expected absorption, which rises at the edge, got a mean spectrum that falls at"
            f" {energies[np.argmin(slope)]:g} eV; give mu = ln(I0 / It), not the transmission or its"
            " logarithm."
        )
    return slope


def _within(energies, window):
    """The part of a window that has energies; all of it where none lie inside."""
    low, high = max(window[0], float(energies[0])), min(window[1], float(energies[-1]))
    return (low, high) if low < high else tuple(window)


def normalisation(energies, windows, *, normalised=False):
    """Build the pre-edge line, the post-edge polynomial and the edge jump as functionals of a spectrum.

        normalised(E) = (mu(E) - pre(E)) / (post(e0) - pre(e0))

    pre: least squares line (a constant where the window holds one energy) in windows.pre; post: polynomial of
    degree windows.post_degree in windows.post. normalised: the spectra are so already. Returns Normalisation;
    raises InputError for windows with too few energies.
    """
    energies = check_energies(energies)
    before = _select(energies, windows.pre, 1, "pre-edge")
    behind = _select(energies, windows.post, windows.post_degree + 1, "post-edge")
    if not windows.pre[1] < windows.e0 < windows.post[0]:
        raise InputError(
            f"expected the edge between pre-edge and post-edge, got e0 = {windows.e0:g} eV, pre-edge up to "
            f"{windows.pre[1]:g} and post-edge from {windows.post[0]:g}; move the windows."
        )
    degrees = (min(1, int(before.sum()) - 1), windows.post_degree)
    line, at_e0 = _polynomial(energies, before, degrees[0], windows.e0)
    after, after_e0 = _polynomial(energies, behind, degrees[1], windows.e0)
    return Normalisation(energies, windows, line, after, after_e0 - at_e0, normalised)


def normalise_spectra(mu, norm, sigma=None, *, flatten=False, least_jump=3.0):
    """Normalise spectra.

    mu [energy, ...]; sigma: None, a number, [energy] or like mu; norm: Normalisation.
    flatten: divide by post(E) - pre(E) instead of their value at e0.
    least_jump: edge jumps below so many of their standard deviations (or not above 0) count as none.
    Returns (normalised, jump, reason): NaN where there is no value; reason as in REASONS.
    """
    rows, shape = as_rows(mu, norm.energies.size)
    jump, sigma_jump = norm.edge_jump(rows, sigma_rows(sigma, rows, shape))
    reason = reasons(rows, jump, sigma_jump, least_jump)
    known = np.where(reason == 0, rows, 0.0)
    scale = (norm.after - norm.background) @ known if flatten else jump
    with np.errstate(all="ignore"):
        values = (norm.clean @ known) / scale
    values[:, reason > 0] = np.nan
    return values.reshape(np.shape(mu)), jump.reshape(shape), reason.reshape(shape)


def reasons(rows, jump, sigma_jump=0.0, least_jump=3.0):
    """Return for each spectrum [energy, n] why it cannot be used (0: it can): not finite, or no edge jump."""
    finite = np.isfinite(rows).all(axis=0)
    with np.errstate(invalid="ignore"):
        flat = ~((jump > 0) & (jump > least_jump * sigma_jump))
    return np.select([~finite, flat], [CODE["not finite"], CODE["no edge jump"]], 0).astype(np.uint8)


def functional(weights, rows, sigma=None):
    """Apply one linear functional [energy] to spectra [energy, n]: values and standard deviations [n]."""
    with np.errstate(invalid="ignore"):  # spectra that are not finite stay so
        values = weights @ rows
    if sigma is None:
        return values, np.zeros_like(values)
    return values, np.sqrt(
        np.broadcast_to((weights**2) @ np.broadcast_to(sigma, rows.shape) ** 2, values.shape)
    )


def estimated_sigma(mu, norm):
    """Estimate the noise of each spectrum from how its energies scatter about the line through their
    neighbours.

    sigma^2 = mean of (mu_i - a mu_(i-1) - b mu_(i+1))^2 / (1 + a^2 + b^2) over the pre-edge and post-edge
    windows, a and b the weights of interpolation; bends of the spectrum between neighbours count as noise. mu
    [energy, ...]; returns [...].
    """
    rows, shape = as_rows(mu, norm.energies.size)
    e = norm.energies
    weights = np.zeros((e.size, e.size))
    for low, high in (norm.windows.pre, norm.windows.post):
        for k in range(1, e.size - 1):
            if e[k - 1] >= low and e[k + 1] <= high:
                b = (e[k] - e[k - 1]) / (e[k + 1] - e[k - 1])
                weights[k, k - 1 : k + 2] = np.array([b - 1, 1, -b]) / np.sqrt(1 + b**2 + (1 - b) ** 2)
    used = weights[weights.any(axis=1)]
    if not len(used):
        raise InputError(
            "expected three energies before or behind the edge to see the noise, got fewer; state the noise."
        )
    with np.errstate(invalid="ignore", over="ignore"):  # spectra that are not finite stay so
        return np.sqrt(((used @ rows) ** 2).mean(axis=0)).reshape(shape)


def as_rows(mu, count):
    """Return spectra as [energy, n] of float64 and the shape of their voxels."""
    mu = np.asarray(mu)
    if mu.ndim < 1 or mu.shape[0] != count:
        raise InputError(
            f"expected spectra with {count} energies along their first axis, got shape {mu.shape}; "
            "put the energy axis first or give the energies of this stack."
        )
    return mu.reshape(count, -1).astype(float, copy=False), mu.shape[1:]


def sigma_rows(sigma, rows, shape):
    """Return sigma so that it broadcasts against [energy, n]: a number, one for each energy or voxel, or
    all."""
    if sigma is None:
        return None
    sigma = np.asarray(sigma, float)
    if sigma.ndim == 0:
        return sigma
    if sigma.shape == (len(rows),):
        return sigma[:, None]
    if sigma.shape == shape:
        return sigma.reshape(1, -1)
    if sigma.shape == (len(rows), *shape):
        return sigma.reshape(len(rows), -1)
    raise InputError(
        f"expected sigma as a number, [energy], [voxels] or both, got shape {sigma.shape}; reshape it."
    )


def _select(energies, window, least, name):
    inside = (energies >= window[0]) & (energies <= window[1])
    if inside.sum() < least:
        raise InputError(
            f"expected at least {least} energies in the {name} window {window[0]:g} to {window[1]:g} eV, got "
            f"{int(inside.sum())} of {energies[0]:g} to {energies[-1]:g} eV; move the window."
        )
    return inside


def _polynomial(energies, inside, degree, at):
    """Least squares in the selected energies as functionals: the fit at all energies, and at one energy."""
    scale = np.ptp(energies)
    centred = (energies - energies[inside].mean()) / scale
    powers = np.vander(centred, degree + 1)
    fit = np.zeros((degree + 1, energies.size))
    fit[:, inside] = np.linalg.pinv(powers[inside])
    point = np.vander([(at - energies[inside].mean()) / scale], degree + 1)
    return powers @ fit, (point @ fit)[0]
