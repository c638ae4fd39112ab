"""The 500^3 benchmark image of TauFactor 2 has its published tau along all three axes.

Kench, Squires & Cooper, J. Open Source Softw. 8 (2023) 5358, paper.md: over-converged tau 1.1513, 1.3905,
4.2431; the paper does not say which array axis has which value.
"""

from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import grid_from_labels
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.volume import read_voxels


def checks(data):
    if data is None:
        raise Skip("needs the data set taufactor_foam; set MICROSIM_DATA")
    grid = grid_from_labels(read_voxels("taufactor_foam").values, {"void": 0, "foam": 255}, 1e-6)
    results = sorted((solve_tortuosity(grid, {"foam": 1.0}, axis) for axis in range(3)), key=lambda r: r.tau)
    for result, reference in zip(results, (1.1513, 1.3905, 4.2431)):
        yield Check(
            f"tau of 125 million voxels ({result.iterations} iterations, {result.seconds:.0f} s)",
            result.tau,
            reference,
            1e-3,
            source="JOSS 8 (2023) 5358",
        )
