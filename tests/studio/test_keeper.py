"""The keeper: one job, started once, stopped as Ctrl-C stops it, its end noted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .waiting import asked, until

ROOT = Path(__file__).parents[2]
WAITS = """
import os, sys, time
print("begun", os.getcwd(), os.environ.get("MICROSIM_PROGRESS"), flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit("microsim: interrupted by Ctrl-C.") if "deaf" not in sys.argv else time.sleep(60)
"""


@pytest.fixture
def started(place, tmp_path):
    """A function that starts the keeper of a job whose program is a text; every keeper goes at the end."""
    keepers = []

    def start(record, program):
        (tmp_path / "program.py").write_text(program)
        code = (
            "import sys\nfrom microsim.studio import keeper\n"
            f"keeper.command = lambda words: [sys.executable, {str(tmp_path / 'program.py')!r}, *words]\n"
            f"keeper.keep({str(place.root)!r}, {record.number})\n"
        )
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path}
        keepers.append(
            subprocess.Popen([sys.executable, "-c", code], env=environment, start_new_session=True)
        )
        return keepers[-1]

    yield start
    for keeper in keepers:
        keeper.terminate()
        keeper.wait(10)


def test_it_runs_in_the_folder_and_notes_the_end(place, started):
    record = asked(place, "word")
    code = "import sys, os; print(sys.argv[1:], os.getcwd()); print('oh', file=sys.stderr); sys.exit(3)"
    assert started(record, code).wait(20) == 0
    assert record.text("out.txt") == f"['word'] {place.root}\n" and record.text("err.txt") == "oh\n"
    assert (record.state, record.read("ended.json")["code"]) == ("failed", 3)


def test_a_job_is_started_once(place, started):
    record = asked(place, "word")
    program = f"open({str(place.root / 'ran')!r}, 'a').write('once '); import time; time.sleep(1)"
    first, second = started(record, program), started(record, program)
    assert (first.wait(20), second.wait(20)) == (0, 0) and started(record, program).wait(20) == 0
    assert (place.root / "ran").read_text() == "once "


def test_what_was_taken_out_of_the_queue_is_not_started(place, started):
    record = asked(place, "word")
    record.stop()
    assert started(record, "print('no')").wait(20) == 0 and record.text("out.txt") == ""


def test_stopping_is_ctrl_c(place, started):
    record = asked(place, "word")
    keeper = started(record, WAITS)
    until(lambda: "begun" in record.text("out.txt"))
    assert str(record.folder / "progress.json") in record.text("out.txt")
    record.stop()
    assert keeper.wait(20) == 0 and "interrupted by Ctrl-C" in record.sentence()


def test_what_does_not_stop_is_ended(place, started):
    record = asked(place, "deaf")
    keeper = started(record, WAITS)
    until(lambda: "begun" in record.text("out.txt"))
    record.stop()
    until(lambda: record.state == "stopping")
    record.stop(now=True)
    assert keeper.wait(20) == 0 and record.state == "stopped" and record.sentence() == "stopped at once"


def test_a_job_whose_keeper_is_killed_runs_on_and_is_then_lost(place, started):
    record = asked(place, "word")
    keeper = started(record, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    pid = int(until(lambda: record.text("out.txt").strip()))
    keeper.kill()
    keeper.wait()
    assert record.state == "running"
    os.kill(pid, signal.SIGKILL)
    until(lambda: record.state == "lost")
