"""A synthetic electrode: packed, slightly deformed particles, carbon-binder bridges between them, pores.

The electrode that ships with the project is made here, so that no licence stands between it and its users.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from ..base.errors import InputError
from ..base.files import write_text
from ..base.gallery import located
from ..base.schema import entry, number, read_yaml, section, shown, whole
from ..mesh.grid import both_sides
from ..mesh.percolation import percolating
from .packing import lognormal_radii, pack_spheres

PHASES = {"pore": 0, "am": 1, "cbd": 2}
LENGTH = {"um": 1e6, "nm": 1e9}


def _voxel_counts(raw, path):
    """Read [x, y, z], each from 8 to 2000 voxels."""
    if not isinstance(raw, (list, tuple)) or len(raw) != 3:
        raise InputError(f"{path}: expected three numbers of voxels [x, y, z], got {raw}; give all three.")
    return tuple(whole(8, 2000)(part, f"{path}.{i}") for i, part in enumerate(raw))


@dataclass(frozen=True)
class ElectrodeRecipe:
    """What a synthetic electrode is made of; together with the seed it fixes every voxel.

    shape              voxels along x, y, z
    voxel_size         edge, m
    active_fraction    volume fraction of active material
    cbd_fraction       volume fraction of carbon-binder domain; the rest is pore
    median_diameter    of the particles, lognormal by number, m
    diameter_spread    standard deviation of ln(diameter)
    smallest_diameter, largest_diameter   where the distribution is cut off, m
    deformation        root mean square deviation of a particle's radius from a sphere's, relative
    seed               of the random numbers
    """

    shape: tuple[int, int, int] = entry(_voxel_counts, default=(64, 48, 48))
    voxel_size: float = entry(number(1e-9, 1e-4), default=0.4e-6, units={"nm": 1e9, "um": 1e6})
    active_fraction: float = entry(number(0.05, 0.63), default=0.58)
    cbd_fraction: float = entry(number(0, 0.3), default=0.09)
    median_diameter: float = entry(number(1e-9, 1e-3), default=6e-6, units=LENGTH)
    diameter_spread: float = entry(number(0, 1), default=0.3)
    smallest_diameter: float = entry(number(1e-9, 1e-3), default=3e-6, units=LENGTH)
    largest_diameter: float = entry(number(1e-9, 1e-3), default=9e-6, units=LENGTH)
    deformation: float = entry(number(0, 0.1), default=0.05)
    seed: int = entry(whole(0), default=1)

    def __post_init__(self):
        small, median, large = (
            1e6 * d for d in (self.smallest_diameter, self.median_diameter, self.largest_diameter)
        )
        if not small <= median <= large:
            raise InputError(
                "expected smallest_diameter, median_diameter, largest_diameter in rising order, got "
                f"{small:g}, {median:g}, {large:g} um; correct them."
            )
        side = 1e6 * self.voxel_size * min(self.shape)
        if 2 * large > side * (1 + 1e-9):
            raise InputError(
                f"expected a largest_diameter of at most half the shortest side of the box, {side / 2:g} "
                f"um, got {large:g} um; enlarge the box or lower the diameter."
            )
        if small < 4e6 * self.voxel_size * (1 - 1e-9):
            raise InputError(
                f"expected a smallest_diameter of at least 4 voxels, {4e6 * self.voxel_size:g} um, got "
                f"{small:g} um; use finer voxels or raise the diameter."
            )

    @property
    def box(self):
        """Edges of the box, m."""
        return np.array(self.shape) * self.voxel_size


@dataclass(frozen=True)
class SyntheticElectrode:
    """A generated electrode and what was measured on it.

    phase      uint8 [x, y, z], labels PHASES
    particles  int32 [x, y, z]: number of the particle, from 1; 0 outside active material. A particle that the
               sides of the box cut has one number for each of its parts
    measured   {particles, volume_fraction {...}, connected_active_fraction, percolating_pore_fraction,
               largest_overlap (of the packed spheres, in radii), surface_shift_voxels (see build_electrode)}
    """

    recipe: ElectrodeRecipe
    phase: np.ndarray
    particles: np.ndarray
    measured: dict


def load_electrode_recipe(path):
    """Read a recipe from a YAML file; keys as ElectrodeRecipe's fields, lengths with a unit (_um, _nm)."""
    return section(ElectrodeRecipe, read_yaml(located(path)) or {}, "")


def save_electrode_recipe(path, recipe):
    """Write a recipe as YAML, every value written out."""
    return write_text(path, "".join(f"{key}: {value}\n" for key, value in shown(recipe).items()))


