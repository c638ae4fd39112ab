"""Maps as jobs take them: a file, an array with its voxel size, a field of a run, or a job's map."""

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from ..base.axes import AXES
from ..base.errors import InputError
from ..base.hosts import QUANTITIES
from ..base.masked import check_named, floats
from .field import Field
from .map_result import MapResult
from .result import beside

Map = "str | PathLike | numpy.ndarray | Field | MapResult"


@dataclass(frozen=True, eq=False)
class MapSource:
    """Values [x, y, z] with their voxel size (x, y, z; m), where they come from, their standard deviation
    where it is known; the field's name or the quantity of a job's map; of a run also its file of fields, and
    where the electrolyte is (bool [x, y, z])."""

    values: object
    voxel_size: tuple
    name: str
    sha256: str | None
    sigma: object | None = None
    wet: object | None = None
    fields: object | None = None
    field: str | None = None

    def origin(self):
        """Return the lines that name a map in a command's numbers."""
        return {"file": self.name, "sha256": self.sha256, "voxel_size_m": self.voxel_size}


def read_map(given, what, voxel_size=None, file_axes=None, remedy="voxel_size", beam=None):
    """Return a map given as a path, an array, a Field or a job's map as a MapSource.

    what: its name, for errors; voxel_size (m): wins over the file's; remedy: how a missing one is given;
    beam: number of the axis along which what has two axes is a projection.
    """
    given = _one_layer(given, beam, what)
    if isinstance(given, Field):
        return _of_field(given)
    if isinstance(given, (str, PathLike)):
        found = _of_file(str(given), file_axes, voxel_size, beam)
    elif isinstance(given, MapResult):
        size = voxel_size or given.voxel_size
        field = given.quantity if given.quantity in QUANTITIES else None
        found = MapSource(given.values, size, given.source, given.sha256, given.sigma, field=field)
    elif getattr(given, "ndim", None) == 3:
        found = MapSource(floats(given, what), voxel_size, "array", None)
    else:
        shape = f" of shape {given.shape}" if hasattr(given, "shape") else ""
        raise InputError(
            f"{what}: expected a path, an array [x, y, z], a field of a run or a job's map, got "
            f"{type(given).__name__}{shape}; give one of them."
        )
    if found.voxel_size is None:
        raise InputError(f"{what}: expected a known voxel size, {found.name} gives none; add {remedy}.")
    return found


def read_mask(given, file_axes=None, beam=None):
    """Return a mask given as a path or an array, None for none; 0 and NaN leave voxels out. beam: as of
    read_map."""
    import numpy as np

    if isinstance(given, (str, PathLike)):
        from ..volumes.volume import read_voxels

        given = read_voxels(given, file_axes=file_axes, beam=_letter(beam)).values
    if given is None:
        return None
    values = floats(_one_layer(given, beam, "mask"), "mask")
    return np.isfinite(values) & (values != 0)


def read_noise(given, measured, file_axes="xyz", beam=None):
    """Return the noise of a measured MapSource as an array [x, y, z] or None, and a line that names it.

    given: a number, a path, an array, a job's map; None for what the map brought with it. beam: as of
    read_map.
    """
    import numpy as np

    shape, source = np.shape(measured.values), "given"
    if given is None:
        values, source = measured.sigma, f"with {measured.name}"
    elif isinstance(given, (int, float)):
        values = np.full(shape, float(given))
    else:
        found = read_map(given, "sigma", measured.voxel_size, file_axes, beam=beam)
        values, source = found.values, found.name
    if values is None:
        return None, None
    if np.shape(values) != shape:
        raise InputError(
            f"sigma: expected a noise for each of the {shape} measured voxels, got {np.shape(values)}; give "
            "it on the measured grid, or as one number."
        )
    values = np.asarray(values, float)
    if (values < 0).any():
        raise InputError(
            f"sigma: expected standard deviations of at least 0, got {np.nanmin(values):.4g}; correct them."
        )
    stated = values[np.isfinite(values) & np.isfinite(measured.values)]
    rms = float(np.sqrt(np.mean(stated**2))) if stated.size else None
    return values, {"source": source, "rms": rms}


def with_sigma(name):
    """Return the path of a map and that of its standard deviation: the array sigma of the same npz, or the
    file NAME_sigma beside it; None where there is none."""
    path, _, part = name.partition("::")
    path = Path(path)
    if path.suffix.lower() == ".npz" and path.is_file():
        names = _arrays_in(path)
        others = [key for key in names if key != "sigma"]
        own = f"{path}::{others[0]}" if not part and len(others) == 1 else name
        return own, f"{path}::sigma" if "sigma" in names else None
    own = beside(path, "_sigma")
    return name, str(own) if own.is_file() and not part else None


def _arrays_in(path):
    """Names of the arrays of an npz; none of a damaged one, which its reader refuses in a sentence."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as file:
            return [name.removesuffix(".npy") for name in file.namelist()]
    except (OSError, zipfile.BadZipFile):
        return []


def _one_layer(given, beam, what):
    """Return an array of a projection [2 axes] with one layer along the beam; anything else as it is."""
    import numpy as np

    if beam is None or getattr(given, "ndim", 0) != 2:
        return given
    check_named(given, what)
    return np.expand_dims(given, beam)


def _letter(beam):
    return None if beam is None else AXES[beam]


def _of_field(field):
    from ..volumes.stored import sha256_of

    name = f"{field.path}::{field.name}"
    found = MapSource(field.values, field.grid.voxel_size, name, sha256_of([field.path]))
    return _of_run(found, field.path, field.name)


def _of_file(name, file_axes, voxel_size, beam=None):
    from ..volumes.formats import FIELDS
    from ..volumes.volume import read_voxels

    if (Path(name) / FIELDS).is_file():
        name = str(Path(name) / FIELDS)
    own, stated = with_sigma(name)
    full = f"{own}::sto" if own.endswith(".h5") else own
    how = {"file_axes": file_axes, "voxel_size": voxel_size, "kind": "field", "beam": _letter(beam)}
    found = read_voxels(full, **how)
    noise = stated and read_voxels(stated, **how).values
    path, _, data = full.partition("::")
    return _of_run(
        MapSource(found.values, found.voxel_size, name, found.sha256, noise), path, data.split("@")[0]
    )


def _of_run(found, path, name):
    """Add what a run's file of fields says of its electrolyte; another file says nothing."""
    import numpy as np

    from ..volumes.fields import read_field, read_names

    try:
        known = read_names(path) if str(path).endswith(".h5") else {}
        wet = np.isfinite(read_field(path, "c_e", 0)[0]) if "c_e" in known else None
    except InputError:
        return found
    return replace(found, wet=wet, fields=path, field=name) if name in known else found
