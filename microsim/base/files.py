"""Write files whole or not at all: under a temporary name that is exchanged for the real one at the end.

JSON, YAML and tables of columns (CSV) are worded here, each in one way.
"""

import csv
import io
import json
import os
import re
import tempfile
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from .errors import InputError
from .guard import check_place, check_target
from .streams import UNNAMED, is_stream, through


@contextmanager
def replacing(path):
    """Yield a temporary path in the folder of `path`; on success it takes the name, otherwise it goes.

    A full disk or a missing permission is an InputError; the folder is made if need be.
    """
    path = Path(path)
    check_target(path)
    refuse_stream(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            os.replace(part, path)
    finally:
        try:
            part.unlink(missing_ok=True)
        except OSError:  # the folder itself could not be made or read
            pass


@contextmanager
def _writing(path):
    """Turn what the system has to say while a file is written into one sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"expected to write {path}, got: {error.strerror or error}; free some space or choose "
            "another folder"
        ) from error


def refuse_stream(path):
    """Refuse a device or a pipe where a file must be written, which would take its place."""
    if is_stream(path):
        raise InputError(f"expected the name of a file to write, got {path}, a device or pipe; name a file.")


def require_space(folder, size):
    """Refuse a folder where a file of so many bytes has no room; raises OSError as a writer would.

    For libraries that end the process where a disk is full: the room is taken, and given back.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        if size and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)


def make_folder(path):
    """Make a folder and those above it, where they are missing; what cannot be made is an InputError."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"expected to make the folder {path}, got: {error.strerror or error}; choose another folder"
        ) from error


def remove(path):
    """Take a file away if it is there; a missing permission is an InputError."""
    check_target(path)
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"expected to replace {path}, got: {error.strerror or error}; choose another folder"
        ) from error


def safe_file_names(words):
    """Give each of some words a file name of its own, {word: name without suffix}: letters, digits, . + - _.

    Names differ by more than the case of their letters, and none leads out of its folder.
    """
    names = {}
    for word in words:
        name = re.sub(r"[^\w.+-]+", "_", str(word)).strip("._")[:80] or "unnamed"
        taken = {other.casefold() for other in names.values()}
        numbered = (f"{name}_{k}" for k in count(2))
        names[word] = next(one for one in chain([name], numbered) if one.casefold() not in taken)
    return names


def write_text(path, text):
    """Write a text file in one piece; a device or a pipe is written through."""
    if is_stream(path):
        check_place(path)
        with _writing(path), through(path) as file:
            file.write(text)
        return Path(path)
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors=UNNAMED)
    return Path(path)


def write_json(path, value, indent=1):
    """Write plain data, or what `plain` makes of it, as a JSON file."""
    return write_text(path, json_text(value, indent))


def write_yaml(path, value):
    """Write plain data as a YAML file, one key a line."""
    return write_text(path, yaml_text(value))


def write_columns(path, columns):
    """Write {title: array (n,)} as a CSV file with one line of titles."""
    content = io.StringIO()
    rows = csv.writer(content, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return write_text(path, content.getvalue())


def json_text(value, indent=1, ascii=False):
    """Word a value as JSON, with a line end; ascii: other letters by their number."""
    return json.dumps(plain(value), indent=indent, allow_nan=False, ensure_ascii=ascii) + "\n"


def yaml_text(value, *, flow=False, width=80):
    """Word plain data as YAML; flow: the innermost lists and sections on one line each, up to `width`."""
    from ruamel.yaml import YAML

    yaml, content = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output = (None if flow else False), False
    yaml.width = width
    yaml.dump(value, content)
    return content.getvalue()


def plain(value):
    """Turn numbers and arrays of any package into plain data; what JSON lacks (NaN, infinity) into null."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return None
    return value if isinstance(value, (str, int, float)) or value is None else str(value)
