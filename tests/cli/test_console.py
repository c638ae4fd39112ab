"""The progress bar on a terminal and in a pipe."""

import io
import sys

import pytest

from microsim.base.notices import notice
from microsim.cli.console import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return shown


def test_a_notice_stands_on_the_bar_while_it_lasts(terminal, monkeypatch):
    with progress_bar("tau along x") as progress:
        progress(1, 4)
        notice("compiling kernels")
        monkeypatch.undo()  # the bar is drawn at its end at the latest
    assert "compiling kernels" in terminal.getvalue()


def test_after_a_notice_the_bar_says_what_it_said_before(terminal):
    with progress_bar("tau along x") as progress:
        progress(1, 4, "the second pass")
        notice("compiling kernels")
        notice()
    assert "the second pass" in terminal.getvalue() and "compiling" not in terminal.getvalue()


def test_nothing_is_said_in_a_pipe(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress_bar("tau along x") as progress:
        notice("compiling kernels")
    assert progress is None and pipe.getvalue() == ""
