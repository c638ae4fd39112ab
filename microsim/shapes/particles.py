"""Particles, fragments and grains of the active material: sizes, shapes, cracks, contacts; and how two states
differ.

A particle is active material together with the cracks in it, apart from others it touches; a fragment is a
piece of a particle's solid that no path of solid joins to the rest; grains are what a finer split of the
solid gives.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from ..mesh.grid import both_sides, seen_edges
from ..mesh.morphology import face_area_factors, surface_area
from ..mesh.percolation import closed_voids
from .measures import clusters
from .sections import equal_diameter, section_thickness
from .splitting import join_small, renumber, shared_faces, split_touching

FEWEST = 5  # particles of each state that intervals of a change are told of
MARGIN = 4  # voxels around a particle, for the smoothing of its surface
# voxel edges: balls of 1.5 to 30 voxels radius, also those centred on a voxel, are off by less over radius
SPHERICITY_ERROR = 0.4


@dataclass(frozen=True)
class Particles:
    """The particles of a volume; arrays have one entry a particle, numbered from 1 in `parts`.

    parts           int32 [x, y, z], 0 outside active material and cracks
    volume          solid and cracks, m3; crack_volume: cracks, m3
    diameter        of a sphere of that volume, of a section that of a circle of its area, m
    surface         outer area with cracks filled, corrected for voxel steps, m2; closed_surface: that of
                    voids inside from which no path of voxel faces leads out, and closed_volume theirs, m3
    sphericity      pi^(1/3) (6 V)^(2/3) / surface, V with closed voids; at most 1, the sphere's: where voxels
                    state less surface than a sphere of that volume has, it is the sphere's; NaN for a
                    particle that the box cuts
    sphericity_error    how far it may be off a smooth body's: SPHERICITY_ERROR voxel edges over its radius;
                    sharp edges are rounded off (a cube of 10, 20, 40 voxels: 0.97, 0.88, 0.84 for 0.81)
    centre          [n, 3], m; depth: its x, m
    cut             touches a face of the box: volume, surface and shape are those of a part
    neighbours      particles that it touches
    voxel           largest edge of a voxel, of a section in its plane, m
    contact         area in contact with the phase asked for (the binder), m2; NaN where none was asked for
    fragments       pieces of its solid, debris left out
    thickness       of a section, one voxel, m; None for a volume
    """

    parts: np.ndarray = field(repr=False)
    volume: np.ndarray
    crack_volume: np.ndarray
    surface: np.ndarray
    closed_volume: np.ndarray
    closed_surface: np.ndarray
    voxel: float
    centre: np.ndarray
    cut: np.ndarray
    neighbours: np.ndarray
    contact: np.ndarray
    fragments: np.ndarray
    thickness: float | None = None

    def __len__(self):
        return len(self.volume)

    @property
    def diameter(self):
        return equal_diameter(self.volume, self.thickness)

    @property
    def _filled_diameter(self):
        """That of each with its closed voids."""
        return equal_diameter(self.volume + self.closed_volume, self.thickness)

    @property
    def sphericity(self):
        whole = ~self.cut & (self.surface > 0)
        ball = np.pi * self._filled_diameter
        ball = ball * (self._filled_diameter if self.thickness is None else self.thickness)
        found = np.divide(ball, self.surface, out=np.full(len(self), np.nan), where=whole)
        return np.minimum(found, 1.0)

    @property
    def sphericity_error(self):
        radius = self._filled_diameter / 2
        return np.where(self.cut, np.nan, np.minimum(SPHERICITY_ERROR * self.voxel / radius, 1.0))

    @property
    def depth(self):
        return self.centre[:, 0]

    @property
    def crack_share(self):
        """Share of each particle's volume that cracks take."""
        return self.crack_volume / self.volume

    @property
    def contact_share(self):
        """Share of each particle's surface that touches the binder; NaN for a particle without surface in the
        box."""
        return np.divide(self.contact, self.surface, out=np.full(len(self), np.nan), where=self.surface > 0)

    def total(self, name):
        """Sum a part over its whole: crack_share (volume), contact_share or closed_surface_share (surface) of
        all particles together."""
        part, whole = {
            "crack_share": (self.crack_volume, self.volume),
            "contact_share": (self.contact, self.surface),
            "closed_surface_share": (self.closed_surface, self.surface + self.closed_surface),
        }[name]
        return _ratio(part, whole)


