"""OME-Zarr 0.4 and 0.5 (and plain arrays of Zarr 2 and 3), a folder each, by the package zarr.

Of the resolutions the finest is taken. Programs write its axes in the order z, y, x by habit, slices first,
as those of an OME-TIFF; other orders are asked about.
"""

import math
import resource
from dataclasses import replace

import numpy as np

from ...base.errors import InputError
from ...base.packages import need
from ..axes import TIME, axis_word
from ..choice import chosen_name
from ..contract import Format, Stored
from ..slabs import MEMORY
from ..stored import metres, of_no_unit, replacing_folder, require_reading, spacing

MARKS = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
SLASH = {"name": "v2", "separator": "/"}  # between the numbers of a chunk, as OME-Zarr has it
CHUNK = 128  # voxels along each axis
HABIT = {"z": "page", "y": "row", "x": "column"}


def read_zarr(path, part=None, index=None, whole=False, store=MEMORY):
    """Read one array: the finest of an image, or the one that `part` names; of several times the last, or the
    one at `index`. store: where the values go (volumes/slabs.py)."""
    zarr = _zarr(path)
    node = zarr.open(path, mode="r")
    image = _image(node)
    levels = [level["path"] for level in image["datasets"]] if image else []
    if part and part not in levels and (path / part).is_dir():
        node, part = zarr.open(path / part, mode="r"), None
        image = _image(node)
    if image is None:
        array, others = _array(node, path, part)
        row = _row(array, (), index, path) if not whole else None
        return _read(array, Stored(np.empty(0), beside=others), (), ((), ()), row, store, path)
    level, said = _level(image, part, path)
    array, names = node[level["path"]], _names(image)
    scales = _scales(image, level, array.ndim)
    stored = Stored(np.empty(0), said=said, beside=_beside(node, image, level))
    row = _row(array, names, index, path) if not whole else None
    return _read(array, stored, names, scales, row, store, path)


def _zarr(path):
    """The package; where address space is limited it works with one thread, as each takes 64 MB or more."""
    zarr = need("zarr", f"{path} (Zarr)")
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        zarr.config.set({"threading.max_workers": 1})
    return zarr


def _image(node):
    """The first image that the attributes describe, None for a plain array or group."""
    attributes = dict(node.attrs)
    described = attributes.get("ome", attributes).get("multiscales")
    return described[0] if described else None


def _array(node, path, part):
    """The array that is meant, and the names of the others."""
    if not hasattr(node, "members"):
        return node, ()
    arrays = sorted(node.members(max_depth=None))
    arrays = {name: found for name, found in arrays if getattr(found, "ndim", 0) > 2}
    name = chosen_name(path, part, arrays)
    return arrays[name], tuple(other for other in arrays if other != name)


def _level(image, part, path):
    levels = image["datasets"]
    names = [level["path"] for level in levels]
    level = levels[names.index(chosen_name(path, part or names[0], names, "resolution"))]
    if len(levels) == 1 or part:
        return level, ()
    return level, (f"resolution {level['path']} of {len(levels)}, the finest; ::{names[1]} for the next",)


def _beside(node, image, level):
    others = [other["path"] for other in image["datasets"] if other is not level]
    labels = node.get("labels") if hasattr(node, "get") else None
    listed = dict(labels.attrs) if labels is not None else {}
    listed = listed.get("ome", listed).get("labels", ())
    return (*others, *(f"labels/{name}" for name in listed))


def _names(image):
    axes = image.get("axes", ())
    words = [axis_word(axis["name"] if isinstance(axis, dict) else axis) for axis in axes]
    in_habit = [word for word in words if word in HABIT] == ["z", "y", "x"]
    return tuple(HABIT.get(word, word) if in_habit else word for word in words)


