"""The cycle on a device is that of the processor, and what is found on it is the same tau."""

import gc
import weakref

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.percolation import percolating
from microsim.numerics.backend import kernels, running
from microsim.numerics.device_multigrid import CELL_BYTES, DeviceGraphMultigrid, DeviceGrid, DeviceMultigrid
from microsim.numerics.graph import lean, voxel_graph
from microsim.numerics.multigrid import Multigrid
from microsim.numerics.near import Near
from microsim.numerics.rows import BitRows, RowsMultigrid
from microsim.transport.tortuosity import solve_tortuosity

from .twins import gpu_on_processor, trade  # noqa: F401

pytestmark = pytest.mark.usefixtures("gpu_on_processor")


def porous(shape, seed=0):
    """Blurred noise, cut so that 0.55 of it conducts."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(shape, np.float32), 1.5, mode="wrap")
    return noise < np.quantile(noise, 0.55)


@pytest.mark.parametrize("kind", ["rows", "graph", "grid"])
def test_what_a_solve_held_goes_with_it(kind):
    """And not when Python next looks for rings of references: it is the device's memory."""
    mask = percolating(porous((10, 9, 8)), 0)
    graph = voxel_graph(mask, [np.ones(n) for n in mask.shape])
    ground = np.ones(graph.n, np.float32)
    gc.collect()
    gc.disable()
    try:
        if kind == "rows":
            held = DeviceMultigrid.of(BitRows.of(mask), np.ones(3, np.float32))
            held.cycle(kernels.device.upload(ground))
        elif kind == "graph":
            host = Multigrid(graph)
            host.update(np.empty(0, np.float32), ground)
            held = DeviceGraphMultigrid(host)
            held.cycle(kernels.device.upload(ground))
        else:
            held = DeviceGrid(graph)
            held.update(np.empty(0, np.float32), ground)
            held.answer()
        seen = weakref.ref(held)
        del held
        assert seen() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("coarsest", [20, 10**6])
def test_the_cycle_is_that_of_the_processor(coarsest, monkeypatch):
    """With levels of many links and down to the coarsest, and with the first coarser one solved at once."""
    mask = percolating(porous((28, 25, 30)), 0)
    weights = tuple(np.float32([1, 1.2, 0.8]))
    with running("cpu"):
        rows = BitRows.of(mask)
        host = RowsMultigrid(rows, weights, coarsest)
        b = np.random.default_rng(1).standard_normal(rows.n).astype(np.float32)
        theirs = host.cycle(b).copy()
    monkeypatch.setattr(kernels.cycle, "COARSEST_CELLS", coarsest)
    mine = DeviceMultigrid.of(BitRows.of(mask), weights)
    assert len(mine.coarse.levels) == len(host.coarse.levels)
    device_b = kernels.device.upload(b)
    for _ in range(2):  # from zero, whatever the last cycle left
        assert np.abs(mine.cycle(device_b).numpy() - theirs).max() < 2e-5 * np.abs(theirs).max()
    assert np.array_equal(device_b.numpy(), b)
    mine.cycle(kernels.device.upload(2 * b))
    assert np.abs(mine.x.numpy() - 2 * theirs).max() < 4e-5 * np.abs(theirs).max()


@pytest.mark.parametrize(
    "shape, small, coded",
    [((28, 25, 30), None, 0), ((16, 14, 15), 1000, 0), ((5, 6, 4), None, 0), ((16, 14, 15), 0, 0)]
    + [((16, 14, 15), 1000, 50), ((16, 14, 15), 0, 50)],
)
def test_a_grid_of_the_device_takes_numbers_time_and_again(shape, small, coded, monkeypatch):
    """With small levels that one launch takes, below others and alone, and without such levels; with
    neighbours in 16 bits on levels of more than `coded` cells."""
    if coded:
        monkeypatch.setattr("microsim.numerics.descent.SMALL", coded)
    if small is not None:
        monkeypatch.setattr(trade("gpu", "cycle"), "SMALL", small)
    graph, rng = voxel_graph(percolating(porous(shape), 0), [np.ones(n) for n in shape]).filled(), None
    graph = lean([graph])[0] if coded else graph
    with running("cpu"):
        mine, host = DeviceGrid(graph, halved=coded > 0), Multigrid(graph, halved=coded > 0)
        assert coded == 0 or isinstance(host.levels[0].rows.near, Near)
        for seed in (1, 2):
            rng = np.random.default_rng(seed)
            of_cells = rng.random(graph.n)
            weight = of_cells[:, None] + of_cells[graph.near]
            weight *= graph.near != np.arange(graph.n)[:, None]
            mass, b = rng.random(graph.n), rng.standard_normal(graph.n).astype(np.float32)
            for grid in (mine, host):
                grid.update(weight.ravel(), mass)
                grid.levels[0].b[:] = b
            theirs = host.answer().copy()
            for _ in range(2):  # from zero, whatever was there
                assert np.abs(mine.answer() - theirs).max() < 2e-5 * np.abs(theirs).max()
            once = host.cycle(b).copy()
            there = mine.on_device
            limit = trade("gpu", "cycle").SMALL
            assert there.top == sum(level.graph.n > limit for level in host.levels)
            assert len(there.levels) == len(host.levels)
            there.levels[0].b.assign(b)
            x = there.visit(0, there.levels[0].b, False).numpy()
            assert np.abs(x - once).max() < 2e-5 * np.abs(once).max()


