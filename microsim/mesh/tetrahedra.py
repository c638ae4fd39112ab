"""Tetrahedra with smooth interfaces from a labelled image: conforming, several phases, shared nodes, named
surfaces.

Every voxel keeps its eight corners. Those on interfaces are smoothed by Taubin's filter with both steps
alike,

    X <- X + L X / 2,   X <- X - L X / 2,   L X_i = mean of the neighbours on the interface - X_i,

which takes the steps of the image away and leaves volumes as they are to second order; corners on triple
lines move along the lines, those on the box within its faces, none further from its place than 0.6 voxels
along each axis. A voxel that touches an interface is then cut into twelve tetrahedra round a point inside it,
which lies on no interface, so that flattening the steps cannot flatten an element; its faces are cut along
the diagonal that leaves both voxels more room. The other voxels become Kuhn's six. Where an element would
still be worse than `least_quality`, its corners go back half of the way, again if need be.

Sources: Taubin, SIGGRAPH 1995, 351-358; the bound of half a voxel: Gibson, MICCAI 1998, 888-898 (constrained
elastic surface nets); radius ratio: Liu and Joe, BIT 34 (1994) 268-287.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..base.errors import InputError
from .export import CORNERS, TETRAHEDRA
from .tetmesh import named_mesh
from .tetrahedra_quality import CHUNK, radius_ratios, volumes

# corners of a voxel's faces x0 x1 y0 y1 z0 z1, seen from inside; Kuhn's diagonal joins the first and the
# third
QUADS = np.array([(0, 3, 7, 4), (1, 5, 6, 2), (0, 4, 5, 1), (3, 2, 6, 7), (0, 1, 2, 3), (4, 7, 6, 5)])
HALVES = np.array([((0, 1, 2), (0, 2, 3)), ((0, 1, 3), (1, 2, 3))])  # a face cut along either diagonal
REACH = 0.6  # voxels that a corner may move along each axis
BACK = 0.9  # what is left of a corner's shift each time that an element beside it is too flat
ROUNDS = 8  # at most, of giving the phases their volumes back


def tetrahedral_mesh(grid, *, phases=None, iterations=60, least_quality=0.06, progress=None):
    """Make the conforming tetrahedral mesh of a VoxelGrid with smooth interfaces.

    phases         names to keep, with their surfaces to all others; default all
    iterations     of the filter; 0 leaves the steps of the voxels
    least_quality  radius ratio (1: regular, 0: flat) below which smoothing is undone; an element that is
                   worse before smoothing, of long voxels, sets the bound itself
    progress       callable(done, total, message) or None

    Returns a TetMesh. Raises InputError.
    """
    if iterations < 0 or not 0 < least_quality <= 0.3:
        raise InputError(
            f"expected iterations from 0 and a least quality above 0, at most 0.3, got {iterations} and "
            f"{least_quality:g}; correct them"
        )
    say = progress or (lambda *_: None)
    shape = np.array(grid.shape) + 1
    places = np.stack(np.indices(shape), axis=-1).reshape(-1, 3).astype(float)
    edges = np.array(grid.voxel_size)
    say(1, 4, "smoothing interfaces")
    links = surface_links(grid.phase)
    moved = smoothed(places, links, iterations)
    for attempt in range(ROUNDS + 1):
        say(1 + attempt, ROUNDS + 3, "cutting voxels")
        cut = _cut(grid.phase, _relaxed(places, moved, links.on_surface, shape), links.on_surface)
        points = _guarded(places, _relaxed(places, moved, links.on_surface, shape), cut, edges, least_quality)
        missing = _missing_volume(grid.phase, points, cut)
        if attempt == ROUNDS or np.abs(missing).max() < 1e-3:
            break
        moved = _offset(places, moved, points, grid.phase, cut, missing)
    cells, phase = cut.cells, cut.phase
    points = points * edges
    say(3, 4, "naming surfaces")
    keep = (
        np.ones(len(cells), dtype=bool)
        if phases is None
        else np.isin(phase, [grid.code(name) for name in phases])
    )
    if not keep.any():
        raise InputError(
            f"expected phases that fill at least one voxel, got {list(phases)}; name another one."
        )
    return named_mesh(grid, points, cells, phase, keep, len(places))


# -- which nodes lie on interfaces, and which of their neighbours count --------------------------------------


@dataclass(frozen=True)
class SurfaceLinks:
    """Which corners lie on an interface, and the mean over the neighbours that count there: sparse [corners,
    corners]."""

    on_surface: np.ndarray
    mean: sparse.csr_array


def surface_links(phase):
    """Find the corners of voxels on interfaces and their neighbours along them.

    An edge of the grid lies on an interface where the voxels round it are not all of one phase, on a triple
    line where there are three or more. A corner on the box takes neighbours in the same faces of it only, one
    on a triple line neighbours along it.
    """
    shape = np.array(phase.shape) + 1
    number = np.arange(shape.prod()).reshape(shape)
    sides = sum(
        (np.indices(shape)[axis] % (shape[axis] - 1) == 0).astype(np.int8) for axis in range(3)
    ).ravel()
    pairs, levels = [], []
    for axis in range(3):
        distinct, in_box = _round_edges(phase, axis)
        on = distinct > 1
        low = number[(slice(None),) * axis + (slice(None, -1),)][on]
        high = number[(slice(None),) * axis + (slice(1, None),)][on]
        pairs.append(np.stack([low, high], axis=1))
        levels.append(np.stack([in_box[on], distinct[on]], axis=1))
    pairs, levels = np.concatenate(pairs), np.concatenate(levels)
    on_surface = np.zeros(shape.prod(), dtype=bool)
    on_surface[pairs] = True
    pairs, levels = np.concatenate([pairs, pairs[:, ::-1]]), np.concatenate([levels, levels])
    held = levels[:, 0] == sides[pairs[:, 0]]
    pairs, triple = pairs[held], levels[held, 1] > 2
    lines = np.bincount(pairs[triple, 0], minlength=number.size)
    counts = triple | (lines[pairs[:, 0]] < 2)
    pairs = pairs[counts]
    degree = np.bincount(pairs[:, 0], minlength=number.size)
    mean = sparse.csr_array((1 / degree[pairs[:, 0]], pairs.T), shape=(number.size, number.size))
    return SurfaceLinks(on_surface, mean)


def _round_edges(phase, axis):
    """For the grid's edges along an axis: how many phases are round them, and in how many faces of the box
    they lie."""
    others = [other for other in range(3) if other != axis]
    pad = [(0, 0) if other == axis else (1, 1) for other in range(3)]
    padded = np.pad(phase, pad, mode="edge")  # beyond the box the image goes on
    quarters = []
    for first in (slice(None, -1), slice(1, None)):
        for second in (slice(None, -1), slice(1, None)):
            where = [slice(None)] * 3
            where[others[0]], where[others[1]] = first, second
            quarters.append(padded[tuple(where)])
    ordered = np.sort(np.stack(quarters), axis=0)
    distinct = 1 + (np.diff(ordered, axis=0) != 0).sum(axis=0, dtype=np.int8)
    in_box = np.zeros(distinct.shape, dtype=np.int8)
    for other in others:
        for end in (0, -1):
            in_box[(slice(None),) * other + (end,)] += 1
    return distinct, in_box


# -- smoothing -----------------------------------------------------------------------------------------------


def smoothed(points, links, iterations, reach=REACH):
    """Return the points (in voxels) after Taubin's filter on the interfaces, none further than `reach` along
    an axis."""
    rows = np.flatnonzero(np.diff(links.mean.indptr))
    mean, moved = links.mean[rows], points.copy()
    for _ in range(iterations):
        for factor in (0.5, -0.5):
            moved[rows] += factor * (mean @ moved - moved[rows])
    return np.clip(moved, points - reach, points + reach)


def _missing_volume(phase, points, cut):
    """Return by how much of its volume in the image each phase is too small."""
    target = np.bincount(phase.ravel()).astype(float)
    volume = np.zeros_like(target)
    for first in range(0, len(cut.cells), CHUNK):
        part = slice(first, first + CHUNK)
        volume += np.bincount(cut.phase[part], volumes(points[cut.cells[part]]), target.size)
    return np.divide(target - volume, target, out=np.zeros_like(target), where=target > 0)


def _offset(places, moved, points, phase, cut, missing):
    """Move each interface evenly along its normal so that all phases get what they miss, the least way in
    all."""
    pairs, triangles = _interfaces(phase, cut)
    kinds = np.unique(pairs)
    sides = np.stack([kinds // 256, kinds % 256])  # the normals point into the first
    box = (places == 0) | (places == places.max(axis=0))
    directions, gain = [], []
    for kind in kinds:
        corner = points[triangles[pairs == kind]]
        area = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]) / 2
        nodes = np.repeat(triangles[pairs == kind].ravel()[:, None], 3, axis=1) * 3 + np.arange(3)
        normal = np.bincount(nodes.ravel(), np.repeat(area, 3, axis=0).ravel(), 3 * len(places)).reshape(
            -1, 3
        )
        normal[box] = 0.0
        length = np.linalg.norm(normal, axis=1)
        directions.append(-normal / np.maximum(length, 1e-12)[:, None])
        gain.append(length.sum() / 3)
    balance, root = np.zeros((missing.size, kinds.size)), np.sqrt(np.array(gain))
    balance[sides[0], np.arange(kinds.size)] = root
    balance[sides[1], np.arange(kinds.size)] = -root
    shift = np.linalg.lstsq(balance, missing * np.bincount(phase.ravel()), rcond=1e-10)[0] / root
    moved = moved + sum(s * direction for s, direction in zip(shift, directions))
    return np.clip(moved, places - REACH, places + REACH)


def _interfaces(phase, cut):
    """Return the triangles between two phases, each once, seen from the one with the lower number, and 256
    low + high."""
    padded = np.pad(phase, 1, mode="edge")
    beside = [
        padded[
            1 + dx : 1 + dx + phase.shape[0],
            1 + dy : 1 + dy + phase.shape[1],
            1 + dz : 1 + dz + phase.shape[2],
        ]
        for dx, dy, dz in ((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1))
    ]
    other = np.stack(beside, axis=-1).reshape(-1, 6)[cut.at_surface]
    own = np.repeat(phase.ravel()[cut.at_surface][:, None], 6, axis=1)
    between = own < other
    pairs = own[between].astype(int) * 256 + other[between]
    return np.repeat(pairs, 2), cut.triangles.reshape(-1, 6, 2, 3)[between].reshape(-1, 3)


def _relaxed(points, moved, held, shape, sweeps=3):
    """Let the corners off the interfaces follow those on them: their shift is the mean of their
    neighbours'."""
    shift = (moved - points).reshape(*shape, 3)
    free = ~held.reshape(shape)[..., None]
    inner = np.indices(shape)
    for _ in range(sweeps):
        total, count = np.zeros_like(shift), np.zeros((*shape, 1))
        for axis in range(3):
            low, high = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
            total[low] += shift[high]
            total[high] += shift[low]
            count[low] += 1
            count[high] += 1
        shift = np.where(free, total / count, shift)
        for axis in range(3):
            shift[..., axis][inner[axis] % (shape[axis] - 1) == 0] = 0.0
    return points + shift.reshape(-1, 3)


