"""Parts of a mask: particles that touch, gaps that are bridged, convex hulls."""

import numpy as np
from scipy import ndimage

from ..base.errors import InputError

SMALLEST = 27  # voxels; what is smaller belongs to the particle that it touches most


def label_particles(grid, phases, *, depth=1.0):
    """Number the particles of the given phases of a VoxelGrid, each phase on its own (int32 [x, y, z], 0
    outside).

    depth: over-segmentation control of split_touching, voxels.
    """
    labels = np.zeros(grid.shape, np.int32)
    for name in phases:
        found = split_touching(grid.mask(name), depth=depth, smallest=SMALLEST)
        labels[found > 0] = found[found > 0] + labels.max()
    return labels


def split_touching(mask, *, depth=1.0, smoothing=1.0, smallest=0, progress=None):
    """Split particles that touch, by a watershed on the distance to the outside (int32 [x, y, z], 0 outside).

        flood -D from the maxima of D that rise at least `depth` above the saddle to a higher one

    Two spheres are separated when the neck between them is thinner than both by 2 `depth` (voxels): the
    smaller `depth`, the more parts. 0 takes every maximum, and splits rough particles; `depth` of a tenth of
    a radius keeps particles whose surface is rough by less than that.

    mask       bool [x, y, z]; smoothing: standard deviation of a Gaussian over D, voxels
    smallest   parts below so many voxels join the neighbour they share most faces with (0: keep all)

    Holes without a way out count as inside while parts are sought: a hollow particle stays one. Numbers run
    from 1 in order of the first voxel. Meyer & Beucher, J. Vis. Commun. Image Represent. 1 (1990) 21.
    """
    from skimage.morphology import local_maxima, reconstruction
    from skimage.segmentation import watershed

    mask = np.asarray(mask, bool)
    if not np.isfinite(depth) or depth < 0:
        raise InputError(f"expected a depth of 0 voxels or more, got {depth}; correct it.")
    if not mask.any():
        return np.zeros(mask.shape, np.int32)
    if progress:
        progress(0, 3, "distances")
    whole = ndimage.binary_fill_holes(mask)
    distance = inner_distance(whole)
    if smoothing:
        distance = np.where(whole, ndimage.gaussian_filter(distance, smoothing, mode="nearest"), 0)
    if progress:
        progress(1, 3, "maxima")
    lifted = np.where(whole, distance, -1e-3).astype(np.float32)
    rise = np.float32(max(depth, 1e-3))
    # maxima cut off at `depth`: what joins two of them higher than that joins their plateaus
    cut_off = reconstruction(lifted - rise, lifted, footprint=ndimage.generate_binary_structure(3, 1))
    markers, count = ndimage.label(local_maxima(cut_off, connectivity=1) & whole)
    markers = _one_marker_each(markers, count, whole)
    if progress:
        progress(2, 3, "watershed")
    parts = np.where(mask, watershed(-lifted, markers, mask=whole), 0).astype(np.int32)
    if smallest > 1:
        parts = join_small(parts, smallest)
    return renumber(parts)


def inner_distance(mask):
    """Distance of each voxel of a mask to the outside, voxels; the faces of the box are no outside."""
    if mask.all():
        return np.full(mask.shape, np.float32(max(mask.shape)))
    return ndimage.distance_transform_edt(mask).astype(np.float32)


def surface_distance(mask, voxel_size):
    """Return the distance of each voxel's centre of a mask to its surface (m); the faces of the box are none
    of it.

    The surface lies between two centres: half an edge from either along an axis, (1/2) sum(u_i^2 h_i) along
    u.
    """
    h = np.asarray(voxel_size, float)
    if np.ptp(h) < 1e-9 * h.max() or mask.all():
        return (inner_distance(mask) - 0.5) * float(np.cbrt(h.prod()))
    distance, nearest = ndimage.distance_transform_edt(mask, h, return_indices=True)
    way = [(at - own) * edge for at, own, edge in zip(nearest, np.ogrid[tuple(map(slice, mask.shape))], h)]
    halves = sum(part**2 * edge for part, edge in zip(way, h)) / 2
    return distance - np.divide(halves, distance**2, out=np.zeros_like(distance), where=mask)


