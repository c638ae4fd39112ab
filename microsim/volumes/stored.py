"""Lengths and bytes of volume files, and how files are replaced whole or not at all."""

import hashlib
import os
import re
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError, why
from ..base.files import refuse_stream
from ..base.guard import check_target
from ..base.lengths import LARGEST_VOXEL, SMALLEST_VOXEL
from ..base.memory import require_memory

MICROMETRES = ("um", "µm", "μm", "\\u00b5m", "micron", "microns", "micrometer", "micrometers", "micrometre")
METRES = {
    **dict.fromkeys(("pm", "picometer", "picometre"), 1e-12),
    **dict.fromkeys(("å", "angstrom", "angstroms"), 1e-10),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), 1e-9),
    **dict.fromkeys(MICROMETRES, 1e-6),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), 1e-3),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), 1e-2),
    **dict.fromkeys(("m", "meter", "metre"), 1.0),
}
PATTERN = re.compile(r"[*?]|%0?[0-9]*d")
SKEW = 0.05  # cosine between two axes, 3 degrees: voxels are 0.1 % smaller then than their edges say
LENGTHS = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "nm": 1e-9}  # that sizes without a unit may be in


def is_pattern(path):
    """Tell whether a name that is no file stands for slices, like s_*.png or s_%04d.png."""
    return bool(PATTERN.search(Path(path).name)) and not os.path.exists(path)


def metres(unit):
    """Return the length of a unit in m, None for an unknown one."""
    return METRES.get(str(unit).strip().lower())


def spacing(sizes, unit):
    """Return voxel edges in m from numbers in one unit (m), None unless all are above 0."""
    sizes = np.asarray(sizes, float) * unit
    # nine digits: formats keep sizes as ratios or in other units, and 0.398 um should come back as 0.398 um
    return tuple(float(f"{size:.9g}") for size in sizes) if np.all(sizes > 0) else None


def check_right_angles(vectors, path):
    """Refuse voxels that are no boxes: every distance and path through them would be another.

    vectors [n, space]: along each axis of the file, of any length; those of no length, or NaN, are no axes.
    """
    vectors = np.asarray(vectors, float)
    length = np.linalg.norm(vectors, axis=1)
    axes = vectors[length > 0] / length[length > 0, None]
    cosines = np.abs(np.triu(axes @ axes.T, 1))
    if cosines.max(initial=0.0) > SKEW:
        angle = np.degrees(np.arccos(min(cosines.max(), 1.0)))
        raise InputError(
            f"expected voxels with three right angles in {path}, got axes {angle:.3g} degrees apart; resample"
            " it onto a grid at right angles."
        )


def of_no_unit(stored, sizes, path):
    """Return a Stored with the edges, slowest axis first, that a file states without a unit.

    They are lengths where only one of m, mm, um and nm makes voxels of a possible size; cubes of an unknown
    unit are cubes of an unknown size, and others are asked about. Edges of exactly 1 are what every program
    writes that knows none.
    """
    sizes = np.asarray(sizes, float)
    if len(sizes) != 3 or not np.all(np.isfinite(sizes)) or not np.all(sizes > 0) or np.all(sizes == 1):
        return stored
    fitting = {unit: edge for unit, edge in LENGTHS.items() if _possible(sizes * edge)}
    said = " x ".join(f"{size:g}" for size in sizes)
    if len(fitting) == 1:
        ((unit, edge),) = fitting.items()
        words = f"voxel edges {said} bear no unit: taken as {unit}, the only one of m, mm, um, nm that fits"
        return replace(stored, voxel_size=spacing(sizes, edge), said=(*stored.said, words))
    if np.ptp(sizes) <= 1e-9 * sizes.max():
        words = f"voxel edges {said} bear no unit and are left out; state --voxel-size-nm"
        return replace(stored, said=(*stored.said, words))
    units = " or ".join(fitting or LENGTHS)
    return replace(
        stored,
        doubt=f"expected a voxel size with its unit, got {said} in {path}, which may be {units}; state"
        " --voxel-size-nm.",
    )


def _possible(edges):
    return bool(np.all((edges >= SMALLEST_VOXEL) & (edges <= LARGEST_VOXEL)))


def sha256_of(paths, chunk=2**20):
    """Return the sha256 of the bytes of the files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(chunk):
                digest.update(block)
    return digest.hexdigest()


def require_reading(size, name):
    """Refuse an array of so many bytes before it is read: it lies in memory twice, as in the file and with
    its axes in order."""
    require_memory(2 * size, str(name), "crop, convert or coarsen the file with what wrote it")


@contextmanager
def replacing_folder(path, replaceable):
    """Make a temporary folder beside `path` and give it its name when the block ends without an error.

    replaceable: replaceable(folder) -> whether one that is there may go. Raises InputError when it cannot be
    written, or would replace another folder.
    """
    path = Path(path)
    check_target(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    if path.exists() and not (path.is_dir() and replaceable(path)):
        raise InputError(f"expected a new folder, got {path}, which is something else; choose another name.")
    try:
        part.mkdir(parents=True)
        yield part
        if path.is_dir():
            shutil.rmtree(path)
        part.rename(path)
    except OSError as error:
        raise InputError(
            f"expected to write {path}, got: {why(error)}; choose another folder or make room there."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def replacing_files(*paths):
    """Open temporary files beside `paths` and give them their names when the block ends without an error.

    Yields the handles, in order. Raises InputError when a file cannot be written; then nothing of it stays.
    """
    paths = [Path(path) for path in paths]
    for path in paths:
        check_target(path)
        refuse_stream(path)
    parts = [path.with_name(f".{path.name}.{os.getpid()}.part") for path in paths]
    try:
        with ExitStack() as stack:
            paths[0].parent.mkdir(parents=True, exist_ok=True)
            yield tuple(stack.enter_context(open(part, "w+b")) for part in parts)
        for part, path in zip(parts, paths, strict=True):
            os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"expected to write {paths[0]}, got: {why(error)}; choose another folder or make room there."
        ) from error
    finally:
        for part in parts:
            if part.parent.is_dir():
                part.unlink(missing_ok=True)
