"""Claims: checks pass and fail as they should, and the command says so."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.validate import Check, claim_names, validate


@pytest.mark.parametrize(
    ("check", "passes"),
    [
        (Check("x", 1.0009, 1.0, 1e-3), True),
        (Check("x", 1.0011, 1.0, 1e-3), False),
        (Check("x", -2.019, -2.0, 1e-2), True),
        (Check("x", -2.03, -2.0, 1e-2), False),
        (Check("x", 5.4, 5.0, 0.5, "absolute"), True),
        (Check("x", 5.6, 5.0, 0.5, "absolute"), False),
        (Check("x", 3.0, 2.0, kind="at least"), True),
        (Check("x", 3.0, 2.0, kind="at most"), False),
        (Check("x", float("nan"), 1.0, 1.0), False),
    ],
)
def test_a_check_knows_whether_it_holds(check, passes):
    assert check.passed is passes


CLAIM = '''"""A claim."""
from microsim.jobs.validate import Check, Skip

def checks(data):
    yield Check("what", {value}, 2.0, 0.1)
    {more}
'''


def folder(path, **claims):
    for name, (value, more) in claims.items():
        (path / name).mkdir()
        (path / name / "claim.py").write_text(CLAIM.format(value=value, more=more))
    return path


def test_command_prints_and_exits_one_on_failure(tmp_path, capsys):
    where = folder(tmp_path, good=(2.1, ""), bad=(3.0, ""), absent=(2.0, "raise Skip('no data here')"))
    assert main(["validate", "--folder", str(where), "--json", "-"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["failed"] == 1 and result["claims"]["absent"]["skipped"] == "no data here"
    assert main(["validate", "good", "absent", "--folder", str(where)]) == 0
    assert "pass" in capsys.readouterr().out


def test_unknown_claim_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="expected names of claims"):
        validate(["nothing"], folder(tmp_path, good=(2.0, "")))
    with pytest.raises(InputError, match="expected a folder"):
        validate(folder=tmp_path / "none")


def test_the_projects_own_claims_are_found():
    assert "laminates" in claim_names()


def test_what_cannot_be_had_is_short_and_said(tmp_path, capsys):
    more = "yield Check('wanted', 3.0, 2.0, kind='at most', unmet='the data end at 3')"
    assert main(["validate", "--folder", str(folder(tmp_path, honest=(2.1, more))), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["failed"], result["short"]) == (0, 1)
    assert Check("x", 1.0, 2.0, kind="at most", unmet="never").result == "pass"
    assert Check("x", 3.0, 2.0, kind="at most").result == "FAIL"
