"""Outputs that are no files: devices and pipes, which are written through and never replaced."""

import os
import re
import stat
import sys
from contextlib import contextmanager

UNNAMED = "backslashreplace"  # bytes of a file's name that are no UTF-8, as JSON writes them
STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}


def is_stream(path):
    """Tell whether a path names a device, a pipe or an open file of this process, and no file of its own."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def is_standard_output(path):
    """Tell whether a path stands for what the program prints: -, /dev/stdout, /dev/fd/1."""
    return str(path) == "-" or _descriptor(path) == 1


@contextmanager
def through(path):
    """Open a device or a pipe to write text; what the program has printed so far comes before it."""
    number = _descriptor(path)
    if number is not None:
        for printed in (sys.stdout, sys.stderr):
            printed.flush()
    target = os.dup(number) if number is not None else path
    with open(target, "w", encoding="utf-8", errors=UNNAMED) as file:
        yield file


def _descriptor(path):
    """Number of the open file that a path like /dev/stdout or /dev/fd/3 stands for, otherwise None."""
    found = re.fullmatch(r"/dev/fd/(\d+)|/proc/self/fd/(\d+)", str(path))
    return STANDARD.get(str(path)) if found is None else int(found[1] or found[2])
