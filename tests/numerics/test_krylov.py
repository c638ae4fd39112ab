import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import NotConverged
from microsim.numerics import krylov
from microsim.numerics.krylov import complex_gmres, conjugate_gradients, gmres

quick = settings(max_examples=30, deadline=None)


def non_symmetric(n, seed):
    """A random system whose eigenvalues keep away from zero."""
    rng = np.random.default_rng(seed)
    return 3 * np.eye(n) + rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n)


def definite(n, seed, decades=2):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return basis * 10 ** rng.uniform(0, decades, n) @ basis.T, rng.normal(size=n)


def times(matrix):
    def apply(p, out):
        out[:] = matrix @ p
        return float(p @ out)

    return apply


def relative_residual(A, x, b):
    return np.linalg.norm(b - A @ x) / np.linalg.norm(b)


@quick
@given(
    st.integers(1, 60), st.integers(0, 2**31), st.sampled_from([1e-2, 1e-3, 1e-5]), st.sampled_from([5, 40])
)
def test_gmres_solves_non_symmetric_systems(n, seed, tolerance, restart):
    A, b = non_symmetric(n, seed)
    x, history = gmres(
        lambda v: A @ v, lambda v: v.copy(), b, tolerance=tolerance, maximum=200, restart=restart
    )
    assert relative_residual(A, x, b) <= 1.01 * tolerance
    assert history[-1] == pytest.approx(relative_residual(A, x, b), rel=0.05, abs=1e-6)
    # what GMRES gives up to its tolerance is the solution of the system
    assert np.linalg.norm(x - np.linalg.solve(A, b)) <= 1.01 * tolerance * np.linalg.norm(b) * np.linalg.norm(
        np.linalg.inv(A), 2
    )


def test_gmres_restarts_to_double_precision():
    """The basis is rounded; residuals taken anew at every restart make up for it."""
    A, b = non_symmetric(60, 0)
    x, history = gmres(lambda v: A @ v, lambda v: v.copy(), b, tolerance=1e-12, maximum=100, restart=8)
    assert np.allclose(x, np.linalg.solve(A, b), rtol=1e-10, atol=1e-11)
    assert len(history) - 1 < 40


def test_gmres_begins_with_a_short_cycle_and_goes_on_with_as_many_as_its_pace_asks_for(monkeypatch):
    """The second cycle is no longer than twice what the first one's pace leaves to do, nor than `restart`."""
    A, b = non_symmetric(60, 0)
    lengths, cycle = [], krylov._gmres_cycle
    monkeypatch.setattr(krylov, "_gmres_cycle", lambda *a: lengths.append(a[3]) or cycle(*a))
    x, history = gmres(lambda v: A @ v, np.copy, b, tolerance=1e-6, maximum=100, restart=40, first=4)
    assert relative_residual(A, x, b) <= 1e-6
    left = np.log(history[4] / 1e-6) / (np.log(1 / history[4]) / 4)
    assert lengths[0] == 4 and left < lengths[1] <= 2 * left + 2 < 40
    x, _ = gmres(lambda v: A @ v, np.copy, b, tolerance=1e-6, maximum=100, restart=5, first=4)
    assert lengths[2] == 4 and max(lengths[3:]) == 5 and relative_residual(A, x, b) <= 1e-6


def test_gmres_begins_anew_where_a_short_cycle_has_found_little(monkeypatch):
    """And goes on as it does in long cycles alone: with what a short one leaves some never get there."""
    A, b = non_symmetric(60, 0)
    A = A + 30 * np.roll(np.eye(60), 1, axis=1)  # a shift, which takes as many iterations as there are rows
    how = {"tolerance": 1e-6, "maximum": 200, "restart": 60}
    x, history = gmres(lambda v: A @ v, np.copy, b, **how, first=4)
    long, alone = gmres(lambda v: A @ v, np.copy, b, **how)
    assert history[4] > krylov.FAR and history[5:] == alone[1:] and np.array_equal(x, long)
    lengths, cycle = [], krylov._gmres_cycle
    monkeypatch.setattr(krylov, "_gmres_cycle", lambda *a: lengths.append(a[3]) or cycle(*a))
    how = {"restart": 50, "first": 4}
    with pytest.raises(NotConverged) as failed:
        gmres(lambda v: A @ v, np.copy, b, tolerance=1e-9, maximum=54, **how)
    just_missed = 0.99 * failed.value.history[-1]
    gmres(lambda v: A @ v, np.copy, b, tolerance=just_missed, maximum=200, **how)
    assert lengths == 2 * [4, 50] + [50]  # no short one behind the long, whose pace would ask for no more


def test_gmres_keeps_a_tight_tolerance_within_one_cycle():
    A, b = non_symmetric(60, 0)
    x, _ = gmres(lambda v: A @ v, lambda v: v.copy(), b, tolerance=1e-8)
    assert relative_residual(A, x, b) <= 1.01e-8


