"""Commands as the tests run them: their numbers, or the one sentence that refuses."""

import json

from microsim.cli import main


def numbers(arguments, capsys):
    """Run a command; return what --json prints."""
    assert main([*map(str, arguments), "--json", "-"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refusal(arguments, capsys, code=2):
    """Run a command that is refused; return its sentence."""
    assert main([*map(str, arguments)]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said
