"""Locks on folders: two programs do not work in one at a time.

The system lets a lock go with the program that holds it, however that ends; none is left in the way.
"""

import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import InputError
from .files import make_folder

PATIENCE = 0.2  # s between looks at a lock that another program holds
NAME = ".lock"


@contextmanager
def alone_in(folder):
    """Keep other runs out of a folder, or refuse to work where one works; a folder made for it goes again
    where nothing was written into it. Yields the lock's file descriptor, for children that work there too."""
    path, new = Path(folder) / NAME, not Path(folder).exists()
    make_folder(folder)
    try:
        with locked(path, lambda: True, remove=True) as lock:
            yield lock
    except BlockingIOError:
        raise InputError(
            f"expected a folder in which no other run works, got {folder}, in which one does; wait for it, or"
            " name another folder with --out."
        ) from None
    finally:
        if new:
            with suppress(OSError):  # it is not empty
                os.rmdir(folder)


@contextmanager
def locked(path, given_up=lambda: False, remove=False, patience=PATIENCE):
    """Hold a lock that a child can inherit, so that it lasts as long as the last of the two; yields its file
    descriptor.

    given_up()  asked while another program holds it; true raises BlockingIOError
    remove      the file goes with the lock
    patience    between looks at a lock that another program holds (s)
    """
    descriptor = _acquired(path, given_up, patience)
    try:
        yield descriptor
    finally:
        if remove:
            with suppress(OSError):
                os.unlink(path)
        os.close(descriptor)


def _acquired(path, given_up, patience):
    """Open and lock a file; that of a program which removed it meanwhile does not count."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _wait(descriptor, given_up, patience)
            if _same(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _wait(descriptor, given_up, patience):
    import fcntl

    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if given_up():
                raise
            time.sleep(patience)
        except OSError:  # a file system without locks: better unlocked than not at all
            return None


def _same(descriptor, path):
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False
