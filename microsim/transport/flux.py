"""Flux maps of a solved potential, and what they say of the paths: tortuous, constricted, or stagnant.

    J = -sigma grad u                     at voxel centres, over D0 (u_in - u_out) / length; mean: D_eff / D0
    tau_lines = sum |J| / sum J_axis      how much longer than the sample the flux lines are, flux-weighted
    constrictivity = tau_lines^2 / tau    what narrow places cost beyond that (1 in tubes of constant section)

(tau_lines: Duda, Koza & Matyka, Phys. Rev. E 84 (2011) 036319; constrictivity: Berg, Transp. Porous Media 103
(2014) 75, eq. 16, D_eff = eps D0 C / tau_lines^2.)
"""

from dataclasses import dataclass

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError
from ..mesh.grid import both_sides
from .tortuosity import conductivity_table

STAGNANT = 0.01  # of the mean flux


@dataclass(frozen=True)
class FluxFigures:
    """tau_lines, constrictivity; dead_end_share: of the conducting voxels, percolating ones with |J| below
    STAGNANT times their mean; isolated_share: those that no path joins to both ends; edges, share: histogram
    of |J| / mean over the percolating voxels."""

    tau_lines: float
    constrictivity: float
    dead_end_share: float
    isolated_share: float
    edges: np.ndarray
    share: np.ndarray


def flux_map(potential, grid, conducting, axis, *, sides="no-flux", part=None):
    """Return the flux at voxel centres, float32 [3, x, y, z]; 0 where nothing conducts.

    potential: u in the voxels, NaN outside, as solve_tortuosity(..., potential=True) returns it; the rest as
    there. part: (first, planes): the grid begins at plane `first` along the axis of a volume of so many; its
    own first and last planes, where the volume goes on, lack what flows there.
    """
    table = conductivity_table(grid, conducting)
    first, planes = part or (0, grid.shape[axis])
    ends = [(0, 1.0, 1)] * (first == 0) + [(-1, 0.0, -1)] * (first + grid.shape[axis] == planes)
    length = planes * grid.voxel_size[axis]
    flux = np.zeros((3, *grid.shape), np.float32)
    for along in range(3):
        with np.errstate(divide="ignore"):
            resistance = (grid.voxel_size[along] / 2 / table[:, along])[grid.phase]  # of half a voxel
        here, there = both_sides(potential, along)
        between = np.nan_to_num((here - there) / np.add(*both_sides(resistance, along))) * length
        low, high = _sides_of(along)
        flux[along][low] += between / 2
        flux[along][high] += between / 2
        if along == axis:  # the end faces, at u = 1 and 0, half a voxel away
            for end, u_end, sign in ends:
                at = (slice(None),) * axis + (end,)
                flux[along][at] += np.nan_to_num(sign * (u_end - potential[at]) / resistance[at]) * length / 2
        elif sides == "periodic" and grid.shape[along] > 1:
            first, last = (slice(None),) * along + (0,), (slice(None),) * along + (-1,)
            around = np.nan_to_num(
                (potential[last] - potential[first]) / (resistance[last] + resistance[first])
            )
            flux[along][first] += around * length / 2
            flux[along][last] += around * length / 2
    return flux


def _sides_of(axis):
    before = (slice(None),) * axis
    return before + (slice(None, -1),), before + (slice(1, None),)


def flux_field_names(name):
    """Return what the fields of an axis, "x", "y" or "z", are called: the potential, the flux along x, y,
    z."""
    return (f"potential_{name}", *(f"flux_{along}_{name}" for along in AXES))


def flux_edges(bins=60):
    """Return the edges of the histogram of |J| over its mean."""
    return np.concatenate([[0.0], np.geomspace(1e-3, 30.0, bins)])


def flux_figures(flux, grid, conducting, axis, result, *, bins=60):
    """Return the FluxFigures of a flux map and its TransportResult. Raises InputError where nothing
    percolates."""
    if result.tau is None:
        raise InputError(
            "expected a conductor that joins both ends, got none along this axis; choose another phase or "
            "axis for the flux map"
        )
    conducts = (conductivity_table(grid, conducting)[:, axis] > 0)[grid.phase]
    percolates = conducts & ~np.isnan(result.potential)
    speed = np.sqrt(np.einsum("axyz,axyz->xyz", flux, flux))[percolates]
    mean = speed.mean(dtype=float)
    tau_lines = float(speed.sum(dtype=float) / flux[axis][percolates].sum(dtype=float))
    edges = flux_edges(bins) * mean
    share = np.histogram(speed, edges)[0] / speed.size
    voxels = np.count_nonzero(conducts)
    return FluxFigures(
        tau_lines,
        tau_lines**2 / result.tau,
        float(np.count_nonzero(speed < STAGNANT * mean) / voxels),
        float(1 - speed.size / voxels),
        edges / mean,
        share,
    )


def speed_of(vector, present, still_share=0.0):
    """Return the length of a vector field [3, x, y, z] over its mean, NaN where `present` (bool [x, y, z]) is
    false.

    still_share: share of those voxels where nothing can move; the mean is taken over the others.
    """
    speed = np.sqrt(np.einsum("axyz,axyz->xyz", vector, vector, dtype=np.float32, casting="same_kind"))
    mean = speed[present].mean(dtype=float) / (1 - still_share) if present.any() and still_share < 1 else 0.0
    return np.where(present, speed / (mean or 1.0), np.nan)
