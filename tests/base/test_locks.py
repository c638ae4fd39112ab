"""Locks on folders: one run at a time, and none left behind by a program that ended."""

import os
import signal
import subprocess
import sys

import pytest

from microsim.base.errors import InputError
from microsim.base.locks import alone_in, locked

HOLDS = """
import sys, time
from microsim.base.locks import alone_in
with alone_in(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another program that works in the folder."""
    program = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE)
    assert program.stdout.readline() == b"held\n"
    yield program
    program.kill()
    program.wait()
    program.stdout.close()


def test_a_folder_takes_one_run_at_a_time(tmp_path, holder):
    with pytest.raises(InputError, match="no other run works, got .*; wait for it"), alone_in(tmp_path):
        raise AssertionError


def test_the_lock_of_a_dead_program_is_not_in_the_way(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert os.listdir(tmp_path) == [".lock"]
    with alone_in(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_lock_that_was_removed_while_it_was_waited_for_does_not_count(tmp_path):
    """Two would hold a lock of one name otherwise: on the file that is gone and on the one that is there."""
    with locked(tmp_path / "lock"):
        os.unlink(tmp_path / "lock")
        with locked(tmp_path / "lock", lambda: True) as other:
            assert os.path.samestat(os.fstat(other), os.stat(tmp_path / "lock"))


def test_a_lock_lasts_as_long_as_a_child_that_has_it(tmp_path):
    with locked(tmp_path / "lock") as descriptor:
        child = subprocess.Popen(["sleep", "30"], pass_fds=[descriptor])
    with pytest.raises(BlockingIOError), locked(tmp_path / "lock", lambda: True):
        pass
    child.kill()
    child.wait()
    with locked(tmp_path / "lock") as descriptor:
        assert os.fstat(descriptor)


def test_an_empty_folder_that_was_made_for_the_lock_goes_with_it(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    for folder in (tmp_path / "new", kept):
        with alone_in(folder):
            assert folder.is_dir()
    assert not (tmp_path / "new").exists() and kept.is_dir()
    with alone_in(tmp_path / "new"):
        (tmp_path / "new" / "file").write_text("")
    assert (tmp_path / "new" / "file").is_file()
