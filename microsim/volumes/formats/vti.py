"""VTK's images, .vti: XML with arrays on points or cells, written out, in base64 or behind the header, packed
or not, in one piece or several.

VTK counts x fastest and names its axes, so x, y, z of the file are x, y, z here. It knows no unit of length:
files of ours state voxel edges in m in the field data voxel_size_m.
"""

import base64
import lzma
import math
import re
import zlib
from dataclasses import dataclass, replace
from xml.etree import ElementTree

import numpy as np

from ...base.errors import InputError
from ..choice import chosen_name
from ..contract import Format, Stored
from ..stored import of_no_unit, replacing_files, require_reading, spacing

BITS = (8, 16, 32, 64)
TYPES = {f"{sign}Int{n}": f"{code}{n // 8}" for sign, code in (("", "i"), ("U", "u")) for n in BITS}
TYPES |= {"Float32": "f4", "Float64": "f8"}
SIZE, DEFAULT_NAME = "voxel_size_m", "volume"
PLACES = {"PointData": 1, "CellData": 0}  # how many more points than cells an extent has


@dataclass(frozen=True)
class _File:
    """A parsed file: its XML, what lies behind it, byte order, kind of its lengths, and packing."""

    root: ElementTree.Element
    appended: bytes
    encoded: bool
    order: str
    counts: np.dtype
    packing: str

    def numbers(self, element):
        """The numbers of a DataArray, in a row."""
        dtype = np.dtype(TYPES[element.get("type")]).newbyteorder(self.order)
        text = "".join(
            [element.text or "", *(child.tail or "" for child in element)]
        )  # round InformationKeys
        if element.get("format") == "ascii":
            return np.array(text.split(), dtype=dtype.newbyteorder("="))
        if element.get("format") == "appended":
            content, encoded = self.appended[int(element.get("offset")) :], self.encoded
        else:
            content, encoded = text.strip().encode(), True
        return np.frombuffer(self._unpacked(content, encoded), dtype)

    def _unpacked(self, content, encoded):
        if not self.packing:
            size = int(self._counts(content, 1, encoded)[0])
            return bytearray(_bytes(content, self.counts.itemsize + size, encoded)[self.counts.itemsize :])
        blocks = int(self._counts(content, 1, encoded)[0])
        sizes = self._counts(content, 3 + blocks, encoded)
        head = len(sizes) * self.counts.itemsize
        content = content[4 * -(-head // 3) if encoded else head :]
        packed, out, place = _bytes(content, int(sizes[3:].sum()), encoded), bytearray(), 0
        for i, length in enumerate(map(int, sizes[3:])):
            whole = int(sizes[2] if i == blocks - 1 and sizes[2] else sizes[1])
            out += _block(packed[place : place + length], whole, self.packing)
            place += length
        return out

    def _counts(self, content, count, encoded):
        return np.frombuffer(_bytes(content, count * self.counts.itemsize, encoded), self.counts)


def read_vti(path, part=None):
    """Read one array of one number a point or cell, z slowest."""
    file = _parsed(path)
    image = file.root.find("ImageData")
    if image is None:
        raise InputError(f"expected an image of VTK in {path}, got {file.root.get('type')}; resample it.")
    place, name, beside = _chosen(image, part, path)
    values = _assembled(file, image, place, name, path)
    return _sized(Stored(values, usual="zyx", beside=beside), file, image, path)


def _assembled(file, image, place, name, path):
    """The array of all pieces, each in its place."""
    extent = _extent(image.get("WholeExtent"))
    whole = _shape(extent, place)
    require_reading(8 * math.prod(whole), path)
    values, filled = None, np.zeros(whole, bool)
    for piece in image.iter("Piece"):
        own = _extent(piece.get("Extent"))
        shape, ends = _shape(own, place), zip(own[::-1], extent[::-1], strict=True)
        starts = [low - first for (low, _), (first, _) in ends]
        box = tuple(slice(start, start + n) for start, n in zip(starts, shape, strict=True))
        part = file.numbers(_element(piece, place, name)).reshape(shape)
        values = np.zeros(whole, part.dtype) if values is None else values
        values[box], filled[box] = part, True
    if not filled.all():
        raise InputError(
            f"expected pieces that fill the image in {path}, got {filled.mean():.0%} of it; export it again."
        )
    return values


def _parsed(path):
    content = path.read_bytes()
    mark = re.search(rb"<AppendedData[^>]*>\s*_", content)
    text, appended, encoded = content, b"", False
    if mark:
        text, appended = content[: mark.start()] + b"</VTKFile>", content[mark.end() :]
        encoded = b"base64" in mark[0]
    root = ElementTree.fromstring(text)
    order = "<" if root.get("byte_order", "LittleEndian") == "LittleEndian" else ">"
    counts = np.dtype(TYPES[root.get("header_type", "UInt32")]).newbyteorder(order)
    return _File(root, appended, encoded, order, counts, root.get("compressor", ""))


def _extent(text):
    numbers = [int(word) for word in text.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _shape(extent, place):
    """Points or cells along z, y, x; one layer of points is one of cells too."""
    return tuple(max(high - low + PLACES[place], 1) for low, high in extent[::-1])


def _element(piece, place, name):
    return next(array for array in piece.find(place) if array.get("Name") == name)


def _chosen(image, part, path):
    """Which array is meant: (PointData or CellData, its name, names of the others)."""
    arrays = [
        (place, array.get("Name"), array)
        for place in PLACES
        for array in next(image.iter("Piece")).iterfind(f"{place}/DataArray")
        if array.get("Name") != "vtkGhostType"
    ]
    written = {f"{place}/{name}": (place, name, array) for place, name, array in arrays}
    short = [name for _, name, _ in arrays]
    labels = {name if short.count(name) == 1 else key: key for key, (_, name, _) in written.items()}
    if part in written and part not in labels:
        labels[part] = part
    meant = chosen_name(path, part, labels)
    place, name, array = written[labels[meant]]
    if int(array.get("NumberOfComponents", 1)) != 1 or array.get("type") not in TYPES:
        given = f"{array.get('NumberOfComponents', 1)} of {array.get('type')}"
        raise InputError(
            f"expected one number a voxel in {name} of {path}, got {given}; export one component."
        )
    return place, name, tuple(label for label, key in labels.items() if key != labels[meant])


def _sized(stored, file, image, path):
    """The Stored with its voxel edges, z first: ours in m, else those of the file, of unknown unit."""
    own = [array for array in file.root.iter("DataArray") if array.get("Name") == SIZE]
    turned = np.array(image.get("Direction", "1 0 0 0 1 0 0 0 1").split(), float)
    if not np.allclose(np.abs(turned), np.eye(3).ravel()):
        raise InputError(
            f"expected an image along x, y, z in {path}, got one turned by Direction; resample it."
        )
    if own:
        return replace(stored, voxel_size=spacing(file.numbers(own[0])[::-1], 1.0))
    return of_no_unit(stored, [float(word) for word in image.get("Spacing", "1 1 1").split()][::-1], path)


def _bytes(content, count, encoded):
    """The first bytes of a content, out of base64 where it is that."""
    found = base64.b64decode(content[: 4 * -(-count // 3)])[:count] if encoded else content[:count]
    if len(found) != count:
        raise ValueError(f"{count - len(found)} bytes of an array are missing")
    return found


def _block(packed, size, packing):
    if "ZLib" in packing:
        return zlib.decompress(packed)
    if "LZMA" in packing:
        return lzma.decompress(packed)
    if "LZ4" in packing:
        from imagecodecs import lz4_decode

        return lz4_decode(packed, out=size)
    raise ValueError(f"packed by {packing}")


# ---- writing -----------------------------------------------------------------------------------------------


def write_vti(path, stored, part=None):
    """Write an image of VTK with one array on its cells, a cell a voxel; lengths in m.

    VTK names its axes: x, y, z are those of the volume whatever order the file was asked for.
    """
    order = [(stored.axes or "xyz").index(axis) for axis in "zyx"]
    values = np.ascontiguousarray(stored.values.transpose(order))
    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    kind = next(name for name, code in TYPES.items() if code == values.dtype.str[1:])
    known = stored.voxel_size is not None
    edges = [stored.voxel_size[i] for i in order[::-1]] if known else [1.0] * 3
    extent = " ".join(f"0 {n}" for n in values.shape[::-1])
    words = " ".join(f"{edge:.12g}" for edge in edges)
    stated = f'<DataArray type="Float64" Name="{SIZE}" NumberOfTuples="3" format="ascii">{words}</DataArray>'
    size = f"<FieldData>{stated}</FieldData>" if known else ""
    name = part or DEFAULT_NAME
    head = (
        '<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian"'
        ' header_type="UInt64">\n'
        f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{words}">\n{size}\n'
        f'<Piece Extent="{extent}"><CellData Scalars="{name}">'
        f'<DataArray type="{kind}" Name="{name}" format="appended" offset="0"/>'
        '</CellData></Piece>\n</ImageData>\n<AppendedData encoding="raw">\n_'
    )
    with replacing_files(path) as (file,):
        file.write(head.encode() + np.uint64(values.nbytes).astype("<u8").tobytes())
        file.write(memoryview(values).cast("B"))
        file.write(b"\n</AppendedData>\n</VTKFile>\n")


FORMATS = (Format("image of VTK", (".vti",), read_vti, write_vti, takes=("part",)),)
