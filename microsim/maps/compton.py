"""Compton scattering: from the energies of scattered photons to the stoichiometry of lithium.

    p_z / m c = [E2 - E1 + E1 E2 (1 - cos t) / m c^2] / sqrt(E1^2 + E2^2 - 2 E1 E2 cos t)   momentum
    d sigma / d E2 ~ K(E2) J(p_z)                                                           profile
    S = integral of J from -1 to 1 / (integral from -5 to -1 + integral from 1 to 5)        S-parameter
    1 - x = slope S + intercept                                                             stoichiometry

p_z is in atomic units, in which m c = 137.036; energies are in eV, angles t in degrees. The exact inverse of
the first line gives the energy at which a momentum appears.

Sources: Cooper et al., X-Ray Compton Scattering, Oxford 2004; Suzuki et al., J. Appl. Phys. 119 (2016) 025103
(S-parameter); Huang et al., Adv. Sci. (2022), doi 10.1002/advs.202105723 (eqs. 5 to 9, Table 2: HEXITEC
detector, 115 keV, 90 degrees).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..base.errors import InputError

ELECTRON_REST_ENERGY = 510998.95  # eV, CODATA 2018
MC_ATOMIC = 137.035999  # m c in atomic units of momentum
LOWEST = 1e3  # eV; photon energies below are in keV
ELECTRON_RADIUS = 2.8179403e-15  # m
LOW, HIGH = (
    1.0,
    5.0,
)  # atomic units: the valence electrons lie within LOW, the core electrons between LOW and HIGH


def momentum(scattered, incident, angle_deg):
    """Electron momentum p_z (atomic units) of photons scattered to an energy: the first line of the
    module."""
    e2, e1, cosine = _checked(scattered, incident, angle_deg)
    shift = e2 - e1 + e1 * e2 * (1 - cosine) / ELECTRON_REST_ENERGY
    return MC_ATOMIC * shift / np.sqrt(e1**2 + e2**2 - 2 * e1 * e2 * cosine)


def scattered_energy(p_z, incident, angle_deg):
    """Energy (eV) of a photon scattered by an electron of momentum p_z (atomic units): the inverse of
    `momentum`.

    With q = p_z / m c and a = E1 (1 - cos t) / m c^2 the squared first line is quadratic in E2 / E1.
    """
    q = np.asarray(p_z, float) / MC_ATOMIC
    _, e1, cosine = _checked(incident, incident, angle_deg)
    if np.any(np.abs(q) >= 1):
        raise InputError(
            f"expected momenta below m c (137 atomic units), got {np.abs(q).max() * MC_ATOMIC:g}; correct it."
        )
    lead = 1 + e1 * (1 - cosine) / ELECTRON_REST_ENERGY
    # (lead r - 1)^2 = q^2 (1 + r^2 - 2 r cos t), r = E2 / E1; the root on the side of q's sign
    root = q * np.sqrt(lead**2 + 1 - 2 * lead * cosine - q**2 * (1 - cosine**2))
    return e1 * (lead - q**2 * cosine + root) / (lead**2 - q**2)


def klein_nishina(scattered, incident, angle_deg):
    """Differential cross section of a free electron at rest, m2 per steradian and electron.

    r_e^2 / 2 (E2 / E1)^2 (E1 / E2 + E2 / E1 - sin^2 t)
    """
    e2, e1, cosine = _checked(scattered, incident, angle_deg)
    ratio = e2 / e1
    return ELECTRON_RADIUS**2 / 2 * ratio**2 * (ratio + 1 / ratio - (1 - cosine**2))


def channel_middles(energies, count, what="centres"):
    """Return the middle energies (eV) of detector channels [count].

    energies: one a channel, as `what` says "centres", "lower" or "upper" edges; or the count + 1 edges of all
    channels. HEXITEC's files hold lower edges. Returns (energies, what they were taken for). Raises
    InputError for energies in keV or of another number.
    """
    energies = np.asarray(energies, float)
    if energies.size and energies.max() < LOWEST:
        raise InputError(
            f"expected channel energies in eV, got {energies.min():g} to {energies.max():g}, which may be"
            " keV; convert them (1 keV is 1000 eV)."
        )
    if energies.size == count + 1:
        return (energies[1:] + energies[:-1]) / 2, "edges"
    if energies.size != count or count < 2:
        raise InputError(
            f"expected one energy for each of the {count} images, got {energies.size}; give the list of this"
            f" stack, or the {count + 1} edges of its channels."
        )
    steps = np.diff(energies)
    if what == "lower":
        return energies + np.r_[steps, steps[-1]] / 2, what
    return (energies if what == "centres" else energies - np.r_[steps[0], steps] / 2), what


@dataclass(frozen=True)
class Profile:
    """A Compton profile per voxel, J = K counts / area: background and cross section in K, area 1 within
    +-HIGH.

    p_z [energy], atomic units; values J [energy, ...]; sigma of J from counting; functional K [energy,
    energy]; noise [energy, ...]: standard deviation of the counts over the area
    """

    p_z: np.ndarray
    values: np.ndarray
    sigma: np.ndarray
    functional: np.ndarray
    noise: np.ndarray


def compton_profile(energies, counts, incident, angle_deg, *, background=None, transmission=None):
    """Extract the Compton peak of spectra and turn it into a profile.

    energies   [energy], eV, rising; counts [energy, ...], photons
    incident   eV; angle_deg: scattering angle
    background two ranges of p_z (atomic units), ((-12, -9), (9, 12)) say, between whose means a straight line
    is drawn
               and subtracted; None: none
    transmission   [energy]: share of the scattered photons that leaves the sample and is detected; divided
                   out

    J(p_z) = (counts - line) / (transmission * Klein-Nishina * width of the channel in p_z), scaled to area 1.
    Returns Profile, p_z rising. Raises InputError where the peak is not covered, or empty.
    """
    energies, counts = np.asarray(energies, float), np.asarray(counts, float)
    if counts.shape[0] != energies.size or not np.all(np.diff(energies) > 0):
        raise InputError(
            f"expected one rising energy for each of the {counts.shape[0]} channels, got {energies.size}; "
            "give the detector's energies in order."
        )
    p = momentum(energies, incident, angle_deg)
    if p.min() > -HIGH or p.max() < HIGH:
        raise InputError(
            f"expected channels that cover p_z from -{HIGH:g} to {HIGH:g}, got {p.min():.3g} to"
            f" {p.max():.3g}; check incident energy and angle."
        )
    flat = counts.reshape(len(counts), -1)
    # counts per channel -> per unit of momentum, free of the cross section's own slope
    factor = 1.0 / (klein_nishina(energies, incident, angle_deg) * np.gradient(p))
    factor = factor / (1.0 if transmission is None else np.asarray(transmission, float))
    functional = factor[:, None] * (np.eye(p.size) - _line(p, background))
    values = functional @ flat
    area = integrate(p, values, -HIGH, HIGH)
    area = np.where(area > 0, area, np.nan)
    noise = np.sqrt(np.maximum(flat, 0.0)) / area
    values, sigma = values / area, np.sqrt(functional**2 @ noise**2)
    if not np.isfinite(values).any():
        raise InputError(
            "expected photons in the Compton peak, got none above the background; check the energies."
        )
    return Profile(
        p, *(a.reshape(counts.shape) for a in (values, sigma)), functional, noise.reshape(counts.shape)
    )


def _line(p, background):
    """Straight line through the means of two ranges as a functional of the counts, [energy, energy]."""
    line = np.zeros((p.size, p.size))
    if background is None:
        return line
    chosen = [(p >= low) & (p <= high) for low, high in background]
    if not all(inside.any() for inside in chosen):
        raise InputError(
            f"expected channels in both background ranges {background} of p_z, got {p.min():.3g} to "
            f"{p.max():.3g}; move the ranges."
        )
    first, second = (p[inside].mean() for inside in chosen)
    share = (p - first) / (second - first)
    for inside, part in zip(chosen, (1 - share, share)):
        line[:, inside] = part[:, None] / inside.sum()
    return line


def integrate(p, values, low, high):
    """Integral of values [p, ...] from low to high, the trapezium rule with interpolated ends."""
    return np.tensordot(integral_weights(p, low, high), values, axes=1)


def integral_weights(p, low, high):
    """Weights [p] of the integral of a piecewise straight function from low to high."""
    weights = np.zeros(p.size)
    for k in range(p.size - 1):
        a, b = max(low, p[k]), min(high, p[k + 1])
        if b <= a:
            continue
        h = p[k + 1] - p[k]
        middle = ((a + b) / 2 - p[k]) / h
        weights[k] += (b - a) * (1 - middle)
        weights[k + 1] += (b - a) * middle
    return weights


def peak_momentum(profile):
    """Momentum (atomic units) about which the mean profile lies: its centre of mass within 2 on each side."""
    mean = np.nanmean(profile.values.reshape(profile.p_z.size, -1), axis=1)
    centre = 0.0
    for _ in range(30):
        weights = integral_weights(profile.p_z, centre - 2 * LOW, centre + 2 * LOW)
        if weights @ mean <= 0:
            return float("nan")
        centre = float(weights @ (profile.p_z * mean) / (weights @ mean))
    return centre


def s_parameter(profile):
    """S = S_L / S_H of every profile: (S, standard deviation from counting).

    S_L: -LOW to LOW; S_H: LOW to HIGH on both sides. NaN where S_H is not above 0.
    """
    low = integral_weights(profile.p_z, -LOW, LOW)
    high = integral_weights(profile.p_z, -HIGH, -LOW) + integral_weights(profile.p_z, LOW, HIGH)
    a, b = np.tensordot(low, profile.values, axes=1), np.tensordot(high, profile.values, axes=1)
    with np.errstate(all="ignore"):
        s = np.where(b > 0, a / b, np.nan)
        shape = (-1, *[1] * (profile.values.ndim - 1))
        by_low, by_high = ((weights @ profile.functional).reshape(shape) for weights in (low, high))
        return s, np.sqrt(np.sum(((by_low - s * by_high) / b * profile.noise) ** 2, axis=0))


@dataclass(frozen=True)
class Stoichiometry:
    """A line 1 - x = slope S + intercept through reference states, with its covariance and scatter; low,
    high: the range of their S."""

    slope: float
    intercept: float
    covariance: np.ndarray
    scatter: float
    n: int
    r_squared: float
    low: float = -np.inf
    high: float = np.inf

    def beyond(self, s, sigma=0.0):
        """Mark values of S beyond the reference states by more than so much; False where there is none."""
        s = np.asarray(s, float)
        return (s < self.low - sigma) | (s > self.high + sigma)

    def of(self, s, sigma=0.0):
        """Stoichiometry (1 - x) of S and its standard deviation (counting, and the line's own)."""
        s = np.asarray(s, float)
        v = np.stack(np.broadcast_arrays(s, 1.0), axis=-1)
        own = np.einsum("...j,jk,...k->...", v, self.covariance, v)
        return self.slope * s + self.intercept, np.sqrt((self.slope * np.asarray(sigma)) ** 2 + own)

    def interval(self, s, sigma=0.0, level=0.95):
        """Lower and upper end of the interval of a further measurement: (Student's t) standard deviations and
        scatter."""
        from scipy.special import stdtrit

        value, error = self.of(s, sigma)
        half = stdtrit(max(self.n - 2, 1), 0.5 + level / 2) * np.sqrt(error**2 + self.scatter**2)
        return value - half, value + half

    def figures(self):
        """Return the line as plain numbers."""
        keys = ("slope", "intercept", "r_squared", "scatter")
        found = {key: getattr(self, key) for key in keys} | {"states": self.n}
        return found | {"S_range": [self.low, self.high]}


def calibrate_stoichiometry(s, stoichiometry):
    """Fit the line 1 - x = slope S + intercept to reference states; at least three."""
    s, y = np.asarray(s, float).ravel(), np.asarray(stoichiometry, float).ravel()
    if s.size != y.size or s.size < 3 or np.ptp(s) == 0:
        raise InputError(
            f"expected at least three states of different S with their stoichiometry, got {s.size} and"
            f" {y.size}; add states."
        )
    design = np.column_stack([s, np.ones_like(s)])
    inverse = np.linalg.inv(design.T @ design)
    slope, intercept = inverse @ design.T @ y
    misfit = y - design @ (slope, intercept)
    scatter = float(np.sqrt(misfit @ misfit / (s.size - 2)))
    total = float(((y - y.mean()) ** 2).sum())
    r_squared = 1 - float(misfit @ misfit) / total if total else 0.0
    ends = float(s.min()), float(s.max())
    return Stoichiometry(
        float(slope), float(intercept), inverse * scatter**2, scatter, int(s.size), r_squared, *ends
    )


def transmission(coefficients, lengths):
    """Share of photons that pass layers: exp(-sum mu_k l_k); coefficients [layer, ...] m-1, lengths [layer,
    ...] m."""
    return np.exp(-np.sum(np.asarray(coefficients, float) * np.asarray(lengths, float), axis=0))


def expected_counts(flux, way_in, way_out, electrons, volume, cross_section):
    """Photons scattered into a steradian, dN = flux t1 t2 rho_e dV dsigma/dOmega (Huang et al. 2022, eq.
    5).

    flux m-2; way_in, way_out: transmissions; electrons m-3; volume m3; cross_section m2 sr-1 (klein_nishina).
    """
    return flux * way_in * way_out * electrons * volume * cross_section


def by_region(values, sigma, edges):
    """Average a map [x, ...] over depth regions: [(mean, standard deviation of the mean, spread, voxels)].

    edges [region + 1]: layers x where the regions begin and end. NaN is left out. Where sigma is given the
    mean is weighted with 1 / (sigma^2 + spread^2), the spread over the pixels beyond their noise: alike where
    they really differ, so that values with a small sigma do not pull the mean, by their noise where they do
    not.
    """
    values = np.asarray(values, float)
    edges = np.asarray(edges)
    if (
        edges.ndim != 1
        or edges.size < 2
        or np.any(np.diff(edges) < 1)
        or edges[0] < 0
        or edges[-1] > len(values)
    ):
        raise InputError(
            f"expected rising layers between 0 and {len(values)} as edges, got {edges.tolist()}; correct"
            " them."
        )
    found = []
    for start, end in pairwise(edges):
        part = values[start:end].ravel()
        error = np.full(part.shape, np.nan) if sigma is None else np.asarray(sigma, float)[start:end].ravel()
        known = np.isfinite(part) & (np.isfinite(error) if sigma is not None else True)
        if not known.any():
            found.append((np.nan, np.nan, np.nan, 0))
            continue
        noise = 0.0 if sigma is None else error[known] ** 2
        beyond = max(float(part[known].var() - np.mean(noise)), 0.0)
        weights = 1 / np.maximum(np.broadcast_to(noise + beyond, part[known].shape), 1e-300)
        mean = float(np.average(part[known], weights=weights))
        own = part[known].std() / np.sqrt(known.sum())
        own = float(own if sigma is None else np.sqrt(np.sum(weights**2 * noise)) / weights.sum())
        found.append((mean, own, float(part[known].std()), int(known.sum())))
    return found


def _checked(scattered, incident, angle_deg):
    """Energies as arrays and the cosine of the angle; refuses keV and angles without scattering."""
    e2, e1, angle = np.asarray(scattered, float), float(incident), float(angle_deg)
    if not (1e3 <= e1 <= 1e7 and np.all(e2 > 0)):
        raise InputError(
            f"expected photon energies in eV above 1000, got an incident energy of {e1:g}; convert keV to eV."
        )
    if not 0 < angle <= 180:
        raise InputError(
            f"expected a scattering angle above 0 and up to 180 degrees, got {angle:g}; correct it."
        )
    return e2, e1, np.cos(np.radians(angle))
