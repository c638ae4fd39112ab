"""Stacks of images over energy, energy lists and reference spectra: read from files, known by name, or
given as arrays.

A stack comes back as [energy, x, y, z]. `file_axes` names the file's axes, slowest first, E for the energy: a
TIFF of pages is Eyx, an HDF5 data set of volumes perhaps Exyz; a single spectrum series is [state, energy],
written as it is.
"""

import io
import zipfile
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.masked import floats, known_values
from ..volumes import datasets
from ..volumes.axes import in_stack
from ..volumes.contract import Stored
from ..volumes.datasets import Dataset
from ..volumes.filed import FileArray
from ..volumes.formats import damage_named, read_file, split_name
from ..volumes.slabs import MEMORY
from ..volumes.stored import replacing_files, sha256_of
from .athena import athena_spectra, read_athena
from .columns import absorption_of, energies_of
from .hexitec import SUFFIX as HXT
from .hexitec import channel_edges, read_hxt
from .lithiation import check_lithiation
from .mixture import References
from .spectra import LOWEST_ENERGY, check_energies
from .tables import read_number_table, table_of

ATHENA = ".prj"
ARRAYS = (".h5", ".hdf5", ".hdf", ".nxs", ".mat", ".npy", ".npz")
TEXT = (".txt", ".dat", ".csv", ".nor", ".xdi", ".mu", ATHENA)
_MIDAS = "https://raw.githubusercontent.com/pattammattel/NSLS-II-MIDAS/0a5bfda90941ed48475eb180088ada91367f4fe2/test_data.zip"

# name -> file, and which parts of it are the stack, its energies and, of a series, the lithiation of its
# states
KNOWN = {
    "midas_lfp": (
        "midas_nanoXANES_FeK_test_data.zip",
        "test_data/test_stack.tiff",
        "test_data/test_energy.txt",
        None,
    ),
    "perex_lno": ("perex_LiNiO2_operando_NiK.h5", "mu_norm", "energy_eV", "x_Li_at_spectrum"),
    "hxn_fe_references": ("hxn_FeLibNov2021.nor", None, None, None),
}
"""Known spectral data sets."""


@dataclass(frozen=True)
class Stack:
    """Images over energy: values [energy, x, y, z], energies (eV) where the file has them, and where they
    came from; largest: what a detector's whole numbers reach, of an array that is masked and holds floats
    therefore."""

    values: np.ndarray
    energies: np.ndarray | None
    voxel_size: tuple[float, float, float] | None
    source: str
    sha256: str | None
    largest: int | None = None


def read_stack(name, *, file_axes=None, store=MEMORY):
    """Read a stack of images over energy.

    name       TIFF (also zip::name), folder of TIFF slices, npy, npz, HDF5 "file.h5::dataset", HEXITEC's
               .hxt, a known name, or an array
    file_axes  its axes, slowest first: a permutation of E and two or three of x, y, z (default: Exyz for
               four axes, Eyx for three of a file and Exy for three of an array)
    store      a scratch_store: values stay in the file, or go into one there, where the format can; then they
               are a FileArray

    Returns Stack. Raises InputError.
    """
    if _is_array(name):
        values, largest = _given(name, None if file_axes else "Exyz")
        sha256, size, energies, name = None, None, None, "array"
        axes = file_axes or {2: "Ex", 3: "Exy", 4: "Exyz"}.get(values.ndim, "")
    else:
        path, part, energies = _resolve(name, 1)
        stored, largest = _stored(path, part, store), None
        values, axes = in_stack(stored, file_axes, name)
        sha256, size = sha256_of(stored.files), _edges(stored.voxel_size, axes)
    if (
        len(axes) != values.ndim
        or sorted(set(axes)) != sorted(axes)
        or "E" not in axes
        or set(axes) - set("Exyz")
    ):
        raise InputError(
            f"expected the file's axes as a permutation of E and {values.ndim - 1} of x, y, z, got"
            f" {axes or 'none'} for {values.ndim} axes ({' x '.join(map(str, values.shape))}) in {name};"
            " state --file-axes, Eyx say."
        )
    if values.dtype.kind not in "iuf":
        raise InputError(f"expected numbers in {name}, got {values.dtype}; name another data set.")
    full = axes + "".join(axis for axis in "xyz" if axis not in axes)
    single, order = (None,) * (len(full) - len(axes)), [full.index(axis) for axis in "Exyz"]
    if isinstance(values, FileArray):
        values = values.part(..., *single).transpose(order)
    else:
        values = np.ascontiguousarray(values[(..., *single)].transpose(order))
    return Stack(values, energies, size, str(name), sha256, largest)


def _given(stack, order):
    """Values of an array, NaN where they are masked, and the largest that its whole numbers could be then."""
    values, known = known_values(stack, "the stack", order)
    if known is None:
        return values, None
    largest = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else None
    return np.where(known, values if values.dtype.kind == "f" else values.astype(float), np.nan), largest


