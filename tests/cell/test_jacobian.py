"""The linearised balances against differences of the residual."""

from dataclasses import replace

import numpy as np
import pytest

from ..cells import ACTIVE, ELECTROLYTE, half_cell, image
from ..references import F
from .rough import BLOCKS, FROZEN, SMALL, VARYING, random_state, residual, rough_step


def mismatch(cell, step, x, block, balances=BLOCKS):
    """Largest relative difference, over the balances, between J v and the residual's central difference."""
    rng, v = np.random.default_rng(9), np.zeros(x.size)
    part = cell.unknowns.place(block)
    v[part] = SMALL[block] * rng.standard_normal(v[part].size)
    h = 1e-3 if block in ("sto", "c_e") else 1e-2
    difference = (residual(cell, step, x + h * v) - residual(cell, step, x - h * v)) / (2 * h)
    product = cell.jacobian(cell.linearise(cell.solve(x, step, cell.at_rest(x).interfaces)))(v)
    pairs = zip(cell.unknowns.rows(difference), cell.unknowns.rows(product))
    largest = max(np.linalg.norm(part) for part in cell.unknowns.rows(difference))
    return max(
        np.linalg.norm(a - b) / max(np.linalg.norm(a), 1e-9 * largest)
        for name, (a, b) in zip(BLOCKS, pairs)
        if name in balances
    )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("dt", [1e-2, 10.0, 1000.0])
@pytest.mark.parametrize("block", BLOCKS)
def test_jacobian_is_the_slope_of_the_residual(seed, dt, block):
    cell = half_cell(image((8, 7, 6), seed), film=0.01, electrolyte=FROZEN)
    step = rough_step(cell, dt)
    assert mismatch(cell, step, random_state(cell, seed), block) < 1e-5


@pytest.mark.parametrize("dt", [1e-2, 1.0])
@pytest.mark.parametrize("block", BLOCKS)
def test_jacobian_with_a_double_layer(dt, block):
    cell = half_cell(image((8, 7, 6), 1), film=0.01, electrolyte=FROZEN)
    step = rough_step(cell, dt, C_dl=0.2)
    assert mismatch(cell, step, random_state(cell, 1), block) < 1e-5


@pytest.mark.parametrize(
    "electrolyte, active, block, at_most",
    [
        (ELECTROLYTE, ACTIVE, "c_e", 5e-3),
        (ELECTROLYTE, ACTIVE, "psi", 1e-5),
        (FROZEN, VARYING, "sto", 5e-2),
        (FROZEN, VARYING, "phi", 1e-5),
    ],
)
def test_jacobian_with_coefficients_that_vary(electrolyte, active, block, at_most):
    """It takes the drops beside the faces at the present coefficients; the links' slopes are all there."""
    cell = half_cell(image((8, 7, 6), 1), film=0.01, electrolyte=electrolyte, active=active)
    step = rough_step(cell, 10.0)
    assert mismatch(cell, step, random_state(cell, 1), block) < at_most


def test_jacobian_of_diffusion_in_the_solid_is_exact():
    """Behind a film that lets nothing through, with D_s(sto)."""
    cell = half_cell(image((8, 7, 6), 1), film=1e9, electrolyte=FROZEN, active=VARYING)
    step = rough_step(cell, 1e5)
    assert mismatch(cell, step, random_state(cell, 1), "sto", balances=["sto"]) < 1e-6


def test_the_precision_is_that_of_the_vector():
    """Single for GMRES's basis, double for residuals: the same product to single precision."""
    cell = half_cell(image((6, 5, 4), 1), film=0.01)
    x, step = random_state(cell, 1), rough_step(cell, 10.0)
    J = cell.jacobian(cell.linearise(cell.solve(x, step, cell.at_rest(x).interfaces)))
    v = np.random.default_rng(0).standard_normal(cell.unknowns.size)
    double, single = J(v), J(v.astype(np.float32))
    assert double.dtype == np.float64 and single.dtype == np.float32
    assert np.linalg.norm(double - single) < 1e-5 * np.linalg.norm(double)
    assert J(2 * v) == pytest.approx(2 * double, rel=1e-12, abs=1e-14 * np.abs(double).max())


@pytest.mark.parametrize("omega", [0.1, 100.0])
def test_a_complex_rate_stores_and_what_flows_is_real(omega):
    """At i omega only storage is out of phase: i omega x capacity, of lithium and of salt."""
    cell = half_cell(image((6, 5, 4), 1), film=0.01)
    x, step = random_state(cell, 1), rough_step(cell, 10.0)
    about = cell.linearise(cell.solve(x, step, cell.at_rest(x).interfaces))
    signal, still = (cell.jacobian(replace(about, rate=rate)) for rate in (1j * omega, 0j))
    v = np.random.default_rng(0).standard_normal(cell.unknowns.size).astype(complex)
    stored = cell.unknowns.rows(signal(v) - still(v))
    d = cell.unknowns.state(v)
    assert stored.lithium == pytest.approx(1j * omega * cell.capacity * d.sto, rel=1e-5, abs=0)
    assert stored.salt == pytest.approx(1j * omega * F * cell.salt_volume * d.c_e, rel=1e-5, abs=0)
    assert not np.any(stored.charge_e) and not np.any(stored.charge_s) and not np.any(stored.constraint)
    assert not np.any(still(v).imag)
