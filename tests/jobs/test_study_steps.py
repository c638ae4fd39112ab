"""A study of steps as it is written: commands with their placeholders, rows, figures, and what is refused."""

from pathlib import Path

import pytest
import typer

from microsim.base.errors import InputError
from microsim.base.schema import read_yaml
from microsim.cli import app
from microsim.jobs.study_steps import is_steps, load_steps

RAW = {
    "title": "Thick",
    "source": "a paper",
    "let": {"look": "--report look --axis {axis}", "axis": "x"},
    "sizes": {"small": {"n": 8}, "full": {"n": 16}},
    "steps": {
        "one": "microsim generate {here}/e.yaml --out one.tif",
        "two": "run case.yaml --set 'volume.crop.x=[0, {n}]'",
        "three": {"command": "info nrel_nmc {look} --json three.json", "needs": "nrel_nmc"},
    },
    "rows": [{"what": "tau", "value": "one.shape[0]", "paper": 3}],
    "figures": [{"voltage": ["two"]}, {"profile": "c_e", "of": ["two"]}, {"picture": "two/figures/a.png"}],
}


def load(tmp_path, full=False, **changed):
    return load_steps(tmp_path / "study.yaml", {**RAW, **changed}, tmp_path / "out", full)


def test_commands_get_their_placeholders_and_outputs(tmp_path):
    study = load(tmp_path)
    one, two, three = study.steps
    assert one.words == (
        *("generate", f"{tmp_path.resolve()}/e.yaml", "--out", "one.tif"),
        *("--json", "one.json"),
    )
    assert two.words == (
        *("run", "case.yaml", "--set", "volume.crop.x=[0, 8]"),
        *("--out", "two", "--json", "two.json"),
    )
    words = ("info", "nrel_nmc", "--report", "look", "--axis", "x", "--json", "three.json")
    assert three.words == words and three.needs == "nrel_nmc"
    assert load(tmp_path, full=True).steps[1].words[3] == "volume.crop.x=[0, 16]"
    assert one.command.startswith("microsim generate") and study.size == "small"
    assert is_steps(RAW) and not is_steps({"base": "a"})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"step": {}}, "expected title"),
        ({"sizes": {"small": {"n": 1}}}, "sizes: expected small and full"),
        ({"sizes": {"small": {"n": 1}, "full": {"m": 1}}}, "sizes: expected the same names"),
        ({"steps": {"one": "info {m}"}}, r"steps\.one: expected .* in braces, got m"),
        ({"steps": {"one": "info 'x"}}, "steps.one: expected a command"),
        ({"steps": {"one": " "}}, "steps.one: expected"),
        ({"steps": {"a b": "info x"}}, "expected a name of letters"),
        ({"steps": {"one": {"command": "info x", "need": "y"}}}, "steps.one: expected a command, or"),
        ({"steps": {"one": {"command": "info x", "needs": "unknown"}}}, "steps.one.needs: expected one of"),
        ({"rows": [{"what": "x"}]}, r"rows\.0: expected what and value"),
        ({"rows": [{"what": "x", "value": "four.x"}]}, r"rows\.0 \(x\): expected"),
        ({"rows": {"what": "x"}}, "rows: expected a list"),
        ({"figures": [{"voltage": ["two"], "picture": "two/x.png"}]}, r"figures\.0: expected one of"),
        ({"figures": [{"of": ["two"]}]}, r"figures\.0: expected one of"),
        ({"figures": [{"voltage": ["four"]}]}, r"figures\.0: expected steps"),
        (
            {"figures": [{"voltage": ["two"], "names": ["a", "b"]}]},
            r"figures\.0\.names: expected one for each of the 1",
        ),
        (
            {"figures": [{"picture": "two/x.png", "names": ["a"]}]},
            r"figures\.0\.names: expected one for each",
        ),
        ({"figures": [{"profile": "colour", "of": ["two"]}]}, r"figures\.0\.profile: expected"),
    ],
)
def test_what_does_not_read_is_named(tmp_path, changed, named):
    with pytest.raises(InputError, match=named):
        load(tmp_path, **changed)


def test_full_needs_sizes(tmp_path):
    with pytest.raises(InputError, match="--full: expected a study with sizes"):
        load(tmp_path, full=True, sizes=None)


STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*/study.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("full", [False, True])
def test_the_studies_that_come_with_the_project_read(path, full, tmp_path):
    """Their commands exist with these options, the files that they name in their folder do, and a README."""
    study = load_steps(path, read_yaml(path), tmp_path, full)
    assert (path.parent / "README.md").is_file() and study.source and len(study.rows) > 5
    commands = typer.main.get_command(app).commands
    here = str(path.parent.resolve())
    for step in study.steps:
        command, *words = step.words
        commands[command].make_context(command, list(words), resilient_parsing=False)
        for word in words:
            file = word.rpartition("=")[2].partition("::")[0]
            assert not file.startswith(here) or Path(file).exists(), word
    assert all(row.explained or row.paper is not None or row.value.used for row in study.rows)
