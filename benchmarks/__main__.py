"""Measure speed and memory beside other people's codes on the same volume: python -m benchmarks [--full].

Every code runs in a process of its own, one after the other; the seconds are the solver's alone (no import,
no reading, no compilation). A benchmark is a function that takes the options and prints its table; list it in
BENCHMARKS.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.gpu import on_gpu
from benchmarks.gpu_cell import half_cell_on_gpu
from benchmarks.half_cell import half_cell_beside_fipy
from benchmarks.half_cell_bytes import half_cell_bytes
from benchmarks.half_cell_cost import half_cell_cost
from benchmarks.half_cell_runs import half_cell_runs
from benchmarks.study import studies_on_a_cluster
from benchmarks.thick_cathode import thick_cathode
from microsim import __version__
from microsim.mesh.grid import VoxelGrid

VOXEL = 400e-9  # m; tau does not depend on it
TOLERANCE = 1e-3
PATIENCE = 1800  # s for one code on one volume


def main():
    """Run the benchmarks named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(BENCHMARKS)}; default all"
    )
    parser.add_argument("--full", action="store_true", help="also the large sizes (minutes)")
    parser.add_argument(
        "--peers",
        default=sys.executable,
        metavar="PYTHON",
        help="interpreter that has PoreSpy and OpenPNM (pip install porespy openpnm)",
    )
    parser.add_argument(
        "--against",
        metavar="DIR",
        help="another checkout of microsim, for half_cell_runs to run beside this one",
    )
    parser.add_argument("--only", metavar="WORD", help="of half_cell_runs those whose names hold this")
    parser.add_argument("--child", nargs=2, metavar=("CODE", "VOLUME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print("RESULT " + json.dumps(asdict(CHILDREN[options.child[0]](Path(options.child[1])))))
        return
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"expected {', '.join(BENCHMARKS)}, got {', '.join(unknown)}; name one of these")
    print(f"microsim {__version__}, {platform.machine()}, {os.cpu_count()} cores{_load()}")
    for name in options.names or BENCHMARKS:
        BENCHMARKS[name](options)


def _load():
    """Say when other work runs on the machine, for it spoils every figure below."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f", BUSY: {busy:.1f} processes run already" if busy > 0.5 else ""


@dataclass(frozen=True)
class Measured:
    """What a code needed for one volume."""

    seconds: float
    peak_memory_bytes: int
    iterations: int
    tau: float | None


def in_own_process(code, volume, python=sys.executable):
    """Measure one code on a volume file in a fresh process; a string says what went wrong."""
    command = [python, "-m", "benchmarks", "--child", code, str(volume)]
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
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode or not lines:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return Measured(**json.loads(lines[-1].removeprefix("RESULT ")))


# -- tortuosity ----------------------------------------------------------------------------------------------


def tortuosity_beside_peers(options):
    """tau of the pores of one volume in growing crops, by the multigrid, by TauFactor (at 0.1 % and at its
    own 1 %) and PoreSpy."""
    sizes = (64, 128, 200, 256) if options.full else (64, 128)
    source, pores = _pores(max(sizes))
    print(
        f"\ntau of the pores of {source}, x axis; multigrid: tau to {TOLERANCE:g}, TauFactor: flux of the"
        f" planes to {TOLERANCE:g}"
    )
    _print_row("voxels", "code", "seconds", "ratio", "peak MB", "iterations", "tau")
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            volume = Path(folder) / f"{n}.npy"
            np.save(volume, pores[:n, :n, :n])
            ours = in_own_process("multigrid", volume)
            _print_row(f"{n}^3", "multigrid", *_figures(ours, ours))
            for peer in ("taufactor", "taufactor1%"):
                _print_row(f"{n}^3", peer, *_figures(in_own_process(peer, volume), ours))
            if n <= 200:  # beyond, PoreSpy takes minutes and more than 8 GB
                _print_row(
                    f"{n}^3", "porespy", *_figures(in_own_process("porespy", volume, options.peers), ours)
                )


def hard_networks(options):
    """Iterations and seconds on media that are hard to coarsen, and on the 500^3 foam of TauFactor's
    paper."""
    folder = os.environ.get("MICROSIM_DATA")
    if not folder:
        print("\nhard networks: MICROSIM_DATA names no folder of the public data; skipped")
        return
    from microsim.volumes.volume import read_voxels

    print("\ntau to 0.1 % on hard media, and bytes a voxel of the whole process")
    _print_row("medium", "axis", "seconds", "B / voxel", "iterations", "tau")
    media = {"CBD": ("nrel_nmc", 2, None), "Berea": ("berea", 0, 200)}
    if options.full:
        media["foam"] = ("taufactor_foam", 255, None)
    with tempfile.TemporaryDirectory() as scratch:
        for name, (source, label, crop) in media.items():
            mask = read_voxels(source).values[:crop, :crop, :crop] == label
            for axis in (0, 1, 2) if name == "foam" else (0,):
                volume = Path(scratch) / "volume.npy"
                np.save(volume, np.moveaxis(mask, axis, 0))
                r = in_own_process("multigrid", volume)
                if isinstance(r, str):
                    _print_row(name, "xyz"[axis], f"failed: {r}")
                else:
                    _print_row(
                        name,
                        "xyz"[axis],
                        f"{r.seconds:.3g}",
                        f"{r.peak_memory_bytes / mask.size:.1f}",
                        r.iterations,
                        f"{r.tau:.4f}",
                    )


def _figures(result, ours):
    """Seconds, their ratio to ours, peak memory, iterations, tau; or what went wrong."""
    if isinstance(result, str):
        return (f"failed: {result}",)
    ratio = f"{result.seconds / ours.seconds:.3g}" if isinstance(ours, Measured) else "-"
    tau = "-" if result.tau is None else f"{result.tau:.4f}"
    return f"{result.seconds:.3g}", ratio, f"{result.peak_memory_bytes / 1e6:.0f}", result.iterations, tau


def _pores(n):
    """The electrode of TauFactor's demonstration if MICROSIM_DATA holds it, else blurred noise cut at 45
    %."""
    folder = os.environ.get("MICROSIM_DATA")
    files = sorted(Path(folder).rglob("taufactor_electrode_256.tiff")) if folder else []
    if files:
        import tifffile

        return files[0].name, tifffile.imread(files[0]) == 0
    return "blurred noise (seed 0, 45 % pores)", porous_medium(n)


def porous_medium(n, share=0.45, blur=2.5, seed=0):
    """Return Gaussian noise blurred over `blur` voxels and cut so that `share` of it is pore: bool [x, y,
    z]."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(
        np.random.default_rng(seed).standard_normal((n, n, n), np.float32), blur, mode="wrap"
    )
    return noise < np.quantile(noise, share)


