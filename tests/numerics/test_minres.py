"""MINRES against direct solves and scipy's, and its residuals."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import linalg

from microsim.base.errors import NotConverged
from microsim.numerics.minres import minres

from .twins import agree

quick = settings(max_examples=30, deadline=None)


def test_minres_updates_agree():
    rng = np.random.default_rng(0)
    v, oldest, newest, x = rng.normal(size=(4, 20))
    agree("vectors.minres_update", v, 0.3, 0.4, 1.7, 0.9, oldest, newest, x, outputs=[5, 7], rtol=1e-12)


@quick
@given(st.integers(2, 30), st.integers(0, 99))
def test_minres_solves_indefinite_systems(n, seed):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    K = Q * (rng.uniform(0.5, 3, n) * rng.choice([-1, 1], n)) @ Q.T
    scale, b = rng.uniform(0.5, 2, n), rng.normal(size=n)
    x, history = minres(
        lambda v, out: np.matmul(K, v, out=out),
        lambda r, out: np.multiply(scale, r, out=out),
        b.copy(),
        enough=lambda h: h[-1] < 1e-10 * h[0],
    )
    assert x == pytest.approx(np.linalg.solve(K, b), rel=1e-6, abs=1e-7)
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(history))
    r = b - K @ x
    assert np.sqrt(r @ (scale * r)) == pytest.approx(history[-1], abs=1e-8)


def test_minres_says_when_it_does_not_converge():
    K = np.diag([1.0, -2.0, 3.0, -4.0])
    with pytest.raises(NotConverged) as caught:
        minres(
            lambda v, out: np.matmul(K, v, out=out),
            lambda r, out: np.copyto(out, r),
            np.ones(4),
            enough=lambda h: False,
            maximum=2,
        )
    assert len(caught.value.history) == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_are_those_of_scipy(dtype):
    rng = np.random.default_rng(3)
    K = np.diag(np.r_[np.linspace(1, 4, 12), np.linspace(-3, -1, 8)]) + 0.05 * np.ones((20, 20))
    b, theirs = rng.normal(size=20), []
    linalg.minres(K, b, rtol=1e-14, maxiter=6, callback=lambda x: theirs.append(np.linalg.norm(b - K @ x)))
    K = K.astype(dtype)
    _, ours = minres(
        lambda v, out: np.matmul(K, v, out=out),
        lambda r, out: np.copyto(out, r),
        b.astype(dtype),
        enough=lambda history: len(history) == 7,
    )
    assert ours[1:] == pytest.approx(theirs, rel=1e-9 if dtype is np.float64 else 1e-4)
