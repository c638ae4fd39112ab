"""The products of coupled balances against dense matrices, and what they keep of small differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.backend import kernels

from .random_graphs import one_layer, rows_of
from .twins import agree

quick = settings(max_examples=25, deadline=None)


def matrix(graph, weight, rest):
    """Dense matrix of out_i = rest_i x_i + sum_j a_ij (x_i - x_j)."""
    rows, A = rows_of(graph), np.diag(rest.astype(float))
    np.add.at(A, (rows, rows), weight)
    np.add.at(A, (rows, graph.neighbour), -weight)
    return A


@quick
@given(one_layer(), st.sampled_from([np.float32, np.float64]))
def test_outflow(case, kind):
    g, rng = case.graph, case.rng
    weight, rest = (
        rng.normal(size=g.neighbour.size).astype(np.float32),
        rng.normal(size=g.n).astype(np.float32),
    )
    x, out = rng.normal(size=g.n).astype(kind), np.full(g.n, np.nan, kind)
    (out,) = agree("laplacian.outflow", g.indptr, g.neighbour, weight, rest, x, out, outputs=[5])
    assert out == pytest.approx(matrix(g, weight, rest) @ x, abs=1e-5 if kind is np.float32 else 1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.complex128])
def test_faces(kind):
    rng, faces, cells = np.random.default_rng(3), 50, 12
    e, s, m = rng.integers(0, cells, (3, faces))
    lift, slopes = (
        rng.integers(0, 2, faces).astype(float),
        tuple(rng.normal(size=(3, faces)).astype(np.float32)),
    )
    psi, phi, sto, c_e = (rng.normal(size=(4, cells)) * (1j if kind is np.complex128 else 1)).astype(kind)
    V, out, total = kind(0.3), np.empty(faces, kind), np.ones(cells, kind)
    given = (e, s, m, lift, slopes, V, psi, phi, sto, c_e, out)
    (out,) = agree("faces.face_flow", *given, outputs=[10])
    expected = slopes[0] * (lift * V + phi[s] - psi[e]) + slopes[1] * sto[m] + slopes[2] * c_e[e]
    assert out == pytest.approx(expected, abs=1e-6)
    (total,) = agree("faces.add_to_cells", e, out, -1, total, outputs=[3])
    sums = np.array([out[e == cell].sum() for cell in range(cells)])
    assert total == pytest.approx(1 - sums, abs=1e-5)


@pytest.mark.parametrize("kind, digits", [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_a_good_conductor_keeps_its_small_differences(kind, digits):
    """At 1 V everywhere but for 1e-6 V: a product with the diagonal would have lost them in single
    precision."""
    indptr, neighbour = np.array([0, 1, 3, 4]), np.array([1, 0, 2, 1], np.int32)
    weight, rest = np.full(4, 1e3, np.float32), np.zeros(3, np.float32)
    x = np.array([1.0, 1.0 + 2.0**-20, 1.0], kind)
    out = np.empty(3, kind)
    kernels.laplacian.outflow(indptr, neighbour, weight, rest, x, out)
    assert out == pytest.approx(1e3 * 2.0**-20 * np.array([-1, 2, -1]), rel=digits)
