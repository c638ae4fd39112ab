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
from .map import ROUND_OFF, box_means, check_coverage

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
    check_coverage(min_coverage)
    known = np.isfinite(simulated.values)
    sharp = known.astype(float)
    footprint, grid = sharp, measured
    if instrument.project is not None:
        grid = _across_the_beam(measured, simulated, instrument.project)
        hit = known.any(axis=instrument.project, keepdims=True)
        footprint = np.broadcast_to(hit, known.shape).astype(float)
    widths = np.divide(instrument.psf, simulated.voxel_size)
    parts = [np.where(known, simulated.values, 0.0).astype(float), sharp]
    if np.any(widths > 0):
        # NaN and the world outside the box weigh nothing
        parts = [ndimage.gaussian_filter(part, widths, mode="constant", truncate=REACH) for part in parts]
    total, weight = (box_means(part, simulated, grid) for part in parts)
    coverage = box_means(footprint, simulated, grid)
    enough = (coverage >= max(min_coverage - ROUND_OFF, ROUND_OFF)) & (weight > 0)
    return np.divide(total, weight, out=np.full(total.shape, np.nan), where=enough)


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
