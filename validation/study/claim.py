"""A study of twelve runs survives SIGKILL of one of its runs, SIGKILL of itself, and a case that cannot run.

`microsim study` on a coarse slab as a process of its own: twelve cases of four rates and three diffusivities,
one of which is below zero. A run is killed, then the study while runs are under way; started again it
finishes. Reference: each case run alone in this process, with nothing killed.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

import microsim
from microsim.base import gallery
from microsim.case.build import simulate
from microsim.jobs.record import step_results
from microsim.jobs.study_cases import load_study
from microsim.jobs.validate import Check, Skip

BASE = gallery.folder("cases") / "dfn_xu2019.yaml"
D_S = "cell.materials.cathode.active.D_s_m2_s"
CASES = [{"c_rate": rate, D_S: D_s} for rate in (1, 2, 3, 4) for D_s in (2e-15, 4e-15, 8e-15)]
CASES[4][D_S] = -1e-15  # cannot run
STUDY = {
    "title": "Twelve runs",
    "base": str(BASE),
    "cases": CASES,
    "set": {
        "output.times": 2,
        "output.checkpoint_s": 0,
        "volume.slab.cells": 8,
        "cell.shells": 6,
        "numerics.time_tolerance": 1e-2,
    },
}
PATIENCE = 120.0


def checks(data):
    if not sys.platform.startswith("linux"):
        raise Skip("needs /proc to find the runs of a study")
    with tempfile.TemporaryDirectory() as folder:
        out, file = Path(folder) / "out", Path(folder) / "twelve.yaml"
        file.write_text(json.dumps(STUDY))
        first = start(file, out)
        yield Check("runs killed", kill_a_run(first, out), 1, 0.0)
        wait(lambda: len(list(out.glob("*/report.html"))) >= 2 or first.poll() is not None)
        first.kill()
        first.communicate()
        yield Check("the study was killed at work", first.returncode, -signal.SIGKILL, 0.0, "absolute")
        before = len(list(out.glob("*/report.html")))
        yield Check("runs finished when it was killed, out of 11", before, 10, kind="at most")
        second = start(file, out)
        _, said = second.communicate()
        yield Check(
            "exit code of the second, with failures in its table",
            second.returncode,
            1,
            0.0,
            "absolute",
            source=said[-200:],
        )
        yield from outcome(json.loads((out / "study.json").read_text()), file, before)
        lines = (out / "study.csv").read_text().splitlines()
        yield Check("lines of study.csv", len(lines), 13, 0.0)


def outcome(result, file, before):
    """Check every case of the study against itself run alone."""
    alone = {variant.name: variant.case for variant in load_study(file).variants if variant.case}
    yield Check("runs finished", result["finished"], 11, 0.0)
    yield Check("cases that failed", result["failed"], 1, 0.0)
    named = sum("D_s_m2_s" in case["message"] for case in result["cases"] if case["status"] == "failed")
    yield Check("failures whose reason the table names", named, 1, 0.0)
    yield Check(
        "runs that the second study did not repeat",
        sum(case["ran_before"] for case in result["cases"]),
        before,
        kind="at least",
    )
    apart = []
    for case in result["cases"]:
        if case["status"] == "finished":
            setup, record = simulate(alone[case["name"]])
            apart.append(abs(case["capacity_mAh_g"] / step_results(record, setup.mass)["capacity_mAh_g"] - 1))
    yield Check("largest difference of a capacity from the case run alone", max(apart), 1e-12, kind="at most")


def start(file, out):
    """Start the study as a process of its own."""
    package = str(Path(microsim.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))}
    command = [
        sys.executable,
        "-m",
        "microsim",
        "study",
        str(file),
        "--out",
        str(out),
        "--processes",
        "2",
        "--threads",
        "1",
    ]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def kill_a_run(process, out):
    """Kill the first run that has a checkpoint, or any; tell how many were killed."""
    wait(lambda: list(out.glob("*/.resume/state.npz")) or process.poll() is not None)
    for run in runs_of(process.pid):
        os.kill(run, signal.SIGKILL)
        return 1
    return 0


def runs_of(parent):
    """Process numbers of the children of a process."""
    found = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            found += [int(number) for number in task.read_text().split()]
        except OSError:
            continue
    return found


def wait(until):
    """Wait until something holds, at most PATIENCE s."""
    end = monotonic() + PATIENCE
    while not until() and monotonic() < end:
        sleep(0.01)
