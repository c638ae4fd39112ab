"""Preparation of grey-scale volumes: crop, cubic voxels, drift, curtains, rings, noise, blur, brightness over
the depth.

Every step takes an array [x, y, z] and gives a new one, float32 unless stated; it runs slab by slab
(slabs.py). Steps on slices take the slicing axis: that along which the images were taken (FIB-SEM), or the
axis of rotation (tomography).
"""

import numpy as np
from scipy import ndimage

from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..volumes.filed import FileArray
from ..volumes.slabs import MEMORY, by_slabs, layers, place, take

SAMPLED = 2_000_000  # voxels that a range of grey values is measured on
FEW = 1e-3  # share of the voxels that may be zingers or dead pixels
FAR = 3.0  # widths of the range of the others


def check_grey(values, what="the grey volume"):
    """Refuse what no step can work on: not 3-D, empty, not finite, or one value throughout."""
    if values.ndim != 3 or values.size == 0:
        raise InputError(
            f"expected three axes in {what}, got shape {values.shape}; stack the images to a volume."
        )
    low, high, broken = np.inf, -np.inf, 0
    for layer in layers(values, 0):
        broken += layer.size - np.count_nonzero(np.isfinite(layer)) if layer.dtype.kind == "f" else 0
        low, high = min(low, layer.min()), max(high, layer.max())
    if broken:
        raise InputError(
            f"expected finite grey values in {what}, got NaN or infinity in {broken} of {values.size} voxels;"
            " mend them."
        )
    if low == high:
        raise InputError(
            f"expected different grey values in {what}, got {low:g} in every voxel; check the file."
        )
    return float(low), float(high)


