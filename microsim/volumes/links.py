"""Other files in which the data of an HDF5 file lie: behind external links, in virtual data sets, in raw
files."""

from pathlib import Path

import h5py

from .hdf5 import numbered_parts, part_file

MOST = 100_000  # objects of one file that are looked at


def linked_files(path):
    """List an HDF5 file and every file that its data lie in, links of links included, each once."""
    found, waiting = {}, [Path(path)]
    while waiting:
        file = waiting.pop()
        if file not in found and file.is_file():
            found[file] = True
            given = (part for name in _named(file) for part in numbered_parts(name, file.parent))
            waiting += filter(None, (part_file(file, part) for part in given))
    return tuple(found)


def _named(path):
    """Names of files in an HDF5 file; none where it cannot be read."""
    try:
        with h5py.File(path, "r") as file:
            return _names_in(file)
    except (OSError, RuntimeError, KeyError, ValueError):
        return set()


def _names_in(file):
    names, seen, waiting = set(), set(), [file["/"]]
    while waiting and len(seen) < MOST:
        group = waiting.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                names.add(link.filename)
            elif isinstance(link, h5py.HardLink):
                node = group[name]
                number = h5py.h5o.get_info(node.id).addr
                if isinstance(node, h5py.Dataset):
                    names.update(_sources(node))
                elif isinstance(node, h5py.Group) and number not in seen:
                    seen.add(number)
                    waiting.append(node)
    return names - {"."}


def _sources(dataset):
    """Files of a data set whose values lie elsewhere."""
    if dataset.is_virtual:
        yield from (source.file_name for source in dataset.virtual_sources())
    for name, _, _ in dataset.external or ():
        yield name
