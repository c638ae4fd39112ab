"""Steps of a study run in order, are kept where nothing changed, and fail by themselves alone."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.locks import alone_in
from microsim.jobs import step_crew
from microsim.jobs.step_crew import StepCrew
from microsim.jobs.study_steps import StudyStep

SHAPE = (4, 5, 6)
LOOK = ("--voxel-size-nm", "100", "--phases", "pore=0,am=1")


def volume(path, seed=0):
    np.save(path, np.random.default_rng(seed).integers(0, 2, SHAPE).astype(np.uint8))


def step(name, *words, needs=""):
    return StudyStep(name, (*words, "--json", f"{name}.json"), needs)


def looked(name, file):
    return step(name, "info", file, *LOOK)


def test_a_step_runs_once_until_what_it_reads_changes(tmp_path):
    volume(tmp_path / "volume.npy")
    out = tmp_path / "out"
    out.mkdir()
    one = looked("one", str(tmp_path / "volume.npy"))
    first = StepCrew(out).run(one)
    assert first.status == "finished" and not first.ran_before and first.peak_memory_bytes > 1e7
    assert StepCrew(out).numbers("one")["shape"] == list(SHAPE)
    again = StepCrew(out).run(one)
    assert again.ran_before and again.wall_s == first.wall_s
    volume(tmp_path / "volume.npy", seed=1)
    assert not StepCrew(out).run(one).ran_before
    (out / "one.json").unlink()
    assert not StepCrew(out).run(one).ran_before


def test_a_failing_step_is_named_and_takes_only_those_with_it_that_need_it(tmp_path):
    volume(tmp_path / "whole.npy")
    crew = StepCrew(tmp_path)
    ran = [
        crew.run(looked("lost", "nothing.npy")),
        crew.run(looked("after", "lost.npy")),
        crew.run(looked("info", "none.npy")),  # named as the command of the next
        crew.run(looked("whole", "whole.npy")),
    ]
    assert [one.status for one in ran] == ["failed", "left out", "failed", "finished"]
    assert "nothing.npy" in ran[0].message and ran[1].message.startswith("it needs lost")


def test_a_step_without_its_data_set_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(step_crew, "_at_hand", lambda name: False)
    ran = StepCrew(tmp_path).run(step("data", "info", "nrel_nmc", needs="nrel_nmc"))
    assert ran.status == "left out" and "MICROSIM_DATA" in ran.message


def test_an_old_answer_never_stands_for_a_step_that_failed(tmp_path):
    volume(tmp_path / "volume.npy")
    one = looked("one", "volume.npy")
    assert StepCrew(tmp_path).run(one).status == "finished"
    (tmp_path / "volume.npy").write_bytes(b"no array")
    assert StepCrew(tmp_path).run(one).status == "failed"
    with pytest.raises(OSError):
        StepCrew(tmp_path).numbers("one")


def test_what_a_step_wrote_itself_is_not_taken_for_its_input(tmp_path):
    volume(tmp_path / "in.npy")
    words = ("segment", "x")  # not run: only which files count is looked at
    crew = StepCrew(tmp_path)
    made = step("made", *words, str(tmp_path / ".." / tmp_path.name / "made.npy"))
    shutil.copy(tmp_path / "in.npy", tmp_path / "made.npy")
    assert crew._read_by(made) == {}
    crew.wrote["made"] = {"made.npy"}
    assert set(crew._read_by(looked("next", "made.npy"))) == {"made.npy"}


def test_a_step_that_outlives_its_killed_study_keeps_others_out_of_the_folder(tmp_path):
    script = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from microsim.base.locks import alone_in
        from microsim.jobs import step_crew
        from microsim.jobs.study_steps import StudyStep
        with alone_in(sys.argv[1]) as lock:
            crew = step_crew.StepCrew(sys.argv[1], lock=lock)
            popen = step_crew.subprocess.Popen
            def asleep(command, **options):
                child = popen([sys.executable, "-c", "import time; time.sleep(60)"], **options)
                print(child.pid, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            step_crew.subprocess.Popen = asleep
            crew.run(StudyStep("one", ("info", "x", "--json", "one.json")))
    """)
    killed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    child = int(killed.stdout)
    try:
        with pytest.raises(InputError, match="no other run works"), alone_in(tmp_path / "out"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
