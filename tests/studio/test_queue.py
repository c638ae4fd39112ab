"""The queue: lines are checked, jobs run one after the other, a new server finds them again."""

import subprocess
import sys

import pytest

from microsim.base.errors import InputError
from microsim.studio.places import Outside
from microsim.studio.queue import Queue

from .waiting import until


@pytest.fixture
def queue(place, monkeypatch):
    """A queue whose keepers do nothing but wait until they are ended."""
    started = []

    def keeper(self, number):
        started.append(number)
        code = (
            "import sys, time\nfrom pathlib import Path\nfrom microsim.base.locks import locked\n"
            "from microsim.studio.record import JobRecord\n"
            f"record = JobRecord(Path({str(place.root)!r}), {number})\n"
            "with locked(record.folder / 'running'):\n"
            "    record.write('started.json', pid=1, time=0)\n"
            "    while not (record.root / 'go').exists():\n        time.sleep(0.02)\n"
            "    record.write('ended.json', code=0, time=1)\n"
        )
        return subprocess.Popen([sys.executable, "-c", code])

    monkeypatch.setattr(Queue, "_keeper", keeper)
    queue = Queue(place)
    queue.started = started
    yield queue
    (place.root / "go").touch()
    for process in queue.keepers.values():
        process.wait(20)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("microsim info labels.tif", ["info", "labels.tif"]),
        ("info 'a b.tif' --json -", ["info", "a b.tif", "--json", "-"]),
        (
            'run c.yaml --set protocol.0="Rest for 1 minute"',
            ["run", "c.yaml", "--set", "protocol.0=Rest for 1 minute"],
        ),
        ("microsim info a.tif \\\n    --json -", ["info", "a.tif", "--json", "-"]),
    ],
)
def test_a_line_is_read_as_a_terminal_reads_it(queue, line, words):
    assert queue.words_of(line) == words


@pytest.mark.parametrize(
    "line", ["", "microsim", "--version", "studio .", "microsim studio", None, 3, ["run"], 'run "x', "a\0b"]
)
def test_what_is_no_command_is_refused(queue, line):
    with pytest.raises(InputError, match="expected a command"):
        queue.add(line)
    assert queue.records() == []


def test_a_line_that_reaches_outside_is_refused(queue):
    with pytest.raises(Outside):
        queue.add("info ../secret/grey.tif")


def test_no_shell_reads_the_line(queue):
    line = "info labels.tif; touch a && $(touch b) | cat"
    assert queue.record(queue.add(line)).words == line.split()


def test_a_case_that_reaches_outside_by_the_time_it_would_run_is_refused(queue, place):
    (place.root / "case.yaml").write_text("volume: {file: labels.tif}\n")
    for line in ("info labels.tif", "run case.yaml"):
        queue.add(line)
    until(lambda: queue.record(1).state == "running")
    (place.root / "case.yaml").write_text("volume: {file: ../secret/grey.tif}\n")
    (place.root / "go").touch()
    until(lambda: queue.record(1).state == "done")
    until(lambda: queue.look() or queue.record(2).state == "failed")
    assert queue.started == [1]
    assert "inside of the studio's folder" in queue.record(2).sentence()


def test_one_runs_at_a_time_and_others_wait(queue):
    numbers = [queue.add("info labels.tif") for _ in range(3)]
    queue.look()
    assert numbers == [1, 2, 3] and queue.started == [1]
    until(lambda: queue.record(1).state == "running")
    assert [told["state"] for told in queue.told()] == ["waiting", "waiting", "running"]
    queue.at_once = 2
    queue.look()
    assert queue.started == [1, 2]


def test_the_next_begins_when_one_ends_and_a_new_server_finds_all(queue, place):
    for _ in range(2):
        queue.add("info labels.tif")
    until(lambda: queue.record(1).state == "running")
    later = Queue(place)  # of a server that was started again
    later.look()
    assert queue.started == [1] and [told["state"] for told in later.told()] == ["waiting", "running"]
    (place.root / "go").touch()
    until(lambda: later.record(1).state == "done")
    later.look()
    assert queue.started == [1, 2]
    until(lambda: later.record(2).state == "done")
    assert [told["state"] for told in Queue(place).told()] == ["done", "done"]
    for process in later.keepers.values():
        process.wait(20)


def test_an_unknown_number_is_refused(queue):
    with pytest.raises(InputError, match="number: expected that of a job"):
        queue.record(7)
