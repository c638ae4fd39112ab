"""A gap across the electrode: the coating has come off the collector, or has split."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.schema import entry, number
from .layers import LENGTH
from .noise import smooth_noise

WAVES = 0.2  # standard deviation of the depth of a gap, in heights


@dataclass(frozen=True)
class Delamination:
    """A gap parallel to the collector.

    share    of the cross-section
    height   of the gap, m
    depth    where it is, in shares of the thickness from the separator on; 1: at the collector
    """

    share: float = entry(number(0.01, 1))
    height: float = entry(number(1e-9, 1e-3), units=LENGTH)
    depth: float = entry(number(0.02, 1), default=1.0)


def gap_sheet(delamination, shape, voxel_size, rng):
    """Mark the gap: bool [x, y, z], one patch of the section, periodic in y and z.

    Within the electrode the sheet waves about the depth given.
    """
    height = round(delamination.height / voxel_size)
    if not 1 <= height <= shape[0] // 3:
        raise InputError(
            f"delamination.height: expected 1 voxel to a third of the thickness, {1e6 * voxel_size:g} to "
            f"{1e6 * voxel_size * (shape[0] // 3):g} um, got {1e6 * delamination.height:g} um; correct it."
        )
    patch = _patch(rng, shape[1:], delamination.share)
    bottom = np.full(shape[1:], shape[0] - height)
    if delamination.depth < 1:
        waves = WAVES * height * smooth_noise(rng, shape[1:], max(shape[1:]) / 5)
        bottom = np.rint(delamination.depth * shape[0] - height / 2 + waves).astype(int)
        bottom = np.clip(bottom, 1, shape[0] - height - 1)
    layer = np.arange(shape[0])[:, None, None]
    return patch & (bottom <= layer) & (layer < bottom + height)


def _patch(rng, section, share):
    """Mark one roundish patch of a section with an uneven rim: a random place, and noise."""
    size = np.array(section)
    place = [rng.random() * n for n in section]
    apart = [np.abs((np.arange(n) - p + n / 2) % n - n / 2) / n for n, p in zip(section, place)]
    far = np.hypot(apart[0][:, None], apart[1][None, :])
    rough = far + 0.06 * smooth_noise(rng, section, size / 10)
    order = np.argsort(rough, axis=None, kind="stable")
    found = np.zeros(size.prod(), dtype=bool)
    found[order[: round(share * size.prod())]] = True
    return found.reshape(section)
