"""Arrays in files of numpy, npy and npz; axes are those of the stored array."""

from contextlib import suppress

import numpy as np

from ..choice import chosen_name
from ..contract import Format, Stored
from ..filed import FileArray
from ..slabs import MEMORY
from ..stored import replacing_files, require_reading

DEFAULT_NAME = "volume"


def read_npy(path, store=MEMORY):
    """Read the array of an npy file; with a store of files it stays where it lies."""
    if store.folder is not None:
        with suppress(ValueError):
            lying = FileArray.of_npy(path)
            if lying.dtype.isnative and lying.dtype.kind in "biuf":
                return Stored(lying)
    with suppress(ValueError):  # not laid out for that; read and refused below
        require_reading(np.load(path, mmap_mode="r", allow_pickle=False).nbytes, path)
    return Stored(np.load(path, allow_pickle=False))


def read_npz(path, part=None):
    """Read one array of an npz file: the only one, or the one named `part`."""
    with np.load(path, allow_pickle=False) as arrays:
        name = chosen_name(path, part, arrays.files)
        require_reading(arrays.zip.getinfo(f"{name}.npy").file_size, f"{path}::{name}")
        return Stored(arrays[name])


def write_npy(path, stored):
    """Write an npy file; it has no place for the voxel size."""
    with replacing_files(path) as (file,):
        np.save(file, np.ascontiguousarray(stored.values), allow_pickle=False)


def write_npz(path, stored, part=None):
    """Write a packed npz file with one array, named `part`; it has no place for the voxel size."""
    with replacing_files(path) as (file,):
        np.savez_compressed(file, **{part or DEFAULT_NAME: stored.values})


FORMATS = (
    Format("npy", (".npy",), read_npy, write_npy, takes=("store",)),
    Format("npz", (".npz",), read_npz, write_npz, takes=("part",)),
)