def build_electrode(recipe, progress=None):
    """Generate an electrode from its recipe, the same bits each time.

    1. Spheres, lognormal in size, are packed without overlap, periodic in y and z (packing.py).
    2. Each is deformed by Legendre polynomials of order 2 and 3 about random axes. A voxel belongs to the
       particle whose surface it lies deepest in, so that none overlap; all surfaces are then shifted by one
       distance (`surface_shift_voxels`) that gives the active fraction.
    3. The carbon-binder domain fills the voxels with the smallest sum of distances to the two nearest
       particles: bridges around contacts and narrow gaps. Along the shortest chain of gaps that joins all
       particles (their minimum spanning tree) the sum counts from the gap's narrowest place, so that each of
       these gaps gets a bridge.

    progress: callable(done, total, message) or None. Raises InputError when the packing fails.
    """
    rng = np.random.default_rng(recipe.seed)
    radii, centres, overlap = _pack(rng, recipe, progress)
    bodies = _with_images(centres, radii, recipe)
    first, second, owner, other = _two_nearest(bodies, _shapes(rng, radii.size), recipe, progress)
    shift = np.sort(first, axis=None)[round(recipe.active_fraction * first.size)]
    active = first < shift
    sums = np.where(active, np.inf, first + second - 2 * shift)
    sums -= _bridging(sums, active, owner, other, recipe.voxel_size)
    binder = _smallest(sums, round(recipe.cbd_fraction * sums.size))
    phase = np.where(active, PHASES["am"], np.where(binder, PHASES["cbd"], PHASES["pore"])).astype(np.uint8)
    particles = np.zeros(phase.shape, dtype=np.int32)
    particles[active] = np.unique(owner[active], return_inverse=True)[1] + 1
    measured = measure_electrode(phase) | {
        "particles": int(radii.size),
        "largest_overlap": overlap,
        "surface_shift_voxels": float(shift / recipe.voxel_size),
    }
    return SyntheticElectrode(recipe, phase, particles, measured)


def measure_electrode(phase):
    """Measure a generated label volume.

    connected_active_fraction  share of the active material in clusters of am and cbd that join both end faces
                               of x (6 neighbours, sides not periodic)
    percolating_pore_fraction  share of the pore that joins both end faces of x
    """
    active, pore = phase == PHASES["am"], phase == PHASES["pore"]
    electronic, open_pore = percolating(~pore, "x"), percolating(pore, "x")
    return {
        "volume_fraction": {name: float(np.mean(phase == label)) for name, label in PHASES.items()},
        "connected_active_fraction": float(np.count_nonzero(active & electronic) / max(np.sum(active), 1)),
        "percolating_pore_fraction": float(np.sum(open_pore) / max(np.sum(pore), 1)),
    }


def _pack(rng, recipe, progress):
    halves = (recipe.median_diameter / 2, recipe.diameter_spread, recipe.smallest_diameter / 2)
    volume = recipe.active_fraction * recipe.box.prod()
    radii = lognormal_radii(rng, volume, *halves, recipe.largest_diameter / 2)
    centres, overlap = pack_spheres(rng, radii, recipe.box, progress=progress)
    if overlap > 0.1:
        raise InputError(
            f"expected a packing without overlap, got spheres that overlap by {100 * overlap:.0f} % of a "
            "radius; lower active_fraction, try another seed or enlarge the box."
        )
    return radii, centres, overlap


def _reach(recipe):
    """How far from a particle's mean surface distances are needed, m."""
    return recipe.median_diameter / 2


def _with_images(centres, radii, recipe):
    """List the copies of particles, periodic in y and z, that may touch the box: number, centre, radius."""
    bodies, box = [], recipe.box
    for particle, (centre, radius) in enumerate(zip(centres, radii)):
        extent = radius * (1 + 3 * recipe.deformation) + _reach(recipe)
        for shift_y in (-box[1], 0.0, box[1]):
            for shift_z in (-box[2], 0.0, box[2]):
                moved = centre + (0.0, shift_y, shift_z)
                if np.all(moved + extent > 0) and np.all(moved - extent < box):
                    bodies.append((particle, moved, radius))
    return bodies


def _shapes(rng, count, terms=4):
    """Draw each particle's shape: random axes [count, terms, 3] and weights [count, 2 orders, terms]."""
    axes = rng.random((count, terms, 3)) - 0.5
    axes /= np.sqrt(axes[..., :1] ** 2 + axes[..., 1:2] ** 2 + axes[..., 2:] ** 2)
    return axes, (rng.random((count, 2, terms)) - 0.5) * np.sqrt(12 / (2 * terms))


def _bump(x, y, z, axes, weights):
    """Relative deviation from a sphere in the directions x, y, z: root mean square about 1, at most 3.

    sum_k w_2k sqrt(5) P2(n . u_k) + w_3k sqrt(7) P3(n . u_k),  P2 = (3 t2 - 1) / 2,  P3 = (5 t3 - 3 t) / 2
    """
    bump = np.zeros_like(x)
    for (ux, uy, uz), second, third in zip(axes, *weights):
        t = ux * x + uy * y + uz * z
        bump += second * np.sqrt(5) * (3 * t * t - 1) / 2 + third * np.sqrt(7) * (5 * t * t * t - 3 * t) / 2
    return np.clip(bump, -3, 3)


