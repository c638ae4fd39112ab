"""NIfTI, .nii and .nii.gz, by nibabel; the slowest axis is the one across slices, as in NRRD."""

from dataclasses import replace

import numpy as np

from ...base.errors import InputError
from ...base.packages import need
from ..contract import Format, Stored
from ..stored import check_right_angles, metres, of_no_unit, require_reading, spacing


def read_nifti(path):
    """Read a NIfTI file, slowest axis first; scaled as its header says."""
    nibabel = need("nibabel", f"{path} (NIfTI)")
    image = nibabel.load(path)
    if not isinstance(image, nibabel.spatialimages.SpatialImage):  # CIFTI, points on a surface
        raise InputError(f"expected a volume in {path}, got {type(image).__name__}; export a NIfTI volume.")
    check_right_angles(image.affine[:3, :3].T, path)
    require_reading(np.prod(image.shape, dtype=float) * image.get_data_dtype().itemsize, path)
    values = np.asanyarray(image.dataobj).T
    names = ("", "", "", *("time", "channel", "channel", "channel")[: values.ndim - 3])[::-1]
    stored = Stored(np.array(values), names=names)
    sizes = [float(f"{size:.7g}") for size in image.header.get_zooms()[:3][::-1]]  # single precision
    unit = metres(image.header.get_xyzt_units()[0])
    if unit is None:
        return of_no_unit(stored, sizes, path)
    return replace(stored, voxel_size=spacing(sizes, unit))


FORMATS = (Format("NIfTI", (".nii", ".nii.gz"), read_nifti),)
