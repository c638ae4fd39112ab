"""Compiled kernels kept on disk, so that a machine compiles each of them once.

A file holds one kernel for one set of argument types: a checksum, then what numba makes of it. Its name
follows from the text of all kernels, the versions and the processor, so nothing in it can be out of date.
What cannot be read (cut short by a power failure, another user's) counts as missing and what cannot be
written is left out: the kernel is then compiled again.
"""

import hashlib
import os
import pickle
import stat
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

import llvmlite
import numba
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from ....base.errors import InputError
from ....base.files import replacing
from ....base.locks import locked
from . import compiling

HERE = Path(__file__).parent
NUMBERS = HERE.parents[1] / "codes.py"  # constants that are compiled into kernels
PATIENCE, LOOK = 60.0, 0.01  # s to wait for a process that compiles the same kernel, and between two looks


class Store:
    """What a dispatcher of numba asks for compiled code before it compiles, and hands it to afterwards."""

    cache_path = None  # that of numba's own cache, which this one stands in for

    def __init__(self, kernel):
        self.kernel, self._turn = kernel, ExitStack()

    def load_overload(self, signature, target):
        """Return the kernel compiled for these types, None if there is none. What another process compiles at
        the moment, as a rank or a case of a study does, is waited for."""
        target.refresh()  # as numba's cache does: code that is loaded before anything was compiled crashes
        if found := self._kept(signature, target):
            return found
        self._take_turn()
        if found := self._kept(signature, target):
            self._turn.close()
            return found
        compiling.begun(self.kernel, kept=any(map(_writable, folders())))
        return None

    def _take_turn(self):
        """Be the one process that compiles this kernel; given up where another one takes very long."""
        self._turn.close()
        until, folder = time.monotonic() + PATIENCE, next(filter(_writable, folders()), None)
        with suppress(OSError, ImportError):  # no locks here, or one that lasts
            if folder:
                path, given_up = folder / f".{self.kernel}.lock", lambda: time.monotonic() > until
                self._turn.enter_context(locked(path, given_up, remove=True, patience=LOOK))

    def _kept(self, signature, target):
        """Read what was compiled for these types, None where there is nothing that reads."""
        for folder in folders():
            with suppress(Exception):  # whatever is wrong with a file: compiling again mends it
                content = (folder / self._file(signature, target)).read_bytes()
                if content[:32] == hashlib.sha256(content[32:]).digest():
                    found = CompileResult._rebuild(target, *pickle.loads(content[32:]))
                    compiling.found(self.kernel)
                    return found
        return None

    def save_overload(self, signature, compiled):
        """Keep a compiled kernel in the first folder that can be written."""
        with self._turn:
            self._keep(signature, compiled)

    def _keep(self, signature, compiled):
        compiling.done(self.kernel)
        content = dumps(compiled._reduce())
        file = self._file(signature, compiled.target_context)
        for folder in filter(_writable, folders()):
            with suppress(InputError):
                with replacing(folder / file) as part:
                    part.write_bytes(hashlib.sha256(content).digest() + content)
                self._forget_older(folder)
                return

    def _file(self, signature, target):
        """Name of a file: the kernel, what all kernels are made of, and for what this one is compiled."""
        made_for = numba.__version__, llvmlite.__version__, sys.version, target.codegen().magic_tuple()
        return f"{self.kernel}.{_source()}.{_digest(repr((made_for, signature)).encode())}.nbc"

    def _forget_older(self, folder):
        """Remove what this kernel was compiled to before its source changed."""
        for path in folder.glob(f"{self.kernel}.*.nbc"):
            if path.name.split(".")[-3] != _source():
                path.unlink(missing_ok=True)


def lacks(kernel):
    """Whether a kernel would have to be compiled now, and the next process would find it."""
    places = folders()
    return any(map(_writable, places)) and not any(
        any(folder.glob(f"{kernel}.{_source()}.*.nbc")) for folder in places
    )


def folders():
    """Return where compiled kernels are looked for: in the folder that the user named, otherwise in the
    package's and the user's, and in a temporary one where neither can be written."""
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        return [Path(named) / "microsim"]
    places = [HERE / "__pycache__", *_of_user()]
    return places if any(map(_writable, places)) else [*places, *_temporary()]


def writable_folder():
    """Return the first of these folders that can be written, None for none."""
    return next(filter(_writable, folders()), None)


def _of_user():
    """The user's folder for what can be made again."""
    homes = {"win32": ("LOCALAPPDATA", "AppData/Local"), "darwin": ("", "Library/Caches")}
    variable, below_home = homes.get(sys.platform, ("XDG_CACHE_HOME", ".cache"))
    with suppress(RuntimeError):  # no home
        yield Path(os.environ.get(variable) or Path.home() / below_home) / "microsim"


def _temporary():
    """A temporary folder that nobody else can write to, for what is read from it is run."""
    with suppress(OSError, AttributeError):  # no place for one; a system where each user has his own anyway
        path = Path(tempfile.gettempdir()) / f"microsim-{os.getuid()}"
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            yield path


@cache
def _writable(folder):
    """Whether files can be made in a folder, which is made if need be."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        return True
    return False


@cache
def _source():
    """Digest of the source of all kernels here, for one takes others in, and of the numbers they share."""
    return _digest(b"".join(path.read_bytes() for path in [*sorted(HERE.glob("*.py")), NUMBERS]))


def _digest(content):
    return hashlib.sha256(content).hexdigest()[:16]
