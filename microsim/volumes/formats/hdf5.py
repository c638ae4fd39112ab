"""HDF5, files of MATLAB among them: one data set with what it says of its axes and its voxel size."""

import math
from io import BytesIO

import h5py
import numpy as np

from ...base.errors import InputError
from ...base.words import times
from ..axes import TIME, spare
from ..contract import Format, Stored
from ..fields import stored_index
from ..hdf5 import opened_dataset, others_beside, require_complete
from ..links import linked_files
from ..slabs import MEMORY, SLAB_BYTES, slabs_of
from ..statements import stated_names, stated_size, unitless_size, vtk_image
from ..stored import of_no_unit, replacing_files, require_reading

DEFAULT_NAME = "volume"


def read_hdf5(path, part=None, index=None, whole=False, store=MEMORY):
    """Read one data set of an HDF5 file; of [t, x, y, z] the array at `index`, in the fields of a run also
    "end" or a step of the protocol (fields.stored_index); default the last, where the file names its times.

    The attribute voxel_size_m (a number or three, in the order of the axes) of the data set or of the file is
    its voxel size, or what other programs write in its place (volumes/statements.py).
    """
    if isinstance(index, str):
        part, index = _step_of(path, part, index)
    with opened_dataset(path, part, lambda dataset: dataset.ndim >= 3) as (key, dataset):
        name = f"{path}::{key}"
        if dataset.dtype.kind not in "biuf":
            raise InputError(f"expected numbers in {name}, got {dataset.dtype}; name another data set.")
        names = stated_names(dataset)
        row = None if whole else _row(dataset, names, index, name)
        shape = dataset.shape if row is None else dataset.shape[1:]
        if store.folder is None:
            require_reading(math.prod(shape) * dataset.dtype.itemsize, name)
        files = require_complete(dataset, name, None if row is None else (row, row))
        values = store.hold(dataset, row)
        size, edges = stated_size(dataset, names, name), unitless_size(dataset)
        usual = "zyx" if _counts_backwards(dataset) else "xyz"
        beside = others_beside(dataset)
    files = (path, *(file for file in files if file != path))
    names = names if row is None else names[1:]
    stored = Stored(values, size, files, names=names, usual=usual, beside=beside)
    return stored if size or edges is None else of_no_unit(stored, edges, name)


def _step_of(path, part, words):
    """Return a data set and the index of a step of the protocol; a data set may have an @ in its name."""
    with h5py.File(path, "r") as file:
        if f"{part}@{words}" in file:
            return f"{part}@{words}", None
    return part, stored_index(path, words)


def _counts_backwards(dataset):
    """Whether MATLAB or Octave wrote a data set, who count the first index fastest, or VTK."""
    return (
        vtk_image(dataset) or "MATLAB_class" in dataset.attrs or "OCTAVE_NEW_FORMAT" in dataset.parent.attrs
    )


def _row(dataset, names, index, name):
    """Which array of the first axis is meant; None for all of them."""
    if index is None and (dataset.ndim != 4 or spare(dataset.shape, names)):
        return None
    count = len(dataset) if dataset.ndim == 4 else 0
    if not count:
        raise InputError(
            f"expected 4-D [t, x, y, z] to take number {index} of, got {dataset.ndim}-D {name}; drop"
            f" @{index}."
        )
    if index is None and not _are_times(dataset.shape, names, name):
        return None
    if not -count <= (-1 if index is None else index) < count:
        raise InputError(f"expected an index from 0 to {count - 1} in {name}, got {index}; correct it.")
    return (-1 if index is None else index) % count


def _are_times(shape, names, name):
    """Whether the first of four axes is one of times."""
    if not names:
        raise InputError(
            f"expected the axes of a volume, got {times(shape)} in {name}, times or channels; write @0 to"
            f" @{shape[0] - 1} behind the name for one along the first axis, or export one volume."
        )
    return names[0] == TIME


def write_hdf5(path, stored, part=None):
    """Write an HDF5 file with one data set, named `part`, that bears the voxel size."""
    # HDF5 that meets a full disk cannot close its file and may end the process, so it writes to memory
    content = BytesIO()
    values, name = stored.values, (part or "").strip("/") or DEFAULT_NAME
    with h5py.File(content, "w") as file:
        pack = {"chunks": True, "compression": "gzip", "shuffle": True}
        dataset = file.create_dataset(name, values.shape, values.dtype, **pack)
        for slab in slabs_of(values.shape, SLAB_BYTES // values.dtype.itemsize):  # they may lie in a file
            dataset[slab] = values[slab]
        if stored.voxel_size is not None:
            dataset.attrs["voxel_size_m"] = stored.voxel_size
    with replacing_files(path) as (file,):
        file.write(content.getbuffer())


def read_mat(path, part=None, index=None, whole=False):
    """Read one array of a MATLAB file: version 7.3 is HDF5, an older one has a format of its own."""
    if h5py.is_hdf5(path):
        return read_hdf5(path, part, index, whole)
    import scipy.io

    arrays = {key: value for key, value in scipy.io.loadmat(path).items() if not key.startswith("__")}
    fitting = [key for key, value in arrays.items() if part == key or part is None and np.ndim(value) >= 3]
    if len(fitting) != 1 or index is not None:
        raise InputError(
            f"expected the name of one array in {path}, got {part or 'none'}; write {path}::NAME (the file"
            f" has {', '.join(arrays) or 'none'})."
        )
    return Stored(np.asarray(arrays[fitting[0]]).T, usual="zyx")


READS = ("part", "index", "whole")
FORMATS = (
    Format("HDF5", (".h5", ".hdf5"), read_hdf5, write_hdf5, takes=(*READS, "store"), files=linked_files),
    Format(
        "HDF5 of other programs",
        (".hdf", ".nxs", ".dream3d", ".he5", ".vtkhdf"),
        read_hdf5,
        takes=(*READS, "store"),
        files=linked_files,
    ),
    Format("MATLAB", (".mat",), read_mat, takes=READS, files=linked_files),
)