def write_stack(path, energies, mu, voxel_size=None):
    """Write spectra [energy, x, y, z] as `mu` and their energies (eV) as `energy_eV` of an HDF5 file.

    voxel_size: x, y, z, m. Returns the path; raises InputError for another suffix.
    """
    import h5py

    path = Path(path)
    if path.suffix.lower() not in (".h5", ".hdf5"):
        raise InputError(f"--out: expected the name of an HDF5 file, got {path}; write {path.stem}.h5, say.")
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["energy_eV"] = np.asarray(energies, float)
        stack = file.create_dataset("mu", data=mu, chunks=True, compression="gzip", shuffle=True)
        if voxel_size is not None:
            stack.attrs["voxel_size_m"] = voxel_size
    with replacing_files(path) as (file,):
        file.write(content.getbuffer())
    return path


def _edges(size, axes):
    """Voxel edges x, y, z of a stack; None where the file states two of them at most."""
    space = axes.replace("E", "")
    if size is None or len(size) != 3:
        return None
    if len(set(size)) == 1:
        return size
    return tuple(size[space.index(axis)] for axis in "xyz") if sorted(space) == ["x", "y", "z"] else None


def read_energies(name):
    """Read a list of energies (eV): an array, text (the column of energies, or of a monochromator's angles,
    else the first), npy, "file.h5::name", or the edges of the channels of a .hxt file."""
    if _is_array(name):
        return check_energies(np.ravel(floats(name, "energies")))
    path, part, _ = _resolve(name, 2)
    if path.suffix.lower() == HXT:
        return channel_edges(path)
    if path.suffix.lower() in ARRAYS or part is not None:
        return check_energies(np.ravel(_stored(path, part).values))
    return check_energies(energies_of(read_number_table(path)))


def read_lithiation(name):
    """Read a list of lithiation as `read_numbers` does; refuses per cent and capacities."""
    if not _is_array(name) and _resolve(name, 3)[0].suffix.lower() in TEXT:
        table = read_number_table(_resolve(name, 3)[0])
        if any(word in (table.units[-1] or "").lower() for word in ("%", "cent", "ah")):
            raise InputError(
                f"expected lithium per formula unit, got the column {table.names[-1]} in {table.units[-1]} in"
                f" {name}; convert it to x."
            )
    return check_lithiation(read_numbers(name), "array" if _is_array(name) else name)


def read_numbers(name):
    """Read a list of numbers: an array, text (the last of several columns), npy, or "file.h5::name"."""
    if _is_array(name):
        return np.ravel(floats(name, "numbers"))
    path, part, _ = _resolve(name, 3)
    if path.suffix.lower() in ARRAYS or part is not None:
        return np.ravel(_stored(path, part).values).astype(float)
    return read_number_table(path).values[:, -1]


def read_columns(name):
    """Read columns of numbers, [line, column]: an array, or a text file."""
    if _is_array(name):
        return np.atleast_2d(floats(name, "columns"))
    path, _, _ = _resolve(name, 3)
    return read_number_table(path).values


def read_series(name, *, energies=None):
    """Read a series of spectra, one state a line: [state, energy] of an array or an array file, or columns of
    a text file.

    Returns (energies, spectra [energy, state], lithiation [state] or None, source, sha256).
    """
    lithiation, sha256 = None, None
    if _is_array(name):
        values, own, name = floats(name, "spectra"), None, "array"
    else:
        path, part, own = _resolve(name, 1)
        if path.suffix.lower() in TEXT:
            references = read_references(name)
            return references.energies, references.values.T, None, references.source, references.sha256
        stored = _stored(path, part)
        values, sha256 = stored.values, sha256_of(stored.files)
        if str(name) in KNOWN and KNOWN[str(name)][3]:
            lithiation = np.ravel(_stored(path, KNOWN[str(name)][3]).values).astype(float)
    energies = own if energies is None else energies
    if energies is None:
        raise InputError(f"expected the energies of {name}, got none; add --energies.")
    if values.ndim == 2 and values.shape[1] == len(energies):
        values = values.T
    if values.ndim != 2 or len(values) != len(energies):
        raise InputError(
            f"expected spectra as [state, energy] with {len(energies)} energies, got shape {values.shape} "
            f"in {name}; give another array."
        )
    return check_energies(energies), values.astype(float), lithiation, str(name), sha256


