"""The progress bar on a terminal and in a pipe."""

import io
import json
import os
import sys

import pytest

from microsim.base.notices import notice
from microsim.cli.console import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A function that makes standard error a terminal; called by the test itself, for pytest puts its own
    in place after the fixtures."""

    def shown():
        monkeypatch.setattr(sys, "stderr", Terminal())
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "120")
        return sys.stderr

    return shown


def test_a_notice_stands_on_the_bar_while_it_lasts(terminal):
    shown = terminal()
    with progress_bar("tau along x") as progress:
        progress(1, 4)
        notice("compiling kernels")
    assert "compiling kernels" in shown.getvalue()


def test_after_a_notice_the_bar_says_what_it_said_before(terminal):
    shown = terminal()
    with progress_bar("tau along x") as progress:
        progress(1, 4, "the second pass")
        notice("compiling kernels")
        notice()
    assert "the second pass" in shown.getvalue() and "compiling" not in shown.getvalue()


def test_nothing_is_said_in_a_pipe(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress_bar("tau along x") as progress:
        notice("compiling kernels")
    assert progress is None and pipe.getvalue() == ""


def test_progress_is_kept_in_a_file_where_one_is_named(monkeypatch, tmp_path):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("MICROSIM_PROGRESS", str(path))

    def kept():
        return json.loads(path.read_text())

    with progress_bar("tau along x") as progress:
        assert kept()["message"] == "tau along x" and kept()["total"] is None
        assert "MICROSIM_PROGRESS" not in os.environ  # what this process starts has its own
        progress(2, 10, "the first pass")
        monkeypatch.setattr("microsim.cli.console.SELDOM", 0.0)
        progress(4, 10, "the first pass")
        told = kept()
        assert (told["done"], told["total"], told["begun_done"]) == (4, 10, 2)
        assert 0 <= told["time"] - told["begun"] < 10
        notice("compiling kernels")
        assert kept()["message"] == "compiling kernels"
        notice()
        progress(1, 3, "the second pass")
        assert (kept()["begun_done"], kept()["message"]) == (1, "the second pass")
    with progress_bar("the next") as progress:
        assert progress is None
