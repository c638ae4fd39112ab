"""TauFactor's example electrode has the tau that its notebooks show; iterations do not grow with the size.

tldr-group/taufactor, docs/notebooks/01-tortuosity.ipynb: 2.07716 at its tighter criterion (conv_crit 1e-3).
"""

import numpy as np

from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.volume import read_voxels


def checks(data):
    if data is None:
        raise Skip("needs the data set taufactor_electrode; set MICROSIM_DATA")
    pores = (read_voxels("taufactor_electrode").values == 0).astype(np.uint8)
    iterations = {}
    for n in (64, 128, 256):
        grid = VoxelGrid(np.ascontiguousarray(pores[:n, :n, :n]), ("solid", "pore"), 1e-6)
        result = solve_tortuosity(grid, {"pore": 1.0}, 0)
        iterations[n] = result.iterations
    yield Check("tau of the pores along x, 256^3", result.tau, 2.0772, 1e-3, source="taufactor notebook 01")
    yield Check(
        "iterations at 256^3 over those at 64^3", iterations[256] / iterations[64], 1.5, kind="at most"
    )
