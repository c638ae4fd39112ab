"""The process that stays with one job while servers come and go: starts it, passes Ctrl-C on, notes its end.

python -m microsim.studio.keeper FOLDER NUMBER
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from ..base.locks import locked
from .record import JobRecord

PATIENCE = 3.0  # s


def command(words):
    """Return the command that a job is; -P: modules that lie in the studio's folder are not the program's."""
    return [sys.executable, "-P", "-m", "microsim", *words]


def keep(root, number):
    """Run a job to its end, once: of two keepers of one job the second does nothing."""
    record = JobRecord(Path(root), number)
    try:
        until = time.monotonic() + PATIENCE  # a server that looks holds the lock for a moment
        with locked(record.folder / "running", lambda: time.monotonic() > until) as lock:
            if not (record.folder / "started.json").exists() and not record.read("ended.json"):
                _run(record, lock)
    except BlockingIOError:
        return


def _run(record, lock):
    child, asked = None, []

    def passed_on(number, frame):
        asked.append(number)
        if child is not None:
            _signal(child, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, passed_on)
    record.write("started.json", pid=os.getpid(), time=time.time())
    environment = {**os.environ, "MICROSIM_PROGRESS": str(record.folder / "progress.json")}
    with open(record.folder / "out.txt", "wb") as out, open(record.folder / "err.txt", "wb") as err:
        child = subprocess.Popen(
            command(record.words),
            cwd=record.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            process_group=0,  # with what it starts itself
            pass_fds=[lock],  # so that the job counts as running where this process is killed
        )
        for number in asked:
            _signal(child, number)
        code = child.wait()
    record.write("ended.json", code=code, time=time.time())


def _signal(child, number):
    """Pass Ctrl-C on to a job and what it started; what ends a keeper kills them."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGINT if number == signal.SIGINT else signal.SIGKILL)


if __name__ == "__main__":
    keep(sys.argv[1], int(sys.argv[2]))
