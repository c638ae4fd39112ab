"""Spectra that a map of lithium would show: planned measurements, and tests of what is made of real ones.

    mu(E, r) = J sum_i w_i(x(r)) ref_i(E) + noise

w: straight between the two references whose lithiation lies around x, carried on beyond the outermost; J the
edge jump of a voxel full of material over that of the references.
"""

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from ..base.schema import listed


def mixed_spectra(lithium, energies, references, numbers, *, jump=1.0):
    """Return the absorption [energy, x, y, z] of a map, 0 where it says nothing (NaN).

    lithium: [x, y, z], per formula unit; energies: [energy], eV; references: mixture.References; numbers:
    their lithiation; jump: factor on the references. Raises InputError for two references of one lithiation
    and for energies beyond the references.
    """
    energies = np.asarray(energies, float)
    first, last = references.energies[[0, -1]]
    if energies[0] < first or energies[-1] > last:
        raise InputError(
            f"--energies: expected energies from {first:g} to {last:g} eV, those of the references, got"
            f" {energies[0]:g} to {energies[-1]:g}; leave out what lies beyond."
        )
    order = np.argsort(numbers)
    at, spectra = np.asarray(numbers, float)[order], references.at(energies)[order]
    if at.size < 2 or (np.diff(at) <= 0).any():
        raise InputError(
            f"--reference-lithiation: expected at least two different numbers, got {listed(numbers)}; give a"
            " reference of each state once."
        )
    known = np.isfinite(lithium)
    mu = np.zeros((energies.size, *lithium.shape), np.float32)
    mu[:, known] = jump * spectra.T @ _shares(lithium[known], at)
    return mu


def _shares(x, at):
    """Shares of the references [reference, voxel] that mix to lithiation x [voxel]; at: theirs, rising."""
    low = np.clip(np.searchsorted(at, x) - 1, 0, at.size - 2)
    upper = (x - at[low]) / (at[low + 1] - at[low])
    shares = np.zeros((at.size, x.size))
    np.put_along_axis(shares, low[None], (1 - upper)[None], axis=0)
    np.put_along_axis(shares, low[None] + 1, upper[None], axis=0)
    return shares


def seen_spectra(mu, noise, *, psf=(0.0, 0.0, 0.0), seed=0):
    """Return spectra as an instrument sees them: blurred, then with noise of its own in each voxel and image.

    mu: [energy, x, y, z]; noise: standard deviation; psf: that of a Gaussian point spread along x, y, z,
    voxels.
    """
    if any(psf):
        mu = np.stack([ndimage.gaussian_filter(image, psf, mode="nearest") for image in mu])
    random = np.random.default_rng(seed)
    return mu + noise * random.standard_normal(mu.shape, np.float32)
