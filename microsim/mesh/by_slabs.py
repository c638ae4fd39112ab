"""What `info` says of the phases of a volume that stays in its file: slab by slab, with as many layers on
each side as a face's area depends on, and clusters joined across slabs.

Numbers of voxels are those of morphology.phase_summary; areas are the same terms added in another order.
"""

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..base.axes import AXES
from ..volumes.slabs import MEMORY, windows
from .morphology import SMOOTHING, face_area_factors, surface_area_faces

VOXELS = 2**22  # in a slab, a hundred bytes each at work


def summary_by_slabs(grid, store=MEMORY, progress=None):
    """Measure each phase of a grid without a mask: what morphology.phase_summary returns.

    store: where the numbers of clusters go, 5 bytes a voxel; progress: callable(done, total, message).
    """
    thick, phases = max(VOXELS // (grid.shape[1] * grid.shape[2]), 1), {}
    closed = store.empty(grid.shape, np.bool_)
    counted = {}
    for done, name in enumerate(grid.phases):
        _tell(progress, done, grid, f"clusters of {name}")
        counted[name] = _clusters(grid, name, thick, store, closed, first=done == 0)
    volume = grid.voxels * grid.voxel_volume
    for done, (name, label) in enumerate(zip(grid.phases, grid.labels)):
        _tell(progress, done, grid, f"surface of {name}")
        areas = np.array(_areas(grid, name, closed, thick)) / volume
        kinds = ("", "_closed", "_to_closed", "_faces")
        named = {f"surface_area_per_volume{kind}_m-1": float(area) for kind, area in zip(kinds, areas)}
        phases[name] = {"label": label, **counted[name], **named}
    _tell(progress, len(grid.phases), grid, "measured all phases")
    return {"shape": list(grid.shape), "voxel_size_m": list(grid.voxel_size), "phases": phases}


def _tell(progress, done, grid, words):
    if progress:
        progress(done, len(grid.phases), words)


def _clusters(grid, name, thick, store, closed, first):
    """Fractions of a phase and of its clusters; marks those that touch no face of the box in `closed`."""
    numbers, component = joined_clusters(grid.phase, grid.code(name), thick, store)
    count = int(component.max(initial=0)) + 1
    sizes, touching = np.zeros(count, np.int64), np.zeros((3, 2, count), bool)
    for slab, _, at in windows(numbers, 0, thick):
        of = component[slab]
        sizes += np.bincount(of.ravel(), minlength=count)
        for axis in (1, 2):
            for end in (0, -1):
                touching[axis, end][np.take(of, end, axis)] = True
        touching[0, 0][of[0]] |= at == 0
        touching[0, 1][of[-1]] |= at + len(of) == len(numbers)
    sizes[0], touching[..., 0] = 0, False  # of what is no cluster
    along = [axis for axis in range(3) if grid.shape[axis] > 1]  # a section is open along its plane only
    inner = ~touching[along].any(axis=(0, 1))
    inner[0] = False
    for slab, _, at in windows(numbers, 0, thick):
        here = slice(at, at + len(slab))
        closed[here] = inner[component[slab]] | (False if first else closed[here])
    total = max(int(sizes.sum()), 1)
    return {
        "volume_fraction": float(sizes.sum() / grid.voxels),
        "percolating_fraction": {
            a: float(sizes[touching[axis].all(axis=0)].sum() / total) for axis, a in enumerate(AXES)
        },
        "closed_fraction": float(sizes[inner].sum() / total),
    }


def joined_clusters(phase, code, thick, store=MEMORY):
    """Number the 6-connected clusters of a phase: (numbers [x, y, z], 0 outside; which cluster each number is
    of, 0 of 0)."""
    numbers, count, pairs, before = store.empty(phase.shape, np.int32), 0, [], None
    for slab, _, at in windows(phase, 0, thick):
        found, more = ndimage.label(slab == code)
        found[found > 0] += count
        numbers[at : at + len(found)] = found
        if before is not None:
            both = (before > 0) & (found[0] > 0)
            pairs.append(np.unique(np.stack([before[both], found[0][both]]), axis=1))
        before, count = found[-1].copy(), count + more
    first, second = np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), int)
    links = coo_array((np.ones(first.size, bool), (first, second)), shape=(count + 1, count + 1))
    # 0 has no link: it is a component of its own, and the first one
    return numbers, connected_components(links, directed=False)[1]


def _areas(grid, name, closed, thick):
    """Area of a phase (m2): corrected; of that what its closed clusters have, and what lies beside those of
    others; as voxel faces."""
    reach = int(3 * round(SMOOTHING * max(grid.voxel_size) / grid.voxel_size[0], 9) + 0.5) + 2
    found = np.zeros(4)
    for (slab, own, at), (inner, *_) in zip(windows(grid.phase, reach, thick), windows(closed, reach, thick)):
        mask = slab == grid.code(name)
        last = at + own.stop - own.start == grid.shape[0]
        for axis, factors in enumerate(face_area_factors(mask, grid.voxel_size)):
            layers = slice(own.start, own.stop - (1 if last and axis == 0 else 0))
            sides = [_either(part, axis)[layers] for part in (inner & mask, inner & ~mask)]
            parts = [factors[layers], *(factors[layers][side] for side in sides)]
            found[:3] += [part.sum(dtype=float) * grid.face_area(axis) for part in parts]
        upto = own.stop if last else own.stop + 1  # with the faces to the next slab
        found[3] += surface_area_faces(mask[own.start : upto], grid.voxel_size)
        if not last:  # whose own faces along y and z are counted there
            found[3] -= surface_area_faces(mask[own.stop : upto], grid.voxel_size)
    return found.tolist()


def _either(mask, axis):
    low, high = (np.moveaxis(mask, axis, 0)[part] for part in (slice(None, -1), slice(1, None)))
    return np.moveaxis(low | high, 0, axis)