def find_particles(grid, *, active="am", crack=None, contact=None, depth=1.0, smallest=27, progress=None):
    """Split the active material into particles and measure each.

    active, crack, contact  names of phases; crack and contact may be absent from the grid, which has none of
              it then, or None: then contact is NaN, not asked for
    depth     over-segmentation control of `split_touching`, voxels: a neck splits when it is narrower than
              both sides by
              2 depth; smaller gives more particles
    smallest  voxels below which a piece joins the neighbour that it touches most, or is left out when it has
              none

    Returns Particles. Raises InputError without active material.
    """
    solid = grid.mask(active)
    has_cracks = crack is not None and crack in grid.names
    cracks = grid.mask(crack) if has_cracks else np.zeros(grid.shape, bool)
    if not solid.any():
        raise InputError(
            f"expected voxels of {active} to split into particles, got none; name another phase."
        )
    parts = split_touching(solid | cracks, depth=depth, smallest=smallest, progress=progress)
    sizes = np.bincount(parts.ravel(), weights=solid.ravel(), minlength=int(parts.max()) + 1)
    parts = renumber(np.where(sizes[parts] >= smallest, parts, 0))
    if not parts.any():
        raise InputError(f"expected particles of at least {smallest} voxels, got none; lower --smallest.")
    other = grid.mask(contact) if contact is not None and contact in grid.names else None
    found = _measured(grid, parts, solid, cracks, other, smallest, progress)
    return found if contact is not None else replace(found, contact=np.full(len(found), np.nan))


def _measured(grid, parts, solid, cracks, other, smallest, progress):
    count, h = int(parts.max()), np.array(grid.voxel_size)
    volume, cracked = (
        np.bincount(parts.ravel(), w, count + 1)[1:] for w in (None, (cracks & (parts > 0)).ravel())
    )
    centre = np.array(ndimage.center_of_mass(np.ones_like(parts, np.uint8), parts, np.arange(1, count + 1)))
    surface, contact, closed, inside = np.zeros((4, count))
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        k = number - 1
        surface[k], contact[k], closed[k], inside[k] = _areas(grid, parts, number, box, other)
        if progress and number % 20 == 0:
            progress(number, count, "measuring particles")
    edges = [np.take(parts, end, axis) for axis in range(3) if parts.shape[axis] > 1 for end in (0, -1)]
    cut = np.isin(np.arange(1, count + 1), np.concatenate([e.ravel() for e in edges] or [[0]]))
    pairs, _ = shared_faces(parts)
    neighbours = np.bincount(pairs.ravel(), minlength=count + 1)[1:]
    pieces, number = fragment_labels(parts, solid, smallest)
    owner = np.zeros(number + 1, np.int64)
    owner[pieces.ravel()] = parts.ravel()
    fragments = np.bincount(owner[1:], minlength=count + 1)[1:]
    v, centre = grid.voxel_volume, (centre + 0.5) * h
    held = (volume * v, cracked * v, surface, inside * v, closed, max(seen_edges(grid.shape, h)))
    thickness = section_thickness(grid.shape, grid.voxel_size)
    return Particles(parts, *held, centre, cut, neighbours, contact, fragments, thickness)


def _areas(grid, parts, number, box, other):
    """Corrected outer surface of a particle (m2), what of it touches a mask, the surface of its closed voids
    and their voxels."""
    wide = tuple(slice(max(s.start - MARGIN, 0), s.stop + MARGIN) for s in box)
    body = parts[wide] == number
    holes = closed_voids(body)
    body |= holes
    total = touching = 0.0
    for axis, factors in enumerate(face_area_factors(body, grid.voxel_size)):
        total += float(factors.sum(dtype=float)) * grid.face_area(axis)
        if other is not None:
            low, high = both_sides(other[wide], axis)
            inside_low, inside_high = both_sides(body, axis)
            faces = (inside_low & high) | (inside_high & low)
            touching += float(factors[faces].sum(dtype=float)) * grid.face_area(axis)
    inner = surface_area(holes, grid.voxel_size) if holes.any() else 0.0
    return total, touching, inner, np.count_nonzero(holes)