def _measure(solve, volume):
    """Time one solve after a small one, which compiles the kernels, of all levels, or loads them from their
    cache.

    `solve` maps a bool volume to (iterations, tau).
    """
    solve(porous_medium(40, 0.7))
    mask = np.load(volume)
    begun = time.perf_counter()
    iterations, tau = solve(mask)
    return Measured(time.perf_counter() - begun, _peak_memory_bytes(), iterations, tau)


def _multigrid(volume):
    from microsim.transport.tortuosity import solve_tortuosity

    def solve(mask):
        grid = VoxelGrid(mask.astype(np.uint8), ("solid", "pore"), (VOXEL, VOXEL, VOXEL))
        result = solve_tortuosity(grid, {"pore": 1.0}, 0, tolerance=TOLERANCE)
        return result.iterations, result.tau

    return _measure(solve, volume)


def _taufactor(volume, criterion=TOLERANCE):
    import taufactor

    def solve(mask):
        solver = taufactor.Solver(mask.astype(np.uint8), device="cpu")
        solver.solve(verbose=False, iter_limit=100_000, conv_crit=criterion)
        return solver.iter, float(solver.tau[0])

    return _measure(solve, volume)


def _porespy(volume):
    import porespy

    def solve(mask):
        return 0, float(porespy.simulations.tortuosity_fd(mask, axis=0).tortuosity)

    return _measure(solve, volume)


# -- tables --------------------------------------------------------------------------------------------------


def _print_row(*cells):
    """Print one row of a table at once, for the next may take minutes."""
    print("".join(f"{cell!s:<11}" for cell in cells).rstrip(), flush=True)


def _peak_memory_bytes():
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


CHILDREN = {
    "multigrid": _multigrid,
    "taufactor": _taufactor,
    "taufactor1%": partial(_taufactor, criterion=1e-2),
    "porespy": _porespy,
}
BENCHMARKS = {
    "tortuosity": tortuosity_beside_peers,
    "networks": hard_networks,
    "half_cell": half_cell_beside_fipy,
    "half_cell_bytes": half_cell_bytes,
    "half_cell_cost": half_cell_cost,
    "half_cell_runs": half_cell_runs,
    "thick_cathode": thick_cathode,
    "study": studies_on_a_cluster,
    "gpu": on_gpu,
    "gpu_cell": half_cell_on_gpu,
}

if __name__ == "__main__":
    main()
