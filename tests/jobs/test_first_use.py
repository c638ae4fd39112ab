"""Compiling ahead on another core, the first time that a run needs a half cell's kernels."""

import subprocess
import sys

import pytest

from microsim.jobs import first_use
from microsim.numerics import backend


@pytest.fixture
def started(monkeypatch):
    """Commands that were started in place of processes, on two cores."""
    commands = []

    class Process:
        def __init__(self, command, **_):
            commands.append(command)

        def wait(self):
            return 0

    monkeypatch.setattr(subprocess, "Popen", Process)
    monkeypatch.setattr(first_use, "_cores", lambda: 2)
    return commands


def test_one_process_compiles_what_is_not_kept(started, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert first_use.compile_ahead() is not None
    assert started == [[sys.executable, "-m", "microsim.jobs.first_use"]]


def test_none_where_it_is_kept(started):
    first_use.run_corner()
    assert not backend.lacks(first_use.LAST)
    assert first_use.compile_ahead() is None and not started


def test_none_where_nobody_would_find_it(started, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert first_use.compile_ahead() is None and not started


def test_none_on_one_core_or_another_backend(started, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    with backend.running("reference"):
        assert first_use.compile_ahead() is None
    monkeypatch.setattr(first_use, "_cores", lambda: 1)
    assert first_use.compile_ahead() is None and not started


def test_a_process_that_cannot_be_started_is_done_without(started, monkeypatch, tmp_path):
    def refused(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", refused)
    assert first_use.compile_ahead() is None
