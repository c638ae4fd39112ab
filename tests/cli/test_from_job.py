"""A command made of a job: options, required files, what a file asks for, one sentence for what is wrong."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest

from microsim.base.arguments import REQUIRED, Argument, Spread, one_of, reading, switch
from microsim.base.errors import NotConverged
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


@reading
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


@reading
def halve(
    value: Annotated[float, Argument("Value.", number())],
    unit: Annotated[float, Argument("Unit.", number(0.0, above=True))] = 1.0,
    kept: Annotated[bool, switch("Keep.")] = False,
    progress=None,
) -> Doubled:
    """Halve a value."""
    return Doubled(value * unit / 2, "", 1, kept)


@reading
def triple(
    name: Annotated[str, Argument("Name.")],
    kept: Annotated[bool, switch("Keep it.")] = False,
    times: Annotated[int, Argument("Times.", whole(1), "N")] = 3,
    progress=None,
) -> Doubled:
    """Triple a name."""
    return Doubled(times, name, times, kept)


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
        (["", "--label", "a"], "VALUE: expected a value, got an empty text"),
        (["3", "--label", " "], "--label: expected a value, got an empty text"),
        (["3", "b", "", "--label", "a"], "NAMES: expected a value, got an empty text"),
        (["3", "--label", "a", "--trace", ""], "--trace: expected a value, got an empty text"),
        (["3", "--label", "a", "--json", ""], "--json: expected a value, got an empty text"),
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


@pytest.fixture
def either():
    from_job.command_of_either(
        {"A number": halve, "A name": triple},
        lambda word: "A number" if word.isdigit() else "A name",
        Argument("A number or a name.", metavar="THING"),
        "repeat",
        "Repeat a thing.",
        ["microsim repeat 3"],
    )


def test_one_command_of_either_job(either, capsys):
    import json

    assert main(["repeat", "bob", "--times", "4", "--kept", "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["value"], found["way"], found["kept"]) == (4, "bob", True)
    assert main(["repeat", "6", "--unit", "2", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == 6
    assert main(["repeat", "--help"]) == 0
    shown = capsys.readouterr().out
    for words in ("THING", "Repeat a thing.", "A number: Halve a value.", "A name: Triple a name."):
        assert words in shown
    assert "Keep.\n" in shown and "Keep it." not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bob", "--unit", "2"], "(--kept, --times) alone, got --unit; leave it out"),
        (["6", "--times", "4"], "A number: expected its own options"),
        (["bob", "--times", "0"], "--times: expected a whole number from 1"),
    ],
)
def test_options_of_the_other_job_are_refused(either, capsys, arguments, words):
    assert main(["repeat", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


@reading
def hopeless(
    value: Annotated[float, Argument("Value.", number())],
    kept: Annotated[bool, switch("Keep.")] = False,
    steps: Annotated[int, Argument("Steps.", whole(1), "N")] = 3,
    progress=None,
) -> Doubled:
    """Never converge."""
    raise NotConverged("expected convergence")


def test_no_earlier_output_is_left_where_a_solver_does_not_converge(tmp_path, capsys):
    from_job.command_of(hopeless, "hopeless", ["microsim hopeless 3"])
    old, other = tmp_path / "old.json", tmp_path / "other.json"
    for path in (old, tmp_path / "trace", other):
        path.write_text("of an earlier run")
    words = ["hopeless", "1", "--trace", str(tmp_path / "trace"), "--json", str(old)]
    assert main(words) == 3 and sorted(path.name for path in tmp_path.iterdir()) == ["other.json"]
    assert main(["hopeless", "1", "--json", "/dev/null"]) == 3
