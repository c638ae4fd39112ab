"""Vertical pore arrays, as ice templating and laser structuring leave them: channels along x."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage
from scipy.special import ndtri

from ..base.errors import InputError
from ..base.schema import choice, entry
from .depth import depth_profile, region_values
from .layers import LENGTH

LAMELLA = 5.0  # how many times longer than wide a lamella is in the plane
ARM_HEIGHT = 0.6  # sigma of the noise of arms along x, voxels
ARM_WIDTH = 1.8  # and in the plane, widths of a channel
WINDOW = 20  # layers, at the least, in which channels and arms together have their share


@dataclass(frozen=True)
class PoreArrays:
    """Channels along x whose share and width change over the depth.

    Values are one number, or the means of several equal regions of the depth, from the separator on.

    share   of the volume
    width   mean chord across a channel in the plane, m
    length  over which a channel keeps its place in the plane, m; short ones wind, merge and end
    arms    share of the channels' volume that joins them across the walls: flat openings one or two voxels
            high and some channels wide, as side branches of the ice leave them
    kind    columns (as wide in y as in z) or lamellae (LAMELLA times longer along z)
    walls   packed: particles, binder and pores of the recipe, beside the channels; solid: active material
            alone, for voxels that do not resolve particles
    """

    share: tuple[float, ...] = entry(region_values(0.005, 0.7))
    width: tuple[float, ...] = entry(region_values(1e-8, 1e-3), units=LENGTH)
    length: tuple[float, ...] = entry(region_values(1e-8, 1), default=(1e-3,), units=LENGTH)
    arms: tuple[float, ...] = entry(region_values(0, 0.8), default=(0.0,))
    kind: str = entry(choice("columns", "lamellae"), default="columns")
    walls: str = entry(choice("packed", "solid"), default="packed")

    @property
    def mean_share(self):
        """Share of the whole volume."""
        return float(np.mean(self.share))


def channels(pores, shape, voxel_size, rng):
    """Mark the channels: bool [x, y, z], periodic in y and z, the share of each layer of voxels exact, with
    arms that of parts of the depth.

    A channel is where a random field exceeds the limit that its layer's share p asks for. Along x the field
    is noise with the correlation (1 + d / length) exp(-d / length); in the plane it is smoothed by a
    Gaussian whose width sigma gives the mean chord of the excursions (Rice)

        chord = 2 pi sqrt(2) sigma p exp(u^2 / 2),   u = Phi^-1(1 - p)

    Source: S. O. Rice, Bell Syst. Tech. J. 24 (1945) 46, eq. 3.3-12.
    """
    share, width, length = (depth_profile(v, shape[0]) for v in (pores.share, pores.width, pores.length))
    if min(pores.width) < 3 * voxel_size * (1 - 1e-9):
        raise InputError(
            f"pores.width: expected channels of at least 3 voxels, {3e6 * voxel_size:g} um, got "
            f"{1e6 * min(pores.width):.3g} um; widen them or use finer voxels."
        )
    side = voxel_size * min(shape[1:])
    if max(pores.width) > side / 3 * (1 + 1e-9):
        raise InputError(
            f"pores.width: expected channels of at most a third of the section's shorter side, "
            f"{1e6 * side / 3:.3g} um, got {1e6 * max(pores.width):.3g} um; enlarge the box or narrow them."
        )
    upright = share * (1 - depth_profile(pores.arms, shape[0]))
    level = ndtri(1 - upright)
    sigma = (
        np.maximum(width, 2 * voxel_size)
        * np.exp(-(level**2) / 2)
        / (2 * np.pi * np.sqrt(2) * upright)
        / voxel_size
    )
    field = _along_depth(rng.standard_normal(shape).astype(np.float32), np.exp(-voxel_size / length))
    found = np.empty(shape, dtype=bool)
    for layer, (plane, blur, part) in enumerate(zip(field, sigma, upright)):
        wide = (blur, blur * LAMELLA if pores.kind == "lamellae" else blur)
        smooth = ndimage.gaussian_filter(plane, wide, mode="wrap")
        count = round(part * smooth.size)
        found[layer] = smooth > np.partition(smooth, -count - 1, axis=None)[-count - 1]
    return (
        found
        if not any(pores.arms)
        else found | _arms(found, share, width / voxel_size, len(pores.share), rng)
    )


def _arms(upright, share, width, regions, rng):
    """Mark what joins upright channels, so that both have the share [x] in each of the regions, and in some
    WINDOW layers; width [x]: of a channel, voxels."""
    field = ndimage.gaussian_filter1d(
        rng.standard_normal(upright.shape).astype(np.float32), ARM_HEIGHT, axis=0
    )
    for layer, wide in enumerate(ARM_WIDTH * width):
        field[layer] = ndimage.gaussian_filter(field[layer], wide, mode="wrap")
    field /= field.std((1, 2), keepdims=True)
    field[upright] = -np.inf
    arms = np.zeros_like(upright)
    parts = regions * max(len(share) // (regions * WINDOW), 1)
    edges = np.rint(np.linspace(0, len(share), parts + 1)).astype(int)
    for at in (slice(*pair) for pair in pairwise(edges)):
        count = round(float(share[at].sum()) * upright[0].size) - np.count_nonzero(upright[at])
        if count > 0:
            arms[at] = field[at] >= np.partition(field[at], -count, axis=None)[-count]
    return arms


def _along_depth(white, keep):
    """Filter noise along x, forth and back: each layer keeps the share `keep` of the one before."""
    for order in (range(1, len(white)), range(len(white) - 2, -1, -1)):
        step = -1 if order.step == 1 else 1
        for layer in order:
            kept = np.float32(keep[layer])
            white[layer] = kept * white[layer + step] + np.sqrt(1 - kept * kept) * white[layer]
    return white
