"""Cracks in the particles of a generated electrode: radial ones, or between their grains."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from ..base.schema import choice, entry, number, whole
from .layers import LENGTH, refuse_unused
from .noise import smooth_noise

USED = {"grains": ("grain_diameter",), "radial": ("sectors",)}  # by each kind
SECTORS = 6
FINEST = 2.0  # voxels of a grain
MOST = 0.5  # share of one particle that cracks may take
SMALLEST = 64  # voxels of a particle that may crack
JAGGED = 0.8  # how far boundaries wander, voxels


@dataclass(frozen=True)
class CrackDamage:
    """Cracks in particles.

    share           of the particles' volume (solid and cracks) in all
    kind            grains: along boundaries of grains, one after the other; radial: planes through the middle
    width           opening of a crack, m; default one voxel, which every crack has at least
    grain_diameter  of the grains, m; default a third of the recipe's median diameter, 3 voxels at least
    sectors         into which radial cracks cut a particle
    spread          relative standard deviation of the share from particle to particle
    rise            how much more at the collector than at the separator, in shares of the mean
    """

    share: float = entry(number(0, 0.4))
    kind: str = entry(choice("grains", "radial"), default="grains")
    width: float | None = entry(number(1e-9, 1e-4), default=None, units=LENGTH)
    grain_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)
    sectors: int | None = entry(whole(2, 50), default=None)
    spread: float = entry(number(0, 2), default=0.5)
    rise: float = entry(number(-2, 2), default=0.0)

    def __post_init__(self):
        refuse_unused("cracks", self.kind, self, USED)
        if self.kind == "radial" and self.sectors is None:
            object.__setattr__(self, "sectors", SECTORS)


def crack_particles(cracks, particles, voxel_size, grain_diameter, rng):
    """Open cracks in particles.

    Each particle is cut into cells: Voronoi cells of random points (grains), or of random directions seen
    from its middle (radial), whose boundaries are planes through it. Boundaries open one after the other,
    those near a random plane through the middle first, until the particle has its share.

    particles  int32 [x, y, z], 0 outside

    Returns (bool [x, y, z] where cracks are, int32 [x, y, z] the grains, numbered from 1). Raises InputError
    when the particles cannot take that many.
    """
    finest = FINEST * voxel_size
    if cracks.kind == "grains" and grain_diameter < finest * (1 - 1e-9):
        raise InputError(
            f"cracks.grain_diameter: expected at least {FINEST:g} voxels, {1e6 * finest:g} um, got "
            f"{1e6 * grain_diameter:.3g} um; enlarge it or use finer voxels."
        )
    boxes, sizes = ndimage.find_objects(particles), np.bincount(particles.ravel())[1:]
    wanted = _wanted(cracks, particles, sizes, boxes, rng)
    warp = np.stack([JAGGED * smooth_noise(rng, particles.shape, 3.0) for _ in range(3)], axis=-1)
    cracked, grains, count = np.zeros(particles.shape, bool), np.zeros(particles.shape, np.int32), 0
    for number_, box in enumerate(boxes, start=1):
        body = particles[box] == number_
        places = np.argwhere(body) + warp[box][body]
        seeds = _seeds(cracks, places, grain_diameter / voxel_size, rng)
        cell, order = _opening(cracks, places, seeds, voxel_size, rng)
        opened = np.zeros(len(places), bool)
        opened[order[: wanted[number_ - 1]]] = True
        cracked[box][body] = opened
        grains[box][body] = np.where(opened, 0, count + 1 + cell)
        count += len(seeds)
    return cracked, grains


def _wanted(cracks, particles, sizes, boxes, rng):
    """Voxels of crack in each particle; they add up to the share of all."""
    total = round(cracks.share * sizes.sum())
    depth = np.array([(box[0].start + box[0].stop) / 2 for box in boxes]) / particles.shape[0] - 0.5
    sigma = np.sqrt(np.log1p(cracks.spread**2))
    weight = np.exp(sigma * rng.standard_normal(sizes.size)) * np.maximum(1 + cracks.rise * depth, 0)
    room = np.where(sizes >= SMALLEST, MOST * sizes, 0.0)
    if total > room.sum():
        raise InputError(
            f"cracks.share: expected at most {room.sum() / sizes.sum():.2f} for these particles, got "
            f"{cracks.share:g}; lower it."
        )
    low, high = 0.0, 1.0
    while total and np.minimum(high * weight * sizes, room).sum() < total and high < 1e12:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        enough = np.minimum(middle * weight * sizes, room).sum() >= total
        low, high = (low, middle) if enough else (middle, high)
    running = np.rint(np.cumsum(np.minimum(high * weight * sizes, room)))
    return np.diff(running, prepend=0).astype(int)


def _seeds(cracks, places, grain, rng):
    """Points of the grains, or directions of the sectors, in voxels: [n, 3]."""
    if cracks.kind == "radial":
        seeds = rng.standard_normal((cracks.sectors, 3))
        return seeds / np.linalg.norm(seeds, axis=1)[:, None]
    count = max(2, round(len(places) / (np.pi / 6 * grain**3)))
    return places[rng.choice(len(places), min(count, len(places)), replace=False)]


def _opening(cracks, places, seeds, voxel_size, rng):
    """Cell of each voxel of a particle, and the order in which its voxels open."""
    if len(places) < 2 or len(seeds) < 2:
        return np.zeros(len(places), int), np.arange(len(places))
    at = places - places.mean(0) if cracks.kind == "radial" else places
    away = np.linalg.norm(at, axis=1)
    seen = at / np.maximum(away, 1e-9)[:, None] if cracks.kind == "radial" else at
    from scipy.spatial import cKDTree

    near, cell = cKDTree(seeds).query(seen, k=2)
    normal = seeds[cell[:, 0]] - seeds[cell[:, 1]]
    between = np.maximum(np.linalg.norm(normal, axis=1), 1e-9)
    # the squares of both distances differ by twice the step across the boundary
    apart = (near[:, 1] ** 2 - near[:, 0] ** 2) / (2 * between) * (away if cracks.kind == "radial" else 1)
    steps = (np.abs(normal).max(1) + np.abs(normal).sum(1)) / 2 / between  # no path of voxel faces crosses
    half = np.maximum(steps, (cracks.width or 0.0) / voxel_size) / 2
    pair = np.sort(cell, axis=1) @ np.array([len(seeds), 1])
    kinds, boundary = np.unique(pair, return_inverse=True)
    turn = np.argsort(np.argsort(_nearness(kinds, seeds, rng)))[boundary]
    late = np.where(apart <= half, turn, len(kinds) + apart / half)
    inner = away if cracks.kind == "radial" else places @ rng.standard_normal(3)
    return cell[:, 0], np.lexsort((inner, late))


def _nearness(kinds, seeds, rng):
    """How far each boundary lies from a random plane through the middle, with some scatter: those near it
    open first, so that they make one crack."""
    first, second = seeds[kinds // len(seeds)], seeds[kinds % len(seeds)]
    normal = rng.standard_normal(3)
    away = np.abs((first + second) / 2 @ normal - seeds.mean(0) @ normal)
    return away + 0.3 * away.std() * rng.standard_normal(len(kinds))
