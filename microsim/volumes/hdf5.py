"""Data sets of HDF5 files: found behind their links, unpacked, and refused where a part of them is missing.

HDF5 reads what is not there as the fill value, mostly 0, and says nothing: chunks never written, a part of a
virtual data set whose file is gone, places that no part covers. In a volume of labels that would be a phase.
"""

import math
import os
import re
from contextlib import contextmanager
from pathlib import Path

import h5py

from ..base.errors import InputError
from ..base.packages import need

# registered numbers of filters, https://github.com/HDFGroup/hdf5_plugins
FILTERS = {
    307: "bzip2",
    32001: "blosc",
    32004: "lz4",
    32008: "bitshuffle",
    32013: "zfp",
    32015: "zstd",
    32017: "sz",
    32018: "fcidecomp",
    32024: "sz3",
    32026: "blosc2",
    32028: "sperr",
}
OF_MATLAB = ("#refs#", "#subsystem#")  # where MATLAB keeps what its cells and objects refer to
DEEPEST = 16  # virtual data sets of virtual data sets


# ---- which data set ----------------------------------------------------------------------------------------


@contextmanager
def opened_dataset(path, part=None, fits=lambda dataset: True):
    """Open the data set of that name, or the only one that `fits`.

    Yields (name, data set). Raises InputError for a name that leads nowhere and where it is not clear which
    one is meant; links beside it that lead nowhere or in a circle do not matter.
    """
    with h5py.File(path, "r") as file:
        name = part.strip("/") if part else _only(file, path, fits)
        yield name, _named(file, path, name)


def datasets_of(file):
    """Return the data sets of a file by name; one with two names under both, a group that is linked to again
    once."""
    found, groups, seen = {}, [("", file)], set()
    for prefix, group in groups:
        if _place(group) in seen:
            continue
        seen.add(_place(group))
        for name in group:
            if name.startswith(OF_MATLAB):
                continue
            node = _target(group, name)
            if isinstance(node, h5py.Dataset):
                found[prefix + name] = node
            elif isinstance(node, h5py.Group):
                groups.append((f"{prefix}{name}/", node))
    return dict(sorted(found.items()))


def others_beside(dataset):
    """List the other data sets of a file that may be volumes or images, each once."""
    found = {_place(dataset): ""}
    for name, other in datasets_of(dataset.file).items():
        if other.ndim >= 2 and other.dtype.kind in "biuf":
            found.setdefault(_place(other), name)
    return tuple(filter(None, found.values()))


def _only(file, path, fits):
    sets = datasets_of(file)
    if (stated := _nexus_default(file)) and stated in sets and fits(sets[stated]):
        return stated
    fitting = {_place(dataset): name for name, dataset in reversed(sets.items()) if fits(dataset)}
    if len(fitting) != 1:
        raise InputError(
            f"expected the name of one data set in {path}, got none; write {path}::NAME ({_has(file, sets)})."
        )
    return next(iter(fitting.values()))


def _nexus_default(file):
    """The signal that a NeXus file states as its default, by the attributes `default` from the root on."""
    node = file
    while isinstance(node, h5py.Group) and "signal" not in node.attrs:
        step = node.attrs.get("default")
        node = None if step is None else _target(node, step.decode() if isinstance(step, bytes) else step)
    if not isinstance(node, h5py.Group):
        return None
    signal = node.attrs["signal"]
    name = signal.decode() if isinstance(signal, bytes) else str(signal)
    return f"{node.name}/{name}".strip("/")


def _named(file, path, name):
    node = _target(file, name)
    if isinstance(node, h5py.Dataset):
        return node
    sets, dead = datasets_of(file), _dead_link(file, name) if node is None else None
    if dead:
        raise InputError(
            f"expected data behind {path}::{name}, got {dead}; name another ({_has(file, sets)})."
        )
    raise InputError(f"expected a data set of {path}, got {name}; {_has(file, sets)}.")


