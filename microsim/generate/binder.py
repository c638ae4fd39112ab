"""The carbon-binder domain: bridges, films, fibres or aggregates, and how far drying carries it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from ..base.schema import choice, entry, number
from .bridges import bridging
from .fibres import fibre_distance
from .layers import LENGTH, refuse_unused
from .noise import smooth_noise

FAR = 1.0  # m; comes after everything that is near
DEFAULTS = {"coverage": 0.6, "diameter": 1e-6, "length": 15e-6, "bridged": 0.0, "filmed": 0.0}
USED = {  # by each kind
    "bridges": (),
    "films": ("coverage", "diameter"),
    "fibres": ("diameter", "length", "bridged", "filmed", "coverage"),
    "aggregates": ("diameter", "bridged", "filmed", "coverage"),
}
THINNEST = 1.5  # voxels of a fibre or lump


@dataclass(frozen=True)
class BinderShape:
    """How the binder lies between the particles; its amount is the recipe's.

    kind       bridges: at contacts and in narrow gaps; films: on the particles; fibres: fibrils through the
               pores, as dry coating draws them; aggregates: lumps, as a drying slurry leaves them
    coverage   share of the particles' surface that films lie on
    diameter   fibres: of a fibre; aggregates: of a lump; films: of a patch, m
    length     fibres: of a fibre, m
    bridged, filmed    fibres, aggregates: shares of the binder that make bridges and films all the same
    migration  binder fraction at the separator less that at the collector, over the mean: what drying
               carries to the free surface
    """

    kind: str = entry(choice("bridges", "films", "fibres", "aggregates"), default="bridges")
    coverage: float | None = entry(number(0.05, 1), default=None)
    diameter: float | None = entry(number(1e-8, 1e-4), default=None, units=LENGTH)
    length: float | None = entry(number(1e-8, 1e-3), default=None, units=LENGTH)
    bridged: float | None = entry(number(0, 1), default=None)
    filmed: float | None = entry(number(0, 1), default=None)
    migration: float = entry(number(0, 1.9), default=0.0)

    def __post_init__(self):
        refuse_unused("binder", self.kind, self, USED)
        for name in USED[self.kind]:
            if getattr(self, name) is None:
                object.__setattr__(self, name, DEFAULTS[name])
        shares = (self.bridged or 0.0) + (self.filmed or 0.0)
        if shares > 1:
            raise InputError(
                f"binder: expected bridged and filmed of 1 together at most, got {shares:g}; lower one."
            )


def binder_order(shape, drawn, active, voids, fraction, voxel_size, rng):
    """Rank the voxels for the binder: float32 [x, y, z], small ones first, inf where none may be.

    shape     BinderShape, or None for bridges
    drawn     the particles: first, second, owner, other, shift
    fraction  of the volume that the binder will take
    """
    taken = active | voids
    _check_size(shape, voxel_size)
    if shape is None or shape.kind == "bridges":
        return _bridges(drawn, active, taken, voxel_size)
    rest = fraction * (1 - (shape.bridged or 0.0) - (shape.filmed or 0.0))
    order = KINDS[shape.kind](shape, drawn, taken, rest, voxel_size, rng)
    order[taken] = np.inf
    if shape.bridged:
        _put_first(order, _bridges(drawn, active, taken, voxel_size), shape.bridged * fraction)
    if shape.filmed:
        _put_first(order, _films(shape, drawn, taken, fraction, voxel_size, rng), shape.filmed * fraction)
    return order


def _check_size(shape, voxel_size):
    if (
        shape
        and shape.kind in ("fibres", "aggregates")
        and shape.diameter < THINNEST * voxel_size * (1 - 1e-9)
    ):
        raise InputError(
            f"binder.diameter: expected at least {THINNEST} voxels, {1e6 * THINNEST * voxel_size:g} um, got "
            f"{1e6 * shape.diameter:g} um; enlarge it or use finer voxels."
        )


def _put_first(order, values, share):
    """Let the share of the volume with the smallest values come before everything else, in place."""
    values = np.where(order == -FAR, np.inf, values)
    count = min(round(share * order.size), np.count_nonzero(np.isfinite(values)) - 1)
    order[(values < np.partition(values, count, axis=None)[count]) & np.isfinite(order)] = -FAR


def _bridges(drawn, active, taken, voxel_size):
    """Sum of the distances to the two nearest particles, less what the chain of gaps is spared, m."""
    sums = np.where(taken, np.inf, drawn.first + drawn.second - 2 * drawn.shift)
    sums -= bridging(sums, active, drawn.owner, drawn.other, voxel_size)
    return sums


def _films(shape, drawn, taken, fraction, voxel_size, rng):
    """Distance to the particle, m, where a patch of film lies; elsewhere as well, but after all patches."""
    height = np.where(taken, np.inf, drawn.first - drawn.shift)
    patches = smooth_noise(rng, taken.shape, max(shape.diameter / voxel_size, 1.0))
    surface = ~taken & (height < voxel_size)
    bare = patches > np.quantile(patches[surface], shape.coverage) if surface.any() else np.ones_like(taken)
    order = np.where(np.isfinite(height), height, FAR) + np.where(bare, np.float32(FAR), 0)
    return np.where(taken, np.inf, order).astype(np.float32)


def _aggregates(shape, drawn, taken, fraction, voxel_size, rng):
    """Distance to the middle of the nearest lump, m, made uneven."""
    free = np.argwhere(~taken)
    diameter = shape.diameter / voxel_size
    share = min(fraction * taken.size / max(len(free), 1), 0.95)
    count = max(1, round(-np.log(1 - share) * len(free) / (np.pi / 6 * diameter**3)))
    seeds = np.ones(taken.shape, dtype=bool)
    seeds[tuple(free[rng.choice(len(free), min(count, len(free)), replace=False)].T)] = False
    uneven = 0.15 * diameter * smooth_noise(rng, taken.shape, max(diameter / 4, 0.8))
    return ((_distance(seeds, round(2 * diameter)) + uneven) * voxel_size).astype(np.float32)


def _fibres(shape, drawn, taken, fraction, voxel_size, rng):
    """Distance to the middle line of the nearest fibre, m."""
    walls = _distance(~taken, 4)
    diameter, length = shape.diameter / voxel_size, shape.length / voxel_size
    away = fibre_distance(walls, diameter, length, fraction * taken.size, rng)
    return (away * voxel_size).astype(np.float32)


def _distance(mask, margin):
    """Distance of the voxels of a mask to the rest, voxels, periodic in y and z."""
    margin = min(margin, *mask.shape[1:])
    wide = np.pad(mask, ((0, 0), (margin, margin), (margin, margin)), mode="wrap")
    return ndimage.distance_transform_edt(wide)[:, margin:-margin, margin:-margin].astype(np.float32)


KINDS = {"films": _films, "fibres": _fibres, "aggregates": _aggregates}
