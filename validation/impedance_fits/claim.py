"""Circuit fits give impedance.py's published figures on its measured spectrum, and confidence intervals that
cover.

Spectrum: exampleData.csv of impedance.py (66 points, a lithium-ion cell); figures of its unit test of
Randles, its getting-started page, its fitting and validation notebooks (0b302ca). Coverage: 400 noisy spectra
each.
"""

import numpy as np

from microsim.impedance.circuits import (
    constant_phase,
    diffusion_blocked,
    fit_circuit,
    fit_randles,
    fit_transmission_line,
    kramers_kronig,
    parallel,
    randles,
    symmetric_cell,
)
from microsim.jobs.validate import Check

FREQ = np.geomspace(1e-3, 1e5, 61)


def checks(data):
    file = data and next(iter(sorted(data.rglob("impedancepy_exampleData.csv"))), None)
    if file:
        freq, real, imaginary = np.loadtxt(file, delimiter=",").T
        keep = imaginary < 0
        yield from _published(freq[keep], (real + 1j * imaginary)[keep])
    yield from _coverage()


def _published(freq, Z):
    def one(omega, R_0, R_1, R_w, t_w, C):
        return R_0 + parallel(constant_phase(omega, C, 1.0), R_1 + diffusion_blocked(omega, R_w, t_w))

    start = {"R_0": 0.01, "R_1": 0.005, "R_w": 0.01, "t_w": 200, "C": 0.1}
    fit = fit_circuit(one, freq, Z, start, weights="unit")
    published = (1.86235717e-02, 1.16804085e-02, 6.27121224e-02, 2.21232935e02, 1.17171440e00)
    for name, value in zip(start, published):
        yield Check(
            f"Randles circuit, {name}", fit.values[name], value, 1e-5, source="impedance.py, test_circuits.py"
        )

    def two(omega, R_0, R_1, C_1, R_2, C_2, R_w, t_w):
        arcs = parallel(R_1, constant_phase(omega, C_1, 1.0)) + parallel(R_2, constant_phase(omega, C_2, 1.0))
        return R_0 + arcs + diffusion_blocked(omega, R_w, t_w)

    start = {"R_1": 0.004, "C_1": 0.2, "R_2": 0.005, "C_2": 1.0, "R_w": 0.001}
    fit = fit_circuit(two, freq, Z, start, fixed={"R_0": 0.02, "t_w": 200.0}, weights="unit")
    published = {
        "R_1": (3.91e-03, 1.09e-03),
        "C_1": (1.36, 2.61e-01),
        "R_2": (6.79e-03, 1.08e-03),
        "C_2": (5.62, 1.96),
        "R_w": (5.88e-02, 1.25e-03),
    }
    for name, (value, error) in published.items():
        yield Check(f"two arcs, {name}", fit.values[name], value, 5e-3, source="fitting notebook")
        yield Check(
            f"two arcs, standard error of {name}", fit.errors[name], error, 6e-3, source="fitting notebook"
        )
    below = freq < 1000
    result = kramers_kronig(freq[below], Z[below], mu_limit=0.5, most=100)
    yield Check("Kramers-Kronig: elements", result.elements, 26, 0, "absolute", source="validation notebook")
    yield Check("Kramers-Kronig: mu", result.mu, 0.31, 0.005, "absolute", source="validation notebook")
    yield Check(
        "Kramers-Kronig: largest residual of the measured spectrum",
        np.abs(result.residual).max(),
        0.01,
        kind="at most",
    )


def _coverage():
    """The share of 95 % intervals that hold the true value: within 3 standard deviations of the count of
    400."""
    line = {"R_s": 2e-3, "R_ion": 0.05, "Q": 20.0, "n": 0.93}
    yield from _covered(
        "transmission line",
        symmetric_cell,
        line,
        0.01,
        400,
        lambda Z: fit_transmission_line(FREQ, Z, eps=0.4, kappa=1.0, length=1e-4).fit,
    )
    cell = {"R_s": 2e-3, "R_ct": 1e-2, "Q": 0.5, "n": 0.9, "R_w": 0.03, "t_w": 100.0}
    yield from _covered(
        "Randles circuit with constant phase", randles, cell, 0.005, 150, lambda Z: fit_randles(FREQ, Z)
    )


def _covered(name, circuit, true, noise, trials, fit):
    clean, hits = circuit(2 * np.pi * FREQ, **true), dict.fromkeys(true, 0)
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        found = fit(clean * (1 + noise / np.sqrt(2) * (rng.normal(size=61) + 1j * rng.normal(size=61))))
        for parameter, value in true.items():
            low, high = found.interval(parameter)
            hits[parameter] += low <= value <= high
    spread = 3 * np.sqrt(0.95 * 0.05 / trials)
    for parameter, count in hits.items():
        yield Check(f"{name}: coverage of {parameter}", count / trials, 0.95, spread, "absolute")
