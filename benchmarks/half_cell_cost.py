"""What the half cell costs: growing crops of the NREL electrode, and where the time of a step goes."""

import argparse
import cProfile
import json
import pstats
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

CASES = Path(__file__).parents[1] / "cases"
SIZES = {
    "0.15 M": "{x: [0, 90], y: [100, 141], z: [100, 141]}",
    "1.2 M": "{x: [0, 180], y: [100, 183], z: [100, 183]}",
    "10 M": "{x: [0, 251], y: [0, 200], z: [0, 200]}",
}
SECONDS = 400  # of the discharge: enough for some thirty steps


def half_cell_cost(options):
    """Time per voxel and step of a C/2 discharge, and the kernels' share, in crops of the NREL electrode."""
    import os

    if not os.environ.get("MICROSIM_DATA"):
        print("\nhalf-cell cost: MICROSIM_DATA names no folder of the public data; skipped")
        return
    print(f"\nNREL electrode, CEI, first {SECONDS} s of a C/2 discharge")
    rows, names = [], list(SIZES)[: 3 if options.full else 2]
    _print_row(
        "voxels",
        "steps",
        "Newton",
        "GMRES",
        "CPU s",
        "wall s",
        "us CPU / voxel / step",
        "of the first",
        "peak GB",
        "bytes / voxel",
        "in kernels",
    )
    for name in names:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.half_cell_cost", name],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[1],
        )
        if done.returncode:
            _print_row(name, "failed: " + (done.stderr.strip().splitlines() or ["no answer"])[-1])
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        pace = 1e6 * found["cpu_s"] / found["voxels"] / found["steps"]
        rows.append(pace)
        _print_row(
            f"{found['voxels']:,}",
            found["steps"],
            found["newton"],
            found["gmres"],
            f"{found['cpu_s']:.1f}",
            f"{found['wall_s']:.1f}",
            f"{pace:.2f}",
            f"{pace / rows[0]:.2f}",
            f"{found['peak'] / 1e9:.2f}",
            f"{found['peak'] / found['voxels']:.0f}",
            f"{found['in_kernels']:.0%}",
        )
    print(
        "\nmemory traffic of the kernels that take longest, as a share of the rate at which numpy copies an"
        " array"
    )
    for name, share, rate in traffic():
        _print_row(name, f"{rate / 1e9:.1f} GB/s", f"{share:.0%} of a copy")


def measure(crop):
    """Run the first minutes of the case; return its counts, times and the kernels' share."""
    from microsim.case.build import set_up
    from microsim.case.case import load_case

    case = load_case(
        CASES / "thick_cathode_cei.yaml",
        [f"volume.crop={crop}", f"protocol.0=Discharge at C/2 for {SECONDS} s"],
    )
    setup = set_up(case)
    steps = setup.loads()
    next(setup.experiment().moments(steps))  # compiles, or reads, every kernel
    experiment, profile = setup.experiment(), cProfile.Profile()
    cpu, wall = time.process_time(), time.perf_counter()
    profile.enable()
    record = experiment.run(steps)
    profile.disable()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    entries = pstats.Stats(profile).stats
    inside = sum(own for (file, _, _), (_, _, own, _, _) in entries.items() if "/kernels/" in file)
    return {
        "voxels": setup.grid.voxels,
        "steps": record.time_steps,
        "newton": record.newton_iterations,
        "gmres": record.linear_iterations,
        "cpu_s": cpu,
        "wall_s": wall,
        "in_kernels": inside / wall,
        "peak": (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        ),
    }


def traffic(n=120):
    """Yield (kernel, share of the copy rate, bytes a second) on the pores of blurred noise."""
    from scipy.ndimage import gaussian_filter

    from microsim.numerics.backend import kernels
    from microsim.numerics.graph import voxel_graph
    from microsim.numerics.krylov import Basis
    from microsim.numerics.multigrid import Level

    mask = gaussian_filter(np.random.default_rng(0).standard_normal((n, n, n)), 2) > 0
    graph = voxel_graph(mask, [np.ones(n)] * 3)
    level, weight = Level.of(graph, np.float32), np.ones(graph.neighbour.size, np.float32)
    level.rows.set(graph, weight)
    x, out, b = (np.ones(graph.n, np.float32) for _ in range(3))
    diagonal = np.full(graph.n, 7, np.float32)
    nowhere = np.zeros(graph.n, np.int32), np.zeros(1, np.float32)
    links = 8 * graph.n + (4 + 4) * graph.neighbour.size  # row ends, neighbours and weights
    fixed = (4 + 4) * level.rows.near.size  # neighbours and weights in rows of one length
    basis, source, target = Basis(), np.ones(20_000_000), np.empty(20_000_000)
    for _ in range(20):
        basis.keep(x, 1.0)
    kept = 20 * 3 * graph.n
    copy = 2 * source.nbytes / fastest(lambda: np.copyto(target, source))
    for name, moved, work in (
        (
            "apply_laplacian",
            links + 12 * graph.n,
            lambda: kernels.laplacian.apply_laplacian(
                graph.indptr, graph.neighbour, weight, diagonal, x, out
            ),
        ),
        (
            "sweep",
            fixed + (16 + 12) * graph.n,  # and the aggregates' corrections
            lambda: kernels.cycle.up(level.spans, *nowhere, *level.rows, diagonal, b, x),
        ),
        ("project", kept + 4 * graph.n, lambda: basis.project(x)),
        ("combine", kept + 8 * graph.n, lambda: basis.combine(np.zeros(20), x)),
    ):
        rate = moved / fastest(work)
        yield name, rate / copy, rate


def fastest(work, rounds=7, clock=time.perf_counter):
    """Return the shortest of some times that a work takes (s)."""
    work()
    times = []
    for _ in range(rounds):
        begun = clock()
        work()
        times.append(clock() - begun)
    return min(times)


def _print_row(*cells):
    print("  ".join(f"{cell!s:>13}" for cell in cells), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    print(json.dumps(measure(SIZES[parser.parse_args().name])))
