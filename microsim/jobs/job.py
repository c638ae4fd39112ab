"""What makes a function a job: its arguments are read before it runs, and no file that it reads is lost.

The inputs of a job are the files that its arguments name, and the files that these name in turn (a case its
volume, an HDF5 file its links). Its outputs are the arguments that declare that they are written, and what
its result writes. Both are looked at before the work, and again by whoever writes a file (base/guard).
"""

import functools
import inspect
import os
from pathlib import Path

from ..base.algebra import algebra_on_one_thread
from ..base.arguments import declared, reading, shown_signature
from ..base.errors import InputError
from ..base.guard import check_target, guarding
from ..base.memory import KERNELS, require_memory
from ..base.streams import is_stream
from .draws import repeated
from .result import FIGURES, PAGE, Result


def job(function=None, *, voxel_bytes=0, masked=False):
    """Make a job of a function with declared arguments; voxel_bytes: memory that it takes for each voxel,
    as measured, a number or a function of the arguments; masked: it heeds the mask of a volume's sample."""
    if function is None:
        return functools.partial(job, voxel_bytes=voxel_bytes, masked=masked)
    read = reading(repeated(function), functools.partial(_check_grids, voxel_bytes, masked))

    @functools.wraps(function)
    def safe(*args, **options):
        inputs = inputs_of(function, _named(function, args, options))
        with guarding(inputs):
            check_outputs(function, _named(function, args, options))
            with algebra_on_one_thread():
                found = read(*args, **options)
        if isinstance(found, Result):
            found.keep_safe(inputs)
        return found

    safe.__signature__ = shown_signature(function)
    return safe


def _check_grids(voxel_bytes, masked, arguments):
    """Refuse a volume whose work does not fit into memory, and a mask that the job would not heed."""
    for grid in arguments.values():
        if getattr(grid, "masked", False) and not masked:
            raise InputError(
                f"expected a volume without a mask, got one for {grid.source.name}; info and transport take"
                " masks: crop it instead."
            )
        if hasattr(grid, "sized"):  # a VoxelGrid
            each = voxel_bytes(arguments) if callable(voxel_bytes) else voxel_bytes
            require_memory(each * grid.phase.size + KERNELS * (each > 0), grid.source.name)


def inputs_of(function, given):
    """List the files and folders that a job reads; given: its arguments as they came, {name: value}."""
    from ..volumes.named import named_files

    written = {parameter.name for parameter, _, about in declared(function) if _writes(about) is not None}
    named = {name: value for name, value in given.items() if name not in written}
    return [file for _, file in named_files(list(named.values()))]


def check_outputs(function, given, asked=None, result=Result):
    """Refuse outputs that are inputs, folders, or two of one file; asked: {option: path} of `result`."""
    seen = {}
    for option, path in [*_outputs_given(function, given), *_outputs_asked(asked or {}, result)]:
        if is_stream(path):
            continue
        if Path(path).is_dir():
            raise InputError(f"{option}: expected the name of a file, got the folder {path}; name a file.")
        check_target(path)
        other = seen.setdefault(Path(path).resolve(), option)
        if other != option:
            raise InputError(f"{option}: expected a file of its own, got {path} as for {other}; rename one.")


def _outputs_given(function, given):
    """(option, path) of the files that a job writes by an argument of its own."""
    for parameter, _, about in declared(function):
        names, place = _writes(about), given.get(parameter.name)
        if names is not None and isinstance(place, (str, os.PathLike)):  # another is refused as it is read
            option = getattr(about, "option", None) or f"--{parameter.name}"
            yield from ((option, Path(place) / name if name else Path(place)) for name in names)
            yield from _pictures(option, place) if PAGE in names else ()


def _outputs_asked(asked, result):
    """(option, path) of what a result writes: its files and those beside them, its page, its numbers."""
    for key, file in result.files.items():
        if asked.get(key) is not None:
            path = Path(asked[key])
            if not file.is_folder:
                yield f"--{key}", path
            for name in file.beside:
                yield f"--{key}", path.parent / name.format(stem=path.stem, suffix=path.suffix)
    if asked.get("page") is not None:
        yield "--report", Path(asked["page"]) / PAGE
        yield from _pictures("--report", asked["page"])
    if asked.get("json_file") not in (None, "-"):
        yield "--json", Path(asked["json_file"])


def _pictures(option, folder):
    """(option, path) of pictures that lie where a page puts its own."""
    return ((option, path) for path in (Path(folder) / FIGURES).glob("*.png"))


def _writes(about):
    return getattr(about, "writes", None)


def _named(function, args, options):
    """Arguments by name; those that do not fit are left to whoever reads them."""
    names = list(inspect.signature(function).parameters)
    return {**dict(zip(names, args)), **options}
