"""Avizo and Amira, .am: uniform lattices of numbers, plain, packed by HxByteRLE or HxZip, or written out.

The header counts the fastest axis first, and its bounding box runs from the centre of the first voxel to that
of the last. The slowest axis is the one across slices, as in NRRD and MetaImage.
"""

import math
import re
import zlib
from dataclasses import dataclass, replace

import numpy as np

from ...base.errors import InputError
from ..choice import chosen_name
from ..contract import Format, Stored
from ..stored import metres, of_no_unit, replacing_files, require_reading, spacing

TYPES = {
    "byte": "u1",
    "char": "i1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "uint": "u4",
    "int32": "i4",
    "int64": "i8",
    "float": "f4",
    "double": "f8",
}
WRITTEN = {"u1": "byte", "i2": "short", "u2": "ushort", "i4": "int", "f4": "float", "f8": "double"}
LARGER = {"i1": "i2", "u4": "f8", "i8": "f8", "u8": "f8"}  # types that every version reads hold these
SECTION = re.compile(rb"^@([0-9]+)[ \t]*(?:#[^\n]*)?\r?\n", re.MULTILINE)
DATA = re.compile(
    r"^(\w+)\s*\{\s*(\w+)(?:\[([0-9]+)\])?\s+([\w.-]+)\s*\}\s*=?\s*@([0-9]+)(?:\((\w+)(?:,([0-9]+))?\))?",
    re.MULTILINE,
)
NAME = "Data"


@dataclass(frozen=True)
class _Array:
    """One array of the file: its name, place ("Lattice"), type, numbers a voxel, section and packing."""

    name: str
    place: str
    kind: str
    width: int
    section: int
    packing: str
    packed: int


def read_amira(path, part=None):
    """Read one lattice of an Avizo or Amira file, slowest axis first."""
    with open(path, "rb") as file:
        content = file.read()
    header, begin = _header(content, path)
    shape = _shape(header, path)
    arrays = [_array(found) for found in DATA.finditer(header)]
    wanted = _chosen(arrays, part, path)
    dtype = np.dtype(TYPES[wanted.kind]).newbyteorder("<" if "LITTLE-ENDIAN" in header[:80] else ">")
    require_reading(math.prod(shape) * dtype.itemsize, path)
    ascii_text = "ASCII" in header.splitlines()[0]
    values = (_written_out if ascii_text else _binary)(
        content, begin, header, arrays, wanted, dtype, shape, path
    )
    beside = tuple(one.name for one in arrays if one.place == "Lattice" and one != wanted)
    return _sized(Stored(values.reshape(shape), beside=beside), header, shape, path)


# ---- header ------------------------------------------------------------------------------------------------


def _header(content, path):
    """The header's text and where the first section begins."""
    first = SECTION.search(content)
    if first is None or not re.match(rb"#\s*(AmiraMesh|Avizo|HyperMesh|PSI)", content[:40]):
        raise InputError(
            f"expected a lattice of Avizo or Amira, got {path} without its data; export it again."
        )
    return content[: first.start()].decode("utf-8", "replace"), first.start()


def _shape(header, path):
    found = re.search(r"define\s+Lattice\s+([0-9]+)\s+([0-9]+)\s+([0-9]+)", header)
    kind = re.search(r'CoordType\s+"(\w+)"', header)
    if not found or kind and kind[1] != "uniform":
        given = kind[1] if kind and found else "none"
        raise InputError(
            f"expected a uniform lattice of voxels in {path}, got {given}; resample it in Avizo."
        )
    return tuple(int(n) for n in found.groups())[::-1]


def _array(found):
    place, kind, width, name, section, packing, packed = found.groups()
    return _Array(name, place, kind, int(width or 1), int(section), packing or "", int(packed or 0))


def _chosen(arrays, part, path):
    held = [one for one in arrays if one.place == "Lattice"]
    name = chosen_name(path, part, [one.name for one in held], "lattice")
    wanted = next(one for one in held if one.name == name)
    if wanted.width != 1 or wanted.kind not in TYPES:
        given = f"{wanted.kind}[{wanted.width}]"
        raise InputError(f"expected one number a voxel in {path}, got {given}; export one component.")
    return wanted


def _sized(stored, header, shape, path):
    """The Stored with edges (max - min) / (n - 1) of the bounding box."""
    found = re.search(r"BoundingBox\s+((?:[-+0-9.eE]+[\s,]+){5}[-+0-9.eE]+)", header)
    if not found:
        return stored
    ends = np.array([float(word) for word in found[1].replace(",", " ").split()]).reshape(3, 2)[::-1]
    layers = np.array(shape)
    sizes = np.where(layers > 1, (ends[:, 1] - ends[:, 0]) / np.maximum(layers - 1, 1), np.nan)
    if np.isnan(sizes).any() and not np.isnan(sizes).all():
        sizes = np.where(np.isnan(sizes), np.nanmax(sizes), sizes)
        stored = replace(
            stored, said=("a single layer has no depth in the file: taken as thick as its voxels are wide",)
        )
    unit = re.search(r'Coordinates\s+"([^"]*)"', header)
    if unit and metres(unit[1]):
        return replace(stored, voxel_size=spacing(sizes, metres(unit[1])))
    return of_no_unit(stored, sizes, path)


