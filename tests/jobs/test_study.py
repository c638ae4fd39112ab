"""A study from its file to its table: kills and failures of single cases cost nothing but themselves."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.study import study as run_study

from .studies import TINY, concentrations, statuses, written


def test_a_failing_and_a_killed_case_are_named_and_the_rest_finishes(tmp_path, stand_in):
    study = concentrations(tmp_path, 1000, -5, 1300, 1200, 1100, 900)
    result = run_study(study, tmp_path / "out", processes=2, threads=3).numbers()
    assert statuses(result) == ["finished", "failed", "failed", "failed", "finished", "finished"]
    messages = [case["message"] for case in result["cases"]]
    assert (
        "got -5" in messages[1]
        and messages[2] == "the sphere is square; round it"
        and "SIGKILL" in messages[3]
    )
    assert [case["capacity_mAh_g"] for case in result["cases"]] == [100.0, None, None, None, 110.0, 90.0]
    assert [case["current_density_1C_A_m2"] for case in result["cases"]] == [
        15.5,
        None,
        None,
        None,
        15.5,
        15.5,
    ]
    starts = {
        name: (tmp_path / "out" / name / "starts").read_text().split()
        for name in (case["name"] for case in result["cases"])
        if (tmp_path / "out" / name).exists()
    }
    assert starts[result["cases"][3]["name"]] == starts[result["cases"][4]["name"]] == ["fresh", "resumed"]
    kept = json.loads((tmp_path / "out" / result["cases"][0]["name"] / "result.json").read_text())
    assert kept["threads"] == "3"
    lines = (tmp_path / "out" / "study.csv").read_text().splitlines()
    assert len(lines) == 7 and "round it" in lines[3]
    assert json.loads((tmp_path / "out" / "study.json").read_text())["failed"] == 3


def test_finished_cases_are_not_run_again(tmp_path, stand_in):
    out = tmp_path / "out"
    first = run_study(concentrations(tmp_path, 1000, 900), out, processes=2).numbers()
    again = run_study(concentrations(tmp_path, 800, 900, 1000), out, processes=2).numbers()
    assert [case["ran_before"] for case in first["cases"]] == [False, False]
    assert [case["ran_before"] for case in again["cases"]] == [False, True, True]
    name = again["cases"][1]["name"]
    assert (out / name / "starts").read_text() == "fresh "
    (out / name / "result.json").write_text('{"origin": {"case_sha256": "of another case", "files": {}}}')
    third = run_study(concentrations(tmp_path, 900), out).numbers()
    assert statuses(third) == ["finished"] and (out / name / "starts").read_text() == "fresh fresh "


def test_a_finished_case_runs_again_where_a_file_that_it_names_has_changed(tmp_path, stand_in, capsys):
    (tmp_path / "drive.csv").write_text("0,0\n5,1\n")
    study = written(
        tmp_path / "drive.yaml",
        f"""
        set: {{protocol: [{{profile: {tmp_path}/drive.csv}}]}}
        sweep: {{cell.electrolyte_concentration_mol_m3: [900, 1000]}}
        """,
    )
    run_study(study, tmp_path / "out")
    (tmp_path / "drive.csv").write_text("0,0\n5,2\n")
    assert main(["study", str(study), "--out", str(tmp_path / "out")]) == 0
    assert "2 cases ran again: drive.csv (protocol.0.profile) has changed" in capsys.readouterr().out
    rows = json.loads((tmp_path / "out" / "study.json").read_text())["cases"]
    assert [(tmp_path / "out" / row["folder"] / "starts").read_text() for row in rows] == ["fresh fresh "] * 2
    again = run_study(study, tmp_path / "out").numbers()["cases"]
    assert [row["ran_before"] for row in again] == [True, True] and not any(row["ran_again"] for row in again)


def test_the_command_runs_real_cases(tmp_path, capsys):
    path = written(tmp_path / "rate.yaml", f"set: {TINY}\nsweep: {{c_rate: [1, 4]}}\n")
    assert main(["study", str(path), "--out", str(tmp_path / "out"), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    one, four = (case["capacity_mAh_g"] for case in result["cases"])
    assert result["finished"] == 2 and one > 1.05 * four > 50
    assert {p.name for p in (tmp_path / "out" / "figures").iterdir()} >= {
        "study_rate.png",
        "study_voltage.png",
    }
    stored = json.loads((tmp_path / "out" / result["cases"][0]["folder"] / "result.json").read_text())
    assert stored["case_sha256"] == result["cases"][0]["case_sha256"]


def test_the_command_exits_one_where_a_case_failed(tmp_path, stand_in, capsys):
    assert main(["study", str(concentrations(tmp_path, 1000, 1300)), "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().out
    assert "round it" in shown and "1 finished, 1 failed" in shown


def test_a_material_whose_sites_are_not_one_is_told_once(tmp_path, stand_in):
    other = "{cell.materials.cathode: Chen2020_cathode, cell.initial_sto: 0.4}"
    path = written(tmp_path / "sites.yaml", f"set: {other}\nsweep: {{c_rate: [1, 2]}}\n")
    found = run_study(path, tmp_path / "out")
    (told,) = found.numbers()["remarks"]
    assert "1.28 sites" in told and repr(found).count(told) == 1
    assert told in (tmp_path / "out" / "report.html").read_text()


def test_the_result_opens_its_runs_and_draws_itself(tmp_path):
    path = written(tmp_path / "rate.yaml", f"set: {TINY}\nsweep: {{c_rate: [1, 4]}}\n")
    found = run_study(path, tmp_path / "out")
    one, four = (found.run(case["name"]) for case in found.cases)
    assert one.numbers()["capacity_mAh_g"] == found.cases[0]["capacity_mAh_g"]
    assert four.voltage.current_A.max() > 3.9 * one.voltage.current_A.max()
    assert "2 finished, 0 failed" in repr(found) and found.plot().axes and not found.failed
    with pytest.raises(InputError, match="expected a finished case"):
        found.run("absent")
