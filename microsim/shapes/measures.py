"""Measures of the phases' shapes: profiles, chords, sizes, contacts, triple lines, clusters, correlation.

Each is a function of a mask or a grid; `measure_shapes` collects those asked for.
"""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy import ndimage

from ..base.axes import AXES
from ..base.errors import InputError
from ..mesh.grid import FACES, both_sides, seen_edges, voxel_edges
from ..mesh.morphology import face_area_factors, interface_faces
from ..mesh.percolation import cluster_labels
from .thickness import READS_HIGH, READS_LOW, local_thickness

LINE_SMOOTHING = (
    2.5  # voxels; less leaves the staircase in the direction of a line, more mixes neighbouring lines
)


@dataclass(frozen=True)
class Chords:
    """Chords of a phase along one axis: how many have length i + 1 voxels (counts, shape n), those cut by the
    box apart (cut). voxel: edge along the axis, m; mean: unbiased by the box, m (see chords), None without a
    surface.
    """

    counts: np.ndarray
    cut: np.ndarray
    voxel: float
    mean: float | None

    @property
    def lengths(self):
        """Length that each count stands for, m."""
        return self.voxel * np.arange(1, len(self.counts) + 1)


@dataclass(frozen=True)
class Sizes:
    """Distribution of the local thickness by volume: edges (m, n + 1), share (n); mean and the diameters
    below which lie 10, 50 and 90 % of the volume, m."""

    edges: np.ndarray
    share: np.ndarray
    mean: float
    d10: float
    d50: float
    d90: float


@dataclass(frozen=True)
class Clusters:
    """6-connected clusters of a phase, largest first: labels (int32 [x, y, z], 0 outside, 1 the largest),
    voxels of each; faces: {face: numbers of the clusters that touch it}."""

    labels: np.ndarray = field(repr=False)
    voxels: np.ndarray
    faces: dict = field(repr=False)

    @property
    def share_of_largest(self):
        """Share of the phase that the largest cluster holds; 0 for an empty phase."""
        return float(self.voxels[0] / self.voxels.sum()) if self.voxels.size else 0.0


def phase_profiles(grid, axis=0):
    """Compute each phase's fraction in every layer along an axis: (depth of the layers' middles in m, {name:
    [n]})."""
    others = tuple(a for a in range(3) if a != axis)
    depth = grid.voxel_size[axis] * (np.arange(grid.shape[axis]) + 0.5)
    return depth, {name: (grid.phase == grid.code(name)).mean(axis=others) for name in grid.names}


def chords(mask, voxel_size, axis):
    """Count the chords of a mask along an axis.

        mean = 2 (length of the lines within the mask) / (crossings of its surface)

    which is 4 eps / s_v for an isotropic phase (4 r / 3 for spheres) however the box cuts it: a line that
    leaves the box brings half a chord's length and one crossing. Chords cut by the box are counted apart;
    leaving them out, or counting them as whole, would make long ones rare. Gaps shorter than a voxel edge d
    go unseen: the mean comes out as d eps / (eps - S2(d)), half a voxel long for pores between spheres of 8
    voxels radius.

    mask: bool [x, y, z]; voxel_size: one edge or three, m; axis: 0, 1, 2

    Returns Chords. Underwood, Quantitative Stereology (1970).
    """
    inside, edge = np.asarray(mask, dtype=bool), voxel_edges(voxel_size)[axis]
    lines = np.moveaxis(inside, axis, 2).reshape(-1, inside.shape[axis])
    n = lines.shape[1]
    steps = np.diff(np.pad(lines, ((0, 0), (1, 1))).astype(np.int8), axis=1).ravel()
    # starts and ends come in turn along the rolled-out lines, each line one place longer than it has voxels
    first, last = np.flatnonzero(steps == 1) % (n + 1), np.flatnonzero(steps == -1) % (n + 1)
    cut = (first == 0) | (last == n)
    length = last - first
    crossings = np.count_nonzero(first > 0) + np.count_nonzero(last < n)
    mean = 2 * np.count_nonzero(lines) * edge / crossings if crossings else None
    counts, of_cut = (np.bincount(part, minlength=n + 1)[1:] for part in (length[~cut], length[cut]))
    return Chords(counts, of_cut, edge, mean)


