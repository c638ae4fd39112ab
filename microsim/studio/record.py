"""What is kept of a job on disk: what was asked, when it began, how far it is, how it ended.

Each file is written whole: asked.json and stop.json by the server, started.json and ended.json by who holds
the job's lock, progress.json by the job itself. A job runs while its lock is held, whatever else is written.
"""

import json
import os
import re
import shlex
import signal
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..base.files import write_json
from ..base.locks import locked
from .places import OWN, Place

JOBS = "jobs"
TAIL = 20000  # characters of what a job printed that a page shows
DOUBTS = re.compile(r"^doubt: (.+)$", re.MULTILINE)  # what a job doubts of its own result
LINKS = re.compile(r"^([\w -]+): (\S.*)$", re.MULTILINE)  # how a command tells what it wrote
CTRL_C = (130, -signal.SIGINT)  # as the program ends itself, and as the system does while it is being loaded


@dataclass(frozen=True)
class JobRecord:
    """The folder of a job, ROOT/.microsim-studio/jobs/0001. root: the studio's folder."""

    root: Path
    number: int

    @property
    def folder(self):
        """Where its files lie."""
        return self.root / OWN / JOBS / f"{self.number:04d}"

    def read(self, name):
        """Return the plain data of a file, {} where it is not there yet."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def write(self, name, **values):
        """Write a file of plain data."""
        write_json(self.folder / name, values)

    def text(self, name):
        """Return the end of what the job printed."""
        try:
            return (self.folder / name).read_text(encoding="utf-8", errors="replace")[-TAIL:]
        except OSError:
            return ""

    @property
    def words(self):
        """The command line, without the program's name."""
        return self.read("asked.json").get("words", [])

    @property
    def alive(self):
        """Whether its keeper, or what the keeper started, still runs."""
        if not (self.folder / "running").exists():
            return False
        try:
            with locked(self.folder / "running", lambda: True):
                return False
        except BlockingIOError:
            return True

    @property
    def state(self):
        """waiting, running, stopping, done, stopped, failed or lost."""
        if ended := self.read("ended.json"):
            code, asked = ended["code"], (self.folder / "stop.json").exists()
            if code == 0:
                return "done"
            return "stopped" if code is None or code in CTRL_C or asked and code < 0 else "failed"
        if self.alive:
            return "stopping" if (self.folder / "stop.json").exists() else "running"
        if not (self.folder / "started.json").exists():
            return "waiting"
        return "lost" if not self.read("ended.json") else self.state  # it may have ended meanwhile

    def stop(self, now=False):
        """Let the keeper pass Ctrl-C on, or with `now` kill; a job that waits is taken out of the queue."""
        if self.state == "waiting" and self._taken_out():
            return
        if self.state in ("running", "stopping"):
            self.write("stop.json", time=time.time())
            os.kill(self.read("started.json")["pid"], signal.SIGTERM if now else signal.SIGINT)

    def _taken_out(self):
        """Note the end of a job that no keeper has begun with; False where one has meanwhile."""
        try:
            with locked(self.folder / "running", lambda: True):
                if not (self.folder / "started.json").exists():
                    self.write("ended.json", code=None, time=time.time())
                    return True
        except BlockingIOError:
            pass
        return False

    def sentence(self):
        """Say how it ended, in the words of the program where it has some."""
        state, code = self.state, self.read("ended.json").get("code")
        if state == "lost":
            return "ended without a word: it was killed, or the machine was started again"
        if state == "stopped" and code is None:
            return "taken out of the queue"
        if state not in ("failed", "stopped"):
            return ""
        lines = [line for line in self.text("err.txt").splitlines() if line.strip()]
        own = [line.removeprefix("microsim: ") for line in lines if line.startswith("microsim: ")]
        if own:
            return own[-1]
        if code < 0 and state == "stopped":
            return "stopped at once" if code == -signal.SIGKILL else "interrupted as it began"
        if code < 0:
            name = signal.Signals(-code).name
            memory = ": most often the system's answer to too little memory" * (name == "SIGKILL")
            return f"ended by the signal {name}{memory}"
        last = lines[-1] if lines else "without a word"
        return f"the program failed, which is its fault and not yours: {last}"

    def resumed(self):
        """Return the command line that goes on with it, None where there is nothing to go on with."""
        words = self.words
        if self.state not in ("stopped", "failed", "lost") or words[:1] not in (["run"], ["study"]):
            return None
        if words[0] == "study":  # goes on by itself
            return words
        return words if "--resume" in words else [*words, "--resume"] if self._checkpoint() else None

    def resume_line(self):
        """Return the command line that goes on with it as a terminal takes it, or None."""
        words = self.resumed()
        return f"microsim {shlex.join(words)}" if words else None

    def _checkpoint(self):
        words = self.words
        given = dict(pairwise(words))
        case = next((word for word in words[1:] if word.lower().endswith((".yaml", ".yml"))), "")
        out = Path(given.get("--out") or Path("out") / Path(case).stem)
        return (self.root / out / ".resume" / "state.npz").is_file()

    def progress(self):
        """Return how far it is: done, total, message, and s left where that can be told."""
        kept = self.read("progress.json")
        passed, gone = (
            kept.get("done", 0) - kept.get("begun_done", 0),
            kept.get("time", 0) - kept.get("begun", 0),
        )
        if kept.get("total") and passed > 0 and gone > 0:
            waited = max(0.0, time.time() - kept["time"])
            kept["left_s"] = max(0.0, gone / passed * (kept["total"] - kept["done"]) - waited)
        return kept

    def told(self):
        """Tell everything that a page shows of it, as plain data."""
        state, asked = self.state, self.read("asked.json")
        return {
            "number": self.number,
            "line": f"microsim {shlex.join(self.words)}",
            "state": state,
            "asked": asked.get("time"),
            "started": self.read("started.json").get("time"),
            "ended": self.read("ended.json").get("time"),
            "progress": self.progress() if state in ("running", "stopping") else {},
            "sentence": self.sentence(),
            "resume": self.resume_line(),
            "written": self.written() if state == "done" else [],
            "doubts": DOUBTS.findall(self.text("out.txt")) if state == "done" else [],
        }

    def written(self):
        """List [label, path] of the files that it said it wrote and that are there."""
        found = [(label, path.strip()) for label, path in LINKS.findall(self.text("out.txt"))]
        return [
            [label, path]
            for label, path in found
            if Place(self.root).holds(path) and (self.root / path).exists()
        ]
