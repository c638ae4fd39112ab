"""The half cell's equations, cell by cell: what the sums of its residual must be, and its linearisation."""

import numpy as np
import pytest

from microsim.cell.kinetics import Sides
from microsim.cell.step import StepProblem
from microsim.numerics.bdf import bdf

from ..cells import ACTIVE, half_cell, image
from ..references import F, R, chen_i0, chen_U, nyman_D, nyman_kappa, xu_i0
from ..references import face_current as bisected
from .rough import BLOCKS, CURRENT, random_state, residual, rough_step


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_charge_salt_and_lithium_leave_nowhere(seed):
    """Sums of the residual hold for any state: fluxes cancel between cells, faces give what they take.

    Salt: F d(salt)/dt = sum R_salt - (1 - t_plus) sum R_ionic; lithium: F d(lithium)/dt = sum R_lithium
    - (sum R_electronic - collector), collector = R_V + I; charge: sum R_ionic + sum R_electronic = collector
    - lithium metal.
    """
    cell = half_cell(image((9, 6, 7), seed), film=0.002)
    x, step = random_state(cell, seed), rough_step(cell, 10.0)
    at = cell.solve(x, step, cell.at_rest(x).interfaces)
    parts = cell.unknowns.rows(cell.residual(at))
    psi, phi, V, sto, c_e = (part.sum() for part in parts)
    scale = max(np.abs(part).sum() for part in parts)
    u, dt, I, alpha = at.u, step.formula.dt, CURRENT * cell.mesh.area, step.formula.alpha
    past_sto, past_c_e = map(step.formula.past, (step.earlier.sto, step.earlier.c_e))
    salt = F * np.sum(cell.mesh.eps * cell.mesh.ionic.volumes() * (alpha * u.c_e + past_c_e)) / dt
    assert c_e - (1 - cell.electrolyte.t_plus) * psi == pytest.approx(salt, abs=1e-11 * scale)
    lithium = F * 63104.0 * np.sum(cell.mesh.solid.volumes() * (alpha * u.sto + past_sto)) / dt
    assert sto - (phi - (V + I)) == pytest.approx(lithium, abs=1e-11 * scale)
    metal = cell.counter_area @ at.counter.j
    assert psi + phi == pytest.approx(V + I - metal, abs=1e-11 * scale)


