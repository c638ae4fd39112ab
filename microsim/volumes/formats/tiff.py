"""TIFF: several pages in one file, or one such file in a zip; axes are pages, rows, columns."""

import logging
import os
import re
import sys
import zipfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import tifffile

from ...base.errors import InputError
from ...base.words import lengths_nm
from ..axes import COLOUR, axis_word
from ..contract import Format, Stored
from ..filed import FileArray
from ..slabs import MEMORY
from ..stored import metres, replacing_files, require_reading, spacing

SUFFIXES = (".tif", ".tiff")
TIFFFILE_AS_IMAGEJ = "1.11a"  # what tifffile writes in ImageJ's name, with and without a distance of pages
MISSING = ("missing", "Missing", "failed to read")  # in what tifffile says of pages and files
TURNED = "its tag Orientation asks viewers to turn or mirror it: taken as stored, as ImageJ shows it"
IMAGEJ_TYPES = ("uint8", "uint16", "float32")
IMAGEJ_BYTES = 2 * 2**30  # above, the offsets of classic TIFF, which ImageJ reads, run out


# ---- reading -----------------------------------------------------------------------------------------------


def read_tiff(path, name=None, store=MEMORY):
    """Read all pages of a TIFF file, or of an open one of that name, as one array; with a store of files one
    whose pages lie in a row stays where it lies."""
    return _read(path, name or path, store)


def _tiff_files(path):
    """A TIFF file and those that it names in its OME header, as a series of one file a slice has them."""
    with _errors_raised(), open(path, "rb") as file, tifffile.TiffFile(file) as tif:
        named = re.findall(r'FileName="([^"]+)"', tif.ome_metadata or "")
    beside = (path.parent / name for name in dict.fromkeys(named))
    return (path, *(file for file in beside if file.is_file() and file != path))


