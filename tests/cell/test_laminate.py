"""Sheets of active material and pore side by side along x: what Newman's porous electrode describes exactly.

The separator conducts so well (transport efficiency 20) that salt and current spread freely in front of the
sheets; with a real one their way into the pore sheets, about a fifth of the period, would count. A film of
1e6 ohm m2 keeps the front edges of the active sheets, which the one-dimensional model lacks, from reacting.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from microsim.cell.load import Load

from ..cells import ACTIVE, fields, half_cell, run
from ..references import Coefficients, F, PorousCell, R, chen_i0, newman_tobias, nyman_kappa, xu_i0

L, PERIOD, ACTIVE_SHARE = 70e-6, 3e-6, 2 / 3  # half a period: 2 um of active material beside 1 um of pore
HALF_SHEET, PORE_SHARE = ACTIVE_SHARE * PERIOD, 1 - ACTIVE_SHARE
SEPARATOR = (25e-6, 0.47, 20.0)


def laminate(n, R_film=0.0, nz=1, **more):
    """10 n voxels along x, 3 n across."""
    labels = np.zeros((10 * n, 3 * n, nz), int)
    labels[:, : 2 * n] = 1
    voxel_size = (L / (10 * n), PERIOD / (3 * n), PERIOD / (3 * n))

    def film(faces):
        return np.where(faces.position[:, 0] == 0, 1e6, R_film)

    return half_cell(labels, voxel_size, film, separator=SEPARATOR, **more)


def depths(n):
    return (np.arange(10 * n) + 0.5) * L / (10 * n)


def test_area_of_flat_walls_is_not_corrected():
    for labels in (
        np.repeat([[1, 1, 0, 0, 1, 1, 1, 0, 0]], 8, axis=0)[:, :, None],
        np.repeat([0, 0, 1, 1, 1], 3)[:, None, None],
    ):
        faces = half_cell(labels.repeat(3, axis=2)).mesh.faces
        assert faces.share.size > 0 and np.all(faces.share == 1)
        assert faces.area == pytest.approx(0.16e-12, rel=1e-12, abs=0)


# -- t = 0+, small current: linear kinetics, everything still as it was ----------------------------


@pytest.mark.parametrize("R_film", [0.0, 0.02])
@pytest.mark.parametrize("sigma", [0.18, 0.05, 10.0])
def test_first_moment_is_newman_and_tobias(R_film, sigma):
    n, i = 5, 1.0
    swift = replace(
        ACTIVE, sigma=sigma, D_s=lambda x, T: 1e-11 + 0 * x
    )  # no gradient between cell centre and face
    cell = laminate(n, R_film, active=swift)
    first = run(cell, [Load("pulse", i * cell.mesh.area, duration=1e-3)]).seen[0]
    assert first.t == 0
    thermal = R * 298.15 / F
    kappa, sigma_eff = nyman_kappa(1000.0) * PORE_SHARE, sigma * ACTIVE_SHARE
    # middle of the sheets to the wall: a third of their resistance across, up to 0.2 % of the kinetics'
    across = HALF_SHEET / (3 * sigma) + PORE_SHARE * PERIOD / (3 * nyman_kappa(1000.0))
    a_over_z = 1 / PERIOD / (thermal / chen_i0(1000.0, 0.27) + R_film + across)
    shape, resistance = newman_tobias(depths(n) / L, L, kappa, sigma_eff, a_over_z)

    wall = cell.mesh.faces.position[:, 0] > 0
    order = np.argsort(cell.mesh.faces.position[wall, 0])
    j = first.j[wall][order]
    np.testing.assert_allclose(j / j.mean(), shape, rtol=1e-3)
    assert np.abs(first.j[~wall]).max() < 1e-3 * np.abs(j).min()

    elsewhere = thermal / xu_i0(1000.0) + SEPARATOR[0] / (SEPARATOR[2] * nyman_kappa(1000.0))
    assert (ACTIVE.U(0.27) - first.V) / i == pytest.approx(resistance + elsewhere, rel=1e-3)


# -- whole discharges: 1C, salt depleted by a fifth, kinetics and U far from linear ----------------

CURRENT = 50.0  # A m-2; 1C is 50.3


@cache
def newman(R_film=0.0, efficiency=1.0):
    cell = PorousCell(
        SEPARATOR,
        (L, PORE_SHARE, PORE_SHARE * efficiency),
        1 / PERIOD,
        HALF_SHEET,
        ACTIVE.sigma * ACTIVE_SHARE,
        CURRENT,
        Coefficients(),
        R_film,
    )
    return cell, cell.solve(3.5, 7200.0)


@cache
def discharge(n, R_film=0.0, efficiency=1.0, step=1e-5):
    cell = laminate(n, R_film, pore_transport_efficiency=efficiency)
    ran = run(cell, [Load("discharge", CURRENT * cell.mesh.area, until_voltage=3.5)], step=step)
    return cell, ran


@pytest.mark.parametrize("R_film, efficiency", [(0.0, 1.0), (0.02, 1.0), (0.0, 0.6)])
def test_discharge_is_newmans(R_film, efficiency):
    n = 8
    reference, solution = newman(R_film, efficiency)
    cell, ran = discharge(n, R_film, efficiency)
    end = solution.t_events[0][0]
    assert ran.record.steps[0]["time_s"] == pytest.approx(end, rel=5e-4)
    checked = [s for s in ran.seen if 200 < s.t < 0.998 * end]
    assert len(checked) > 20
    for state in checked:
        assert state.V == pytest.approx(reference.voltage(state.t, solution.sol(state.t)), abs=5e-4)
    for state in [s for s in checked if s.t > 500][::5]:
        y = solution.sol(state.t)
        sto, c_e = (np.nanmean(field, axis=(1, 2)) for field in fields(cell, state.x))
        exact = reference.c_e_at(y, depths(n))
        assert np.ptp(exact) > 150
        np.testing.assert_allclose(c_e, exact, rtol=0, atol=1e-3 * np.ptp(exact))
        exact = reference.mean_sto_at(y, depths(n))
        assert np.sqrt(np.mean((sto - exact) ** 2)) < 1e-3 * np.ptp(exact)


def test_discharge_converges_to_newmans():
    """The error falls by 4 with the voxel; extrapolation leaves less than 0.1 mV and 0.01 % of the time."""
    reference, solution = newman()
    errors, ends = [], []
    for n in (2, 4):
        ran = discharge(n, step=2e-5)[1]
        t, V = (np.array([getattr(s, name) for s in ran.seen]) for name in "tV")
        times = np.array([600.0, 1200.0, 1800.0, 2400.0, 3000.0])
        exact = np.array([reference.voltage(k, solution.sol(k)) for k in times])
        errors.append(np.interp(times, t, V - [reference.voltage(k, solution.sol(k)) for k in t]))
        ends.append(ran.record.steps[0]["time_s"])
        assert exact.min() > 3.5
    ratio = np.divide(*errors)
    assert np.all(ratio > 3.3) and np.all(ratio < 4.8), ratio
    assert np.abs((4 * errors[1] - errors[0]) / 3).max() < 1e-4
    assert (4 * ends[1] - ends[0]) / 3 == pytest.approx(solution.t_events[0][0], rel=1e-4)


def test_a_third_dimension_that_repeats_changes_nothing():
    V = [
        run(
            laminate(2, nz=nz),
            [Load("d", CURRENT * PERIOD * PERIOD / 6 * nz, duration=100.0)],
            step=1e9,
            first_step=10.0,
            max_step=10.0,
        )
        .seen[-1]
        .V
        for nz in (1, 3)
    ]
    assert V[0] == pytest.approx(V[1], abs=1e-6)


def test_default_tolerances_keep_the_discharge():
    """As a user runs it, against a run with a hundredth of the local error: 0.6 mV, 5e-4 of lithiation in
    every cell, 0.1 % of c_e."""
    states = []
    for step in (5e-4, 5e-6):
        cell = laminate(2)
        ran = run(cell, [Load("d", CURRENT * cell.mesh.area, until_voltage=3.5)], step=step)
        seen = [s for s in ran.seen if s.t > 100]
        u = [cell.state(s.x) for s in seen]
        columns = np.array(
            [[s.V for s in seen], *(np.array([v.sto for v in u]).T), *(np.array([v.c_e for v in u]).T)]
        )
        states.append((np.array([s.t for s in seen]), columns, cell.mesh.solid.n))
    (t, loose, n), (fine_t, fine, _) = states
    assert t[-1] == pytest.approx(fine_t[-1], rel=1e-4)
    off = np.array([line - np.interp(t, fine_t, exact) for line, exact in zip(loose, fine)])[
        :, t < fine_t[-1]
    ]
    assert np.abs(off[0]).max() < 6e-4
    assert np.abs(off[1 : n + 1]).max() < 5e-4
    assert np.abs(off[n + 1 :]).max() < 1.0
