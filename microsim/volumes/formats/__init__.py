"""File formats: one module each with its FORMATS; reading and writing by the format that a name calls for.

A package of somebody else adds a format as an entry point of the group `microsim.readers`
(volumes/contract.py). It is asked only where none of ours reads the file.
"""

import importlib
import pkgutil
import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ...base.errors import InputError, MicrosimError, why
from ...base.plugins import plugins
from ...base.schema import any_of
from ..contract import Format, Stored
from ..filed import FileArray
from ..slabs import MEMORY
from ..stored import is_pattern

GROUP = "microsim.readers"
FIELDS = "fields.h5"  # what a folder of a run stands for


def split_name(name):
    """Split "file.h5::name@index" into path, name and index, None for what is not given; an index that is no
    whole number stays text, "step:4"."""
    path, separator, part = str(name).partition("::")
    part, _, index = part.partition("@")
    if separator and not (part or index):
        raise InputError(f"expected a name after ::, got {name}; write like fields.h5::sto.")
    whole = re.fullmatch(r"-?[0-9]+", index)
    return Path(path), part or None, int(index) if whole else index or None


def read_file(path, part=None, index=None, whole=False, store=MEMORY):
    """Read a file or a folder; any failure becomes one plain sentence. whole: all axes, not one time; store:
    where the values go, as far as the format can."""
    form = _format(path, Format.reads, "read")
    asked = _asked(form, path, part=part, index=index)
    if whole and "whole" in form.takes:
        asked["whole"] = True
    if "store" in form.takes:
        asked["store"] = store
    by = f" read by the package {form.package}" if form.package else ""
    with damage_named(f"{path.suffix.lower() or form.name} volume{by}", path):
        stored = form.read(path, **asked)
        if not isinstance(stored, Stored) or not isinstance(stored.values, (np.ndarray, FileArray)):
            raise TypeError(f"the reader of {form.package} gave no array in a Stored")
    return replace(stored, files=stored.files or bytes_of(path))


@contextmanager
def damage_named(what, name):
    """Make one plain sentence of any failure to read: damaged files make the libraries fail in many ways."""
    try:
        yield
    except MicrosimError:
        raise
    except Exception as error:
        raise InputError(
            f"expected a readable {what}, got {name} ({why(error)}); the file may be damaged or incomplete:"
            " fetch or export it again."
        ) from error


def write_file(path, values, voxel_size, part, axes):
    """Write values and voxel size (m), both in the order of the file's axes."""
    form = _format(path, Format.writes, "write")
    asked = _asked(form, path, part=part)
    values = values if "store" in form.takes else np.asarray(values)
    form.write(path, Stored(_plain(values), voxel_size, axes=axes), **asked)


def suffixes():
    """List the suffixes of our own formats."""
    return [suffix for form in _ours() for suffix in form.suffixes]


def files_of(path):
    """List the files that the data of a file lie in, itself first; of a folder it where it is a volume."""
    path = Path(path)
    form = next((form for form in _ours() if form.reads(path)), None)
    if path.is_dir():
        return (path,) if form else tuple(file for file in (path / FIELDS,) if file.is_file())
    with suppress(Exception):  # a damaged file, of which its reader will say so
        return tuple(form.files(path)) if form and form.files else (path,)
    return (path,)


def bytes_of(path):
    """List the files whose bytes are the volume of a path; of a folder all within it."""
    if not path.is_dir():
        return files_of(path)
    return tuple(sorted(part for part in path.rglob("*") if part.is_file()))


@cache
def _ours():
    """The formats of this folder's modules."""
    modules = [
        importlib.import_module(f".{module.name}", __name__) for module in pkgutil.iter_modules(__path__)
    ]
    return tuple(form for module in modules for form in module.FORMATS)


def _format(path, fits, what):
    """Find the format that fits a path: one of ours, otherwise that of another package."""
    for form in _ours():
        if fits(form, path):
            return form
    fitting, faults = _others(path, fits)
    if len(fitting) > 1:
        packages = " and ".join(form.package for form in fitting)
        raise InputError(f"expected one package to {what} {path}, got {packages}; uninstall all but one")
    if not fitting:
        raise InputError(" ".join([_unknown(path, what), *faults]))
    return fitting[0]


def _others(path, fits):
    """The formats of other packages that fit a path, and a sentence for each that cannot be asked."""
    fitting, faults = [], []
    for plugin in plugins(GROUP):
        try:
            with plugin.blamed():
                form = plugin.entry.load()
                if not isinstance(form, Format):
                    raise TypeError(f"{type(form).__name__}, which is no Format")
                if fits(form, path):
                    fitting.append(replace(form, package=plugin.package))
        except InputError as error:
            faults.append(f"{error}.")
    return fitting, faults


def _unknown(path, what):
    if path.is_dir():
        return (
            f"expected slices (TIFF, PNG or BMP) in the folder {path}, got none; name a folder that has them."
        )
    if is_pattern(path):
        return f"expected slices (TIFF, PNG or BMP) like {path}, got none; correct the pattern."
    known = ", ".join(suffixes())
    return (
        f"expected a volume file to {what} ({known}), got {path.name} with"
        f" {path.suffix.lower() or 'no suffix'}; convert it or correct the name."
    )


def _asked(form, path, **asked):
    """Keep what is asked for behind a name; refuse what the format does not have."""
    asked = {name: given for name, given in asked.items() if given is not None}
    for name, given in asked.items():
        if name not in form.takes:
            able = any_of(ours.name for ours in _ours() if name in ours.takes)
            mark = f"::{given}" if name == "part" else f"@{given}"
            raise InputError(f"expected {mark} behind a file of {able}, got {path}; drop it.")
    return asked


def _plain(values):
    """Return values in a type that all formats know: uint8 for bool, no 64-bit integer where less will do."""
    dtype = values.dtype
    if dtype.kind == "b":
        return np.asarray(values).view(np.uint8)
    if dtype.kind in "iu" and dtype.itemsize == 8:
        values = np.asarray(values)
        return values.astype(
            np.result_type(*(np.min_scalar_type(int(end)) for end in (values.min(), values.max())))
        )
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return values.astype(np.float32 if dtype.itemsize < 4 else np.float64)
    return values
