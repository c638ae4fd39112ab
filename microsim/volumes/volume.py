"""Volumes: read from any known format into [x, y, z], checked, and written back.

Arrays are [x, y, z]; x runs through the thickness, from the separator to the current collector. A file has
its own order: `file_axes` names its axes, slowest first (TIFF: pages, rows, columns; npy and HDF5: as numpy
shows the array; NRRD and MHD: slices first), and the array is transposed once, here. Voxel sizes are x, y, z
too.
"""

import difflib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..base.errors import InputError, NotLabels
from ..base.gallery import located
from ..base.lengths import check_voxel_size
from ..base.plausible import remark
from ..base.schema import say
from .axes import as_section, in_space, own_axes, with_beam, without_colours
from .datasets import DATASETS, find, locate
from .filed import FileArray
from .formats import read_file, split_name, suffixes, write_file
from .slabs import MEMORY
from .stored import is_pattern, sha256_of

MOST_LABELS = 255
LARGEST = 1e100  # of a field: squares of more leave the range of numbers
LARGEST_LABEL = 2**32 - 1


@dataclass(frozen=True)
class Volume:
    """A volume as read: values [x, y, z], voxel edges (m) where known, and where it came from.

    size_from  who states the voxel edges: "given", "data set" or "file"; None: nobody
    said       what was taken where the file leaves a choice, sentences
    beside     other data of the file, as they are written behind ::
    """

    values: np.ndarray
    voxel_size: tuple[float, float, float] | None
    source: str
    sha256: str
    file_axes: str
    size_from: str | None = None
    said: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def read_voxels(
    name_or_path, *, file_axes=None, voxel_size=None, kind="labels", beam=None, beside=None, store=MEMORY
):
    """Read a volume from a file, a folder of slices or a known data set.

    name_or_path  a file of one of the formats of volumes/formats (docs/formats.md), a folder of slices or a
                  pattern like "s_*.png", "file.h5::name" (of [t, x, y, z] the last, or
                  "file.h5::name@index"), "file.npz::name", or the name of a data set
    file_axes     the file's axes, slowest first; None: as the file states them, otherwise xyz
    voxel_size    edge or edges x, y, z in m; wins over what the data set or the file says
    kind          "labels" (whole numbers from 0, at most 255 different ones; unsigned integers come back),
                  "grey" (finite numbers, type kept) or "field" (floats; NaN outside the field's phase)
    beam          x, y or z: a file of two axes is a projection along it, one voxel thick there
    beside        in place of file_axes, of a file that belongs to a volume: the axes that a caller stated for
                  that, or None, and those that it has (axes.own_axes)
    store         where the values go: those of HDF5 and Zarr slab by slab into a file (slabs.Store)

    Returns a Volume, C-contiguous in memory; sha256 is that of the file's bytes (of several files: one after
    the other). Raises InputError.
    """
    if file_axes is not None:
        _check_axes(file_axes)
    given = None if voxel_size is None else check_voxel_size(voxel_size)
    path, part, index, dataset = _find(name_or_path)
    stored = read_file(path, part, index, store=store)
    stored = without_colours(stored, name_or_path)
    if beam is not None:
        stored = with_beam(stored, file_axes, beam, name_or_path)
    if kind != "field":  # a map of two axes is a projection, along a beam that has to be named
        stored = as_section(stored)
    file_axes = file_axes or (dataset and "xyz") or (beside and own_axes(stored, *beside))
    stored = in_space(stored, file_axes, name_or_path)
    known = given or (dataset.voxel_size_m if dataset else None)
    if stored.doubt and not known:
        raise InputError(stored.doubt)
    axes, files, size, values = stored.axes, stored.files, stored.voxel_size, stored.values
    told = {"said": stored.said, "beside": stored.beside}
    del stored  # so that the file's own order does not stay in memory beside the transposed array
    _check_rank(values, name_or_path)
    values = values.transpose([axes.index(axis) for axis in "xyz"])
    values = values if store.folder is not None else np.ascontiguousarray(values)
    values = _as_kind(values, kind, name_or_path)
    size = known or (size and _own_size(size, axes, name_or_path))
    size = check_voxel_size(size) if size else None
    unusual = remark("voxel", max(size), "voxel size", 1e9, "nm") if size else None
    told["said"] += (unusual,) if unusual else ()
    told["size_from"] = size and ("given" if given else "data set" if known else "file")
    return Volume(values, size, str(name_or_path), sha256_of(files), axes, **told)


def write_volume(path, values, *, voxel_size=None, file_axes="xyz"):
    """Write a volume [x, y, z] in the format of the path's suffix, whole or not at all.

    path        .tif, .zip, .h5 (or .h5::name), .npy, .npz, .nrrd, .mhd, .mha, .raw, .am, .vti or .zarr
    voxel_size  edge or edges x, y, z in m; npy and npz have no place for it
    file_axes   the order of the axes in the file, slowest first

    Returns the path written. Raises InputError when it cannot be written; then nothing is left behind.
    """
    _check_axes(file_axes)
    target, part, index = split_name(path)
    if index is not None:
        raise InputError(f"expected a name to write to, got {path}; drop @{index}.")
    values = values if isinstance(values, FileArray) else np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise InputError(f"expected real numbers to write, got {values.dtype}; convert them first.")
    _check_rank(values, target)
    order = ["xyz".index(axis) for axis in file_axes]
    size = None
    if voxel_size is not None:
        size = tuple(check_voxel_size(voxel_size)[i] for i in order)
    write_file(target, values.transpose(order), size, part, file_axes)
    return target


