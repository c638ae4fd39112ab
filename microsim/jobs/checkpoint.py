"""Checkpoints of a run: its state and the fields stored so far, so that a killed run goes on.

DIR/.resume/state.npz         snapshots of the experiment and of what watches it, whatever they declare;
                              arrays as they are, the rest as JSON; replaced as a whole
DIR/.resume/fields_0000.npz   one file for each stored time
"""

import json
import shutil
import time
from contextlib import contextmanager
from hashlib import sha256
from os.path import isfile
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..base.errors import InputError
from ..base.files import replacing
from ..base.records import from_plain, to_plain

# what a file that is cut short, or was written by another version, raises
UNREADABLE = (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError, AttributeError, ImportError)


class Checkpoint:
    """The checkpoint in a run's folder. `every`: least time between two states (s of wall time)."""

    def __init__(self, out_dir, sha256, every=30.0):
        self.folder, self.sha256, self.every = Path(out_dir) / ".resume", sha256, every
        self.written, self.stored = -np.inf, 0

    def clear(self):
        """Remove what an earlier run left, complete or not."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in self.folder.parent.glob(".*.part"):
            part.unlink(missing_ok=True)

    @contextmanager
    def cleared_on(self, mistake):
        """Leave nothing behind where a mistake in the input, and not an accident, ends the run."""
        try:
            yield
        except mistake:
            self.clear()
            raise

    def keep_fields(self, time_s, step, fields, number):
        """Store the fields of one time; step, number: name and number of its protocol step."""
        with replacing(self.folder / f"fields_{self.stored:04d}.npz") as part, open(part, "wb") as file:
            np.savez(file, time_s=time_s, step=step, step_number=number, **fields)
        self.stored += 1

    def keep_state(self, parts, always=False):
        """Store the snapshots of the named parts of a run if the last ones are old enough."""
        if not always and time.monotonic() - self.written < self.every:
            return
        self.written = time.monotonic()
        kept, arrays = to_plain({name: part.snapshot() for name, part in parts.items()})
        plain = {"sha256": self.sha256, "stored": self.stored, "kept": kept}
        with replacing(self.folder / "state.npz") as part, open(part, "wb") as file:
            np.savez(file, plain=json.dumps(plain), **arrays)

    def read(self):
        """Return ({name: snapshot}, fields stored before it as [(time_s, step, {name: array},
        number)])."""
        path = self.folder / "state.npz"
        if not path.is_file():
            found = "a finished one" if (self.folder.parent / "result.json").is_file() else "none"
            raise InputError(
                f"--resume: expected an interrupted run in {self.folder.parent}, got {found}; leave"
                " --resume out"
            )
        try:
            return self._read(path)
        except UNREADABLE as error:
            raise InputError(
                f"--resume: expected a complete checkpoint in {self.folder}, got one that cannot be read"
                f" ({error}); leave --resume out"
            ) from error

    def _read(self, path):
        with np.load(path) as file:
            plain = json.loads(str(file["plain"]))
            arrays = {name: file[name] for name in file.files if name != "plain"}
        if plain["sha256"] != self.sha256:
            raise InputError(
                f"--resume: expected the case that was interrupted in {self.folder.parent}, with the same"
                " files, got one that differs; undo the change, or leave --resume out"
            )
        self.stored = plain["stored"]
        return from_plain(plain["kept"], arrays), [self._fields(k) for k in range(self.stored)]

    def _fields(self, k):
        with np.load(self.folder / f"fields_{k:04d}.npz") as file:
            about = ("time_s", "step", "step_number")
            fields = {name: file[name] for name in file.files if name not in about}
            return float(file["time_s"]), str(file["step"]), fields, int(file["step_number"])


def fingerprint(case, volume):
    """Return the SHA-256 of all that decides a run's numbers: the case, its volume, and every other file that
    it names."""
    found, parts = sha256(f"{case.sha256} {volume.sha256}".encode()), case.as_dict()
    for words in _texts([parts["cell"], parts["protocol"]]):
        file = str(case.locate(words)).partition("::")[0]
        if isfile(file):
            found.update(Path(file).read_bytes())
    return found.hexdigest()


def _texts(node):
    """All texts in plain data, in order."""
    if isinstance(node, dict):
        node = list(node.values())
    return (
        [text for part in node for text in _texts(part)]
        if isinstance(node, list)
        else [node]
        if isinstance(node, str)
        else []
    )
