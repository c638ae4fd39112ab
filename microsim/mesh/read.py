"""From a file to a grid with named phases."""

from dataclasses import replace
from os import PathLike

import numpy as np

from ..base.errors import InputError
from ..base.lengths import check_voxel_size
from ..base.schema import say
from ..volumes.datasets import find
from ..volumes.draws import doubts_of, read_draws
from ..volumes.slabs import scratch_store
from ..volumes.volume import read_voxels
from .grid import Source, VoxelGrid, grid_from_labels
from .labels import label_counts
from .mask import without_outside, words_of_mask
from .named import those_there
from .shares import with_shares


def read_volume(
    source: str | PathLike,
    phases: dict[str, int] | None = None,
    voxel_size: float | str | tuple | None = None,
    *,
    axes: str | None = None,
    crop: dict[str, tuple[int, int]] | str | None = None,
    missing_ok: bool = False,
    draws: str | PathLike | None = None,
    shares: dict[str, str | PathLike] | None = None,
    mask: str | PathLike | dict | None = None,
    scratch: str | PathLike | None = None,
) -> VoxelGrid:
    """Read a segmented volume as voxels with named phases.

    Parameters
    ----------
    source : str or path
        TIFF, slices (a folder, or "s%04d.png"), one image, HDF5 ("file.h5::dataset"), NRRD, MHD, Avizo, VTK,
        NIfTI, OME-Zarr, npy, npz, MATLAB, raw with a sidecar, or the name of a known data set.
    phases : dict, optional
        Label of each phase, {"pore": 0, "am": 1}, or several, {"am": (1, 2)}; every label of the volume must
        be named. Default: the names of the data set, else label0, label1 ...
    voxel_size : float, str or three of them, optional
        Edge of a voxel in m, or with its unit, "398 nm"; x, y, z where they differ. Wins over the file's.
    axes : str, optional
        The file's axes, slowest first; x runs through the thickness. Default: as the file states them,
        otherwise xyz.
    crop : dict or str, optional
        Voxels to keep, {"x": (0, 96)} or "x=0:96", the end not included.
    missing_ok : bool
        Leave out named phases that the volume does not hold, as cracks of a pristine electrode.
    draws : path, optional
        Volumes that the image allows as well, as `segment --draws` writes them: jobs are done on each of
        them too and give an interval beside every number.
    shares : dict, optional
        Share of phases in each voxel, {"pore": "pore_share.tif"}: files (or arrays [x, y, z]) as large as the
        volume, 0 to 1, or whole numbers of which the largest of the type (255, 65535) is all of the voxel.
    mask : str, path, dict or array, optional
        Which voxels are sample: "cylinder" (along x; "cylinder=z"), "y=4:80,z=4:80", "label=0" (that label is
        outside), or a volume, 0 outside. Fractions are then those of the sample, and nothing flows out.
    scratch : path, optional
        Folder for files to work in: voxels then stay in the file, or are laid out in one there, and parts of
        them are read as they are needed.

    Returns
    -------
    VoxelGrid
        Its voxel size is unknown (`sized` False) where neither file nor caller states one.

    Raises
    ------
    InputError
        A file that cannot be read, an unnamed label, an impossible voxel size, shares that are not the
        phase's.
    """
    size = None if voxel_size is None else check_voxel_size(voxel_size)
    store = scratch_store(scratch)
    found = read_voxels(source, file_axes=axes, voxel_size=size, store=store)
    if store.folder is not None:
        lying = store.hold(found.values) if isinstance(found.values, np.ndarray) else found.values
        found = replace(found, values=replace(lying, keeper=store))
    values, more = without_outside(found, mask, axes)
    labels = phases or _own_names(source, values, more)
    if not isinstance(labels, dict):
        raise InputError(
            f'phases: expected names with labels, got {say(phases)}; write {{"pore": 0, "am": 1}}.'
        )
    named = labels
    if missing_ok:
        labels = those_there(labels, label_counts(values))
    doubts = doubts_of(draws) if draws is not None else ()
    said = (*found.said, *_all_sample(mask, more))
    told = (found.size_from, said, found.beside, words_of_mask(mask))
    absent = tuple(str(name) for name in named if name not in labels)
    origin = Source(found.source, found.sha256, found.file_axes, doubts, *told, absent=absent)
    grid = grid_from_labels(values, {**labels, **more}, found.voxel_size, origin)
    grid = _masked(grid, draws, shares) if more else grid
    if draws is not None:
        grid = grid.with_draws(read_draws(draws))
    if shares:
        grid = with_shares(
            grid, {name: _share(part, (axes, found.file_axes)) for name, part in shares.items()}
        )
    return grid if crop is None else grid.crop(crop)


def _share(given, beside):
    """Read the shares of a phase; an array passes."""
    return (
        read_voxels(given, beside=beside, kind="grey").values if isinstance(given, (str, PathLike)) else given
    )


def _masked(grid, draws, shares):
    if draws is not None or shares:
        raise InputError("--mask: expected no --draws and no --shares beside it, got one; leave it out.")
    return replace(grid, masked=True)


def _all_sample(mask, more):
    """Say in a sentence that a mask leaves no voxel out, as one that names another label."""
    words = words_of_mask(mask)
    return (
        (f"no voxel of the volume lies outside the mask {words}: all are sample",)
        if words and not more
        else ()
    )


def _own_names(source, values, more):
    """Name the phases as the data set's entry does, otherwise by their labels."""
    known = find(str(source))
    there = [label for label in label_counts(values) if label not in more.values()]
    if known and known.labels:
        return {name: label for name, label in known.labels.items() if not more or label in there}
    return {f"label{label}": label for label in there}
