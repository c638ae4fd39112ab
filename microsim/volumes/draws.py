"""Files of draws: label volumes that one image allows, data sets 1, 2, ... of an HDF5 file.

Each of them is a volume of its own for every command, FILE.draws.h5::3.
"""

from pathlib import Path

import h5py
import numpy as np

from ..base.errors import InputError
from ..base.gallery import located
from .output import writing_hdf5
from .volume import read_voxels

FEWEST = 2  # that say how far apart draws lie


def write_draws(path, draws, voxel_size=None, doubts=()):
    """Write label volumes [x, y, z] as they come, with the voxel size (m) and what speaks against the
    segmentation that they are from; returns the path."""
    with writing_hdf5(path) as file:
        file.attrs["doubts"] = list(doubts)
        for k, labels in enumerate(draws, start=1):
            data = file.create_dataset(str(k), data=np.asarray(labels, np.uint8), chunks=True, compression=4)
            if voxel_size is not None:
                data.attrs["voxel_size_m"] = voxel_size
    return Path(path)


def drawn_names(path):
    """List the draws of a file, ["FILE::1", "FILE::2", ...]; raises InputError for another file."""
    place = located(path)
    try:
        with h5py.File(place, "r") as file:
            count = sum(name.isdecimal() and isinstance(file[name], h5py.Dataset) for name in file)
            whole = all(str(k) in file for k in range(1, count + 1))
    except (OSError, KeyError):
        count, whole = 0, False
    if count < FEWEST or not whole:
        raise InputError(
            f"expected a file of {FEWEST} or more draws, as segment --draws writes it, got {path}; segment"
            " the grey values with --draws 8."
        )
    return [f"{place}::{k}" for k in range(1, count + 1)]


def read_draws(path):
    """Read the label volumes [x, y, z] of a file of draws."""
    return [read_voxels(name).values for name in drawn_names(path)]


def doubts_of(path):
    """Read what speaks against the segmentation that a file of draws is from, sentences."""
    drawn_names(path)
    with h5py.File(located(path), "r") as file:
        return tuple(map(str, file.attrs.get("doubts", ())))
