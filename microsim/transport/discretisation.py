"""What the size of the voxels leaves open: one conductor solved three times.

    error of tau = max( a |D - D_other|, b |D - D_half| ) / D

D_other: the conductor ends at voxel faces instead of within voxels, or within instead of at them; D_half: as
D, with voxels twice as long. a and b are such that arrays of spheres and cylinders with 12 to 32 voxels a
period, and random media against ones of finer voxels, lie within it nine times of ten (docs/method.md).
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from .tortuosity import solve_tortuosity

FACTORS = {"voxel": (1.25, 0.5), "smooth": (0.5, 0.5), "grey": (0.05, 1.0)}  # a and b


@dataclass(frozen=True)
class Discretisation:
    """D_eff / D0 of whole voxels, of surfaces within voxels and at half the resolution; error: the relative
    error of tau = eps D0 / D_eff, for the eps that is given, that these speak for (None where nothing
    percolates)."""

    voxel: float
    subvoxel: float
    half: float
    error: float | None


def check_discretisation(grid, conducting):
    """Refuse a grid that has no half resolution or no surface within its voxels."""
    values = [np.broadcast_to(value, 3) for value in conducting.values() if np.any(value)]
    if any(not np.array_equal(value, values[0]) for value in values):
        raise InputError(
            "--discretisation: expected conductors of one conductivity, got some that differ; leave it out, "
            "or solve for one at a time."
        )
    if grid.masked:
        raise InputError("--discretisation: expected no --mask beside it, got one; leave one of them out.")
    if any(n % 2 for n in grid.shape):
        even = tuple(n - n % 2 for n in grid.shape)
        remedy = f"crop the volume to {even} voxels" if min(even) else "leave it out"
        raise InputError(
            f"--discretisation: expected an even number of voxels along each axis, got {grid.shape}; "
            f"{remedy}."
        )


def discretisation(grid, conducting, axis, found, interface, **options):
    """Estimate what the voxels' size leaves open of a solved axis.

    grid, conducting, axis: as solved, found: the TransportResult, interface: "voxel", "smooth" or "grey";
    options: tolerance and sides of solve_tortuosity. Returns Discretisation.
    Raises InputError where check_discretisation does, or NotConverged.
    """
    check_discretisation(grid, conducting)
    other = "smooth" if interface == "voxel" else "voxel"
    other = solve_tortuosity(grid, conducting, axis, interface=other, **options).D_eff_over_D0
    half = solve_tortuosity(grid.coarsen(2), conducting, axis, interface=interface, **options).D_eff_over_D0
    own, (a, b) = found.D_eff_over_D0, FACTORS[interface]
    error = max(a * abs(own - other), b * abs(own - half)) / own if own else None
    pair = (own, other) if interface == "voxel" else (other, own)
    return Discretisation(*pair, half, error)
