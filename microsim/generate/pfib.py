"""A synthetic stack of FIB-SEM images of a known volume: cracks, grey levels, what lies behind pores,
curtains, noise.

For testing the way from grey levels to phases: the truth is known voxel by voxel. The optics below know
nothing of the corrections in microsim.segment: they follow rays and solid angles in the true volume.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from ..base.axes import axis_number
from ..base.errors import InputError
from ..mesh.grid import VoxelGrid

LEVELS = {"pore": 0.08, "crack": 0.08, "cbd": 0.36, "am": 0.80}  # emission of an exposed face, full scale 1
TEXTURE = {"cbd": 0.05, "am": 0.03}  # standard deviation of the emission within a phase
FULL_SCALE = 255


@dataclass(frozen=True)
class Optics:
    """How a slice is imaged; lengths in voxels.

    axis         slicing axis; slices are removed from its low end, so what lies behind has higher numbers
    reach        depth over which the light of a wall behind falls to 1/e, besides what the opening screens;
                 0: black voids
    tilt_deg     between the line of sight and the slicing axis, towards the last of the other two axes
    blur         standard deviation of the spot
    noise        standard deviation of the noise at full scale; it goes with the square root of the signal
    curtains     standard deviation of the stripes, relative; they run along the last of the other two axes
    shading      loss of signal from one end of the stripes to the other, relative
    flicker      standard deviation of the brightness from slice to slice, relative
    drift        standard deviation of the shift from slice to slice
    mark         width of a strip with a fiducial mark at the low end of the stripes; 0: none
    seed         of the random numbers
    """

    axis: str = "z"
    reach: float = 8.0
    tilt_deg: float = 0.0
    blur: float = 0.6
    noise: float = 0.05
    curtains: float = 0.04
    shading: float = 0.10
    flicker: float = 0.02
    drift: float = 0.4
    mark: int = 0
    seed: int = 0


@dataclass(frozen=True)
class SimulatedStack:
    """Images as taken (uint8 [x, y, z]), shifts of the slices (voxels [n, 2]) and the share of void
    voxels whose wall behind is seen above half way from black to CBD."""

    grey: np.ndarray
    shifts: np.ndarray = field(repr=False)
    lit_voids: float


def add_cracks(phase, particles, share, *, thickness=2.5, phases=None, seed=0):
    """Open cracks in particles: wavy sheets through each, until its cracks take a share of its volume.

    phase      uint8 [x, y, z]; particles: int [x, y, z], number of the particle, 0 outside active material
    share      of a particle's volume (solid and cracks)
    thickness  of a sheet, voxels
    phases     names of the labels in their order, default pore, am, cbd

    Returns a label array with one label more (crack), whose number is len(phases).
    """
    names = tuple(phases or ("pore", "am", "cbd"))
    if not 0 <= share < 0.5:
        raise InputError(f"expected a share of cracks from 0 to 0.5, got {share}; correct it.")
    rng, cracked = np.random.default_rng(seed), np.array(phase, np.uint8)
    for number, box in enumerate(ndimage.find_objects(particles), start=1):
        if box is None or max(part.stop - part.start for part in box) < 4 * thickness:
            continue
        body = particles[box] == number
        sheet = _sheets(rng, body, round(share * np.count_nonzero(body)), thickness)
        cracked[box][sheet] = len(names)
    return cracked


def _sheets(rng, body, voxels, thickness):
    """Mark wavy sheets through a body until they hold `voxels`; the last one is narrowed to fit."""
    centres = np.argwhere(body)
    if not voxels or len(centres) == 0:
        return np.zeros_like(body)
    middle, size = centres.mean(0), len(centres) ** (1 / 3)
    places = np.stack(np.meshgrid(*map(np.arange, body.shape), indexing="ij")) - middle[:, None, None, None]
    found = np.zeros_like(body)
    for _ in range(20):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        offset = np.tensordot(normal, places, 1) - 0.25 * size * rng.uniform(-1, 1)
        offset += 0.06 * size * _waves(rng, places, size)
        offset /= np.sqrt(sum(s**2 for s in _slopes(offset)))  # about the distance to the sheet
        sheet = (np.abs(offset) < thickness / 2) & body & ~found
        left = voxels - np.count_nonzero(found)
        if np.count_nonzero(sheet) > left:
            along = np.tensordot(np.cross(normal, rng.normal(size=3)), places, 1)
            sheet &= along <= np.sort(along[sheet])[max(left - 1, 0)]
        found |= sheet
        if np.count_nonzero(found) >= voxels:
            break
    return found


def _slopes(values):
    return [np.gradient(values, axis=axis) for axis in range(3) if values.shape[axis] > 1]


def _waves(rng, places, size):
    total = 0.0
    for _ in range(3):
        k = rng.normal(size=3) * 2 / size
        total = total + np.sin(np.tensordot(k, places, 1) * np.pi + rng.uniform(0, 2 * np.pi))
    return total / np.sqrt(1.5)


def pfib_stack(grid, optics=Optics(), progress=None):
    """Image a volume slice by slice, as a FIB-SEM with a detector of back-scattered electrons does.

        solid       I = E(p)
        void        I = black + (E(w) - black) a^2 / (a^2 + d^2) exp(-d / reach)

    E is the emission of an exposed face (level of the phase and its texture: grains in active material, fine
    clusters in binder), w the first solid along the line of sight, d its distance. a^2 / (a^2 + d^2) is the
    share of a Lambertian wall's light that leaves through a round opening of radius a, here the distance from
    p to the rim of the void in the slice. Then come the spot, shading and curtains, flicker, drift and noise.

    grid: VoxelGrid with phases out of pore, crack, cbd, am. Returns SimulatedStack.
    """
    axis = axis_number(optics.axis)
    rng = np.random.default_rng(optics.seed)
    unknown = [name for name in grid.names if name not in LEVELS]
    if unknown:
        raise InputError(f"expected the phases {', '.join(LEVELS)}, got {', '.join(unknown)}; rename them.")
    emission = np.moveaxis(_emission(rng, grid), axis, 0)
    voids = [name for name in grid.names if name in ("pore", "crack")]
    void = np.moveaxis(grid.mask(*voids) if voids else np.zeros(grid.shape, bool), axis, 0)
    seen, lit = _seen(emission, void, optics, progress)
    seen[:, :, : optics.mark] = _mark(rng, (seen.shape[1], optics.mark))
    stained = _shaded(rng, ndimage.gaussian_filter(seen, (0, optics.blur, optics.blur)), optics)
    shifts = np.concatenate(
        [[[0.0, 0.0]], np.cumsum(rng.normal(size=(len(seen) - 1, 2)) * optics.drift, axis=0)]
    )
    moved = np.stack(
        [ndimage.shift(image, shift, order=1, mode="nearest") for image, shift in zip(stained, shifts)]
    )
    noisy = moved + optics.noise * np.sqrt(np.clip(moved, 0.02, None)) * rng.standard_normal(moved.shape)
    grey = np.clip(np.rint(FULL_SCALE * noisy), 0, FULL_SCALE).astype(np.uint8)
    return SimulatedStack(np.ascontiguousarray(np.moveaxis(grey, 0, axis)), shifts, lit)


def _emission(rng, grid):
    """Emission of each voxel if its face were exposed."""
    emission = np.zeros(grid.shape, np.float32)
    for name in grid.names:
        emission[grid.mask(name)] = LEVELS[name]
    if "am" in grid.names:
        emission += TEXTURE["am"] * _grains(rng, grid.shape, 4.0) * grid.mask("am")
    if "cbd" in grid.names:
        fine = ndimage.gaussian_filter(rng.standard_normal(grid.shape).astype(np.float32), 0.7)
        emission += TEXTURE["cbd"] * fine / fine.std() * grid.mask("cbd")
    return emission


def _grains(rng, shape, edge):
    """A standard normal value for each cell of a Voronoi mosaic, cells `edge` voxels wide on average."""
    from scipy.spatial import cKDTree

    seeds = rng.random((max(int(np.prod(shape) / edge**3), 1), 3)) * shape
    nearest = np.empty(shape, np.int32)
    tree, plane = cKDTree(seeds), np.stack(np.meshgrid(*map(np.arange, shape[1:]), indexing="ij"), -1)
    for i in range(shape[0]):
        nearest[i] = tree.query(np.concatenate([np.full((*shape[1:], 1), i), plane], -1))[1]
    return rng.standard_normal(len(seeds)).astype(np.float32)[nearest]


def _seen(emission, void, optics, progress):
    """Light of each pixel of each slice [s, u, v]; also the share of void pixels lit to half the level of
    binder."""
    black, seen, lit = LEVELS["pore"], emission.copy(), 0
    step = np.tan(np.radians(optics.tilt_deg))
    for s in range(len(emission)):
        if progress:
            progress(s, len(emission), "imaging slices")
        opening = ndimage.distance_transform_edt(np.pad(void[s], 1, mode="edge"))[1:-1, 1:-1]
        wall, depth = _wall_behind(emission, void, s, step)
        screened = opening**2 / np.maximum(opening**2 + depth**2, 1e-12)
        glow = (wall - black) * screened * np.exp(-depth / optics.reach) if optics.reach > 0 else 0.0
        seen[s] = np.where(void[s], black + glow, emission[s])
        lit += np.count_nonzero(void[s] & (seen[s] > (black + LEVELS["cbd"]) / 2))
    return seen, lit / max(np.count_nonzero(void), 1)


def _wall_behind(emission, void, s, step, farthest=40):
    """Emission and distance (voxels) of the first solid behind each pixel of slice s; black where there is
    none."""
    wall = np.full(void.shape[1:], np.float32(LEVELS["pore"]))
    depth = np.full(void.shape[1:], np.float32(np.inf))
    open_, columns = void[s].copy(), np.arange(void.shape[2])
    for k in range(1, min(farthest, len(void) - s)):
        place = np.clip(np.rint(columns + step * k).astype(int), 0, void.shape[2] - 1)
        solid = ~void[s + k][:, place]
        found = open_ & solid
        wall[found] = emission[s + k][:, place][found]
        depth[found] = (k - 0.5) * np.hypot(1, step)
        open_ &= ~solid
        if not open_.any():
            break
    return wall, np.where(np.isfinite(depth), depth, np.float32(1e6))


def _mark(rng, shape):
    """A fiducial mark: lines milled into a bright layer, the same in every slice."""
    pattern = (
        ndimage.gaussian_filter(rng.standard_normal(shape), 1.5, mode="wrap") if shape[1] else np.zeros(shape)
    )
    return np.where(pattern > 0, LEVELS["am"], LEVELS["pore"])


def _shaded(rng, seen, optics):
    """Apply shading along the stripes, curtains (correlated from slice to slice) and flicker."""
    n, width, height = seen.shape
    ramp = 1 - optics.shading * np.linspace(0, 1, height, dtype=np.float32)
    out, stripes = np.empty_like(seen), np.zeros(width)
    for s in range(n):
        fresh = rng.standard_normal(width) + 2 * ndimage.gaussian_filter1d(rng.standard_normal(width), 2.0)
        stripes = 0.7 * stripes + np.sqrt(1 - 0.49) * fresh
        fade = np.linspace(rng.uniform(0.5, 1), 1, height)
        brightness = 1 + optics.flicker * rng.standard_normal()
        out[s] = seen[s] * ramp * brightness * (1 + optics.curtains * stripes[:, None] / 1.25 * fade)
    return out


def with_cracks(electrode, share, *, thickness=2.5, seed=0):
    """Make a four-phase VoxelGrid (pore, am, cbd, crack) of a SyntheticElectrode."""
    labels = add_cracks(electrode.phase, electrode.particles, share, thickness=thickness, seed=seed)
    return VoxelGrid(labels, ("pore", "am", "cbd", "crack"), electrode.recipe.voxel_size)