@pytest.mark.parametrize("scale", [1e-60, 1e-33, 1.0, 1e40, 1e100])
def test_gmres_knows_no_scale(scale):
    A, b = non_symmetric(60, 0)
    x, history = gmres(lambda v: A @ v, np.copy, scale * b, tolerance=1e-6)
    expected, alike = gmres(lambda v: A @ v, np.copy, b, tolerance=1e-6)
    assert np.allclose(x / scale, expected, rtol=1e-5) and len(history) == len(alike)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("good", [0, 1, 2])
def test_gmres_of_numbers_that_leave_all_bounds_ends_at_once_and_finds_none(value, good):
    A, b = non_symmetric(60, 0)
    asked = []

    def apply(v):
        asked.append(0)
        return np.where((np.arange(60) == 3) & (len(asked) > good), value, A @ v)

    with np.errstate(all="ignore"):
        x, history = gmres(apply, np.copy, b, tolerance=1e-6)
    assert len(asked) <= good + 2 and not history[-1] <= 1e-6 and not np.isfinite(x).all()


@quick
@given(st.integers(1, 300), st.integers(0, 2**31))
def test_a_basis_holds_vectors_to_24_bits_of_the_largest_entry_beside(n, seed):
    rng = np.random.default_rng(seed)
    w = (rng.normal(size=n) * 10 ** rng.uniform(-6, 6, n)).astype(np.float32)
    w[rng.random(n) < 0.2] = 0
    length = float(np.linalg.norm(w)) or 1.0
    basis = krylov.Basis()
    basis.keep(w, length)
    largest = np.repeat([np.abs(w[k : k + 64]).max() for k in range(0, n, 64)], 64)[:n]
    assert np.all(np.abs(basis.last() * length - w) <= largest * (0.51 / 2**23 + 2e-7))
    assert np.all(basis.last()[largest == 0] == 0)
    v, other = basis.last().astype(float), rng.normal(size=n).astype(np.float32)
    most = np.abs(v) @ np.abs(other)
    assert basis.project(other)[0] == pytest.approx(v @ other, rel=1e-6, abs=1e-6 * most)
    moved = other.astype(float) + 3 * v
    squared = basis.combine(np.array([3.0]), other)
    assert np.allclose(other, moved, rtol=1e-6, atol=1e-6 * np.abs(v).max())
    assert squared == pytest.approx(other.astype(float) @ other.astype(float), rel=1e-12)


def test_gmres_preconditions_from_the_right():
    """With the inverse as preconditioner one step does, and the residual it reports is the system's own."""
    A, b = non_symmetric(40, 3)
    inverse, scaled = np.linalg.inv(A), np.diag(np.linspace(0.2, 2, 40))
    _, history = gmres(lambda v: A @ v, lambda v: inverse @ v, b, tolerance=1e-4)
    assert len(history) == 2
    x, history = gmres(lambda v: A @ v, lambda v: scaled @ v, b, tolerance=1e-3, maximum=200, restart=60)
    assert relative_residual(A, x, b) == pytest.approx(history[-1], rel=0.01)


def test_gmres_ends_early_where_the_space_closes():
    """A rotation by a right angle is its own inverse but for the sign: two directions hold the answer."""
    A = np.array([[0.0, -1.0], [1.0, 0.0]])
    x, history = gmres(lambda v: A @ v, lambda v: v.copy(), np.array([1.0, 0.0]), tolerance=1e-6)
    assert np.allclose(x, [0, -1], atol=1e-6) and len(history) == 3


def test_gmres_of_nothing_is_nothing():
    x, history = gmres(lambda v: 2 * v, lambda v: v, np.zeros(3), tolerance=1e-3)
    assert np.array_equal(x, np.zeros(3)) and history == [1.0]


def test_gmres_that_does_not_get_there_raises_with_its_history():
    A, b = non_symmetric(60, 1)
    with pytest.raises(NotConverged, match="after 4 iterations") as failure:
        gmres(lambda v: A @ v, lambda v: v.copy(), b, tolerance=1e-8, maximum=4)
    history = failure.value.history
    assert len(history) == 5 and history[0] == 1 and all(np.diff(history) < 0)


@quick
@given(st.integers(1, 40), st.integers(0, 2**31))
def test_the_gains_of_conjugate_gradients_sum_to_the_energy(n, seed):
    A, b = definite(n, seed)
    exact = np.linalg.solve(A, b)
    x, gains, r = conjugate_gradients(
        times(A),
        lambda r: r / np.diag(A),
        b.copy(),
        maximum=20 * n + 20,
        enough=lambda gains, r: np.linalg.norm(r) < 1e-10 * np.linalg.norm(b),
    )
    assert np.allclose(x, exact, atol=1e-8 * np.abs(exact).max())
    assert np.allclose(r, b - A @ x, atol=1e-9)
    assert sum(gains) == pytest.approx(exact @ b, rel=1e-9)
    assert min(gains) > 0


