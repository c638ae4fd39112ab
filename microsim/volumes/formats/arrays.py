"""Arrays in files of numpy (npy, npz) and HDF5; axes are those of the stored array."""

from io import BytesIO

import h5py
import numpy as np

from ...base.errors import InputError
from ..contract import Format, Stored
from ..stored import replacing_files, spacing

DEFAULT_NAME = "volume"


def read_npy(path):
    """Read the array of an npy file."""
    return Stored(np.load(path, allow_pickle=False))


def read_npz(path, part=None):
    """Read one array of an npz file: the only one, or the one named `part`."""
    with np.load(path, allow_pickle=False) as arrays:
        name = _choose(path, part, arrays.files, "array")
        return Stored(arrays[name])


def read_hdf5(path, part=None, index=None):
    """Read one data set of an HDF5 file; of [t, x, y, z] the array at `index` (default the last).

    The attribute voxel_size_m (a number or three, in the order of the axes) of the data set or of the file is
    its voxel size.
    """
    with h5py.File(path, "r") as file:
        sets = _datasets(file)
        name = _choose(path, part and part.strip("/"), sets, "data set", by=lambda name: sets[name].ndim >= 3)
        dataset = sets[name]
        if dataset.dtype.kind not in "biuf":
            raise InputError(
                f"expected numbers in {path}::{name}, got {dataset.dtype}; name another data set."
            )
        values = _at(dataset, index, f"{path}::{name}")
        size = dataset.attrs.get("voxel_size_m", file.attrs.get("voxel_size_m"))
    return Stored(values, _three(size, f"{path}::{name}"))


def write_npy(path, stored):
    """Write an npy file; it has no place for the voxel size."""
    with replacing_files(path) as (file,):
        np.save(file, np.ascontiguousarray(stored.values), allow_pickle=False)


def write_npz(path, stored, part=None):
    """Write a packed npz file with one array, named `part`; it has no place for the voxel size."""
    with replacing_files(path) as (file,):
        np.savez_compressed(file, **{part or DEFAULT_NAME: stored.values})


def write_hdf5(path, stored, part=None):
    """Write an HDF5 file with one data set, named `part`, that bears the voxel size."""
    # HDF5 that meets a full disk cannot close its file and may end the process, so it writes to memory
    content = BytesIO()
    with h5py.File(content, "w") as file:
        dataset = file.create_dataset(
            (part or "").strip("/") or DEFAULT_NAME,
            data=stored.values,
            chunks=True,
            compression="gzip",
            shuffle=True,
        )
        if stored.voxel_size is not None:
            dataset.attrs["voxel_size_m"] = stored.voxel_size
    with replacing_files(path) as (file,):
        file.write(content.getbuffer())


def _datasets(group, prefix=""):
    """Data sets by path. Not by visititems, which shows one with two names (as in our fields.h5) under one
    only."""
    found = {}
    for name, node in group.items():
        if isinstance(node, h5py.Dataset):
            found[prefix + name] = node
        else:
            found.update(_datasets(node, f"{prefix}{name}/"))
    return found


def _choose(path, part, names, what, by=None):
    """Return the array that is meant: the named one, or the only one (the only one that passes `by`)."""
    names = list(names)
    fitting = [name for name in names if by is None or by(name)]
    if part in names:
        return part
    if part is None and len(fitting) == 1:
        return fitting[0]
    more = ", ..." if len(names) > 12 else ""
    has = f"the file has {', '.join(names[:12]) or 'none'}{more}"
    if part is None:
        raise InputError(f"expected the name of one {what} in {path}, got none; write {path}::NAME ({has}).")
    raise InputError(f"expected a {what} of {path}, got {part}; {has}.")


def _at(dataset, index, name):
    if dataset.ndim != 4:
        if index is not None:
            raise InputError(
                f"expected 4-D [t, x, y, z] to take number {index} of, got {dataset.ndim}-D {name}; drop"
                f" @{index}."
            )
        return dataset[()]
    times = len(dataset)
    if not -times <= (-1 if index is None else index) < times:
        raise InputError(f"expected an index from 0 to {times - 1} in {name}, got {index}; correct it.")
    return dataset[-1 if index is None else index]


def _three(size, name):
    if size is None:
        return None
    numbers = np.asarray(size)
    if numbers.dtype.kind not in "iuf" or numbers.size not in (1, 3):
        raise InputError(
            f"expected one or three numbers as voxel_size_m of {name}, got {size}; correct them."
        )
    return spacing(np.broadcast_to(numbers.ravel(), 3), 1.0)


FORMATS = (
    Format("HDF5", (".h5", ".hdf5"), read_hdf5, write_hdf5, takes=("part", "index")),
    Format("npy", (".npy",), read_npy, write_npy),
    Format("npz", (".npz",), read_npz, write_npz, takes=("part",)),
)
