"""Circuits by name: what a known spectrum gives back, and a diffusivity from it."""

import numpy as np
import pytest

from microsim.base.constants import F, R
from microsim.base.errors import InputError
from microsim.impedance.circuits import randles, symmetric_cell
from microsim.impedance.models import (
    CIRCUITS,
    combined,
    diffusivity_of_warburg,
    diffusivity_over,
    end_unseen,
    fit_named,
    unit_of_parameter,
    warburg_coefficient,
)

FREQ = np.geomspace(1e-3, 1e5, 61)
OMEGA = 2 * np.pi * FREQ
ARC = {"R_s": 2e-3, "R_ct": 1e-2, "Q": 0.5, "n": 0.9}
DIFFUSION = {"R_w": 0.03, "t_w": 100.0}


def noisy(Z, share=1e-3):
    rng = np.random.default_rng(1)
    return Z * (1 + share * (rng.normal(size=Z.size) + 1j * rng.normal(size=Z.size)))


@pytest.mark.parametrize("name", ["randles", "open", "sphere", "warburg"])
def test_a_known_circuit_comes_back(name):
    true = ARC | ({"A": 0.003} if name == "warburg" else DIFFUSION)
    fit = fit_named(name, FREQ, noisy(CIRCUITS[name](OMEGA, **true)))
    for parameter, value in true.items():
        low, high = fit.interval(parameter, 0.999)
        assert low <= value <= high, parameter


def test_a_line_comes_back():
    true = {"R_s": 2e-3, "R_ion": 0.05, "Q": 20.0, "n": 0.93}
    fit = fit_named("line", FREQ, symmetric_cell(OMEGA, **true))
    assert fit.values == pytest.approx(true, rel=1e-4)


def test_a_parameter_may_be_held():
    fit = fit_named("randles", FREQ, randles(OMEGA, **{**ARC, "n": 1.0}, **DIFFUSION), {"n": 1.0})
    assert fit.values["n"] == 1.0 and fit.errors["n"] is None
    assert fit.values["R_w"] == pytest.approx(0.03, rel=1e-3)


@pytest.mark.parametrize(("name", "fixed"), [("warburg", {"R_w": 1.0}), ("line", {"R_s": 1.0})])
def test_a_parameter_of_another_circuit_is_refused(name, fixed):
    with pytest.raises(InputError, match=f"got {next(iter(fixed))}"):
        fit_named(name, FREQ, randles(OMEGA, **ARC, **DIFFUSION), fixed)


def test_the_45_degree_part_is_told_where_resistance_and_time_are_not():
    """Frequencies that do not come down to 1 / t_w: only R_w / sqrt(t_w) acts."""
    true, fast = {"R_w": 3.0, "t_w": 1e6}, FREQ > 1e-2
    Z = noisy(randles(OMEGA[fast], **ARC, **true))
    fit = fit_named("randles", FREQ[fast], Z)
    found = warburg_coefficient(fit)
    assert end_unseen(FREQ[fast], Z, fit)
    assert found.identifiable and found.interval[0] < 3.0 / np.sqrt(2e6) < found.interval[1]
    assert diffusivity_of_warburg(fit, 2e4, 298.15).identifiable


def test_an_end_that_is_seen():
    Z = noisy(randles(OMEGA, **ARC, **DIFFUSION))
    assert not end_unseen(FREQ, Z, fit_named("randles", FREQ, Z))


def test_diffusivities():
    D, length, c, T = 3e-14, 5e-6, 2e4, 300.0
    A = R * T / (np.sqrt(2) * F**2 * c * np.sqrt(D))  # ohm m2 s-1/2
    true = ARC | {"R_w": A * np.sqrt(2 * length**2 / D), "t_w": length**2 / D}
    fit = fit_named(
        "randles",
        np.geomspace(1e-5, 1e5, 81),
        noisy(randles(2 * np.pi * np.geomspace(1e-5, 1e5, 81), **true), 1e-5),
    )
    assert diffusivity_over(fit, length).value == pytest.approx(D, rel=1e-2)
    assert diffusivity_of_warburg(fit, c, T).value == pytest.approx(D, rel=1e-2)
    bare = fit_named("warburg", FREQ, CIRCUITS["warburg"](OMEGA, **ARC, A=A))
    assert diffusivity_of_warburg(bare, c, T).value == pytest.approx(D, rel=1e-4)


@pytest.mark.parametrize(
    "what", [lambda fit: diffusivity_over(fit, 1.0), lambda fit: diffusivity_of_warburg(fit, 1, 1)]
)
def test_a_line_has_no_diffusivity(what):
    fit = fit_named("line", FREQ, symmetric_cell(OMEGA, 2e-3, 0.05, 20.0, 0.93))
    assert warburg_coefficient(fit) is None
    with pytest.raises(InputError, match="expected a circuit with a"):
        what(fit)


def test_what_is_combined_with_a_held_parameter_has_its_interval():
    fit = fit_named("randles", FREQ, noisy(randles(OMEGA, **ARC, **DIFFUSION)), {"t_w": 100.0})
    found = combined(fit, {"R_w": 2.0, "t_w": -1.0}, 3.0)
    low, high = fit.interval("R_w")
    assert found.interval == pytest.approx((3 * low**2 / 100, 3 * high**2 / 100))


@pytest.mark.parametrize(
    ("name", "unit", "said"),
    [
        ("R_s", "ohm", "ohm"),
        ("Q", "ohm", "s^n 1/ohm"),
        ("Q", "ohm m2", "s^n 1/(ohm m2)"),
        ("A", "ohm m2", "ohm m2 s^-1/2"),
        ("t_w", "ohm", "s"),
        ("n", "ohm", ""),
    ],
)
def test_units(name, unit, said):
    assert unit_of_parameter(name, unit) == said
