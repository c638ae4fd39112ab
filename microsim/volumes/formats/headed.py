"""Voxels behind a header: NRRD, MHD/MHA (MetaImage) and raw with a sidecar; axes are taken slowest first.

The slowest axis of these formats is the one across slices, so a stack has the same axes in each of them and
in TIFF (whose pages it is). Their headers count the other way round, fastest first; sidecars of raw files,
which are microsim's own, count slowest first like everything here.

MHD and NRRD may state no unit. Sizes are then mm, as ITK has it, but asked about where um would make voxels
too; sizes that are all exactly 1 are what every program writes that knows none, and taken as not given.
"""

import itertools
import json
import math
import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...base.errors import InputError
from ...base.lengths import LARGEST_VOXEL, SMALLEST_VOXEL
from ...base.schema import choice, entry, number, read_yaml, say, section, whole
from ..axes import CHANNEL, axis_word
from ..contract import Format, Stored
from ..filed import FileArray
from ..pieces import files_beside, numbered_files
from ..slabs import MEMORY
from ..stored import check_right_angles, metres, replacing_files, require_reading, spacing

MM, UM = 1e-3, 1e-6
SIDECARS = (".json", ".yaml", ".yml")
META_TYPES = {
    "MET_UCHAR": "u1",
    "MET_CHAR": "i1",
    "MET_USHORT": "u2",
    "MET_SHORT": "i2",
    "MET_ULONG": "u4",
    "MET_LONG": "i4",
    "MET_UINT": "u4",
    "MET_INT": "i4",
    "MET_ULONG_LONG": "u8",
    "MET_LONG_LONG": "i8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
META_TURNS = ("TransformMatrix", "Rotation", "Orientation")  # names of one key
RAW_TYPES = tuple(f"{kind}{bits}" for kind in ("uint", "int") for bits in (8, 16, 32, 64)) + (
    "float32",
    "float64",
)


# ---- NRRD --------------------------------------------------------------------------------------------------


def read_nrrd(path):
    """Read an NRRD file, slowest axis first."""
    import nrrd

    header, parts = _nrrd_header(path)
    require_reading(math.prod(int(n) for n in header["sizes"]), path)
    whole = parts is None
    check_right_angles(_nrrd_vectors(header), path)
    values = nrrd.read(str(path), index_order="C")[0] if whole else _nrrd_parts(header, parts, path)
    sizes, units = _nrrd_sizes(header)
    stored = Stored(values, files=(path, *(parts or ())), names=_nrrd_names(header, values.ndim)[::-1])
    if units is None:
        return _of_no_unit(stored, sizes[::-1], path)
    edges = np.multiply(sizes, units)[::-1]
    in_space = edges[~np.isnan(edges)]
    known = len(in_space) == 3 and spacing(in_space, 1.0) and len(edges) == values.ndim
    return replace(stored, voxel_size=tuple(edges.tolist()) if known else None)


def _nrrd_header(path):
    """The header, and the files that hold the voxels, in order; None where it does itself."""
    import nrrd

    with open(path, "rb") as file:
        lines = list(itertools.takewhile(bytes.strip, file))
    texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines]
    at = next((i for i, text in enumerate(texts) if re.match(r"data ?file *:", text, re.IGNORECASE)), None)
    if at is None:
        return nrrd.read_header(str(path)), None
    words = texts[at].partition(":")[2].split()
    if words[:1] == ["LIST"]:
        listed, texts = [text.strip() for text in texts[at + 1 :]], texts[:at]
    elif len(words) in (4, 5) and "%" in words[0]:
        listed, texts = numbered_files(words[0], *map(int, words[1:4]), path), texts[:at] + texts[at + 1 :]
    else:
        listed, texts = [texts[at].partition(":")[2].strip()], texts[:at] + texts[at + 1 :]
    return nrrd.read_header([text + "\n" for text in [*texts, ""]]), files_beside(listed, path)


