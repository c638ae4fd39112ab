"""Runs the steps of a study one after the other, each a process of its own, in the folder of the results.

A step is not run again where its command, this build, and the content of every file that it reads are as they
were, and what it wrote is still there; `.steps.json` in the folder keeps these. A step that fails is named;
those that read what it should have written are left out, the others go on.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..base.files import write_json
from ..base.provenance import build
from ..base.schema import listed
from .origin import digest
from .study_crew import THREADS

RECORD = ".steps.json"
CHECKPOINT = Path(".resume") / "state.npz"
FINISHED, FAILED, LEFT_OUT = "finished", "failed", "left out"


@dataclass(frozen=True)
class Ran:
    """How a step went: status, why it failed or was left out, what it took, whether it had run before."""

    name: str
    command: str
    status: str
    message: str = ""
    wall_s: float | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    ran_before: bool = False


class StepCrew:
    """Processes of the steps of a study, in the folder `out`, with `threads` each (None: as they choose).

    lock: file descriptor of the folder's lock, which a step that outlives the study keeps; None: no lock.
    """

    def __init__(self, out, threads=None, lock=None):
        self.out, self.record, self.wrote = Path(out).resolve(), _record(out), {}
        self.shared = () if lock is None else (lock,)
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        self.env = {**os.environ, "PYTHONPATH": path}
        self.env |= {name: str(threads) for name in THREADS if threads}

    def run(self, step):
        """Run a step, or take what it wrote before; return how it went."""
        if missing := self._missing(step):
            self.wrote[step.name] = set()
            return Ran(step.name, step.command, LEFT_OUT, missing)
        reads = self._read_by(step)
        key = sha256(json.dumps([step.words, build(), reads]).encode()).hexdigest()
        before = self.record.get(step.name)
        if before and before["key"] == key and before["wrote"] == self._present(before["wrote"]):
            self.wrote[step.name] = set(before["wrote"])
            return Ran(step.name, step.command, FINISHED, ran_before=True, **before["took"])
        self.wrote[step.name] = set()
        code, said, took = self._process(step)
        if code not in (0, 1) or not self._numbers(step):
            return Ran(step.name, step.command, FAILED, _reason(code, said), **took)
        self._keep(step, key, reads, took)
        return Ran(step.name, step.command, FINISHED, "" if code == 0 else _reason(code, said), **took)

    def _missing(self, step):
        """Say what a step lacks: its data set, or what an earlier step should have written."""
        if step.needs and not _at_hand(step.needs):
            return f"the data set {step.needs} is not here; name its folder in MICROSIM_DATA"
        gone = [name for name in _from_others(step, self.wrote) if not self.wrote[name]]
        return f"it needs {listed(gone)}, of which there is nothing" if gone else ""

    def numbers(self, name):
        """Return what a step wrote with --json."""
        return json.loads((self.out / f"{name}.json").read_text(encoding="utf-8"))

    # -- files -----------------------------------------------------------------------------------------------

    def _named(self, step):
        """Files that the words of a step name and that are there: {path relative to the results: Path}."""
        from ..volumes.named import named_files

        options = [word.partition("=")[2] for word in step.words if word.startswith("--") and "=" in word]
        files = [path.resolve() for _, path in named_files([*step.words, *options], self.out)]
        return {os.path.relpath(path, self.out): path for path in files}

    def _read_by(self, step):
        """Digests of the files that a step reads: those that it names, but for what only it writes."""
        earlier = set().union(*self.wrote.values()) if self.wrote else set()
        found = {}
        for name, path in self._named(step).items():
            inside = not name.startswith("..")
            if not inside or name in earlier or any(name.startswith(f"{one}/") for one in earlier):
                found[name] = digest(path)
        return found

    def _keep(self, step, key, reads, took):
        wrote = [name for name in self._named(step) if name not in reads and not name.startswith("..")]
        self.wrote[step.name] = set(wrote)
        self.record[step.name] = {"key": key, "wrote": self._present(wrote), "took": took}
        write_json(self.out / RECORD, self.record)

    def _present(self, names):
        """Digests of files as they are now; a folder counts by being there, its pages may be drawn again."""
        paths = {name: self.out / name for name in names}
        return {
            name: "folder" if path.is_dir() else digest(path) for name, path in paths.items() if path.exists()
        }

    def _numbers(self, step):
        try:
            return isinstance(self.numbers(step.name), dict)
        except (OSError, ValueError):
            return False

    # -- the process -----------------------------------------------------------------------------------------

    def _process(self, step):
        words = list(step.words)
        resumable = words[0] == "run" and (self.out / words[words.index("--out") + 1] / CHECKPOINT).is_file()
        (self.out / f"{step.name}.json").unlink(missing_ok=True)  # of an earlier command
        code, said, took = self._ended([*words, "--resume"] if resumable else words)
        if resumable and code == 2 and "--resume:" in said:  # the checkpoint is of another case
            code, said, took = self._ended(words)
        return code, said, took

    def _ended(self, words):
        """Run a command to its end: exit code, what it said, {wall_s, cpu_s, peak_memory_bytes}."""
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "microsim", *words],
            cwd=self.out,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=self.shared,
        )
        try:
            said = process.stderr.read().decode(errors="replace")
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            with suppress(OSError):
                process.terminate()
                process.wait(10)
            raise
        finally:
            process.stderr.close()
        scale = 1 if sys.platform == "darwin" else 1024
        took = {
            "wall_s": time.perf_counter() - begun,
            "cpu_s": used.ru_utime + used.ru_stime,
            "peak_memory_bytes": used.ru_maxrss * scale,
        }
        return process.returncode, said, took


def _record(out):
    try:
        record = json.loads((Path(out) / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _from_others(step, wrote):
    """Earlier steps whose name stands among the words of a step as a file's: electrode.tif, electrode/x."""
    words = [part for word in step.words[1:] for part in word.replace("=", ",").split(",")]
    stems = {part for word in words for part in (Path(word).name.partition(".")[0], *Path(word).parts[:1])}
    return [name for name in wrote if name in stems]


def _at_hand(name):
    from ..volumes.datasets import known_path

    return known_path(name) is not None


def _reason(code, said):
    """Say why a command ended, in its own words."""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    said = lines[-1].strip().removeprefix("microsim: ") if lines else ""
    return f"killed (signal {-code})" if code < 0 else said or f"ended with exit code {code}"
