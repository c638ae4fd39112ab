"""Smooth random fields, periodic in y and z, and random numbers of each stage of a recipe."""

import zlib

import numpy as np
from scipy import ndimage

ENDS = ("nearest", "wrap", "wrap")


def stage_rng(seed, stage):
    """Make the generator of one stage: what it draws depends on the seed and the stage's name alone."""
    return np.random.default_rng([seed, zlib.crc32(stage.encode())])


def smooth_noise(rng, shape, length):
    """Draw a Gaussian random field of mean 0 and deviation 1: float32 of `shape`.

    length: standard deviation of the Gaussian that white noise is smoothed with, voxels, one or three
    """
    width = np.broadcast_to(length, len(shape))
    white = rng.standard_normal(shape).astype(np.float32)
    found = ndimage.gaussian_filter(white, width, mode=ENDS[-len(shape) :])
    return (found - found.mean()) / max(float(found.std()), 1e-12)
