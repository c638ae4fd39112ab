"""Operando TXM stacks with known lithiation: maps recover it within their own stated uncertainty.

Generated, seeded: spheres of lithium nickel oxide (thickness in projection), lithiation a smooth random
field, 60 energies over the Ni K edge with made-up spectra (see `spectrum`: edge and white line move with
lithiation, not a mixture of two spectra), drift of 2 pixels, Gaussian blur of 0.8 pixel, Poisson noise of
20,000 photons a pixel and image, four flat fields. The truth is the lithiation at the resolution of the blur,
weighted with thickness. Pixels that lie 5 pixels inside a particle. Calibrations come from 21 uniform states
with noise of 0.002. Coverage of the 95 % interval must lie in 0.92 to 0.98.
"""

import time
from dataclasses import replace

import numpy as np
from scipy import ndimage

from microsim.jobs.validate import Check
from microsim.maps.drift import drift, undrift
from microsim.maps.edge import edge_energy
from microsim.maps.frames import optical_density
from microsim.maps.lithiation import fit_calibration
from microsim.maps.method import Method
from microsim.maps.mixture import References, three_energy
from microsim.maps.soc_maps import calibration_from, measure_spectra, to_lithiation
from microsim.maps.soundness import mean_spectrum
from microsim.maps.spectra import normalisation, windows_for

ENERGIES = np.unique(
    np.r_[np.linspace(8250, 8325, 8), np.arange(8335.0, 8375.0), np.linspace(8380, 8500, 12)]
)
THREE = (8325.0, 8348.0, 8456.36)
PARTICLES = ((30, 34, 22), (85, 40, 26), (60, 84, 20), (105, 90, 15), (20, 90, 14))  # x, y, radius in pixels
SHAPE, BLUR, PHOTONS, FLATS, SEEDS = (128, 112), 0.8, 20_000, 4, (1, 2, 3)


def spectrum(energies, s):
    """Arctangent edge and Gaussian white line, both moving with lithiation s [...]: [energy, ...]."""
    e = np.asarray(energies, float).reshape(-1, *[1] * np.ndim(s))
    return (
        0.5
        + np.arctan((e - 8346.5 - 2 * s) / 1.5) / np.pi
        + 0.4 * np.exp(-(((e - 8349.5 - 2.7 * s) / 2.5) ** 2))
    )


def frames(seed, energies, photons):
    """Detector images of a drifting sample: sample [energy, x, y, 1], flats, truth, mask, drift."""
    rng = np.random.default_rng(seed)
    x, y = np.mgrid[: SHAPE[0], : SHAPE[1]]
    heights = [np.sqrt(np.maximum(r * r - (x - a) ** 2 - (y - b) ** 2, 0)) / 20 for a, b, r in PARTICLES]
    thickness = np.max(heights, axis=0)
    field = ndimage.gaussian_filter(rng.standard_normal(SHAPE), 12, mode="wrap")
    s = 0.1 + 0.8 * (field - field.min()) / np.ptp(field)
    walk = np.cumsum(rng.standard_normal((len(energies), 2)), axis=0)
    walk = 2.0 * (walk - walk[-1]) / np.abs(walk - walk[-1]).max()
    uneven = ndimage.gaussian_filter(rng.standard_normal(SHAPE), 10)
    light = photons * (1 + 0.05 * uneven / np.abs(uneven).max())
    sample = np.empty((len(energies), *SHAPE, 1))
    for k, energy in enumerate(energies):
        mu = ndimage.shift(thickness * (spectrum([energy], s)[0] + 0.35), walk[k], order=3)
        sample[k, ..., 0] = rng.poisson(light * ndimage.gaussian_filter(np.exp(-mu), BLUR))
    flats = rng.poisson(np.broadcast_to(light, (FLATS, len(energies), *SHAPE)))[..., None]
    seen = ndimage.gaussian_filter(thickness * s, BLUR) / np.maximum(
        ndimage.gaussian_filter(thickness, BLUR), 1e-9
    )
    inside = ndimage.distance_transform_edt(thickness > 0) > 5
    return sample, flats, seen[..., None], inside[..., None], walk


