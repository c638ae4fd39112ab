"""Maps as jobs take them: a file, an array with its voxel size, a field of a run, or a job's map."""

from dataclasses import dataclass
from os import PathLike

from ..base.errors import InputError
from .field import Field
from .map_result import MapResult

Map = "str | PathLike | numpy.ndarray | Field | MapResult"


@dataclass(frozen=True, eq=False)
class MapSource:
    """Values [x, y, z] with their voxel size (x, y, z; m), where they come from, and their standard deviation
    where it is known."""

    values: object
    voxel_size: tuple
    name: str
    sha256: str | None
    sigma: object | None = None

    def origin(self):
        """Return the lines that name a map in a command's numbers."""
        return {"file": self.name, "sha256": self.sha256, "voxel_size_m": self.voxel_size}


def read_map(given, what, voxel_size=None, file_axes=None, remedy="voxel_size"):
    """Return a map given as a path, an array, a Field or a job's map as a MapSource.

    what: its name, for errors; voxel_size (m): wins over the file's; remedy: how a missing one is given.
    """
    if isinstance(given, Field):
        return _of_field(given)
    if isinstance(given, (str, PathLike)):
        found = _of_file(str(given), file_axes, voxel_size)
    elif isinstance(given, MapResult):
        size = voxel_size or given.voxel_size
        found = MapSource(given.values, size, given.source, given.sha256, given.sigma)
    elif getattr(given, "ndim", None) == 3:
        found = MapSource(given, voxel_size, "array", None)
    else:
        raise InputError(
            f"{what}: expected a path, an array [x, y, z], a field of a run or a job's map, got "
            f"{type(given).__name__}; give one of them."
        )
    if found.voxel_size is None:
        raise InputError(f"{what}: expected a known voxel size, {found.name} gives none; add {remedy}.")
    return found


def read_mask(given, file_axes=None):
    """Return a mask given as a path (0 leaves voxels out) or an array, None for none."""
    if isinstance(given, (str, PathLike)):
        from ..volumes.volume import read_voxels

        given = read_voxels(given, file_axes=file_axes).values
    return None if given is None else given != 0


def _of_field(field):
    from ..volumes.stored import sha256_of

    return MapSource(
        field.values, field.grid.voxel_size, f"{field.path}::{field.name}", sha256_of([field.path])
    )


def _of_file(name, file_axes, voxel_size):
    from ..volumes.volume import read_voxels

    full = f"{name}::sto" if name.endswith(".h5") else name
    found = read_voxels(full, file_axes=file_axes, voxel_size=voxel_size, kind="field")
    return MapSource(found.values, found.voxel_size, name, found.sha256)
