"""A search from its file to its front: goals, limits, failures, kills."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs import study_search
from microsim.jobs.study import study as run_study

from ..missing import hide
from .studies import TINY, written

SALT = "cell.electrolyte_concentration_mol_m3"


def salt(path, goal="{maximise: capacity_mAh_g}", span="[500, 1290]", budget=6, more=""):
    """The stand-in's capacity is a tenth of the salt."""
    return written(
        path / "salt.yaml",
        f"set: {TINY}\nobjective: {goal}\nlevers: {{{SALT}: {span}}}\n"
        f"optimise: {{budget: {budget}, seed: 1}}\n{more}",
    )


@pytest.fixture
def middle(monkeypatch):
    """In the optimiser's place: halfway between the two best points told, so that no package is needed."""

    def propose(levers, told, objectives, seed):
        able = [one for one in told if one.feasible] or list(told)
        best = sorted(able, key=lambda one: one.objectives or (0,))[-2:]
        return tuple(sum(values) / len(best) for values in zip(*(one.point for one in best)))

    monkeypatch.setattr(study_search, "propose", propose)
    monkeypatch.setattr("microsim.base.packages.need", lambda *given: None)


def test_a_search_tells_its_best_and_keeps_every_run(tmp_path, stand_in, middle):
    found = run_study(salt(tmp_path), tmp_path / "out", processes=2)
    result, rows = found.numbers(), found.cases
    assert len(rows) == 6 and result["finished"] == 6 and not found.failed
    (best,) = found.front
    assert best["capacity_mAh_g"] == max(row["capacity_mAh_g"] for row in rows)
    assert result["search"]["best_so_far"][-1] == best["capacity_mAh_g"]
    assert result["search"]["best_so_far"] == sorted(result["search"]["best_so_far"])
    assert best["swept"][SALT] == pytest.approx(10 * best["capacity_mAh_g"])
    assert (tmp_path / "out" / best["name"] / "report.html").is_file()
    assert "capacity_mAh_g (maximised): per gram of active material" in repr(found)
    assert (tmp_path / "out" / "study.csv").read_text().count("\n") == 7


def test_a_search_that_stopped_goes_on_to_the_same_end(tmp_path, stand_in, middle, monkeypatch):
    """Stopped after five points of eight, in the middle of one by one: the same history to the digit, and no
    run twice."""
    whole = run_study(salt(tmp_path, budget=8), tmp_path / "whole", processes=1).numbers()
    tell = study_search.History.tell

    def stop(self, name, **found):
        tell(self, name, **found)
        if name == "point-0005":
            raise KeyboardInterrupt

    monkeypatch.setattr(study_search.History, "tell", stop)
    with pytest.raises(KeyboardInterrupt):
        run_study(salt(tmp_path, budget=8), tmp_path / "out", processes=1)
    monkeypatch.setattr(study_search.History, "tell", tell)
    again = run_study(salt(tmp_path, budget=8), tmp_path / "out", processes=1).numbers()
    assert [row["swept"] for row in again["cases"]] == [row["swept"] for row in whole["cases"]]
    assert again["search"] == whole["search"]
    kept, asked = (json.loads((tmp_path / d / "search.json").read_text()) for d in ("out", "whole"))
    assert kept == asked
    assert {(tmp_path / "out" / row["folder"] / "starts").read_text() for row in again["cases"]} == {"fresh "}


def test_points_that_fail_or_break_a_limit_are_told_and_not_best(tmp_path, stand_in, middle):
    """Below 0 a case does not read; at least 60 mAh/g and at most 100."""
    limits = "constraints: {capacity_mAh_g: {at_least: 60, at_most: 100}}\n"
    found = run_study(salt(tmp_path, span="[-400, 1290]", budget=8, more=limits), tmp_path / "out")
    failed = [row for row in found.cases if row["status"] == "failed"]
    assert failed and all("electrolyte_concentration" in row["message"] for row in failed)
    assert not any(row["feasible"] for row in failed) and not found.failed
    able = [row["capacity_mAh_g"] for row in found.cases if row["feasible"]]
    assert 60 <= min(able) <= max(able) == found.front[0]["capacity_mAh_g"] <= 100
    assert found.numbers()["failed"] == len(failed)
    again = run_study(salt(tmp_path, span="[-400, 1290]", budget=8, more=limits), tmp_path / "out")
    assert again.numbers()["search"] == found.numbers()["search"] and again.numbers()["failed"] == len(failed)


def test_two_goals_give_a_front_that_grows(tmp_path, stand_in, middle):
    goals = "[{maximise: capacity_mAh_g}, {minimise: areal_capacity_mAh_cm2, step: 1}]"
    with pytest.raises(InputError, match="first 4 points to run, got none"):  # the stand-in tells no area
        run_study(salt(tmp_path, goals), tmp_path / "out")
    goals = "[{maximise: capacity_mAh_g}, {maximise: mean_voltage_V, step: 1}]"
    found = run_study(salt(tmp_path, goals), tmp_path / "two").numbers()
    assert found["search"]["front"] and found["search"]["best_so_far"] is None
    assert len(found["search"]["hypervolume"]) == 6
    assert "mean_voltage_V of step 1" in found["cases"][0]


def test_no_point_within_the_limits_is_said(tmp_path, stand_in, middle, capsys):
    path = salt(tmp_path, more="constraints: {capacity_mAh_g: {at_least: 500}}\n")
    assert main(["study", str(path), "--out", str(tmp_path / "out")]) == 1
    assert "no point of 6 keeps every constraint" in capsys.readouterr().out


def test_another_search_is_not_mixed_with_the_one_in_the_folder(tmp_path, stand_in, middle):
    run_study(salt(tmp_path), tmp_path / "out")
    more = run_study(salt(tmp_path, budget=7), tmp_path / "out").numbers()
    assert len(more["cases"]) == 7
    with pytest.raises(InputError, match="another levers"):
        run_study(salt(tmp_path, span="[600, 1290]"), tmp_path / "out")


@pytest.mark.parametrize(
    ("key", "words"),
    [("cell.electrolyte_mol_m3", "expected cases that read"), (f"{SALT}.deep", "expected cases that read")],
)
def test_a_lever_of_no_case_is_refused_before_anything_runs(tmp_path, stand_in, middle, key, words):
    path = written(tmp_path / "s.yaml", f"objective: {{minimise: std_sto}}\nlevers: {{{key}: [1, 2]}}\n")
    with pytest.raises(InputError, match=words):
        run_study(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_optimiser_is_said_before_anything_runs(tmp_path, stand_in, monkeypatch, capsys):
    hide(monkeypatch, "optuna")
    assert main(["study", str(salt(tmp_path, budget=20)), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "microsim-electrode[optimise]" in said
    assert not (tmp_path / "out").exists()


def test_a_solid_electrolyte_without_a_density_is_said_at_once(tmp_path, middle):
    solid = "{cell.materials.electrolyte: Li6PS5Cl, protocol.0: Discharge at C/2 for 60 s}"
    body = (
        f"set: {solid[:-1]}, {TINY[1:]}\nobjective: {{maximise: energy_Wh_kg}}\n"
        "levers: {volume.slab.thickness_um: [30, 40]}\noptimise: {budget: 2}\n"
    )
    with pytest.raises(InputError, match="stack.electrolyte_density_kg_m3"):
        run_study(written(tmp_path / "s.yaml", body), tmp_path / "out")