def fragment_labels(parts, solid, smallest=1):
    """Number the fragments: pieces of one particle's solid joined voxel face to voxel face (int32, highest
    number).

    smallest: voxels below which a piece is debris of segmentation and left out.
    """
    from skimage.measure import label

    pieces = label(np.where(solid, parts, 0), connectivity=1)
    if smallest > 1:
        sizes = np.bincount(pieces.ravel())
        pieces = renumber(np.where(sizes[pieces] >= smallest, pieces, 0))
    return pieces.astype(np.int32), int(pieces.max())


def grain_labels(grid, *, active="am", depth=0.3, smallest=8, progress=None):
    """Split the solid finer than into particles: at necks and cracks narrower by 2 `depth` voxels (int32 [x,
    y, z]).

    Grain boundaries without a gap are not seen in labels; this finds grains that cracks or pores set off.
    Pieces below `smallest` voxels join the neighbour that they touch most, or are left out when they have
    none.
    """
    parts = join_small(
        split_touching(grid.mask(active), depth=depth, smoothing=0.5, progress=progress), smallest
    )
    return renumber(np.where(np.bincount(parts.ravel())[parts] >= smallest, parts, 0))


# ---- distributions over the depth --------------------------------------------------------------------------


def sizes_by_depth(labels, grid, *, regions=3, edges=None):
    """Sort the pieces of a label array by the depth (x) of their middle: list of {start_m, end_m, count,
    ...}.

    regions: of equal width; edges (m) instead: where they end. Diameters are those of spheres of the same
    volume; d10, d50, d90 by volume, mean by number; pieces that touch the sides of the box (y, z) are left
    out; those that its ends (x) cut count as they are, touching_ends of them. `corrected`: the same figures
    with each piece that is left weighted by the inverse of its chance of not touching a side, n / (n - b - 1)
    along y and z, b its extent among n voxels (Miles and Lantuejoul: large pieces touch more often);
    count: pieces whose middle lies in the box; largest_weight. What is larger than the box is never seen.
    """
    span = grid.shape[0] * grid.voxel_size[0]
    edges = np.linspace(0, span, regions + 1) if edges is None else np.asarray(edges, float)
    if len(edges) < 2 or np.any(np.diff(edges) <= 0):
        raise InputError(
            f"expected rising depths, got {', '.join(f'{1e6 * e:g}' for e in edges)} um; correct them."
        )
    count = int(labels.max())
    voxels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    middle = np.array(ndimage.center_of_mass(np.ones_like(labels, np.uint8), labels, np.arange(1, count + 1)))
    depth = (middle.reshape(-1, 3)[:, 0] + 0.5) * grid.voxel_size[0]
    whole = ~np.isin(np.arange(1, count + 1), np.unique([*_sides(labels, 1), *_sides(labels, 2)]))
    ends = np.isin(np.arange(1, count + 1), _sides(labels, 0))
    diameter = equal_diameter(voxels * grid.voxel_volume, section_thickness(grid.shape, grid.voxel_size))
    weight = _edge_weights(labels)
    found = []
    for i, (start, end) in enumerate(pairwise(edges)):
        last = i == len(edges) - 2
        here = whole & _within(depth, start, end, last)
        found.append({"start_m": float(start), "end_m": float(end), **_sizes(voxels[here], diameter[here])})
        found[-1]["touching_sides"] = int(np.count_nonzero(~whole & _within(depth, start, end, last)))
        found[-1]["touching_ends"] = int(np.count_nonzero(ends & here))
        corrected = _sizes(voxels[here], diameter[here], weight[here])
        corrected.pop("diameters_m")
        found[-1]["corrected"] = {**corrected, "largest_weight": float(weight[here].max(initial=1.0))}
    return found


def _within(depth, start, end, last):
    return (depth >= start) & ((depth <= end) if last else (depth < end))


def _edge_weights(labels):
    """Inverse chance that a piece of the extent of each does not touch the sides (y, z) of the box."""
    weight = np.ones(int(labels.max()))
    for number, box in enumerate(ndimage.find_objects(labels)):
        for axis in (1, 2):
            n, extent = labels.shape[axis], box[axis].stop - box[axis].start
            if n > 1:
                weight[number] *= n / max(n - extent - 1, 1)
    return weight


def _sides(labels, axis):
    return (
        np.concatenate([np.take(labels, end, axis).ravel() for end in (0, -1)])
        if labels.shape[axis] > 1
        else [0]
    )


