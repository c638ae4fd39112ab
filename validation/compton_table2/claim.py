"""Stoichiometry from S-parameters: Table 2 of Huang et al. (2022), and the closed form of a Gaussian profile.

Huang et al., Adv. Sci. (2022), doi 10.1002/advs.202105723. The line is fitted to the six states of the table
(least squares: 1 - x = 0.4331 S - 0.2815); each is also predicted from the other five.
Gaussian Compton profiles of widths 0.9 to 2.2 become photons at 115 keV and 90 degrees and come back through
energies, cross section and integration; the exact S is erf(1 / s sqrt 2) / (erf(5 / s sqrt 2) - erf(1 / s
sqrt 2)).
"""

import numpy as np
from scipy.special import erf

from microsim.jobs.validate import Check
from microsim.maps.compton import (
    by_region,
    calibrate_stoichiometry,
    compton_profile,
    klein_nishina,
    momentum,
    s_parameter,
    scattered_energy,
)

S = np.array([0.88, 0.72, 0.65, 2.40, 2.34, 2.06])
LITHIUM = np.array([0.10, 0.03, 0.00, 0.76, 0.73, 0.61])
TABLE = "Huang et al. 2022, Table 2"


def checks(data):
    yield Check(
        "energy of p_z = 0 at 115 keV and 90 degrees (keV)",
        scattered_energy(0.0, 115e3, 90.0) / 1e3,
        93.874,
        1e-3,
        "absolute",
        "E / (1 + E / m c^2); 93.9 in Huang et al. 2022",
    )
    line = calibrate_stoichiometry(S, LITHIUM)
    yield Check("slope of 1 - x over S", line.slope, 0.4331, 1e-4, "absolute", "least squares on " + TABLE)
    yield Check("intercept", line.intercept, -0.2815, 1e-4, "absolute", "least squares on " + TABLE)
    yield Check("R squared", line.r_squared, 0.99998, kind="at least")
    found, _ = line.of(S)
    yield Check(
        "largest deviation from the table",
        np.abs(found - LITHIUM).max(),
        0.0023,
        kind="at most",
        source=TABLE,
    )
    outside = 0
    for k in range(S.size):
        others = np.arange(S.size) != k
        low, high = calibrate_stoichiometry(S[others], LITHIUM[others]).interval(S[k])
        outside += not low <= LITHIUM[k] <= high
    yield Check(
        "states outside the 95 % interval of the other five", outside, 1, kind="at most", source=TABLE
    )
    yield from _gaussians()


def _gaussians():
    energies = np.arange(85e3, 104e3, 12.5)
    p = momentum(energies, 115e3, 90.0)
    widths = np.array([0.9, 1.3, 1.7, 2.2])
    exact = erf(1 / widths / 2**0.5) / (erf(5 / widths / 2**0.5) - erf(1 / widths / 2**0.5))
    shape = np.exp(-0.5 * (p[:, None] / widths) ** 2) / widths
    clean = shape * (klein_nishina(energies, 115e3, 90.0) * np.gradient(p))[:, None]
    found, _ = s_parameter(compton_profile(energies, 1e40 * clean, 115e3, 90.0))
    yield Check(
        "S of Gaussian profiles, largest relative error",
        np.abs(found / exact - 1).max(),
        2e-4,
        kind="at most",
        source="closed form, error functions",
    )
    rng = np.random.default_rng(4)
    photons = rng.poisson(
        (clean[:, 1] / clean[:, 1].max() * 300)[:, None, None, None], (energies.size, 12, 20, 20)
    )
    s, error = s_parameter(compton_profile(energies, photons, 115e3, 90.0))
    yield Check("spread of S over pixels / its stated error", float(s.std() / error.mean()), 1.0, 0.05)
    regions = by_region(s, error, [0, 4, 8, 12])
    worst = max(abs(mean - exact[1]) / own for mean, own, *_ in regions)
    yield Check(
        "S of depth regions, largest deviation / stated error",
        worst,
        3.0,
        kind="at most",
        source="closed form",
    )
