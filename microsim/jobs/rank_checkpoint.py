"""How far ranks of MPI are with one volume: the potential of the axis that is being solved, and what is
known of those that are done, so that a solve of which a rank was killed goes on.

DIR/.transport/what.json    what is solved, and by how many ranks
DIR/.transport/x.json       the result of an axis
DIR/.transport/x.done.1.npy the second rank's part of the field of it, where fields are to be written
DIR/.transport/x.3.1.npy    potential along an axis, written for the third time, of the second rank
"""

import json
import re
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from .. import __version__
from ..base.errors import InputError, why
from ..base.files import make_folder, remove, replacing, write_json
from ..base.provenance import build
from ..base.schema import say

OURS = re.compile(r"what\.json|[xyz]\.json|\.?[xyz]\.(\d+|done)\.\d+\.npy(\.\d+\.part)?")
EVERY = 30.0  # s of wall time between two potentials


class RankCheckpoint:
    """The checkpoint of a solve in a folder that all ranks see; what: plain data on what is solved."""

    def __init__(self, folder, what, ranks, resume=False, every=EVERY):
        self.folder, self.ranks, self.every = Path(folder) / ".transport", ranks, every
        what = {**what, "ranks": ranks.size, "microsim": __version__, "build": build()}
        if resume:
            self._check(what)
        elif ranks.rank == 0:
            make_folder(self.folder)
            for path in self._files():
                remove(path)
            write_json(self.folder / "what.json", what)
        ranks.sum(0.0)  # the others look when the first has written

    def _files(self):
        return [path for path in self.folder.iterdir() if OURS.fullmatch(path.name)]

    def _check(self, what):
        place = self.folder.parent
        try:
            kept = json.loads((self.folder / "what.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"--resume: expected an interrupted solve in {place}, got none ({why(error)}); leave"
                " --resume out."
            ) from error
        now = json.loads(json.dumps(what))
        other = [key for key in now if kept.get(key) != now[key]]
        if other:
            raise InputError(
                f"--resume: expected the solve that was interrupted in {place}, with the {other[0]}"
                f" {say(kept.get(other[0]))}, got {say(now[other[0]])}; give the same, or leave --resume out."
            )

    def finished(self, axis, record):
        """Return the result of an axis that is done as `record`, None otherwise."""
        path, field = self.folder / f"{axis}.json", self._path(axis, "done")
        if not path.is_file():
            return None
        potential = np.load(field) if field.is_file() else None
        return record(**json.loads(path.read_text(encoding="utf-8")), potential=potential)

    def finish(self, axis, result):
        """Keep the result of an axis, and its field where it has one, in place of how far it was."""
        if result.potential is not None:
            self.put(axis, "done", result.potential)
        self.ranks.sum(0.0)  # the result says that the fields of all ranks are there
        if self.ranks.rank == 0:
            known = asdict(replace(result, potential=None))
            known.pop("potential")
            write_json(self.folder / f"{axis}.json", known)
            for path in self._of(axis):
                remove(path)
        self.ranks.sum(0.0)

    def close(self):
        """Take everything away: the solve is done."""
        if self.ranks.rank == 0:
            for path in self._files():
                remove(path)
            with suppress(OSError):  # something of others is in it
                self.folder.rmdir()

    def keeper(self, axis):
        """Return what keeps the potential of an axis."""
        return Keeper(self, axis)

    def put(self, axis, which, values):
        """Write values of this rank along an axis; which: how many times, or "done"."""
        with replacing(self._path(axis, which)) as part, open(part, "wb") as file:
            np.save(file, values)

    def _path(self, axis, which):
        return self.folder / f"{axis}.{which}.{self.ranks.rank}.npy"

    def _of(self, axis):
        return list(self.folder.glob(f"{axis}.[0-9]*.*.npy"))


class Keeper:
    """Keeps the potential of one axis: `begin` once, then at every iteration."""

    def __init__(self, checkpoint, axis):
        self.checkpoint, self.axis, self.number = checkpoint, axis, 0
        self.ranks, self.written = checkpoint.ranks, time.monotonic()

    def begin(self, u):
        """Fill in the potential that was kept last by all ranks, where there is one."""
        counts = {}
        for path in self.checkpoint._of(self.axis):
            number = int(path.name.split(".")[1])
            counts[number] = counts.get(number, 0) + 1
        whole = max((number for number, count in counts.items() if count == self.ranks.size), default=0)
        self.number = int(self.ranks.sum(float(whole if self.ranks.rank == 0 else 0)))
        if self.number:
            u[:] = np.load(self.checkpoint._path(self.axis, self.number))

    def __call__(self, u):
        """Write the potential if the last one is old enough, by the clock of the first rank."""
        due = self.ranks.rank == 0 and time.monotonic() - self.written >= self.checkpoint.every
        if not self.ranks.sum(float(due)):
            return
        self.number, self.written = self.number + 1, time.monotonic()
        self.checkpoint.put(self.axis, self.number, u)
        self.ranks.sum(0.0)  # all have written: the one before is no longer needed
        remove(self.checkpoint._path(self.axis, self.number - 1))