def _scales(image, level, count):
    """The scale of each axis, and the length of its unit in m: nan for an axis that is no length, None where
    none is stated; () without a scale for each axis."""
    axes = image.get("axes", ())
    if len(axes) != count or not all(isinstance(axis, dict) for axis in axes):
        return (), ()
    scale = np.ones(count)
    for step in (*level.get("coordinateTransformations", ()), *image.get("coordinateTransformations", ())):
        if step.get("type") == "scale":
            scale = scale * np.asarray(step["scale"], float)
    in_space = [axis.get("type", "space") == "space" for axis in axes]
    units = [metres(axis.get("unit", "")) if held else np.nan for axis, held in zip(axes, in_space)]
    return scale, units


def _read(array, stored, names, scales, row, store, path):
    if array.dtype.kind not in "biuf":
        raise InputError(f"expected numbers in {path}, got {array.dtype}; name another array.")
    if store.folder is None:
        require_reading(math.prod(array.shape) * array.dtype.itemsize, path)
    values = store.hold(array, row)
    if row is not None:
        said = f"time {row} of 0 to {array.shape[0] - 1}; ::@0 for the first"
        stored = replace(stored, said=(*stored.said, said))
        names, scales = names[1:], tuple(part[1:] for part in scales)
    stored = replace(stored, values=values, names=names, said=(*stored.said, *_missing(array)))
    return _sized(stored, *scales, path)


def _sized(stored, scale, units, path):
    """The Stored with its voxel edges, nan for axes that are no lengths."""
    in_space = [i for i, unit in enumerate(units) if unit is None or not np.isnan(unit)]
    if len(in_space) != 3:
        return stored
    if any(units[i] is None for i in in_space):
        return of_no_unit(stored, [scale[i] for i in in_space], path)
    edges = scale * units
    known = spacing(edges[in_space], 1.0)
    return replace(stored, voxel_size=tuple(float(f"{edge:.9g}") for edge in edges) if known else None)


def _row(array, names, index, path):
    """Which time is meant, None where there are no times."""
    times = bool(names) and names[0] == TIME and array.shape[0] > 1
    if index is None and not times:
        return None
    count = array.shape[0] if array.ndim == 4 else 0
    number = -1 if index is None else index
    if not isinstance(number, int) or not -count <= number < count:
        raise InputError(f"expected an index from 0 to {count - 1} behind {path}, got @{index}; correct it.")
    return number % count


def _missing(array):
    """What is not stored reads as the fill value: writers leave out chunks that hold nothing else."""
    stored, count = array.nchunks_initialized, array.nchunks
    if stored >= count:
        return ()
    return (
        f"{count - stored} of {count} chunks are not stored and read as {array.fill_value}, by the format",
    )


def is_zarr(path):
    """Tell whether a folder is an array or a group of Zarr."""
    return path.is_dir() and any((path / mark).is_file() for mark in MARKS)


# ---- writing -----------------------------------------------------------------------------------------------


def write_zarr(path, stored):
    """Write OME-Zarr 0.4: one resolution, axes under their own names, edges in um."""
    zarr = _zarr(path)
    names = stored.axes or "xyz"
    edges = [1.0] * 3 if stored.voxel_size is None else [edge * 1e6 for edge in stored.voxel_size]
    unit = {} if stored.voxel_size is None else {"unit": "micrometer"}
    level = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": edges}]}
    axes = [{"name": name, "type": "space", **unit} for name in names]
    image = {"version": "0.4", "name": path.name.partition(".")[0], "axes": axes, "datasets": [level]}
    values = stored.values
    with replacing_folder(path, is_zarr) as part:
        group = zarr.open_group(part, mode="w", zarr_format=2)
        chunks = tuple(min(n, CHUNK) for n in values.shape)
        more = {"chunks": chunks, "chunk_key_encoding": SLASH}
        held = group.create_array("0", shape=values.shape, dtype=values.dtype, **more)
        for first in range(0, values.shape[0], CHUNK):  # a row of chunks in memory
            held[first : first + CHUNK] = np.ascontiguousarray(values[first : first + CHUNK])
        group.attrs["multiscales"] = [image]


FORMATS = (
    Format(
        "OME-Zarr",
        (".zarr",),
        read_zarr,
        write_zarr,
        takes=("part", "index", "whole", "store"),
        opens=is_zarr,
    ),
)
