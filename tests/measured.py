"""Measurements whose truth is known: scattered photons, and a map of a part of a structure."""

import numpy as np
from scipy import ndimage
from scipy.special import erf

from microsim.maps.compton import klein_nishina, momentum

SHIFT, COARSE = (9, 6), 3  # voxels of the structure; a map's voxel is three of them
STATES = np.array([[0.88, 0.10], [0.72, 0.03], [0.65, 0.00], [2.40, 0.76], [2.34, 0.73], [2.06, 0.61]])
BACKGROUND = ((-10, -7), (7, 10))  # atomic units


def photons():
    """Gaussian profiles whose width falls along x, on a constant background; the S-parameter of each."""
    energies = np.arange(85e3, 104e3, 25.0)
    p, width = momentum(energies, 115e3, 90.0), np.linspace(1.4, 1.1, 12)[:, None] + np.zeros(8)
    shape = np.exp(-0.5 * (p[:, None, None] / width) ** 2) / width
    counts = shape * (klein_nishina(energies, 115e3, 90.0) * np.gradient(p))[:, None, None]
    counts = np.random.default_rng(0).poisson(4000 * counts / counts.max() + 15)
    counts[:, 2, 3] = 0
    low = erf(1 / width / 2**0.5)
    return energies, counts.astype(np.uint16), low / (erf(5 / width / 2**0.5) - low)


def map_and_structure():
    """A section of a microstructure [x, y, 1], and a map of a part of it with voxels three times as large."""
    noise = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((120, 96)), 5)
    solid = noise > 0.1 * noise.std()
    part = solid[SHIFT[0] : SHIFT[0] + 60, SHIFT[1] : SHIFT[1] + 78]
    share = part.reshape(20, COARSE, 26, COARSE).mean(axis=(1, 3))
    x = np.linspace(0.2, 0.9, 20)[:, None, None]
    return np.where(share[..., None] >= 0.5, x, np.nan).astype(np.float32), solid[..., None].astype(np.uint8)
