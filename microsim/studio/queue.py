"""The jobs of a studio's folder: asked for, started one after the other, found again after a restart."""

import shlex
import subprocess
import sys
import threading
import time
from contextlib import suppress

from ..base.errors import InputError, MicrosimError
from ..base.files import write_text
from ..base.schema import say
from .places import OWN
from .record import JOBS, JobRecord

NOT_HERE = ("studio",)  # commands that are no job
BUSY = ("running", "stopping")


class Queue:
    """The jobs of a Place; at_once: how many run at a time."""

    def __init__(self, place, at_once=1):
        self.place, self.at_once, self.lock = place, at_once, threading.Lock()
        self.keepers, self.over = {}, threading.Event()
        self.over_told = {}  # {number: what is told of a job that has ended}

    @property
    def folder(self):
        """Where the records lie."""
        return self.place.root / OWN / JOBS

    def records(self):
        """List the jobs in the order in which they were asked for."""
        if not self.folder.is_dir():
            return []
        numbers = sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdecimal())
        found = [JobRecord(self.place.root, number) for number in numbers]
        return [record for record in found if (record.folder / "asked.json").is_file()]

    def record(self, number):
        """Return a job by its number."""
        found = next((record for record in self.records() if record.number == number), None)
        if found is None:
            raise InputError(f"number: expected that of a job, got {say(number)}; take one of the list.")
        return found

    def told(self):
        """Tell all jobs, the last one first; what is told of one that has ended stays."""
        rows = []
        for record in reversed(self.records()):
            if record.number not in self.over_told:
                told = record.told()
                if told["state"] in ("waiting", *BUSY):
                    rows.append(told)
                    continue
                self.over_told[record.number] = told
            told = self.over_told[record.number]
            resumed = record.resume_line() if told["resume"] else None  # what it left may be gone meanwhile
            rows.append({**told, "resume": resumed})
        return rows

    def words_of(self, line):
        """Take a command line apart as a terminal does, and refuse one that reaches outside of the folder."""
        try:
            # as documentation breaks a long line, and a shell joins it
            words = shlex.split(line.replace("\\\n", " ")) if isinstance(line, str) else []
        except ValueError as error:
            raise InputError(
                f"expected a command line, got {say(line)} ({error}); close the quotes."
            ) from None
        words = words[1:] if words[:1] == ["microsim"] else words
        if not words or words[0].startswith("-") or words[0] in NOT_HERE or "\0" in line:
            raise InputError(f"expected a command like run case.yaml, got {say(line)}; name a command first.")
        self.place.check_words(words)
        return words

    def add(self, line):
        """Put a command line into the queue; return its number."""
        words = self.words_of(line)
        with self.lock:
            number = max((record.number for record in self.records()), default=0) + 1
            record = JobRecord(self.place.root, number)
            record.folder.mkdir(parents=True)
            record.write("asked.json", words=words, time=time.time())
        self.look()
        return number

    def look(self):
        """Start what waits, as far as others have ended."""
        with self.lock:
            self.keepers = {n: keeper for n, keeper in self.keepers.items() if keeper.poll() is None}
            states = {record.number: record.state for record in self.records()}
            # a keeper that was started a moment ago has not said so yet
            busy = {n for n, state in states.items() if state in BUSY} | set(self.keepers)
            waiting = [n for n, state in states.items() if state == "waiting" and n not in busy]
            for number in waiting[: max(0, self.at_once - len(busy))]:
                if self._still_inside(number):
                    self.keepers[number] = self._keeper(number)

    def _still_inside(self, number):
        """Whether a job that waited still names nothing outside; it has failed where its case now does."""
        record = JobRecord(self.place.root, number)
        try:
            self.place.check_words(record.words)
        except InputError as error:
            write_text(record.folder / "err.txt", f"microsim: {' '.join(str(error).split())}\n")
            record.write("ended.json", code=InputError.exit_code, time=time.time())
            return False
        return True

    def _keeper(self, number):
        words = [sys.executable, "-P", "-m", "microsim.studio.keeper", str(self.place.root), str(number)]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        return subprocess.Popen(words, cwd=self.place.root, start_new_session=True, **streams)

    def watch(self, every=0.5):
        """Look after the queue in a thread until `over` is set."""

        def looking():
            while not self.over.wait(every):
                with suppress(MicrosimError, OSError):  # a full disk, say: the next look may find room
                    self.look()

        threading.Thread(target=looking, daemon=True).start()
