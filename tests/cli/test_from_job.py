"""A command made of a job: options, required files, what a file asks for, one sentence for what is wrong."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest

from microsim.base.arguments import REQUIRED, Argument, Spread, job, one_of, switch
from microsim.base.schema import number, whole
from microsim.cli import from_job, main
from microsim.cli.app import app
from microsim.jobs.result import Result, SavedFile, Table


@dataclass(frozen=True, repr=False)
class Doubled(Result):
    value: float
    way: str
    steps: int
    kept: bool
    names: tuple = ()

    title = "doubled"
    has_page: ClassVar = False
    files: ClassVar = {
        "trace": SavedFile("save_trace", "Steps.", "FILE", "trace", {"kept": True, "steps": 7}, key="trace"),
        "copies": SavedFile("save_copies", "Copies."),
    }

    def numbers(self):
        return {"value": self.value, "way": self.way, "steps": self.steps, "kept": self.kept, "trace": None}

    def recorded(self, written):
        copies = {"copies": sorted(written)} if "first" in written else {}
        return super().recorded(written) | copies | ({"names": self.names} if self.names else {})

    def save_copies(self, path):
        return {"first": path, "second": path}

    def tables(self):
        return [Table(("value",), [(self.value,)]), "a line", Table(("steps",), [(self.steps,)])]

    def save_trace(self, path):
        path.write_text("trace")
        return path


PARTS = {
    "value": (REQUIRED, Argument("Value.", number(), "V")),
    "unit": (1.0, Argument("Unit.", number(0.0, above=True))),
}


@job
def double(
    value: Annotated[float, Spread(number(), PARTS, lambda value, unit=1.0: value * unit)],
    label: Annotated[str, Argument("Label.", option="--label", metavar="NAME")],
    way: Annotated[str, one_of("Way.", "up", "down")] = "up",
    steps: Annotated[int, Argument("Steps.", whole(1), "N")] = 3,
    kept: Annotated[bool, switch("Keep.")] = False,
    names: Annotated[tuple, Argument("Names.", metavar="[NAME ...]", many=True, bare=True)] = (),
    progress=None,
) -> Doubled:
    """Double a value."""
    return Doubled(2 * value, f"{way} {label}", steps, kept, names)


@pytest.fixture(autouse=True)
def command(monkeypatch):
    monkeypatch.setattr(app, "registered_commands", list(app.registered_commands))
    from_job.command_of(double, "double", ["microsim double 3"])


def numbers(capsys, *arguments):
    import json

    assert main(["double", *arguments, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def test_options_are_the_arguments(capsys):
    found = numbers(capsys, "3", "--label", "a", "--unit", "2", "--way", "down", "--kept")
    assert found == {"value": 12, "way": "down a", "steps": 3, "kept": True, "trace": None}


def test_a_file_asks_for_arguments_that_were_not_given(capsys, tmp_path):
    path = str(tmp_path / "t.txt")
    found = numbers(capsys, "3", "--label", "a", "--trace", path)
    assert found["kept"] and found["steps"] == 7 and found["trace"] == path
    assert numbers(capsys, "3", "--label", "a", "--trace", path, "--steps", "5")["steps"] == 5


def test_words_may_follow_bare(capsys):
    assert numbers(capsys, "3", "b", "c", "--label", "a")["names"] == ["b", "c"]


def test_a_file_may_be_several_with_their_own_labels(capsys):
    assert numbers(capsys, "3", "--label", "a", "--copies", "c.txt")["copies"] == ["first", "second"]
    assert main(["double", "3", "--label", "a", "--copies", "c.txt"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["first: c.txt", "second: c.txt"]


def test_tables_stand_apart(capsys):
    assert main(["double", "3", "--label", "a"]) == 0
    assert capsys.readouterr().out.splitlines() == ["doubled", "value", "6", "a line", "", "steps", "3"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["3"], "Missing option '--label'"),
        (["x", "--label", "a"], "VALUE: expected a number"),
        (["3", "--label", "a", "--steps", "0"], "--steps: expected a whole number from 1"),
        (["3", "--label", "a", "--way", "left"], "--way: expected up or down"),
    ],
)
def test_what_is_wrong_is_one_sentence(capsys, arguments, words):
    assert main(["double", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_help_names_options_defaults_and_an_example(capsys):
    assert main(["double", "--help"]) == 0
    shown = capsys.readouterr().out
    for words in ("Double a value.", "--label NAME", "up|down", "[default: 3]", "microsim double 3"):
        assert words in shown
