"""The half cell beside its FiPy twin on the same voxels and the same time steps, each in a process of its
own."""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from microsim.mesh.grid import VoxelGrid

VOXEL = 0.8e-6  # m
STEP = 60.0  # s
PATIENCE = 3600  # s for the twin


def half_cell_beside_fipy(options):
    """Wall and processor time of a 1C discharge in steps of one minute, by the solver and by FiPy with
    SciPy's LU."""
    sizes = (16, 32) if options.full else (16, 24)
    print(f"\nhalf cell on n^3 voxels of active material, CBD and pores, 1C, steps of {STEP:g} s")
    _print_row(
        "voxels", "code", "steps", "s / step", "ratio", "CPU s / step", "CPU ratio", "peak MB", "V at the end"
    )
    for n in sizes:
        ours = None
        for code in ("solver", "fipy"):
            found = in_own_process(code, n, 3)
            if isinstance(found, str):
                _print_row(f"{n}^3", code, f"failed: {found}")
                continue
            ours = ours or found
            _print_row(
                f"{n}^3",
                code,
                found["steps"],
                f"{found['wall_s'] / found['steps']:.3g}",
                f"{found['wall_s'] / ours['wall_s']:.3g}",
                f"{found['cpu_s'] / found['steps']:.3g}",
                f"{found['cpu_s'] / ours['cpu_s']:.3g}",
                f"{found['peak_memory_bytes'] / 1e6:.0f}",
                f"{found['voltage']:.7f}",
            )


def in_own_process(code, n, steps):
    """Measure one code in a fresh process; a string says what went wrong."""
    command = [sys.executable, "-m", "benchmarks.half_cell", code, str(n), str(steps)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            cwd=Path(__file__).parents[1],
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {PATIENCE} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return json.loads(done.stdout.splitlines()[-1])


def structure(n, seed=3):
    """Blurred noise of pores (35 %), CBD (15 %) and active material (50 %) with features of some five
    voxels."""
    from scipy.ndimage import gaussian_filter

    rough = gaussian_filter(np.random.default_rng(seed).standard_normal((n, n, n)), 1.5, mode="wrap")
    low, high = np.quantile(rough, [0.35, 0.5])
    return VoxelGrid(
        np.where(rough < low, 0, np.where(rough < high, 2, 1)).astype(np.uint8), ("pore", "am", "cbd"), VOXEL
    )


def set_up(n):
    """Return the grid, the CellDesign, the solver's cell and its 1C current (A)."""
    from microsim.case.build import assemble
    from microsim.cell.design import CellDesign, Separator
    from microsim.materials import load

    grid = structure(n)
    phases = {"pore": None, "am": load("NMC811_Chen2020"), "cbd": load("CBD_default")}
    design = CellDesign(phases, load("LiPF6_EC_EMC_3_7"), Separator(25e-6, 0.47, 0.47**1.5), load("lithium"))
    cell = assemble(grid, design)
    current = 96485.33212 * 63104.0 * 0.6384 * float(cell.mesh.solid.volumes().sum()) / 3600
    return grid, design, cell, current


def run_solver(n, steps):
    """Discharge with the solver in equal steps; return the last voltage."""
    from microsim.cell.experiment import Experiment, Tolerances
    from microsim.cell.load import Load

    _, _, cell, current = set_up(n)
    fixed = Tolerances(step=1e9, first_step=STEP, max_step=STEP)
    return (
        Experiment(cell, None, fixed)
        .run([Load("d", current, duration=steps * STEP)])
        .columns["voltage_V"][-1]
    )


def run_fipy(n, steps):
    """Discharge with FiPy at the same times; return the last voltage."""
    from microsim.reference.halfcell import discharge_fipy

    grid, design, cell, current = set_up(n)
    layers = cell.mesh.ionic.widths[0][: cell.mesh.lines]
    return discharge_fipy(grid, design, layers, STEP * np.arange(1, steps + 1), current).voltage[-1]


def main():
    """Run one code on n^3 voxels and print what it needed as JSON; a small cell goes first, to compile the
    kernels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("code", choices=("solver", "fipy"))
    parser.add_argument("n", type=int)
    parser.add_argument("steps", type=int)
    options = parser.parse_args()
    run = run_solver if options.code == "solver" else run_fipy
    run(8, 1)
    wall, cpu = time.perf_counter(), time.process_time()
    voltage = run(options.n, options.steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "steps": options.steps,
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
                "peak_memory_bytes": peak if sys.platform == "darwin" else peak * 1024,
                "voltage": float(voltage),
            }
        )
    )


def _print_row(*cells):
    print("".join(f"{cell!s:<14}" for cell in cells).rstrip(), flush=True)


if __name__ == "__main__":
    main()
