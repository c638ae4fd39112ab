"""Which reader and writer a name calls for."""

import re
from pathlib import Path

import numpy as np

from ..base.errors import InputError, MicrosimError, why
from . import arrays, headed, tiff
from .stored import Stored

READERS = {
    ".tif": tiff.read_tiff,
    ".tiff": tiff.read_tiff,
    ".zip": tiff.read_zip,
    ".h5": arrays.read_hdf5,
    ".hdf5": arrays.read_hdf5,
    ".npy": arrays.read_npy,
    ".npz": arrays.read_npz,
    ".nrrd": headed.read_nrrd,
    ".mhd": headed.read_meta,
    ".mha": headed.read_meta,
    ".raw": headed.read_raw,
}
WRITERS = {
    ".tif": tiff.write_tiff,
    ".tiff": tiff.write_tiff,
    ".zip": tiff.write_zip,
    ".h5": arrays.write_hdf5,
    ".hdf5": arrays.write_hdf5,
    ".npy": arrays.write_npy,
    ".npz": arrays.write_npz,
    ".nrrd": headed.write_nrrd,
    ".mhd": headed.write_meta,
    ".mha": headed.write_meta,
    ".raw": headed.write_raw,
}
WITH_PARTS = (".h5", ".hdf5", ".npz")


def split_name(name):
    """Split "file.h5::name@index" into path, name and index, None for what is not given."""
    path, separator, part = str(name).partition("::")
    found = re.fullmatch(r"(.*?)(?:@(-?[0-9]+))?", part, re.DOTALL)
    part, index = found[1], found[2]
    if separator and not part and index is None:
        raise InputError(f"expected a name after ::, got {name}; write like fields.h5::sto.")
    return Path(path), part or None, None if index is None else int(index)


def read_file(path, part=None, index=None):
    """Read a file or a folder; any failure becomes one plain sentence."""
    suffix = path.suffix.lower()
    reader = tiff.read_folder if path.is_dir() else _known(READERS, path, "read")
    if part is not None and (path.is_dir() or suffix not in WITH_PARTS):
        raise InputError(f"expected ::{part} behind an HDF5 or npz file, got {path}; drop it.")
    if index is not None and reader is not arrays.read_hdf5:
        raise InputError(f"expected @{index} behind a data set of HDF5, got {path}; drop it.")
    try:
        stored = reader(path, part, index)
    except MicrosimError:
        raise
    except Exception as error:  # a damaged file makes the libraries fail in many ways; all mean the same
        raise InputError(
            f"expected a readable {suffix or 'TIFF'} volume, got {path} ({why(error)}); "
            "the file may be damaged or incomplete: fetch or export it again."
        ) from error
    files = stored.files or (path,)
    return Stored(stored.values, stored.voxel_size, files, stored.axes)


def write_file(path, values, voxel_size, part, axes):
    """Write values and voxel size (m), both in the order of the file's axes."""
    writer = _known(WRITERS, path, "write")
    if part is not None and path.suffix.lower() not in WITH_PARTS:
        raise InputError(f"expected ::{part} behind an HDF5 or npz file, got {path}; drop it.")
    options = {"axes": axes} if writer is headed.write_raw else {}
    writer(path, _plain(values), voxel_size, part, **options)


def _known(table, path, what):
    suffix = path.suffix.lower()
    if suffix not in table:
        known = ", ".join(table)
        raise InputError(
            f"expected a volume file to {what} ({known}), got {path.name} with {suffix or 'no suffix'}; "
            "convert it or correct the name."
        )
    return table[suffix]


def _plain(values):
    """Return values in a type that all formats know: uint8 for bool, no 64-bit integer where less will do."""
    dtype = values.dtype
    if dtype.kind == "b":
        return values.view(np.uint8)
    if dtype.kind in "iu" and dtype.itemsize == 8:
        return values.astype(
            np.result_type(*(np.min_scalar_type(int(end)) for end in (values.min(), values.max())))
        )
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return values.astype(np.float32 if dtype.itemsize < 4 else np.float64)
    return values
