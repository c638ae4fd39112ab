"""Whole runs of the half cell, in processor seconds and peak memory, beside an earlier build of microsim."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
# what both builds know alike, and what 1C is: a case's own materials and their meaning may have changed
ALIKE = ("cell.materials.am=NMC811_Chen2020", "cell.nominal_capacity_mAh_g=200")
FREQUENCIES = 41
SAMPLES = 600  # of the drive cycle, one a second


@dataclass(frozen=True)
class Run:
    """A command on a case of cases/. sets: changes of the case; full: whether it takes minutes; volume:
    whether it reads a volume of MICROSIM_DATA."""

    command: str
    case: str
    sets: tuple = ()
    more: tuple = ()
    full: bool = False
    volume: bool = True

    def arguments(self, folder):
        """Return the command line, results in a folder."""
        sets = [word.replace("{folder}", str(folder)) for word in self.sets]
        out = ("--out", str(folder / "out")) if self.command == "run" else ()
        changes = [word for change in sets for word in ("--set", change)]
        return [self.command, str(ROOT / "cases" / f"{self.case}.yaml"), *out, *changes, *self.more]


def _first(seconds, *sets):
    return (*ALIKE, f"protocol=[Discharge at C/2 for {seconds} seconds]", *sets)


ANODE = "{material: Chen2020_anode, thickness_um: 85.2, initial_sto: 0.901397398, layers: 15}"
WHOLE = "volume.crop={x: [0, 251], y: [0, 200], z: [0, 200]}"
RUNS = {
    "demo": Run("run", "demo", (*ALIKE, "compare=null"), volume=False),
    "drive cycle": Run(
        "run",
        "dfn_chen2020",
        (
            "volume.slab.cells=15",
            f"cell.counter_electrode={ANODE}",
            "protocol=[{profile: {folder}/drive.csv, quantity: c_rate}]",
            "compare=null",
        ),
        volume=False,
    ),
    "nrel_nmc_c2, 20 s": Run("run", "nrel_nmc_c2", _first(20)),
    "impedance, 0.5 M": Run(
        "eis", "nrel_nmc_c2", ALIKE, ("--frequencies", f"1e-3:1e5:{FREQUENCIES}"), full=True
    ),
    "nrel_nmc_c2": Run("run", "nrel_nmc_c2", ALIKE, full=True),
    "thick_cathode_cei": Run("run", "thick_cathode_cei", ALIKE, full=True),
    "NREL 10 M, 1 s": Run("run", "nrel_nmc_c2", _first(1, WHOLE), full=True),
    "NREL 10 M": Run("run", "nrel_nmc_c2", (*ALIKE, WHOLE), full=True),
}


def half_cell_runs(options):
    """Run each case, once warm, with this build and with that of --against."""
    builds = {"this": ROOT} | ({"other": Path(options.against)} if options.against else {})
    print("\nruns of the half cell, report and all; NMC811_Chen2020, 1C is 200 mAh/g")
    _print_row("run", "build", "CPU s", "of other", "wall s", "peak GB", "of other", "last V")
    for name, run in RUNS.items():
        if options.only and options.only not in name:
            continue
        if (run.full and not options.full) or (run.volume and not os.environ.get("MICROSIM_DATA")):
            _print_row(name, "skipped: " + ("add --full" if run.full else "MICROSIM_DATA names no folder"))
            continue
        found = {build: measured(run, root) for build, root in reversed(builds.items())}
        for build, figures in found.items():
            _print_row(name, build, *_cells(figures, found.get("other")))


def _cells(found, other):
    if isinstance(found, str):
        return (f"failed: {found}",)
    ratios = ["-", "-"]
    if isinstance(other, dict):
        ratios = [f"{found[key] / other[key]:.3f}" for key in ("cpu", "peak")]
    last = "-" if found["voltage"] is None else f"{found['voltage']:.6f}"
    return (
        f"{found['cpu']:.1f}",
        ratios[0],
        f"{found['wall']:.1f}",
        f"{found['peak'] / 1e9:.2f}",
        ratios[1],
        last,
    )


def measured(run, root):
    """Return {cpu, wall (s), peak (bytes), voltage at the end (V) or None} of a run with a build; a string
    says what went wrong."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_drive(folder / "drive.csv")
        small = Run("run", "demo", ("compare=null", "protocol=[Discharge at C/2 for 1 second]"))
        _child(small, root, folder / "warm")  # compiles the kernels, or reads them
        found = _child(run, root, folder)
        if isinstance(found, dict):
            curve = folder / "out" / "voltage.csv"
            found["voltage"] = _last_voltage(curve) if curve.exists() else None
        return found


def _child(run, root, folder):
    folder.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(root)}
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "microsim", *run.arguments(folder)],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "stderr").open("wb"),
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        return ((folder / "stderr").read_text().strip().splitlines() or ["no answer"])[-1]
    scale = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - begun,
        "peak": used.ru_maxrss * scale,
        "voltage": None,
    }


def _last_voltage(file):
    return float(np.genfromtxt(file, delimiter=",", names=True)["voltage_V"][-1])


def write_drive(file, seed=7):
    """Write a drive of so many samples, one a second: peaks, cruising and braking, with a driver's noise."""
    rng, time_s, rate = np.random.default_rng(seed), [0.0], [0.0]
    while time_s[-1] < SAMPLES:
        peak, cruise, brake = rng.uniform(1, 3), rng.uniform(0.2, 0.8), -rng.uniform(0.3, 1.5)
        for seconds, value in (
            (2, peak),
            (rng.uniform(3, 8), peak),
            (3, cruise),
            (rng.uniform(10, 40), cruise),
            (1, brake),
            (rng.uniform(3, 7), brake),
            (1, 0.0),
            (rng.uniform(3, 15), 0.0),
        ):
            time_s.append(time_s[-1] + seconds)
            rate.append(value)
    seconds = np.arange(float(SAMPLES))
    rates = np.interp(seconds, time_s, rate) + 0.05 * rng.standard_normal(SAMPLES)
    rows = [f"{t},{c:.5f}" for t, c in zip(seconds, rates)]
    file.write_text("\n".join(["time_s,c_rate", *rows]) + "\n")


def _print_row(*cells):
    widths = (22, 8, *[11] * 6)
    print("".join(f"{cell!s:<{width}}" for cell, width in zip(cells, widths)).rstrip(), flush=True)
