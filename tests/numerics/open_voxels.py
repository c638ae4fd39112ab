"""Small boxes of voxels whose faces are open in part."""

import numpy as np

from microsim.numerics.graph import voxel_graph

SHAPE = (5, 6, 4)
STRETCH = np.array([1.0, 2.0, 0.5], np.float32)


def some_open(seed, periodic):
    """Openings of half the faces, those of opposite sides alike where they are one face."""
    rng = np.random.default_rng(seed)
    opening = rng.random((3, *(n + 1 for n in SHAPE)), np.float32) * (rng.random((3, 6, 7, 5)) < 0.5)
    if periodic:
        opening[1, :, -1], opening[2, :, :, -1] = opening[1, :, 0], opening[2, :, :, 0]
    return opening.astype(np.float32)


def some_cells(seed, periodic):
    """Graph of most of the voxels; openings, those of opposite sides alike where they are one face."""
    mask = np.random.default_rng(seed).random(SHAPE) < 0.8
    return voxel_graph(mask, [np.ones(n) for n in SHAPE], periodic), some_open(seed, periodic)