def test_slopes_of_a_point_near_by_start_the_kinetics(monkeypatch):
    """The same currents from a better start: for 1e-6 of every unknown one look at each face is enough."""
    cell, looks, mismatch = half_cell(image((9, 6, 7), 1), film=0.002), [], Sides.mismatch
    step, x = rough_step(cell, 10.0), random_state(cell, 1)
    at = cell.solve(x, step, cell.at_rest(x).interfaces)
    u = at.u
    moved = x + 1e-6 * cell.vector(psi=u.psi[::-1], phi=u.phi[::-1], V=1.0, sto=u.sto[::-1], c_e=u.c_e[::-1])
    monkeypatch.setattr(Sides, "mismatch", lambda *a: looks.append(1) or mismatch(*a))
    counted = []
    for near in (None, at):
        found = cell.solve(moved, step, cell.at_rest(x).interfaces, near=near)
        counted.append((found.faces.j, found.counter.j, len(looks)))
    np.testing.assert_allclose(counted[0][0], counted[1][0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(counted[0][1], counted[1][1], rtol=1e-12, atol=1e-12)
    assert counted[1][2] - counted[0][2] == 2 < counted[0][2]  # the electrode's faces, and the metal's


def test_residual_of_every_cell_by_hand():
    """The five balances written out cell by cell, on a small image with pore, active material and CBD."""
    cell = half_cell(image((4, 3, 4), 4), (0.5e-6, 0.4e-6, 0.3e-6), film=0.005)
    x, step = random_state(cell, 4), rough_step(cell, 10.0)
    ours = cell.unknowns.rows(residual(cell, step, x))
    by_hand = residual_by_hand(cell, step, cell.state(x))
    for name, a, b in zip(BLOCKS, ours, by_hand):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9 * np.abs(b).max(), err_msg=name)


def outflow(graph, conductivity, u):
    """sum over neighbours of (u_i - u_j) x area / (d_i / (2 k_i) + d_j / (2 k_j)), link by link."""
    at = {tuple(p): i for i, p in enumerate(graph.position.tolist())}
    size = [np.array([w[k] for k, w in zip(p, graph.widths)]) for p in graph.position]
    out = np.zeros(graph.n)
    for p, i in at.items():
        for axis in range(3):
            j = at.get(tuple(c + (a == axis) for a, c in enumerate(p)))
            if j is not None:
                area = np.prod(np.delete(size[i], axis))
                flow = (
                    area
                    * (u[i] - u[j])
                    / (size[i][axis] / 2 / conductivity[i] + size[j][axis] / 2 / conductivity[j])
                )
                out[i] += flow
                out[j] -= flow
    return out


def residual_by_hand(cell, step, u):
    mesh, f, T, t_plus = cell.mesh, cell.mesh.faces, 298.15, 0.2594
    factor = 2 * R * T / F * (1 - t_plus)
    kappa, D_e = mesh.beta * nyman_kappa(u.c_e), mesh.beta * nyman_D(u.c_e)
    j = np.array(
        [
            bisected(
                u.V[0] + u.phi[s],
                u.psi[e],
                u.sto[m],
                u.c_e[e],
                0.005 + share * (half_e / kappa[e] + half_s / mesh.sigma[s]),
                -share * half_s / (F * 63104.0 * 4e-15),
                share * (1 - t_plus) * half_e / (F * D_e[e]),
                chen_U,
                chen_i0,
                0.5,
                0.5,
                factor,
                1000.0,
                T,
            )
            for e, m, s, share, half_s, half_e in zip(
                f.ionic, f.solid, f.electronic, f.share, f.half_solid, f.half_ionic
            )
        ]
    )
    half = mesh.ionic.widths[0][0] / 2
    metal = np.array(
        [
            bisected(
                0.0,
                u.psi[e],
                0.5,
                u.c_e[e],
                half / kappa[e],
                0.0,
                (1 - t_plus) * half / (F * D_e[e]),
                lambda x: 0.0,
                lambda c, x: xu_i0(c),
                0.5,
                0.5,
                factor,
                1000.0,
                T,
            )
            for e in mesh.counter
        ]
    )
    y_z = mesh.voxel_size[1] * mesh.voxel_size[2]
    sources = np.bincount(f.ionic, f.area * j, mesh.ionic.n)
    sources[mesh.counter] += y_z * metal
    collector = np.zeros(mesh.electronic.n)
    collector[mesh.collector] = (
        y_z * mesh.sigma[mesh.collector] / (mesh.voxel_size[0] / 2) * u.phi[mesh.collector]
    )
    rate = [
        (step.formula.alpha * v + step.formula.past(earlier)) / step.formula.dt
        for v, earlier in ((u.sto, step.earlier.sto), (u.c_e, step.earlier.c_e))
    ]
    return (
        outflow(mesh.ionic, kappa, u.psi) - sources,
        outflow(mesh.electronic, mesh.sigma, u.phi)
        + np.bincount(f.electronic, f.area * j, mesh.electronic.n)
        + collector,
        [collector.sum() - CURRENT * mesh.area],
        F
        * 63104.0
        * (mesh.solid.volumes() * rate[0] + outflow(mesh.solid.resolved, np.full(mesh.solid.n, 4e-15), u.sto))
        + np.bincount(f.solid, f.area * j, mesh.solid.n),
        F * (mesh.eps * mesh.ionic.volumes() * rate[1] + outflow(mesh.ionic, D_e, u.c_e))
        - (1 - t_plus) * sources,
    )


def test_rest_is_a_solution():
    """Uniform fields at U(sto) with no current: every balance holds."""
    cell = half_cell(image((8, 6, 6), 2), film=0.01)
    x = cell.vector(psi=-cell.W(1000.0), V=float(ACTIVE.U(0.5)), sto=0.5, c_e=1000.0)
    problem = StepProblem(cell, cell.step(bdf(10.0, []), [x], 0.0), cell.at_rest(x).interfaces)
    R_ = problem.residual(x)
    one_C = F * 63104.0 * 0.64 * cell.mesh.solid.volumes().sum() / 3600
    assert problem.size(R_) * cell.mesh.area < 1e-8 * one_C