CASES = {  # conductor, edges, conductivity, axes
    "cube": (porous((40, 40, 40)), 1.0, 1.0, (0,)),
    "long": (porous((50, 9, 130)), (1.0, 1.5, 1.2), 1.0, (0, 2)),
    "one": (np.ones((1, 5, 4), bool), 1.0, 1.0, (0, 1)),
    "directions": (porous((24, 20, 22)), 1.0, (1.0, 0.8, 1.9), (1, 2)),
    "nothing": (np.arange(60).reshape(5, 4, 3) < 30, 1.0, 1.0, (0,)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("tolerance", [1e-3, 1e-7])
def test_tau_is_that_of_the_processor_to_the_digit_twice(name, tolerance):
    mask, edges, conductivity, axes = CASES[name]
    grid = VoxelGrid(mask.astype(np.uint8), ("solid", "pore"), tuple(4e-7 * np.ones(3) * edges))

    def solve(axis):
        return solve_tortuosity(grid, {"pore": conductivity}, axis, tolerance=tolerance, potential=True)

    for axis in axes:
        with running("cpu"):
            theirs = solve(axis)
        mine, again = solve(axis), solve(axis)
        assert abs(mine.iterations - theirs.iterations) <= 1
        if name == "nothing":
            assert mine.tau is theirs.tau is None
            continue
        assert mine.tau == pytest.approx(theirs.tau, rel=tolerance / 3)
        assert (mine.tau, mine.gains, mine.flux_imbalance) == (again.tau, again.gains, again.flux_imbalance)
        assert np.allclose(mine.potential, theirs.potential, atol=tolerance**0.5 / 3, equal_nan=True)


def test_a_full_block_is_exact():
    grid = VoxelGrid(np.ones((6, 5, 4), np.uint8), ("solid", "pore"), 1e-6)
    found = solve_tortuosity(grid, {"pore": 1.0}, 0)
    assert found.tau == pytest.approx(1, abs=1e-12) and found.iterations == 0


def test_surfaces_within_voxels_are_refused():
    grid = VoxelGrid(porous((12, 12, 12)).astype(np.uint8), ("solid", "pore"), 1e-6)
    with pytest.raises(InputError, match="--backend: expected --interface voxel for gpu, got another"):
        solve_tortuosity(grid, {"pore": 1.0}, 1, interface="smooth")


def test_no_more_memory_than_told(monkeypatch):
    """What the levels, their rows and the vectors take is below what is asked for beforehand."""
    mask, taken = np.ones((64, 64, 64), bool), []
    upload, zeros = trade("gpu", "device").upload, trade("gpu", "vectors").zeros
    monkeypatch.setattr(kernels.device, "upload", lambda array: taken.append(upload(array)) or taken[-1])
    monkeypatch.setattr(kernels.cycle, "upload", kernels.device.upload)
    monkeypatch.setattr(kernels.vectors, "zeros", lambda *of: taken.append(zeros(*of)) or taken[-1])
    grid = VoxelGrid(mask.astype(np.uint8), ("solid", "pore"), 1e-6)
    monkeypatch.setattr(kernels.cycle, "COARSEST_CELLS", 300)  # whose inverse is small beside the rest
    solve_tortuosity(grid, {"pore": 1.0}, 0)
    size = sum(array.capacity for array in taken) / mask.size
    assert 0.5 * CELL_BYTES < size < CELL_BYTES
