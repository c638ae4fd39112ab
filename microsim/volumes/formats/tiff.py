"""TIFF: several pages in one file, one such file in a zip, a folder of slices; axes are pages, rows,
columns."""

import logging
import re
import zipfile
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import tifffile

from ...base.errors import InputError, why
from ..contract import Format, Stored
from ..stored import metres, replacing_files, spacing

SUFFIXES = (".tif", ".tiff")
IMAGEJ_TYPES = ("uint8", "uint16", "float32")
IMAGEJ_BYTES = 2 * 2**30  # above, the offsets of classic TIFF, which ImageJ reads, run out


# ---- reading -----------------------------------------------------------------------------------------------


def read_tiff(path):
    """Read all pages of a TIFF file as one array."""
    return _read(path, path)


def _tiff_files(path):
    """A TIFF file and those that it names in its OME header, as a series of one file a slice has them."""
    with open(path, "rb") as file, tifffile.TiffFile(file) as tif:
        named = re.findall(r'FileName="([^"]+)"', tif.ome_metadata or "")
    beside = (path.parent / name for name in dict.fromkeys(named))
    return (path, *(file for file in beside if file.is_file() and file != path))


def read_zip(path):
    """Read the one TIFF file in a zip archive."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if _is_slice(name)]
        if len(names) != 1:
            raise InputError(
                f"expected one TIFF file in {path}, got {len(names)}{_some(names)}; "
                "unpack it and name the file or the folder of slices."
            )
        content = BytesIO(archive.read(names[0]))
    return _read(content, f"{path} ({names[0]})")


def read_folder(path):
    """Read a folder of single-page TIFF files, in natural order (slice2 before slice10), as one array."""
    files = sorted(_slices(path), key=lambda file: natural(file.name))
    first, values = None, None
    for i, file in enumerate(files):
        plane = _read_slice(file)
        if values is None:
            first, values = file, np.empty((len(files), *plane.shape), plane.dtype)
        if (plane.shape, plane.dtype) != (values.shape[1:], values.dtype):
            raise InputError(
                f"expected slices like {first.name} ({_kind(values[0])}), got {file.name} ({_kind(plane)}); "
                f"keep only the slices of one volume in {path}."
            )
        values[i] = plane
    return Stored(values, files=tuple(files))


def natural(name):
    """Return a sort key that counts numbers as numbers: slice2 comes before slice10."""
    return [int(word) if i % 2 else word.lower() for i, word in enumerate(re.split(r"([0-9]+)", name))]


def _read(file, name):
    with _errors_raised(), tifffile.TiffFile(file) as tif:
        return Stored(_pages(tif, name), _voxel_size(tif))


def _read_slice(file):
    try:
        with _errors_raised(), tifffile.TiffFile(file) as tif:
            plane = _pages(tif, file)
    except InputError:
        raise
    except Exception as error:  # a damaged file makes the library fail in many ways
        raise InputError(
            f"expected a readable TIFF slice, got {file} ({why(error)}); it may be damaged: export it again."
        ) from error
    if plane.ndim != 2:
        raise InputError(
            f"expected one slice (2-D) in each file of a folder, got {plane.ndim}-D in {file}; "
            "name one multi-page file, or a folder of grey or label slices."
        )
    return plane


def _pages(tif, name):
    try:
        return _stacked(tif, name)
    except (KeyError, ValueError) as error:  # tifffile alone unpacks few kinds; LZW is the one met most
        if "imagecodecs" not in str(error):
            raise
        packing = tif.pages[0].compression.name
        raise InputError(
            f"expected a TIFF that is not packed, or by zlib or PackBits, got {name} packed by {packing}; "
            "install imagecodecs, or save the image without compression."
        ) from error


def _stacked(tif, name):
    alike = len({(series.shape, series.dtype) for series in tif.series}) == 1
    if len(tif.series) > 1 and not (alike and tif.series[0].ndim == 2):
        kinds = ", ".join(_kind(series) for series in tif.series[:4])
        raise InputError(
            f"expected pages of one size and type in {name}, got {kinds}; export one image stack."
        )
    if len(tif.series) > 1:  # pages written one by one count as one image each
        return tif.asarray(key=slice(None))
    return tif.series[0].asarray()


def _voxel_size(tif):
    """Return pages, rows, columns in m where unit, resolution and distance of the pages are all stated.

    A resolution in inches is that of a printer, by default 72 a page, and says nothing of a voxel.
    """
    stated = tif.imagej_metadata or (tif.shaped_metadata or ({},))[0]
    unit = metres(stated.get("unit"))
    ratios = [tif.pages[0].tags.get(name) for name in ("YResolution", "XResolution")]
    if unit is None or "spacing" not in stated or not all(tag and all(tag.value) for tag in ratios):
        return None
    rows, columns = (tag.value[1] / tag.value[0] for tag in ratios)
    return spacing((abs(float(stated["spacing"])), rows, columns), unit)


@contextmanager
def _errors_raised():
    """Raise what tifffile only logs: it reads a truncated file as a stack of fewer pages."""
    log, faults = logging.getLogger("tifffile"), []

    def hear(record):
        if record.levelno >= logging.ERROR:
            faults.append(record.getMessage())
        return False

    log.addFilter(hear)
    try:
        yield
    finally:
        log.removeFilter(hear)
    if faults:
        raise ValueError(re.sub(r"<tifffile\.\w+ [^>]*> ", "", faults[0]))


def _slices(folder):
    return [file for file in folder.iterdir() if _is_slice(file.name)]


def _has_slices(path):
    return path.is_dir() and bool(_slices(path))


def _is_slice(name):
    last = name.rsplit("/", 1)[-1]  # a Mac adds ._v.tif to v.tif
    return last.lower().endswith(SUFFIXES) and not last.startswith(".")


def _some(names):
    return f" ({', '.join(names[:4])}{', ...' if len(names) > 4 else ''})" if names else ""


def _kind(array):
    return f"{' x '.join(str(n) for n in array.shape)} {array.dtype}"


# ---- writing -----------------------------------------------------------------------------------------------


def write_tiff(path, stored):
    """Write pages, rows, columns; as an ImageJ stack with its scale where ImageJ knows the type."""
    with replacing_files(path) as (file,):
        _write_pages(file, stored.values, stored.voxel_size)


def write_zip(path, stored):
    """Write a zip archive that holds one multi-page TIFF file."""
    pages = BytesIO()
    _write_pages(pages, stored.values, stored.voxel_size)
    name = re.sub(r"(\.tiff?)?\.zip$", ".tif", path.name, flags=re.IGNORECASE)
    with replacing_files(path) as (file,), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, pages.getbuffer())


def _write_pages(file, values, voxel_size):
    as_imagej = values.dtype.name in IMAGEJ_TYPES and min(values.shape) > 1 and values.nbytes < IMAGEJ_BYTES
    metadata, resolution = {"axes": "ZYX"}, None
    if voxel_size is not None:
        pages, rows, columns = (size * 1e6 for size in voxel_size)
        metadata |= {"unit": "um", "spacing": pages}
        resolution = (1 / columns, 1 / rows)
    tifffile.imwrite(
        file,
        np.ascontiguousarray(values),
        imagej=as_imagej,
        bigtiff=values.nbytes >= IMAGEJ_BYTES,
        photometric="minisblack",
        metadata=metadata,
        resolution=resolution,
        resolutionunit="NONE",
    )


FORMATS = (
    Format("TIFF", SUFFIXES, read_tiff, write_tiff, files=_tiff_files),
    Format("zip with a TIFF", (".zip",), read_zip, write_zip),
    Format("folder of TIFF slices", (), read_folder, opens=_has_slices),
)
