"""Fields of a run: named arrays on the voxels and in time, kept in one HDF5 file.

    /sto /c_e /phi_e ...   float32 [t, x, y, z], one chunk never spans two times
    /time_s /step          when each was stored, and in which step of the protocol
    /step_number           which step that is, from 0: several may have one name
    /phase                 uint8 [x, y, z], index into its attribute `names`; what each phase holds of lithium
                           stands in its other attributes, see HOST
    /VTKHDF                the same data sets under the names that ParaView looks for; nothing is copied

VTK counts i fastest and HDF5's last axis is the fastest, so i runs along z, j along y and k along x;
the group's Direction matrix turns that back, and ParaView shows x, y, z in metres as they are.
"""

import os
import re
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import h5py
import numpy as np

from ..base.errors import InputError, why
from ..base.files import refuse_stream
from ..base.guard import check_target
from ..base.hosts import Host
from ..base.schema import listed
from .output import Hdf5Output

KEPT_BYTES = 2**28  # of fields that are read again, see read_once
CHUNK_BYTES = 8 * 2**20  # a chunk is packed in one piece: larger ones make it dear to read a single slice
PHASE_AXES, FIELD_AXES = "x,y,z", "t,x,y,z"
# attributes of /phase, a value for each of its names (NaN or "" where it holds no lithium) -> of a Host
HOST = {
    "material": "material",
    "sites_per_formula_unit": "sites",
    "sto_0": "sto_0",
    "sto_100": "sto_100",
    "c_s_max_mol_m3": "c_s_max",
    "density_kg_m3": "density",
    "molar_mass_kg_mol": "molar_mass",
}


_kept = ContextVar("fields that were read", default=None)


