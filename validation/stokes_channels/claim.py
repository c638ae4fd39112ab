"""Stokes flow in channels: the values of the staggered scheme exactly, and round channels to first
order.

Slit h^2/12 (1 + 2/N^2); square ducts of N voxels k/a^2 .042968750, .037209903, .035670158, .035276482,
.035177368, of which the continuum's is .035144254; pipe R^2/8; equilateral triangle s^2/80 (Poiseuille;
Boussinesq). Straight: tau 1.
"""

import numpy as np

from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid
from microsim.transport.flow import solve_permeability

DUCTS = {4: 0.042968750, 8: 0.037209903, 16: 0.035670158, 32: 0.035276482, 64: 0.035177368}


def solve(pore, tolerance=1e-9, h=(1e-6,) * 3, **options):
    grid = VoxelGrid(np.asarray(pore).astype(np.uint8), ("solid", "pore"), h, relative=True)
    return solve_permeability(grid, "pore", 0, tolerance=tolerance, **options)


def checks(data):
    for n, exact in DUCTS.items():
        result = solve(np.ones((4, n, n)))
        yield Check(
            f"square duct of {n} voxels, k / a^2",
            result.permeability / (n * 1e-6) ** 2,
            exact,
            1.5e-8,
            source="discrete solution",
        )
        yield Check(f"square duct of {n} voxels, tau_flow", result.tau_flow, 1.0, 1e-9, source="straight")
    for n, h in ((1, 1.0), (3, 1.0), (16, 1.0), (16, 0.2), (16, 5.0)):
        pore = np.zeros((4, n + 2, 5))
        pore[:, 1:-1] = 1
        result = solve(pore, h=(1e-6, h * 1e-6, 1e-6), sides="symmetry")
        exact = (n * h * 1e-6) ** 2 / 12 * (1 + 2 / n**2) * n / (n + 2)
        yield Check(
            f"slit of {n} voxels, {h:g} times as thick as long",
            result.permeability,
            exact,
            1e-8 if h == 1 else 1e-7,
            source="discrete solution",
        )  # links of stretched voxels are float32
    c = np.arange(160) + 0.5 - 80
    y, z = c[:, None], c[None, :]
    for name, section, exact, area in (
        ("pipe, R = 32 voxels", y**2 + z**2 < 32**2, 32**2 / 8, np.pi * 32**2),
        (
            "triangle, side 128 voxels",
            (y > -64 / np.sqrt(3)) & (y + np.sqrt(3) * np.abs(z) < 128 / np.sqrt(3)),
            128**2 / 80,
            np.sqrt(3) / 4 * 128**2,
        ),
    ):
        k = solve(np.repeat(section[None], 3, axis=0)).permeability * 1e12 * 160**2
        yield Check(name, k / area, exact, 0.03, source="closed form")
