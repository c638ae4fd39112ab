"""Which files on this machine a text, a case, a study or any other plain data name.

Everything that must know what a job depends on asks here: what is written over nothing (base/guard), what a
result was computed from, and whether it is still the same.
"""

import os
from dataclasses import fields, is_dataclass
from os import PathLike
from pathlib import Path

from ..base.errors import InputError
from ..base.gallery import located
from ..base.schema import read_yaml
from .datasets import find, known_path
from .formats import files_of
from .stored import is_pattern

FOLDER_KEYS = ("measured", "file", "map")  # of a case, whose texts may be folders of runs
NO_FILES = ("title", "name")  # keys whose texts are words for people
LONGEST = 4096  # of a path
READS_YAML = (".yaml", ".yml")


def named_files(node, folder=None):
    """List [(dotted key, file or folder)] that plain data name, files of files included.

    node    text, path, list, dict or dataclass of them; a volume (its source)
    folder  where names are looked for first, as those in a case beside it
    """
    found, seen, waiting = [], set(), [("", node, folder)]
    while waiting:
        key, part, place = waiting.pop()
        if not isinstance(part, (str, PathLike)):
            waiting += [(f"{key}.{name}" if key else name, inner, place) for name, inner in _parts(part)]
            continue
        for path in _paths(str(part), place, key):
            for file in files_of(path):
                if file not in seen:
                    seen.add(file)
                    found.append((key, file))
                    waiting += _within(key, file)
    return found


def _parts(node):
    if isinstance(node, dict):
        return [(str(name), part) for name, part in node.items() if name not in NO_FILES]
    if isinstance(node, (list, tuple)):
        return [(str(k), part) for k, part in enumerate(node)]
    if source := getattr(node, "source", None):  # a volume or a map that was read before
        return [("source", getattr(source, "name", source))]
    if is_dataclass(node) and not isinstance(node, type):
        return [(one.name, getattr(node, one.name)) for one in fields(node) if one.name not in NO_FILES]
    return []


def _within(key, file):
    """What stands in a file of settings."""
    if file.suffix.lower() not in READS_YAML:
        return []
    try:
        return [(key, read_yaml(file), file.parent)]
    except (InputError, RecursionError):  # whoever reads it will say so
        return []


def _paths(words, folder, key):
    """Files and folders that words name: FILE, FILE::PART, KEY=FILE, and several of each apart by commas."""
    setting = "." in key and key.rpartition(".")[2] not in FOLDER_KEYS
    if len(words) > LONGEST or "\n" in words or "\0" in words:
        return
    whole = [words, words.partition("=")[2]]
    parts = [part for one in whole for part in one.split(",")]
    for text in dict.fromkeys([*whole, *parts, *(part.partition("=")[2] for part in parts)]):
        stem = text.partition("::")[0].strip()
        for name in dict.fromkeys((text.strip(), stem)):
            path = _path(name, folder)
            if path and not ((setting or "=" in words) and _is_word(name, path)):
                yield path
                break


def _is_word(name, path):
    """Whether a setting like `flooded` only happens to be the name of a run's folder."""
    return Path(name).name == name and os.path.isdir(path) and files_of(path) != (path,)


def _path(name, folder):
    if not name:
        return None
    beside = [Path(folder) / name] if folder is not None else []
    for path in (*beside, located(name)):
        if os.path.isfile(path) or os.path.isdir(path) and files_of(path) or _is_slices(path):
            return path
    return known_path(name) if find(name) else None


def _is_slices(path):
    """Whether a name like s_*.tif stands for files; a formula, `2 * sto`, has the same signs."""
    return is_pattern(path) and any(file.is_file() for file in files_of(path))
