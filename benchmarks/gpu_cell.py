"""The half cell on a GPU beside the processor: needs a CUDA device and the extra gpu; minutes."""

import gc
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.gpu import seconds, used_of_device
from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.numerics.backend import device_kernels as kernels
from microsim.numerics.backend import need_device
from microsim.numerics.device_multigrid import DeviceLevels

CASE = Path(__file__).parents[1] / "cases" / "demo.yaml"
DISCHARGE = "Discharge at C/2 for 10 minutes"
LARGE_STEPS = 12  # time steps on eight mirrored demo electrodes, 128 x 96 x 96 voxels


@dataclass(frozen=True)
class Done:
    """What a run of the half cell took and found."""

    seconds: float
    parts: dict
    counts: tuple
    voltages: np.ndarray
    lithium: float
    cell: object


def half_cell_on_gpu(options):
    """The first stretch of the demo's discharge, and a larger electrode, by both backends in turn: seconds
    and where they go, iterations, voltages, and whether two runs on the device agree to the digit."""
    try:
        need_device()
    except InputError as error:
        print(f"\ngpu_cell: skipped, it needs a CUDA device: {error}")
        return
    if os.environ.get("MICROSIM_GPU") == "cpu":
        print("\ngpu_cell: MICROSIM_GPU=cpu, warp on one thread of the processor; no figure is one of a GPU")
    print(f"\nhalf cell on {kernels.device.device().name} beside the processor; seconds without compilation")
    begun = time.perf_counter()
    corner = _setup(lambda grid: grid.crop({"x": (0, 16), "y": (0, 16), "z": (0, 16)}))
    for on_device in (False, True):
        _run(corner, on_device, 3)
    print(f"compiled in {time.perf_counter() - begun:.1f} s", flush=True)
    demo = _setup(lambda grid: grid)
    again = _beside("demo", demo, None)
    print(f"{'':<6} twice the same: {again}", flush=True)
    _beside("large", _setup(_mirrored), LARGE_STEPS, twice=False)


def _setup(change):
    """Return the Setup of the demo's case on a changed electrode."""
    from microsim.case.build import cell_design, read_grid, set_up
    from microsim.case.case import load_case

    case = load_case(CASE, {"compare": None, "protocol": [DISCHARGE]})
    grid = change(read_grid(case)[1])
    return set_up(case, grid, cell_design(case, grid))


def _mirrored(grid):
    """Eight of an electrode side by side, each the mirror image of those beside it."""
    phase = grid.phase
    for axis in range(3):
        phase = np.concatenate([phase, np.flip(phase, axis)], axis)
    return VoxelGrid(phase, grid.names, grid.voxel_size)


def _beside(name, setup, steps, twice=True):
    """Print what both backends need; return whether a second run on the device has the same voltages."""
    found = {}
    gc.collect()  # what an earlier cell held
    for backend in ("cpu", "gpu"):
        before = used_of_device()
        r = found[backend] = _run(setup, backend == "gpu", steps)
        parts = ", ".join(f"{part} {seconds:.2f}" for part, seconds in r.parts.items())
        steps_, newton, linear = r.counts
        print(
            f"{name:<6} {backend}: {r.seconds:.2f} s ({parts}); {steps_} steps, {newton} Newton, {linear} "
            f"GMRES; {r.voltages[-1]:.9f} V, lithium kept to {r.lithium:.1e}",
            flush=True,
        )
    voltages = [found[backend].voltages for backend in ("cpu", "gpu")]
    both = min(map(len, voltages))
    apart = np.abs(voltages[0][:both] - voltages[1][:both]).max()
    size, voxels = found["gpu"].cell.unknowns.size, np.prod(setup.grid.shape)
    held = (used_of_device() - before) / voxels
    print(
        f"{'':<6} {voxels} voxels, {size} unknowns; voltages apart by at most {apart:.1e} V; "
        f"{held:.0f} bytes of the device a voxel"
    )
    _launches(found.pop("gpu").cell)
    return twice and np.array_equal(voltages[1], _run(setup, True, steps).voltages)


