import subprocess
import sys
import types

import pytest

from microsim.base import launch
from microsim.base.launch import MARKS, fail_together, launch_rank


@pytest.fixture
def alone(monkeypatch):
    for mark in MARKS:
        monkeypatch.delenv(mark, raising=False)
    monkeypatch.setattr(launch, "PATIENCE", 0.03)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    return monkeypatch


@pytest.mark.parametrize("mark", MARKS)
def test_the_rank_is_what_the_launcher_says(alone, mark):
    assert launch_rank() is None
    alone.setenv(mark, "3")
    assert launch_rank() == 3


def test_a_process_of_its_own_says_what_is_wrong(alone):
    said = []
    assert fail_together(lambda: said.append(1), 2) == 2 and said == [1]


def test_of_ranks_that_lack_the_same_the_first_speaks(alone):
    alone.setattr(sys, "argv", ["microsim", "transport", "v.npy", "--backend", "mpi"])
    for rank, words in (("0", [1]), ("1", [])):
        alone.setenv("PMI_RANK", rank)
        said = []
        assert fail_together(lambda said=said: said.append(1), 2) == 2 and said == words


class World:
    """A communicator whose other ranks fail too, or do not."""

    def __init__(self, alike):
        self.alike, self.aborted, self.sent = alike, None, []

    def Isend(self, what, rank, tag):
        self.sent.append((rank, tag))

    def Ibarrier(self):
        return types.SimpleNamespace(Test=lambda: self.alike)

    def Abort(self, code):
        self.aborted = code


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("alike", [True, False])
def test_a_rank_that_fails_alone_speaks_and_ends_the_others(alone, rank, alike):
    world, said = World(alike), []
    alone.setitem(sys.modules, "mpi4py.MPI", types.SimpleNamespace(COMM_WORLD=world))
    alone.setenv("PMI_RANK", str(rank))
    assert fail_together(lambda: said.append(1), 3) == 3
    assert said == ([1] if rank == 0 or not alike else [])
    assert world.aborted == (None if alike else 3)
    assert world.sent == ([(0, launch.FAILED)] if rank else [])


@pytest.mark.parametrize(
    "told, share",
    [
        ({}, 1.0),
        ({"PMI_SIZE": "4", "MPI_LOCALNRANKS": "2"}, 0.5),
        ({"OMPI_COMM_WORLD_SIZE": "3", "OMPI_COMM_WORLD_LOCAL_SIZE": "3"}, 1.0),
        ({"PMI_SIZE": "4"}, 1.0),
    ],
)
def test_a_machine_has_its_share_of_the_ranks(alone, told, share):
    for name in (*launch.SIZE, *launch.LOCAL):
        alone.delenv(name, raising=False)
    for name, value in told.items():
        alone.setenv(name, value)
    assert launch.share_of_node() == share


@pytest.mark.parametrize(
    "told, words, count",
    [
        ({}, ["mpi"], 1),
        ({"PMI_RANK": "1", "PMI_SIZE": "4", "MPI_LOCALNRANKS": "2"}, ["mpi"], 2),
        ({"PMI_RANK": "1", "PMI_SIZE": "4"}, ["mpi"], 4),
        ({"PMI_RANK": "1", "PMI_SIZE": "4"}, ["cpu"], 1),  # each for itself
    ],
)
def test_a_machine_has_so_many_of_the_ranks(alone, told, words, count):
    for name in (*launch.MARKS, *launch.SIZE, *launch.LOCAL):
        alone.delenv(name, raising=False)
    for name, value in told.items():
        alone.setenv(name, value)
    alone.setattr(sys, "argv", ["microsim", "run", *words])
    assert launch.ranks_here() == count


DIES = """
import os, sys
from microsim.base import launch
launch.watch("it was killed")
{end}
"""


@pytest.mark.parametrize(
    "end, said",
    [
        ("os.kill(os.getpid(), 9)", "it was killed\n"),
        ("", ""),
        ("sys.exit(2)", ""),
        ("launch.unwatch(); os._exit(0)", ""),
    ],
)
def test_the_watcher_speaks_for_a_process_that_was_killed(end, said):
    command = [sys.executable, "-c", DIES.format(end=end)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.stderr == said


@pytest.mark.parametrize(
    "end, left", [("os.kill(os.getpid(), 9)", False), ("sys.exit(2)", True), ("launch.unwatch()", True)]
)
def test_the_watcher_takes_half_files_of_a_process_that_was_killed_away(tmp_path, end, left):
    half, gone = tmp_path / "half é.part", tmp_path / "taken its name.part"
    half.write_text("half")
    told = "".join(f"launch.clear_if_killed({str(path)!r}); " for path in (half, gone))
    command = [sys.executable, "-c", DIES.format(end=told + end)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert half.exists() == left and done.stderr == ("" if left else "it was killed\n")


@pytest.mark.parametrize("there", [True, False])
def test_the_watcher_is_told_of_a_failure_that_is_said_elsewhere(alone, there):
    asked = []
    alone.setattr(launch, "_watcher", [types.SimpleNamespace(communicate=asked.append)])
    launch.heed_failure(types.SimpleNamespace(Iprobe=lambda tag: there and tag == launch.FAILED))
    assert asked == ([b"."] if there else [])
