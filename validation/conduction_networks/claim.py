"""Hard media take few iterations: Berea sandstone (20 % pores) and the CBD network of the NREL electrode (7 %
of it).

The CBD's tau along x is 206.468: conjugate gradients of SciPy in float64 to 1e-10 on the same equations.
"""

import numpy as np

from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.volume import read_voxels


def checks(data):
    if data is None:
        raise Skip("needs the data sets berea and nrel_nmc; set MICROSIM_DATA")
    berea = read_voxels("berea").values[:200, :200, :200] == 0
    result = _solve(berea)
    yield Check("iterations, pores of Berea, 200^3", result.iterations, 25, kind="at most")
    tight = _solve(berea, 1e-6)
    yield Check("tau of Berea at the default tolerance", result.tau, tight.tau, 1e-3, source="tolerance 1e-6")
    network = read_voxels("nrel_nmc", file_axes="xyz").values == 2
    result = _solve(network)
    yield Check("iterations, CBD of the NREL electrode", result.iterations, 60, kind="at most")
    yield Check("tau of that CBD", result.tau, 206.468, 1e-3, source="SciPy CG, float64")


def _solve(mask, tolerance=1e-3):
    return solve_tortuosity(
        VoxelGrid(mask.astype(np.uint8), ("rest", "path"), 1e-6), {"path": 1.0}, 0, tolerance=tolerance
    )
