"""Processes that run the cases of a study, each with threads of its own.

A case whose result is there already is not run again; an interrupted one goes on from its checkpoint. A lock
that the case's own process holds keeps two runs out of one folder, also where the study itself was killed and
its processes live on.
"""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from ..base.locks import locked
from .origin import differences, origin_of

COMMAND = (sys.executable, "-m", "microsim", "run")
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


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


def run_all(base, waiting, out_dir, processes, threads, note):
    """Run variants, `processes` at a time with `threads` each; note(variant, why it failed or "") is called
    as each ends."""
    crew, pool = Crew(base, out_dir, threads), ThreadPoolExecutor(processes)
    try:
        jobs = {pool.submit(crew.run, variant): variant for variant in waiting if variant.case is not None}
        for variant in waiting:
            if variant.case is None:
                note(variant, variant.mistake)
        for one in as_completed(jobs):
            note(jobs[one], one.result())
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        crew.stop()
        raise
    finally:
        pool.shutdown()


class Crew:
    """Processes that run cases, `threads` each; stop() ends those that this crew started."""

    def __init__(self, base, out_dir, threads):
        self.base, self.out_dir, self.processes, self.stopped = base, out_dir, set(), False
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        self.env = {**os.environ, **{name: str(threads) for name in THREADS}, "PYTHONPATH": path}

    def run(self, variant):
        """Run a case to its end, from its checkpoint if there is one; return what went wrong, or nothing."""
        folder = self.out_dir / variant.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder.parent / f".{variant.name}.lock", lambda: self.stopped) as lock:
                if finished(folder, variant.case) is not None:  # by a process of a study that was killed
                    return ""
                for _ in range(2):
                    code, said = self._process(variant, folder, lock)
                    if code >= 0 or self.stopped:  # killed: once more, from the checkpoint
                        break
        except OSError as error:
            return f"expected to write {folder}, got: {error.strerror or error}"
        if code == 0:
            return (
                "" if finished(folder, variant.case) is not None else "expected a complete result, got none"
            )
        last = (said.strip().splitlines() or [""])[-1].removeprefix("microsim: ")
        return (
            f"killed twice ({signal.Signals(-code).name})"
            if code < 0
            else last or f"ended with exit code {code}"
        )

    def _process(self, variant, folder, lock):
        command = [*COMMAND, str(self.base), "--out", str(folder)]
        for setting in variant.settings:
            command += ["--set", setting]
        resume = (folder / ".resume" / "state.npz").is_file()
        code, said = self._ended([*command, "--resume"] if resume else command, lock)
        if (
            resume and code == 2 and "--resume:" in said
        ):  # a checkpoint of another case, or one that does not read
            code, said = self._ended(command, lock)
        return code, said

    def _ended(self, command, lock):
        """Run a process that holds the lock too; return its exit code and what it said."""
        with subprocess.Popen(
            command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[lock],
        ) as process:
            self.processes.add(process)
            if self.stopped:
                process.terminate()
            _, said = process.communicate()
        self.processes.discard(process)
        return process.returncode, said

    def stop(self):
        """End the processes of this crew."""
        self.stopped = True
        for process in list(self.processes):
            process.terminate()
