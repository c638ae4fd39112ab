"""The fields of a run for other programs: NetCDF with CF names, OME-Zarr, and VTKHDF under its own suffix.

Written time by time, so that what is in memory is one field at one time.
"""

import shutil

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError
from ..base.files import replacing
from ..base.packages import need
from ..base.quantities import quantity
from .fields import read_field, read_names, read_phase, read_times
from .formats.omezarr import CHUNK, SLASH, is_zarr
from .stored import replacing_folder

CONVENTIONS = "CF-1.11"
KINDS = {".nc": "NetCDF", ".zarr": "OME-Zarr", ".vtkhdf": "VTKHDF"}


def export_kind(path):
    """Tell what a name asks for, of KINDS; raises InputError."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"expected a file ending on {', '.join(KINDS)}, got {path.name}; choose one of these."
        )
    return kind


def export_to(path, fields, names=None, progress=None):
    """Write the fields of a file of FieldWriter for another program.

    path    .nc, .zarr or .vtkhdf
    fields  the file; names: of the fields, None for all
    progress  callable(done, total, message) or None

    Returns the names written. Raises InputError.
    """
    kind, held = export_kind(path), read_names(fields)
    chosen = list(held) if names is None else list(names)
    unknown = [name for name in chosen if name not in held]
    if unknown or not chosen:
        given = unknown[0] if unknown else "none"
        raise InputError(f"expected fields of {fields} ({', '.join(held) or 'none'}), got {given}; name one.")
    if kind == "VTKHDF":
        return _copied(path, fields, chosen, held)
    write = _netcdf if kind == "NetCDF" else _ome_zarr
    write(path, fields, {name: held[name] for name in chosen}, progress)
    return chosen


def _copied(path, fields, chosen, held):
    """fields.h5 is VTKHDF already; ParaView knows it by the suffix."""
    if len(chosen) != len(held):
        raise InputError(
            "expected all fields in VTKHDF, which fields.h5 is already, got some; leave --field out."
        )
    with replacing(path) as part:
        shutil.copyfile(fields, part)
    return list(held)


def _netcdf(path, fields, units, progress):
    h5netcdf = need("h5netcdf", f"{path} (NetCDF)")
    (phase, names, voxel_size), (times, steps) = read_phase(fields), read_times(fields)
    with replacing(path) as part, h5netcdf.File(part, "w") as file:
        file.attrs.update({"Conventions": CONVENTIONS, "title": "Fields of a run of microsim"})
        file.dimensions = {"time": len(times), **dict(zip(AXES, phase.shape, strict=True))}
        _variable(file, "time", ("time",), times, units="s", long_name="time since the start", axis="T")
        for axis, n, edge in zip(AXES, phase.shape, voxel_size, strict=True):
            places = (np.arange(n) + 0.5) * edge
            told = {"units": "m", "long_name": f"{axis} of the voxels' middles", "axis": axis.upper()}
            _variable(file, axis, (axis,), places, **told)
        told = {
            "flag_values": np.arange(len(names), dtype="u1"),
            "flag_meanings": " ".join(map(_word, names)),
        }
        _variable(file, "phase", AXES, phase, long_name="phase of the voxel", **told)
        file.attrs["steps"] = "; ".join(steps)
        for name, k, values in _each(fields, units, len(times), progress):
            if k == 0:
                held = file.create_variable(name, ("time", *AXES), "f4", fillvalue=np.float32(np.nan))
                held.attrs.update({"units": units[name], "long_name": quantity(name).label})
            held[k] = values


def _variable(file, name, dimensions, values, **about):
    held = file.create_variable(name, dimensions, np.asarray(values).dtype, data=np.asarray(values))
    held.attrs.update(about)


def _word(name):
    return "_".join(name.split())


def _ome_zarr(path, fields, units, progress):
    """One image of times, a channel for each field, and x, y, z; times that are not even stand beside it."""
    zarr = need("zarr", f"{path} (Zarr)")
    (phase, names, voxel_size), (times, _) = read_phase(fields), read_times(fields)
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    scale = [step or 1.0, 1.0, *(edge * 1e6 for edge in voxel_size)]
    axes = [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"}]
    axes += [{"name": axis, "type": "space", "unit": "micrometer"} for axis in AXES]
    level = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}
    shape = (len(times), len(units), *phase.shape)
    with replacing_folder(path, is_zarr) as part:
        group = zarr.open_group(part, mode="w", zarr_format=2)
        chunks = (1, 1, *(min(n, CHUNK) for n in phase.shape))
        more = {"chunks": chunks, "dtype": "f4", "fill_value": float("nan")}
        held = group.create_array("0", shape=shape, chunk_key_encoding=SLASH, **more)
        channels, ends = list(units), {name: [np.inf, -np.inf] for name in units}
        for name, k, values in _each(fields, units, len(times), progress):
            held[k, channels.index(name)] = values
            known = values[np.isfinite(values)]
            if known.size:
                ends[name] = [min(ends[name][0], float(known.min())), max(ends[name][1], float(known.max()))]
        image = {"version": "0.4", "name": path.name.partition(".")[0], "axes": axes, "datasets": [level]}
        group.attrs["multiscales"] = [image]
        group.attrs["omero"] = {"version": "0.4", "channels": [_channel(name, ends[name]) for name in units]}
        group.attrs["microsim"] = {"time_s": times.tolist(), "units": units, "phases": list(names)}


def _channel(name, ends):
    low, high = ends if ends[0] < ends[1] else (0.0, 1.0)
    window = {"start": low, "end": high, "min": low, "max": high}
    return {"label": name, "color": "FFFFFF", "active": True, "window": window}


def _each(fields, units, count, progress):
    """Go through (name, number of the time, values [x, y, z]) of all fields."""
    total = len(units) * count
    for i, name in enumerate(units):
        for k in range(count):
            yield name, k, read_field(fields, name, k)[0]
            if progress:
                progress(i * count + k + 1, total, f"writing {name}")
