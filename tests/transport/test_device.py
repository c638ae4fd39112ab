"""Several conductors, periodic sides and flat voxels on a device: the tau of the processor."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.numerics.backend import kernels, running
from microsim.transport.device import GRAPH_CELL_BYTES
from microsim.transport.tortuosity import solve_tortuosity

from ..numerics.test_device_multigrid import porous
from ..numerics.twins import gpu_on_processor, trade  # noqa: F401

pytestmark = pytest.mark.usefixtures("gpu_on_processor")
NAMES = "solid", "pore", "cbd"


def labels(shape):
    found = porous(shape).astype(np.uint8)
    found[porous(shape, seed=4) & ~porous(shape, seed=5)] = 2
    return found


CASES = {  # shape, edges, conductivities, sides
    "two": ((26, 24, 25), 1.0, {"pore": 1.0, "cbd": 0.1}, "no-flux"),
    "contrast": ((20, 21, 22), 1.0, {"pore": 1.0, "cbd": 2e-3}, "no-flux"),
    "periodic": ((16, 17, 19), 1.0, {"pore": 1.0}, "periodic"),
    "flat": ((20, 21, 22), (1.0, 1.0, 3.0), {"pore": 1.0, "solid": 0.5}, "periodic"),
    "small": ((4, 3, 5), 1.0, {"pore": 1.0, "cbd": 0.1, "solid": 0.2}, "no-flux"),
    "directions": ((16, 14, 15), 1.0, {"pore": (1.0, 0.5, 0.2), "cbd": 0.1}, "no-flux"),
}


@pytest.mark.parametrize("name", CASES)
def test_tau_is_that_of_the_processor_to_the_digit_twice(name):
    shape, edges, conducting, sides = CASES[name]
    grid = VoxelGrid(labels(shape), NAMES, tuple(4e-7 * np.ones(3) * edges))

    def solve(tolerance):
        return solve_tortuosity(grid, conducting, 1, tolerance=tolerance, sides=sides, potential=True)

    for tolerance in (1e-3, 1e-6):
        with running("cpu"):
            theirs = solve(tolerance)
        mine, again = solve(tolerance), solve(tolerance)
        assert mine.tau == pytest.approx(theirs.tau, rel=tolerance / 3) and mine.tau > 1
        assert abs(mine.iterations - theirs.iterations) <= 1
        assert (mine.tau, mine.gains, mine.flux_imbalance) == (again.tau, again.gains, again.flux_imbalance)
        assert np.allclose(mine.potential, theirs.potential, atol=tolerance**0.5 / 3, equal_nan=True)


def test_conductors_too_far_apart_are_refused():
    grid = VoxelGrid(labels((8, 8, 8)), NAMES, 1e-6)
    with pytest.raises(InputError, match="--backend: expected conductors at most 10.4 apart for gpu"):
        solve_tortuosity(grid, {"pore": 1.0, "cbd": 1e-5}, 0)


def test_no_more_memory_than_told(monkeypatch):
    """What the levels, their rows and the vectors take is below what is asked for beforehand."""
    taken, upload, zeros = [], trade("gpu", "device").upload, trade("gpu", "vectors").zeros

    def counted(make):
        return lambda *of: taken.append(make(*of)) or taken[-1]

    for module, name in ((kernels.device, "upload"), (kernels.cycle, "upload"), (kernels.vectors, "zeros")):
        monkeypatch.setattr(module, name, counted(upload if name == "upload" else zeros))
    monkeypatch.setattr(kernels.cycle, "COARSEST_CELLS", 300)  # whose inverse is small beside the rest
    found = np.ones((40, 40, 40), np.uint8)
    found[::2, 1::2] = 2
    solve_tortuosity(VoxelGrid(found, NAMES, 1e-6), {"pore": 1.0, "cbd": 0.001}, 0)
    assert 0.5 * GRAPH_CELL_BYTES < sum(array.capacity for array in taken) / found.size < GRAPH_CELL_BYTES