def test_the_gains_to_come_are_the_error_in_the_energy_norm():
    A, b = definite(30, 7)
    exact = np.linalg.solve(A, b)
    _, gains, _ = conjugate_gradients(
        times(A), lambda r: r.copy(), b.copy(), enough=lambda gains, r: np.linalg.norm(r) < 1e-12
    )
    for steps in (0, 5, 12):
        x, _, _ = conjugate_gradients(
            times(A), lambda r: r.copy(), b.copy(), enough=lambda g, r, k=steps: len(g) == k
        )
        assert sum(gains[steps:]) == pytest.approx((x - exact) @ A @ (x - exact), rel=1e-6)


def test_conjugate_gradients_keep_the_precision_they_are_given():
    A, b = definite(20, 2, decades=1)
    r = b.astype(np.float32)
    x, _, left = conjugate_gradients(
        times(A.astype(np.float32)), lambda r: r.copy(), r, enough=lambda gains, r: len(gains) == 12
    )
    assert x.dtype == left.dtype == np.float32 and left is r
    assert np.allclose(x, np.linalg.solve(A, b), atol=1e-3)


def test_conjugate_gradients_start_only_if_there_is_need():
    A, b = definite(5, 0)
    x, gains, _ = conjugate_gradients(times(A), lambda r: r, b.copy(), enough=lambda gains, r: True)
    assert gains == [] and np.array_equal(x, np.zeros(5))
    x, gains, _ = conjugate_gradients(times(A), lambda r: r, np.zeros(5), enough=lambda gains, r: False)
    assert gains == [] and np.array_equal(x, np.zeros(5))


def test_conjugate_gradients_that_do_not_get_there_raise_with_their_gains():
    A, b = definite(30, 4)
    with pytest.raises(NotConverged, match="after 3 steps") as failure:
        conjugate_gradients(times(A), lambda r: r.copy(), b.copy(), enough=lambda gains, r: False, maximum=3)
    assert len(failure.value.history) == 3 and min(failure.value.history) > 0


def test_gmres_does_not_trust_its_own_estimate():
    """A preconditioner that answers differently each time: the residual that counts is the recomputed one."""
    rng, calls = np.random.default_rng(3), []
    A = np.diag(np.linspace(1.0, 2.0, 30))

    def moody(v):
        calls.append(1)
        return v * (1.0 + 3.0 * (len(calls) > 3)) + 0.0

    b = rng.normal(size=30)
    try:
        x, history = gmres(lambda v: A @ v, moody, b, tolerance=1e-3, maximum=60, restart=20)
    except NotConverged:
        return
    assert np.linalg.norm(b - A @ x) <= 1e-3 * np.linalg.norm(b)
    assert history[-1] == pytest.approx(np.linalg.norm(b - A @ x) / np.linalg.norm(b), rel=1e-6)


def test_complex_gmres_that_starts_again_gains_from_longer_cycles():
    """In cycles of two alone this one has lost its digits of nine after more than 200 iterations."""
    A = np.diag(np.linspace(1, 300, 60)) + 1j * np.eye(60)
    b = np.ones(60, np.float32)
    x, history = complex_gmres(
        lambda v: A @ v, lambda v: v.copy(), b, np.zeros(60, complex), tolerance=1e-9, restart=2
    )
    assert x == pytest.approx(np.linalg.solve(A, b), rel=1e-6) and len(history) < 200


@pytest.mark.parametrize("restart", [5, 60])
def test_complex_gmres_solves_a_shifted_system(restart):
    rng = np.random.default_rng(0)
    A = np.diag(np.linspace(1, 50, 80)) + 0.3 * rng.standard_normal((80, 80)) / 9 + 7j * np.eye(80)
    b = rng.standard_normal(80) + 1j * rng.standard_normal(80)
    scale = np.diag(A).real
    x, history = complex_gmres(
        lambda v: A @ v, lambda v: v / (scale + 7), b, np.zeros(80, complex), tolerance=1e-9, restart=restart
    )
    assert x == pytest.approx(np.linalg.solve(A, b), rel=1e-7) and history[-1] <= 1e-9
    again, history = complex_gmres(lambda v: A @ v, lambda v: v, b, x, tolerance=1e-8)
    assert history == [pytest.approx(history[0])] and again is x
    with pytest.raises(NotConverged, match="GMRES stopped after"):
        complex_gmres(lambda v: A @ v, lambda v: v, b, 0 * x, tolerance=1e-12, maximum=4)