def _nrrd_part(header, file, count):
    """The voxels of one of so many files, slowest axis first."""
    import nrrd

    fast, slowest = header["sizes"][:-1], int(header["sizes"][-1])
    sizes = np.array([*fast, slowest // count])
    return nrrd.read_data({**header, "sizes": sizes, "data file": str(file.resolve())}, None, str(file), "C")


def _nrrd_parts(header, parts, path):
    slowest = int(header["sizes"][-1])
    if slowest % len(parts):
        raise InputError(
            f"expected {slowest} slices in files of equally many, got {len(parts)} files in {path}; mend it."
        )
    return np.concatenate([_nrrd_part(header, file, len(parts)) for file in parts])


def _nrrd_sizes(header):
    """Edges of the axes, fastest first, and the length of their units in m: nan where one is unknown, None
    where none is stated."""
    if "space directions" in header:
        vectors = _nrrd_vectors(header)
        stated = header.get("space units")
        scale = [metres(unit) or np.nan for unit in stated or ()]
        if not stated or len(scale) != vectors.shape[1]:
            return np.linalg.norm(vectors, axis=1), np.nan if stated else None
        return np.linalg.norm(np.where(vectors, vectors * scale, 0.0), axis=1), 1.0
    stated = [unit for unit in header.get("units", ())]
    sizes = np.asarray(header.get("spacings", ()), float)
    scale = [metres(unit) or np.nan for unit in stated]
    return sizes, scale if len(scale) == len(sizes) and any(stated) else np.nan if any(stated) else None


def _nrrd_vectors(header):
    """What the header states along each axis, fastest first, NaN of what is none in space."""
    given = header.get("space directions")
    if given is None:
        return np.empty((0, 3))
    return np.array([np.full(3, np.nan) if v is None else v for v in given], float)


def _nrrd_names(header, count):
    """What the header calls the axes, fastest first: by their labels, else by their kinds."""
    kinds = [str(kind).strip().lower() for kind in header.get("kinds", ())]
    names = [axis_word(label) for label in header.get("labels", ())]
    if any(names):
        return tuple(names) if len(names) == count else ()
    words = {**dict.fromkeys(("domain", "space", "none", "???", ""), ""), "time": "time"}
    return tuple(words.get(kind, CHANNEL) for kind in kinds) if len(kinds) == count else ()


def _nrrd_files(path):
    return (path, *(_nrrd_header(path)[1] or ()))


def write_nrrd(path, stored):
    """Write an NRRD file with packed voxels, slowest axis first, and the voxel size in um."""
    import nrrd

    header = {"encoding": "gzip"}
    if stored.voxel_size is not None:
        header |= {"spacings": [size * 1e6 for size in stored.voxel_size[::-1]], "units": ["um"] * 3}
    with replacing_files(path) as (file,):
        nrrd.write(file, np.ascontiguousarray(stored.values), header, index_order="C", compression_level=6)


def _of_no_unit(stored, sizes, path):
    """The Stored with sizes that bear no unit: in mm, or with the doubt whether um are meant."""
    sizes = np.asarray(sizes, float)
    in_space = sizes[np.isfinite(sizes)][-3:]
    if len(in_space) != 3 or len(sizes) != stored.values.ndim or np.all(in_space == 1):
        return stored
    as_mm = spacing(in_space, MM)
    if as_mm and all(_possible(in_space * unit) for unit in (MM, UM)):
        said = " x ".join(f"{size:g}" for size in in_space)
        doubt = (
            f"expected a voxel size with its unit, got {said} in {path}, which may be mm as ITK has it or um;"
            " state --voxel-size-nm."
        )
        return replace(stored, doubt=doubt)
    return replace(stored, voxel_size=tuple((sizes * MM).tolist()) if as_mm and len(sizes) > 3 else as_mm)


def _possible(edges):
    return bool(np.all((edges >= SMALLEST_VOXEL) & (edges <= LARGEST_VOXEL)))


# ---- MHD, MHA ----------------------------------------------------------------------------------------------


def read_meta(path, store=MEMORY):
    """Read a MetaImage: header and voxels in one file (MHA) or two (MHD)."""
    header, start, listed = _meta_header(path)
    parts = _check_meta(path, header, listed)
    shape = [int(n) for n in header["DimSize"].split()][::-1]
    big = header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False")).lower() == "true"
    dtype = np.dtype(META_TYPES[header["ElementType"]]).newbyteorder(">" if big else "<")
    values = _meta_voxels(parts, path, header, shape, dtype, start, store)
    check_right_angles(_meta_vectors(header, len(shape)), path)
    sizes = header.get("ElementSpacing", header.get("ElementSize", "")).split()
    stored = Stored(values, files=tuple(dict.fromkeys((path, *parts))))
    sizes = [float(word) for word in sizes[::-1]] if len(sizes) == len(shape) else []
    unit = header.get("DistanceUnits", "?").strip("?")
    if not unit:
        return _of_no_unit(stored, sizes, path)
    known = len(sizes) == 3 and metres(unit)
    return replace(stored, voxel_size=spacing(sizes, metres(unit)) if known else None)


def _meta_vectors(header, count):
    """Directions of the axes, fastest first; none where the header states no matrix of them."""
    words = next((header[key] for key in META_TURNS if key in header), "").split()
    return np.array(words, float).reshape(count, count) if len(words) == count**2 else np.empty((0, 3))


def _meta_voxels(parts, path, header, shape, dtype, start, store):
    """The voxels out of their files, which hold equally many slices each."""
    packed = header.get("CompressedData", "False").lower() == "true"
    if shape[0] % len(parts):
        raise InputError(
            f"expected {shape[0]} slices in files of equally many, got {len(parts)} files in {path}; mend the"
            " header."
        )
    each, values = [shape[0] // len(parts), *shape[1:]], []
    for data in parts:
        offset = start if data == path else int(header.get("HeaderSize", 0))
        if offset == -1:  # the voxels are the end of the file
            offset = data.stat().st_size - _bytes(each, dtype)
        kept = store if len(parts) == 1 else MEMORY
        values.append(_voxels(data, each, dtype, offset, packed, kept))
    return values[0] if len(values) == 1 else np.concatenate(values)


def _meta_files(path):
    header, _, listed = _meta_header(path)
    return tuple(dict.fromkeys((path, *_check_meta(path, header, listed))))


def write_meta(path, stored):
    """Write a MetaImage, voxels in the same file for .mha, beside it in a .raw file for .mhd."""
    local = path.suffix.lower() == ".mha"
    data = path if local else path.with_name(f"{path.name}.raw")
    values = _little_endian(stored.values)
    types = {dtype: name for name, dtype in META_TYPES.items()}
    header = {
        "ObjectType": "Image",
        "NDims": 3,
        "BinaryData": True,
        "BinaryDataByteOrderMSB": False,
        "CompressedData": False,
        "DimSize": " ".join(str(n) for n in values.shape[::-1]),
        "ElementType": types[values.dtype.str[1:]],
    }
    if stored.voxel_size is not None:
        header["DistanceUnits"] = "mm"
        header["ElementSpacing"] = " ".join(f"{size / MM:.12g}" for size in stored.voxel_size[::-1])
    header["ElementDataFile"] = "LOCAL" if local else data.name  # by definition the last line
    text = "".join(f"{key} = {value}\n" for key, value in header.items()).encode()
    with replacing_files(*dict.fromkeys((data, path))) as files:
        files[-1].write(text)
        files[0].write(_contiguous(values))


def _meta_header(path):
    """Return the header's keys and values, where the voxels begin in a file that holds both, and the names of
    files below a LIST."""
    header = {}
    with open(path, "rb") as file:
        while "ElementDataFile" not in header:
            key, equals, value = file.readline(1024).decode("latin-1").partition("=")
            if not equals:
                break
            header[key.strip()] = value.strip()
        start = file.tell()
        if header.get("ElementDataFile", "").split()[:1] != ["LIST"]:
            return header, start, []
        names = [line.decode("utf-8", "replace").strip() for line in file]
        return header, start, [name for name in names if name]


def _check_meta(path, header, listed):
    """Refuse what cannot be read; return the files that hold the voxels, in order."""
    missing = [key for key in ("DimSize", "ElementType", "ElementDataFile") if not header.get(key)]
    if missing:
        raise InputError(f"expected {missing[0]} in the header of {path}, got none; export the file again.")
    if header["ElementType"] not in META_TYPES:
        given = header["ElementType"]
        raise InputError(f"expected numbers like MET_UCHAR in {path}, got {given}; convert the image.")
    if header.get("ElementNumberOfChannels", "1") != "1":
        channels = header["ElementNumberOfChannels"]
        raise InputError(
            f"expected one number a voxel in {path}, got {channels} channels; export one of them."
        )
    name = header["ElementDataFile"]
    words = name.split()
    if name.upper() == "LOCAL":
        return [path]
    if words[0] == "LIST":
        return files_beside(listed, path)
    if len(words) == 4 and "%" in words[0]:
        return files_beside(numbered_files(words[0], *map(int, words[1:]), path), path)
    return files_beside([name], path)


# ---- raw with a sidecar ------------------------------------------------------------------------------------


def _shape(raw, path):
    if not isinstance(raw, list):
        raise InputError(
            f"{path}: expected a list of sizes, slowest first, got {say(raw)}; like [80, 64, 64]."
        )
    return tuple(whole(1)(part, f"{path}.{i}") for i, part in enumerate(raw))


def _sizes(raw, path, per=1.0, unit=""):
    one, many = number(0, above=True), isinstance(raw, list)
    if many and len(raw) != 3:
        raise InputError(f"{path}: expected one number or three, got {say(raw)}; give all three.")
    return tuple(one(part, path, per, unit) for part in (raw if many else [raw] * 3))


def _axes(raw, path):
    if sorted(str(raw)) != ["x", "y", "z"]:
        raise InputError(
            f"{path}: expected the letters x, y, z in the file's order, got {say(raw)}; like zyx."
        )
    return raw


@dataclass(frozen=True)
class Sidecar:
    """What a raw file holds; shape, axes and a voxel size of three numbers count the slowest axis first."""

    shape: tuple[int, ...] = entry(_shape)
    dtype: str = entry(choice(*RAW_TYPES))
    byte_order: str = entry(choice("little", "big"), default="little")
    axes: str | None = entry(_axes, default=None)
    voxel_size: tuple[float, ...] | None = entry(_sizes, default=None, units={"nm": 1e9, "um": 1e6, "m": 1.0})


def read_raw(path, store=MEMORY):
    """Read a raw file as its sidecar says: vol.raw.json, .yaml or .yml beside vol.raw, or vol.json and so
    on."""
    names = _sidecar_names(path)
    sidecars = _sidecars(path)
    if not sidecars:
        raise InputError(
            f"expected {names[0].name} or {names[3].name} beside {path}, got neither; "
            "write one with shape, dtype, byte_order, axes and voxel_size_nm."
        )
    said = section(Sidecar, read_yaml(sidecars[0]), str(sidecars[0]))
    dtype = np.dtype(said.dtype).newbyteorder("<" if said.byte_order == "little" else ">")
    values = _voxels(path, said.shape, dtype, 0, packed=False, store=store)
    return Stored(values, said.voxel_size, files=(path, sidecars[0]), axes=said.axes)


def _raw_files(path):
    return (path, *_sidecars(path))


def _sidecar_names(path):
    return [Path(f"{base}{suffix}") for base in (path, path.with_suffix("")) for suffix in SIDECARS]


def _sidecars(path):
    return [name for name in _sidecar_names(path) if name.is_file()]


def write_raw(path, stored):
    """Write a raw file, little-endian, and the JSON sidecar that describes it."""
    values = _little_endian(stored.values)
    said = {"shape": list(values.shape), "dtype": values.dtype.name, "byte_order": "little"}
    said["axes"] = stored.axes or "xyz"
    if stored.voxel_size is not None:
        said["voxel_size_m"] = list(stored.voxel_size)
    with replacing_files(path, path.with_name(f"{path.name}.json")) as (file, sidecar):
        file.write(_contiguous(values))
        sidecar.write(json.dumps(said).encode())


# ---- voxels in a row ---------------------------------------------------------------------------------------


def _voxels(path, shape, dtype, offset, packed, store=MEMORY):
    expected = _bytes(shape, dtype)
    if packed:
        require_reading(expected, path)
    with open(path, "rb") as file:
        file.seek(offset)
        if packed:
            content = bytearray(zlib.decompress(file.read()))  # bytes would make a read-only array
            found = len(content)
        else:
            content, found = file, path.stat().st_size - offset
        if found != expected:
            raise InputError(
                f"expected {expected} bytes of voxels ({' x '.join(map(str, shape))} {dtype.name}) in {path},"
                f" got {found}; correct shape and type, or fetch the file again."
            )
        lying = None if packed or store.folder is None else FileArray.at(path, shape, dtype, offset)
        if lying is not None:
            return lying
        require_reading(expected, path)
        count = expected // dtype.itemsize
        values = np.frombuffer(content, dtype) if packed else np.fromfile(content, dtype, count)
    return values.reshape(shape)


def _bytes(shape, dtype):
    return int(np.prod(shape, dtype=object)) * dtype.itemsize


def _little_endian(values):
    return values.astype(values.dtype.newbyteorder("<"), copy=False)


def _contiguous(values):
    return memoryview(np.ascontiguousarray(values)).cast("B")


FORMATS = (
    Format("NRRD", (".nrrd",), read_nrrd, write_nrrd, files=_nrrd_files),
    Format("header of an NRRD", (".nhdr",), read_nrrd, files=_nrrd_files),
    Format("MetaImage", (".mhd", ".mha"), read_meta, write_meta, takes=("store",), files=_meta_files),
    Format(
        "raw with a sidecar",
        (".raw",),
        read_raw,
        write_raw,
        takes=("store",),
        files=lambda path: (path, *_sidecars(path)),
    ),
)
