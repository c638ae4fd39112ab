"""Laminates conduct as their layers in parallel or in series, exactly: sum f s and 1 / sum(f / s)."""

import numpy as np

from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tortuosity import solve_tortuosity


def checks(data):
    phase = np.zeros((16, 12, 10), np.uint8)
    phase[8:] = 1
    grid = VoxelGrid(phase, ("poor", "good"), 1e-6, (0, 1))
    for axis, exact, name in ((0, 2 / (1 / 1 + 1 / 10), "in series"), (1, 5.5, "in parallel")):
        result = solve_tortuosity(grid, {"poor": 1.0, "good": 10.0}, axis, tolerance=1e-8)
        yield Check(f"layers of 1 and 10 {name}", result.D_eff_over_D0, exact, 1e-10, source="closed form")
