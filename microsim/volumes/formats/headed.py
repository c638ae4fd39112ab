"""Voxels behind a header: NRRD, MHD/MHA (MetaImage) and raw with a sidecar; axes are taken slowest first.

The slowest axis of these formats is the one across slices, so a stack has the same axes in each of them and
in TIFF (whose pages it is). Their headers count the other way round, fastest first; sidecars of raw files,
which are microsim's own, count slowest first like everything here.

MHD has no unit, NRRD may have none: then sizes are in mm, as ITK has it, and sizes that are all exactly 1 are
what every program writes that knows none, so they are taken as not given.
"""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...base.errors import InputError
from ...base.schema import choice, entry, number, read_yaml, say, section, whole
from ..contract import Format, Stored
from ..stored import metres, replacing_files, spacing

MM = 1e-3
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
RAW_TYPES = tuple(f"{kind}{bits}" for kind in ("uint", "int") for bits in (8, 16, 32, 64)) + (
    "float32",
    "float64",
)


# ---- NRRD --------------------------------------------------------------------------------------------------


def read_nrrd(path):
    """Read an NRRD file, slowest axis first."""
    import nrrd

    values, header = nrrd.read(str(path), index_order="C")
    if "space directions" in header:
        sizes = np.linalg.norm(np.asarray(header["space directions"], float), axis=1)
    else:
        sizes = np.asarray(header.get("spacings", ()), float)
    stated = header.get("space units") or header.get("units") or ()
    units = {metres(unit) for unit in stated}
    detached = header.get("data file", header.get("datafile"))
    files = (path, path.parent / detached) if detached else (path,)
    if sizes.size != 3 or not np.all(np.isfinite(sizes)):
        return Stored(values, files=files)
    if len(units) == 1 and None not in units:
        return Stored(values, spacing(sizes[::-1], units.pop()), files)
    return Stored(values, None if stated else _in_mm(sizes[::-1]), files)


def _nrrd_files(path):
    import nrrd

    header = nrrd.read_header(str(path))
    detached = header.get("data file", header.get("datafile"))
    return (path, path.parent / detached) if detached else (path,)


def write_nrrd(path, stored):
    """Write an NRRD file with packed voxels, slowest axis first, and the voxel size in um."""
    import nrrd

    header = {"encoding": "gzip"}
    if stored.voxel_size is not None:
        header |= {"spacings": [size * 1e6 for size in stored.voxel_size[::-1]], "units": ["um"] * 3}
    with replacing_files(path) as (file,):
        nrrd.write(file, np.ascontiguousarray(stored.values), header, index_order="C", compression_level=6)


def _in_mm(sizes):
    return None if np.all(np.asarray(sizes) == 1) else spacing(sizes, MM)


# ---- MHD, MHA ----------------------------------------------------------------------------------------------


def read_meta(path):
    """Read a MetaImage: header and voxels in one file (MHA) or two (MHD)."""
    header, start = _meta_header(path)
    data = _check_meta(path, header)
    shape = [int(n) for n in header["DimSize"].split()][::-1]
    big = header.get("BinaryDataByteOrderMSB", header.get("ElementByteOrderMSB", "False")).lower() == "true"
    dtype = np.dtype(META_TYPES[header["ElementType"]]).newbyteorder(">" if big else "<")
    offset = start if data == path else int(header.get("HeaderSize", 0))
    if offset == -1:  # the voxels are the end of the file
        offset = data.stat().st_size - _bytes(shape, dtype)
    packed = header.get("CompressedData", "False").lower() == "true"
    values = _voxels(data, shape, dtype, offset, packed)
    sizes = header.get("ElementSpacing", header.get("ElementSize", "")).split()
    size = _in_mm([float(word) for word in sizes[::-1]]) if len(sizes) == len(shape) else None
    return Stored(values, size, files=(path,) if data == path else (path, data))


def _meta_files(path):
    data = _check_meta(path, _meta_header(path)[0])
    return (path,) if data == path else (path, data)


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
        header["ElementSpacing"] = " ".join(f"{size / MM:.12g}" for size in stored.voxel_size[::-1])
    header["ElementDataFile"] = "LOCAL" if local else data.name  # by definition the last line
    text = "".join(f"{key} = {value}\n" for key, value in header.items()).encode()
    with replacing_files(*dict.fromkeys((data, path))) as files:
        files[-1].write(text)
        files[0].write(_contiguous(values))


def _meta_header(path):
    """Return the header's keys and values, and where the voxels begin in a file that holds both."""
    header = {}
    with open(path, "rb") as file:
        while "ElementDataFile" not in header:
            key, equals, value = file.readline(1024).decode("latin-1").partition("=")
            if not equals:
                break
            header[key.strip()] = value.strip()
        return header, file.tell()


def _check_meta(path, header):
    """Refuse what cannot be read; return the file that holds the voxels."""
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
    data = path if name.upper() == "LOCAL" else path.parent / name
    if not data.is_file():
        raise InputError(f"expected the voxels of {path} in the file {data}, got no such file; put it there.")
    return data


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


def read_raw(path):
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
    values = _voxels(path, said.shape, dtype, 0, packed=False)
    return Stored(values, said.voxel_size, files=(path, sidecars[0]), axes=said.axes)


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


def _voxels(path, shape, dtype, offset, packed):
    expected = _bytes(shape, dtype)
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
    Format("MetaImage", (".mhd", ".mha"), read_meta, write_meta, files=_meta_files),
    Format("raw with a sidecar", (".raw",), read_raw, write_raw, files=lambda path: (path, *_sidecars(path))),
)
