"""Maps of lithiation that were turned by up to 10 degrees, shifted, coarsened three times and cropped to half
come back.

Microstructures are thresholds of smooth noise (96 x 84 x 72 voxels, and sections of 200 x 180), generated and
seeded; a map's voxel holds the share of active material in it (27 or 9 points), is NaN below one half, and 2
% of the voxels are wrong. The error is the largest displacement of the corners of the map's box, in its own
(coarse) voxels.
"""

from itertools import product

import numpy as np
from scipy import ndimage

from microsim.jobs.validate import Check
from microsim.maps.map import SocMap
from microsim.maps.overlap import rotation
from microsim.maps.registration import find_registration

FINE, RATIO = 0.4e-6, 3


def checks(data):
    for shape, name in (((96, 84, 72), "volume"), ((200, 180, 1), "section")):
        for kind, metric in product(("rigid", "similarity"), ("mask", "mutual-information")):
            errors, misfits = [], []
            for seed in range(3):
                image, structure, place = case(seed, shape, 1.03 if kind == "similarity" else 1.0)
                found = find_registration(image, structure, kind=kind, metric=metric)
                corners = np.array(
                    list(product(*[(0.0, n * h) for n, h in zip(image.values.shape, image.voxel_size)]))
                )
                errors.append(
                    np.linalg.norm(found.place(corners) - place(corners), axis=1).max() / (RATIO * FINE)
                )
                misfits.append(max(found.misfit_m) / (RATIO * FINE))
            yield Check(
                f"{name}, {kind} by {metric}: largest error (coarse voxels)", max(errors), 0.5, kind="at most"
            )
            yield Check(
                f"{name}, {kind} by {metric}: stated misfit (coarse voxels)",
                max(misfits),
                0.5,
                kind="at most",
            )


def case(seed, shape, scale):
    """A microstructure, a map of half of it, and the true placement of the map's points."""
    rng = np.random.default_rng(seed)
    flat = np.array(shape) == 1
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), np.where(flat, 0, 5))
    structure = SocMap((noise > 0.1 * noise.std()).astype(float), (FINE,) * 3)
    counts = np.where(flat, 1, np.rint(np.divide(shape, RATIO) * (0.5, 1.0, 1.0)).astype(int))
    size = np.where(flat, FINE, RATIO * FINE)
    angles = np.radians(rng.uniform(-10, 10, 3)) * (
        0.0 if flat.any() else 1.0,
        0.0 if flat.any() else 1.0,
        1.0,
    )
    matrix = rotation(angles)
    matrix[np.ix_(~flat, ~flat)] *= scale
    shift = np.where(flat, 0.0, rng.uniform(-4, 4, 3) * FINE + (shape[0] * FINE / 4, 0.0, 0.0))
    middle = counts * size / 2

    def place(points):
        return (points - middle) @ matrix.T + middle + shift

    image = SocMap(_map(rng, structure, counts, size, flat, place), tuple(size))
    return image, structure, place


def _map(rng, structure, counts, size, flat, place):
    inner = [np.array([0.5]) if f else (np.arange(RATIO) + 0.5) / RATIO for f in flat]
    lines = [((np.arange(n)[:, None] + part) * h).ravel() for n, part, h in zip(counts, inner, size)]
    points = place(np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1))
    index = np.floor(points / FINE).astype(int)
    inside = (((index >= 0) & (index < structure.values.shape)) | flat).all(axis=-1)
    index = np.clip(index, 0, np.array(structure.values.shape) - 1)
    solid = structure.values[tuple(np.moveaxis(index, -1, 0))] * inside
    share = solid.reshape([part for n, f in zip(counts, flat) for part in (n, 1 if f else RATIO)]).mean(
        axis=(1, 3, 5)
    )
    soc = (
        0.5
        + 2 * ndimage.gaussian_filter(rng.standard_normal(share.shape), 2)
        + 0.03 * rng.standard_normal(share.shape)
    )
    known = (share >= 0.5) ^ (rng.random(share.shape) < 0.02)
    return np.where(known, soc, np.nan)
