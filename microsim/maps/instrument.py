"""What an instrument makes of a simulated map before the two are compared.

A measured voxel weighs what it sees with the point spread G and with the material that is there,

    seen = (B * G * chi s) / (B * G * chi)

chi: 1 where the simulated map s has a value, else 0; B: mean over the box of the measured voxel, or over the
whole beam through the sample where the measured map is a projection.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..base.axes import AXES
from ..base.errors import InputError
from .map import ROUND_OFF, box_means, box_sums, check_coverage

REACH = 4.0  # standard deviations to which the point spread is followed


@dataclass(frozen=True)
class Instrument:
    """How a map is measured.

    psf      standard deviation of a Gaussian point spread along x, y, z (m); 0: none
    project  number of the axis along which the beam averages over the whole thickness; None: a 3D map
    """

    psf: tuple[float, float, float] = (0.0, 0.0, 0.0)
    project: int | None = None


def seen_by(instrument, simulated, measured, *, min_coverage=0.5):
    """Return the simulated map as the instrument sees it on the measured grid [x, y, z], NaN where too little
    of a voxel is covered.

    simulated: SocMap. measured: SocMap, of which only the grid counts. min_coverage: share of a measured
    voxel (of its area across the beam, in a projection) that the simulated map must cover.
    Raises InputError where the map of a projection has more than one layer.
    """
    known = np.isfinite(simulated.values)
    grid, weight = _seen_weight(instrument, known, simulated, measured, min_coverage)
    blurred = _blurred(instrument, np.where(known, simulated.values, 0.0).astype(float), simulated)
    total = box_means(blurred, simulated, grid)
    return np.divide(total, weight, out=np.full(total.shape, np.nan), where=np.isfinite(weight))


def mean_weights(instrument, simulated, measured, used, *, min_coverage=0.5):
    """Return the weights w [x, y, z] with which the voxels of a simulated map enter its mean over the
    measured ones, sum(w s) = mean of seen_by(s); 0 where the simulated map has no value.

    used: bool, the measured voxels that count. Raises InputError where none of them is covered.
    """
    known = np.isfinite(simulated.values)
    grid, weight = _seen_weight(instrument, known, simulated, measured, min_coverage)
    counted = used & np.isfinite(weight)
    if not counted.any():
        raise InputError(
            "expected measured voxels that the simulated map covers, got none; check origin and mask."
        )
    share = np.divide(1.0, weight * counted.sum(), out=np.zeros(weight.shape), where=counted)
    return _blurred(instrument, box_sums(share, simulated, grid), simulated) * known


def _seen_weight(instrument, known, simulated, measured, min_coverage):
    """The grid on which the instrument sees, and the material that each of its voxels sees, NaN where too
    little of it is covered."""
    check_coverage(min_coverage)
    sharp = known.astype(float)
    footprint, grid = sharp, measured
    if instrument.project is not None:
        grid = _across_the_beam(measured, simulated, instrument.project)
        hit = known.any(axis=instrument.project, keepdims=True)
        footprint = np.broadcast_to(hit, known.shape).astype(float)
    coverage = box_means(footprint, simulated, grid)
    weight = box_means(_blurred(instrument, sharp, simulated), simulated, grid)
    enough = (coverage >= max(min_coverage - ROUND_OFF, ROUND_OFF)) & (weight > 0)
    return grid, np.where(enough, weight, np.nan)


def _blurred(instrument, values, simulated):
    """What the point spread makes of values; the world outside the box weighs nothing."""
    widths = np.divide(instrument.psf, simulated.voxel_size)
    if not np.any(widths > 0):
        return values
    return ndimage.gaussian_filter(values, widths, mode="constant", truncate=REACH)


def _across_the_beam(measured, simulated, axis):
    """The measured grid with one voxel through the whole simulated sample along the beam."""
    layers = measured.values.shape[axis]
    if layers != 1:
        raise InputError(
            f"project: expected a measured map of one layer along {AXES[axis]}, got {layers}; name the axis "
            "of the beam, or leave project out."
        )
    low, high = simulated.span[axis]
    size, origin = list(measured.voxel_size), list(measured.origin)
    size[axis], origin[axis] = high - low, low
    return replace(measured, voxel_size=tuple(size), origin=tuple(origin))
