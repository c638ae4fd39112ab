"""A command that ends with whoever holds its standard input."""

import subprocess
import sys
from pathlib import Path

CASE = Path(__file__).parents[2] / "cases" / "dfn_xu2019.yaml"
HELD = [sys.executable, "-m", "microsim.cli.held"]
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def test_a_held_command_runs_to_its_end_and_gives_its_exit_code(tmp_path):
    for arguments, code in (["--version"], 0), (["run", str(tmp_path / "absent.yaml")], 2):
        with subprocess.Popen([*HELD, *arguments], **PIPES) as process:
            assert process.wait(60) == code
            said = process.stdout.read() + process.stderr.read()
            assert said.startswith(b"microsim") and b"Fatal" not in said


def test_it_ends_when_nobody_holds_it(tmp_path):
    """A case that would take a while; what it has begun lies there."""
    with subprocess.Popen([*HELD, "run", str(CASE), "--out", str(tmp_path / "out")], **PIPES) as process:
        process.stdin.close()
        assert process.wait(60) == 143
    assert not (tmp_path / "out" / "result.json").exists()
