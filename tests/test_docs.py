"""The commands of the tutorials run as they stand there."""

import re
import shlex
from pathlib import Path

import pytest

from microsim.cli import main

DOCS = Path(__file__).parents[1] / "docs"
COMMANDS = [
    pytest.param(line[2:], id=f"{page.stem}-{k}")
    for page in sorted(DOCS.glob("*.md"))
    for k, line in enumerate(re.findall(r"^\$ microsim .*$", page.read_text(), re.MULTILINE))
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_tutorial_s_command_runs(command, data, tmp_path, monkeypatch, capsys):
    for folder in ("cases", "meshes"):
        (tmp_path / folder).symlink_to(DOCS.parent / folder)
    monkeypatch.chdir(tmp_path)
    code = main(shlex.split(command)[1:])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert len(printed.out.splitlines()) > 2 and not printed.err
