"""The public test cases of TauFactor 2 (tests/test_taufactor.py) put to our solver: same images, same
answers."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.transport.tortuosity import solve_tortuosity

N = 20


def block(shape=(N, N, N)):
    image = np.ones(shape)
    image[:, 0] = 0
    return image


def sheet():
    image = np.zeros((N, N, N))
    image[:2] = 1
    return image


def strip(*parts, around=0):
    """Bars of N/2 x N/2 along x, side by side along z."""
    image = np.full((N, N, N), around)
    for k, label in enumerate(parts):
        image[:, : N // 2, k * N // 2 : (k + 1) * N // 2] = label
    return image


def slanted():
    image = np.zeros((N, N + 1, N + 1))
    for i in range(N):
        image[i, i : i + 2, i : i + 2] = 1
    return image


def dead_end():
    image = np.zeros((10, 50, 50))
    image[:8, 25, 25] = 1
    return image


def tau(image, conducting=None, sides="no-flux"):
    labels = np.unique(image).astype(int)
    code = np.searchsorted(labels, image.astype(int)).astype(np.uint8)
    grid = VoxelGrid(code, tuple(f"label{k}" for k in labels), 1e-6, tuple(labels.tolist()))
    conducting = {f"label{k}": v for k, v in (conducting or {1: 1.0}).items() if k in labels}
    return solve_tortuosity(grid, conducting, 0, tolerance=1e-7, sides=sides)


@pytest.mark.parametrize("sides", ["no-flux", "periodic"])
@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (block(), 1.0),
        (block((2 * N, N, N)), 1.0),
        (block((N, N, 2 * N)), 1.0),
        (sheet(), None),
        (strip(1), 1.0),
        (dead_end(), None),
    ],
    ids=["block", "long block", "wide block", "non-percolating", "strip", "dead end"],
)
def test_one_phase(image, expected, sides):
    result = tau(image, sides=sides)
    assert result.tau == (None if expected is None else pytest.approx(expected, abs=5e-6))
    assert expected is not None or result.D_eff_over_D0 == 0


def test_slanted_strip():
    assert tau(slanted()).tau == pytest.approx(7.51667, abs=5e-6)


@pytest.mark.parametrize("sides", ["no-flux", "periodic"])
@pytest.mark.parametrize(
    ("image", "conducting"),
    [
        (np.ones((N, N, N)), {1: 1.0}),
        (np.ones((N, N, N)), {1: 0.5}),
        (strip(1), {1: 1.0}),
        (strip(1, 2), {0: 0, 1: 1, 2: 0.5}),
        (strip(2, 3, around=1), {0: 0, 1: 1, 2: 0.5, 3: 2}),
        (np.where(np.arange(N)[None, :, None] < 2, 1, np.zeros((N, N, N))), {0: 1.0, 1: 0.0}),
    ],
    ids=["ones", "halves", "strip", "two strips", "three strips", "label 0 conducts"],
)
def test_several_phases(image, conducting, sides):
    assert tau(image, conducting, sides).tau == pytest.approx(1, abs=5e-5)


def test_several_phases_that_do_not_percolate():
    assert tau(sheet(), {1: 1.0, 0: 0.0}).tau is None


def test_negative_conductivity_is_refused():
    with pytest.raises(InputError, match="0 or more"):
        tau(sheet(), {0: 1.0, 1: -0.1})


@pytest.mark.parametrize("sides", ["no-flux", "periodic"])
def test_one_conductor_or_several_with_nothing_else_agree(sides):
    """The second is forced onto the solver for several phases by a phase that conducts a millionth."""
    one, several = tau(slanted(), sides=sides), tau(slanted(), {1: 1.0, 0: 1e-9}, sides)
    assert several.D_eff_over_D0 == pytest.approx(one.D_eff_over_D0, rel=1e-5)