def _has(file, sets):
    dead = [f"{name}, {said}" for name in file if (said := _dead_link(file, name))]
    beside = f", and {'; '.join(dead[:3])}" if dead else ""
    return f"the file has {', '.join(list(sets)[:12]) or 'none'}{', ...' if len(sets) > 12 else ''}{beside}"


def _target(group, name):
    """What a name leads to, None for a link that leads nowhere."""
    try:
        return group[name]
    except (KeyError, OSError, RuntimeError, ValueError):
        return None


def _dead_link(file, name):
    """Say of a name which link on its way leads nowhere, and where to; None without one."""
    parts = name.split("/")
    for end in range(1, len(parts) + 1):
        at = "/".join(parts[:end])
        if _target(file, at) is not None:
            continue
        link = file.get(at, getlink=True, default=None)
        if isinstance(link, h5py.ExternalLink):
            return f"a link to {link.path} in the file {link.filename}, which is not there or not in it"
        if isinstance(link, h5py.SoftLink):
            return f"a link to {link.path}, which is not there"
        return None
    return None


def _place(node):
    info = h5py.h5o.get_info(node.id)
    return info.fileno, info.addr


# ---- whether all of it is there ----------------------------------------------------------------------------


def require_complete(dataset, name, rows=None):
    """Refuse a data set that cannot be unpacked, or of which a part was never written or is not there.

    rows: (first, last) of the first axis that will be read, all by default.

    Returns the files that hold its bytes. Raises InputError, which names the filter, the file or the number
    of chunks.
    """
    return tuple(dict.fromkeys(_complete(dataset, name, rows, 0)))


def _complete(dataset, name, rows, depth):
    path = Path(dataset.file.filename)
    if dataset.is_virtual:
        return [path, *_check_parts(dataset, name, rows, depth)]
    if dataset.size in (0, None) or not dataset.ndim:
        return [path]
    if dataset.external:
        return [path, *_check_external(dataset, name)]
    _require_filters(dataset, name)
    _check_written(dataset, name, rows)
    return [path]


def _require_filters(dataset, name):
    settings = dataset.id.get_create_plist()
    for i in range(settings.get_nfilters()):
        code, _, _, label = settings.get_filter(i)
        if h5py.h5z.filter_avail(code):
            continue
        packing = f"{FILTERS.get(code) or label.decode(errors='replace') or 'a filter'} (HDF5 filter {code})"
        need("hdf5plugin", f"{name}, packed by {packing}")  # importing it registers its filters
        if not h5py.h5z.filter_avail(code):
            raise InputError(
                f"expected a packing that hdf5plugin undoes, got {name} packed by {packing}; export it with"
                " gzip, or not packed."
            )


