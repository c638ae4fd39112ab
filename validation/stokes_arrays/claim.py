"""Stokes flow in periodic arrays of spheres and cylinders, as voxels.

Spheres, simple cubic: k/a^2 = 2/(9 f K), K of Zick & Homsy, J. Fluid Mech. 115 (1982) 13, recomputed by the
method of fundamental solutions; flow tortuosities from the same. Cylinders, square array across the flow:
Sangani & Acrivos, Int. J. Multiphase Flow 8 (1982) 193, table 1. An eighth of a cell between mirror planes
stands for the array. Staircase walls make the error first order in the voxel: at most 5 % at 32 voxels a
diameter, 2 % at 64, 1.1 % at 128. With walls within voxels, 1 % at 32 from labels and 0.2 % from the exact
share of each voxel (8 samples along an edge), 1.5 % at 16; tubes within 0.4 / a^2, a in voxels.
"""

import numpy as np

from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.shares import with_shares
from microsim.transport.flow import solve_permeability

SPHERES = {
    0.125: (0.4142469, 1.0097),
    0.216: (0.1382441, 1.0118),
    0.343: (0.04207142, 1.0158),
    0.45: (0.0175825, 1.0199),
    np.pi / 6: (0.0100811, 1.0222),
}
CYLINDERS = {0.1: 24.83, 0.3: 102.90, 0.5: 532.55}  # force over viscosity and velocity, = side^2 / k


TUBES = ((2.3, (4.1, 4.6)), (4.3, (6.2, 6.9)), (6.1, (8.3, 8.1)))  # radius, centre in voxels


def solve(pore, share=None, **options):
    grid = VoxelGrid(pore.astype(np.uint8), ("solid", "pore"), 1.0, relative=True)
    grid = grid if share is None else with_shares(grid, {"pore": share})
    return solve_permeability(grid, "pore", 0, **{"sides": "symmetry", "tolerance": 1e-4, **options})


def sphere(f, voxels):
    """An eighth of the cell, and the radius in voxels."""
    n = 2 * round(voxels / (4 * (3 * f / 4 / np.pi) ** (1 / 3)))
    radius, c = (3 * f / 4 / np.pi) ** (1 / 3) * n, np.arange(n // 2) + 0.5
    return c[:, None, None] ** 2 + c[:, None] ** 2 + c**2 > radius**2, radius


def shares(inside, n, axes):
    """Share of each voxel, by 8 samples along an edge."""
    lines = np.meshgrid(*[(np.arange(8 * n) + 0.5) / 8] * axes, indexing="ij", sparse=True)
    blocks = inside(*lines).reshape((n, 8) * axes)
    return blocks.mean(axis=tuple(range(1, 2 * axes, 2)))


def within_voxels():
    """Arrays at 16 and 32 voxels a diameter and tubes, whose walls run through voxels."""
    for f, (exact, _) in SPHERES.items():
        for voxels, bands in {16: (0.035, 0.015), 32: (0.01, 0.002)}.items():
            pore, radius = sphere(f, voxels)
            share = shares(lambda x, y, z, r=radius: x**2 + y**2 + z**2 > r**2, len(pore), 3)
            for interface, band in zip(("smooth", "grey"), bands):
                result = solve(pore, share, interface=interface)
                yield Check(
                    f"spheres, fraction {f:.3f}, {voxels} voxels a diameter, walls within voxels, from "
                    f"{'labels' if interface == 'smooth' else 'shares'}, k / a^2",
                    result.permeability / radius**2,
                    exact,
                    band,
                    source="Zick & Homsy 1982",
                )
    for radius, (y0, z0) in TUBES:
        n = int(2 * radius + 8)
        share = shares(lambda y, z: (y - y0) ** 2 + (z - z0) ** 2 < radius**2, n, 2)  # noqa: B023
        share = np.repeat(share[None], 4, axis=0)
        result = solve(share > 0.5, share, interface="grey", sides="no-slip")
        yield Check(
            f"tube of radius {radius} voxels, walls within voxels, from shares, flux 8 / pi a^4",
            result.permeability * n**2 * 8 / np.pi / radius**4,
            1.0,
            0.4 / radius**2,
            source="Hagen and Poiseuille",
        )


def checks(data):
    yield from within_voxels()
    errors = {}
    for f, (exact, tau) in SPHERES.items():
        for voxels, band in {32: 0.05, 64: 0.02}.items():
            pore, radius = sphere(f, voxels)
            result = solve(pore)
            errors[f, voxels] = result.permeability / radius**2 / exact - 1
            yield Check(
                f"spheres, fraction {f:.3f}, {voxels} voxels a diameter, k / a^2",
                result.permeability / radius**2,
                exact,
                band,
                source="Zick & Homsy 1982",
            )
            if voxels >= 64:
                yield Check(
                    f"spheres, fraction {f:.3f}, {voxels} voxels, tau_flow",
                    result.tau_flow,
                    tau,
                    0.002,
                    "absolute",
                    "fundamental solutions",
                )
    order = np.mean([np.log2(errors[f, 32] / errors[f, 64]) for f in SPHERES])
    yield Check(
        "order of the error of spheres in the voxel size",
        float(order),
        1.2,
        0.4,
        "absolute",
        "staircase, and a throat that narrows with the voxel",
    )
    for f, drag in CYLINDERS.items():
        c = (np.arange(128) + 0.5) / 256
        result = solve((c[:, None] ** 2 + c**2 > f / np.pi)[:, :, None])
        yield Check(
            f"cylinders, fraction {f}, 256 voxels a cell, k / L^2",
            result.permeability / 256**2,
            1 / drag,
            0.02,
            source="Sangani & Acrivos 1982",
        )
    pore, _ = sphere(0.343, 32)
    whole = np.concatenate([pore[::-1], pore])
    whole = np.concatenate([whole[:, ::-1], whole], axis=1)
    whole = np.concatenate([whole[:, :, ::-1], whole], axis=2)
    ring = solve(whole, sides="periodic", ends="periodic", tolerance=1e-6)
    yield Check(
        "whole cell in a ring against an eighth between mirrors",
        ring.permeability,
        solve(pore, tolerance=1e-6).permeability,
        2e-6,
        source="symmetry",
    )
