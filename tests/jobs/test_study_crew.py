"""A case of a study on a worker: what it lacks there, how it is told, how many fit."""

from concurrent.futures import Future

import pytest

from microsim.base.errors import Missing
from microsim.case.case import load_case
from microsim.jobs import study_crew
from microsim.jobs.study import study as run_study

from ..missing import hide
from .studies import BASE, concentrations, statuses


def test_a_worker_of_another_machine_says_what_it_lacks(tmp_path):
    there = {"base": str(BASE), "out_dir": str(tmp_path), "threads": 1, "command": ()}
    run_here = study_crew.CaseRun(**there, build="of another microsim")
    assert "expected the same microsim on the worker" in run_here("one", (), lambda: False)
    for lost in ("base", "out_dir"):
        run_here = study_crew.CaseRun(**there | {lost: "/of/another/machine"}, build=study_crew.build())
        assert "/of/another/machine on the worker" in run_here("one", (), lambda: False)


def test_a_case_whose_workers_are_lost_again_and_again_has_failed():
    killed = type("KilledWorker", (Exception,), {})
    one, other = Future(), Future()
    one.set_exception(killed("case", "worker"))
    other.set_exception(ValueError("ours"))
    assert "lost again and again" in study_crew._outcome(one)
    with pytest.raises(ValueError, match="ours"):
        study_crew._outcome(other)


def test_no_more_cases_at_a_time_than_fit_into_memory(monkeypatch):
    demo = load_case(BASE.with_name("demo.yaml"))
    needed = study_crew.planned_bytes(demo)
    cropped = load_case(demo, {"volume.crop": {"x": [0, 12], "y": [0, 8], "z": [0, 8]}})
    assert study_crew.planned_bytes(cropped) < needed - 0.8e8
    monkeypatch.setattr(study_crew, "cores", lambda: 8)
    monkeypatch.setenv("MICROSIM_MEMORY_GB", str(3.5 * needed / 1e9))
    assert study_crew.crew_plan(None, None, None, [cropped, demo] * 4).processes == 3
    assert study_crew.crew_plan(None, None, None, [demo]).threads == 8
    assert study_crew.crew_plan(5, None, "local", [demo] * 8).processes == 5


def test_without_dask_a_study_runs_and_a_scheduler_is_refused(tmp_path, stand_in, monkeypatch):
    hide(monkeypatch, "dask", "distributed")
    assert statuses(run_study(concentrations(tmp_path, 900), tmp_path / "out").numbers()) == ["finished"]
    with pytest.raises(Missing, match=r"microsim-electrode\[cluster\]"):
        run_study(concentrations(tmp_path, 900, 1000), tmp_path / "out", scheduler="local")
