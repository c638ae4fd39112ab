"""Carbon FiberForm (100^3, void = grey below 90) has PuMA's effective diffusivity along x.

nasa/puma python/test/test_tortuosity.py: D_eff_x = 0.63415 with symmetric sides; PuMA's x is the file's last
axis.
"""

import numpy as np

from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.volume import read_voxels


def checks(data):
    if data is None:
        raise Skip("needs the data set puma_fiberform; set MICROSIM_DATA")
    grey = read_voxels("puma_fiberform", file_axes="zyx", kind="field").values
    grid = VoxelGrid((grey < 90).astype(np.uint8), ("fibre", "void"), 1.3e-6)
    result = solve_tortuosity(grid, {"void": 1.0}, 0, tolerance=1e-5, sides="mirror")
    yield Check(
        "D_eff_x of the void", result.D_eff_over_D0, 0.6341499, 1e-2, source="PuMA test_tortuosity.py"
    )