def _guarded(places, moved, cut, edges, least, most=100):
    """Move corners back towards their places in the image until no element is worse than `least`; return all
    points (in voxels)."""
    n, cells, share = len(places), cut.cells, np.ones(len(places))
    at = np.concatenate([moved, _inner_points(moved, cut.triangles)])
    start = np.concatenate([places, places[cut.voxels].mean(axis=1)])
    suspects = np.arange(len(cells))
    least = min(least, 0.9 * float(radius_ratios(start * edges, cells).min()))
    for _ in range(most):
        bad = cells[suspects[radius_ratios(at * edges, cells[suspects]) < least]]
        if not bad.size:
            return at
        back = np.zeros(n, dtype=bool)
        back[bad[bad < n]] = True
        stuck = bad[
            (share[np.minimum(bad, n - 1)] * (bad < n)).max(axis=1) == 0
        ]  # only the rest of their voxels can help
        back[cut.voxels[stuck[stuck >= n] - n]] = True
        share[back] = np.where(share[back] > 0.05, share[back] * BACK, 0.0)
        at[:n] = places + share[:, None] * (moved - places)
        again = back[cut.voxels].any(axis=1)
        at[n:][again] = _inner_points(at, cut.triangles[again])
        suspects = np.flatnonzero(np.concatenate([back, again])[cells].any(axis=1))
    return start


