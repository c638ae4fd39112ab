"""tau on a GPU beside the processor: needs a CUDA device and the extra gpu; 500^3 within fifteen minutes."""

import gc
import os
import time
from pathlib import Path

import numpy as np

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.numerics.backend import device_kernels, kernels, running

VOXEL, TOLERANCE = 400e-9, 1e-3  # m; tau does not depend on it
COPIED = 2**30  # bytes of the copy that the sweeps are held against
REPEATS = 20
SWEEP_BYTES = 12  # a cell: b, x of the other colour, x written


def on_gpu(options):
    """tau of the pores of growing cubes by both backends, and where the time of the GPU goes."""
    if os.environ.get("MICROSIM_GPU") == "cpu":
        print("\ngpu: MICROSIM_GPU=cpu, warp on one thread of the processor; no figure here is one of a GPU")
    try:
        with running("gpu"):
            copy_rate = _copy_rate()
    except InputError as error:
        print(f"\ngpu: skipped, it needs a CUDA device: {error}")
        return
    print(f"\ntau to {TOLERANCE:g}, x axis, {kernels_of_device()}, copy {copy_rate / 1e9:.0f} GB/s")
    for name, mask in _volumes(options.full):
        _beside(name, mask, copy_rate)


def kernels_of_device():
    """Return the name of the device."""
    with running("gpu"):
        return kernels.device.device().name


def _volumes(full):
    """Cubes of the electrode of TauFactor's demonstration, and its foam of 500^3; else blurred noise."""
    from benchmarks.__main__ import porous_medium

    sizes = (128, 256) if full else (64,)
    folder = os.environ.get("MICROSIM_DATA")
    found = sorted(Path(folder).rglob("taufactor_electrode_256.tiff")) if folder else []
    if found:
        import tifffile

        pores = tifffile.imread(found[0]) == 0
        yield from ((f"electrode {n}^3", pores[:n, :n, :n]) for n in sizes)
    else:
        yield from ((f"noise {n}^3", porous_medium(n)) for n in sizes)
    if full:
        from microsim.volumes.volume import read_voxels

        yield ("foam 500^3", read_voxels("taufactor_foam").values == 255) if folder else (
            "noise 500^3", porous_medium(500)
        )  # fmt: skip


def _beside(name, mask, copy_rate):
    """Print what both backends need for a volume, whether they agree, and the parts of the GPU's time."""
    from benchmarks.__main__ import porous_medium

    small, found = porous_medium(40, 0.7), {}  # the small one compiles the kernels
    for backend in ("cpu", "gpu"):
        with running(backend):
            _solve(small)
            begun = time.perf_counter()
            found[backend] = _solve(mask)
            seconds = time.perf_counter() - begun
        r = found[backend]
        print(
            f"{name:<16} {backend}: {seconds:8.3f} s, {r.iterations} iterations, tau {r.tau:.9f}", flush=True
        )
    tau = [found[backend].tau for backend in ("cpu", "gpu")]
    print(f"{'':<16} tau apart by {abs(tau[1] / tau[0] - 1):.1e}, bound {2 * TOLERANCE / 3:.1e}")
    with running("gpu"):
        _parts(mask, copy_rate, found["gpu"].tau == _solve(mask).tau)


def _parts(mask, copy_rate, alike):
    """Set-up, cycle and sweep of a volume on the device, its memory, and whether two runs agreed."""
    from microsim.mesh.percolation import percolating
    from microsim.numerics.device_multigrid import DeviceMultigrid
    from microsim.numerics.rows import BitRows

    begun = time.perf_counter()
    rows = BitRows.of(percolating(mask, 0))
    gc.collect()  # what an earlier solve held
    before = used_of_device()
    grid = DeviceMultigrid.of(rows, (np.float32(1),) * 3)
    vectors = [kernels.vectors.zeros(rows.n, np.float32) for _ in range(2)]
    b = vectors[0]
    kernels.device.wait()
    set_up = time.perf_counter() - begun
    held = (used_of_device() - before) / rows.n
    cycle = seconds(lambda: grid.cycle(b))
    bits, x, one = grid.rows, grid.x, np.float32(1)
    sweep = seconds(lambda: kernels.rows.sweep(bits.bits, bits.start, one, one, one, b, x, True))
    share = SWEEP_BYTES * rows.n / sweep / copy_rate
    told = (
        f"twice the same: {alike}; set-up {set_up:.3f} s, cycle {1e3 * cycle:.3f} ms, a sweep of",
        f"the finest level {1e3 * sweep:.3f} ms: {share:.2f} of the copy rate; {held:.1f} bytes a cell held",
    )
    print("".join(f"{'':<16} {line}\n" for line in told), end="", flush=True)


def _solve(mask):
    from microsim.transport.tortuosity import solve_tortuosity

    grid = VoxelGrid(mask.astype(np.uint8), ("solid", "pore"), (VOXEL, VOXEL, VOXEL))
    return solve_tortuosity(grid, {"pore": 1.0}, 0, tolerance=TOLERANCE)


def used_of_device():
    """Bytes of the device that arrays take: those of warp's pool, which keeps what was let go of."""
    import warp

    device = device_kernels.device.device()
    return warp.get_mempool_used_mem_current(device) if device.is_mempool_enabled else 0


def seconds(work):
    """Time one call of work on the device, after a first one."""
    work()
    device_kernels.device.wait()
    begun = time.perf_counter()
    for _ in range(REPEATS):
        work()
    device_kernels.device.wait()
    return (time.perf_counter() - begun) / REPEATS


def _copy_rate():
    """Bytes read and written per second by a copy on the device."""
    here, there = (kernels.vectors.zeros(COPIED // 4, np.float32) for _ in range(2))
    return 2 * COPIED / seconds(lambda: kernels.device.copy(here, there))
