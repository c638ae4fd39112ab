"""The map of a film's thickness that a case names: on the voxels of its image, in nm."""

import numpy as np

from ..base.errors import InputError
from ..base.words import lengths_nm, times
from ..volumes.volume import read_voxels
from .made_volume import read_image

THINNEST, THICKEST = 1e-3, 1e4  # nm; a map beyond is in another unit


def film_map(case, grid):
    """Read the thickness (m) [x, y, z] on the voxels of a case's grid; NaN where the map says nothing.

    The map has the shape of the grid, or that of the whole image, of which it is cropped as the image is.
    Raises InputError for another shape or voxel size, for a unit that cannot be nm, and where the order of
    the axes would be a guess.
    """
    spec, volume = case.cell.film, case.volume
    if spec.file_axes is None and (volume.file_axes or "xyz") != "xyz":
        raise InputError(
            f"cell.film.file_axes: expected the order of the map's axes beside a volume in"
            f" {volume.file_axes}, got none; add it."
        )
    found = read_voxels(case.locate(spec.file), file_axes=spec.file_axes, kind="field")
    whole = grid if volume.slab else read_image(case)
    shape, full = found.values.shape, grid.shape if volume.slab else whole.values.shape
    if shape not in (grid.shape, full):
        raise InputError(_other_shape(shape, grid.shape, full))
    if found.voxel_size and not np.allclose(found.voxel_size, grid.voxel_size, rtol=1e-3):
        raise InputError(
            f"cell.film.file: expected a map on voxels of {lengths_nm(grid.voxel_size)} nm, as the"
            f" image's, got {lengths_nm(found.voxel_size)} nm; resample it."
        )
    _check_unit(found.values)
    box = tuple(slice(*(volume.crop or {}).get(axis, (None,))) for axis in "xyz")
    return (found.values if shape == grid.shape else found.values[box]) * 1e-9


def _other_shape(shape, cropped, full):
    where = times(full) if full == cropped else f"{times(full)}, or of its crop, {times(cropped)}"
    turned = " state its file_axes" if sorted(shape) == sorted(full) else " make it on these voxels"
    return (
        f"cell.film.file: expected a map on the voxels of the image, {where} (x, y, z), got {times(shape)};"
        f"{turned}."
    )


def _check_unit(nm):
    known = nm[nm > 0]
    if known.size and not THINNEST <= known.max() <= THICKEST:
        raise InputError(
            f"cell.film.file: expected thicknesses in nm, at most from {THINNEST:g} to {THICKEST:g}, got a"
            f" largest value of {known.max():.3g}; give the map in nm."
        )
