"""Contact lost between particles and binder: gaps one voxel wide where the binder has come off."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.schema import entry, number
from ..mesh.grid import both_sides
from .layers import LENGTH
from .noise import smooth_noise


@dataclass(frozen=True)
class ContactLoss:
    """Where the binder has come off the particles; it becomes pore there, one voxel wide.

    share   of the area of contact between particles and binder
    extent  of the patches that come off, m
    """

    share: float = entry(number(0, 1))
    extent: float = entry(number(1e-8, 1e-4), default=1e-6, units=LENGTH)


def contact_gaps(loss, active, binder, voxel_size, rng):
    """Mark the binder that makes room for the gaps: bool [x, y, z].

    Patches come off in the order of a smooth random field, until they hold the share of the voxel faces
    between particles and binder. Raises InputError without contact.
    """
    faces = contact_count(active, binder)
    order = smooth_noise(rng, active.shape, max(loss.extent / voxel_size, 0.8))
    touching = np.flatnonzero(faces)
    if touching.size == 0:
        raise InputError("contact_loss: expected binder that touches particles, got none; leave it out.")
    ranked = touching[np.argsort(order.ravel()[touching], kind="stable")]
    held = np.cumsum(faces.ravel()[ranked])
    gone = ranked[: np.searchsorted(held, loss.share * held[-1], side="right")]
    found = np.zeros(active.size, dtype=bool)
    found[gone] = True
    return found.reshape(active.shape)


def contact_count(active, binder):
    """Count the faces that each voxel of the binder shares with particles: uint8 [x, y, z]."""
    count = np.zeros(active.shape, dtype=np.uint8)
    for axis in range(3):
        counts, particles = both_sides(count, axis), both_sides(active, axis)
        for side, beside in ((0, 1), (1, 0)):
            counts[side][...] += particles[beside]
    return np.where(binder, count, 0).astype(np.uint8)
