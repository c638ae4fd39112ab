"""A run killed with SIGKILL five times, and once while a checkpoint is being written, ends with the unbroken
run's numbers.

A process of its own (`python -m microsim run`, a corner of the demo electrode: discharge, hold, rest, charge)
is killed at seeded random moments, spread over the run, and goes on with --resume each time. Reference: the
same run left alone.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

import h5py
import numpy as np

import microsim
from microsim.base import gallery
from microsim.base.records import from_plain
from microsim.jobs.validate import Check

CASE = gallery.folder("cases") / "demo.yaml"
PROTOCOL = (
    "Discharge at 2C for 15 minutes or until 3.5 V, Hold at 3.8 V for 5 minutes, Rest for 5 minutes, "
    "Charge at 1C for 10 minutes or until 4.2 V"
)
SETTINGS = [
    "volume.crop={x: [40, 56], y: [0, 12], z: [0, 12]}",
    "compare=null",
    "output.checkpoint_s=0",
    "output.times=6",
    f"protocol=[{PROTOCOL}]",
]
CLOCKS = {"wall_s", "peak_memory_bytes", "seconds"}  # what no two runs share
KILLS, SEED, PATIENCE = 5, 2026, 60.0
TRIES = 5  # a checkpoint is written in milliseconds: on a busy machine a watcher misses it


def checks(data):
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "broken"
        finish(start(whole))
        t_end = float(voltage(whole)[-1][0])
        moments, killed = np.sort(rng.uniform(0.03, 0.97, KILLS)) * t_end, 0
        for number, moment in enumerate(moments):
            process = start(broken, resume=number > 0)
            killed += kill_past(process, broken, moment, rng.uniform(0, 0.02))
            if number == 0:  # most of the run is still to come, and many checkpoints with it
                torn = any(
                    kill_while_writing(start(broken, resume=True), broken / ".resume") for _ in range(TRIES)
                )
        finish(start(broken, resume=True))
        yield Check(
            f"killed {KILLS} times, at {', '.join(f'{m:.0f}' for m in moments)} s of {t_end:.0f} s",
            killed,
            KILLS,
            0.0,
        )
        yield Check("killed while a checkpoint was being written", torn, 1, 0.0)
        yield from compared(whole, broken)


def compared(whole, broken):
    """Check the outputs of two runs against each other, number by number."""
    curves = [np.array(voltage(folder), float) for folder in (whole, broken)]
    numbers = [flat(json.loads((folder / "result.json").read_text())) for folder in (whole, broken)]
    yield Check("voltage.csv: rows", len(curves[1]), len(curves[0]), 0.0)
    yield Check(
        "voltage.csv: largest difference of any number (share)",
        differ(*curves),
        0.0,
        kind="at most",
        source="the same to the last digit",
    )
    yield Check(
        "result.json: entries that differ",
        sum(numbers[0].get(k) != numbers[1].get(k) for k in {*numbers[0], *numbers[1]}),
        0,
        kind="at most",
        source="the same to the last digit, clocks aside",
    )
    fields = [stored(folder / "fields.h5") for folder in (whole, broken)]
    yield Check("fields.h5: arrays", len(fields[1]), len(fields[0]), 0.0)
    yield Check(
        "fields.h5: largest difference of any value (share)",
        max(differ(fields[0][k], fields[1][k]) for k in fields[0]),
        0.0,
        kind="at most",
        source="the same to the last digit",
    )
    left = {path.name for path in broken.iterdir()} ^ {path.name for path in whole.iterdir()}
    yield Check(f"files that only one of them has {sorted(left) or ''}", len(left), 0, kind="at most")


# -- a run as a process --------------------------------------------------------------------------------------


def start(out, resume=False):
    """Start the run as a process of its own."""
    command = [
        sys.executable,
        "-m",
        "microsim",
        "run",
        str(CASE),
        "--out",
        str(out),
        *(["--resume"] if resume else []),
    ]
    for setting in SETTINGS:
        command += ["--set", setting]
    package = str(Path(microsim.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))}
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    """Wait for the end of a run; it has to be a good one."""
    _, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"microsim run ended with {process.returncode}: {errors[-2000:]}")


def kill_past(process, out, moment, delay):
    """Kill a run some time (s) after its last checkpoint has passed a moment of it; tell whether it was still
    at work."""
    until = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < until and not reached(out, moment):
        sleep(0.003)
    sleep(delay)
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def kill_while_writing(process, folder):
    """Kill a run that has a part of a checkpoint in its folder; tell whether that part was left."""
    until = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < until:
        if unfinished(folder):
            process.send_signal(signal.SIGSTOP)  # it may have been renamed meanwhile
            if unfinished(folder):
                break
            process.send_signal(signal.SIGCONT)
    process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL and unfinished(folder)


def unfinished(folder):
    """Whether a state is there under the name that it has until it is complete."""
    try:
        return any(name.startswith(".state") and name.endswith(".part") for name in os.listdir(folder))
    except OSError:
        return False


def reached(out, moment):
    """Whether the run's last checkpoint lies past a time (s)."""
    try:
        with np.load(out / ".resume" / "state.npz") as file:
            arrays = {name: file[name] for name in file.files if name != "plain"}
            kept = from_plain(json.loads(str(file["plain"]))["kept"], arrays)
    except OSError:  # none yet, or no longer
        return False
    return kept["experiment"].t >= moment


# -- what a run left -----------------------------------------------------------------------------------------


def voltage(folder):
    with (folder / "voltage.csv").open() as file:
        return [list(row) for row in csv.reader(file)][1:]


def flat(value, path=""):
    """Nested result -> {dotted key: value}, without clocks."""
    if isinstance(value, dict):
        return {
            k: v
            for key, item in value.items()
            if key not in CLOCKS
            for k, v in flat(item, f"{path}.{key}").items()
        }
    if isinstance(value, list):
        return {k: v for key, item in enumerate(value) for k, v in flat(item, f"{path}.{key}").items()}
    return {path: value}


def stored(path):
    """All numeric arrays of an HDF5 file."""
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                arrays.update({name: np.asarray(item)})
                if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiu"
                else None
            )
        )
    return arrays


def differ(one, other):
    """Largest difference as a share of the largest number; NaN in both is none."""
    if one.shape != other.shape:
        return np.inf
    apart = (
        np.where(np.isnan(one) & np.isnan(other), 0, np.abs(one - other))
        if one.dtype.kind == "f"
        else np.abs(one - other)
    )
    return float(np.max(apart, initial=0) / max(np.nanmax(np.abs(one), initial=0), 1e-300))
