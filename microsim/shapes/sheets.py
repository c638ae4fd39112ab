"""Void sheets parallel to the current collector: where an electrode has come off in layers.

A sheet is a plane piece of void, flat, tilted or wavy, that solid bridges and pores beside it may interrupt:
in a square window of the area of a disc of diameter `extent`, on the plane of the best slope through a void
voxel, the share of void is at least

    0.85,   and more by half of what the porosity has beyond 0.35

The window's centre stays inside a straight rim by w (1/2 - (1 - share) / (1 - porosity)), which is how far
sheets are let out again.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from ..base.axes import axis_number
from ..base.errors import InputError

SLOPES = (-0.4, -0.2, 0.0, 0.2, 0.4)  # of the planes, along both axes
SHARE, POROUS = 0.85, 0.35
FINEST = 13  # cells along a window, at the least, when it is coarsened
DENSE = 0.05  # porosity below which what a window has beyond a rim is solid
THIN = 0.25  # of the cells of a sheet whose own void must be thin: a wide pore's is not


@dataclass(frozen=True, eq=False)
class _Voids:
    """Share of void in cells [axis first], their edges (m) along the axis and across it, and the window
    (cells)."""

    share: np.ndarray = field(repr=False)
    h: float
    others: tuple
    window: tuple

    @property
    def porosity(self):
        return float(self.share.mean())

    @property
    def wanted(self):
        """Share of void on the plane that makes a sheet."""
        return min(SHARE + max(self.porosity - POROUS, 0.0) / 2, 0.97)

    @property
    def rim(self):
        """How many cells beyond the outermost centres of windows a straight rim lies; in dense surroundings a
        window passes it by whole cells."""
        side = float(np.mean(self.window))
        beyond = side * (1 - self.wanted)
        if self.porosity < DENSE:
            return max(side / 2 - np.floor(beyond) - 0.5, 0.0)
        return max(side / 2 - beyond / max(1 - self.porosity, 1e-6), 0.0)


def delaminated_layers(grid, *, voids=("pore",), axis=0, extent=5e-6, aspect=4.0):
    """Find void sheets parallel to the current collector: list of {depth_m, thickness_m, area_m2, covered,
    voxels}.

    extent: least extent of a sheet (m), which is at most extent / aspect thick; one that the end of the box
    cuts has no thickness that is known, and is left out. thickness: mean of the void across it; covered:
    share of the cross-section, without solid bridges. Largest first. Raises InputError for an extent below
    two voxels.
    """
    axis = axis_number(axis)
    others = [grid.voxel_size[a] for a in range(3) if a != axis]
    if extent < 2 * max(others):
        raise InputError(f"expected an extent of at least two voxels, got {1e6 * extent:g} um; enlarge it.")
    void = _coarse(np.moveaxis(grid.mask(*voids), axis, 0), grid.voxel_size[axis], others, extent)
    thickest = extent / aspect
    on_plane = _best_share(void)
    runs = _run_lengths(on_plane >= void.wanted)
    core = (void.share > 0.5) & (runs > 0) & (runs * void.h <= thickest)
    pieces, _ = ndimage.label(core, np.ones((3, 3, 3)))
    own = _run_lengths(void.share > 0.5)
    found = [
        _sheet(void, pieces[box] == number, box, own, thickest, grid.voxel_volume)
        for number, box in enumerate(ndimage.find_objects(pieces), start=1)
    ]
    return sorted(filter(None, found), key=lambda sheet: -sheet["area_m2"])


def _coarse(void, h, others, extent):
    """The _Voids of a mask, in cells of which some FINEST and more make a window."""
    side = np.sqrt(np.pi) / 2 * extent
    factors = [int(np.clip(side / e / FINEST, 1, n)) for e, n in zip(others, void.shape[1:])]
    if max(factors) == 1:
        share = void.astype(np.float32)
    else:
        kept = [n // f * f for n, f in zip(void.shape[1:], factors)]
        (a, b), (f, g) = kept, factors
        share = void[:, :a, :b].reshape(len(void), a // f, f, b // g, g).mean((2, 4), dtype=np.float32)
    edges = tuple(e * f for e, f in zip(others, factors))
    window = tuple(max(2 * round((side / e - 1) / 2) + 1, 1) for e in edges)
    return _Voids(share, h, edges, window)


def _best_share(void):
    """Share of void in the window about each cell, on the plane of the slope where it is largest."""
    a, b = void.share.shape[1:]
    y, z = (np.arange(a) - (a - 1) / 2)[:, None], (np.arange(b) - (b - 1) / 2)[None]
    slopes = [[s if m > 1 else 0.0 for s in SLOPES] for m in (a, b)]
    best = np.zeros(void.share.shape, np.float32)
    for s, u in sorted({(s, u) for s in slopes[0] for u in slopes[1]}):
        rise = np.rint((s * y * void.others[0] + u * z * void.others[1]) / void.h).astype(np.int64)
        level = _sheared(void.share, rise)
        for axis in (1, 2):
            level = ndimage.uniform_filter1d(level, void.window[axis - 1], axis=axis, mode="reflect")
        np.maximum(best, _sheared(level, -rise), out=best)
    return best


def _sheared(values, rise):
    """Values of each column, moved down by `rise` cells; 0 from beyond the ends."""
    n = len(values)
    source = np.arange(n)[:, None, None] + rise
    inside = (source >= 0) & (source < n)
    return np.where(inside, np.take_along_axis(values, np.clip(source, 0, n - 1), 0), np.float32(0))


def _sheet(void, core, box, own, thickest, voxel_volume):
    """The sheet about a core of window centres, or None where it is none: too small, or a wide pore."""
    flat = core.any(0)
    if np.count_nonzero(flat) < (0.15 + void.porosity) * np.prod(void.window):
        return None
    lengths = own[box][core]
    thin = (lengths > 0) & (lengths * void.h <= thickest)
    if thin.mean() < THIN:
        return None
    place = np.arange(box[0].start, box[0].stop)[:, None, None]
    height = np.rint((core * place).sum(0) / np.maximum(core.sum(0), 1)).astype(np.int64)
    share = _reached(void, flat, height, box)
    area, thickness = float(share.sum() * np.prod(void.others)), float(lengths[thin].mean() * void.h)
    return {
        "depth_m": float(((core * place).sum() / np.count_nonzero(core) + 0.5) * void.h),
        "thickness_m": thickness,
        "area_m2": area,
        "covered": float(share.sum() / void.share[0].size),
        "voxels": round(area * thickness / voxel_volume),
    }


def _reached(void, flat, height, box):
    """Share of void of each column [y, z] of a sheet, let out by the rim from its core."""
    shape = void.share.shape[1:]
    centres, heights = np.zeros(shape, bool), np.zeros(shape, np.int64)
    centres[box[1:]], heights[box[1:]] = flat, height
    away, nearest = ndimage.distance_transform_edt(~centres, return_indices=True)
    level, slack = heights[tuple(nearest)], 2
    near = [np.clip(level + k, 0, len(void.share) - 1)[None] for k in range(-slack, slack + 1)]
    most = np.max([np.take_along_axis(void.share, at, 0)[0] for at in near], axis=0)
    return np.where(away <= void.rim, most, 0.0)


def _run_lengths(mask):
    """Length (voxels) of the unbroken run along the first axis that each voxel of a mask lies in; 0 outside
    the mask and in runs that an end of the array cuts."""
    lengths = np.zeros(mask.shape, np.int32)
    for i, plane in enumerate(mask[1:], start=1):
        begins = plane & ~mask[i - 1]
        lengths[i] = np.where(begins, 1, np.where(plane & (lengths[i - 1] > 0), lengths[i - 1] + 1, 0))
    lengths[-1] = 0
    for i in range(len(mask) - 2, -1, -1):
        lengths[i] = np.where(mask[i] & mask[i + 1], lengths[i + 1], lengths[i])
    return lengths
