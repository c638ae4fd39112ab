"""Spheres and cylinders in square arrays, and checkerboards, conduct as series expansions and duality say.

Spheres: multipole series to l = 45, matrix 1 (Rayleigh 1892, McPhedran & McKenzie 1978); 64^3 images:
finite-volume answers by conjugate gradients to 1e-10 in another code. Cylinders: Perrins, McKenzie &
McPhedran 1979. Checkerboards: Keller 1964, Dykhne 1971; on voxels the corners leave an error that falls
slowly (2.18362 at one voxel a tile). A voxel image differs from the sphere it stands for: 7 % at 16 voxels a
period, falling with the voxel (first order).
"""

import numpy as np

from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tensor import conductivity_tensor
from microsim.transport.tortuosity import solve_tortuosity


def checks(data):
    yield from _spheres()
    yield from _cylinders()
    yield from _checkerboards()


def _ball(n, f, dimensions=3):
    centres = np.arange(n) + 0.5 - n / 2
    squares = sum(np.square(c) for c in np.ix_(*[centres] * dimensions))
    radius = (3 * f / 4 / np.pi) ** (1 / 3) * n if dimensions == 3 else np.sqrt(f / np.pi) * n
    inside = (squares < radius**2).astype(np.uint8)
    return VoxelGrid(inside if dimensions == 3 else inside[:, :, None], ("matrix", "ball"), 1e-6)


def _sigma(grid, conducting, tolerance=1e-7):
    return solve_tortuosity(grid, conducting, 0, tolerance=tolerance).D_eff_over_D0


def _spheres():
    for f, image in ((0.3, 0.598362400), (0.5, 0.366231501)):
        grid = _ball(64, f)
        yield Check(
            f"insulating spheres, f = {f}, this 64^3 image",
            _sigma(grid, {"matrix": 1.0}),
            image,
            1e-6,
            source="finite volumes, another code",
        )
        D = conductivity_tensor(grid, {"matrix": 1.0}, tolerance=1e-7).D_eff_over_D0
        yield Check(f"the same, xx of the periodic tensor, f = {f}", D[0, 0], image, 1e-6)
    for f, inside, exact in (
        (0.3, 0.0, 0.605661),
        (0.5, 0.0, 0.373735),
        (0.3, 10.0, 1.887740),
        (0.5, 10.0, 3.144558),
        (0.2, 10.0, 1.531724),
        (0.4, 0.0, 0.490110),
    ):
        sizes = (32, 64, 128)
        values = [_sigma(_ball(n, f), {"matrix": 1.0, "ball": inside}, 1e-6) for n in sizes]
        yield Check(
            f"spheres of {inside:g}, f = {f}, 128 voxels", values[-1], exact, 0.015, source="multipole series"
        )
        if inside == 0:
            order = -np.polyfit(np.log(sizes), np.log(np.abs(np.array(values) - exact)), 1)[0]
            yield Check(f"order of convergence, insulating, f = {f}", order, 1.0, 0.45, "absolute")


def _cylinders():
    exact = {0.3: 0.53757998, 0.5: 0.32465447, 0.7: 0.13454044}
    for f, value in exact.items():
        sizes = (64, 128, 256, 512)
        found = [_sigma(_ball(n, f, 2), {"matrix": 1.0}, 1e-6) for n in sizes]
        yield Check(
            f"insulating cylinders, f = {f}, 512 voxels", found[-1], value, 0.01, source="Perrins et al. 1979"
        )
        order = -np.polyfit(np.log(sizes), np.log(np.abs(np.array(found) - value)), 1)[0]
        yield Check(f"order of convergence, cylinders, f = {f}", order, 1.0, 0.45, "absolute")
    yield Check(
        "cylinders of 10, f = 0.5, 512 voxels",
        _sigma(_ball(512, 0.5, 2), {"matrix": 1.0, "ball": 10.0}, 1e-6),
        2.4154674,
        0.005,
        source="Perrins et al. 1979",
    )
    grid = _ball(128, 0.4, 2)
    there, back = (_sigma(grid, {"matrix": a, "ball": b}, 1e-8) for a, b in ((1.0, 10.0), (10.0, 1.0)))
    yield Check(
        "Keller: sigma(1, 10) sigma(10, 1) of one image, over 10",
        there * back / 10,
        1.0,
        0.02,
        source="Keller 1964",
    )


def _checkerboards():
    table = {
        1: 2.18362,
        2: 2.53043,
        4: 2.77523,
        8: 2.93052,
        16: 3.02515,
        32: 3.08167,
        64: 3.11508,
        128: 3.13471,
    }
    for n, value in table.items():
        tile = (np.indices((2 * n, 2 * n)) // n).sum(axis=0) % 2
        grid = VoxelGrid(tile[:, :, None].astype(np.uint8), ("poor", "good"), 1e-6)
        yield Check(
            f"checkerboard of 1 and 10, {n} voxels a tile",
            _sigma(grid, {"poor": 1.0, "good": 10.0}),
            value,
            5e-6,
            source="finite volumes; exact sqrt(10)",
        )
