"""Many particles under one potential: closed forms, another integrator, the half cell, lithium kept."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from microsim import materials
from microsim.base.constants import F, R
from microsim.case.build import cell_design, read_grid, set_up
from microsim.case.case import load_case, parse_case
from microsim.cell.load import Load
from microsim.cell.many_particles import ManyParticles
from microsim.cell.spheres import shell_edges
from microsim.mesh.grid import VoxelGrid

T = 298.15
MATERIAL = replace(materials.load("NMC811_Chen2020"), sto_window=(0.05, 0.98))


def constant(D=5e-15, i0=None):
    """A material whose D_s is the same everywhere."""
    changed = replace(MATERIAL, D_s=lambda sto, T: D + 0 * sto)
    return changed if i0 is None else replace(changed, i0=i0)


def test_the_surface_lags_by_j_R_over_5_D():
    """After the transient the surface of a sphere is j R / (5 D) below its mean. Source: Crank, Mathematics
    of Diffusion, eq. 6.45."""
    R_k, rate = 5e-6, -1 / 7200
    one = ManyParticles(constant(), np.array([R_k]), np.array([1.0]), T, 40)
    _, V, sto = one.run(0.9, np.array([0.0, 3600.0]), np.full(2, rate), tolerance=1e-7)
    lag = -rate * R_k / 3 * R_k / (5 * 5e-15)
    x = sto[0, -1] - lag
    i = -rate * R_k / 3 * F * MATERIAL.c_s_max
    expected = MATERIAL.U(x) + 2 * R * T / F * np.arcsinh(i / (2 * MATERIAL.i0(1000.0, x, T)))
    assert sto[0, -1] == pytest.approx(0.9 - 0.5, abs=1e-6)
    assert V[-1] == pytest.approx(float(expected), abs=2e-4)


def step(c_e, sto, T):
    """Exchange current that rises a thousandfold where a tenth of the lithium is out (A m-2)."""
    return 10 ** (-3 * (1 + np.tanh((sto - 0.9) / 0.03)) / 2)


def test_without_gradients_it_is_one_equation_a_particle():
    """D_s so large that each particle is even: another integrator, V by bisection of the sum of currents."""
    radii, volumes = np.array([2e-6, 3e-6, 5e-6]), np.array([1.0, 2.0, 2.0])
    areas, c_max = 3 * volumes / volumes.sum() / radii, MATERIAL.c_s_max
    rate, t = -1 / 36000, np.array([0.0, 20000.0])

    def currents(V, x):
        return 2 * step(1000, x, T) * np.sinh(F * (V - MATERIAL.U(x)) / (2 * R * T))

    def change(_, x):
        V = brentq(lambda V: areas @ currents(V, x) + rate * F * c_max, 2, 6, xtol=1e-14)
        return -3 * currents(V, x) / (radii * F * c_max)

    other = solve_ivp(change, t, np.full(3, 0.97), "Radau", rtol=1e-9, atol=1e-11, dense_output=True)
    many = ManyParticles(constant(1e-9, step), radii, volumes, T, 6)
    times, _, sto = many.run(0.97, t, np.full(2, rate), tolerance=1e-7)
    expected = other.sol(times)
    assert np.ptp(expected, axis=0).max() > 0.25  # one after another
    np.testing.assert_allclose(sto, expected, atol=2e-4)


def test_lithium_is_that_of_the_current_and_of_a_jump():
    many = ManyParticles(MATERIAL, np.array([1e-6, 4e-6]), np.array([1.0, 3.0]), T, 12)
    t, rate = np.array([0.0, 600.0, 600.0, 1200.0, 2400.0]), np.array([0.0, -2e-4, 1e-4, 1e-4, 0.0])
    times, V, sto = many.run(0.6, t, rate, tolerance=1e-7)
    passed = np.concatenate([[0], np.cumsum(np.diff(t) * (rate[1:] + rate[:-1]) / 2)])
    at = np.searchsorted(times, t)
    np.testing.assert_allclose((many.share @ sto)[at], 0.6 + passed, atol=1e-6)
    assert (np.diff(times) > 0).all() and np.isfinite(V).all()


def test_what_depends_on_what_is_all_that_does():
    """Slopes by differences are zero wherever the pattern says so."""
    many = ManyParticles(constant(1e-14, step), np.array([1e-6, 2e-6, 4e-6]), np.array([1.0, 2, 3]), T, 6)
    sto = 0.85 + 0.1 * np.random.default_rng(0).random((3, 6))
    base, depends = many.change(sto, -1e-4).ravel(), many._depends().toarray().astype(bool)
    for k in range(18):
        moved = sto.copy().ravel()
        moved[k] += 1e-6
        changes = np.abs(many.change(moved.reshape(3, 6), -1e-4).ravel() - base) > 1e-13
        assert (changes <= depends[:, k]).all() and changes[k]
    assert depends.sum() < 18 * 8


def test_it_is_the_half_cell_with_particles_of_two_radii():
    """The product's own cell, with electrolyte and lithium in excess, as two phases beside each other."""
    raw = load_case("cases/dfn_chen2020.yaml").as_dict()
    porous = {"base": "Chen2020_cathode", "sigma_S_m": 100.0}
    raw["cell"] |= {"counter_electrode": "ideal", "initial_sto": 0.8, "shells": 40}
    raw["cell"]["separator"] = {"thickness_um": 1.0, "porosity": 1.0}
    raw["cell"]["materials"] = {"cathode": porous, "electrolyte": "LiPF6_EC_EMC_3_7"}
    raw["volume"] = {"slab": {"phase": "cathode", "thickness_um": 5.0, "cells": 2}}
    raw |= {"protocol": ["Rest for 1 minute"], "numerics": {"time_tolerance": 1e-4}}
    case = parse_case(raw)
    porous = case.load_materials()["cathode"]
    grid = VoxelGrid(np.array([0, 1], np.uint8).reshape(1, 2, 1), ("a", "b"), (5e-6,) * 3, (0, 1))
    radii, fractions = np.array([1.5e-6, 6e-6]), np.array([0.2, 0.5])
    phases = {k: replace(porous, radius=r, active_fraction=f) for k, r, f in zip("ab", radii, fractions)}
    design = replace(cell_design(case, read_grid(case)[1]), phases=phases)
    setup = set_up(case, grid, design)
    experiment, seconds, rate = setup.experiment(), 3000.0, -0.3 / 3600
    experiment.run([Load("charge", current=rate * setup.cell.capacity.sum(), duration=seconds)])
    shells = setup.cell.mesh.solid.split(setup.cell.state(experiment.x).sto)[1]
    many = ManyParticles(porous.active, radii, fractions, T, 40)
    _, V, sto = many.run(0.8, np.array([0.0, seconds]), np.full(2, rate))
    np.testing.assert_allclose(sto[:, -1], shells @ np.diff(shell_edges(40) ** 3), atol=3e-4)
    assert V[-1] == pytest.approx(setup.cell.state(experiment.x).V, abs=5e-4)
