"""A page of microsim soc of each method, from spectra made on the spot."""

import numpy as np

from microsim.maps.components import components
from microsim.maps.method import Method
from microsim.maps.mixture import References
from microsim.maps.soc_maps import calibration_from, masked, measure_spectra, prepared, to_lithiation
from microsim.maps.spectra import normalisation, normalise_spectra
from microsim.report.pages.soc import SocPage

from ..nickel import ENERGIES, spectrum

GRID = np.arange(8240.0, 8511.0)


PAIR = References(
    GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"), "refs.txt", "0" * 64
)


METHODS = {
    "edge": Method("edge"),
    "lcf": Method("lcf"),
    "sum": Method("lcf", sum_to_one=True),
    "three": Method("three-energy", three=(8325.0, 8348.0, 8456.0)),
}


def page_of(name, size=(4e-8,) * 3, calibrated=True, shape=(14, 12, 1)):
    rng = np.random.default_rng(1)
    s = 0.2 + 0.6 * rng.random(shape)
    thickness = np.where(rng.random(s.shape) < 0.6, 1.0, 0.05)
    mu = 0.2 + thickness * spectrum(ENERGIES, s) + 0.01 * rng.standard_normal((60, *s.shape))
    options = {"references": PAIR, "numbers": [0.0, 1.0]} if METHODS[name].name == "lcf" else {}
    method = prepared(METHODS[name], mu, ENERGIES, PAIR)
    if name == "three":
        method = prepared(Method("edge"), mu, ENERGIES)
        method = Method("three-energy", three=METHODS[name].three, windows=method.windows)
    measured, threshold = masked(measure_spectra(mu, ENERGIES, method, 0.01, **options), "otsu")
    states = np.linspace(0, 1, 11)
    curve = calibration_from(method, ENERGIES, spectrum(ENERGIES, states), states, 1e-3, degree=3, **options)
    found = to_lithiation(measured, curve) if calibrated else None
    values, _, _ = normalise_spectra(
        np.where(measured.reason == 0, mu, np.nan), normalisation(ENERGIES, method.windows)
    )
    return SocPage(
        ENERGIES,
        mu,
        0.01,
        measured,
        found,
        PAIR,
        size,
        threshold,
        curve if calibrated else None,
        components(values, clusters=2),
    )
