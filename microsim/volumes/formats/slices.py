"""Slices of a folder, or of a name like s_*.png, one file each (TIFF, PNG, BMP, EDF), numbered without a gap;
and a single PNG or BMP, a section.

A slice that is missing would make the volume thinner, and its neighbours touch. JPEG is refused: it changes
the values of voxels, and labels beyond use.
"""

import re
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from ...base.errors import InputError, why
from ..axes import IMAGE
from ..contract import Format, Stored
from ..stored import is_pattern, require_reading
from .edf import SUFFIXES as EDF
from .edf import read_frames
from .tiff import SUFFIXES as TIFF
from .tiff import is_slice, read_page

NUMBER = re.compile(r"((?:(?<![0-9.])[0-9]+\.)?[0-9]+)")  # with decimals where it is no date or version
PICTURES, JPEG = (".png", ".bmp"), (".jpg", ".jpeg")
NO_JPEG = (
    "expected slices as TIFF, PNG or BMP in {}, got JPEG, which changes the values of voxels; export them in"
    " one of the others."
)


def read_folder(path, whole=False):
    """Read a folder of slices in natural order (slice2 before slice10) as one array.

    whole: they are not slices of a volume but images over energy, say, whose numbers need not count on.
    """
    files = sorted(_slices(path), key=lambda file: natural(file.name))
    return _stacked(files, path, whole)


def read_pattern(path, whole=False):
    """Read the slices whose names fit, like s_*.png or s_%04d.png, in natural order as one array."""
    return _stacked(_fitting(path), path, whole)


def read_picture(path):
    """Read a single picture, rows and columns."""
    values, alike = _plane(path)[0], 0
    with suppress(OSError):
        alike = sum(is_slice(file.name, (path.suffix.lower(),)) for file in path.parent.iterdir())
    said = (
        (f"{alike - 1} more like it lie beside it: name the folder for a volume of slices",)
        if alike > 1
        else ()
    )
    return Stored(values, names=IMAGE, said=said)


def _stacked(files, path, whole):
    if not whole:
        check_numbers([file.name for file in files], path)
    values, palettes = None, set()
    for i, file in enumerate(files):
        plane, palette = _plane(file)
        palettes.add(palette)
        if values is None:
            require_reading(len(files) * plane.nbytes, path)
            values = np.empty((len(files), *plane.shape), plane.dtype)
        if (plane.shape, plane.dtype) != (values.shape[1:], values.dtype) or len(palettes) > 1:
            kind = f" and the same colours as {files[0].name}" if len(palettes) > 1 else ""
            raise InputError(
                f"expected slices like {files[0].name} ({_kind(values[0])}){kind}, got {file.name}"
                f" ({_kind(plane)}); keep only the slices of one volume in {path}."
            )
        values[i] = plane
    return Stored(values, files=tuple(files), names=("page", "row", "column"))


def natural(name):
    """Return a sort key that counts numbers as numbers: slice2 before slice10, 8333.25 before 8333.5."""
    return [float(word) if i % 2 else word.lower() for i, word in enumerate(NUMBER.split(name))]


# ---- which slices ------------------------------------------------------------------------------------------


def check_numbers(names, folder):
    """Refuse names of slices that do not count through one volume: a gap, a number twice, two series."""
    parts = [NUMBER.split(Path(name).stem.lower()) for name in names]
    words = Counter(tuple(part[::2]) for part in parts)
    if len(words) > 1:
        if max(words.values()) > 1:
            raise InputError(
                f"expected the slices of one volume in {folder}, got {names[0]} beside"
                f" {_other(names, parts)}; keep only those of one."
            )
        return
    columns = [_counted([part[i] for part in parts]) for i in range(1, len(parts[0]), 2)]
    varying = [column for column in columns if len(set(column)) > 1]
    if len(names) == 1 or any(_gap(column) is None for column in varying):
        return
    if len(varying) == 1 and len(set(varying[0])) == len(names):
        k = _gap(varying[0])
        raise InputError(
            f"expected slices numbered without a gap in {folder}, got {names[k]} and then {names[k + 1]};"
            " add those between, or number the slices anew."
        )
    raise InputError(
        f"expected slices of which each has its own number in {folder}, got {names[0]} and {names[1]}; keep"
        " those of one volume, or number them anew."
    )


def _counted(words):
    """Numbers of the slices; of positions like 0.40, 0.80 how many steps of the first they are."""
    numbers = [float(word) for word in words]
    step = numbers[1] - numbers[0] if len(numbers) > 1 and any("." in word for word in words) else 1.0
    return [round(number / step, 3) for number in numbers] if step > 0 else numbers


def _gap(numbers):
    """The place before the first step that is not 1; None without one."""
    return next((k for k in range(len(numbers) - 1) if abs(numbers[k + 1] - numbers[k] - 1) > 1e-2), None)


def _other(names, parts):
    return next(name for name, part in zip(names, parts, strict=True) if part[::2] != parts[0][::2])