def size_distribution(thickness, voxel_size, bins=None):
    """Sort a map of local thickness (m, 0 outside) by volume.

    bins: edges in m; default: every smallest voxel edge, from 0 to the largest size
    Returns Sizes.
    """
    sizes, edge = thickness[thickness > 0], min(seen_edges(np.shape(thickness), voxel_size))
    if sizes.size == 0:
        raise InputError("expected voxels of the phase, got none; name a phase that occurs.")
    edges = edge * np.arange(int(sizes.max() / edge) + 2) if bins is None else np.asarray(bins, dtype=float)
    share = np.histogram(sizes, edges)[0] / sizes.size
    return Sizes(
        edges, share, float(sizes.mean(dtype=float)), *(float(q) for q in np.quantile(sizes, (0.1, 0.5, 0.9)))
    )


def contact_areas(grid, smoothing=None):
    """Measure the area between every two phases, corrected face by face, in m2: {phase: {neighbour: area}}.

        A[a][b] = sum over the faces between a and b of face area x face_area_factors(mask of a)

    The surface is that of the first phase, so that its areas add up to surface_area of its mask, exactly.
    A[a][b] and A[b][a] measure the same contact from its two sides and differ along its rim, where the one
    surface goes on smoothly and the other bends away: by 1.6 % for the binder of a calendered NMC electrode
    (398 nm a voxel).
    """
    options = {} if smoothing is None else {"smoothing": smoothing}
    areas = {
        name: dict.fromkeys((other for other in grid.names if other != name), 0.0) for name in grid.names
    }
    for name, row in areas.items():
        mask = grid.mask(name)
        for axis, factors in enumerate(face_area_factors(mask, grid.voxel_size, **options)):
            for other in row:
                touching = interface_faces(mask, grid.mask(other), axis)
                row[other] += float(factors[touching].sum(dtype=float)) * grid.face_area(axis)
    return areas


def contact_areas_faces(grid):
    """Add up the voxel faces between every two phases, in m2: {(phase, phase): area}, each pair once."""
    return {
        (a, b): float(
            sum(
                np.count_nonzero(interface_faces(grid.mask(a), grid.mask(b), axis)) * grid.face_area(axis)
                for axis in range(3)
            )
        )
        for a, b in combinations(grid.names, 2)
    }


def triple_line(grid, phases, smoothing=LINE_SMOOTHING):
    """Measure the length along which three phases meet: (smooth line in m, voxel edges in m, share of all
    edges).

    A voxel edge belongs to the line if all three occur in the four voxels around it. A smooth line of unit
    tangent t shows |t_a| of voxel edge along each axis a per unit of its own length, 3/2 on average; so with
    l_a the length of edges along a within a Gaussian around an edge (standard deviation `smoothing` in
    largest voxel edges) that edge counts as sqrt(l_x^2 + l_y^2 + l_z^2) / (l_x + l_y + l_z) of itself.
    Straight edges along an axis keep their length. The edges of the box itself do not count; a box one voxel
    thick is an image, its lines upright.

    Rings of radius 6 to 20 voxels, any tilt: 0.99 to 1.02 of the true length, scattering by 0.02 to 0.03; the
    voxel edges alone 1.57 to 1.60, scattering by 0.1 (more than 3/2, as the two surfaces take their steps
    apart).
    """
    masks = [grid.mask(name) for name in phases]
    if len(masks) != 3 or len(set(phases)) != 3:
        raise InputError(f"expected three different phases, got {', '.join(phases)}; name three.")
    on_line = [_meeting(masks, axis) for axis in range(3)]
    total = sum(edges.size for edges in on_line)
    raw = sum(np.count_nonzero(edges) * h for edges, h in zip(on_line, grid.voxel_size))
    sigma = [smoothing * max(seen_edges(grid.shape, grid.voxel_size)) / h for h in grid.voxel_size]
    lengths = [
        _spread(edges, axis, grid.shape, sigma) * h
        for axis, (edges, h) in enumerate(zip(on_line, grid.voxel_size))
    ]
    straight, bent = np.sqrt(sum(part**2 for part in lengths)), sum(lengths)
    factor = np.divide(straight, bent, out=np.ones_like(bent), where=bent > 0)
    smooth = 0.0
    for axis, (edges, h) in enumerate(zip(on_line, grid.voxel_size)):
        others = [a for a in range(3) if a != axis]
        around = factor
        for other in others:  # an edge lies between four voxels
            around = sum(both_sides(around, other)) / 2
        smooth += float(around[edges].sum(dtype=float)) * h
    return smooth, float(raw), float(sum(map(np.count_nonzero, on_line)) / total) if total else 0.0


