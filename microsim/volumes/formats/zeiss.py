"""Zeiss (Xradia), .txm and .xrm: the slices of a reconstruction, or one image, in an OLE file; by olefile."""

import numpy as np

from ...base.errors import InputError
from ...base.packages import need
from ..axes import IMAGE
from ..contract import Format, Stored
from ..stored import require_reading, spacing

TYPES = {3: "<u1", 5: "<u2", 10: "<f4"}  # numbers of ImageInfo/DataType
IN_FOLDER = 100  # images
COUNTS = ("NoOfImages", "ImageHeight", "ImageWidth", "DataType")


def read_zeiss(path):
    """Read the slices of a .txm, first to last, or the one image of a .xrm; edges in um as PixelSize says."""
    olefile = need("olefile", f"{path} (Zeiss)")
    with olefile.OleFileIO(path) as ole:
        count, rows, columns, kind = (_number(ole, name, "<i4", path) for name in COUNTS)
        if kind not in TYPES:
            raise InputError(f"expected values of 8, 16 or 32 bits in {path}, got type {kind}; export TIFF.")
        dtype = np.dtype(TYPES[kind])
        require_reading(count * rows * columns * dtype.itemsize, path)
        values = np.empty((count, rows, columns), dtype)
        for k in range(count):
            values[k] = _image(ole, k + 1, (rows, columns), dtype, path)
        edge = float(f"{_number(ole, 'PixelSize', '<f4', path, 0.0):.7g}")
    if count == 1:
        said = ("an image of Zeiss is a projection through the sample, unless it was taken of a section",)
        return Stored(values[0], spacing([edge] * 2, 1e-6), names=IMAGE, said=said)
    return Stored(values, spacing([edge] * 3, 1e-6), names=("page", *IMAGE))


def refuse_projections(path):
    """Say that a .txrm holds projections, which are no volume."""
    raise InputError(f"expected a reconstruction (.txm), got projections in {path}; reconstruct it first.")


def _number(ole, name, dtype, path, usual=None):
    stream = f"ImageInfo/{name}"
    if not ole.exists(stream):
        if usual is not None:
            return usual
        raise InputError(f"expected {stream} in {path}, got none; export the volume as TIFF.")
    return np.frombuffer(ole.openstream(stream).read(4), dtype)[0].item()


def _image(ole, number, shape, dtype, path):
    stream = f"ImageData{-(-number // IN_FOLDER)}/Image{number}"
    size = shape[0] * shape[1] * dtype.itemsize
    content = ole.openstream(stream).read(size) if ole.exists(stream) else b""
    if len(content) != size:
        raise InputError(
            f"expected {size} bytes in {stream} of {path}, got {len(content)}; it may be incomplete: export"
            " it again."
        )
    return np.frombuffer(content, dtype).reshape(shape)


FORMATS = (
    Format("Zeiss", (".txm", ".xrm"), read_zeiss),
    Format("projections of Zeiss", (".txrm",), refuse_projections),
)