# ---- data --------------------------------------------------------------------------------------------------


def _written_out(content, begin, header, arrays, wanted, dtype, shape, path):
    for part in re.split(r"^@(?=[0-9]+\s)", content[begin:].decode("latin-1"), flags=re.MULTILINE)[1:]:
        number, _, words = part.partition("\n")
        if int(number) == wanted.section:
            values = np.array(words.split(), dtype=dtype.newbyteorder("="))
            return _checked(values, math.prod(shape), path)
    raise _missing(path)


def _binary(content, begin, header, arrays, wanted, dtype, shape, path):
    """Go through the sections one by one: a binary one may hold what looks like the next one's line."""
    defined = {
        name: math.prod(map(int, sizes.split()))
        for name, sizes in re.findall(r"define\s+(\w+)((?:\s+[0-9]+)+)", header)
    }
    by_section = {one.section: one for one in arrays}
    place = begin
    while found := SECTION.search(content, place):
        if int(found[1]) == wanted.section:
            return _unpacked(content[found.end() :], wanted, dtype, math.prod(shape), path)
        skipped = by_section.get(int(found[1]))
        place = found.end() + (_bytes_of(skipped, defined) if skipped else 0)
    raise _missing(path)


def _bytes_of(array, defined):
    if array.packing:
        return array.packed
    return defined.get(array.place, 0) * array.width * np.dtype(TYPES.get(array.kind, "u1")).itemsize


def _unpacked(content, array, dtype, count, path):
    size = count * dtype.itemsize
    if array.packing == "HxByteRLE":
        content = _run_lengths(content[: array.packed])
    elif array.packing == "HxZip":
        content = zlib.decompress(content[: array.packed])
    elif array.packing:
        raise InputError(
            f"expected a lattice packed by HxByteRLE or HxZip, got {path} packed by {array.packing}; save it"
            " as raw data."
        )
    whole = content[:size] if not array.packing else content
    if len(whole) != size:
        raise InputError(
            f"expected {size} bytes of voxels in {path}, got {len(whole)}; it may be incomplete: export it"
            " again."
        )
    return np.frombuffer(bytearray(whole), dtype)


def _run_lengths(packed):
    """Undo HxByteRLE: a byte n below 128 and one value stand for n of that value; n + 128 for n bytes as they
    are."""
    out, place, end = bytearray(), 0, len(packed)
    while place < end:
        count = packed[place]
        if count < 128:
            out += packed[place + 1 : place + 2] * count
            place += 2
        else:
            out += packed[place + 1 : place + count - 127]
            place += count - 127
    return out


def _checked(values, count, path):
    if len(values) != count:
        raise InputError(
            f"expected {count} voxels in {path}, got {len(values)}; it may be incomplete: export it again."
        )
    return values


def _missing(path):
    return InputError(
        f"expected the data of the lattice in {path}, got none; it may be incomplete: export it again."
    )


# ---- writing -----------------------------------------------------------------------------------------------


def write_amira(path, stored):
    """Write a uniform lattice, not packed, with its bounding box from voxel centre to voxel centre in um."""
    code = stored.values.dtype.str[1:]
    values = stored.values.astype(f"<{LARGER.get(code, code)}")
    nx, ny, nz = values.shape[::-1]
    edges = [1.0] * 3 if stored.voxel_size is None else [size * 1e6 for size in stored.voxel_size[::-1]]
    box = " ".join(f"0 {edge * max(n - 1, 1):.12g}" for edge, n in zip(edges, (nx, ny, nz), strict=True))
    unit = "" if stored.voxel_size is None else '    Units {\n        Coordinates "µm"\n    }\n'
    kind = WRITTEN[values.dtype.str[1:]]
    header = (
        "# Avizo BINARY-LITTLE-ENDIAN 2.1\n\n\n"
        f"define Lattice {nx} {ny} {nz}\n\n"
        f'Parameters {{\n{unit}    Content "{nx}x{ny}x{nz} {kind}, uniform coordinates",\n'
        f'    BoundingBox {box},\n    CoordType "uniform"\n}}\n\n'
        f"Lattice {{ {kind} {NAME} }} @1\n\n# Data section follows\n@1\n"
    )
    with replacing_files(path) as (file,):
        file.write(header.encode())
        file.write(memoryview(np.ascontiguousarray(values)).cast("B"))
        file.write(b"\n")


FORMATS = (Format("Avizo or Amira", (".am", ".amiramesh"), read_amira, write_amira, takes=("part",)),)
