"""Blocks, pores, slits and graded columns have the impedance of their closed forms, of second order in the
voxel.

Finite-length Warburg elements, de Levie's pore, the slit with a double layer as a series of modes, and
columns of graded porosity, tau_e = 3 eps / L int (tau / eps) (Q / Q_0)^2 dx with Q(x) the capacitance behind
x (the low-frequency limit of the transmission line; tau_e of Nguyen et al., npj Comput. Mater. 6 (2020) 123).
TauFactor: its ImpedanceSolver (fb64548512) run here to a criterion of 1e-7; its unit tests stop at 1e-3.
"""

from itertools import pairwise

import numpy as np

from microsim.impedance.pores import electrode_tortuosity, solve_impedance
from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid

PLAIN = {"area_correction": False, "half_cells": False}
CHARGING = {"ends": "blocked", "walls": "double-layer"}


def checks(data):
    yield from _warburg()
    yield from _pore()
    yield from _slit()
    yield from _graded()
    yield from _taufactor()


def _run(labels, omega, conducting=None, names=("pore", "solid", "other"), **options):
    grid = VoxelGrid(np.asarray(labels).astype(np.uint8), names, 1e-6)
    return solve_impedance(
        grid, conducting or {"pore": 1.0}, 0, omega, relative=True, tolerance=1e-6, **options
    )


def _orders(errors):
    return [float(np.log2(a / b)) for a, b in pairwise(errors)]


def _warburg():
    omega = np.geomspace(1e-3, 100, 16)
    s = np.sqrt(1j * omega)
    for ends, exact in (("open", np.tanh(s) / s), ("blocked", 1 / np.tanh(s) / s)):
        errors = [
            np.max(np.abs(_run(np.zeros((n, 1, 1)), omega, ends=ends).Z_normalised / exact - 1))
            for n in (32, 64, 128, 256)
        ]
        yield Check(
            f"full block, {ends} end, 256 voxels: largest error up to 100 omega_c",
            errors[-1],
            3e-4,
            kind="at most",
        )
        for order in _orders(errors):
            yield Check(f"full block, {ends} end: order of convergence", order, 2.0, 0.05, "absolute")
    values = {
        "open": (0.88545081 - 0.28697787j, 0.21978196 - 0.22975838j),
        "blocked": (0.33123809 - 1.02201272j, 0.22727422 - 0.21740567j),
    }
    for ends, known in values.items():
        for omega, Z, exact in zip(
            (1, 10), _run(np.zeros((1000, 1, 1)), [1, 10], ends=ends).Z_normalised, known
        ):
            yield Check(
                f"{ends} end at {omega} omega_c, |Z - exact|",
                abs(Z - exact),
                3e-6,
                kind="at most",
                source="tanh(s)/s and coth(s)/s",
            )


def _pore():
    omega = 2 * np.pi * np.array([1e-3, 0.1, 1, 10])
    exact = (
        0.33333325 - 159.155083j,
        0.33250113 - 1.60545978j,
        0.27349914 - 0.26136776j,
        0.08920908 - 0.08920436j,
    )
    labels = np.ones((1000, 3, 1), int)
    labels[:, 1] = 0
    for w, Z, value in zip(omega, _run(labels, omega, **CHARGING, **PLAIN).Z_normalised / 3, exact):
        yield Check(
            f"narrow pore, R_ion = C = 1, omega = {w:.3g}: |Z / exact - 1|",
            abs(Z / value - 1),
            2e-4,
            kind="at most",
            source="coth(s)/s, de Levie 1963",
        )


def _slit():
    """Half of the box is a slit with L = 4 H; at 10 omega_c the potential varies across it.

    Where entrance and wall meet the flux has a logarithmic singularity: the error is h^2 log(1 / h).
    """
    H, n, wall = 0.25, np.arange(1, 80), 10j * 0.5 / 2
    k = np.concatenate([[np.sqrt(wall / H)], n * np.pi / H + wall / (n * np.pi)])
    for _ in range(60):  # k tan(k H) = i omega C / kappa
        f = k * np.sin(k * H) - wall * np.cos(k * H)
        k = k - f / (np.sin(k * H) + k * H * np.cos(k * H) + wall * H * np.sin(k * H))
    weight = np.sin(k * H) / k / (H / 2 + np.sin(2 * k * H) / (4 * k))
    exact = H / np.sum(weight * np.tanh(k) * np.sin(k * H)) / 0.5
    for half_cells, order in ((True, np.log2(4 * np.log(64) / np.log(128))), (False, 1.0)):
        errors = []
        for n in (16, 32, 64, 128):
            labels = np.ones((n, n, 1), int)
            labels[:, n // 4 : 3 * n // 4] = 0
            Z = _run(labels, [10.0], area_correction=False, half_cells=half_cells, **CHARGING).Z_normalised[0]
            errors.append(abs(Z / exact - 1))
        name = "half cells" if half_cells else "walls at voxel centres"
        yield Check(f"slit, {name}: order of convergence", _orders(errors)[-1], order, 0.1, "absolute")
        if half_cells:
            yield Check("slit, 128 voxels: error", errors[-1], 5e-4, kind="at most")


def _graded():
    n = 250
    x = (np.arange(n) + 0.5) / n
    step, linear = np.where(x < 0.5, 0.7, 0.3), 0.7 - 0.4 * x
    for name, eps, exact in (
        ("step .7 to .3", step, 0.8333333),
        ("step .3 to .7", step[::-1], 1.5476190),
        ("linear .7 to .3", linear, 0.8497689),
        ("linear .3 to .7", linear[::-1], 1.2931864),
    ):
        values = np.unique(eps)
        names = (*(f"p{i}" for i in range(len(values))), "solid")
        labels = np.full((n, 2, 1), len(values), np.uint8)
        labels[:, 0, 0] = np.searchsorted(values, eps)
        tau = electrode_tortuosity(
            VoxelGrid(labels, names, 1e-6), dict(zip(names, values)), 0, tolerance=1e-6, **PLAIN
        )
        yield Check(f"graded column, {name}: tau_e", tau, exact, 2e-5, source="integral of the docstring")
    for depth in (0.25, 0.5, 0.75):
        labels = np.ones((400, 3, 1), int)
        labels[: round(400 * depth), 1], labels[round(400 * depth) :, 1] = 0, 2
        tau = _run(labels, (), reactive=("solid",), **CHARGING, **PLAIN).tau
        yield Check(f"dead-end pore of depth {depth}: tau_e = p^2", tau, depth**2, 1e-4)


def _taufactor():
    for depth, converged, published in ((75, 0.5926494, 0.594), (100, 0.9869641, 0.986)):
        labels = np.ones((100, 100, 1), int)
        labels[:depth, 45:55] = 0
        result = _run(labels, [0.25], **CHARGING, **PLAIN)
        ladder = np.inf
        for _ in range(100):  # TauFactor's reference: each cell a resistance and then a capacitance
            ladder = 1 / result.eps + 1 / (0.25j * result.eps / 100**2 + 1 / ladder)
        tau = 100 * result.Z_normalised[0].real / ladder.real
        yield Check(
            f"TauFactor's strip of depth {depth}", tau, converged, 3e-5, source="its ImpedanceSolver to 1e-7"
        )
        yield Check(
            f"TauFactor's strip of depth {depth}, its unit test",
            tau,
            published,
            2.5e-3,
            source="stopped at 1e-3",
        )