def read_references(name):
    """Read reference spectra: text with energies (or a monochromator's angles) and spectra.

    Names come from the header, and what is an energy and what a spectrum (columns.py): Athena's .nor, .xdi,
    csv with a line of names, or plain columns. "file::A,B" picks and orders columns, or groups of a project
    of Athena (.prj), normalised as it says (athena.py). Lines of one energy are averaged. References pass; an
    array has the same columns.
    """
    if isinstance(name, References):
        return name
    if _is_array(name):
        table, sha256, name = read_columns(name), None, "array"
        energies, values = table[:, 0] * (1e3 if table[:, 0].max() < LOWEST_ENERGY else 1.0), table[:, 1:].T
        names = ("array",) if len(values) == 1 else tuple(f"column{k + 1}" for k in range(len(values)))
    else:
        path, part, _ = _resolve(name, 1)
        picked, sha256 = tuple(word.strip() for word in part.split(",")) if part else (), sha256_of([path])
        names, energies, values = _columns_of(path, picked)
    if len(values) == 0:
        raise InputError(
            f"expected an energy and at least one spectrum in {name}, got one column; give another file."
        )
    if not np.isfinite(values).all():
        broken = ~np.isfinite(values)
        raise InputError(
            f"expected finite reference spectra in {name}, got {int(broken.sum())} values that are not, the"
            f" first of {names[int(np.argmax(broken.any(axis=1)))]}; mend them or leave that spectrum out."
        )
    energies, values = _averaged(energies, values)
    return References(check_energies(energies), values, names, str(name), sha256)


def _columns_of(path, picked):
    """Names, energies (eV) and spectra of a file of text, or of a project of Athena."""
    if path.suffix.lower() == ATHENA:
        return athena_spectra(read_athena(path.read_bytes(), path), picked, path)
    table = read_number_table(path)
    names, values = absorption_of(table, picked)
    return (path.stem,) if len(names) == 1 and table.names is None else names, energies_of(table), values


def _averaged(energies, values):
    """Rising energies and their spectra [spectrum, energy], lines of the same energy averaged."""
    known, place = np.unique(energies, return_inverse=True)
    total = np.zeros((len(values), known.size))
    np.add.at(total, (slice(None), place), values)
    return known, total / np.bincount(place)


def _is_array(given):
    return hasattr(given, "ndim") or isinstance(given, (list, tuple))


def _resolve(name, what):
    """Path, part and energies of a name: a file first, then a known data set (what: 1 stack, 2 energies, 3
    numbers)."""
    if not isinstance(name, (str, PathLike)):
        raise InputError(
            f"expected a path, a known name or an array, got {type(name).__name__}; give one of them."
        )
    path, part, index = split_name(name)
    if index is not None:
        raise InputError(f"expected a stack without @{index}, got {name}; drop it.")
    if path.exists():
        return path, part, None
    known = KNOWN.get(str(path))
    if known is None:
        raise InputError(
            f"expected a file or one of {', '.join(KNOWN)}, got {path}, which is none; correct the path."
        )
    _, *parts = known
    dataset = Dataset(str(path), *_SOURCES[str(path)])
    path = datasets._in_folder(dataset) or datasets._download(dataset, None)
    energies = None
    if what == 1 and parts[1]:
        energies = (
            check_energies(energies_of(table_of(_member(path, parts[1]), parts[1])))
            if path.suffix == ".zip"
            else check_energies(np.ravel(_stored(path, parts[1]).values))
        )
    return path, part or parts[what - 1], energies


def _stored(path, part, store=MEMORY):
    """What a file or a member of a zip archive holds, all axes of it."""
    if path.suffix.lower() == HXT:
        return Stored(read_hxt(path)[1], files=(path,), names=("energy", "row", "column"))
    if path.suffix.lower() == ".zip" and part:
        from ..volumes.formats.tiff import read_tiff

        file = io.BytesIO(_member(path, part))
        with damage_named("TIFF", f"{path}::{part}"):
            return replace(read_tiff(file, f"{path}::{part}"), files=(path,))
    return read_file(path, part, whole=True, store=store)


def _member(path, part):
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            raise InputError(
                f"expected a file of {path}, got {part}; it has {', '.join(archive.namelist()[:8])}."
            )
        return archive.read(part)


_SOURCES = {
    "midas_lfp": (
        "midas_nanoXANES_FeK_test_data.zip",
        _MIDAS,
        "not stated",
        "74a685efaa275c7b402ae6ade3de22a7eb380cd2bd18055c2dfb72c7ebd36e80",
        "NSLS-II-MIDAS (A. Pattammattel)",
        None,
        None,
        "grey",
        "Fe K nano-XANES of LiFePO4, 57 energies, 91 x 95 pixels",
    ),
    "perex_lno": (
        "perex_LiNiO2_operando_NiK.h5",
        None,
        "BSD-3-Clause",
        "2cebf8eecd759cdf9ad7a02955ecc3b4af2c522e9bd12c230395c796b8e6bfd8",
        "BIG-MAP, github.com/GhostDeini/perex",
        None,
        None,
        "grey",
        "458 operando Ni K spectra of LiNiO2",
    ),
    "hxn_fe_references": (
        "hxn_FeLibNov2021.nor",
        None,
        "MIT",
        "eea22ceeccd701ffdf902a58905a1dca265ac06e72e0fb09b65040a9ad553b92",
        "github.com/stetef/nano-XANES-microscopy-of-Fe (Pattammattel and Chu, NSLS-II HXN)",
        None,
        None,
        "grey",
        "11 Fe K reference spectra",
    ),
}
