"""The command line in poor surroundings: terminals of few letters, outputs that end early, settings gone
wrong."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

from microsim.cli import main
from microsim.cli.app import app
from microsim.cli.console import report
from microsim.cli.environment import prepare


@pytest.fixture
def terminal(monkeypatch):
    """A standard output of an encoding; called by the test itself, for pytest puts its own in place later."""

    def shown(encoding):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding, write_through=True))
        return sys.stdout.buffer

    monkeypatch.setenv("MPLBACKEND", "nonsense")
    return shown


@pytest.mark.parametrize(
    "encoding, seen",
    [
        ("ascii", "0.4 um x 2 \\u96fb"),
        ("latin-1", "0.4 µm × 2 \\u96fb"),
        ("cp1252", "0.4 µm × 2 \\u96fb"),
        ("utf-8", "0.4 µm × 2 電"),
    ],
)
def test_letters_that_a_terminal_lacks_are_spelled(terminal, encoding, seen):
    raw = terminal(encoding)
    prepare()
    report({}, None, "0.4 µm × 2 電".replace("×", "x") if encoding == "ascii" else "0.4 µm × 2 電")
    assert raw.getvalue().decode(encoding) == seen + "\n"


def test_json_on_such_a_terminal_is_json(terminal):
    import json

    raw = terminal("latin-1")
    prepare()
    report({"title": "電 µ"}, "-")
    assert json.loads(raw.getvalue().decode("utf-8")) == {"title": "電 µ"}


def test_a_wish_for_windows_is_not_met(terminal):
    terminal("utf-8")
    prepare()
    assert os.environ["MPLBACKEND"] == "agg"


def test_a_file_that_ends_too_early_is_not_told_as_ctrl_c(monkeypatch, capsys):
    def ends(**options):
        raise EOFError

    monkeypatch.setattr(app, "registered_commands", list(app.registered_commands))
    app.command(name="ends")(lambda: ends())
    assert main(["ends"]) == 2
    said = capsys.readouterr().err
    assert "expected complete files" in said and "Ctrl-C" not in said


RUN = [sys.executable, "-m", "microsim", "transport", "v.npy", "--phases", "a=0,b=1", "--conducting", "a"]


@pytest.fixture
def mixture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", (np.random.default_rng(0).random((8, 8, 8)) < 0.3).astype(np.uint8))
    return tmp_path


def said(words, **environment):
    done = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "name, value",
    [
        ("NUMBA_NUM_THREADS", "0"),
        ("NUMBA_NUM_THREADS", "99999"),
        ("NUMBA_OPT", "banana"),
        ("NUMBA_CPU_FEATURES", "x"),
        ("NUMBA_DISABLE_JIT", "1"),
    ],
)
def test_a_setting_that_numba_cannot_use_is_one_sentence(mixture, name, value):
    code, words = said(RUN, **{name: value})
    assert code == 2 and words.startswith("microsim: expected ") and words.count("\n") == 1 and name in words


def test_a_full_device_and_closed_outputs(mixture):
    code, words = said(["sh", "-c", '"$@" > /dev/full', "sh", *RUN])
    assert code == 2 and "No space left" in words and words.count("\n") == 1
    assert said(["sh", "-c", '"$@" 2>&- >&-', "sh", *RUN])[0] == 0


def test_a_file_s_name_need_not_be_utf_8(mixture):
    os.rename(b"v.npy", b"v\xff.npy")
    words = [*RUN[:4], b"v\xff.npy", *RUN[5:], "--voxel-size-nm", "100", "--json", "out.json"]
    words += ["--report", "page"]
    assert said(words)[0] == 0
    assert "v\\udcff.npy" in (mixture / "out.json").read_text(encoding="utf-8")