def grey_span(values):
    """Grey values between which voxels count, (low, high): those of all, or where a few lie far outside the
    rest (zingers, dead pixels) that of the rest and three times its width to that side."""
    low, high = check_grey(values)
    step = max(int(np.cbrt(values.size / SAMPLED)), 1)
    some = np.sort(np.asarray(values[::step, ::step, ::step], np.float64), axis=None)
    few = max(int(some.size * FEW), min(2, (some.size - 1) // 4))
    first, last = float(some[few]), float(some[-1 - few])
    reach = FAR * (last - first)
    if reach == 0:
        return low, high
    return max(low, first - reach), min(high, last + reach)


def without_extremes(values, *, store=MEMORY):
    """Bring voxels beyond `grey_span` to its ends: (values, how many); the same values where none are."""
    low, high = grey_span(values)
    beyond = sum(int(np.count_nonzero((layer < low) | (layer > high))) for layer in layers(values, 0))
    if beyond == 0:
        return values, 0
    dtype, out = np.asarray(values[:1]).dtype, store.empty(values.shape, np.asarray(values[:1]).dtype)
    if dtype.kind in "iu":
        low, high = int(np.ceil(low)), int(np.floor(high))
    for first in range(0, values.shape[0], 16):
        out[first : first + 16] = np.clip(values[first : first + 16], low, high)
    return out, beyond


def crop(values, box):
    """Cut out a box, {"x": (first, end), ...} in voxels, end not included; axes left out stay whole."""
    keep = [slice(None)] * 3
    for name, (first, end) in box.items():
        axis = axis_number(name)
        if not 0 <= first < end <= values.shape[axis]:
            raise InputError(
                f"expected a crop along {name} within 0 and {values.shape[axis]}, got {first} to {end};"
                " correct it."
            )
        keep[axis] = slice(int(first), int(end))
    return values.part(*keep) if isinstance(values, FileArray) else values[tuple(keep)]


# ---- voxel size --------------------------------------------------------------------------------------------


def resample(values, voxel_size, target, *, store=MEMORY, progress=None):
    """Resample to other voxels: (values, voxel size); 15.2 x 15.2 x 100 nm to 100 nm, say.

    A larger voxel takes the mean over its own box, each source voxel counted by the part of it inside, so the
    mean of the image is kept; a smaller one is interpolated linearly between source centres. Axis by axis.

    voxel_size, target: edges x, y, z or one edge, m. What is left at the far end for less than a voxel is cut
    off.
    """
    source, wanted = np.broadcast_to(voxel_size, 3).astype(float), np.broadcast_to(target, 3).astype(float)
    weights = [_weights(n, h, H) for n, h, H in zip(values.shape, source, wanted)]
    if min(w.shape[0] for w in weights) == 0:
        raise InputError(
            f"expected voxels smaller than the volume, got {' x '.join(f'{1e9 * H:g}' for H in wanted)} nm"
            f" for a volume of {' x '.join(f'{1e9 * n * h:g}' for n, h in zip(values.shape, source))} nm;"
            " correct the size."
        )
    out = store.empty(tuple(w.shape[0] for w in weights), np.float32)
    planes = {}
    for i in range(out.shape[0]):
        used = weights[0][[i]].tocoo()
        planes = {j: planes[j] if j in planes else _plane(values[j], *weights[1:]) for j in used.col.tolist()}
        out[i] = sum(np.float32(w) * planes[j] for w, j in zip(used.data, used.col.tolist()))
        if progress:
            progress(i + 1, out.shape[0], "resampling")
    return out, tuple(float(H) for H in wanted)


def _plane(plane, along_y, along_z):
    return np.asarray(along_z @ (along_y @ np.asarray(plane, np.float32)).T, np.float32).T


def _weights(n, h, H):
    """Weights of the source voxels (columns) in each new voxel (rows), summing to 1: sparse [new, n]."""
    from scipy.sparse import csr_array

    count = int(np.floor(n * h / H * (1 + 1e-9)))
    if H >= h:
        low, high = np.arange(count) * H / h, (np.arange(count) + 1) * H / h
        reach = int(np.ceil(H / h)) + 1
        column = np.floor(low + 1e-9).astype(int)[:, None] + np.arange(reach)
        part = np.minimum(high[:, None], column + 1) - np.maximum(low[:, None], column)
    else:
        centre = np.clip((np.arange(count) + 0.5) * H / h - 0.5, 0, n - 1)
        column = np.minimum(np.floor(centre).astype(int), max(n - 2, 0))[:, None] + np.arange(2)
        part = 1 - np.abs(centre[:, None] - column)
    part = np.where((column < n) & (part > 1e-9), part, 0.0)
    part /= np.maximum(part.sum(1, keepdims=True), 1e-30)
    row = np.broadcast_to(np.arange(count)[:, None], column.shape)
    kept = part > 0
    return csr_array((part[kept], (row[kept], column[kept])), shape=(count, n))


# ---- drift -------------------------------------------------------------------------------------------------


# ---- stripes and rings -------------------------------------------------------------------------------------


def remove_curtains(values, axis, along, *, width=15, window=64, store=MEMORY, progress=None):
    """Remove stripes from each slice: brightness that depends on the place across them and hardly on that
    along them.

        v / (1 + f),   f(u) = median over a window along the stripe of v / (median of v over `width` across) -
                       1

    Only voxels brighter than the slice's mean tell f, dark ones being mostly noise; for the median across
    these stand at the brightness that is usual at their place along the stripe. Structure leaves a trace in f
    only if it runs along the stripes for more than half the window.

    axis   slicing axis; along: axis of the stripes
    width  voxels across, more than twice the stripes' own; window: voxels along, 0 for the whole length
    """
    axis, along = axis_number(axis), axis_number(along)
    if axis == along:
        raise InputError(
            f"expected stripes that run within the slices, got {AXES[along]} for both; name another axis."
        )
    turn = [a for a in range(3) if a != axis].index(along) == 0
    out = store.empty(values.shape, np.float32)
    for s, image in enumerate(layers(values, axis)):
        image = image.astype(np.float32)
        image = image.T if turn else image
        clean = image / (1 + _stripes(image, width, window))
        place(out, axis, s, s + 1, np.expand_dims(clean.T if turn else clean, axis))
        if progress:
            progress(s + 1, values.shape[axis], "removing curtains")
    return out


def _stripes(image, width, window):
    """Relative brightness of stripes along the second axis."""
    bright = image > image.mean()
    usual = _median(np.where(bright, image, np.nan).T, 8)
    usual = np.where(usual > 0, usual, np.median(image[bright]) if bright.any() else 1.0)
    smooth = ndimage.median_filter(np.where(bright, image, usual), size=(width, 1), mode="nearest")
    ratio = np.where(bright & (smooth > 0), image / np.where(smooth > 0, smooth, 1) - 1, np.nan)
    length = image.shape[1]
    window = min(window, length) or length
    count = max(int(np.ceil(2 * length / window)) - 1, 1)
    starts = np.linspace(0, length - window, count).round().astype(int)
    found = np.stack([_median(ratio[:, a : a + window], 8) for a in starts], axis=1)
    middles = starts + (window - 1) / 2
    along = np.clip(np.arange(length), middles[0], middles[-1])
    place_ = np.clip(np.searchsorted(middles, along, side="right") - 1, 0, max(count - 2, 0))
    if count == 1:
        return found[:, [0]]
    part = (along - middles[place_]) / (middles[place_ + 1] - middles[place_])
    return (1 - part) * found[:, place_] + part * found[:, place_ + 1]


def _median(ratio, fewest):
    """Median of each row over what is known; 0 where that is too little."""
    known = np.isfinite(ratio).sum(axis=1)
    ordered = np.sort(ratio, axis=1)  # NaN last
    low, high = np.maximum(known - 1, 0) // 2, known // 2
    rows = np.arange(len(ratio))
    middle = (ordered[rows, low] + ordered[rows, np.minimum(high, ratio.shape[1] - 1)]) / 2
    return np.where(known >= fewest, middle, 0.0).astype(np.float32)


def remove_rings(values, axis, *, centre=None, width=9, store=MEMORY, progress=None):
    """Remove rings around the axis of rotation from each slice of a tomogram.

        v - f(r),   f(r) = median over the ring of (v - median of v over width x width)

    The inner median holds structure, which the outer one therefore does not see; rings are thinner than half
    the width.

    centre: of rotation, voxels along the other two axes; default the middle of the slice.
    """
    axis = axis_number(axis)
    shape = [n for a, n in enumerate(values.shape) if a != axis]
    middle = [(n - 1) / 2 for n in shape] if centre is None else [float(c) for c in centre]
    u, v = np.meshgrid(*map(np.arange, shape), indexing="ij")
    radius = np.hypot(u - middle[0], v - middle[1])
    ring = np.rint(radius).astype(int)
    order = np.argsort(ring, axis=None, kind="stable")
    ends = np.cumsum(np.bincount(ring.ravel()))[:-1]
    out = store.empty(values.shape, np.float32)
    for s, image in enumerate(layers(values, axis)):
        image = image.astype(np.float32)
        rough = image - ndimage.median_filter(image, size=width, mode="nearest")
        profile = np.array(
            [np.median(part) if part.size else 0.0 for part in np.split(rough.ravel()[order], ends)]
        )
        image = image - np.interp(radius, np.arange(profile.size), profile).astype(np.float32)
        place(out, axis, s, s + 1, np.expand_dims(image, axis))
        if progress:
            progress(s + 1, values.shape[axis], "removing rings")
    return out


# ---- noise, blur, brightness -------------------------------------------------------------------------------


def median_denoise(values, size=3, *, axis=None, store=MEMORY, progress=None):
    """Replace each voxel by the median of `size` voxels on each axis (axis given: within its slices)."""
    size = _odd(size)
    box = [size] * 3
    if axis is not None:
        box[axis_number(axis)] = 1

    def step(slab):
        return ndimage.median_filter(np.asarray(slab, np.float32), size=box, mode="nearest")

    return by_slabs(step, values, reach=size // 2, store=store, progress=progress, message="median")


def nlm_denoise(values, strength=0.8, *, patch=3, distance=5, axis=None, store=MEMORY, progress=None):
    """Average voxels with others nearby whose surroundings look alike (non-local means; Buades, CVPR (2005)).

    strength  h of the method in standard deviations of the noise, which is measured first
    patch     edge of the surroundings compared; distance: how far others are looked for, voxels
    axis      given: within its slices; None: in 3-D, about `distance` times slower
    """
    from skimage.restoration import denoise_nl_means

    noise = noise_of(values)
    options = {
        "patch_size": _odd(patch),
        "patch_distance": int(distance),
        "h": strength * noise,
        "sigma": noise,
    }

    def step(slab):
        slab = np.asarray(slab, np.float32)
        return denoise_nl_means(slab, fast_mode=True, **options).reshape(
            slab.shape
        )  # it drops axes of one voxel

    if axis is None:
        reach = int(distance) + patch
        return by_slabs(step, values, reach=reach, store=store, progress=progress, message="non-local means")
    axis, out = axis_number(axis), store.empty(values.shape, np.float32)
    for s, image in enumerate(layers(values, axis)):
        place(out, axis, s, s + 1, np.expand_dims(step(image), axis))
        if progress:
            progress(s + 1, values.shape[axis], "non-local means")
    return out


def noise_of(values, layers_used=16):
    """Measure the standard deviation of the noise, from second differences in the layers along x: their
    median over flat and structured parts alike (Immerkaer, Comput. Vis. Image Underst. 64 (1996) 300, with
    the median in place of the mean). Fine structure adds to it: by a tenth where edges take an eighth of the
    voxels."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    found = []
    for i in np.unique(np.linspace(0, values.shape[0] - 1, layers_used).astype(int)):
        rough = ndimage.convolve(np.asarray(values[i], np.float32), kernel, mode="nearest")
        found.append(np.median(np.abs(rough)) / 0.6745 / 6)
    return float(np.median(found))


def unsharp(values, amount=0.7, *, radius=1.0, axis=None, store=MEMORY, progress=None):
    """Sharpen: v + amount (v - v smoothed by a Gaussian of `radius` voxels); axis given: within its
    slices."""
    from skimage.filters import unsharp_mask

    sigma = [float(radius)] * 3
    if axis is not None:
        sigma[axis_number(axis)] = 0.0

    def step(slab):
        slab = np.asarray(slab, np.float32)
        return unsharp_mask(slab, radius=sigma, amount=amount, preserve_range=True)

    return by_slabs(
        step, values, reach=int(np.ceil(4 * radius)) + 1, store=store, progress=progress, message="sharpening"
    )


def normalise(values, axis, *, window=1, anchors="bright", store=MEMORY, progress=None):
    """Equalise the brightness of the layers along an axis.

    Each layer is split at its own Otsu threshold; the median of the brighter part (of both parts) is brought
    to that of the whole volume by a factor (a factor and an offset). Medians of the parts, unlike those of
    the layer, do not follow the amount of each phase; a layer that lacks the brightest phase shows by a
    bright level that stands out and takes that of the layers around (anchor bright).

    window: layers over which the medians are smoothed; 1 for flicker from slice to slice, many for a slow
    trend anchors: "bright" or "both"
    """
    if anchors not in ("bright", "both"):
        raise InputError(f"expected the anchors bright or both, got {anchors!r}; choose one.")
    axis = axis_number(axis)
    levels = np.array([_two_levels(layer) for layer in layers(values, axis)])
    if anchors == "bright":
        levels[:, 1] = _plausible(levels[:, 1])
    if window > 1:
        levels = ndimage.median_filter(levels, size=(window, 1), mode="nearest")
        levels = ndimage.uniform_filter1d(levels, window, axis=0, mode="nearest")
    dark, bright = np.median(levels, axis=0)
    out = store.empty(values.shape, np.float32)
    for i in range(values.shape[axis]):
        layer, (low, high) = np.asarray(take(values, axis, i, i + 1), np.float32), levels[i]
        if anchors == "bright":
            layer = layer * np.float32(bright / high) if high > 0 else layer
        elif high > low:
            layer = (layer - np.float32(low)) * np.float32((bright - dark) / (high - low)) + np.float32(dark)
        place(out, axis, i, i + 1, layer)
        if progress:
            progress(i + 1, values.shape[axis], "normalising")
    return out


def _plausible(levels, reach=31, least=0.05):
    """Replace bright levels that stand out from those of the layers around by their median.

    A layer without the brightest phase shows the next one's level. It stands out by more than 4 standard
    deviations (from the median absolute deviation; at least 5 %) of the logarithm; layers beyond a face are
    mirrored.
    """
    if (levels <= 0).any():
        return levels
    logs = np.log(levels)
    usual = ndimage.median_filter(logs, size=min(reach, 2 * len(logs) - 1), mode="reflect")
    off = np.abs(logs - usual)
    return np.where(off > max(4 * 1.4826 * np.median(off), least), np.exp(usual), levels)


def _two_levels(layer):
    """Medians of the darker and the brighter part of a layer."""
    from skimage.filters import threshold_otsu

    layer = np.asarray(layer, np.float32)
    if layer.min() == layer.max():
        return float(layer.min()), float(layer.max())
    threshold = threshold_otsu(layer)
    bright = layer > threshold
    return float(np.median(layer[~bright])), float(np.median(layer[bright]))


def _odd(size):
    if int(size) != size or size < 1 or size % 2 == 0:
        raise InputError(f"expected an odd number of voxels from 1, got {size}; write 3 or 5.")
    return int(size)


def beyond_edges(grey, sample):
    """Return grey values that go on beyond the sample as they are at its edge: those of the nearest voxel.

    sample: bool [x, y, z]. What lies outside a field of view then has no level of its own.
    """
    nearest = ndimage.distance_transform_edt(~sample, return_distances=False, return_indices=True)
    return np.asarray(grey)[tuple(nearest)]
