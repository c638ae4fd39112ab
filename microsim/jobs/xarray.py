"""Arrays of a grid with named axes and units, where the package xarray is installed."""

from ..base.axes import AXES
from ..base.packages import need

WHAT = "arrays with named axes"


def dataset(grid, fields, times=None):
    """Return fields on a grid as an xarray.Dataset on the coordinates x, y, z, the middles of the voxels (m).

    grid    VoxelGrid; its source and phases become attributes
    fields  {name: (values, unit)}, values [x, y, z], or [time, x, y, z] with
    times   s

    """
    about = {"source": grid.source.name, "phases": dict(zip(grid.names, grid.labels))}
    if grid.source.sha256:
        about["source_sha256"] = grid.source.sha256
    return on_voxels(grid.shape, grid.voxel_size if grid.sized else None, fields, times, about)


def on_voxels(shape, voxel_size, fields, times=None, about=None):
    """Return fields on voxels as an xarray.Dataset; fields and times as of `dataset`, about: its attributes.

    Without a known voxel size (m) the coordinates count voxels (unit 1). Raises Missing without xarray.
    """
    xarray = need("xarray", WHAT)
    places = {
        axis: (axis, [(k + 0.5) * h for k in range(n)], {"units": "m" if voxel_size else "1"})
        for axis, n, h in zip(AXES, shape, voxel_size or (1.0,) * 3)
    }
    axes = AXES
    if times is not None:
        axes, places["time"] = ("time", *AXES), ("time", list(times), {"units": "s"})
    arrays = {name: (axes, values, {"units": unit}) for name, (values, unit) in fields.items()}
    return xarray.Dataset(arrays, places, about)


def merged(arrays):
    """Join DataArrays on the same coordinates into one Dataset."""
    return need("xarray", WHAT).merge(arrays)
