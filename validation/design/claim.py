"""A search finds the best slab of a scan within 1 % in a fifth of its runs; killed, it ends as it would have.

Energy per kilogram of the stack of a homogenised cathode at 1C, over 40 to 300 um and porosities of 15 to
60 %; for a front of two goals also capacity per area. `microsim study` as a process of its own, each point a
run. Reference: all slabs of a grid of 15 x 11, run in this process. Killed: the search of two goals, at work,
and started again, against the one that was not.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

import numpy as np

import microsim
from microsim.analysis.stack import stack_of
from microsim.base import gallery
from microsim.case.build import simulate
from microsim.case.case import load_case
from microsim.jobs.record import step_results
from microsim.jobs.validate import Check, Skip
from microsim.numerics.search import hypervolume

BASE = gallery.folder("cases") / "dfn_xu2019.yaml"
SET = {
    "cell.nominal_current_density_A_m2": None,
    "protocol.0": "Discharge at 1C until 3.0 V",
    "volume.slab.cells": 12,
    "cell.shells": 6,
    "numerics.time_tolerance": 5e-3,
    "output.times": 2,
}
THICKNESS, POROSITY = "volume.slab.thickness_um", "volume.slab.porosity"
SCAN = {THICKNESS: np.linspace(40, 300, 15), POROSITY: np.linspace(0.15, 0.6, 11)}
ENERGY, CAPACITY = "energy_Wh_kg", "areal_capacity_mAh_cm2"
RUNS, FEW = 33, 16  # a fifth of the scan; of the search that is killed
PATIENCE = 900.0


def checks(data):
    if not sys.platform.startswith("linux"):
        raise Skip("kills by signal")
    if not all(importlib.util.find_spec(name) for name in ("optuna", "torch")):
        raise Skip("needs the extra optimise")
    scan = scanned()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from of_one_goal(folder, scan)
        yield from of_two_goals(folder, scan)
        yield from killed(folder)


def scanned():
    """Energy and capacity of every slab of the grid, [n, 2]."""
    found = []
    for thickness in SCAN[THICKNESS]:
        for porosity in SCAN[POROSITY]:
            point = {THICKNESS: float(thickness), POROSITY: float(porosity)}
            setup, record = simulate(load_case(BASE, {**SET, **point}))
            told = step_results(record, setup.mass, stack_of(setup))
            found.append((told[ENERGY], told[CAPACITY]))
    return np.array(found)


def of_one_goal(folder, scan):
    found = finished(folder, "one", [ENERGY], RUNS)
    (best,) = [case for case in found["cases"] if case["on_front"]]
    yield Check("runs of the scan", len(scan), 165, 0.0)
    yield Check("runs of the search", len(found["cases"]), len(scan) / 5, kind="at most")
    within = best[ENERGY] / scan[:, 0].max()
    yield Check("energy per kilogram over the best of the scan", within, 0.99, kind="at least")
    share = float(np.mean(scan[:, 0] >= 0.99 * scan[:, 0].max()))
    yield Check("share of the scan within 1 % of its best", share, 0.05, kind="at most")


def of_two_goals(folder, scan):
    found = finished(folder, "two", [ENERGY, CAPACITY], RUNS)
    front = [(case[ENERGY], case[CAPACITY]) for case in found["cases"] if case["on_front"]]
    worst = scan.max(axis=0) / 2
    share = hypervolume(front, worst) / hypervolume(scan, worst)
    yield Check("runs of the search of two goals", len(found["cases"]), len(scan) / 5, kind="at most")
    yield Check("hypervolume above half of the best values, over the scan's", share, 0.95, kind="at least")
    grown = [value for value in found["search"]["hypervolume"] if value is not None]
    yield Check("steps by which the hypervolume fell", sum(np.diff(grown) < 0), 0, 0.0, "absolute")


def killed(folder):
    """Check that a killed search ends as the one of two goals began."""
    process, out = start(folder, "killed", [ENERGY, CAPACITY], FEW), folder / "killed"
    wait(lambda: ended(out) >= 11 or process.poll() is not None)
    process.kill()
    process.communicate()
    before = ended(out)
    yield Check("the search was killed at work", process.returncode, -signal.SIGKILL, 0.0, "absolute")
    yield Check("points that had ended, out of 16", before, FEW - 1, kind="at most")
    again = finished(folder, "killed", [ENERGY, CAPACITY], FEW)
    whole = json.loads((folder / "two" / "study.json").read_text())["cases"][:FEW]
    pairs = list(zip(again["cases"], whole, strict=True))
    apart = sum(a["swept"] != b["swept"] for a, b in pairs)
    yield Check("points that are others than without the kill, to the last digit", apart, 0, 0.0, "absolute")
    apart = sum((a[ENERGY], a[CAPACITY]) != (b[ENERGY], b[CAPACITY]) for a, b in pairs)
    yield Check("results that are others, to the last digit", apart, 0, 0.0, "absolute")


def ended(out):
    """How many points a search has told."""
    try:
        points = json.loads((out / "search.json").read_text())["points"]
    except (OSError, ValueError):
        return 0
    return sum(point["status"] != "asked" for point in points)


def finished(folder, name, goals, budget):
    """Run a search to its end; return its study.json."""
    _, said = start(folder, name, goals, budget).communicate()
    path = folder / name / "study.json"
    if not path.is_file():
        raise RuntimeError(f"the study left no study.json: {said[-300:]}")
    return json.loads(path.read_text())


def start(folder, name, goals, budget):
    """Start a search as a process of its own."""
    study = {
        "base": str(BASE),
        "set": SET,
        "objective": [{"maximise": goal} for goal in goals],
        "levers": {key: [float(values[0]), float(values[-1])] for key, values in SCAN.items()},
        "optimise": {"budget": budget, "seed": 1},
    }
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(study))
    package = str(Path(microsim.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-m", "microsim", "study", str(file), "--out", str(folder / name)]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait(until):
    """Wait until something holds, at most PATIENCE s."""
    end = monotonic() + PATIENCE
    while not until() and monotonic() < end:
        sleep(0.05)
