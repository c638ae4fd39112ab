"""GMRES on a device is that of the processor."""

import numpy as np
import pytest

from microsim.base.errors import NotConverged
from microsim.numerics.backend import device_kernels as kernels
from microsim.numerics.backend import running
from microsim.numerics.device_krylov import DeviceGmres
from microsim.numerics.krylov import gmres

from .twins import gpu_on_processor  # noqa: F401

pytestmark = pytest.mark.usefixtures("gpu_on_processor")
N = 300


class Banded:
    """A matrix with a dominant diagonal and a link around a ring: J of numpy and of the device."""

    def __init__(self, seed, n=N):
        rng = np.random.default_rng(seed)
        self.weight, self.rest = np.zeros((n, 6), np.float32), (0.05 + rng.random(n)).astype(np.float32)
        self.weight[:, :2] = rng.random((n, 2))
        self.near = np.repeat(np.arange(n)[:, None], 6, axis=1)
        self.near[:, 0], self.near[:, 1] = (np.arange(n) - 1) % n, (np.arange(n) + 1) % n
        self.there = (
            kernels.fixed.uploaded(self.near),
            kernels.vectors.room(6, n),
            kernels.device.upload(self.rest),
        )
        kernels.fixed.lay(self.weight, self.there[1])
        self.inverse = (1 / (self.weight.sum(axis=1) + self.rest)).astype(np.float32)
        self.there_inverse, self.none = (
            kernels.device.upload(self.inverse),
            kernels.vectors.zeros(n, np.float32),
        )

    def apply(self, x):
        return self.rest * x + (self.weight * (x[:, None] - x[self.near])).sum(axis=1)

    def product(self, x, out):
        kernels.fixed.outflow(*self.there, x, out)

    def precondition(self, r, out):
        kernels.vectors.add_product(self.none, self.there_inverse, r, 1, out)

    def solver(self, restart=20):
        return DeviceGmres(self.product, self.precondition, self.rest.size, restart)


ROUNDED = 6e-8  # of b: what a basis of 24 binary digits leaves open, of float32 or of whole numbers


@pytest.mark.parametrize("tolerance, restart", [(1e-2, 20), (1e-8, 20), (1e-4, 4)])
def test_answer_and_history_are_those_of_the_processor(tolerance, restart):
    system, b = Banded(1), np.random.default_rng(2).standard_normal(N)
    solve = system.solver(restart)
    with running("cpu"):
        theirs, history = gmres(
            system.apply, lambda r: system.inverse * r, b, tolerance=tolerance, restart=restart
        )
    for _ in range(2):  # what was recorded and what a solve left change nothing
        x, mine = solve(b, tolerance=tolerance)
        assert len(mine) == len(history) and np.allclose(mine, history, rtol=2e-3, atol=ROUNDED)
        assert np.linalg.norm(b - system.apply(x)) < tolerance * np.linalg.norm(b)
        assert np.abs(x - theirs).max() < 1e-5 * np.abs(theirs).max()
    assert np.array_equal(solve(b, tolerance=tolerance)[0], x)


def test_zero_asks_for_nothing():
    x, history = Banded(1).solver()(np.zeros(N), tolerance=1e-3)
    assert np.array_equal(x, np.zeros(N)) and history == [1.0]


def test_what_does_not_converge_is_told_with_its_history():
    with pytest.raises(NotConverged, match="GMRES stopped after 4 iterations") as told:
        Banded(1).solver()(np.ones(N) * np.arange(N), tolerance=1e-9, maximum=4)
    assert len(told.value.history) == 5


def test_other_launches_are_recorded_anew():
    system, b = Banded(1), np.arange(1.0, N + 1)
    solve = system.solver()
    solve(b, tolerance=1e-6)
    system.there = *system.there[:2], kernels.device.upload(2 * system.rest)
    system.rest = 2 * system.rest
    solve.forget()
    x, _ = solve(b, tolerance=1e-6)
    assert np.linalg.norm(b - system.apply(x)) < 1e-6 * np.linalg.norm(b)
