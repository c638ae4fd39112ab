import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.chains import Chains

from .twins import agree


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 99))
def test_chains_are_solved_exactly(count, cells, seed):
    rng = np.random.default_rng(seed)
    coupling, mass, b = (rng.uniform(0.1, 3, (count, n)) for n in (cells - 1, cells, cells))
    chains = Chains(count, cells)
    chains.update(coupling, mass)
    for i, x in enumerate(chains.solve(b).copy()):
        A = np.diag(mass[i])
        for k, w in enumerate(coupling[i]):
            A[[k, k + 1], [k, k + 1]] += w
            A[[k, k + 1], [k + 1, k]] -= w
        assert x == pytest.approx(np.linalg.solve(A, b[i]), rel=1e-10)
        assert chains.end_response[i] == pytest.approx(1 / np.linalg.inv(A)[-1, -1], rel=1e-10)


def test_twins():
    rng = np.random.default_rng(0)
    coupling, diagonal, b = rng.uniform(0.1, 1, (3, 5)), rng.uniform(2.5, 4, (3, 6)), rng.normal(size=(3, 6))
    (pivot,) = agree("chains.factor", diagonal, coupling, np.empty((3, 6)), outputs=[2], rtol=1e-12)
    agree("chains.solve", pivot, coupling, b, np.empty((3, 6)), outputs=[3], rtol=1e-12)
