"""States of a half cell far from any solution, and the residual of a step from there."""

from dataclasses import replace

import numpy as np

from microsim.cell.kinetics import DoubleLayer
from microsim.numerics.bdf import bdf

from ..cells import ACTIVE, ELECTROLYTE

BLOCKS = ("psi", "phi", "V", "sto", "c_e")


SMALL = dict(zip(BLOCKS, (1e-4, 1e-5, 1e-3, 1e-3, 1.0)))  # random moves of each unknown


FROZEN = replace(ELECTROLYTE, kappa=lambda c, T: 0.9 + 0 * c, D_e=lambda c, T: 2e-10 + 0 * c)


VARYING = replace(ACTIVE, D_s=lambda x, T: 4e-15 * (1 + 2 * x * x))


CURRENT = 20.0  # A m-2


def random_state(cell, seed):
    """Far from any solution: every field is rough."""
    rng, mesh = np.random.default_rng(seed), cell.mesh
    return cell.vector(
        psi=-0.05 + 2e-3 * rng.standard_normal(mesh.ionic.n),
        phi=1e-4 * rng.standard_normal(mesh.electronic.n),
        V=4.1,
        sto=0.4 + 0.02 * rng.standard_normal(mesh.solid.n),
        c_e=1000 + 60 * rng.standard_normal(mesh.ionic.n),
    )


def rough_step(cell, dt, seed=5, C_dl=0.0):
    """A second-order step with rough pasts."""
    formula, rng, mesh = bdf(dt, [0.7 * dt]), np.random.default_rng(seed), cell.mesh
    sto = [0.39 + 0.01 * rng.standard_normal(mesh.solid.n) for _ in range(2)]
    c_e = [990 + 20 * rng.standard_normal(mesh.ionic.n) for _ in range(2)]
    v = [
        np.concatenate([4.0 + 0.01 * rng.standard_normal(mesh.faces.area.size), np.zeros(mesh.counter.size)])
        for _ in range(2)
    ]
    layer = DoubleLayer(C_dl * formula.alpha / dt, C_dl * formula.past(v) / dt) if C_dl else None
    states = [cell.vector(sto=a, c_e=b) for a, b in zip(sto, c_e)]
    return cell.step(formula, states, CURRENT * mesh.area, layer=layer)


def residual(cell, step, x):
    return cell.residual(cell.solve(x, step, cell.at_rest(x).interfaces))