def _two_nearest(bodies, shapes, recipe, progress):
    """Find the two nearest particles of each voxel: distances to their surfaces (m, < 0 inside) and numbers.

    Farther than _reach from all surfaces the distance is infinite and the number -1.
    """
    first, second = (np.full(recipe.shape, np.inf, dtype=np.float32) for _ in range(2))
    owner, other = (np.full(recipe.shape, -1, dtype=np.int32) for _ in range(2))
    for body, (particle, centre, radius) in enumerate(bodies):
        if progress and body % 20 == 0:
            progress(body, len(bodies), "drawing particles")
        block, distance = _distance_around(centre, radius, shapes[0][particle], shapes[1][particle], recipe)
        near, far, who, next_to = first[block], second[block], owner[block], other[block]
        nearer = distance < near
        closer = ~nearer & (distance < far)
        far[...] = np.where(nearer, near, np.where(closer, distance, far))
        next_to[...] = np.where(nearer, who, np.where(closer, body, next_to))
        near[...] = np.where(nearer, distance, near)
        who[nearer] = body
    return first, second, owner, other


def _distance_around(centre, radius, axes, weights, recipe):
    """Distance to one particle's surface along the ray from its centre, in a block of voxels around it."""
    h, extent = recipe.voxel_size, radius * (1 + 3 * recipe.deformation) + _reach(recipe)
    low = np.maximum(np.floor((centre - extent) / h), 0).astype(int)
    high = np.minimum(np.ceil((centre + extent) / h), recipe.shape).astype(int)
    block = tuple(slice(a, b) for a, b in zip(low, high))
    x, y, z = np.meshgrid(
        *((np.arange(a, b) + 0.5) * h - c for a, b, c in zip(low, high, centre)), indexing="ij"
    )
    length = np.sqrt(x * x + y * y + z * z)
    per_length = 1 / np.maximum(length, 1e-3 * h)
    bump = _bump(x * per_length, y * per_length, z * per_length, axes, weights)
    distance = (length - radius * (1 + recipe.deformation * bump)).astype(np.float32)
    return block, np.where(distance < _reach(recipe), distance, np.float32(np.inf))


def _bridging(sums, active, owner, other, h):
    """What to subtract from `sums` between particles joined by the minimum spanning tree of gaps: m."""
    between, count = ~active & np.isfinite(sums), int(owner.max()) + 1
    pairs, position = np.unique(_pair(owner[between], other[between], count), return_inverse=True)
    gaps = np.full(pairs.size, np.inf)
    np.minimum.at(gaps, position, sums[between])
    gaps = np.maximum(gaps, 0)
    joined = _spanning_pairs(
        pairs, gaps + h, _touching_pairs(np.where(active, owner, -1), count), 0.5 * h, count
    )
    taken = np.zeros(sums.shape, dtype=np.float32)
    taken[between] = np.where(np.isin(pairs, joined), gaps, 0)[position]
    return taken


def _pair(a, b, count):
    """One number for each pair of particles, in whichever order the two come."""
    return np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b)


def _spanning_pairs(pairs, lengths, touching, short, count):
    """Pairs in the minimum spanning tree; all lengths above zero, since zero would mean no link."""
    pairs = np.concatenate([touching, pairs])
    lengths = np.concatenate([np.full(touching.size, short), lengths])
    pairs, first = np.unique(pairs, return_index=True)  # a pair that touches counts as touching
    links = coo_array((lengths[first], (pairs // count, pairs % count)), shape=(count, count))
    tree = minimum_spanning_tree(links.tocsr()).tocoo()
    return _pair(tree.row, tree.col, count)


def _touching_pairs(owner, count):
    """Pairs of particles that share a voxel face, numbered low * count + high."""
    found = [np.empty(0, dtype=np.int64)]
    for axis in range(3):
        low, high = both_sides(owner, axis)
        differ = (low >= 0) & (high >= 0) & (low != high)
        found.append(_pair(low[differ], high[differ], count))
    return np.unique(np.concatenate(found))


def _smallest(values, count):
    """Mark the `count` smallest finite values; of equal ones the first in memory."""
    room = np.count_nonzero(np.isfinite(values))
    if count > room:
        raise InputError(
            "expected a cbd_fraction that fits between the particles, at most "
            f"{room / values.size:.3f} here, got {count / values.size:.3f}; lower it."
        )
    chosen = np.zeros(values.size, dtype=bool)
    chosen[np.argsort(values, axis=None, kind="stable")[:count]] = True
    return chosen.reshape(values.shape)