def _inner_points(points, triangles, sharpness=20.0, steps=25):
    """Find in each voxel the point as far as can be from all twelve triangles [voxels, 12, 3]: steps along
    their normals, each weighted by exp(-sharpness distance), lengths in voxels."""
    found = np.empty((len(triangles), 3))
    for first in range(0, len(triangles), CHUNK // 12):
        corner = points[triangles[first : first + CHUNK // 12]]
        normals, offset = _planes(corner)
        inner = corner.mean(axis=(1, 2))
        for step in range(steps):
            distance = np.einsum("vti,vi->vt", normals, inner) - offset
            weight = np.exp(-sharpness * (distance - distance.min(axis=1)[:, None]))
            weight /= weight.sum(axis=1)[:, None]
            inner = inner + 0.2 / (1 + 0.2 * step) * np.einsum("vt,vti->vi", weight, normals)
        found[first : first + CHUNK // 12] = inner
    return found


def _planes(corner):
    """Unit normals of triangles [..., 3 corners, 3] and the distance of their planes from the origin."""
    a, b, c = (corner[..., k, :] for k in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1), 1e-12)[..., None]
    return normals, np.einsum("...i,...i->...", normals, a)


# -- elements ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CutVoxels:
    """Voxels cut into elements: corners of those with a point inside (v, 8), their triangles seen from it (v,
    12, 3), all elements and their phases; the point inside voxel i has the number corners + i. at_surface:
    which voxels these are.
    """

    at_surface: np.ndarray
    voxels: np.ndarray
    triangles: np.ndarray
    cells: np.ndarray
    phase: np.ndarray


def _cut(phase, points, on_surface):
    nodes = np.array(phase.shape) + 1
    corner = np.argwhere(np.ones(phase.shape, dtype=bool))[:, None, :] + CORNERS
    voxels = np.ravel_multi_index(tuple(np.moveaxis(corner, -1, 0)), nodes)
    code = phase.ravel()
    at_surface = on_surface[voxels].any(axis=1)
    chosen = voxels[at_surface]
    which = _diagonals(phase.shape, points, on_surface, chosen, at_surface)
    quads = chosen[:, QUADS]
    triangles = np.take_along_axis(quads, HALVES[which].reshape(*which.shape, 6), axis=2).reshape(-1, 12, 3)
    inside = np.broadcast_to(nodes.prod() + np.arange(len(chosen))[:, None, None], (len(chosen), 12, 1))
    outer, inner = np.concatenate([triangles, inside], axis=2), voxels[~at_surface][:, TETRAHEDRA]
    cells = np.concatenate([outer.reshape(-1, 4), inner.reshape(-1, 4)])
    return CutVoxels(
        at_surface,
        chosen,
        triangles,
        cells,
        np.concatenate([np.repeat(code[at_surface], 12), np.repeat(code[~at_surface], 6)]),
    )


def _diagonals(shape, points, on_surface, voxels, at_surface):
    """Choose how each face [voxels, 6] is cut: along the diagonal whose triangles lie further from the middle
    of both voxels (0: Kuhn's, 1: the other); Kuhn's where no corner lies on an interface, since a voxel of
    six may be beyond it.
    """
    room = np.full((at_surface.size, 6, 2), np.inf)
    for first in range(0, len(voxels), CHUNK // 12):
        part = voxels[first : first + CHUNK // 12]
        middle, heights = points[part].mean(axis=1), []
        for half in HALVES:
            normals, offset = _planes(points[part[:, QUADS][:, :, half]])
            heights.append((np.einsum("vfti,vi->vft", normals, middle) - offset).min(axis=2))
        room[np.flatnonzero(at_surface)[first : first + CHUNK // 12]] = np.stack(heights, axis=2)
    room = room.reshape(*shape, 6, 2)
    for axis in range(3):
        low = room[(slice(None),) * axis + (slice(1, None),)][..., 2 * axis, :]
        high = room[(slice(None),) * axis + (slice(None, -1),)][..., 2 * axis + 1, :]
        np.minimum(low, high, out=low)
        high[...] = low
    room = room.reshape(-1, 6, 2)[at_surface]
    free = on_surface[voxels[:, QUADS]].any(axis=2)
    return (free & (room[..., 1] > room[..., 0] + 1e-9)).astype(int)