def _meeting(masks, axis):
    """Mark the inner voxel edges along an axis around which all of the masks occur."""
    found = True
    for around in masks:
        for other in (a for a in range(3) if a != axis):
            around = np.logical_or(*both_sides(around, other))
        found = found & around
    return found


def _spread(edges, axis, shape, sigma):
    """Share out marked edges among the four voxels around each, and smooth."""
    share = np.zeros(shape, np.float32)
    u, v = (a for a in range(3) if a != axis)
    for low_u in (slice(None, -1), slice(1, None)):
        for low_v in (slice(None, -1), slice(1, None)):
            place = [slice(None)] * 3
            place[u], place[v] = low_u, low_v
            share[tuple(place)] += edges / np.float32(4)
    return ndimage.gaussian_filter(share, sigma, mode="constant", truncate=3.0)


def clusters(mask):
    """Label the 6-connected clusters of a mask, the largest with 1; equal ones in order of their first
    voxel."""
    labels, count = cluster_labels(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    rank = np.zeros(count + 1, dtype=np.int32)
    rank[order + 1] = np.arange(1, count + 1)
    labels = rank[labels]
    faces = {name: np.setdiff1d(np.take(labels, end, axis), [0]) for name, (axis, end) in FACES.items()}
    return Clusters(labels, sizes[order], faces)


def two_point_correlation(mask, voxel_size, axis, reach=None):
    """Compute how likely two points at a distance along an axis both lie in a mask: (distance in m, S2).

        S2(h) = mean of m(x) m(x + h) over the pairs that lie in the box

    S2(0) = eps; far apart eps^2. reach: largest distance in voxels, default half the box.
    """
    inside = np.moveaxis(np.asarray(mask, dtype=bool), axis, 0)
    n = len(inside)
    reach = n // 2 if reach is None else min(int(reach), n - 1)
    pairs = [
        np.count_nonzero(inside[: n - lag] & inside[lag:]) / inside[lag:].size for lag in range(reach + 1)
    ]
    return voxel_edges(voxel_size)[axis] * np.arange(reach + 1), np.array(pairs)


def euler_number(mask):
    """Count clusters minus tunnels plus cavities of a mask, voxels joined by faces.

    chi = voxels - pairs + squares of four - cubes of eight (all inside); 1 ball, 0 ring, 2 hollow shell
    """
    inside, chi = np.asarray(mask, dtype=bool), 0
    for axes in ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        together = inside
        for axis in axes:
            together = np.logical_and(*both_sides(together, axis))
        chi += (-1) ** len(axes) * np.count_nonzero(together)
    return int(chi)


# ---- all of them, for `microsim info` ----------------------------------------------------------------------


def measure_shapes(grid, names, progress=None):
    """Collect measures of all phases of a grid, as plain numbers and lists.

    names     of MEASURES; "all" stands for every one
    progress  callable(done, total, message) or None
    """
    wanted = list(MEASURES) if "all" in names else list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown or not wanted:
        raise InputError(
            f"expected measures out of {', '.join(MEASURES)} or all, got {', '.join(unknown) or 'none'};"
            " correct them."
        )
    found = {}
    for done, name in enumerate(wanted):
        if progress:
            progress(done, len(wanted), f"measuring {name}")
        found[name] = MEASURES[name](grid)
    if progress:
        progress(len(wanted), len(wanted), "measured")
    return found


def _profiles(grid):
    found = {}
    for axis, name in enumerate(AXES):
        depth, fractions = phase_profiles(grid, axis)
        found[name] = {
            "depth_m": depth.tolist(),
            "fraction": {key: part.tolist() for key, part in fractions.items()},
        }
    return found


def _chords(grid):
    found = {}
    for name in grid.names:
        along = {axis: chords(grid.mask(name), grid.voxel_size, number) for number, axis in enumerate(AXES)}
        found[name] = {
            axis: {
                "mean_m": c.mean,
                "length_m": c.lengths.tolist(),
                "count": c.counts.tolist(),
                "cut_by_box": c.cut.tolist(),
            }
            for axis, c in along.items()
        }
    return found


def _sizes(grid):
    found = {}
    for name in grid.names:
        if grid.fraction(name) == 1:
            found[name] = None
            continue
        sizes = size_distribution(local_thickness(grid.mask(name), grid.voxel_size), grid.voxel_size)
        h = max(seen_edges(grid.shape, grid.voxel_size))
        found[name] = {
            "mean_m": sizes.mean,
            "mean_between_m": [max(sizes.mean - READS_HIGH * h, 0.0), sizes.mean + READS_LOW * h],
            "d10_m": sizes.d10,
            "d50_m": sizes.d50,
            "d90_m": sizes.d90,
            "edges_m": sizes.edges.tolist(),
            "volume_share": sizes.share.tolist(),
        }
    return found


def _contacts(grid):
    volume, faces, found = grid.voxels * grid.voxel_volume, contact_areas_faces(grid), {}
    areas = contact_areas(grid)
    for name, row in areas.items():
        whole = sum(row.values())
        found[name] = {
            other: {
                "area_per_volume_m-1": area / volume,
                "share_of_surface": area / whole if whole else None,
                "area_per_volume_faces_m-1": (
                    faces[tuple(sorted((name, other), key=grid.names.index))] / volume
                ),
            }
            for other, area in row.items()
        }
    return found


def _tpb(grid):
    volume, found = grid.voxels * grid.voxel_volume, {}
    for phases in combinations(grid.names, 3):
        smooth, raw, share = triple_line(grid, phases)
        found["|".join(phases)] = {
            "length_per_volume_m-2": smooth / volume,
            "length_per_volume_edges_m-2": raw / volume,
            "share_of_edges": share,
        }
    return found


def _clusters(grid):
    found = {}
    for name in grid.names:
        parts, mask = clusters(grid.mask(name)), grid.mask(name)
        found[name] = {
            "count": len(parts.voxels),
            "share_of_largest": parts.share_of_largest,
            "largest_voxels": parts.voxels[:10].tolist(),
            "largest_touches": [face for face, touching in parts.faces.items() if 1 in touching],
            "euler_number": euler_number(mask),
        }
    return found


def _correlation(grid):
    found = {}
    for name in grid.names:
        along = {}
        for number, axis in enumerate(AXES):
            distance, S2 = two_point_correlation(grid.mask(name), grid.voxel_size, number)
            along[axis] = {"distance_m": distance.tolist(), "S2": S2.tolist()}
        found[name] = along
    return found


MEASURES = {
    "profiles": _profiles,
    "chords": _chords,
    "sizes": _sizes,
    "contacts": _contacts,
    "tpb": _tpb,
    "clusters": _clusters,
    "correlation": _correlation,
}