def read_zip(path):
    """Read the one TIFF file in a zip archive."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if is_slice(name)]
        if len(names) != 1:
            raise InputError(
                f"expected one TIFF file in {path}, got {len(names)}{_some(names)}; "
                "unpack it and name the file or the folder of slices."
            )
        content = BytesIO(archive.read(names[0]))
    return _read(content, f"{path} ({names[0]})")


def _read(file, name, store=MEMORY):
    with _errors_raised(), tifffile.TiffFile(file) as tif:
        lying = None if store.folder is None else _lying(tif, file)
        values = _pages(tif, name) if lying is None else lying
        return Stored(values, _voxel_size(tif), _files(tif), names=_names(tif), said=_said(tif))


def read_page(path):
    """Read a TIFF file of a single slice."""
    with _errors_raised(), tifffile.TiffFile(path) as tif:
        return _pages(tif, path)


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


def _lying(tif, path):
    """The pages of a file as they lie in a row, None where they do not."""
    series, pages = tif.series[0], tif.pages
    if (
        len(tif.series) > 1
        or series.dataoffset is None
        or series.nbytes != series.size * series.dtype.itemsize
    ):
        return None
    last = pages[len(pages) - 1]
    ends = {series.dataoffset + series.nbytes, last.dataoffsets[0] + last.nbytes}
    whole = len(ends) == 1 and len(pages) == series.size // max(pages[0].size, 1) and len(_files(tif)) < 2
    native = tif.byteorder == {"little": "<", "big": ">"}[sys.byteorder]
    return FileArray.at(path, series.shape, series.dtype, series.dataoffset) if whole and native else None


def _stacked(tif, name):
    alike = len({(series.shape, series.dtype) for series in tif.series}) == 1
    flat = tif.series[0].ndim == 2 or tif.series[0].axes in ("YXS", "SYX")
    if len(tif.series) > 1 and not (alike and flat):
        kinds = ", ".join(_kind(series) for series in tif.series[:4])
        raise InputError(
            f"expected pages of one size and type in {name}, got {kinds}; export one image stack."
        )
    require_reading(sum(series.nbytes for series in tif.series), name)
    if len(tif.series) > 1:  # pages written one by one count as one image each
        return tif.asarray(key=slice(None))
    _check_count(tif, name)
    series, last = tif.series[0], tif.pages[len(tif.pages) - 1]
    end = None if series.dataoffset is None else series.dataoffset + series.nbytes
    if end and len(tif.pages) > 1 and last.dataoffsets[0] + last.nbytes != end:
        # tifffile takes the pages of an array that a text states as lying in a row, and headers for voxels
        return tif.asarray(key=slice(None)).reshape(series.shape)
    return series.asarray()


def _check_count(tif, name):
    """Refuse a file with fewer or more pages than it states; what is missing would be read as 0.

    A single page may stand for all where they lie in one row, as in the large stacks of ImageJ; pages of
    further files are those that an OME file names.
    """
    series, page = tif.series[0], tif.pages[0]
    stated, there = series.size // max(page.size, 1), len(tif.pages)
    in_one_row = there == 1 and page.dataoffsets[0] + series.nbytes <= tif.filehandle.size
    whole = there == stated or in_one_row or len(_files(tif)) > 1
    if not whole:
        raise InputError(
            f"expected {stated} pages, as {name} states, got {there}; it may be incomplete: export it again."
        )


def _said(tif):
    """What a viewer shows otherwise than it is stored and read."""
    kind = getattr(tif.pages[0].photometric, "name", "")
    words = {
        "MINISWHITE": "white is stored as 0 in this file: dark and bright change places against a viewer",
        "PALETTE": "values are the numbers of a palette's colours, not their brightness",
    }
    turned = TURNED if int(tif.pages[0].tags.valueof("Orientation", 1)) not in (0, 1) else None
    return tuple(word for word in (words.get(kind), turned, _half_a_size(tif)) if word)


def _half_a_size(tif):
    """Say what a stack states of its rows and columns where that does not make a voxel size, else nothing."""
    if _voxel_size(tif) or (tif.series[0].ndim == 2 and len(tif.series) == 1):
        return None
    edges = _ome_size(tif.ome_metadata, "YX") if tif.is_ome else _in_plane(tif)
    if edges is None:
        return None
    alike = f"{lengths_nm(edges[:1])}, where they lie as far," if edges[0] == edges[1] else ""
    return (
        f"the file states that rows and columns lie {lengths_nm(edges)} nm apart, and not how far its pages"
        f" do: nothing is assumed; state --voxel-size-nm {alike} or x,y,z".replace("  or", "")
    )


def _files(tif):
    """The files that hold the pages, where an OME file names others."""
    if not tif.is_ome:
        return ()
    parts = (part.parent.filehandle.path for part in tif.series[0].pages if part is not None)
    return tuple(Path(part) for part in dict.fromkeys(parts) if os.path.isfile(part))


def _names(tif):
    """What the file calls its axes; pages, rows and columns where it calls them Z, Y, X or not at all."""
    axes = tif.series[0].axes
    if len(tif.series) > 1 and "S" in axes:  # pages of colours, written one by one
        axes = f"Q{axes}"
    elif len(tif.series) > 1 or len(axes) != tif.series[0].ndim:
        return ()
    ours = "ZYX" not in axes and set("XYZ") <= set(axes)  # written by hand, from an array of another order
    return tuple(letter.lower() if ours and letter in "XYZ" else _word(letter) for letter in axes)


def _word(letter):
    plain = {"Z": "page", "I": "page", "Q": "page", "Y": "row", "X": "column", "S": COLOUR}
    return plain.get(letter) or axis_word(tifffile.TIFF.AXES_NAMES.get(letter, letter))


# ---- voxel size --------------------------------------------------------------------------------------------


def _voxel_size(tif):
    """Return pages, rows, columns in m, of a single image rows and columns, None unless all are stated with
    their units.

    A resolution in inches is that of a printer, by default 72 a page, and says nothing of a voxel.
    """
    flat = tif.series[0].ndim == 2 and len(tif.series) == 1
    if _names(tif) and "page" not in _names(tif) and not flat:
        return None
    if tif.is_ome:
        return _ome_size(tif.ome_metadata, "YX" if flat else "ZYX")
    stated = tif.imagej_metadata or (tif.shaped_metadata or ({},))[0]
    by_imagej = tif.is_imagej and stated.get("ImageJ") != TIFFFILE_AS_IMAGEJ
    distance = stated.get("spacing", 1.0 if by_imagej else None)  # ImageJ leaves it out where it is exactly 1
    plane, unit = _in_plane(tif), metres(stated.get("zunit") or stated.get("unit"))
    if flat or plane is None:
        return plane
    return None if distance is None or unit is None else spacing([abs(float(distance)) * unit, *plane], 1.0)


def _in_plane(tif):
    """Return rows, columns in m as the first page states them, None where it does not."""
    stated = tif.imagej_metadata or (tif.shaped_metadata or ({},))[0]
    ratios = [tif.pages[0].tags.get(name) for name in ("YResolution", "XResolution")]
    units = [metres(stated.get(key) or stated.get("unit")) for key in ("yunit", "unit")]
    if not tif.is_imagej and tif.pages[0].resolutionunit == tifffile.RESUNIT.CENTIMETER:
        units = [1e-2, 1e-2]
    if None in units or not all(tag and all(tag.value) for tag in ratios):
        return None
    return spacing(np.multiply([tag.value[1] / tag.value[0] for tag in ratios], units), 1.0)


def _ome_size(text, axes="ZYX"):
    """The physical size of the pixels of the first image; um where an OME file states no unit."""
    pixels = ElementTree.fromstring(text).find(".//{*}Pixels")
    said = {} if pixels is None else pixels.attrib
    sizes = [float(said.get(f"PhysicalSize{axis}", "nan")) for axis in axes]
    units = [metres(said.get(f"PhysicalSize{axis}Unit", "um")) for axis in axes]
    return None if None in units else spacing(np.multiply(sizes, units), 1.0)


@contextmanager
def _errors_raised():
    """Raise what tifffile only logs: it reads a truncated file as a stack of fewer pages, and pages that are
    missing as 0."""
    log, faults = logging.getLogger("tifffile"), []

    def hear(record):
        said = record.getMessage()
        if record.levelno >= logging.ERROR or any(word in said for word in MISSING):
            faults.append(said)
        return False

    log.addFilter(hear)
    try:
        yield
    finally:
        log.removeFilter(hear)
    if faults:
        raise ValueError(re.sub(r"<tifffile\.\w+ [^>]*> ", "", faults[0]))


def is_slice(name, suffixes=SUFFIXES):
    """Tell whether a name is that of a slice, and not of what a Mac adds to it."""
    last = name.rsplit("/", 1)[-1]  # a Mac adds ._v.tif to v.tif
    return last.lower().endswith(suffixes) and not last.startswith(".")


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
    Format("TIFF", SUFFIXES, read_tiff, write_tiff, takes=("store",), files=_tiff_files),
    Format("zip with a TIFF", (".zip",), read_zip, write_zip),
)
