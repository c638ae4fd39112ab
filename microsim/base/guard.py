"""Files that a job reads are never written over: whoever writes a file asks here first.

What counts is the file and not its name: links, hard links and other spellings of a path are the same file.
A command that somebody else wrote down (jobs/command_crate) is given one folder, and writes nowhere else.
"""

import os
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError

ONLY_INTO = "MICROSIM_ONLY_INTO"  # variable that names the one folder that is written into; children have it
_guarded = []


@contextmanager
def guarding(files):
    """Let no file of `files` be written over within a `with` block; a folder stands for the files in it."""
    guarded = _Guarded(files)
    _guarded.append(guarded)
    try:
        yield guarded
    finally:
        _guarded.remove(guarded)


def check_target(path):
    """Refuse to write to a file that a job reads, or to add a file to a folder that it reads as a whole."""
    check_place(path)
    for guarded in _guarded:
        guarded.check(path)


def check_place(path):
    """Refuse to write outside of the one folder that is written into, where the environment names one."""
    folder = os.environ.get(ONLY_INTO)
    if folder is not None and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise InputError(
            f"expected to write into {folder} alone, got {path}; give the command by itself to write there."
        )


class _Guarded:
    """Files by their identity on the disk, and folders with the endings of the files that are read there."""

    def __init__(self, files):
        self.files, self.folders = {}, {}
        for path in map(Path, files):
            if path.is_dir():
                inside = [file for file in path.iterdir() if file.is_file()]
                self.folders[_identity(path)] = path, {file.suffix.lower() for file in inside}
                self.files.update({_identity(file): file for file in inside})
            else:
                self.files[_identity(path)] = path
        self.files.pop(None, None)

    def check(self, path):
        path = Path(path)
        real = Path(os.path.realpath(path))  # a/../b is b, also where a folder a is yet to be made
        if found := self.files.get(_identity(path)) or self.files.get(_identity(real)):
            also = "" if str(found) == str(path) else f", the same file as {found}"
            raise InputError(
                f"expected an output that is none of the inputs, got {path}{also}, which would be lost; name"
                " another file."
            )
        folder, endings = self.folders.get(_identity(real.parent), (None, ()))
        if path.suffix and path.suffix.lower() in endings:
            raise InputError(
                f"expected an output outside the folder {folder}, whose files are read here, got {path}; name"
                " another folder."
            )


def _identity(path):
    """Device and number of a file, however its path is written; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