def _slices(folder):
    """The slices of a folder; pictures beside several TIFF files are previews where there is only one."""
    files = [file for file in folder.iterdir() if file.is_file()]
    found = [[file for file in files if is_slice(file.name, kind)] for kind in (TIFF, *PICTURES, EDF)]
    several = [kept for kept in found if len(kept) > 1] or [kept for kept in found if kept]
    if len(several) > 1:
        kinds = ", ".join(f"{len(kept)} {kept[0].suffix}" for kept in several)
        raise InputError(f"expected slices of one format in {folder}, got {kinds}; keep those of one.")
    return several[0] if several else [file for file in files if is_slice(file.name, JPEG)]


def _fitting(path):
    """Slices that fit a pattern, in natural order."""
    text = re.sub(r"%0?([0-9]*)d", _digits, re.escape(path.name))
    fits = re.compile(text.replace(r"\*", ".*").replace(r"\?", "."))
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    kinds = (*TIFF, *PICTURES, *EDF, *JPEG)
    found = (file for file in beside if fits.fullmatch(file.name) and is_slice(file.name, kinds))
    files = sorted((file for file in found if file.is_file()), key=lambda file: natural(file.name))
    return files


def _opens_pattern(path):
    return is_pattern(path) and bool(_fitting(path))


def _digits(found):
    return f"[0-9]{{{found[1]},}}" if found[1] else "[0-9]+"


def _is_picture(path):
    return is_slice(path.name, (*PICTURES, *JPEG)) and path.is_file()


def _opens(path):
    return path.is_dir() and any(
        is_slice(file.name, (*TIFF, *PICTURES, *EDF, *JPEG)) for file in path.iterdir()
    )


# ---- one slice ---------------------------------------------------------------------------------------------


def _plane(file):
    """Values [row, column] of a slice, and the colours that its values stand for, None for grey ones."""
    if is_slice(file.name, JPEG):
        raise InputError(NO_JPEG.format(file))
    try:
        if is_slice(file.name, TIFF):
            plane, palette = read_page(file), None
        elif is_slice(file.name, EDF):
            plane, palette = read_frames(file), None
        else:
            plane, palette = _picture(file)
    except InputError:
        raise
    except Exception as error:  # a damaged file makes the libraries fail in many ways
        raise InputError(
            f"expected a readable slice, got {file} ({why(error)}); it may be damaged: export it again."
        ) from error
    if plane.ndim == 3 and len(plane) == 1 and plane.shape[-1] > 4:  # a stack of one page
        plane = plane[0]
    if plane.ndim == 3 and plane.shape[-1] in (2, 3, 4):
        plane = _grey(plane, file)
    if plane.ndim != 2:
        raise InputError(
            f"expected one slice (2-D) in each file of a folder, got {plane.ndim}-D in {file}; "
            "name one multi-page file, or a folder of grey or label slices."
        )
    return plane, palette


def _grey(plane, file):
    """The one value a pixel that a picture stores as three equal ones, perhaps with a constant opacity."""
    colours, opacity = np.split(plane, [plane.shape[-1] - (plane.shape[-1] % 2 == 0)], axis=-1)
    if (opacity != opacity[:1, :1]).any() or (colours != colours[..., :1]).any():
        raise InputError(
            f"expected one value a pixel, got colours in {file}; export labels or grey values, not a picture"
            " of them."
        )
    return np.ascontiguousarray(colours[..., 0])


def _picture(file):
    from PIL import Image

    with _large_pictures(Image), Image.open(file) as image:
        if getattr(image, "n_frames", 1) > 1 or (image.mode in ("RGB", "RGBA", "LA") and _deep(image)):
            raise InputError(
                f"expected one grey image in {file}, got several or 16 bits a colour; export grey slices, or"
                " TIFF."
            )
        values = np.asarray(image)
        if image.mode == "1":
            return np.where(values, np.uint8(255), np.uint8(0)), None
        if image.mode != "P":
            return values, None
        return _of_palette(values, np.reshape(image.getpalette("RGB"), (-1, 3)).astype("u1"))


def _of_palette(values, palette):
    """Grey values where the palette is grey; else the numbers of its colours, as label images have them."""
    used = palette[np.unique(values)]
    if (used == used[:, :1]).all():
        return palette[values][..., 0], None
    return values, palette.tobytes()


def _deep(image):
    return any("16" in str(tile[3]) for tile in image.tile)  # Pillow would drop the lower 8 bits


@contextmanager
def _large_pictures(Image):
    """Lift Pillow's limit of 179 million pixels while a slice is read."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _kind(array):
    return f"{' x '.join(str(n) for n in array.shape)} {array.dtype}"


FORMATS = (
    Format("folder of slices", (), read_folder, takes=("whole",), opens=_opens),
    Format("slices by pattern", (), read_pattern, takes=("whole",), opens=_opens_pattern, files=_fitting),
    Format("picture", (), read_picture, opens=_is_picture),
)
