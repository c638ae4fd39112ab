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


def test_what_was_kept_makes_the_same_page_without_running_again(tmp_path, capsys):
    """The last file has the word on a claim; sentence, date and build come along."""
    kept = [str(tmp_path / f"{k}.json") for k in (1, 2)]
    (tmp_path / "claims").mkdir()
    where = folder(
        tmp_path / "claims", good=(2.1, ""), other=(2.0, ""), absent=(2.0, "raise Skip('no data')")
    )
    assert main(["validate", "--folder", str(where), "--json", kept[0], "--out", str(tmp_path / "page")]) == 0
    (where / "good" / "claim.py").write_text(CLAIM.format(value=3.0, more=""))
    assert main(["validate", "good", "--folder", str(where), "--json", kept[1]]) == 1
    again = validate(kept=kept)
    assert list(again.claims) == ["absent", "good", "other"] and again.failed
    assert again.claims["good"].checks[0].value == 3.0 and again.claims["absent"].skipped == "no data"
    assert validate("other", kept=kept[0]).numbers()["claims"].keys() == {"other"}
    one = again.numbers()["claims"]["other"]
    assert one == json.loads((tmp_path / "1.json").read_text())["claims"]["other"]
    assert one["claim"] == "A claim." and len(one["build"]) == 12 and one["date"][:2] == "20"
    assert validate(kept=kept[0]).write(tmp_path / "kept").read_text() == (
        (tmp_path / "page" / "report.html").read_text()
    )


@pytest.mark.parametrize("content", ["", "[]", '{"claims": 3}', '{"claims": {"a": {}}}'])
def test_another_file_is_no_validation(tmp_path, content):
    (tmp_path / "kept.json").write_text(content)
    with pytest.raises(InputError, match="--kept: expected what microsim validate --json wrote"):
        validate(kept=[tmp_path / "kept.json"])
    with pytest.raises(InputError, match="expected names of claims"):
        validate(["nothing"], kept=[])


def test_what_ships_of_the_claims_is_of_those_that_ship():
    from microsim.jobs.bearing import kept_results

    kept = kept_results()
    assert len(kept) > 40 and all(one["checks"] or one["skipped"] for one in kept.values())
    assert set(kept) <= set(claim_names()) and kept["laminates"]["claim"].startswith("Laminates conduct")