def _sizes(volume, diameter, weight=None):
    if volume.size == 0:
        return {"count": 0, "mean_m": None, "d10_m": None, "d50_m": None, "d90_m": None, "diameters_m": []}
    order = np.argsort(volume, kind="stable")
    volume, diameter = volume[order], diameter[order]
    weight = np.ones(volume.size) if weight is None else weight[order]
    held = weight * volume
    below = np.cumsum(held) / held.sum()
    d10, d50, d90 = (
        float(diameter[min(np.searchsorted(below, q), volume.size - 1)]) for q in (0.1, 0.5, 0.9)
    )
    total = float(weight.sum())
    return {
        "count": int(volume.size) if np.all(weight == 1) else total,
        "mean_m": float(weight @ diameter / total),
        "d10_m": d10,
        "d50_m": d50,
        "d90_m": d90,
        "diameters_m": diameter.tolist(),
    }


# ---- binder ----------------------------------------------------------------------------


def binder_clusters(grid, phase="cbd"):
    """Count the 6-connected clusters of the binder: {count, share_of_largest, largest_voxels}."""
    found = clusters(grid.mask(phase))
    return {
        "count": len(found.voxels),
        "share_of_largest": found.share_of_largest,
        "largest_voxels": found.voxels[:10].tolist(),
    }


# ---- two states --------------------------------------------------------------------------------------------

COMPARED = {
    "crack_share": "share of the particles' volume that cracks take",
    "contact_share": "share of the particles' surface in contact with binder",
    "mean_diameter_m": "mean diameter by number, whole particles",
    "mean_sphericity": "mean sphericity, whole particles",
    "closed_surface_share": "share of the particles' surface around closed voids, out of reach",
    "mean_neighbours": "mean number of particles touched",
    "fragments_per_particle": "pieces of solid per particle",
}


def state_figures(particles, chosen=None):
    """Compute the figures that are compared between two states from all particles, or from those chosen (with
    repeats)."""
    i = np.arange(len(particles)) if chosen is None else chosen
    whole, closed = i[~particles.cut[i]], particles.closed_surface[i]
    return {
        "crack_share": _ratio(particles.crack_volume[i], particles.volume[i]),
        "contact_share": _ratio(particles.contact[i], particles.surface[i]),
        "mean_diameter_m": _mean(particles.diameter[whole]),
        "mean_sphericity": _mean(particles.sphericity[whole]),
        "closed_surface_share": _ratio(closed, particles.surface[i] + closed),
        "mean_neighbours": _mean(particles.neighbours[i]),
        "fragments_per_particle": _mean(particles.fragments[i]),
    }


def compare_states(before, after, *, draws=1000, level=0.95, seed=0):
    """Compare two states, {figure: {before, after, relative_change, low, high}}.

        relative change = after / before - 1

    low, high: interval that holds `level` of `draws` bootstrap samples, particles drawn with replacement in
    each state on its own (Efron & Tibshirani 1993, ch. 13); None of fewer than FEWEST particles. It holds
    what the choice of particles adds, not errors of segmentation: run the low and high volumes of `microsim
    segment` for those. None where a figure is undefined or zero before.
    """
    rng = np.random.default_rng(seed)
    first, second = state_figures(before), state_figures(after)
    samples = {name: [] for name in first}
    for _ in range(draws):
        drawn = (state_figures(p, rng.integers(0, len(p), len(p))) for p in (before, after))
        for name, (a, b) in _paired(*drawn).items():
            samples[name].append(_change(a, b))
    found = {}
    for name, (a, b) in _paired(first, second).items():
        known = np.array([c for c in samples[name] if c is not None])
        ends = (
            np.quantile(known, [(1 - level) / 2, (1 + level) / 2]).tolist()
            if known.size >= draws / 2 and min(len(before), len(after)) >= FEWEST
            else [None, None]
        )
        found[name] = {
            "before": a,
            "after": b,
            "relative_change": _change(a, b),
            "low": ends[0],
            "high": ends[1],
        }
    return found


def _paired(first, second):
    return {name: (first[name], second[name]) for name in first}


def _change(a, b):
    return b / a - 1 if a and b is not None else None


def _ratio(part, whole):
    total = float(part.sum() / whole.sum()) if whole.sum() > 0 else np.nan
    return total if np.isfinite(total) else None


def _mean(values):
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else None