def checks(data):
    grid = np.arange(8240.0, 8511.0)
    pair = References(grid, spectrum(grid, np.array([0.0, 1.0])).T, ("charged", "discharged"))
    results, adrift, wandering = {}, [], []
    for seed in SEEDS:
        sample, flats, truth, inside, walk = frames(seed, ENERGIES, PHOTONS)
        found = optical_density(sample, flats)
        shifts = drift(found.values)
        wandering.append(shifts[:, :2] + walk)
        mu, sigma = undrift(found.values, shifts, found.sigma)
        windows = windows_for(ENERGIES, mean_spectrum(mu))
        for name, method in _methods(windows).items():
            results.setdefault(name, []).append(_recover(method, ENERGIES, mu, sigma, truth, inside, pair))
        adrift.append(
            _recover(_methods(windows)["edge"], ENERGIES, found.values, found.sigma, truth, inside, pair)
        )
        one = frames(seed, THREE, PHOTONS * ENERGIES.size // 3)  # the photons of 60 images in three
        found = optical_density(one[0], one[1])
        mu, sigma = undrift(found.values, np.c_[-one[4], np.zeros(3)], found.sigma)
        results.setdefault("three-energy, photons of 60 images in three", []).append(
            _recover(Method("three-energy", three=THREE), np.array(THREE), mu, sigma, one[2], one[3], pair)
        )
    yield Check(
        "drift: rms error of an image's place (pixels)", _rms(np.concatenate(wandering)), 0.05, kind="at most"
    )
    pooled = {name: [np.concatenate(part) for part in zip(*runs)] for name, runs in results.items()}
    for name, (deviation, sigma) in pooled.items():
        covered = np.mean(np.abs(deviation) < 1.96 * sigma)
        yield Check(f"{name}: coverage of the 95 % interval", covered, 0.95, 0.03, "absolute")
        yield Check(f"{name}: rms deviation of lithiation / stated", _rms(deviation) / _rms(sigma), 1.0, 0.1)
    deviation, sigma = (np.concatenate(part) for part in zip(*adrift))
    yield Check(
        "edge without undoing the drift: coverage",
        np.mean(np.abs(deviation) < 1.96 * sigma),
        0.9,
        kind="at most",
    )
    yield from _price(pooled)
    yield from _three_energies_without_noise()
    yield _speed()


def _methods(windows):
    return {
        "edge": Method("edge", width=2.0, windows=windows),
        "white line": Method("edge", kind="peak", windows=windows),
        "lcf": Method("lcf", background=1, windows=windows),
        "three-energy": Method("three-energy", three=THREE, windows=windows),
    }


def _recover(method, energies, mu, sigma, truth, inside, pair):
    """Calibrate, map, and compare: deviation and stated uncertainty of the pixels inside the particles."""
    options = {"references": pair, "numbers": [0.0, 1.0]} if method.name == "lcf" else {}
    states = np.linspace(0, 1, 21)
    spectra = 1.5 * spectrum(energies, states) + 0.5
    spectra += 0.002 * np.random.default_rng(5).standard_normal(spectra.shape)
    curve = calibration_from(method, energies, spectra, states, 0.002, degree=3, **options)
    method = replace(method, three=method.three or THREE)
    found = to_lithiation(measure_spectra(mu, energies, method, sigma, **options), curve)
    used = inside & (found.reason == 0)
    return (found.values - truth)[used], found.sigma[used]


def _price(pooled):
    """Three energies against 60: at the same photons an image (a twentieth of the dose), and at the same
    dose."""
    rms = {name: _rms(deviation) for name, (deviation, _) in pooled.items()}
    stated = {name: _rms(sigma) for name, (_, sigma) in pooled.items()}
    same_dose = "three-energy, photons of 60 images in three"
    for other in ("edge", "lcf"):
        yield Check(
            f"noise of three energies / {other} of 60, same photons an image",
            rms["three-energy"] / rms[other],
            stated["three-energy"] / stated[other],
            0.1,
            source="the stated uncertainties",
        )
        yield Check(
            f"noise of three energies / {other} of 60, same dose",
            rms[same_dose] / rms[other],
            stated[same_dose] / stated[other],
            0.15,
            source="the stated uncertainties",
        )


def _three_energies_without_noise():
    """At 8300, 8348 and 8450 eV; x from the tabulated m(s), and from a straight line between two states."""
    energies, states = [8300.0, 8348.0, 8450.0], np.linspace(0, 1, 20_001)
    table = spectrum(energies, states)
    m = (table[1] - table[0]) / (table[2] - table[0])
    s = np.random.default_rng(6).random(500)
    found = three_energy(0.4 + 1.7 * spectrum(energies, s)).values
    back = np.interp(-found, -m, states)  # m falls with s
    yield Check(
        "three energies without noise, tabulated m(s): largest error",
        np.abs(back - s).max(),
        1e-6,
        kind="at most",
        source="the lithiation put in",
    )
    line = fit_calibration("three-energy", m[[0, -1]], [0.0, 1.0])
    exact = np.abs((m - m[0]) / (m[-1] - m[0]) - states).max()
    yield Check(
        "the same, straight line between two states: largest error",
        np.abs(line.lithiation(found)[0] - s).max(),
        exact,
        0.01,
        source="nonlinearity of m(s)",
    )


def _speed():
    rng = np.random.default_rng(0)
    mu = 0.3 + spectrum(ENERGIES, rng.random(50_000)) + 0.02 * rng.standard_normal((ENERGIES.size, 50_000))
    norm = normalisation(ENERGIES, windows_for(ENERGIES, mu.mean(axis=1)))
    begun = time.process_time()
    edge_energy(mu, norm, np.full(mu.shape, 0.02))
    rate = mu.shape[1] / (time.process_time() - begun)
    return Check(
        "spectra of 60 energies a second of processor time, edge with uncertainty",
        rate,
        50_000,
        kind="at least",
    )


def _rms(values):
    return float(np.sqrt(np.mean(np.square(values))))
