"""A synthetic electrode: packed, slightly deformed particles, carbon-binder between them, pores, damage.

The electrode that ships with the project is made here, so that no licence stands between it and its users.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from ..base.errors import InputError
from ..base.memory import require_memory
from ..base.words import times
from ..mesh.percolation import percolating
from .binder import binder_order
from .bodies import Canvas, draw_shapes, two_nearest, with_images
from .calendering import press, pressed_layers
from .contact_loss import contact_count, contact_gaps
from .cracks import crack_particles
from .delamination import gap_sheet
from .depth import leaning_limit
from .layers import start_depth, zones_of
from .noise import stage_rng
from .packing import lognormal_radii, pack_spheres
from .pores import channels
from .recipe import ElectrodeRecipe
from .voids import pushing_out

PHASES = {"pore": 0, "am": 1, "cbd": 2}
CRACK = {"crack": 3}
VOXEL_BYTES = 45  # of memory for each voxel, as measured on 0.1 and 0.9 million


@dataclass(frozen=True)
class SyntheticElectrode:
    """A generated electrode and what was measured on it.

    phase      uint8 [x, y, z], labels `phases`
    particles  int32 [x, y, z]: number of the particle, from 1; 0 outside particles (cracks belong to them). A
               particle that the sides of the box cut has one number for each of its parts
    grains     int32 [x, y, z]: number of the grain or sector, from 1; None without cracks
    measured   {particles, volume_fraction {...}, connected_active_fraction, percolating_pore_fraction,
               largest_overlap (of the packed spheres, in radii), surface_shift_voxels (mean over the depth,
               see build_electrode), and before_calendering {shape, volume_fraction}, before_contact_loss
               {volume_fraction}, lost_contact_share and gap_share (of the section) where there was one}
    """

    recipe: ElectrodeRecipe
    phase: np.ndarray
    particles: np.ndarray
    measured: dict
    grains: np.ndarray | None = None

    @property
    def phases(self):
        """Label of each phase: {name: label}."""
        return PHASES | CRACK if self.recipe.cracks else PHASES


@dataclass(frozen=True)
class DrawnParticles:
    """Drawn particles: distances of each voxel to the two nearest surfaces (m, < 0 inside), their numbers,
    the limit of `first` below which a voxel is active, [x or 1, 1, 1], and what was measured."""

    first: np.ndarray
    second: np.ndarray
    owner: np.ndarray
    other: np.ndarray
    shift: np.ndarray
    measured: dict


def build_electrode(recipe, progress=None):
    """Generate an electrode from its recipe, the same bits each time.

    1. Channels and a gap are marked; nothing else goes there (pores.py, delamination.py).
    2. Spheres, lognormal in size, are packed without overlap, periodic in y and z (packing.py), layer by
       layer (layers.py), and squeezed (calendering.py).
    3. Each is deformed by Legendre polynomials of order 2 and 3 about random axes. A voxel belongs to the
       particle whose surface it lies deepest in, so that none overlap; all surfaces are then shifted by one
       distance (`surface_shift_voxels`; with layers or a gradient it depends on the depth) that gives the
       active fraction.
    4. The carbon-binder domain fills the voxels with the smallest sum of distances to the two nearest
       particles: bridges around contacts and narrow gaps. Along the shortest chain of gaps that joins all
       particles (their minimum spanning tree) the sum counts from the gap's narrowest place, so that each of
       these gaps gets a bridge. Or it makes films, fibres or aggregates (binder.py).
    5. Particles crack (cracks.py), and binder comes off them (contact_loss.py).

    Each stage has random numbers of its own, from the recipe's seed.

    progress: callable(done, total, message) or None. Raises InputError when the packing fails.
    """
    voxels = prod(recipe.shape)
    require_memory(VOXEL_BYTES * voxels, f"shape: {times(recipe.shape)} voxels", "make the box smaller")
    voids = _voids(recipe)
    if recipe.solid_walls:
        active = ~voids
        phase = np.where(active, PHASES["am"], PHASES["pore"]).astype(np.uint8)
        return SyntheticElectrode(recipe, phase, active.astype(np.int32), measure_electrode(phase))
    packed = _packed(recipe, voids, progress)
    active = packed.first < packed.shift
    binder = _binder(recipe, packed, active, voids)
    phase = np.where(active, PHASES["am"], np.where(binder, PHASES["cbd"], PHASES["pore"])).astype(np.uint8)
    particles = np.zeros(phase.shape, dtype=np.int32)
    particles[active] = np.unique(packed.owner[active], return_inverse=True)[1] + 1
    grains, lost = _cracked(recipe, phase, particles), _unstuck(recipe, phase)
    if recipe.delamination:
        lost["gap_share"] = float(_gap(recipe).any(0).mean())
    measured = measure_electrode(phase) | packed.measured | lost
    return SyntheticElectrode(recipe, phase, particles, measured, grains)


def measure_electrode(phase):
    """Measure a generated label volume.

    connected_active_fraction  share of the active material in clusters of am and cbd that join both end faces
                               of x (6 neighbours, sides not periodic)
    percolating_pore_fraction  share of the pore that joins both end faces of x
    """
    active, pore = phase == PHASES["am"], phase == PHASES["pore"]
    electronic, open_pore = percolating(active | (phase == PHASES["cbd"]), "x"), percolating(pore, "x")
    names = PHASES | CRACK if np.any(phase == CRACK["crack"]) else PHASES
    return {
        "volume_fraction": {name: float(np.mean(phase == label)) for name, label in names.items()},
        "connected_active_fraction": float(np.count_nonzero(active & electronic) / max(np.sum(active), 1)),
        "percolating_pore_fraction": float(np.sum(open_pore) / max(np.sum(pore), 1)),
    }


def _shape(recipe):
    """Voxels of the finished electrode."""
    layers = recipe.shape[0]
    return (pressed_layers(recipe.calendering, layers) if recipe.calendering else layers, *recipe.shape[1:])


def _voids(recipe):
    """Mark what stays empty: bool [x, y, z]."""
    shape, found = _shape(recipe), np.zeros(_shape(recipe), dtype=bool)
    if recipe.pores:
        found |= channels(recipe.pores, shape, recipe.voxel_size, stage_rng(recipe.seed, "pores"))
    return found | _gap(recipe) if recipe.delamination else found


def _gap(recipe):
    rng = stage_rng(recipe.seed, "delamination")
    return gap_sheet(recipe.delamination, _shape(recipe), recipe.voxel_size, rng)


def _packed(recipe, voids, progress):
    """Pack particles, squeeze them, and draw them up to the active fraction."""
    rng, zones = np.random.default_rng(recipe.seed), zones_of(recipe)
    radii, centres, overlap = _pack(rng, recipe, zones, voids, progress)
    shapes = draw_shapes(rng, radii.size)
    reach = max(zone.sizes[0] for zone in zones) / 2
    canvas = Canvas(voids.shape, recipe.voxel_size, recipe.deformation, reach)
    if recipe.calendering:
        centres = press(centres, radii, recipe.box, canvas.box)
    bodies = with_images(centres, radii, canvas)
    first, second, owner, other = two_nearest(bodies, shapes, canvas, progress)
    first[voids] = np.inf
    shift = _surfaces(first, recipe, zones)
    measured = {
        "particles": int(radii.size),
        "largest_overlap": overlap,
        "surface_shift_voxels": float(np.mean(shift) / recipe.voxel_size),
    }
    if recipe.calendering:
        measured["before_calendering"] = _before(recipe, zones)
    return DrawnParticles(first, second, owner, other, shift, measured)


def _pack(rng, recipe, zones, voids, progress):
    volumes = [zone.active * (recipe.box.prod() * (zone.end - zone.start)) for zone in zones]
    sizes = [(median / 2, spread, small / 2, large / 2) for median, spread, small, large in
             (zone.sizes for zone in zones)]  # fmt: skip
    parts = [lognormal_radii(rng, volume, *size) for volume, size in zip(volumes, sizes)]
    radii = np.concatenate(parts)
    options = {"depth": start_depth(zones[0]), "progress": progress}
    if len(zones) > 1 or recipe.pores:  # walls within the box jam the last steps of a packing
        options["tolerance"] = 0.02
    if len(zones) > 1:
        ends = np.repeat([(zone.start, zone.end) for zone in zones], [part.size for part in parts], axis=0)
        options["zones"] = ends.T * recipe.box[0]
    if recipe.pores:
        options["push"] = pushing_out(voids, radii, recipe.voxel_size, recipe.shape[0] / voids.shape[0])
    centres, overlap = pack_spheres(rng, radii, recipe.box, **options)
    if overlap > 0.1:
        raise InputError(
            f"expected a packing without overlap, got spheres that overlap by {100 * overlap:.0f} % of a "
            "radius; lower active_fraction, try another seed or enlarge the box."
        )
    return radii, centres, overlap


def _surfaces(first, recipe, zones):
    """Limit of the distance below which a voxel is active, zone by zone: [x or 1, 1, 1]."""
    squeeze = recipe.shape[0] / len(first)
    limits = []
    for zone in zones:
        part = first[zone.layers(len(first))]
        count = round(zone.active * squeeze * part.size)
        limit = leaning_limit(part, count, zone.active_lean, _windows(recipe), "the active fraction")
        limits.append(limit if len(zones) == 1 else np.broadcast_to(limit, (len(part), 1, 1)))
    return np.concatenate(limits)


def _binder(recipe, drawn, active, voids):
    """Mark the binder, zone by zone: bool [x, y, z]."""
    shape, zones = recipe.binder, zones_of(recipe)
    squeeze, found = recipe.shape[0] / len(active), np.zeros(active.shape, dtype=bool)
    fraction = squeeze * sum((zone.end - zone.start) * zone.binder for zone in zones)
    rng = stage_rng(recipe.seed, "binder")
    order = binder_order(shape, drawn, active, voids, fraction, recipe.voxel_size, rng)
    for zone in zones:
        layers, lean = zone.layers(len(order)), zone.binder_lean
        if shape and shape.migration:
            lean = (lean or 0.0) - shape.migration * zone.binder * squeeze
        count = round(zone.binder * squeeze * order[layers].size)
        found[layers] = smallest(order[layers], count, lean, _windows(recipe))
    return found


def _unstuck(recipe, phase):
    """Take the binder off particles in place; returns what was lost, or {}."""
    if not recipe.contact_loss:
        return {}
    before = measure_electrode(phase)["volume_fraction"]
    rng = stage_rng(recipe.seed, "contact_loss")
    particle, binder = np.isin(phase, (PHASES["am"], CRACK["crack"])), phase == PHASES["cbd"]
    gone = contact_gaps(recipe.contact_loss, particle, binder, recipe.voxel_size, rng)
    faces = contact_count(particle, binder)
    phase[gone] = PHASES["pore"]
    lost = float(faces[gone].sum() / faces.sum())
    return {"before_contact_loss": {"volume_fraction": before}, "lost_contact_share": lost}


def _windows(recipe):
    """Windows of the depth in which a gradient is met: two particles each."""
    return max(2, round(recipe.box[0] / (2 * recipe.median_diameter)))


def _cracked(recipe, phase, particles):
    """Open cracks in place; returns the grains, or None."""
    if not recipe.cracks:
        return None
    grain = recipe.cracks.grain_diameter or max(recipe.median_diameter / 3, 3 * recipe.voxel_size)
    rng = stage_rng(recipe.seed, "cracks")
    cracked, grains = crack_particles(recipe.cracks, particles, recipe.voxel_size, grain, rng)
    phase[cracked] = CRACK["crack"]
    return grains


def _before(recipe, zones):
    """Shape and fractions before calendering."""
    active, binder = (sum((z.end - z.start) * part(z) for z in zones)
                      for part in (lambda z: z.active, lambda z: z.binder))  # fmt: skip
    fractions = {"pore": 1 - active - binder, "am": active, "cbd": binder}
    return {"shape": list(recipe.shape), "volume_fraction": fractions}


def smallest(values, count, lean=None, windows=1):
    """Mark the `count` smallest finite values; of equal ones the first in memory.

    lean, windows: as for leaning_limit
    """
    room = np.count_nonzero(np.isfinite(values))
    if count > room:
        raise InputError(
            "expected a cbd_fraction that fits between the particles, at most "
            f"{room / values.size:.3f} here, got {count / values.size:.3f}; lower it."
        )
    if lean is not None:
        values = values - leaning_limit(values, count, lean, windows, "the binder fraction")
    chosen = np.zeros(values.size, dtype=bool)
    chosen[np.argsort(values, axis=None, kind="stable")[:count]] = True
    return chosen.reshape(values.shape)