def _run(setup, on_device, steps):
    """Run a setup's protocol, or so many of its time steps."""
    setup = replace(setup, cell=replace(setup.cell, on_device=on_device))
    experiment, parts = setup.experiment(), {}
    with _timed(parts):
        begun = time.perf_counter()
        for moment in experiment.moments(setup.loads()):
            if steps and moment.time_steps >= steps:
                break
        seconds = time.perf_counter() - begun
    record = experiment.now.record
    counts = record.time_steps, record.newton_iterations, record.linear_iterations
    voltages = np.array(record.columns["voltage_V"])
    return Done(seconds, parts, counts, voltages, record.lithium_balance_error, setup.cell)


@contextmanager
def _timed(parts):
    """Add up the seconds of the parts of a run."""
    from microsim.cell.device import DeviceSystem, OnDevice
    from microsim.cell.jacobian import Jacobian
    from microsim.cell.preconditioner import Preconditioner
    from microsim.cell.sharing import OneProcess
    from microsim.cell.step import StepProblem
    from microsim.numerics.device_multigrid import DeviceGrid
    from microsim.numerics.multigrid import Multigrid

    watched = {
        "set-up": [(Preconditioner, "__init__")],
        "numbers of P": [(Preconditioner, "update")],
        "of these its grids": [(Multigrid, "update")],
        "with bringing them": [(DeviceGrid, "update")],
        "numbers of J": [(Jacobian, "of")],
        "bringing J": [(DeviceSystem, "take")],
        "solves": [(OnDevice, "gmres")],
        "of these J": [(Jacobian, "__call__")],
        "P": [(Preconditioner, "_answer")],
        "residuals": [(StepProblem, "residual")],
    }
    solve, kept = OneProcess.gmres, [(OneProcess, "gmres", OneProcess.__dict__["gmres"])]
    OneProcess.gmres = staticmethod(_watching(solve, parts, "solves"))
    for part, places in watched.items():
        for owner, name in places:
            own = owner.__dict__[name]
            kept.append((owner, name, own))
            inner = own.__func__ if isinstance(own, classmethod) else own
            wrapped = _watching(inner, parts, part)
            setattr(owner, name, classmethod(wrapped) if isinstance(own, classmethod) else wrapped)
    try:
        yield
    finally:
        for owner, name, own in kept:
            setattr(owner, name, own)


def _watching(function, parts, part):
    def watched(*args, **options):
        begun = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            parts[part] = parts.get(part, 0.0) + time.perf_counter() - begun

    return watched


def _launches(cell):
    """Print what the launches of an iteration take on the device."""
    system = cell.sharing.system
    krylov, vectors = system.krylov, kernels.vectors
    inner = vectors.project(krylov.basis, 5, krylov.w)
    P = kernels.device.recorded(lambda: system.answer(krylov.v, krylov.z))
    J = kernels.device.recorded(lambda: system.jacobian.product(krylov.z, krylov.w))
    grids = [system.preconditioner.potentials, system.preconditioner.salt]
    grids += [DeviceLevels(cell.preconditioner.potential_grid.host)]
    cycles = [kernels.device.recorded(lambda grid=grid: grid.answer(0)) for grid in grids]
    kernels.device.copy(grids[0].levels[0].b, grids[2].levels[0].b)
    for cycle in cycles:
        cycle()
    one, other = grids[0].levels[0].x.numpy(), grids[2].levels[0].x.numpy()
    figures = {
        "P^-1 and J": krylov.repeat,
        "P^-1": P,
        "its potentials": cycles[0],
        "its salt": cycles[1],
        "potentials level by level": cycles[2],
        "J": J,
        "project 5": lambda: vectors.project(krylov.basis, 5, krylov.w),
        "combine 5": lambda: vectors.combine(krylov.basis, 0 * inner, krylov.w),
    }
    told = ", ".join(f"{name} {1e3 * seconds(work):.3f} ms" for name, work in figures.items())
    levels = [level.b.size for level in grids[0].levels]
    print(f"{'':<6} {told}; levels of the potentials {levels}", flush=True)
    apart = np.abs(one - other).max() / np.abs(other).max()
    print(f"{'':<6} small levels in one launch and level by level: apart by {apart:.1e}", flush=True)
