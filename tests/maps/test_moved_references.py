"""What the error of a fitted shift does to lithiation, and references that fit better elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.maps.method import Method
from microsim.maps.mixture import References
from microsim.maps.moved_references import fit_remark, shift_error
from microsim.maps.soc_maps import measure_spectra, prepared, to_lithiation

from ..nickel import spectrum

GRID = np.arange(8240.0, 8511.0)
ENERGIES = np.arange(8250.0, 8500.0)
KNOWN = {
    "references": References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged")),
    "numbers": [0.0, 1.0],
}


def stack(x, off, noise, seed=0):
    ends = spectrum(ENERGIES - off, np.array([0.0, 1.0]))
    mu = np.multiply.outer(ends[:, 0], 1 - x) + np.multiply.outer(ends[:, 1], x) + 0.2
    return mu + noise * np.random.default_rng(seed).standard_normal(mu.shape)


def measured_of(mu, method):
    return measure_spectra(mu, ENERGIES, prepared(method, mu, ENERGIES, KNOWN["references"]), **KNOWN)


def test_the_error_is_the_slope_over_the_shift_times_its_own():
    mu = stack(np.linspace(0.2, 0.8, 40), 0.3, 0.03)
    found = measured_of(mu, Method("lcf", shift=None))
    sd, shift = found.method.shift_sigma, found.method.shift
    means = [
        measure_spectra(mu, ENERGIES, replace(found.method, shift=shift + off), **KNOWN).quantity.mean()
        for off in (-sd, sd)
    ]
    error = shift_error(mu, ENERGIES, found, **KNOWN)
    assert error == pytest.approx(abs(means[1] - means[0]) / 2, rel=0.05) and error > 0.005
    lithiation = to_lithiation(found, shift_error=error)
    assert (
        lithiation.sigma == pytest.approx(np.hypot(found.sigma, error))
        and lithiation.budget["shift"] == error
    )


def test_bounds_that_hold_a_voxel_hold_it_on_one_side():
    """Pure voxels of two kinds move half as far as the mean spectrum, that of their mixture, would."""
    pure = shift_error(*_one(np.arange(40) % 2 * 1.0), **KNOWN)
    mixed = shift_error(*_one(np.full(40, 0.5)), **KNOWN)
    assert pure / mixed == pytest.approx(0.5, abs=0.15)


def _one(x):
    mu = stack(x, 0.3, 0.03)
    return mu, ENERGIES, measured_of(mu, Method("lcf", shift=None))


def test_a_given_shift_and_another_method_have_no_such_error():
    mu = stack(np.linspace(0.2, 0.8, 12), 0.3, 0.01)
    given = measured_of(mu, Method("lcf", shift=0.3))
    assert shift_error(mu, ENERGIES, given, **KNOWN) == 0 and "shift" not in to_lithiation(given).budget
    edge = measure_spectra(mu, ENERGIES, prepared(Method("edge"), mu, ENERGIES))
    assert shift_error(mu, ENERGIES, edge, None, None) == 0


def test_references_that_fit_elsewhere_are_told_and_those_in_place_are_not():
    mu = stack(np.full(30, 0.4), 1.5, 0.005)
    (said,) = fit_remark(mu, ENERGIES, measured_of(mu, Method("lcf")), **KNOWN)
    assert "moved by +1.5 eV" in said
    assert fit_remark(mu, ENERGIES, measured_of(mu, Method("lcf", shift=1.5)), **KNOWN) == ()