class FieldWriter:
    """Store named fields time by time; the file appears under its name only when it is complete.

        with FieldWriter("out/fields.h5", grid, {"sto": "1", "c_e": "mol m-3"}) as fields:
            fields.write(0.0, "Discharge at C/2 until 3.5 V", {"sto": sto, "c_e": c_e})

    path: file to make (its folder too). grid: VoxelGrid of the fields. units: name -> SI unit ("1" for none).
    hosts: {phase: Host}, what holds lithium. corner: where the grid begins in the image it is a crop of, m.
    Raises InputError when the file cannot be written (no permission, disk full); if the block is left by
    an exception, or nothing was stored, no file remains.
    """

    def __init__(self, path, grid, units, hosts=None, corner=(0.0, 0.0, 0.0)):
        self.path, self.corner = Path(path), corner
        self.grid, self.hosts = grid, hosts or {}
        self.units = dict(units)
        self._part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")

    def __enter__(self):
        check_target(self.path)
        refuse_stream(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._output = Hdf5Output(self._part)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        try:
            self._file = h5py.File(self._output, "w")
            self._create_datasets()
        except BaseException:
            self._discard()
            raise
        return self

    @property
    def part(self):
        """Where the file is until it is complete."""
        return self._part

    @property
    def layers(self):
        """Layers of x that are packed in one piece."""
        return layers_of(self.grid.shape)

    def write(self, time_s, step_name, fields, number=0):
        """Store the fields {name: [x, y, z]} of one time (s), and name and number of the protocol step it
        belongs to."""
        self._check(time_s, fields)
        self.write_by_layers(time_s, step_name, [(0, fields)], number)

    def write_by_layers(self, time_s, step_name, parts, number=0):
        """Store fields that are never in memory as a whole: parts yields (first layer of x, {name: [some
        layers, y, z]}), best `layers` at a time; the rest as of write."""
        n = self._times.size
        for dataset in (self._times, self._steps, self._numbers, *(self._file[name] for name in self.units)):
            dataset.resize(n + 1, axis=0)
        self._times[n] = time_s
        self._steps[n] = step_name
        self._numbers[n] = number
        for first, fields in parts:
            for name in self.units:
                self._file[name][n, first : first + len(fields[name])] = fields[name]
        self._file.flush()
        self._raise_if_failed()

    def __exit__(self, kind, error, traceback):
        complete = kind is None and self._times.size > 0
        try:
            if complete:
                self._link_for_paraview()
            self._file.close()
            self._output.file.close()
            if kind is None:
                self._raise_if_failed()
            if complete:
                _replace(self._part, self.path)
        finally:
            self._discard()
        if kind is None and not complete:
            raise InputError(f"expected at least one stored time in {self.path}, got none; write one first.")

    def _create_datasets(self):
        shape, h = self.grid.phase.shape, np.asarray(self.grid.voxel_size, float)
        pack = {"compression": "gzip", "compression_opts": 2, "shuffle": True}  # ParaView cannot read lzf
        file = self._file
        file.attrs["axes"] = FIELD_AXES
        file.attrs["voxel_size_m"] = h
        file.attrs["corner_m"] = np.asarray(self.corner, float)
        self._times = file.create_dataset("time_s", (0,), "f8", maxshape=(None,))
        self._times.attrs["units"] = "s"
        self._steps = file.create_dataset("step", (0,), h5py.string_dtype(), maxshape=(None,))
        self._numbers = file.create_dataset("step_number", (0,), "i4", maxshape=(None,))
        phase = file.create_dataset("phase", shape, self.grid.phase.dtype, chunks=True, **pack)
        for first in range(0, shape[0], phase.chunks[0] * 4):  # the grid's voxels may lie in a file
            layers = slice(first, first + phase.chunks[0] * 4)
            phase[layers] = self.grid.phase[layers]
        phase.attrs["names"] = list(self.grid.names)
        _describe_hosts(phase, [self.hosts.get(name) for name in self.grid.names])
        _describe(phase, "1", h, PHASE_AXES)
        for name, unit in self.units.items():
            chunks = (1, self.layers, *shape[1:])
            extent = {"shape": (0, *shape), "maxshape": (None, *shape), "chunks": chunks}
            field = file.create_dataset(name, dtype="f4", fillvalue=np.nan, **extent, **pack)
            _describe(field, unit, h, FIELD_AXES)

    def _check(self, time_s, fields):
        if set(fields) != set(self.units):
            raise InputError(
                f"expected the fields {sorted(self.units)} at every time, got {sorted(fields)}; give all."
            )
        for name, values in fields.items():
            if np.shape(values) != self.grid.phase.shape:
                raise InputError(
                    f"expected the field {name} in the grid's shape {self.grid.phase.shape}, "
                    f"got {np.shape(values)}; store it on the grid it was computed on."
                )
        if self._times.size and not time_s >= self._times[-1]:
            raise InputError(
                f"expected times to go forward from {self._times[-1]:g} s, got {time_s:g} s; sort them."
            )

    def _link_for_paraview(self):
        """Add the group that ParaView reads: hard links, and /phase as a view that holds at all times."""
        file, shape, n = self._file, self.grid.phase.shape, self._times.size
        group = file.create_group("VTKHDF")
        group.attrs["Version"] = np.array([2, 0])
        group.attrs.create("Type", np.bytes_("ImageData"))
        group.attrs["WholeExtent"] = np.array([0, shape[2], 0, shape[1], 0, shape[0]])
        group.attrs["Origin"] = np.zeros(3)
        group.attrs["Spacing"] = np.asarray(self.grid.voxel_size, float)[::-1]
        group.attrs["Direction"] = np.array([0, 0, 1, 0, 1, 0, 1, 0, 0], float)
        cells = group.create_group("CellData")
        for name in self.units:
            cells[name] = file[name]
        constant = h5py.VirtualLayout((1, *shape), "u1")
        constant[0] = h5py.VirtualSource(".", "phase", shape)
        cells.create_virtual_dataset("phase", constant)
        steps = group.create_group("Steps")
        steps.attrs["NSteps"] = n
        steps["Values"] = self._times
        offsets = steps.create_group("CellDataOffsets")
        for name in self.units:
            offsets[name] = np.arange(n)
        offsets["phase"] = np.zeros(n, int)

    def _discard(self):
        self._output.file.close()
        self._part.unlink(missing_ok=True)

    def _raise_if_failed(self):
        if self._output.error is not None:
            raise _cannot_write(self.path, self._output.error) from self._output.error


def layers_of(shape):
    """Return how many layers of x of a field of that shape are packed in one piece."""
    return max(1, min(shape[0], CHUNK_BYTES // (4 * shape[1] * shape[2])))


def read_field(path, name, index=-1):
    """Read one field at one stored time.

    path: a file of FieldWriter. name: e.g. "sto". index: which stored time; -1 is the last.
    Returns values [x, y, z] as stored (float32, NaN outside the field's phase), voxel size (x, y, z) in m,
    and the time in s (None for /phase, which has no time). Raises InputError.
    """
    kept = _kept.get()
    asked = (str(path), name, index)
    if kept is None or asked not in kept:
        found = _read_field(path, name, index)
        if kept is None or found[0].nbytes + sum(values.nbytes for values, *_ in kept.values()) > KEPT_BYTES:
            return found
        found[0].flags.writeable = False
        kept[asked] = found
    return kept[asked]


@contextmanager
def read_once():
    """Keep what read_field reads within a `with` block, as far as KEPT_BYTES go, for whoever asks again.

    For files that nobody writes meanwhile; the arrays refuse to be written to.
    """
    before = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(before)


def _read_field(path, name, index):
    with _open(path) as file:
        if not isinstance(file.get(name), h5py.Dataset) or "voxel_size_m" not in file[name].attrs:
            known = [key for key, item in file.items() if "voxel_size_m" in item.attrs]
            raise InputError(f"expected a field of {path} ({', '.join(known)}), got {name!r}; name one.")
        field = file[name]
        voxel_size = tuple(float(h) for h in field.attrs["voxel_size_m"])
        if field.attrs["axes"] == PHASE_AXES:
            return field[...], voxel_size, None
        n = field.shape[0]
        if not -n <= index < n:
            raise InputError(
                f"expected a stored time of {path} from 0 to {n - 1} (-1: the last), got {index}; give one."
            )
        return field[index % n], voxel_size, float(file["time_s"][index % n])


def read_times(path):
    """Read when fields were stored: times [t] in s, and the protocol step [t] each belongs to (text)."""
    with _open(path) as file:
        if "time_s" not in file or "step" not in file:
            raise InputError(f"expected /time_s and /step, got {path} without; give the fields.h5 of a run.")
        return file["time_s"][...], tuple(file["step"].asstr()[...])


def read_step_numbers(path):
    """Read the number of the protocol step, from 0, that each stored time belongs to: [t]."""
    with _open(path) as file:
        if "step_number" not in file:
            raise InputError(
                f"expected /step_number, got {path} without; run the case again, for a file that tells steps"
                " of one name apart."
            )
        return file["step_number"][...]


def stored_index(path, asked):
    """Return which stored time is asked for, from 0: "end", or the end of a step (see step_asked)."""
    times, names = read_times(path)
    if asked == "end":
        return len(times) - 1
    ends = {number: k for k, number in enumerate(read_step_numbers(path).tolist())}  # the last time of each
    try:
        return ends[step_asked(asked, {number: names[k] for number, k in ends.items()})]
    except InputError as error:
        raise InputError(f"time: {error}") from error


def step_asked(asked, steps):
    """Return the number of the protocol step that is asked for, out of steps {number: text}.

    asked: the text of a step, "Rest for 1 h"; "Rest for 1 h#2" the second of that text; "step:4" that of the
    number 4, from 0 as in voltage.csv. Raises InputError where a text is that of several steps, or of none.
    """
    numbered = re.fullmatch(r"step:(\d+)", asked)
    if numbered and int(numbered[1]) in steps:
        return int(numbered[1])
    text, mark, which = asked.rpartition("#")
    text, which = (text, int(which)) if mark and which.isdecimal() else (asked, None)
    found = [number for number, own in steps.items() if own == text]
    if which is None and len(found) > 1:
        raise InputError(
            f"expected one step, got {text}, the text of {len(found)}; write {text}#1 to {text}#{len(found)},"
            " or step:N."
        )
    if not found or which == 0 or (which or 1) > len(found):
        known = listed(dict.fromkeys(steps.values()))
        raise InputError(
            f"expected end, seconds, a step ({known}), TEXT#n for the n-th of one text or step:N with N from"
            f" 0 to {max(steps)}, got {asked}; correct it."
        )
    return found[(which or 1) - 1]


def read_hosts(path):
    """Read what holds lithium in the phases of a file of a run: {phase: Host}, empty where it does not say.

    lithium = host.sites * sto and soc = (sto - host.sto_0) / (host.sto_100 - host.sto_0), voxel by voxel with
    the host of the voxel's phase (read_phase); host.capacity is mAh per gram and unit of lithium.
    """
    with _open(path) as file:
        phase = file.get("phase")
        if phase is None or "material" not in phase.attrs:
            return {}
        names = [str(name) for name in phase.attrs["names"]]
        columns = {own: phase.attrs[name] for name, own in HOST.items() if own != "sites"}
        rows = [{own: _value(values[k]) for own, values in columns.items()} for k in range(len(names))]
    return {name: Host(**row) for name, row in zip(names, rows) if row["material"]}


def read_corner(path):
    """Read where the voxels of a file begin in the image that they are a crop of: x, y, z in m."""
    with _open(path) as file:
        return tuple(map(float, file.attrs.get("corner_m", (0.0, 0.0, 0.0))))


def read_names(path):
    """Read which fields a file holds: {name: unit}, without /phase, which has no time."""
    with _open(path) as file:
        items = {name: item.attrs for name, item in file.items() if item.attrs.get("axes") == FIELD_AXES}
        return {name: str(attributes["units"]) for name, attributes in items.items()}


def read_phase(path):
    """Read the phase of each voxel: uint8 [x, y, z], the phases' names, and the voxel size (x, y, z) in m."""
    values, voxel_size, _ = read_field(path, "phase")
    with _open(path) as file:
        return values, tuple(file["phase"].attrs["names"]), voxel_size


def profile_x(values):
    """Average a field [x, y, z] over each layer x, leaving out NaN: [x], NaN where a layer has no value."""
    inside = np.isfinite(values)
    n = inside.sum(axis=(1, 2))
    total = np.where(inside, values, 0.0).sum(axis=(1, 2), dtype=float)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _describe_hosts(phase, hosts):
    """Say of each phase what it holds of lithium."""
    if not any(hosts):
        return
    phase.attrs["material"] = [host.material if host else "" for host in hosts]
    for name, own in HOST.items():
        if own != "material":
            values = [getattr(host, own) if host else None for host in hosts]
            phase.attrs[name] = np.array([np.nan if v is None else v for v in values], float)


def _value(stored):
    """An attribute of a Host as it was: text, number, None for NaN."""
    if isinstance(stored, str):
        return stored
    return None if np.isnan(stored) else float(stored)


def _describe(dataset, unit, voxel_size, axes):
    dataset.attrs["units"] = unit
    dataset.attrs["voxel_size_m"] = voxel_size
    dataset.attrs["axes"] = axes


@contextmanager
def _open(path):
    """Open a file of fields; whatever fails while it is read becomes one plain sentence."""
    if not Path(path).is_file():
        raise InputError(f"expected a fields file, got {path}, which is not there; give fields.h5 of a run.")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except Exception as error:  # h5py has a kind of its own for each part that may be damaged
        raise InputError(
            f"expected a file of fields (HDF5), got {path}, which cannot be read ({why(error)}); give"
            " fields.h5 of a run."
        ) from error


def _replace(part, path):
    try:
        os.replace(part, path)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path, error):
    return InputError(
        f"expected to write {path}, got {error.strerror or error}; "
        "free some space or choose another folder for the output."
    )