def _own_size(size, axes, name):
    """Return the file's own edges in the order x, y, z; an impossible size says that the unit is another."""
    ordered = [size[axes.index(axis)] for axis in "xyz"]
    try:
        return check_voxel_size(ordered)
    except InputError as error:
        said = " x ".join(f"{edge:g}" for edge in ordered)
        raise InputError(
            f"expected voxel edges between 1 nm and 10 mm in {name}, got {said} m; state the voxel size"
            " yourself."
        ) from error


# ---- what the name means -----------------------------------------------------------------------------------


def _find(name_or_path):
    """Return path, part, index and data set: an existing file first, then the data set of that name."""
    if hasattr(name_or_path, "ndim"):
        shape = " x ".join(str(n) for n in name_or_path.shape)
        raise InputError(
            f"expected a path or the name of a data set, got an array of {shape}; make a volume of labels in"
            ' memory with VoxelGrid(labels, {"pore": 0, "am": 1}, voxel_size).'
        )
    path, part, index = split_name(name_or_path)
    path = located(path)
    if os.path.exists(path) or is_pattern(
        path
    ):  # False for a name too long for the file system, where Path.exists raises
        return path, part, index, None
    dataset = find(str(path))
    if dataset is None:
        raise InputError(_no_such(path))
    return locate(dataset.name), part, index, dataset


def _no_such(path):
    beside = [str(file) for file in path.parent.iterdir()] if os.access(path.parent, os.R_OK) else []
    near = difflib.get_close_matches(str(path), [*DATASETS, *beside], 3, 0.6)
    known = path.suffix.lower() in suffixes() or path.parent != Path()
    expected = "an existing file or folder" if known else "a file, a folder or the name of a data set"
    remedy = "correct the path." if known else f"correct it, or use one of {', '.join(DATASETS)}."
    if near:
        remedy = f"did you mean {' or '.join(near)}?"
    return f"expected {expected}, got {path}, which is none; {remedy}"


# ---- checks ------------------------------------------------------------------------------------------------


def _check_axes(file_axes):
    if not isinstance(file_axes, str) or sorted(file_axes) != ["x", "y", "z"]:
        raise InputError(
            f"expected the letters x, y, z in the order of the file's axes, got {say(file_axes)}; write zyx,"
            " say."
        )


def _check_rank(values, name):
    shape = " x ".join(str(n) for n in values.shape) or "a single number"
    if values.ndim != 3:
        few = "stack the slices (a projection is a stack of one)"
        hint = few if values.ndim < 3 else "export one channel or one time"
        raise InputError(f"expected a 3-D volume, got {values.ndim}-D ({shape}) in {name}; {hint}.")
    if values.size == 0:
        raise InputError(f"expected voxels, got none ({shape}) in {name}; export the volume again.")


def _as_kind(values, kind, name):
    if values.dtype.kind not in "biuf":
        raise InputError(
            f"expected real numbers as voxels, got {values.dtype} in {name}; convert the volume."
        )
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if kind == "labels":
        return _as_labels(values, name)
    if kind == "grey":
        return _as_grey(values, name)
    if kind == "field":
        return _as_field(values, name)
    raise InputError(f"expected the kind labels, grey or field, got {kind!r}; choose one of them.")


def _as_labels(values, name):
    if values.dtype.kind not in "iu":  # those stay in a file where they lie in one
        values = np.asarray(values)
    if values.dtype.kind == "b":
        return values.view(np.uint8)
    if values.dtype.kind == "f":
        _check_whole(values, name)
    found = set()
    for plane in values:  # plane by plane, so that no second array of the volume's size is needed
        found.update(np.unique(plane).tolist())
        if len(found) > MOST_LABELS:
            raise NotLabels(
                f"expected at most {MOST_LABELS} labels, got more different values in {name}; "
                "segment the grey image first (microsim segment)."
            )
    low, high = min(found), max(found)
    if low < 0 or high > LARGEST_LABEL:
        raise NotLabels(
            f"expected labels from 0 to {LARGEST_LABEL}, got values from {low:g} to {high:g} in {name};"
            " relabel it."
        )
    if isinstance(values, FileArray):
        return values
    return values.astype(np.min_scalar_type(int(high)), copy=False)


def _check_whole(values, name):
    missing = sum(int(np.isnan(plane).sum()) for plane in values)
    if missing:
        raise NotLabels(
            f"expected a label in every voxel, got NaN in {missing} of {values.size} voxels of {name}; "
            "give those a label of their own."
        )
    broken = sum(int(((plane != np.rint(plane)) | np.isinf(plane)).sum()) for plane in values)
    if broken:
        raise NotLabels(
            f"expected whole numbers as labels, got others in {broken} of {values.size} voxels of {name}; "
            "segment the grey image first (microsim segment)."
        )


def _as_grey(values, name):
    if values.dtype.kind == "b":
        return values.view(np.uint8)
    if values.dtype.kind == "f":
        _refuse(sum(int((~np.isfinite(plane)).sum()) for plane in values), values, "NaN or infinity", name)
    return values


def _as_field(values, name):
    if values.dtype.kind != "f":
        return values.astype(np.float32 if values.dtype.itemsize <= 2 else np.float64)
    _refuse(sum(int(np.isinf(plane).sum()) for plane in values), values, "infinity", name)
    if values.dtype.itemsize > 4:
        _refuse(sum(int((np.abs(p) > LARGEST).sum()) for p in values), values, "more than 1e100", name)
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def _refuse(count, values, what, name):
    if count:
        raise InputError(
            f"expected finite numbers, got {what} in {count} of {values.size} voxels of {name}; mend the"
            " volume."
        )
