"""Void sheets parallel to the current collector: where an electrode has come off in layers.

A sheet is a plane piece of void, flat, tilted or wavy, that solid bridges and pores beside it may interrupt:
in a square window of the area of a disc of diameter `extent`, on the plane of the best slope through a void
voxel, the share of void is at least

    0.85,   and more by half of what the porosity has beyond 0.35

The window's centre stays inside a straight rim by w (1/2 - (1 - share) / (1 - porosity)), which is how far
sheets are let out again. What is higher than a quarter of a small window and wide enough for a larger one is
found by the larger: windows grow by steps up to the width of the section.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from ..base.axes import axis_number
from ..base.errors import InputError

SLOPES = (-0.4, -0.2, 0.0, 0.2, 0.4)  # of the planes, along both axes
SHARE, POROUS = 0.85, 0.35
FINEST = 13  # cells along a window, at the least, when it is coarsened
DENSE = 0.05  # porosity below which what a window has beyond a rim is solid
SLACK = 2  # cells that the void of a sheet may lie above or below its level
GROWTH = 1.5  # from one window to the next
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


@dataclass(frozen=True, eq=False)
class _Sheet:
    """Share of void and level (cells along the axis) of each column [y, z] of a section, the mean level, and
    the thickness (m)."""

    share: np.ndarray = field(repr=False)
    level: np.ndarray = field(repr=False)
    depth: float
    thickness: float

    def on(self, section):
        """Return it on the voxels of a section; 0 where cells do not cover it."""
        factors = [n // m for n, m in zip(section, self.share.shape)]
        place = tuple(
            np.minimum(np.arange(n) // f, m - 1) for n, f, m in zip(section, factors, self.share.shape)
        )
        return replace(self, share=self.share[np.ix_(*place)], level=self.level[np.ix_(*place)])

    def meets(self, other):
        """Whether the other lies in it."""
        both = (self.share > 0) & (other.share > 0)
        return both.any() and np.median(np.abs(self.level - other.level)[both]) <= SLACK

    def with_(self, other):
        """Return it with the columns that only the other has, as thin as the one that sees less beside it."""
        more = other.share > self.share
        share, level = np.where(more, (other.share, other.level), (self.share, self.level))
        return replace(
            self, share=share, level=level.astype(int), thickness=min(self.thickness, other.thickness)
        )


@dataclass(frozen=True, eq=False)
class VoidSheets:
    """Void sheets of a volume, with the edges of its voxels along the axis and across it (m)."""

    sheets: tuple = field(repr=False)
    h: float
    others: tuple

    def rows(self):
        """List {depth_m, thickness_m, area_m2, covered, voxels}, largest first."""
        rows = [_row(sheet, self.h, self.others) for sheet in self.sheets]
        return sorted(rows, key=lambda row: -row["area_m2"])

    def share(self, start=-np.inf, end=np.inf):
        """Share of the cross-section that lies on any sheet between two depths (m), each column once."""
        here = [sheet.share for sheet in self.sheets if start <= (sheet.depth + 0.5) * self.h < end]
        return float(np.max(here, axis=0).mean()) if here else 0.0


def delaminated_layers(grid, **how):
    """Find void sheets parallel to the current collector; return the rows of `void_sheets`."""
    return void_sheets(grid, **how).rows()


def void_sheets(grid, *, voids=("pore",), axis=0, extent=5e-6, aspect=4.0):
    """Find void sheets parallel to the current collector; return VoidSheets.

    extent: least extent of a sheet (m). A sheet is at most 1 / aspect as thick as it is wide; one that the
    end of the box cuts has no thickness that is known, and is left out. Of a row, thickness: mean of the
    void across it; covered: share of the cross-section, without solid bridges. Sheets at different depths
    may lie above each other, so that what they cover adds up to more than what `share` tells. Raises
    InputError for an extent below two voxels.
    """
    axis = axis_number(axis)
    others = [grid.voxel_size[a] for a in range(3) if a != axis]
    if extent < 2 * max(others):
        raise InputError(f"expected an extent of at least two voxels, got {1e6 * extent:g} um; enlarge it.")
    mask, h = np.moveaxis(grid.mask(*voids), axis, 0), grid.voxel_size[axis]
    width = min(n * e for n, e in zip(mask.shape[1:], others))
    found = [s for e in _extents(extent, width) for s in _sheets(mask, h, others, e, e / aspect)]
    return VoidSheets(tuple(_joined(found, mask.shape[1:])), h, tuple(others))


def _extents(extent, width):
    """Extents of windows (m): the least, and larger ones up to the width of the section."""
    steps = max(int(np.floor(np.log(width / extent) / np.log(GROWTH) + 1e-9)), 0)
    return [extent * GROWTH**k for k in range(steps + 1)]


def _sheets(mask, h, others, extent, thickest):
    """The _Sheet of one extent."""
    void = _coarse(mask, h, others, extent)
    runs = _run_lengths(_best_share(void) >= void.wanted)
    core = (void.share > 0.5) & (runs > 0) & (runs * h <= thickest)
    pieces, _ = ndimage.label(core, np.ones((3, 3, 3)))
    own = _run_lengths(void.share > 0.5)
    boxes = enumerate(ndimage.find_objects(pieces), start=1)
    found = [_sheet(void, pieces[box] == number, box, own, thickest) for number, box in boxes]
    return [sheet for sheet in found if sheet is not None]


def _joined(sheets, section):
    """Sheets of all extents, those that lie in each other as one: [_Sheet on the voxels of the section]."""
    found = []
    for sheet in sorted((s.on(section) for s in sheets), key=lambda s: -s.share.sum()):
        place = next((k for k, other in enumerate(found) if other.meets(sheet)), None)
        if place is None:
            found.append(sheet)
        else:
            found[place] = found[place].with_(sheet)
    return found


def _row(sheet, h, others):
    area = float(sheet.share.sum() * np.prod(others))
    return {
        "depth_m": (sheet.depth + 0.5) * h,
        "thickness_m": sheet.thickness,
        "area_m2": area,
        "covered": float(sheet.share.mean()),
        "voxels": round(area * sheet.thickness / (h * np.prod(others))),
    }


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


def _sheet(void, core, box, own, thickest):
    """The _Sheet about a core of window centres, or None where it is none: too small, or a wide pore."""
    flat = core.any(0)
    if np.count_nonzero(flat) < (0.15 + void.porosity) * np.prod(void.window):
        return None
    lengths = own[box][core]
    thin = (lengths > 0) & (lengths * void.h <= thickest)
    if thin.mean() < THIN:
        return None
    place = np.arange(box[0].start, box[0].stop)[:, None, None]
    height = np.rint((core * place).sum(0) / np.maximum(core.sum(0), 1)).astype(np.int64)
    depth = float((core * place).sum() / np.count_nonzero(core))
    return _Sheet(*_reached(void, flat, height, box), depth, float(lengths[thin].mean() * void.h))


def _reached(void, flat, height, box):
    """Share of void and level of each column [y, z] of a sheet, let out by the rim from its core."""
    shape = void.share.shape[1:]
    centres, heights = np.zeros(shape, bool), np.zeros(shape, np.int64)
    centres[box[1:]], heights[box[1:]] = flat, height
    away, nearest = ndimage.distance_transform_edt(~centres, return_indices=True)
    level = heights[tuple(nearest)]
    near = [np.clip(level + k, 0, len(void.share) - 1)[None] for k in range(-SLACK, SLACK + 1)]
    most = np.max([np.take_along_axis(void.share, at, 0)[0] for at in near], axis=0)
    return np.where(away <= void.rim, most, 0.0), level


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
