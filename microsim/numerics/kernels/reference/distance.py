"""Slow twins of cpu.distance."""

import numpy as np


def envelopes(f, h, shift):
    """f[.., .., i] = min over j of f[.., .., j] + h^2 (i + shift - j)^2, line by line."""
    n = f.shape[2]
    apart = np.arange(n)[:, None] + shift - np.arange(n)
    f[:] = (f[:, :, None, :] + h * h * apart**2).min(axis=3)


def cover(centres, squared, spacing, following, thickness):
    """Lay balls in their order; each takes the voxels within its radius and a half that no earlier one has
    taken.

    `following[x, y, z]` is z while a voxel is still to be taken, then z + 1.
    """
    places = np.moveaxis(np.indices(thickness.shape), 0, -1)
    free = following[:, :, :-1]  # a view: what is taken here is taken for the caller
    for centre, square in zip(centres / 2, squared.astype(float)):
        apart = (((places - centre) * spacing) ** 2).sum(axis=-1)
        taken = (apart < (np.sqrt(square) + 0.5) ** 2) & (free == places[..., 2])
        thickness[taken] = 2 * np.sqrt(square)
        free[taken] += 1
