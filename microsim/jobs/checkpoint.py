"""Checkpoints of a run: its state and the fields stored so far, so that a killed run goes on.

DIR/.resume/state.npz         snapshots of the experiment and of what watches it, whatever they declare;
                              arrays as they are, the rest as JSON; replaced as a whole
DIR/.resume/fields_0000.npz   one file for each stored time, whose checksums the state has
"""

import json
import re
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from ..base.errors import InputError, MicrosimError, why
from ..base.files import remove, replacing
from ..base.records import from_plain, to_plain
from .origin import differences

# what a run that was killed leaves under temporary names
KEPT = re.compile(r"state\.npz|fields_\d+\.npz")
PARTS = re.compile(rf"\.({KEPT.pattern}|fields\.h5|result\.json|voltage\.csv|report\.html)\.\d+\.part")


class Checkpoint:
    """The checkpoint in a run's folder. origin: of the run's numbers (jobs/origin); every: least time between
    two states (s of wall time)."""

    def __init__(self, out_dir, origin, every=30.0):
        self.folder, self.origin, self.every = Path(out_dir) / ".resume", origin, every
        self.written, self.sums = -np.inf, []

    def clear(self):
        """Remove what an earlier run left, complete or not; files of others stay."""
        for place in (self.folder, self.folder.parent):
            for path in place.iterdir() if place.is_dir() else ():
                if PARTS.fullmatch(path.name) or place == self.folder and KEPT.fullmatch(path.name):
                    remove(path)
        with suppress(OSError):  # something of others is in it
            self.folder.rmdir()

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
        path = self._file(len(self.sums))
        with replacing(path) as part, open(part, "wb") as file:
            np.savez(file, time_s=time_s, step=step, step_number=number, **fields)
        self.sums.append(_checksum(path))

    def keep_state(self, parts, always=False):
        """Store the snapshots of the named parts of a run if the last ones are old enough."""
        if not always and time.monotonic() - self.written < self.every:
            return
        self.written = time.monotonic()
        kept, arrays = to_plain({name: part.snapshot() for name, part in parts.items()})
        plain = {"origin": self.origin, "sums": self.sums, "kept": kept}
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
        with self.readable():
            return self._read(path)

    @contextmanager
    def readable(self):
        """Turn whatever a damaged or foreign checkpoint makes fail into one sentence."""
        try:
            yield
        except MicrosimError:
            raise
        except Exception as error:  # each byte of it may be another one
            raise InputError(
                f"--resume: expected a complete checkpoint in {self.folder}, got one that cannot be read"
                f" ({why(error)}); leave --resume out"
            ) from error

    def _read(self, path):
        with np.load(path) as file:
            plain = json.loads(str(file["plain"]))
            arrays = {name: file[name] for name in file.files if name != "plain"}
        if changed := differences(plain["origin"], self.origin, solved=True):
            raise InputError(
                f"--resume: expected the case that was interrupted in {self.folder.parent}, with the same"
                f" files and the same microsim, got one that differs: {'; '.join(changed)}; undo the change,"
                " or leave --resume out"
            )
        self.sums = list(plain["sums"])
        return from_plain(plain["kept"], arrays), [self._fields(k) for k in range(len(self.sums))]

    def _file(self, k):
        return self.folder / f"fields_{k:04d}.npz"

    def _fields(self, k):
        path = self._file(k)
        found = _checksum(path) if path.is_file() else None
        if found != self.sums[k]:
            given = "none" if found is None else "one that is damaged or of another run"
            raise InputError(
                f"--resume: expected {path}, which this run wrote, got {given}; bring it back, or leave"
                " --resume out"
            )
        with np.load(path) as file:
            about = ("time_s", "step", "step_number")
            fields = {name: file[name] for name in file.files if name not in about}
            return float(file["time_s"]), str(file["step"]), fields, int(file["step_number"])


@contextmanager
def resumable(out_dir):
    """Tell whoever interrupts a run by Ctrl-C how it goes on, where it left a checkpoint."""
    try:
        yield
    except KeyboardInterrupt:
        if not (Path(out_dir) / ".resume" / "state.npz").is_file():
            raise
        how = "interrupted by Ctrl-C; the same command with --resume goes on from its last checkpoint"
        raise KeyboardInterrupt(how) from None


def _checksum(path):
    found = 0
    with open(path, "rb") as file:
        while part := file.read(2**24):
            found = zlib.crc32(part, found)
    return found
