"""Where the numbers of a command with a page come from, in the crate that a run has, too (jobs/crate).

In the place of the case stands the command: its words, where it was given, what it writes, all its numbers.
`microsim reproduce FOLDER` gives it again.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

from ..base.errors import InputError, NotConverged
from ..base.files import make_folder, plain, remove
from ..base.gallery import PACKAGE
from ..base.guard import ONLY_INTO
from .crate import write_crate

OF_A_RUN = "result.json"  # in a folder whose crate is that of a run
NUMBERS = "numbers.json"  # of the second time
NOT_CONVERGED = 3


@dataclass(frozen=True)
class Command:
    """A command that was given, as a crate has it.

    name      transport, say
    words     what follows it, without what it writes
    page      option of the folder of its page
    outputs   {option: path} of the files that it writes
    inputs    files that it reads
    place     folder in which it was given, as seen from that of its page
    numbers   what --json says of it
    """

    name: str
    words: list
    page: str
    outputs: dict
    inputs: list
    place: str
    numbers: dict

    path = None
    protocol = ()

    @property
    def title(self):
        return f"{self.name} of {self.inputs[0].name}" if self.inputs else self.name

    @property
    def sha256(self):
        return sha256(json.dumps([self.name, *self.words]).encode()).hexdigest()

    def as_dict(self):
        """Return it as plain data."""
        own = {key: getattr(self, key) for key in ("name", "words", "page", "place", "numbers")}
        return {"command": plain(own | {"outputs": {key: str(path) for key, path in self.outputs.items()}})}


def write_command_crate(folder, command, seconds):
    """Write the crate of a command beside its page, unless the folder is that of a run; return its path or
    None. seconds: that it took."""
    if (Path(folder) / OF_A_RUN).exists():
        return None
    # a file is called as it was typed; one that was named otherwise, as a data set, by its name alone
    inputs = [
        (str(path) if any(str(path) in word for word in command.words) else path.name, path)
        for path in command.inputs
    ]
    return write_crate(folder, command, {**plain(command.numbers), "wall_s": seconds}, inputs=inputs)


def given_again(crate, out, folder):
    """Give the command of a crate again, its page and files in the folder `out`; return what stands for its
    result (folder, numbers) and sentences on inputs that have changed.

    folder: in which its inputs are looked for first, or None. Raises InputError and NotConverged as it does.
    Whatever its words ask for, it writes into `out` alone: a crate may be anybody's.
    """
    asked = crate.case["command"]
    place = crate.folder.resolve() / asked["place"]
    place = place if place.is_dir() else Path.cwd()
    words, causes = _placed(asked["words"], crate, place, folder)
    make_folder(out)
    into = Path(out).resolve()
    remove(into / NUMBERS)
    writes = [asked["page"], str(into), "--json", str(into / NUMBERS)]
    for option, path in asked["outputs"].items():
        writes += [option, str(into / Path(path).name)]
    command = [sys.executable, "-m", "microsim", asked["name"], *words, *writes]
    here = os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])  # this very microsim
    # a folder that holds already, where this is itself a crate's command, stays the one
    environment = {ONLY_INTO: str(into), **os.environ, "PYTHONPATH": here, "TMPDIR": str(into)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and not (into / NUMBERS).is_file():  # a claim that fails has numbers, too
        said = done.stderr.strip().splitlines()
        error = NotConverged if done.returncode == NOT_CONVERGED else InputError
        raise error(said[-1].removeprefix("microsim: ") if said else f"{asked['name']} failed again.")
    found = json.loads((into / NUMBERS).read_text(encoding="utf-8"))
    return SimpleNamespace(folder=Path(out), numbers=lambda: found), causes


def _placed(words, crate, place, folder):
    """Return words whose files are named where they lie today, and what has changed about them."""
    from ..volumes.named import named_files
    from .origin import digest

    causes = []
    for one in crate.inputs:
        named = one["key"]
        tries = [*([] if folder is None else [folder / one["name"]]), place / named]
        found = next((path.resolve() for path in tries if named_files(str(path))), None)
        if found is None and not any(named in word for word in words):
            continue  # of a data set, or within another file: whoever reads it says so
        if found is None:
            raise InputError(
                f"expected {one['name']} ({one['size']} bytes, sha256 {one['sha256'][:12]}...), found no"
                f" {' or '.join(map(str, tries))}; put it there, or name its folder with --inputs."
            )
        if digest(found) != one["sha256"]:
            causes.append(f"{one['name']} has changed")
        if found != (place / named).resolve():
            words = [word.replace(named, str(found)) for word in words]
    return words, causes