def surface_reached(wet, voxel_size):
    """Return the distance of each voxel's centre to the surface that electrolyte reaches (m), 0 in it.

    wet: bool [x, y, z], where electrolyte is that a path joins to the separator, which lies in front of the
    box (x = 0): pores without a way out are no surface.
    """
    front = np.concatenate([np.zeros((1, *wet.shape[1:]), bool), ~wet])
    return np.maximum(surface_distance(front, voxel_size)[1:], 0.0)


def _one_marker_each(markers, count, mask):
    """Add a marker to each cluster of the mask that has none."""
    clusters, parts = ndimage.label(mask)
    has = np.zeros(parts + 1, bool)
    has[clusters[markers > 0]] = True
    has[0] = True
    without = ~has[clusters]
    markers[without] = count + clusters[without]
    return markers


def join_small(parts, smallest):
    """Join parts below `smallest` voxels to the neighbour that they share most faces with; lone ones stay."""
    parts = parts.copy()
    for _ in range(8):
        sizes = np.bincount(parts.ravel())
        small = (sizes < smallest) & (sizes > 0)
        small[0] = False
        if not small.any():
            break
        pairs, faces = shared_faces(parts)
        both = np.concatenate([pairs, pairs[:, ::-1]])
        count = np.concatenate([faces, faces])
        keep = small[both[:, 0]]
        both, count = both[keep], count[keep]
        if len(both) == 0:
            break
        order = np.lexsort((-sizes[both[:, 1]], -count, both[:, 0]))
        both = both[order]
        first = np.unique(both[:, 0], return_index=True)[1]
        target = np.arange(sizes.size)
        for part, other in both[first]:
            if target[other] == other and target[part] == part:  # not into one that itself goes
                target[part] = other
        parts = target[parts].astype(np.int32)
    return parts


def shared_faces(parts):
    """Count the voxel faces that each two parts share: (pairs [n, 2], low number first; faces [n])."""
    found = []
    for axis in range(3):
        low, high = np.moveaxis(parts, axis, 0)[:-1], np.moveaxis(parts, axis, 0)[1:]
        differ = (low != high) & (low > 0) & (high > 0)
        a, b = low[differ].astype(np.int64), high[differ].astype(np.int64)
        found.append(np.stack([np.minimum(a, b), np.maximum(a, b)], 1))
    pairs = np.concatenate(found)
    if len(pairs) == 0:
        return np.empty((0, 2), np.int64), np.empty(0, np.int64)
    return np.unique(pairs, axis=0, return_counts=True)


def renumber(parts):
    """Number parts from 1 without gaps, in order of their first voxel."""
    numbers, first = np.unique(parts, return_index=True)
    order = numbers[np.argsort(first, kind="stable")]
    order = order[order > 0]
    new = np.zeros(int(parts.max()) + 1, np.int32)
    new[order] = np.arange(1, order.size + 1)
    return new[parts]


def closing_by_distance(mask, radius):
    """Close a mask by a ball: what cannot be reached from outside by a ball of `radius` voxels that stays out
    of it.

    Beyond the box nothing is known: the mask goes on as at the face.
    """
    mask, edge = np.asarray(mask, bool), int(np.ceil(radius)) + 1
    padded = np.pad(mask, edge, mode="edge")
    if not padded.any():
        return mask.copy()
    grown = ndimage.distance_transform_edt(~padded) <= radius
    if grown.all():
        return np.ones_like(mask)
    closed = ndimage.distance_transform_edt(grown) > radius
    return mask | closed[(slice(edge, -edge),) * 3]


def inside_hulls(parts, solid, fewest=30):
    """Mark the voxels of each part that lie within the convex hull of the part's own solid voxels: bool [x,
    y, z]."""
    from scipy.spatial import ConvexHull, QhullError

    found = np.asarray(solid, bool) & (parts > 0)
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        if box is None:
            continue
        part = parts[box] == number
        body = part & solid[box]
        rim = np.argwhere(body & ~ndimage.binary_erosion(body))
        if len(rim) < fewest:
            continue
        try:
            planes = ConvexHull(rim).equations
        except QhullError:  # flat: no inside
            continue
        open_ = np.argwhere(part & ~body)
        for start in range(0, len(open_), 20000):
            some = open_[start : start + 20000]
            within = (some @ planes[:, :3].T + planes[:, 3] <= 1e-6).all(1)
            found[box][tuple(some[within].T)] = True
    return found
