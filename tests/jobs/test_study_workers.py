"""A study on a Dask scheduler: lost workers, Ctrl-C, and machines that are not alike."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from microsim.base.errors import InputError
from microsim.jobs import study_workers
from microsim.jobs.run import run
from microsim.jobs.study import study as run_study

from .studies import BASE, TINY, concentrations, statuses, written

PROC = Path("/proc")
SOON = 60  # s


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    options = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": 0}
    options |= {"dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**options) as cluster:
        yield cluster


def working_on(folder):
    """Processes whose command names a folder."""
    found = []
    for one in PROC.glob("[0-9]*"):
        try:
            words = (one / "cmdline").read_bytes()
        except OSError:
            continue
        found += [int(one.name)] if os.fsencode(folder) in words else []
    return [pid for pid in found if pid != os.getpid()]


def until(what):
    end = time.monotonic() + SOON
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    assert found
    return found


@pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")
def test_a_worker_killed_twice_costs_nothing(tmp_path, cluster):
    """Each time the case ends with its worker, and goes on from its checkpoint on another."""
    path = written(tmp_path / "rate.yaml", f"set: {TINY}\nsweep: {{c_rate: [4]}}\n")
    out = tmp_path / "out"
    lost = []

    def kill():
        state = until(lambda: list(out.glob("*/.resume/state.npz")))[0].parents[1]
        (case,) = until(lambda: working_on(state))
        worker = int((PROC / str(case) / "stat").read_text().rpartition(")")[2].split()[1])
        os.kill(worker, signal.SIGKILL)
        until(lambda: case not in working_on(state))
        lost.append(case)

    def kill_twice():
        kill()
        kill()

    killer = threading.Thread(target=kill_twice)
    killer.start()
    found = run_study(path, out, scheduler=cluster.scheduler_address).numbers()
    killer.join()
    assert statuses(found) == ["finished"] and len(set(lost)) == 2
    (row,) = found["cases"]
    alone = run(BASE, tmp_path / row["name"], set=row["settings"])
    assert (out / row["name"] / "voltage.csv").read_bytes() == (alone.folder / "voltage.csv").read_bytes()
    assert row["capacity_mAh_g"] == alone.numbers()["capacity_mAh_g"]


@pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")
@pytest.mark.parametrize(
    ("scheduler", "how"), [([], signal.SIGKILL), (["--scheduler", "local"], signal.SIGINT)]
)
def test_nothing_lives_on_after_a_study(tmp_path, scheduler, how):
    if scheduler:
        pytest.importorskip("distributed", reason="needs the extra cluster")
    path, out = concentrations(tmp_path, 1000, 1100), tmp_path / "out"
    command = [sys.executable, "-m", "microsim", "study", str(path), "--out", str(out), *scheduler]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE) as study:
        until(lambda: len(working_on(out)) > 1)
        study.send_signal(how)
        said = study.stderr.read().decode()
        assert study.wait(SOON) == (130 if how == signal.SIGINT else -how)
    assert said == ("microsim: interrupted by Ctrl-C.\n" if how == signal.SIGINT else "")
    until(lambda: not working_on(out))


def test_the_address_of_the_dashboard_is_told(tmp_path, cluster, stand_in):
    told = []
    found = run_study(
        concentrations(tmp_path, 900, 1300, 1200),
        tmp_path / "out",
        scheduler=cluster.scheduler_address,
        progress=lambda done, total, said: told.append(said),
    ).numbers()
    assert statuses(found) == ["finished", "failed", "failed"]
    assert [row["message"] for row in found["cases"][1:]] == [
        "the sphere is square; round it",
        "killed twice (SIGKILL)",
    ]
    assert (found["processes"], found["threads"]) == (None, 1)
    assert cluster.scheduler_address in told[1] and "dashboard http" in told[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scheduler": "tcp://127.0.0.1:1"}, "expected the address of a Dask scheduler"),
        ({"scheduler": "nonsense://x"}, "expected the address of a Dask scheduler"),
        ({"scheduler": "tcp://127.0.0.1:1", "processes": 2}, "--processes: expected none with --scheduler"),
    ],
)
def test_a_scheduler_that_is_none_is_one_sentence(tmp_path, stand_in, options, words, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra cluster")
    monkeypatch.setattr(study_workers, "PATIENCE", 1)
    with pytest.raises(InputError, match=words):
        run_study(concentrations(tmp_path, 900), tmp_path / "out", **options)
