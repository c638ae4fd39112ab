"""A case of a study: a process of its own, with threads of its own, here or on a worker of a cluster.

A case whose result is there already is not run again; an interrupted one goes on from its checkpoint, also on
another worker. A lock on the case keeps two runs out of one folder; a process ends with the worker that it
belongs to.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from ..base.errors import InputError, MicrosimError
from ..base.locks import locked
from ..base.memory import available_memory
from ..base.provenance import build
from ..case.build import planned_bytes
from ..case.case import load_case
from .origin import differences, origin_of
from .study_workers import LOCAL, cores, workers

COMMAND = ("-m", "microsim.cli.held", "run")
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MOST = 1024  # cases at a time
LOOK = 0.1  # s between looks whether a case is still wanted


def finished(folder, case):
    """Return the result that a complete run of this very case left in a folder, or None."""
    result = _left(folder)
    return result if result and not differences(result.get("origin"), origin_of(case)) else None


def outdated(folder, case):
    """Say why the complete result in a folder is not one of this case as it is now; "" where there is none or
    it is."""
    result = _left(folder)
    return "; ".join(differences(result.get("origin"), origin_of(case))) if result else ""


def _left(folder):
    """Return the result of the complete run in a folder, or None."""
    try:
        result = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    whole = (Path(folder) / "report.html").is_file() and (Path(folder) / "voltage.csv").is_file()
    return result if whole and isinstance(result, dict) else None


@dataclass(frozen=True)
class CrewPlan:
    """How the cases of a study run: `processes` at a time (None: as a cluster can) with `threads` each, on
    `scheduler` (see workers)."""

    processes: int | None
    threads: int
    scheduler: str | None = None


def crew_plan(processes, threads, scheduler, cases):
    """Settle how cases run: as many at a time as there are cores, cases, and room in memory for.

    What is None is chosen; the workers of a scheduler elsewhere say themselves how many cases they take.
    """
    elsewhere = scheduler not in (None, LOCAL)
    if elsewhere and processes is not None:
        raise InputError(
            f"--processes: expected none with --scheduler {scheduler}, whose workers say how many cases they"
            f" take, got {processes}; leave it out."
        )
    if elsewhere:
        return CrewPlan(None, threads or 1, scheduler)
    sound = [case for case in cases if case is not None]
    unlike = {repr(case.volume): case for case in sound}.values()
    each = max(map(planned_bytes, unlike), default=0) if processes is None else 0
    room = int(available_memory() // each) if each else len(cases)
    count = max(1, min(processes or cores(), len(cases) or MOST, max(room, 1)))
    return CrewPlan(count, threads or max(1, cores() // count), scheduler)


def run_all(base, waiting, out_dir, plan, note, told=lambda said: None):
    """Run Variants; note(variant, why it failed or "", where it ran) is called as each ends; told(where)
    before the first."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for variant in waiting:
        if variant.case is None:
            note(variant, variant.mistake, "")
    sound = [variant for variant in waiting if variant.case is not None]
    if not sound:
        return
    with workers(plan.processes, plan.scheduler) as crew:
        if crew.where:
            told(crew.where)
        places = str(Path(base).resolve()), str(out_dir.resolve())
        run = CaseRun(*places, plan.threads, build(), COMMAND)
        jobs = {crew.submit(run, one.name, one.settings): one for one in sound}
        for one in as_completed(jobs):
            note(jobs[one], _outcome(one), crew.where)


def _outcome(future):
    """Return why a case failed, or ""; a case whose workers were lost again and again is one that failed."""
    error = future.exception()
    if error is None:
        return future.result()
    if type(error).__name__ == "KilledWorker":
        return "its worker was lost again and again (KilledWorker): out of memory, or ended by the cluster"
    raise error


@dataclass(frozen=True)
class CaseRun:
    """Runs a case in a process of its own: a function that a worker is sent.

    base, out_dir: file of the base case, and the study's folder, as all workers see them. threads: of each.
    build: of microsim (base.provenance), which must be the same everywhere. command: what Python runs.
    """

    base: str
    out_dir: str
    threads: int
    build: str
    command: tuple

    def __call__(self, name, settings, given_up):
        """Run a case to its end, from its checkpoint if there is one; return what went wrong, or ""."""
        folder = Path(self.out_dir) / name
        if wrong := self._elsewhere():
            return wrong
        try:
            folder.mkdir(exist_ok=True)
            case = load_case(self.base, settings)
            with locked(folder.parent / f".{name}.lock", given_up) as lock:
                if finished(folder, case) is not None:  # by another study, or a worker taken for lost
                    return ""
                for _ in range(2):
                    code, said = self._process(settings, folder, lock, given_up)
                    if code >= 0 or given_up():  # killed: once more, from the checkpoint
                        break
        except MicrosimError as error:
            return str(error)
        except OSError as error:
            return f"expected to write {folder}, got: {error.strerror or error}"
        if code == 0:
            whole = finished(folder, case) is not None
            return "" if whole else "expected a complete result, got none"
        return _why(code, said)

    def _elsewhere(self):
        """Say what a worker lacks that is no part of this machine."""
        for path in (self.out_dir, self.base):
            if not os.path.exists(path):
                return (
                    f"expected {path} on the worker {socket.gethostname()} as well, got nothing there; keep"
                    " the study, its files and its results in a folder that all machines share"
                )
        if build() != self.build:
            return (
                f"expected the same microsim on the worker {socket.gethostname()} (build {self.build}), got"
                f" build {build()}; install the same there"
            )
        return ""

    def _process(self, settings, folder, lock, given_up):
        command = [sys.executable, *self.command, self.base, "--out", str(folder)]
        for setting in settings:
            command += ["--set", setting]
        resume = (folder / ".resume" / "state.npz").is_file()
        code, said = self._ended([*command, "--resume"] if resume else command, lock, given_up)
        if resume and code == 2 and "--resume:" in said:
            # a checkpoint of another case, or one that does not read
            code, said = self._ended(command, lock, given_up)
        return code, said

    def _ended(self, command, lock, given_up):
        """Run a process that holds the lock too; return its exit code and what it said."""
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        env = {**os.environ, **{name: str(self.threads) for name in THREADS}, "PYTHONPATH": path}
        with TemporaryFile() as said:
            streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": said}
            with subprocess.Popen(command, env=env, pass_fds=[lock], **streams) as process:
                while _runs(process):
                    if given_up():
                        process.terminate()
            said.seek(0)
            return process.returncode, said.read().decode(errors="replace")


def _runs(process):
    """Wait a little; tell whether the process still runs."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(LOOK)
    return process.returncode is None


def _why(code, said):
    last = (said.strip().splitlines() or [""])[-1].removeprefix("microsim: ")
    if code < 0:
        return f"killed twice ({signal.Signals(-code).name})"
    return last or f"ended with exit code {code}"