def _check_written(dataset, name, rows):
    first, last = rows or (0, len(dataset) - 1)
    if dataset.chunks is None:
        whole, there = 1, int(dataset.id.get_storage_size() > 0)
    else:
        across = [-(-n // chunk) for n, chunk in zip(dataset.shape, dataset.chunks, strict=True)]
        along = last // dataset.chunks[0] - first // dataset.chunks[0] + 1
        whole, there = along * math.prod(across[1:]), _chunks_between(dataset, first, last)
    if there < whole:
        raise InputError(
            f"expected all of {name}, got {there} of {whole} chunks: the others were never written and would"
            f" read as {dataset.fillvalue}; export it again."
        )


def _chunks_between(dataset, first, last):
    if (first, last) == (0, len(dataset) - 1):
        return dataset.id.get_num_chunks()
    high, starts = last - last % dataset.chunks[0], []
    low = first - first % dataset.chunks[0]
    dataset.id.chunk_iter(lambda info: starts.append(info.chunk_offset[0]))
    return sum(low <= start <= high for start in starts)


def _check_external(dataset, name):
    """Files of bare bytes; HDF5 reads what is missing at their end as 0."""
    folder, files = Path(dataset.file.filename).parent, []
    for given, offset, size in dataset.external:
        file = folder / given
        needed = offset + (size if size != h5py.h5f.UNLIMITED else 0)
        if not file.is_file() or file.stat().st_size < needed:
            raise InputError(
                f"expected the voxels of {name} in the file {file}, got "
                f"{'fewer bytes' if file.is_file() else 'no such file'}; put it there."
            )
        files.append(file)
    return files


# ---- virtual data sets -------------------------------------------------------------------------------------


def _check_parts(dataset, name, rows, depth):
    """Check each part of a virtual data set that the rows need; return their files."""
    first, last = rows or (0, len(dataset) - 1)
    files, covered = [], 0
    for part in dataset.virtual_sources():
        low, high, voxels = _extent(part.vspace)
        if rows is None or high >= first and low <= last:
            covered += voxels
            for given in numbered_parts(part.file_name, Path(dataset.file.filename).parent):
                files += _check_part(dataset, name, given, part, depth)
    if covered < (last - first + 1) * math.prod(dataset.shape[1:]):
        raise InputError(
            f"expected parts of the virtual data set {name} for all of its voxels, got some that no part"
            f" covers and that would read as {dataset.fillvalue}; export it again."
        )
    return files


def _extent(space):
    """First and last row of a selection and its number of elements, without end for one that grows with its
    file."""
    try:
        low, high = space.get_select_bounds()
        return int(low[0]), int(high[0]), space.get_select_npoints()
    except RuntimeError:
        return 0, math.inf, math.inf


def numbered_parts(given, folder):
    """Names of a part's files; one with %b stands for those from number 0 to the highest there is."""
    if "%b" not in given:
        return [given]
    pattern = re.compile("([0-9]+)".join(re.escape(text) for text in os.path.basename(given).split("%b")))
    numbers = [int(found[1]) for file in folder.iterdir() if (found := pattern.fullmatch(file.name))]
    return [given.replace("%b", str(number)) for number in range(max(numbers, default=0) + 1)]


def _check_part(dataset, name, given, part, depth):
    if given == ".":
        return _check_source(dataset.file, name, part, depth)
    path = part_file(Path(dataset.file.filename), given)
    if path is None:
        raise InputError(
            f"expected the file {given}, a part of the virtual data set {name}, got no such file; put it"
            f" beside {dataset.file.filename}."
        )
    with h5py.File(path, "r") as file:
        return _check_source(file, name, part, depth)


def part_file(master, given):
    """Where HDF5 finds a part's file: as named, beside the file that names it, or beside what that links
    to."""
    last = os.path.basename(given)
    places = (master.parent / given, master.resolve().parent / given, master.parent / last, Path(given))
    return next((place for place in places if place.is_file()), None)


def _check_source(file, name, part, depth):
    inner = part.dset_name.replace("%b", "0")
    source, where = _target(file, inner), f"{file.filename}::{inner.strip('/')}"
    if not isinstance(source, h5py.Dataset):
        raise InputError(
            f"expected {where}, a part of the virtual data set {name}, got no such data set; export it again."
        )
    if depth >= DEEPEST:
        raise InputError(
            f"expected at most {DEEPEST} virtual data sets behind {name}, got more; mend the file."
        )
    rows = _rows_of(part, source)
    if rows == ():
        held = " x ".join(map(str, source.shape))
        raise InputError(
            f"expected all of its part of the virtual data set {name} in {where}, got {held}; export it"
            " again."
        )
    return _complete(source, where, rows, depth + 1)


def _rows_of(part, source):
    """First and last row that a virtual data set takes of a part, None for all, () where it holds less."""
    needed = _extent(part.vspace)[2]
    if math.isinf(needed):
        return None
    if part.src_space.get_select_type() == h5py.h5s.SEL_ALL:
        return None if source.size >= needed else ()
    low, high = part.src_space.get_select_bounds()
    fits = len(high) == source.ndim and all(end < n for end, n in zip(high, source.shape, strict=True))
    return (int(low[0]), int(high[0])) if fits else ()
